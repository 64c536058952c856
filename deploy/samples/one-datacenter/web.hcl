# A service of this machine. The agent keeps it in the catalog, and off the answers while its check fails.

service {
  name = "web"
  port = 8080
  tags = ["v1"]

  check {
    name     = "answers"
    http     = "http://127.0.0.1:8080/health"
    interval = "10s"
    timeout  = "1s"
  }
}
