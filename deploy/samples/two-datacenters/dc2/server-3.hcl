# What is said of one machine: server 3 of dc2.

node_name = "dc2-server-3"
bind_addr = "10.2.0.13"
