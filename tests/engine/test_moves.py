"""Tokens that people take elsewhere: along the way, back, within scopes, away from incidents."""

import pytest

from engine.kernel.errors import Conflict
from engine.workflow.work.interventions.moves import MoveRefused
from tests.support import diagrams as d
from tests.support.plant import Plant

LINE = d.process(d.start(), d.user("a", "b", "c"), d.end(), "start -> a -> b -> c -> end")


@pytest.mark.parametrize(("origin", "to"), [("a", "c"), ("a", "end"), ("a", "a")])
def test_a_token_is_moved_along_its_way(plant: Plant, origin: str, to: str) -> None:
    instance = plant.run_of(LINE)
    task = plant.task("a")["id"]
    plant.move(instance, origin, to)
    assert plant.tokens(instance) == ([] if to == "end" else [to])
    left = plant.history(instance)[1]
    assert (left["element"], left["state"]) == ("a", "cancelled")
    assert (left["deviation"], left["deviation_kind"]) == ("a test", "move")
    with pytest.raises(Conflict):
        plant.complete_task(task)


def test_a_token_is_sent_back(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    plant.complete("a")
    plant.complete("b")
    plant.move(instance, "c", "a")
    for element in ("a", "b", "c"):
        plant.complete(element)
    assert plant.state(instance) == "completed"


@pytest.mark.parametrize(
    ("origin", "to"), [("b", "c"), ("a", "nowhere"), ("a", "start"), ("nowhere", "a")]
)
def test_a_move_needs_a_token_and_a_place(plant: Plant, origin: str, to: str) -> None:
    instance = plant.run_of(LINE)
    with pytest.raises(MoveRefused):
        plant.move(instance, origin, to)
    assert plant.tokens(instance) == ["a"]


@pytest.mark.parametrize("to", ["late", "whenever", "s"])
def test_nothing_is_moved_to_what_an_event_starts(plant: Plant, to: str) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("a", "b"),
            d.boundary("late", "a", duration="PT1H"),
            d.event_subprocess("whenever", d.start("s", message="m"), d.end("e"), "s -> e"),
            d.end(),
            "start -> a -> b -> end",
            "late -> b",
        )
    )
    with pytest.raises(MoveRefused, match="no element that a token can be taken to"):
        plant.move(instance, "a", to)


# ---- scopes ----


def test_a_move_stays_in_its_subprocess_and_may_end_one(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.subprocess("inner", d.start("s"), d.user("a", "a2"), d.end("e"), "s -> a -> a2 -> e"),
            d.user("z"),
            d.end(),
            "start -> inner -> z -> end",
        )
    )
    with pytest.raises(MoveRefused):
        plant.move(instance, "a", "z")
    plant.move(instance, "a", "a2")
    plant.move(instance, "inner", "z")
    assert plant.open() == ["z"]
    assert plant.path(instance) == [
        "start",
        "s",
        "a cancelled",
        "a2 cancelled",
        "inner cancelled",
    ]


def test_a_move_stays_in_a_called_process(plant: Plant) -> None:
    plant.release(
        d.process(d.start("s"), d.user("a", "b"), d.end("e"), "s -> a -> b -> e", key="child")
    )
    instance = plant.run_of(
        d.process(d.start(), d.call("c", "child"), d.user("z"), d.end(), "start -> c -> z -> end")
    )
    with pytest.raises(MoveRefused, match="within child"):
        plant.move(instance, "a", "z")
    plant.move(instance, "a", "b")
    plant.complete("b")
    assert plant.open() == ["z"]


def test_an_activity_with_several_runs_is_moved_as_a_whole(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("each", loop=d.times(3)),
            d.user("after"),
            d.end(),
            "start -> each -> after -> end",
        )
    )
    plant.complete_task(plant.tasks()[0]["id"])
    plant.move(instance, "each", "after")
    assert plant.open() == ["after"]
    assert plant.path(instance)[1:] == [
        "each",
        "each cancelled",
        "each cancelled",
        "each cancelled",
    ]


def test_a_token_in_one_of_several_runs_is_not_told_apart(plant: Plant) -> None:
    inner = d.subprocess(
        "inner", d.start("s"), d.user("a", "b"), d.end("e"), "s -> a -> b -> e", loop=d.times(2)
    )
    instance = plant.run_of(d.process(d.start(), inner, d.end(), "start -> inner -> end"))
    with pytest.raises(MoveRefused, match="2 tokens rest at a"):
        plant.move(instance, "a", "b")
    plant.complete_task(plant.tasks()[0]["id"])
    plant.move(instance, "a", "b")
    assert plant.open() == ["b", "b"]


def test_what_a_moved_token_waited_for_is_over(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.job("cut"),
            d.boundary("late", "cut", duration="PT1H"),
            d.boundary("stop", "cut", message="stop"),
            d.user("by_hand"),
            d.end(),
            "start -> cut -> by_hand -> end",
            "late -> end",
            "stop -> end",
        )
    )
    plant.move(instance, "cut", "by_hand")
    assert (plant.claim_jobs("machine"), plant.due(instance), plant.waits(instance)) == ([], [], [])
    assert plant.send("stop") == {"delivered": 0}


# ---- incidents ----


def test_an_incident_can_be_moved_away_from(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.exclusive("x", default="z"),
            d.user("y", "z"),
            d.end(),
            "start -> x -> z -> end",
            "x -> y if missing",
            "y -> end",
        )
    )
    plant.move(instance, "x", "y")
    assert (plant.open(), plant.incidents()) == (["y"], [])


def test_an_activity_that_cannot_choose_its_flows_is_moved_by_its_name(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("t", "y", "z"),
            d.end(),
            "start -> t",
            "t -> y if missing",
            "t -> z if not missing",
            "y -> end",
            "z -> end",
        )
    )
    plant.complete("t")
    assert plant.instance(instance)["tokens"] == [{"element": "t", "state": "incident"}]
    plant.move(instance, "t", "z")
    assert (plant.open(), plant.incidents()) == (["z"], [])
    assert plant.path(instance) == ["start", "t", "t cancelled"]


def test_a_join_that_waits_in_vain_is_left(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("split", "join"),
            d.user("a", "b", "c", "after"),
            d.exclusive("x", default="c"),
            d.end("end", "e2"),
            "start -> split -> a -> join -> after -> end",
            "split -> b -> x -> c -> join",
            "x -> e2 if scrap",
        ),
        scrap=True,
    )
    plant.complete("a")
    plant.complete("b")
    assert plant.incident(instance)["element"] == "join"
    plant.move(instance, "join", "after")
    assert (plant.tokens(instance), plant.incidents()) == (["after"], [])
    plant.complete("after")
    assert plant.state(instance) == "completed"
