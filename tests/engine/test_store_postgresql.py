"""PostgreSQL: what it asks to be tried again is tried again, and a lost connection replaced."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.errors import Unavailable
from engine.kernel.store import Store
from engine.kernel.store.uow import Uow
from tests.support.notes import add, count, count_of, counted, make_notes, notes
from tests.support.waiting import SECONDS, until

pytestmark = pytest.mark.parametrize("store", ["postgresql"], indirect=True)

SOON = db.Statement(sa.text("SET LOCAL deadlock_timeout = '20ms'"))
SERIALIZABLE = db.Statement(sa.text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"))


@pytest.fixture(autouse=True)
def table(store: Store) -> None:
    """A table to write on."""
    make_notes(store)


def test_a_deadlock_is_tried_again(store: Store) -> None:
    for n in (1, 2):
        store.run(add, note=n)
    both, tries = threading.Barrier(2), []

    def crosswise(uow: Uow, *, first: int, second: int) -> None:
        uow.write(SOON, {})
        tries.append(first)
        count(uow, note=first)
        if len(tries) <= 2:
            both.wait(SECONDS)
        count(uow, note=second)

    with ThreadPoolExecutor(2) as people:
        there = people.submit(store.run, crosswise, first=1, second=2)
        back = people.submit(store.run, crosswise, first=2, second=1)
        there.result(SECONDS)
        back.result(SECONDS)
    assert len(tries) == 3
    assert [counted(store, n) for n in (1, 2)] == [2, 2]


def test_a_serialization_failure_is_tried_again(store: Store) -> None:
    store.run(add, note=1)
    tries: list[int] = []

    def careful(uow: Uow) -> None:
        uow.write(SERIALIZABLE, {})
        tries.append(count_of(uow))
        if len(tries) == 1:
            threading.Thread(target=store.run, args=(count,)).start()
            until(lambda: counted(store) == 1)
        count(uow)

    store.run(careful)
    assert tries == [0, 1]
    assert counted(store) == 2


def test_a_database_that_always_conflicts_is_given_up(store: Store) -> None:
    tries: list[int] = []
    conflict = db.Statement(
        sa.text("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")
    )

    def hopeless(uow: Uow) -> None:
        tries.append(1)
        add(uow, note=len(tries))
        uow.one(conflict)

    with pytest.raises(Unavailable):
        store.run(hopeless)
    assert 1 < len(tries) < 10
    assert notes(store) == []


def test_a_connection_that_broke_is_replaced(store: Store) -> None:
    end_me = db.Statement(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
    with pytest.raises(Unavailable):
        store.run(lambda uow: uow.one(end_me))
    assert store.run(add, note=1) == 1
