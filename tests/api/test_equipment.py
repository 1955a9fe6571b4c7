"""Equipment over HTTP: the hierarchy, its classes, and jobs for its units."""

from typing import Any

import pytest

from engine.equipment import commands
from engine.kernel.clock import to_ms
from tests.support.diagrams import end, job, process, start
from tests.support.works import Works

LATHE = {"code": "LATHE-1", "name": "Lathe 1", "level": "work_unit"}


def add(works: Works, code: str, level: str, **more: Any) -> Any:
    body = {"code": code, "name": code.capitalize(), "level": level, **more}
    return works.process_engineer.post("/equipment", body)


def line(works: Works) -> None:
    """A site with a hall, a line and a lathe."""
    above = None
    for code, level in (("MAIN", "site"), ("HALL-1", "area"), ("LINE-1", "work_center")):
        add(works, code, level, parent=above).ok(201)
        above = code
    add(works, "LATHE-1", "work_unit", parent="LINE-1").ok(201)


def test_a_work_unit_is_made_as_it_says(works: Works) -> None:
    works.admin.post("/equipment-classes", {"code": "TURNING", "name": "Turning"}).ok(201)
    made = works.maintenance.post(
        "/equipment", LATHE | {"classes": ["TURNING"], "ideal_cycle_seconds": 0.25}
    )
    assert made.etag == '"1"'
    assert made.ok(201) == {
        "code": "LATHE-1",
        "name": "Lathe 1",
        "level": "work_unit",
        "parent": None,
        "classes": ["TURNING"],
        "enabled": True,
        "commands_enabled": False,
        "counts": "machine",
        "downtime_after_seconds": 300,
        "ideal_cycle_seconds": made.json["ideal_cycle_seconds"],
        "state": None,
        "state_since": None,
        "state_reason": None,
        "asked": None,
        "last_command": None,
        "revision": 1,
        "created": "2026-03-02T06:00:00.000Z",
        "created_by": "maintenance",
    }
    assert str(made.json["ideal_cycle_seconds"]) == "0.25"
    assert works.auditor.get("/equipment/LATHE-1").ok() == made.json
    members = works.auditor.get("/equipment-classes/TURNING").ok()["members"]
    assert members == ["LATHE-1"]


def test_the_hierarchy_is_that_of_isa_95(works: Works) -> None:
    line(works)
    for parent, said in (
        ("HALL-1", "is a area; above a work_unit stands a work_center"),
        ("LATHE-1", "is a work_unit"),
        ("NOWHERE", "create the work_center first"),
    ):
        answer = add(works, "LATHE-2", "work_unit", parent=parent)
        answer.refused(422, "wrong-parent")
        assert answer.pointers() == ["/parent"]
        assert said in answer.json["detail"]
    add(works, "ALL", "enterprise", parent="MAIN").refused(422, "wrong-parent")
    add(works, "LATHE-2", "work_unit", parent=None).ok(201)


def test_no_circle_can_be_built(works: Works) -> None:
    line(works)
    codes = ("MAIN", "HALL-1", "LINE-1", "LATHE-1")
    for place, code in enumerate(codes):
        for parent in codes[place:]:
            body = {"parent": parent}
            works.admin.patch(f"/equipment/{code}", body).refused(422, "wrong-parent")


def test_only_a_work_unit_has_a_machine(works: Works) -> None:
    for name, value in (
        ("commands_enabled", True),
        ("counts", "both"),
        ("downtime_after_seconds", 60),
        ("ideal_cycle_seconds", 30),
    ):
        answer = add(works, "HALL-1", "area", **{name: value})
        answer.refused(422, "invalid")
        assert answer.pointers() == [f"/{name}"]
    made = add(works, "HALL-1", "area").ok(201)
    assert (made["counts"], made["downtime_after_seconds"]) == (None, None)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"code": "LATHE 1"}, ["/code"]),
        ({"code": "-1"}, ["/code"]),
        ({"code": "a/b"}, ["/code"]),
        ({"code": "Drehbank-Ü"}, ["/code"]),
        ({"level": "machine"}, ["/level"]),
        ({"counts": "nobody"}, ["/counts"]),
        ({"downtime_after_seconds": 0}, ["/downtime_after_seconds"]),
        ({"ideal_cycle_seconds": "30"}, ["/ideal_cycle_seconds"]),
        ({"ideal_cycle_seconds": 0.0001}, ["/ideal_cycle_seconds"]),
        ({"ideal_cycle_seconds": True}, ["/ideal_cycle_seconds"]),
        ({"enabled": "yes"}, ["/enabled"]),
        ({"classes": ["MILLING"]}, ["/classes/0"]),
        ({"colour": "green"}, ["/colour"]),
    ],
)
def test_what_cannot_be_is_named(works: Works, body: dict[str, Any], pointers: list[str]) -> None:
    assert works.admin.post("/equipment", LATHE | body).pointers() == pointers


