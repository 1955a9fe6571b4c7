"""Where variables live: one value each in a process, and a called process is a wall."""

import pytest

from tests.support import diagrams as d
from tests.support.plant import Plant


def child(task: str = "work") -> bytes:
    """A process of one task, to be called."""
    way = f"begin -> {task} -> done"
    return d.process(d.start("begin"), d.user(task), d.end("done"), way, key="child")


CHILD = child()


def parent_of(call: str) -> bytes:
    """A process that makes one call, then shows what came back."""
    return d.process(d.start(), call, d.user("after"), d.end(), "start -> call -> after -> end")


# ---- embedded subprocesses ----


def test_a_subprocess_reads_and_writes_the_variables_of_its_process(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.subprocess(
                "inner",
                d.start("s"),
                d.exclusive("known", default="work"),
                d.user("work"),
                d.end("e"),
                "s -> known -> work -> e",
                "known -> e if lot == null",
            ),
            d.end(),
            "start -> inner -> end",
        ),
        lot="L-7",
    )
    plant.complete("work", qty=3, lot="L-8")
    assert plant.variables(instance) == {"lot": "L-8", "qty": 3}
    assert plant.path(instance) == ["start", "s", "known", "work", "e", "inner", "end"]


def test_a_subprocess_ends_with_its_last_token(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.subprocess(
                "inner",
                d.start("s"),
                d.parallel("split"),
                d.user("a", "b"),
                d.end("left", "right"),
                "s -> split -> a -> left",
                "split -> b -> right",
            ),
            d.user("after"),
            d.end(),
            "start -> inner -> after -> end",
        )
    )
    plant.complete("a")
    assert plant.open() == ["b"]
    assert plant.tokens(instance) == ["b"]
    plant.complete("b")
    assert plant.open() == ["after"]


def test_joins_of_a_subprocess_start_anew_with_each_run(plant: Plant) -> None:
    plant.run_of(
        d.process(
            d.start(),
            d.exclusive("merge"),
            d.subprocess(
                "inner",
                d.start("s"),
                d.parallel("split", "join"),
                d.user("a", "b"),
                d.end("e"),
                "s -> split -> a -> join -> e",
                "split -> b -> join",
            ),
            d.exclusive("again", default="end"),
            d.end(),
            "start -> merge -> inner -> again -> end",
            "again -> merge if more",
        )
    )
    for _ in range(2):
        plant.complete("b")
        assert plant.open() == ["a"]
        plant.complete("a", more=True)
    assert plant.open() == ["a", "b"]


# ---- called processes ----


def test_by_default_all_goes_in_and_what_it_wrote_comes_out(plant: Plant) -> None:
    plant.release(CHILD)
    instance = plant.run_of(parent_of(d.call("call", "child")), lot="L-7", qty=1)
    plant.complete("work", qty=5, seen=True)
    assert plant.variables(instance) == {"lot": "L-7", "qty": 5, "seen": True}


def test_a_called_process_is_a_wall_while_it_runs(plant: Plant) -> None:
    plant.release(
        d.process(
            d.start("begin"),
            d.user("work", "check"),
            d.end("done"),
            "begin -> work -> check -> done",
            key="child",
        )
    )
    instance = plant.run_of(parent_of(d.call("call", "child")), qty=1)
    plant.complete("work", qty=5)
    assert plant.variables(instance) == {"qty": 1}
    plant.change(instance, qty=2, other=3)
    plant.complete("check")
    assert plant.variables(instance) == {"qty": 5, "other": 3}


def test_what_the_caller_changed_meanwhile_stays_unless_the_called_process_wrote_it(
    plant: Plant,
) -> None:
    plant.release(CHILD)
    instance = plant.run_of(parent_of(d.call("call", "child")), qty=1)
    plant.change(instance, qty=2)
    plant.complete("work", seen=True)
    assert plant.variables(instance) == {"qty": 2, "seen": True}


def test_in_and_out_name_what_goes_through_the_wall(plant: Plant) -> None:
    plant.release(CHILD)
    call = d.call("call", "child", ins={"lot": "part"}, outs={"verdict": "result", "part": "was"})
    instance = plant.run_of(parent_of(call), lot="L-7", qty=1)
    plant.complete("work", verdict="pass", qty=99)
    assert plant.variables(instance) == {"lot": "L-7", "qty": 1, "result": "pass", "was": "L-7"}
    inside = next(s for s in plant.history(instance) if s["element"] == "begin")
    assert inside["variables"] == {"part": "L-7"}


def test_a_missing_variable_for_in_is_an_incident_that_can_be_retried(plant: Plant) -> None:
    plant.release(CHILD)
    instance = plant.run_of(parent_of(d.call("call", "child", ins={"lot": "part"})))
    incident = plant.incident(instance)
    assert (incident["element"], incident["kind"]) == ("call", "expression")
    assert "lot" in incident["message"]
    plant.change(instance, lot="L-7")
    plant.retry(incident)
    assert plant.open() == ["work"]


