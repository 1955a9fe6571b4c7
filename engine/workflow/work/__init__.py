"""What waits at rest: tasks, jobs, timers, messages, incidents; and the history of it."""
