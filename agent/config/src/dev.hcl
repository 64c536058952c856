# What -dev presets; files and flags still override it.
server         = true
bind_addr      = "127.0.0.1"
log_level      = "DEBUG"

disable_keyring_file = true

performance { raft_multiplier = 1 }

gossip_lan {
  gossip_interval = "100ms"
  probe_interval  = "100ms"
  probe_timeout   = "100ms"
  suspicion_mult  = 3
}

gossip_wan {
  gossip_interval = "100ms"
  probe_interval  = "100ms"
  probe_timeout   = "100ms"
  suspicion_mult  = 3
}
