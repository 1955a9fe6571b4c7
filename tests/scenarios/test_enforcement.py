"""The routing is enforced: rework at most twice, then the review board; nobody gets past a step.

The plant of FEATURES row A4: a parallel branch, an inclusive gateway, a timer and a rework loop.
"""

from engine.workflow.work.versions import plans
from tests.support import diagrams as d
from tests.support.fixtures import both
from tests.support.works import Works

ROUTING = d.process(
    d.lanes(
        operator=["saw_blank", "turn_seat", "wash_case", "deburr_edges", "engrave_number", "pack"],
        quality=["inspect_seat", "review_board"],
        team_lead=["chase_inspection"],
    ),
    d.start(),
    d.user("saw_blank", "turn_seat", "wash_case", "pack"),
    d.parallel("make", "made"),
    d.user("inspect_seat"),
    d.boundary("inspection_late", on="inspect_seat", interrupting=False, duration="PT8H"),
    d.user("chase_inspection"),
    d.subprocess(
        "rework",
        d.start("rework_begins"),
        d.user("rework_seat", "inspect_again"),
        d.end("rework_ends"),
        "rework_begins -> rework_seat -> inspect_again -> rework_ends",
        loop=d.again('result == "fail"', first=True, maximum=2),
    ),
    d.exclusive("good_seat", default="review_board"),
    d.user("review_board"),
    d.inclusive("finish", default="finished"),
    d.user("deburr_edges", "engrave_number"),
    d.inclusive("finished"),
    d.end("end", "chased"),
    d.terminate("scrapped"),
    "start -> saw_blank -> make -> turn_seat -> made",
    "make -> wash_case -> made",
    "made -> inspect_seat -> rework -> good_seat -> review_board -> scrapped",
    "inspection_late -> chase_inspection -> chased",
    'good_seat -> finish if result == "pass"',
    "finish -> deburr_edges if burr",
    "finish -> engrave_number if numbered",
    "finish -> finished",
    "deburr_edges -> finished",
    "engrave_number -> finished",
    "finished -> pack -> end",
)


def restart(works: Works) -> None:
    """What a new server process knows: nothing but the database."""
    plans._plans.clear()
    assert works.background.relay() == 0


def made(works: Works) -> str:
    instance = works.run_of(ROUTING, burr=True, numbered=True)
    works.complete("saw_blank", instance)
    for element in ("wash_case", "turn_seat"):
        restart(works)
        works.complete(element, instance)
    return instance


@both
def test_the_third_rework_goes_to_the_review_board(works: Works) -> None:
    instance = made(works)
    works.complete("inspect_seat", instance, result="fail")
    for _ in range(2):
        assert works.open(instance) == ["rework_seat"]
        works.complete("rework_seat", instance)
        restart(works)
        works.complete("inspect_again", instance, result="fail")
    assert works.open(instance) == ["review_board"]
    works.complete("review_board", instance)
    assert works.instance(instance)["state"] == "completed"


@both
def test_a_good_shaft_is_finished_as_ordered(works: Works) -> None:
    instance = made(works)
    assert works.wait(hours=9) == 1
    assert works.open(instance) == ["chase_inspection", "inspect_seat"]
    works.complete("inspect_seat", instance, result="fail")
    works.complete("rework_seat", instance)
    works.complete("inspect_again", instance, result="pass")
    restart(works)
    assert works.open(instance) == ["chase_inspection", "deburr_edges", "engrave_number"]
    works.complete("engrave_number", instance)
    assert works.open(instance) == ["chase_inspection", "deburr_edges"]
    works.complete("deburr_edges", instance)
    works.complete("pack", instance)
    assert works.instance(instance)["state"] == "active"  # somebody still chases the inspection
    works.complete("chase_inspection", instance)
    assert works.instance(instance)["state"] == "completed"


def test_no_call_of_an_operator_gets_past_a_step(works: Works) -> None:
    instance = made(works)
    task = works.task("inspect_seat", instance)["id"]
    body = {"variables": {"result": "pass"}}
    works.operator.post(f"/tasks/{task}/complete", body).refused(403, "not-permitted")
    reason = {"reason": "in a hurry"}
    works.operator.post(f"/tasks/{task}/skip", reason).refused(403, "not-permitted")
    for verb, told in (
        ("move", {"from": "inspect_seat", "to": "pack"}),
        ("insert", {"after": "inspect_seat", "name": "Look again"}),
    ):
        address = f"/instances/{instance}/{verb}"
        works.operator.post(address, told | reason).refused(403, "not-permitted")
    assert works.open(instance) == ["inspect_seat"]