def test_a_code_means_one_thing(works: Works) -> None:
    """A diagram names equipment or a class; so neither takes the other's code."""
    add(works, "LATHE-1", "work_unit").ok(201)
    add(works, "LATHE-1", "area").refused(409, "equipment-exists")
    body = {"code": "LATHE-1", "name": "Lathes"}
    works.admin.post("/equipment-classes", body).refused(409, "equipment-exists")
    works.admin.post("/equipment-classes", body | {"code": "TURNING"}).ok(201)
    add(works, "TURNING", "work_unit").refused(409, "equipment-exists")


def test_two_who_change_it_do_not_overwrite_each_other(works: Works) -> None:
    works.admin.post("/equipment", LATHE).ok(201)
    seen = works.auditor.get("/equipment/LATHE-1").etag
    changed = works.maintenance.patch(
        "/equipment/LATHE-1", {"commands_enabled": True}, if_match=seen
    )
    assert (changed.ok()["commands_enabled"], changed.etag) == (True, '"2"')
    late = works.admin.patch("/equipment/LATHE-1", {"name": "Old lathe"}, if_match=seen)
    late.refused(412, "stale")
    [entry] = works.auditor.get("/audit", action="equipment.changed").ok()["items"]
    assert entry["detail"] == {"commands_enabled": {"from": False, "to": True}}
    same = works.admin.patch("/equipment/LATHE-1", {"commands_enabled": True})
    assert same.etag == '"2"'


def test_every_part_of_a_unit_may_change(works: Works) -> None:
    works.admin.post("/equipment-classes", {"code": "TURNING", "name": "Turning"}).ok(201)
    works.admin.post("/equipment", LATHE).ok(201)
    path = "/equipment/LATHE-1"
    for body in (
        {"name": "Old lathe", "counts": "both", "enabled": False},
        {"ideal_cycle_seconds": 42.5, "downtime_after_seconds": None},
        {"classes": ["TURNING"]},
        {"classes": [], "ideal_cycle_seconds": None, "downtime_after_seconds": 60},
    ):
        changed = works.admin.patch(path, body).ok()
        assert {name: changed[name] for name in body} == body
        [entry] = works.auditor.get("/audit", action="equipment.changed", limit=1).ok()["items"]
        assert set(entry["detail"]) == set(body)


def test_what_a_machine_says_is_no_new_revision(works: Works) -> None:
    works.admin.post("/equipment", LATHE).ok(201)
    now = to_ms(works.clock.now())
    told = {"unit": "LATHE-1", "site": 1}
    for state, at, current in (
        ("running", now, True),
        ("running", now + 20, True),
        ("down", now + 10, False),
        ("idle", now + 20, True),
    ):
        assert works.store.run(commands.set_state, state=state, at=at, **told) is current
    found = works.auditor.get("/equipment/LATHE-1")
    assert found.etag == '"1"'
    assert (found.json["state"], found.json["state_since"]) == ("idle", "2026-03-02T06:00:00.020Z")


def test_equipment_is_listed_and_filtered(works: Works) -> None:
    line(works)
    works.admin.post("/equipment-classes", {"code": "TURNING", "name": "Turning"}).ok(201)
    add(works, "LATHE-2", "work_unit", classes=["TURNING"], enabled=False).ok(201)

    def codes(**filters: object) -> list[str]:
        return [e["code"] for e in works.auditor.pages("/equipment", limit=2, **filters)]

    assert codes() == ["HALL-1", "LATHE-1", "LATHE-2", "LINE-1", "MAIN"]
    assert codes(level="work_unit") == ["LATHE-1", "LATHE-2"]
    assert codes(parent="LINE-1") == ["LATHE-1"]
    assert codes(member_of="TURNING") == ["LATHE-2"]
    assert codes(enabled="false") == ["LATHE-2"]
    assert codes(state="running") == []
    assert [c["code"] for c in works.auditor.pages("/equipment-classes")] == ["TURNING"]


