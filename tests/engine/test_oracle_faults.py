"""The oracle is checked itself: known faults are put back, one at a time, and each is found.

They are what a BPMN engine on a library like ours gets wrong. Each must be found within the
diagrams of `test_oracle.py`; most are within the first dozens.
"""

from collections.abc import Callable
from typing import Any

import pytest

from engine.kernel.store.uow import Uow
from engine.workflow.definition import specs
from engine.workflow.execution import openings
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.frontier import Frontier, dump
from engine.workflow.execution.outcome import Armed
from engine.workflow.execution.rules import joins
from engine.workflow.execution.run import Run
from engine.workflow.work import running, timers
from tests.engine.test_oracle import DIAGRAMS, SEED
from tests.support.plant import Plant
from tests.support.walk import walk_all

RUNS = 2
ENOUGH = 12  # so many tokens, and a library with a depth limit claims to be done
Put = Callable[[pytest.MonkeyPatch], None]


def stock_join(put: pytest.MonkeyPatch) -> None:
    """A parallel join that the first token passes."""
    put.setattr(specs.Parallel, "arrive", lambda spec, branch, flow: branch.place(spec))


def join_of_an_earlier_pass(put: pytest.MonkeyPatch) -> None:
    """A parallel join whose counts of one pass are there in the next."""

    def arrive(spec: Any, branch: Any, flow: Any) -> None:
        arrived = branch.state.arrive(spec.node.id, flow.id)
        if all(arrived.get(name) for name in spec.node.incoming):
            branch.place(spec)

    put.setattr(specs.Parallel, "arrive", arrive)


def early_inclusive_join(put: pytest.MonkeyPatch) -> None:
    """An inclusive join that the first token passes."""
    put.setattr(specs.Inclusive, "arrive", lambda spec, branch, flow: branch.place(spec))


def impatient_inclusive_join(put: pytest.MonkeyPatch) -> None:
    """An inclusive join that waits only until the instance would be at rest."""
    put.setattr(joins, "_held_up", lambda *_: False)


def _prune(put: pytest.MonkeyPatch, cut: Callable[[Frontier], None]) -> None:
    def careless(frontier: Frontier) -> tuple[bytes, bytes]:
        cut(frontier)
        return dump(frontier)

    put.setattr(running, "dump", careless)


def unguarded_prune_of_joins(put: pytest.MonkeyPatch) -> None:
    """What came to joins is forgotten when the instance is stored."""

    def cut(frontier: Frontier) -> None:
        for scope in frontier.scopes:
            scope.joins = {}

    _prune(put, cut)


def unguarded_prune_of_tokens(put: pytest.MonkeyPatch) -> None:
    """Of several tokens at one element one is stored."""

    def cut(frontier: Frontier) -> None:
        inside = {scope.number for scope in frontier.scopes}
        kept = {(t.scope, t.element): t for t in frontier.tokens if t.number not in inside}
        frontier.tokens = [
            t for t in frontier.tokens if t.number in inside or kept[t.scope, t.element] is t
        ]

    _prune(put, cut)


def shared_history_values(put: pytest.MonkeyPatch) -> None:
    """A step keeps the variables themselves, which later steps of the advance change."""
    record = Run.record

    def sharing(run: Run, token: Any, *how: Any, **more: Any) -> None:
        before = len(run.outcome.steps)
        record(run, token, *how, **more)
        for step in run.outcome.steps[before:]:
            step.seen = token.workflow.variables

    put.setattr(Run, "record", sharing)


def depth_limit(put: pytest.MonkeyPatch) -> None:
    """An instance that had many tokens claims to be completed."""
    completed = Advance.completed.fget
    assert completed is not None

    def limited(advance: Advance) -> bool:
        return advance.root.next_number > ENOUGH or completed(advance)

    put.setattr(Advance, "completed", property(limited))


def lost_boundary_event(put: pytest.MonkeyPatch) -> None:
    """Nobody waits for the messages, signals and times of boundary events."""
    armed = openings.armed

    def forgetful(token: Any, *when: Any) -> Armed:
        found = armed(token, *when)
        lost = token.node.boundaries
        found.waits = [w for w in found.waits if w.element not in lost]
        found.alarms = [a for a in found.alarms if a.element not in lost]
        return found

    put.setattr(openings, "armed", forgetful)


def boundary_event_lost_when_loaded(put: pytest.MonkeyPatch) -> None:
    """A condition at a boundary is looked at in the advance that begins the wait, then never."""
    load = running.load

    def forgetful(*stored: bytes) -> Frontier:
        frontier = load(*stored)
        for token in frontier.tokens:
            token.held = EVERY
        return frontier

    put.setattr(running, "load", forgetful)


class _Every(list[str]):
    """Holds whatever one asks for."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def remove(self, name: str) -> None:
        return


EVERY = _Every()


def double_fired_timer(put: pytest.MonkeyPatch) -> None:
    """What is due is fired by two who look at the same time."""
    fire = timers._fire

    def twice(uow: Uow, due: Any) -> bool:
        fired = fire(uow, due)
        if fired:
            put_back = {"owner_id": due.owner, "token": due.token, "element": due.element}
            row = {"kind": due.kind, "at": due.at, "remaining": 1, "repeat": None}
            uow.write(timers._TAKE, due.key)
            uow.write(timers._NEW, put_back | row)
            fire(uow, due._replace(remaining=1, repeat=None))
        return fired

    put.setattr(timers, "_fire", twice)


FAULTS: tuple[Put, ...] = (
    stock_join,
    join_of_an_earlier_pass,
    early_inclusive_join,
    impatient_inclusive_join,
    unguarded_prune_of_joins,
    unguarded_prune_of_tokens,
    shared_history_values,
    depth_limit,
    lost_boundary_event,
    boundary_event_lost_when_loaded,
    double_fired_timer,
)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_a_fault_is_found(plant: Plant, fault: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    fault(monkeypatch)
    assert first_finding(plant) is not None


def first_finding(plant: Plant) -> int | None:
    """The first diagram on which engine and token game differ, or the engine breaks."""
    for seed in range(SEED, SEED + DIAGRAMS):
        try:
            if next(walk_all(plant, [seed], RUNS), None):
                return seed
        except Exception:  # a fault may as well end in an error
            return seed
    return None
