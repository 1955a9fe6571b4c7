"""Instances split and merged again wherever they stand: what goes on is what was there.

After each act of a random walk a part takes the place of its origin; the token game, which knows
nothing of it, still agrees. `part(plant, draw(SEED), RUN)` walks one again, after `release`.
"""

from typing import Any

import pytest

from engine.kernel.ids import from_text
from tests.support.plant import Plant
from tests.support.random_diagrams import Drawn, draw
from tests.support.walk import ACTS, Walk, release

DIAGRAMS, RUNS = 40, 2


class Parting(Walk):
    """A walk that goes on with a part, and leaves the origin behind."""

    def between(self) -> None:
        """Split, see that both stand where they stood, and merge what was there into the part."""
        super().between()
        if self.game.completed or self.choose.random() < 0.5:
            return
        before, part = self.shown(), self.plant.split(self.instance)
        whole = self.instance, self.id
        self.instance, self.id = part, from_text(part)
        assert self.shown() == before, "the part is not what its origin is"
        if self.choose.random() < 0.5:
            self.plant.cancel(whole[0])
        else:
            assert self.plant.merge(whole[0], part)["differing"] == []
        self.acts.append("go on with a part")


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_parts_go_on_as_the_whole_would(plant: Plant) -> None:
    parted = 0
    for seed in range(DIAGRAMS):
        drawn = draw(seed)
        release(plant, drawn)
        parted += sum(part(plant, drawn, run) for run in range(RUNS))
    assert parted > 200


def part(plant: Plant, drawn: Drawn, run: int) -> int:
    """Walk a released diagram; how often a part went on."""
    walk = Parting(plant, drawn, run)
    found: dict[str, Any] = walk.differences()
    for _ in range(ACTS):
        if found or not walk.step():
            break
        found = walk.differences()
    assert not found, (drawn.seed, run, walk.acts, found)
    if not walk.game.completed:
        plant.cancel(walk.instance)  # nothing of it hears what the next is told
    return walk.acts.count("go on with a part")
