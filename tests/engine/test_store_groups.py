"""SQLite's one writer: commands that wait share a transaction, and none harms its neighbours."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.kernel.errors import Conflict, Unavailable
from engine.kernel.store import Store, sqlite
from engine.kernel.store.uow import Uow
from tests.support.line import Line, line_at
from tests.support.notes import add, count, count_of, make_notes, notes
from tests.support.waiting import SECONDS, until

pytestmark = pytest.mark.parametrize("store", ["sqlite"], indirect=True)


@pytest.fixture
def line(store: Store) -> Iterator[Line]:
    """A line at the door, and a table to write on."""
    make_notes(store)
    with line_at(store) as waiting:
        yield waiting


def test_commands_that_wait_share_one_commit(store: Store, line: Line) -> None:
    for n in range(20):
        line.add(add, note=n)
    before = store.door.commits
    assert line.run() == list(range(20))
    assert store.door.commits == before + 2  # the one that was held, and the group
    assert notes(store) == list(range(20))


def test_a_group_has_at_most_64(store: Store, line: Line) -> None:
    for n in range(70):
        line.add(add, note=n)
    before = store.door.commits
    line.run()
    assert store.door.commits == before + 3


def test_a_refused_command_does_not_take_the_others_along(store: Store, line: Line) -> None:
    for n in range(6):
        line.add(add, note=n, refuse=n % 2 == 1)
    assert line.run() == [0, Conflict, 2, Conflict, 4, Conflict]
    assert notes(store) == [0, 2, 4]


def test_a_broken_constraint_does_not_take_the_others_along(store: Store, line: Line) -> None:
    for n in (1, 1, 2):
        line.add(add, note=n)
    one, broken, two = line.run()
    assert (one, broken.__name__, two) == (1, "IntegrityError", 2)
    assert notes(store) == [1, 2]


def test_a_fault_of_ours_does_not_take_the_others_along(store: Store, line: Line) -> None:
    line.add(add, note=1)
    line.add(add, note=2, unheard_of=True)
    line.add(add, note=3)
    assert line.run() == [1, TypeError, 3]
    assert notes(store) == [1, 3]


def test_each_of_a_group_reads_what_those_before_it_wrote(store: Store, line: Line) -> None:
    line.add(add, note=1)
    line.add(count)
    line.add(count_of)
    assert line.run() == [1, None, 1]


def test_only_those_that_are_stored_are_told_afterwards(store: Store, line: Line) -> None:
    told: list[int] = []

    def telling(uow: Uow, *, note: int, refuse: bool) -> None:
        uow.on_commit.append(lambda: told.append(note))
        add(uow, note=note, refuse=refuse)

    for n in range(4):
        line.add(telling, note=n, refuse=n % 2 == 1)
    line.run()
    assert told == [0, 2]


def test_too_many_in_the_queue_are_refused(
    store: Store, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "MAX_WAITING", 2)
    line.add(add, note=1)
    line.add(add, note=2)
    with pytest.raises(Unavailable):
        store.run(add, note=3)
    assert line.run() == [1, 2]


def test_who_waits_when_the_plant_closes_is_served(store: Store, line: Line) -> None:
    waiting = line.add(add, note=1)
    closing = line.people.submit(store.close)
    until(lambda: store.door.waiting == 2)
    with pytest.raises(Unavailable):
        store.run(add, note=2)
    line.open()
    assert waiting.result(SECONDS) == 1
    closing.result(SECONDS)


def test_who_comes_as_the_plant_closes_is_refused(store: Store) -> None:
    """It saw the store open, and the door was closed before it got there."""
    store.close()
    late = InBackground(store.door.run, lambda uow: add(uow, note=1))
    assert isinstance(late.raised(), Unavailable)


def test_a_fault_after_the_commit_does_not_stop_the_plant(store: Store) -> None:
    make_notes(store)

    def faulty(uow: Uow) -> None:
        uow.on_commit.append(lambda: 1 / 0)
        add(uow, note=1)

    InBackground(store.run, faulty)
    until(lambda: notes(store) == [1])
    later = InBackground(store.run, add, note=2)
    assert later.raised() is None
    assert notes(store) == [1, 2]


class InBackground(threading.Thread):
    """A call that may never return; the test run ends all the same."""

    def __init__(self, call: Callable[..., Any], *args: Any, **named: Any) -> None:
        super().__init__(daemon=True)
        self.call, self.args, self.named = call, args, named
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.call(*self.args, **self.named)
        except BaseException as error:
            self.error = error

    def raised(self) -> BaseException | None:
        """What it raised; fails if it has not returned."""
        self.join(1)
        assert not self.is_alive(), "waits for ever"
        return self.error
