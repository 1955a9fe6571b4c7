"""Tokens taken out of blocks and into them: what ends with a move, and what is refused."""

import pytest

from engine.kernel.errors import Invalid
from engine.workflow.work.interventions.moves import MoveRefused
from tests.support import diagrams as d
from tests.support.plant import Plant

BLOCK = d.process(
    d.start(),
    d.user("before", "a", "a2", "b", "after"),
    d.parallel("split", "join"),
    d.end(),
    "start -> before -> split -> a -> a2 -> join -> after -> end",
    "split -> b -> join",
)
NESTED = d.process(
    d.start(),
    d.parallel("outer", "inner", "inner_join", "outer_join"),
    d.user("a", "b", "c", "then", "last"),
    d.end(),
    "start -> outer -> inner -> a -> inner_join -> then -> outer_join -> last -> end",
    "inner -> b -> inner_join",
    "outer -> c -> outer_join",
)


# ---- parallel blocks ----


def test_a_move_within_a_branch_leaves_the_others_alone(plant: Plant) -> None:
    instance = plant.run_of(BLOCK)
    plant.complete("before")
    plant.move(instance, "a", "a2")
    plant.complete("b")
    plant.complete("a2")
    assert plant.open() == ["after"]


def test_a_move_out_of_a_block_is_refused_unless_it_ends_the_rest(plant: Plant) -> None:
    instance = plant.run_of(BLOCK)
    plant.complete("before")
    with pytest.raises(MoveRefused, match="tokens at b"):
        plant.move(instance, "a", "after")
    plant.move(instance, "a", "after", "b")
    assert plant.open() == ["after"]
    ended = [s for s in plant.history(instance) if s["state"] == "cancelled"]
    assert [(s["element"], s["deviation_kind"]) for s in ended] == [("b", "move"), ("a", "move")]
    plant.complete("after")
    assert plant.state(instance) == "completed"


@pytest.mark.parametrize("to", ["split", "before", "join", "end"])
def test_a_block_is_left_forwards_and_backwards(plant: Plant, to: str) -> None:
    instance = plant.run_of(BLOCK)
    plant.complete("before")
    plant.move(instance, "a", to, "b")
    while plant.open():
        plant.complete(plant.open()[0])
    assert plant.state(instance) == "completed"


def test_what_already_waits_at_the_join_must_be_named_too(plant: Plant) -> None:
    instance = plant.run_of(BLOCK)
    plant.complete("before")
    plant.complete("b")
    with pytest.raises(MoveRefused, match="tokens at join"):
        plant.move(instance, "a", "before")
    plant.move(instance, "a", "before", "join")
    for element in ("before", "b", "a", "a2", "after"):
        plant.complete(element)
    assert plant.state(instance) == "completed"


def test_a_token_stays_out_of_the_other_branch(plant: Plant) -> None:
    instance = plant.run_of(BLOCK)
    plant.complete("before")
    with pytest.raises(MoveRefused, match=r"another branch .* Move to split, to join or behind it"):
        plant.move(instance, "b", "a2")
    assert plant.open() == ["a", "b"]


def test_a_token_does_not_go_alone_into_a_parallel_block(plant: Plant) -> None:
    instance = plant.run_of(BLOCK)
    with pytest.raises(MoveRefused, match="join would wait for the other branches for ever"):
        plant.move(instance, "before", "a")
    plant.move(instance, "before", "split")
    assert plant.open() == ["a", "b"]


def test_a_move_out_of_an_inner_block_leaves_the_outer_one_alone(plant: Plant) -> None:
    instance = plant.run_of(NESTED)
    with pytest.raises(MoveRefused, match=r"tokens at b\."):
        plant.move(instance, "a", "then")
    plant.move(instance, "a", "then", "b")
    assert plant.open() == ["c", "then"]
    plant.complete("then")
    plant.complete("c")
    assert plant.open() == ["last"]


def test_a_move_out_of_both_blocks_ends_both(plant: Plant) -> None:
    instance = plant.run_of(NESTED)
    plant.complete("b")
    with pytest.raises(MoveRefused, match=r"tokens at c, inner_join\."):
        plant.move(instance, "a", "last")
    plant.move(instance, "a", "last", "c", "inner_join")
    assert plant.tokens(instance) == ["last"]
    plant.complete("last")
    assert plant.state(instance) == "completed"


def test_only_what_is_in_a_block_that_is_left_is_ended(plant: Plant) -> None:
    instance = plant.run_of(NESTED)
    with pytest.raises(MoveRefused, match="with c in it"):
        plant.move(instance, "a", "then", "b", "c")
    with pytest.raises(Invalid) as refused:
        plant.move(instance, "a", "then", "b", "then")
    assert [e.pointer for e in refused.value.errors] == ["/ends/1"]
    assert plant.open() == ["a", "b", "c"]


def test_arrivals_from_outside_stay_at_the_join(plant: Plant) -> None:
    """The join of the outer block has one from the inner block's way, which is not left."""
    instance = plant.run_of(NESTED)
    plant.complete("c")
    plant.move(instance, "a", "then", "b")
    plant.complete("then")
    assert plant.open() == ["last"]


def test_tokens_that_meet_without_a_join_go_on_each_for_itself(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("t", "a", "b", "both"),
            d.end(),
            "start -> t -> a -> both -> end",
            "t -> b -> both",
        )
    )
    plant.complete("t")
    plant.move(instance, "a", "both")
    assert plant.open() == ["b", "both"]
    with pytest.raises(MoveRefused, match="tokens at b"):
        plant.move(instance, "both", "t")
    plant.move(instance, "b", "both")
    assert plant.open() == ["both", "both"]


# ---- inclusive blocks ----

SOME = d.process(
    d.start(),
    d.user("before", "a", "b", "c", "after"),
    d.inclusive("split", default="c"),
    d.inclusive("join"),
    d.end(),
    "start -> before -> split -> c -> join -> after -> end",
    "split -> a if n > 0",
    "split -> b if n > 1",
    "a -> join",
    "b -> join",
)


def test_a_move_out_of_an_inclusive_block_ends_the_rest(plant: Plant) -> None:
    instance = plant.run_of(SOME, n=2)
    plant.complete("before")
    with pytest.raises(MoveRefused, match="tokens at b"):
        plant.move(instance, "a", "after")
    with pytest.raises(MoveRefused, match="another branch"):
        plant.move(instance, "a", "c")
    plant.move(instance, "a", "before", "b")
    plant.complete("before")
    assert plant.open() == ["a", "b"]


def test_an_inclusive_block_may_be_entered(plant: Plant) -> None:
    instance = plant.run_of(SOME, n=0)
    plant.move(instance, "before", "b")
    plant.complete("b")
    assert plant.open() == ["after"]


def test_inserted_work_can_be_moved_away_from(plant: Plant) -> None:
    instance = plant.run_of(BLOCK)
    plant.complete("before")
    plant.insert(instance, "a")
    plant.complete("a")
    assert plant.tokens(instance) == ["a+1", "b"]
    with pytest.raises(MoveRefused, match="tokens at b"):
        plant.move(instance, "a+1", "after")
    plant.move(instance, "a+1", "a")
    plant.complete("a")
    assert plant.open() == ["a2", "b"]