def test_a_call_that_cannot_start_can_be_completed_by_hand(plant: Plant) -> None:
    plant.release(CHILD)
    instance = plant.run_of(parent_of(d.call("call", "child", ins={"lot": "part"})))
    plant.resolve(plant.incident(instance), "complete", variables={"verdict": "pass"})
    assert plant.open() == ["after"]
    assert plant.variables(instance) == {"verdict": "pass"}


@pytest.mark.parametrize("action", ["retry", "complete"])
def test_a_missing_variable_for_out_is_an_incident(plant: Plant, action: str) -> None:
    plant.release(CHILD)
    instance = plant.run_of(parent_of(d.call("call", "child", outs={"verdict": "result"})))
    assert plant.complete("work")["instance_state"] == "active"
    incident = plant.incident(instance)
    assert (incident["element"], plant.tokens(instance)) == ("call", ["call"])
    if action == "retry":
        again = plant.retry(incident)
        assert (again["state"], again["attempts"]) == ("open", 2)
    plant.resolve(plant.incident(instance), "complete", variables={"result": "pass"})
    assert plant.open() == ["after"]
    assert plant.path(instance)[-1] == "call"
    assert plant.variables(instance) == {"result": "pass"}


def test_calls_inside_calls_pass_values_from_wall_to_wall(plant: Plant) -> None:
    plant.release(CHILD)
    plant.release(
        d.process(
            d.start(),
            d.subprocess(
                "sub",
                d.start("s"),
                d.call("deeper", "child", ins={"n": "m"}, outs={"m": "n"}),
                d.end("e"),
                "s -> deeper -> e",
            ),
            d.end(),
            "start -> sub -> end",
            key="middle",
        )
    )
    call = d.call("call", "middle", ins={"top": "n"}, outs={"n": "top"})
    instance = plant.run_of(parent_of(call), top=1)
    assert plant.tokens(instance) == ["work"]
    plant.complete("work", m=7)
    assert plant.variables(instance) == {"top": 7}
    inside = ["start", "start", "s", "begin", "work", "done", "deeper", "e", "sub", "end", "call"]
    assert plant.path(instance) == inside
    assert plant.open() == ["after"]


def test_a_bundle_may_bring_the_process_it_calls(plant: Plant) -> None:
    """The main process is the one that no other in the file calls."""
    plant.release(
        d.document(
            d.executable(d.start("b"), d.user("work"), d.end("e"), "b -> work -> e", key="child"),
            d.executable(
                d.start(), d.call("call", "child"), d.end(), "start -> call -> end", key="p"
            ),
        )
    )
    instance = plant.start("p")
    plant.complete("work")
    assert plant.state(instance) == "completed"


def test_a_release_pins_the_version_of_what_it_calls(plant: Plant) -> None:
    plant.release(CHILD)
    plant.release(parent_of(d.call("call", "child")))
    plant.release(child("work_otherwise"))
    plant.start()
    assert plant.open() == ["work"]


def test_a_process_may_call_itself(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("ask"),
            d.exclusive("deeper", default="end"),
            d.call("again", "p", ins={"level": "level"}, outs={"level": "deepest"}),
            d.end(),
            "start -> ask -> deeper -> end",
            "deeper -> again if level < 3",
            "again -> end",
        )
    )
    for level in (1, 2, 3):
        plant.complete("ask", level=level)
    assert plant.state(instance) == "completed"
    assert plant.variables(instance) == {"level": 1, "deepest": 2}


def test_a_called_process_may_have_the_ids_of_its_caller(plant: Plant) -> None:
    """Both wait for an event called `late`: the activity, and the process that it calls."""
    plant.release(
        d.process(
            d.start(),
            d.user("inside"),
            d.event_subprocess(
                "warn",
                d.start("late", interrupting=False, duration="PT1H"),
                d.user("hurry"),
                d.end("warned"),
                "late -> hurry -> warned",
            ),
            d.end(),
            "start -> inside -> end",
            key="q",
        )
    )
    instance = plant.run_of(
        d.process(
            d.start(),
            d.call("call", "q"),
            d.boundary("late", "call", duration="PT2H"),
            d.user("look"),
            d.end(),
            "start -> call -> end",
            "late -> look -> end",
        )
    )
    plant.wait(hours=1)
    assert sorted(plant.open()) == ["hurry", "inside"]
    plant.wait(hours=1)
    assert (plant.open(), plant.due(instance)) == (["look"], [])
    other = plant.start()
    plant.complete("inside", other)
    assert (plant.state(other), plant.due(other)) == ("completed", [])
