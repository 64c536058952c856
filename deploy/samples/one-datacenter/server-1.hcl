# What is said of one machine: server 1 of dc1.

node_name = "dc1-server-1"
bind_addr = "10.1.0.11"
