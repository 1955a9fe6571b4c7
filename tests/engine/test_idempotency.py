"""Requests with a key are carried out once, and their answer is kept in the same commit."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from engine.kernel.errors import Conflict
from engine.kernel.store import Store
from engine.kernel.store import idempotency as kept
from engine.kernel.store.idempotency import KeyReused, Once, Replayed
from engine.kernel.store.uow import Uow
from tests.support.clock import ManualClock
from tests.support.notes import add, count, counted, make_notes, notes
from tests.support.waiting import SECONDS


@pytest.fixture(autouse=True)
def table(store: Store) -> None:
    """A table to write on, with one note that counts."""
    make_notes(store)
    store.run(add, note=1)


def once(body: str = "one", **other: str) -> Once:
    """The same request as every other with this body."""
    scope = {"caller": "ana", "method": "POST", "path": "/notes", "key": "k"} | other
    return Once(**scope, request=body.encode(), render=lambda a: (201, str(a).encode()))


def test_the_same_request_again_gets_the_answer_of_the_first_time(store: Store) -> None:
    assert store.run(add, once=once(), note=2) == 2
    assert store.run(add, once=once(), note=2) == Replayed(201, b"2")
    assert store.run(count, once=once()) == Replayed(201, b"2")  # nothing is carried out
    assert (notes(store), counted(store)) == ([1, 2], 0)


def test_the_key_with_another_body_is_refused(store: Store) -> None:
    store.run(count, once=once("one"))
    with pytest.raises(KeyReused):
        store.run(count, once=once("two"))
    assert counted(store) == 1


@pytest.mark.parametrize("other", ["caller", "method", "path", "key"])
def test_a_key_counts_for_one_caller_and_one_address(store: Store, other: str) -> None:
    store.run(count, once=once())
    store.run(count, once=once(**{other: "x"}))
    assert counted(store) == 2


def test_parts_of_the_scope_do_not_run_together() -> None:
    assert once(path="/a", key="b").digest != once(path="/", key="ab").digest


def test_a_refusal_is_not_kept(store: Store) -> None:
    with pytest.raises(Conflict):
        store.run(add, once=once(), note=2, refuse=True)
    assert store.run(add, once=once(), note=2) == 2


def test_a_refusal_after_success_is_the_answer_of_the_success(store: Store) -> None:
    """The second time the command itself would refuse, because the first did its work."""
    store.run(add, once=once(), note=2)

    def not_again(uow: Uow) -> None:
        raise Conflict("done already")

    assert store.run(not_again, once=once()) == Replayed(201, b"2")
    with pytest.raises(Conflict):
        store.run(not_again, once=once(key="other"))


def test_what_cannot_be_rendered_is_not_carried_out(store: Store) -> None:
    def unrenderable(answer: Any) -> tuple[int, bytes]:
        raise TypeError("no JSON")

    broken = Once("ana", "POST", "/notes", "k", b"one", unrenderable)
    with pytest.raises(TypeError):
        store.run(count, once=broken)
    assert counted(store) == 0


def test_the_same_request_many_times_at_once_is_carried_out_once(store: Store) -> None:
    """Each of them begins before any has committed."""
    together = threading.Barrier(6)

    def send() -> Any:
        together.wait(SECONDS)
        return store.run(count, once=once())

    with ThreadPoolExecutor(6) as people:
        answers = [done.result(SECONDS) for done in [people.submit(send) for _ in range(6)]]
    assert sorted(map(str, answers)) == ["None"] + [str(Replayed(201, b"None"))] * 5
    assert counted(store) == 1


def test_other_bodies_at_once_are_refused_but_one(store: Store) -> None:
    together = threading.Barrier(6)

    def send(n: int) -> str:
        together.wait(SECONDS)
        try:
            return str(store.run(count, once=once(f"body {n}")))
        except KeyReused as refused:
            return refused.code

    with ThreadPoolExecutor(6) as people:
        answers = sorted(people.map(send, range(6)))
    assert answers == ["None"] + ["idempotency-key-reused"] * 5
    assert counted(store) == 1


def test_answers_are_forgotten_after_seven_days(store: Store, clock: ManualClock) -> None:
    store.run(count, once=once())
    clock.advance(timedelta(days=7))
    assert not store.read(kept.oldest)
    clock.advance(1)
    assert store.read(kept.oldest)
    assert store.run(kept.forget) == 1
    store.run(count, once=once())
    assert counted(store) == 2
