"""Random moves in random blocks: whatever a move is allowed, the instance still comes to its end.

A failure names its seed.
"""

import random
from collections import Counter
from typing import Any

import pytest

from engine.workflow.work.interventions.moves import MoveRefused
from tests.support import diagrams as d
from tests.support.plant import Plant

DIAGRAMS, MOVES = 30, 8
GATEWAYS: dict[str, Any] = {"inclusive": d.inclusive, "exclusive": d.exclusive}


class Pen:
    """Draws blocks in blocks of user tasks, each with one way in and one out."""

    def __init__(self, choose: random.Random) -> None:
        self.choose = choose
        self.parts: list[str] = []
        self.names: list[str] = []
        last = self.sequence(self.draw("start", d.start), 3)
        self.flow(last, self.draw("end", d.end))

    def draw(self, kind: str, element: Any, **more: object) -> str:
        """A new element."""
        name = f"{kind}{len(self.names)}"
        self.names.append(name)
        self.parts.append(element(name, **more))
        return name

    def flow(self, *names: str) -> str:
        """Flows through elements; the last one."""
        self.parts.append(" -> ".join(names))
        return names[-1]

    def sequence(self, last: str, depth: int) -> str:
        """A task, and perhaps a block and another task."""
        last = self.flow(last, self.draw("task", d.user))
        if depth and self.choose.random() < 0.8:
            last = self.flow(self.block(last, depth - 1), self.draw("task", d.user))
        return last

    def block(self, last: str, depth: int) -> str:
        """Branches between two gateways."""
        kind = self.choose.choice(("parallel", "parallel", *GATEWAYS))
        branches = [self.draw("way", d.throw) for _ in range(self.choose.randint(2, 3))]
        if kind == "parallel":
            split, join = self.draw("split", d.parallel), self.draw("join", d.parallel)
        else:
            split = self.draw("split", GATEWAYS[kind], default=branches[0])
            join = self.draw("join", GATEWAYS[kind])
        self.flow(last, split)
        for branch in branches:
            asked = "" if kind == "parallel" or branch == branches[0] else f" if {branch} == 1"
            self.parts.append(f"{split} -> {branch}{asked}")
            self.flow(self.sequence(branch, depth), join)
        return join


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_whatever_is_moved_the_instance_comes_to_its_end(plant: Plant) -> None:
    found: Counter[str] = Counter()
    for seed in range(DIAGRAMS):
        choose = random.Random(seed)
        pen = Pen(choose)
        plant.release(d.process(*pen.parts, key=f"p{seed}"))
        for _ in range(MOVES):
            values: Any = {name: choose.randint(0, 1) for name in pen.names}
            instance = plant.start(f"p{seed}", **values)
            complete(plant, instance, choose, choose.randint(0, 6))
            found[moved(plant, instance, choose, pen.names)] += 1
            complete(plant, instance, choose, 200)
            assert plant.state(instance) == "completed", (seed, plant.instance(instance))
    assert min(found["moved"], found["refused"], found["ended others"]) > 20, found


def moved(plant: Plant, instance: str, choose: random.Random, names: list[str]) -> str:
    """Take some token anywhere, ending what must end; what came of it."""
    places = plant.open(instance)
    if not places:
        return "over"
    origin, to = choose.choice(places), choose.choice(names)
    try:
        plant.move(instance, origin, to)
    except MoveRefused as refused:
        ends: Any = refused.members.get("ends")
        if ends is None:
            return "refused"
        plant.move(instance, origin, to, *ends)
        return "ended others"
    return "moved"


def complete(plant: Plant, instance: str, choose: random.Random, times: int) -> None:
    """Complete tasks at random; no element ever has two tokens."""
    for _ in range(times):
        there = plant.open(instance)
        assert len(there) == len(set(there)), (instance, there)
        if not there:
            return
        plant.complete(choose.choice(there), instance)
