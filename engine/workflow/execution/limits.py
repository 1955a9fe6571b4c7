"""What keeps one instance from taking the plant along: each ends in an incident or a refusal."""

AUTOMATIC_STEPS = 10_000
"""Automatic steps in one advance; a loop without a person or a wait ends here."""

NESTED_CALLS = 20
"""Scopes inside one another, called processes and subprocesses together."""

VARIABLE_BYTES = 256 * 1024
"""All variables of an instance together, as JSON."""

ROOM = 4 * 1024
"""What an advance may add by itself before it looks how much the instance holds already."""

VARIABLE_DEPTH = 20
"""Lists and objects inside one another."""

NAME_LENGTH = 100
"""Characters of a variable's name."""

ITEMS = 1_000
"""Items of one multi-instance activity; one instance per lot or unit serves better beyond."""

TOKENS = 4_000
"""Tokens of one instance when items begin side by side; their own values must fit its variables."""

LOOP_RUNS = 1_000
"""Runs of one standard loop; retry of the incident goes on."""

DELIVERIES = 100
"""Messages and signals, each thrown because the one before arrived; two processes that throw at
each other without a wait end here."""
