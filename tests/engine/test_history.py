"""History: every step once, contiguous, with the values as they were."""

import json

from tests.support import diagrams as d
from tests.support.plant import Plant

FORM = {
    "inspect.form.json": json.dumps(
        {
            "key": "inspect",
            "title": "Inspect",
            "fields": [
                {"key": "d1", "type": "number", "label": "Diameter", "variable": "diameter"},
                {"key": "note", "type": "text", "label": "Note"},
            ],
        }
    ).encode()
}
INSPECTION = d.process(
    d.start(),
    d.user("inspect", form="inspect", name="Inspect diameter"),
    d.exclusive("good", default="end", name="Good?"),
    d.end(),
    "start -> inspect -> good -> end",
    "good -> inspect if diameter > 25",
)


def test_a_step_tells_what_who_when_and_with_which_values(plant: Plant) -> None:
    plant.release(INSPECTION, FORM)
    instance = plant.start(lot="L-7")
    plant.clock.advance(90)
    plant.complete("inspect", d1=26, note="burr")
    plant.clock.advance(10)
    plant.complete("inspect", d1=24)
    steps = plant.history(instance)
    assert [step["step"] for step in steps] == [1, 2, 3, 4, 5, 6]
    assert steps[0] == {
        "step": 1,
        "element": "start",
        "name": "",
        "type": "startEvent",
        "state": "completed",
        "started": "2026-03-02T06:00:00.000Z",
        "ended": "2026-03-02T06:00:00.000Z",
        "actor": "ana",
        "variables": {"lot": "L-7"},
        "changed": {"lot": "L-7"},
        "answers": {"lot": "L-7"},
    }
    assert steps[1] == {
        "step": 2,
        "element": "inspect",
        "name": "Inspect diameter",
        "type": "userTask",
        "state": "completed",
        "started": "2026-03-02T06:00:00.000Z",
        "ended": "2026-03-02T06:01:30.000Z",
        "actor": "ana",
        "variables": {"lot": "L-7", "diameter": 26},
        "changed": {"diameter": 26},
        "answers": {"d1": 26, "note": "burr"},
    }
    assert (steps[2]["type"], steps[2]["name"]) == ("exclusiveGateway", "Good?")
    assert (steps[2]["actor"], steps[2]["changed"]) == (None, {})
    assert [step["variables"]["diameter"] for step in steps[1:]] == [26, 26, 24, 24, 24]


def test_a_change_from_outside_is_a_deviation(plant: Plant) -> None:
    plant.release(INSPECTION, FORM)
    instance = plant.start(lot="L-7")
    plant.change(instance, lot="L-8", extra=None)
    step = plant.history(instance)[1]
    assert (step["element"], step["type"]) == (None, "variablesChanged")
    assert (step["actor"], step["deviation"]) == ("ana", "a test")
    assert step["changed"] == {"lot": "L-8", "extra": None}
    assert step["variables"] == {"lot": "L-8", "extra": None}


def test_steps_inside_a_called_process_show_its_own_variables(plant: Plant) -> None:
    plant.release(
        d.process(
            d.start("begin"),
            d.user("work", name="Work"),
            d.end("done"),
            "begin -> work -> done",
            key="child",
        )
    )
    called = d.call("call", "child", ins={"lot": "part"}, outs={"verdict": "result"})
    instance = plant.run_of(
        d.process(d.start(), called, d.end(), "start -> call -> end"), lot="L-7"
    )
    plant.complete("work", verdict="pass")
    shown = [(s["element"], s["name"], s["type"], s["variables"]) for s in plant.history(instance)]
    outside = {"lot": "L-7", "result": "pass"}
    assert shown == [
        ("start", "", "startEvent", {"lot": "L-7"}),
        ("begin", "", "startEvent", {"part": "L-7"}),
        ("work", "Work", "userTask", {"part": "L-7", "verdict": "pass"}),
        ("done", "", "endEvent", {"part": "L-7", "verdict": "pass"}),
        ("call", "", "callActivity", outside),
        ("end", "", "endEvent", outside),
    ]


