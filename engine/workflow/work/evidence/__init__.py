"""What proves that work was done: answers, the files among them, and signatures."""
