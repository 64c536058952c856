# What is said of one machine: server 2 of dc1.

node_name = "dc1-server-2"
bind_addr = "10.1.0.12"
