# What every process of dc2 is told. Goes to each server beside server.hcl and a server-N.hcl.

datacenter         = "dc2"
primary_datacenter = "dc1"

# One key for the whole federation: 'delian keygen' prints one. Nothing starts with this text in its place.
# While ACLs are off, whoever has the key may join: keep this file readable by the service's user alone.
encrypt = "the output of delian keygen"

# Any members of the datacenter; they tell the rest.
retry_join = ["10.2.0.11", "10.2.0.12", "10.2.0.13"]

log_level = "INFO"
