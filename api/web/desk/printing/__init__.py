"""What is printed: the traveller of an order, its label, its record on paper."""
