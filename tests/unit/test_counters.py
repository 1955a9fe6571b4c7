"""What a counter says has been made, whatever became of it meanwhile."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.collection.counters import Change, Step, step

TOP = 65_535
MAX = 500


@pytest.mark.parametrize(
    ("last", "raw", "rollover", "expected"),
    [
        (None, 7_000, TOP, Step(0, Change.FIRST)),
        (7, 7, TOP, Step(0, Change.COUNTED)),
        (7, 12, None, Step(5, Change.COUNTED)),
        (TOP, 0, TOP, Step(1, Change.ROLLOVER)),
        (TOP - 2, 3, TOP, Step(6, Change.ROLLOVER)),
        (TOP - 2, 3, None, Step(3, Change.RESET)),
        (40_000, 3, TOP, Step(3, Change.RESET)),  # a rollover would be 25,539 at once
        (7, 507, None, Step(500, Change.COUNTED)),
        (7, 508, None, Step(0, Change.JUMP, 501)),
        (40_000, 501, TOP, Step(0, Change.JUMP, 501)),
        (40_000, 0, None, Step(0, Change.RESET)),
    ],
)
def test_a_step(last: int | None, raw: int, rollover: int | None, expected: Step) -> None:
    assert step(last, raw, rollover=rollover, max_step=MAX) == expected


@dataclass
class Machine:
    """A controller whose counter shows 0 after `TOP`, and 0 after a reset; it knows the truth."""

    shown: int
    made: int = 0

    def make(self, pieces: int) -> None:
        self.made += pieces
        self.shown = (self.shown + pieces) % (TOP + 1)


# A reset is seen as one only while the counter is not so high that it may have been full, and what
# was made since the last look before a reset is lost to everybody.
LOOKS = st.lists(st.tuples(st.integers(0, MAX), st.booleans()), max_size=60)


@given(st.integers(0, TOP), LOOKS)
def test_the_steps_add_up_to_what_was_made(start: int, looks: list[tuple[int, bool]]) -> None:
    machine, last, total = Machine(start), start, 0
    for pieces, reset in looks:
        if reset and last <= TOP - MAX:
            machine.shown = 0
        machine.make(pieces)
        if machine.shown < last or not reset or last > TOP - MAX:
            found = step(last, machine.shown, rollover=TOP, max_step=MAX)
            total, last = total + found.made, machine.shown
            assert found.asked is None
        else:  # a reset that grew past the last look: nothing can tell it from counting
            machine.made -= pieces - (machine.shown - last)
            total, last = total + machine.shown - last, machine.shown
    assert total == machine.made


@given(st.integers(0, TOP), st.integers(0, TOP), st.one_of(st.none(), st.just(TOP)))
def test_nothing_is_believed_beyond_the_largest_step(
    last: int, raw: int, rollover: int | None
) -> None:
    found = step(last, raw, rollover=rollover, max_step=MAX)
    assert 0 <= found.made <= MAX
    assert (found.asked is not None) == (found.change is Change.JUMP)
    assert found.asked is None or (found.made == 0 and found.asked > MAX)
