"""What people do beside the released routing, each with a reason and kept as a deviation."""
