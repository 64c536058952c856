# An agent on a machine that runs services, beside datacenter.hcl: it keeps no state of the datacenter, and passes questions to the servers.

node_name = "dc1-client-1"
bind_addr = "10.1.0.31"
data_dir  = "/var/lib/delian"

# HTTP and DNS answer on the machine itself: services ask the agent beside them.
client_addr = "127.0.0.1"
