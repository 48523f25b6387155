"""What runs on the hosts: one module per kind of server."""
