# The gateway of dc1: the whole file, for 'delian gateway -config-file'. A second gateway has another name and address.

datacenter         = "dc1"
primary_datacenter = "dc1"
node_name          = "dc1-gateway-1"
data_dir           = "/var/lib/delian-gateway"

# Servers and other gateways reach it here, UDP and TCP.
bind_addr = "10.1.0.21"

# What gateways of other datacenters, once there are any, are told to come to. Behind NAT this is the outer address.
# advertise_addr_wan = "198.51.100.1"

# The key of the federation, as the servers have it.
encrypt = "the output of delian keygen"

# Members of this datacenter.
retry_join = ["10.1.0.11", "10.1.0.12", "10.1.0.13"]

ports {
  serf_lan = 8301
  serf_wan = 8302
}

log_level = "INFO"
