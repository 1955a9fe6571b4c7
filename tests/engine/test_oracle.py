"""Random diagrams walked at random: after each step the engine and the token game agree.

A failure names its seed: `walk(plant, SEED)` walks it again.
"""

import random
from typing import Any

import pytest

from engine.workflow.definition.specs import Parallel
from tests.support.plant import Plant
from tests.support.random_diagrams import VARIABLES, Drawing
from tests.support.token_game import TokenGame

STEPS = 40
CODES = ("E1", "E2", "E3")


class Walk:
    """One random diagram, which calls another, walked on the engine and in the token game."""

    def __init__(self, plant: Plant, seed: int) -> None:
        self.plant, self.choose = plant, random.Random(seed)
        called, main = f"s{seed}c", f"s{seed}m"
        drawn = {
            called: Drawing(self.choose, called).xml(),
            main: Drawing(self.choose, main, (called,)).xml(),
        }
        for diagram in drawn.values():
            plant.release(diagram)
        nothing = dict.fromkeys(VARIABLES, 0)
        self.game = TokenGame(drawn, main, nothing)
        self.instance = plant.start(main, **nothing)

    def step(self) -> bool:
        """Complete or fail something on both; False once there is nothing left to choose."""
        waiting = self.game.waits_once()
        if not waiting:
            return False
        element, code = self.choose.choice(waiting), self.choose.choice(CODES)
        values = {name: self.choose.randint(0, 3) for name in self.choose.sample(VARIABLES, 2)}
        if "_task" in element:
            self.plant.complete(element, self.instance, **values)
        elif self.choose.random() < 0.5 and self.game.catches(element, code):
            self.plant.fail_job(self.plant.claim_job(element), code=code)
            self.game.fail(element, code)
            return True
        else:
            self.plant.complete_job(self.plant.claim_job(element), **values)
        self.game.complete(element, values)
        return True

    def differences(self) -> dict[str, tuple[Any, Any]]:
        """What the engine shows and the token game says, where they are not the same."""
        shown = self.plant.instance(self.instance)
        waiting = sorted(t["element"] for t in shown["tokens"] if t["state"] == "waiting")
        pairs = {
            "waiting": (waiting, self.game.resting()),
            "variables": (shown["variables"], self.game.root.variables),
            "completed": (shown["state"] == "completed", self.game.completed),
            "stuck": (shown["incidents"] > 0, self.game.stuck),
        }
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def walk(plant: Plant, seed: int) -> dict[str, Any]:
    """Walk one diagram; the first differences and where they came up, or nothing."""
    walked = Walk(plant, seed)
    for step in range(STEPS):
        if found := walked.differences():
            return {"seed": seed, "step": step} | found
        if not walked.step():
            break
    return {}


def test_the_engine_plays_the_token_game(plant: Plant) -> None:
    assert [found for seed in range(60) if (found := walk(plant, seed))] == []


@pytest.mark.soak
def test_the_engine_plays_the_token_game_for_long(plant: Plant) -> None:
    start = random.SystemRandom().randrange(10**6) * 10_000
    found = [found for seed in range(start, start + 3_000) if (found := walk(plant, seed))]
    assert found == []


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_game_finds_a_fault(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """A join that lets the first token pass, as stock joins in loops do."""
    monkeypatch.setattr(Parallel, "arrive", lambda spec, branch, flow: branch.place(spec))
    assert any(walk(plant, seed) for seed in range(20))
