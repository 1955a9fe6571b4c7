"""The reasons for standing that every site begins with."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a unit stands.

    Args:
        parent: the code of its group; None for a group.
        planned: standing for this reason is planned, as a break is, and no loss.
        enabled: it is offered; what has it already keeps it in any case.
        position: where it is offered among its neighbours.
    """

    code: str
    name: str
    parent: str | None = None
    planned: bool = False
    enabled: bool = True
    position: int = 0
    revision: int = 1


# The groups follow what ISO 22400-2 tells apart: planned standing, setup, and delays, the latter by
# who can help.
_GROUPS: tuple[tuple[str, str, bool, tuple[tuple[str, str], ...]], ...] = (
    (
        *("technical", "Technical", False),
        (
            ("mechanical", "Mechanical breakdown"),
            ("electrical", "Electrical breakdown"),
            ("control", "Control or sensor"),
            ("tool_broken", "Tool broken"),
            ("tool_worn", "Tool worn"),
            ("media", "Power, air or coolant missing"),
            ("connection", "No connection to the machine"),
        ),
    ),
    (
        *("logistics", "Material and flow", False),
        (
            ("no_material", "Material missing"),
            ("wrong_material", "Wrong or bad material"),
            ("blocked", "Next step blocked"),
            ("no_container", "Container or fixture missing"),
        ),
    ),
    (
        *("organisation", "Organisation", False),
        (
            ("no_operator", "Nobody there"),
            ("no_order", "No order"),
            ("no_instruction", "Program or instruction missing"),
            ("waits_for_release", "Waits for a release"),
        ),
    ),
    (
        *("quality", "Quality", False),
        (
            ("measuring", "Measuring"),
            ("out_of_limits", "Beyond limits, correcting"),
            ("on_hold", "On hold"),
        ),
    ),
    (
        *("setup", "Setup", False),
        (
            ("changeover", "Changeover"),
            ("adjusting", "Adjusting, first piece"),
            ("tool_change", "Tool change"),
        ),
    ),
    (
        *("planned", "Planned", True),
        (
            ("break", "Break"),
            ("maintenance", "Planned maintenance"),
            ("cleaning", "Cleaning"),
            ("meeting", "Meeting or training"),
            ("trial", "Trial"),
            ("no_shift", "No shift"),
        ),
    ),
)


def _reasons() -> Iterator[Reason]:
    for place, (code, name, planned, inside) in enumerate(_GROUPS, start=1):
        yield Reason(code, name, None, planned, position=place * 10)
        for number, (own, called) in enumerate(inside, start=1):
            yield Reason(own, called, code, planned, position=number * 10)


SHIPPED = tuple(_reasons())
