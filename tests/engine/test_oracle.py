"""Five hundred random diagrams, walked twenty times each: engine and token game never differ.

After each act the open tasks and jobs, the subscriptions and due times, the incidents, the
variables and the state are the same; at the end of a walk the steps of the history, in their order,
and what people and machines saw. A difference names seed, run and acts:
`walk(plant, draw(SEED), RUN)` walks it again. With `-s` the report tells what was drawn.
"""

import sys

import pytest

from tests.support.plant import Plant
from tests.support.random_diagrams import FEATURES, draw
from tests.support.walk import check, held, report

SEED = 0
DIAGRAMS, RUNS = 500, 20
CHUNK = 25
AT_LEAST = 10
ALL = range(SEED, SEED + DIAGRAMS)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("first", ALL[::CHUNK])
def test_the_engine_plays_the_token_game(plant: Plant, first: int) -> None:
    check(plant, range(first, first + CHUNK), RUNS)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_it_does_on_postgresql(plant: Plant) -> None:
    check(plant, ALL[:: DIAGRAMS // 25], runs=4)


def test_the_diagrams_hold_every_feature() -> None:
    sys.stdout.write(report(ALL))
    found = held(ALL)
    assert {f: found[f] for f in FEATURES if found[f] < AT_LEAST} == {}


def test_a_seed_draws_the_same_again() -> None:
    assert [draw(seed) for seed in range(5)] == [draw(seed) for seed in range(5)]
