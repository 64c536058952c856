# What is said of one machine: server 1 of dc2.

node_name = "dc2-server-1"
bind_addr = "10.2.0.11"
