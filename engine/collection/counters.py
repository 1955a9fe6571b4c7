"""What a machine's counter says has been made: the step from one raw value to the next.

A controller's counter only ever counts up; it starts again when its power fails, when somebody
resets it, or when it is full. What was made while nobody listened is in the next value.
"""

from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """How a counter came from one value to the next."""

    FIRST = "first"
    COUNTED = "counted"
    ROLLOVER = "rollover"
    RESET = "reset"
    JUMP = "jump"


@dataclass(frozen=True, slots=True)
class Step:
    """What one raw value adds.

    Args:
        made: how many pieces count.
        asked: how many a jump claims; they count when somebody confirms it.
    """

    made: int
    change: Change
    asked: int | None = None


def step(last: int | None, raw: int, *, rollover: int | None, max_step: int) -> Step:
    """The step from the last raw value of a counter to this one.

    Args:
        last: None if this is the first one ever, which adds nothing.
        raw: at least 0.
        rollover: the highest value the counter can show, after which it shows 0; None if it never
            gets there.
        max_step: more than this between two looks is not believed without a person.
    """
    if last is None:
        return Step(0, Change.FIRST)
    if raw >= last:
        return _believed(raw - last, Change.COUNTED, max_step)
    if rollover is not None and last <= rollover:
        made = rollover - last + 1 + raw
        if made <= max_step:
            return Step(made, Change.ROLLOVER)
    return _believed(raw, Change.RESET, max_step)


def _believed(made: int, change: Change, max_step: int) -> Step:
    return Step(made, change) if made <= max_step else Step(0, Change.JUMP, made)
