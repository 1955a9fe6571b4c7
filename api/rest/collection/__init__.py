"""Machine data over HTTP: what gateways send, and what others read of it."""
