# What every server of dc1 is told.

server           = true
bootstrap_expect = 3
data_dir         = "/var/lib/delian"

# The HTTP API answers on the machine itself. "{{ GetPrivateIP }}" opens it to the network.
client_addr = "127.0.0.1"

# Let clients finish before a server stops.
performance {
  leave_drain_time = "5s"
  raft_multiplier  = 1
}

limits {
  http_max_conns_per_client = 200
}
