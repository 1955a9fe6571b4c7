"""How often one address may guess."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from api import attempts
from api.attempts import FAILURES, SECONDS, Attempts
from engine.kernel.errors import TooMany


class Wrong(Exception):
    """What a wrong guess raises."""


def guess(seen: Attempts, address: str = "10.0.0.7", *, right: bool = False) -> None:
    with seen.by(address):
        if not right:
            raise Wrong


def test_so_many_fail_and_then_none_is_looked_at() -> None:
    seen = Attempts()
    for _ in range(FAILURES):
        with pytest.raises(Wrong):
            guess(seen)
    with pytest.raises(TooMany, match="wait a minute"):
        guess(seen, right=True)
    guess(seen, "10.0.0.8", right=True)


def test_what_succeeds_is_not_counted() -> None:
    seen = Attempts()
    for _ in range(3 * FAILURES):
        guess(seen, right=True)


def test_after_a_minute_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, now = Attempts(), [100.0]
    monkeypatch.setattr(attempts.time, "monotonic", lambda: now[0])
    for _ in range(FAILURES):
        with pytest.raises(Wrong):
            guess(seen)
    now[0] += SECONDS
    guess(seen, right=True)


def test_many_at_once_do_not_outrun_it() -> None:
    """All wait inside for the last one that is let in; nobody else is."""
    seen, inside = Attempts(), threading.Barrier(FAILURES)

    def slow(_number: int) -> str:
        try:
            with seen.by("10.0.0.7"):
                inside.wait(10)
                raise Wrong
        except Wrong:
            return "looked at"
        except TooMany:
            return "too many"

    with ThreadPoolExecutor(FAILURES + 10) as pool:
        outcome = sorted(pool.map(slow, range(FAILURES + 10)))
    assert outcome == ["looked at"] * FAILURES + ["too many"] * 10


def test_it_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MAX_ADDRESSES", 3)
    seen = Attempts()
    for number in range(10):
        with pytest.raises(Wrong):
            guess(seen, f"10.0.0.{number}")
    assert len(seen._failed) <= 3
