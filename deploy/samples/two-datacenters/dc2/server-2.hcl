# What is said of one machine: server 2 of dc2.

node_name = "dc2-server-2"
bind_addr = "10.2.0.12"
