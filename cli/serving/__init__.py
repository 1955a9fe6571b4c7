"""The web server of `serve`: plain and with TLS, and how it ends."""
