# What is said of one machine: server 3 of dc1.

node_name = "dc1-server-3"
bind_addr = "10.1.0.13"
