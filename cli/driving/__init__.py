"""What people and a worker do in the demonstration, through the public API."""
