# The gateway of dc2: the whole file, for 'delian gateway -config-file'. A second gateway has another name and address.

datacenter         = "dc2"
primary_datacenter = "dc1"
node_name          = "dc2-gateway-1"
data_dir           = "/var/lib/delian-gateway"

# Servers and other gateways reach it here, UDP and TCP.
bind_addr = "10.2.0.21"

# Behind NAT: the outer address, with UDP 8302 forwarded to this machine.
# advertise_addr_wan = "203.0.113.1"

# The key of the federation, as the servers have it.
encrypt = "the output of delian keygen"

# Members of this datacenter.
retry_join = ["10.2.0.11", "10.2.0.12", "10.2.0.13"]

# Gateways of the primary datacenter; behind NAT their outer addresses.
retry_join_wan = ["10.1.0.21"]

ports {
  serf_lan = 8301
  serf_wan = 8302
}

log_level = "INFO"
