"""The plant at a glance: where everything stands, how work flows, and problems people report."""
