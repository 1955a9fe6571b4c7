"""The one door for writes: what a command leaves behind, alone and in a group."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.kernel.errors import Conflict, Unavailable
from engine.kernel.store import Store, broken_constraint
from engine.kernel.store.uow import Uow
from tests.support.notes import add, count, counted, make_notes, notes
from tests.support.waiting import SECONDS


@pytest.fixture(autouse=True)
def table(store: Store) -> None:
    """A table to write on."""
    make_notes(store)


# ---- one command ----


def test_a_command_is_answered_when_it_is_stored(store: Store) -> None:
    assert store.run(add, note=1) == 1
    assert notes(store) == [1]


def test_a_refused_command_leaves_nothing(store: Store) -> None:
    with pytest.raises(Conflict):
        store.run(add, note=1, refuse=True)
    assert notes(store) == []
    store.run(add, note=1)


def test_a_broken_constraint_is_told_as_such(store: Store) -> None:
    store.run(add, note=1)
    with pytest.raises(Exception, match=r"(?i)unique") as broken:
        store.run(add, note=1)
    assert broken_constraint(broken.value)
    assert notes(store) == [1]


def test_what_happens_in_a_savepoint_can_be_undone_alone(store: Store) -> None:
    def inner(uow: Uow) -> None:
        add(uow, note=2)
        with uow.savepoint():
            add(uow, note=3)
        raise Conflict("no")

    def command(uow: Uow) -> None:
        add(uow, note=1)
        with pytest.raises(Conflict), uow.savepoint():
            inner(uow)
        with uow.savepoint():
            add(uow, note=4)

    store.run(command)
    assert notes(store) == [1, 4]


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_query_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match="readonly"):
        store.read(add, note=1)


def test_counting_at_once_loses_nothing(store: Store) -> None:
    store.run(add, note=1)
    with ThreadPoolExecutor(8) as people:
        for done in [people.submit(store.run, count) for _ in range(80)]:
            done.result(SECONDS)
    assert counted(store) == 80


def test_a_closed_store_refuses(store: Store) -> None:
    store.close()
    with pytest.raises(Unavailable):
        store.run(add, note=1)


# ---- after the commit ----


def telling(uow: Uow, *, told: list[list[int]], store: Store, refuse: bool = False) -> None:
    """Write, and tell after the commit what anybody can read by then."""
    uow.on_commit.append(lambda: told.append(notes(store)))
    add(uow, note=1, refuse=refuse)


def test_what_is_for_after_the_commit_sees_it_done(store: Store) -> None:
    told: list[list[int]] = []
    store.run(telling, told=told, store=store)
    assert told == [[1]]


def test_what_is_for_after_the_commit_never_happens_without_one(store: Store) -> None:
    told: list[list[int]] = []
    with pytest.raises(Conflict):
        store.run(telling, told=told, store=store, refuse=True)

    def half(uow: Uow) -> None:
        with pytest.raises(Conflict), uow.savepoint():
            telling(uow, told=told, store=store, refuse=True)

    store.run(half)
    assert told == []
