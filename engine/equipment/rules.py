"""What may stand under what, and what a unit's state lets it do."""

import re
from enum import StrEnum

# Source: ISA-95 part 2 (IEC 62264-2), equipment hierarchy model, from the top down.
LEVELS = ("enterprise", "site", "area", "work_center", "work_unit")
UNIT = LEVELS[-1]
# What counts the pieces of a unit.
COUNTS = ("machine", "person", "both")
STATES = frozenset(
    ["running", "idle", "setup", "blocked", "starved", "down", "maintenance", "off", "unknown"]
)
# In these a unit takes no job; in those it stands, which becomes a downtime after a while.
NOT_UP = frozenset({"down", "maintenance", "off", "unknown"})
STANDING = NOT_UP | {"idle", "blocked", "starved"}

# A command's number is 32 bits wide in the machine's block and never 0, which means none.
LAST_NUMBER = 2**32 - 1
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Waiting(StrEnum):
    """Why a unit gets no job now."""

    DISABLED = "unit-disabled"
    COMMANDS_OFF = "commands-off"
    DOWN = "unit-down"
    BUSY = "unit-busy"
    NO_GATEWAY = "no-gateway"


def level_above(level: str) -> str | None:
    """The level that what stands directly above must have; None at the top."""
    place = LEVELS.index(level)
    return LEVELS[place - 1] if place else None


def is_up(state: str | None) -> bool:
    """Whether a unit in this state takes a job; one that never said anything does not."""
    return state is not None and state not in NOT_UP


def next_number(last: int) -> int:
    """The number of a unit's next command; after the highest it begins again."""
    return last % LAST_NUMBER + 1
