"""The machine side: a gateway process that talks to machines and to the plant's REST API."""
