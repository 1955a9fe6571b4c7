"""The breaker of a machine: when it opens, and that it is half open afterwards."""

import pytest

from adapters.machines.commands import breaker
from adapters.machines.commands.breaker import Breaker


class Clock:
    """Stands in for the module's `time`."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(breaker, "time", made)
    return made


def fail(one: Breaker, clock: Clock, times: int) -> None:
    for _ in range(times):
        clock.now += 1.0
        one.failed()


def test_five_failures_in_a_row_open_it_for_thirty_seconds(clock: Clock) -> None:
    one = Breaker()
    fail(one, clock, 4)
    one.answered()
    fail(one, clock, 4)
    assert not one.open
    fail(one, clock, 1)
    assert one.open
    assert one.seconds == 30
    clock.now += 30
    assert not one.open
    fail(one, clock, 1)  # half open: one more is enough
    assert one.open


def test_one_loss_of_power_is_one_failure(clock: Clock) -> None:
    one = Breaker()
    for _ in range(50):
        clock.now += 0.01
        one.failed()
    assert not one.open


def test_three_unknowns_open_it_and_a_good_end_forgets_them(clock: Clock) -> None:
    one = Breaker()
    one.unknown()
    one.unknown()
    one.ended_well()
    one.unknown()
    one.unknown()
    assert not one.open
    one.unknown()
    assert one.open