def test_what_is_not_there(works: Works) -> None:
    works.auditor.get("/equipment/NONE").refused(404, "equipment-not-found")
    works.admin.patch("/equipment/NONE", {"name": "x"}).refused(404, "equipment-not-found")
    works.auditor.get("/equipment-classes/NONE").refused(404, "equipment-class-not-found")
    works.admin.patch("/equipment-classes/NONE", {"name": "x"}).refused(
        404, "equipment-class-not-found"
    )


def test_a_class_gets_another_name(works: Works) -> None:
    works.admin.post("/equipment-classes", {"code": "TURNING", "name": "Turning"}).ok(201)
    path = "/equipment-classes/TURNING"
    assert works.admin.patch(path, {"name": "Lathes"}, if_match='"1"').etag == '"2"'
    works.admin.patch(path, {"name": "Mills"}, if_match='"1"').refused(412, "stale")


# ---- diagrams and jobs ----

TURN = process(
    start(), job("turn", equipment="LATHE-1"), end(), "start -> turn -> end"
)  # fmt: skip


def test_a_diagram_is_told_of_equipment_that_is_not_there(works: Works) -> None:
    def rules() -> list[str]:
        answer = works.process_engineer.send("/processes/check", TURN, "application/xml")
        return [f["rule"] for f in answer.ok()["findings"]]

    assert rules().count("equipment-unknown") == 1
    works.admin.post("/equipment", LATHE).ok(201)
    assert "equipment-unknown" not in rules()
    assert "LATHE-1" in works.auditor.get("/vocabulary").ok()["equipment"]


def test_a_gateway_gets_the_job_of_its_unit(works: Works) -> None:
    works.admin.post("/equipment", LATHE | {"commands_enabled": True}).ok(201)
    instance = works.run_of(TURN)
    [listed] = works.auditor.pages("/jobs", instance=instance)
    path = f"/jobs/{listed['id']}"
    reasons = works.auditor.get(path).ok()["waits_for"]
    assert [reason["code"] for reason in reasons] == ["no-gateway", "unit-down"]
    assert works.claim_jobs("machine", units=["LATHE-1"]) == []
    now = to_ms(works.clock.now())
    works.store.run(commands.set_state, unit="LATHE-1", state="idle", at=now, site=1)
    assert works.auditor.get(path).ok()["waits_for"] == []
    [claimed] = works.claim_jobs("machine", units=["LATHE-1"])
    assert (claimed["equipment"], claimed["unit"], claimed["command"]) == ("LATHE-1", "LATHE-1", 1)
    for filters in ({"unit": "LATHE-1"}, {"state": "claimed"}, {"topic": "machine"}):
        assert [j["id"] for j in works.auditor.pages("/jobs", **filters)] == [listed["id"]]
    assert works.auditor.pages("/jobs", state="open") == []
    assert works.auditor.pages("/jobs", unit="LATHE-2") == []
    assert works.complete_job(claimed)["command"] == 1
    shown = works.auditor.get("/equipment/LATHE-1").ok()
    assert (shown["last_command"], shown["asked"]) == (1, "2026-03-02T06:00:00.000Z")


def test_a_gateway_is_told_of_units_that_there_are_not(works: Works) -> None:
    body = {"topics": ["machine"], "worker": "w", "units": ["LATHE-9"]}
    answer = works.integration.post("/jobs/claim", body)
    assert answer.pointers() == ["/units/0"]
    assert works.claim_jobs("machine", units=[]) == []


def test_a_job_that_is_not_there(works: Works) -> None:
    works.auditor.get("/jobs/WO-1").refused(404, "not-found")
    works.auditor.get("/jobs/00000000-0000-0000-0000-000000000007").refused(404, "not-found")
