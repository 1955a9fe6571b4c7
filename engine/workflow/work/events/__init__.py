"""Events between instances: who waits for them, what is thrown, how the two meet."""
