"""Five hundred random diagrams, walked twenty times each: engine and token game never differ.

After each act the open tasks and jobs, the subscriptions and due times, the incidents, the
variables and the state are the same; at the end of a walk the steps of the history, in their order,
and what people and machines saw. A difference names seed, run and acts:
`walk(plant, draw(SEED), RUN)` walks it again. With `-s` the report tells what was drawn.
"""

from collections import Counter
from typing import Any

import pytest

from tests.support.plant import Plant
from tests.support.random_diagrams import FEATURES, draw
from tests.support.walk import report, walk_all

SEED = 0
DIAGRAMS, RUNS = 500, 20
CHUNK = 25
AT_LEAST = 10


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("first", range(SEED, SEED + DIAGRAMS, CHUNK))
def test_the_engine_plays_the_token_game(plant: Plant, first: int) -> None:
    assert differences(plant, range(first, first + CHUNK), RUNS) == []


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_it_does_on_postgresql(plant: Plant) -> None:
    assert differences(plant, range(SEED, SEED + DIAGRAMS, DIAGRAMS // 25), 4) == []


def test_the_diagrams_hold_every_feature() -> None:
    held: Counter[str] = Counter()
    for seed in range(SEED, SEED + DIAGRAMS):
        held.update(draw(seed).features.keys())
    told = report(range(SEED, SEED + DIAGRAMS), held)
    assert {f: held[f] for f in FEATURES if held[f] < AT_LEAST} == {}, told
    print(told)  # noqa: T201  the report, with -s


def test_a_seed_draws_the_same_again() -> None:
    assert [draw(seed) for seed in range(5)] == [draw(seed) for seed in range(5)]


def differences(plant: Plant, seeds: range, runs: int) -> list[dict[str, Any]]:
    return list(walk_all(plant, seeds, runs))