def test_two_calls_of_one_process_do_not_see_each_other(plant: Plant) -> None:
    plant.release(
        d.process(
            d.start("begin"), d.user("work"), d.end("done"), "begin -> work -> done", key="child"
        )
    )
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("split", "join"),
            d.call("one", "child", outs={"v": "first"}),
            d.call("two", "child", outs={"v": "second"}),
            d.end(),
            "start -> split -> one -> join -> end",
            "split -> two -> join",
        )
    )
    for n, task in enumerate(plant.tasks(instance)):
        plant.complete_task(task["id"], v=n)
    worked = [s["variables"] for s in plant.history(instance) if s["element"] == "work"]
    assert worked == [{"v": 0}, {"v": 1}]
    assert plant.variables(instance) == {"first": 0, "second": 1}


def test_pages_of_any_size_tell_the_same(plant: Plant) -> None:
    """450 steps cross several snapshots; what a step saw never depends on where a page begins."""
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("turn"),
            d.exclusive("good", default="end"),
            d.end(),
            "start -> turn -> good -> end",
            "good -> turn if n < 223",
        )
    )
    for n in range(224):
        plant.complete("turn", n=n, **{f"only_{n % 5}": n})
        if n == 100:
            plant.change(instance, only_0=None)
    whole = plant.history(instance, limit=1_000)
    assert [step["step"] for step in whole] == list(range(1, 452))
    assert plant.history(instance, limit=7) == whole
    assert plant.page(instance, after=99, limit=2) == whole[99:101]
    assert whole[-1]["variables"]["n"] == 223
    assert plant.sql("SELECT count(*) FROM history WHERE snapshot IS NOT NULL")[0][0] == 4


def test_steps_of_one_long_advance_are_paged_too(plant: Plant) -> None:
    names = [f"pass{n}" for n in range(250)]
    instance = plant.run_of(
        d.process(
            d.start(),
            *(d.exclusive(name) for name in names),
            d.end(),
            " -> ".join(["start", *names, "end"]),
        ),
        lot="L-7",
    )
    whole = plant.history(instance, limit=1_000)
    assert [step["element"] for step in whole] == ["start", *names, "end"]
    assert plant.history(instance, limit=7) == whole
    assert {json.dumps(step["variables"]) for step in whole} == {'{"lot": "L-7"}'}


def test_an_item_shows_what_is_its_own(plant: Plant) -> None:
    """Beside the variables of the process; what it wrote there is told with the rest."""
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("weigh", loop=d.each("units", "unit", sequential=True)),
            d.end(),
            "start -> weigh -> end",
        ),
        units=["u1", "u2"],
    )
    plant.complete("weigh", unit="u1 sealed", grams=5)
    plant.complete("weigh", grams=7)
    first, second = (s for s in plant.history(instance) if s["element"] == "weigh")
    assert first["changed"] == {"unit": "u1 sealed", "grams": 5}
    own = {"unit": "u1 sealed", "loopCounter": 1}
    assert first["variables"] == {"units": ["u1", "u2"], "grams": 5} | own
    own = {"unit": "u2", "loopCounter": 2}
    assert second["variables"] == {"units": ["u1", "u2"], "grams": 7} | own
    assert plant.history(instance)[-1]["variables"] == {"units": ["u1", "u2"], "grams": 7}


def test_a_snapshot_may_hold_what_is_an_items_own(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("weigh", loop=d.times(120, sequential=True)),
            d.end(),
            "start -> weigh -> end",
        )
    )
    for n in range(1, 121):
        plant.complete("weigh", grams=n)
    (step,) = plant.page(instance, 115, 1)
    assert step["variables"] == {"grams": 115, "loopCounter": 115}


def test_a_deviation_says_of_which_kind_it_is(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(d.start(), d.user("a", "b"), d.end(), "start -> a -> b -> end")
    )
    plant.change(instance, n=1)
    plant.move(instance, "a", "b")
    told = [(s["element"], s["deviation_kind"]) for s in plant.history(instance)[1:]]
    assert told == [(None, "variables"), ("a", "move")]
