"""The machines: the floor at a glance, one machine in depth, the gateways behind them."""
