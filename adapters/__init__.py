"""Clients of the REST API that speak to machines and other systems."""
