"""Jobs and units are matched as well as anybody could by trying everything."""

from collections.abc import Mapping, Sequence
from itertools import permutations, product

from hypothesis import given
from hypothesis import strategies as st

from engine.workflow.work.dispatch.matching import assign

UNITS = ("A", "B", "C")
Jobs = list[tuple[bytes, tuple[str, ...]]]


def jobs(*able: str) -> Jobs:
    """Jobs by urgency, each with the units that could do it, as letters."""
    return [(bytes([n]), tuple(letters)) for n, letters in enumerate(able)]


def given_to(candidates: Jobs, most: int = 9) -> dict[int, str]:
    return {job[0]: unit for job, unit in assign(candidates, most).items()}


def best(candidates: Jobs, most: int) -> set[int]:
    """The jobs that are served if the most urgent ones that can be are: by trying everything."""
    served: list[int] = []
    for n, _ in enumerate(candidates):
        if len(served) < most and possible(candidates, [*served, n]):
            served.append(n)
    return set(served)


def possible(candidates: Jobs, chosen: Sequence[int]) -> bool:
    choices = [candidates[n][1] for n in chosen]
    return any(len(set(units)) == len(units) for units in product(*choices))


def test_a_job_that_any_can_do_leaves_the_only_one_of_another() -> None:
    assert given_to(jobs("AB", "A")) == {0: "B", 1: "A"}
    assert given_to(jobs("AB", "AC", "A")) == {0: "B", 1: "C", 2: "A"}


def test_the_first_choice_is_taken_where_nobody_else_needs_it() -> None:
    assert given_to(jobs("BA")) == {0: "B"}


def test_the_most_urgent_goes_first() -> None:
    assert given_to(jobs("A", "A", "B")) == {0: "A", 2: "B"}
    assert given_to(jobs("AB", "AB", "AB"), most=1) == {0: "A"}
    assert given_to(jobs("AB"), most=0) == {}
    assert given_to([]) == {}


LETTERS: list[str] = ["".join(p) for n in range(4) for p in permutations(UNITS, n)]


@given(st.lists(st.sampled_from(LETTERS), max_size=6), st.integers(0, 4))
def test_no_assignment_is_better(able: list[str], most: int) -> None:
    candidates = jobs(*able)
    found: Mapping[bytes, str] = assign(candidates, most)
    assert {job[0] for job in found} == best(candidates, most)
    assert len(set(found.values())) == len(found)
    assert all(unit in dict(candidates)[job] for job, unit in found.items())
