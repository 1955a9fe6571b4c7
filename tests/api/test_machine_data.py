"""Signals, readings, counts and gateways over HTTP."""

import json
from typing import Any

import pytest

from engine.kernel.clock import to_ms
from tests.support.diagrams import end, process, start, user
from tests.support.fixtures import both
from tests.support.works import Works

UNIT = "/equipment/PRESS-1"
FORCE = {"key": "force", "type": "number", "label": "Force", "unit": "N", "signal": "force"}


def press(works: Works, **about: Any) -> int:
    """A new work unit; the present instant in milliseconds."""
    body = {"code": "PRESS-1", "name": "Press", "level": "work_unit", **about}
    works.maintenance.post("/equipment", body).ok(201)
    return to_ms(works.clock.now())


def send(works: Works, *rows: dict[str, Any], source: str = "file-1") -> dict[str, Any]:
    """Send signals of the press, numbered in their order."""
    numbered = [{"seq": n, "unit": "PRESS-1", **row} for n, row in enumerate(rows, 1)]
    body = {"source": source, "gateway": "line", "rows": numbered}
    found: dict[str, Any] = works.integration.post("/signals", body).ok()
    return found


def readings(works: Works, *rows: list[Any], tags: Any = None) -> dict[str, Any]:
    """Send readings."""
    told = [["PRESS-1", "force", "kN"]] if tags is None else tags
    body = {"source": "file-1", "gateway": "line", "tags": told, "rows": list(rows)}
    found: dict[str, Any] = works.integration.post("/readings", body).ok()
    return found


@both
def test_a_machines_day(works: Works) -> None:
    now = press(works)
    taken = send(
        works,
        {"kind": "state", "at": now - 9000, "state": "running"},
        {"kind": "count", "at": now - 8000, "counter": "good", "raw": 5, "max_step": 9, "tag": "n"},
        {"kind": "count", "at": now - 7000, "counter": "good", "raw": 8, "max_step": 9, "tag": "n"},
        {"kind": "measurement", "at": now - 7000, "name": "force", "value": 121.50, "serial": "S1"},
        {"kind": "alarm", "at": now - 6000, "code": "E7", "text": "hot", "active": True},
        {"kind": "state", "at": now - 6000, "state": "down", "reason": "E7"},
        {"kind": "state", "at": now - 6000, "state": "dancing"},
    )
    assert taken["ack"] == 7
    [refused] = taken["refused"]
    assert refused["seq"] == 7
    assert "running" in refused["detail"]
    states = works.operator.get(f"{UNIT}/states").ok()["items"]
    assert [(s["state"], s["ended"] is None) for s in states] == [
        ("running", False),
        ("down", True),
    ]
    assert [c["good"] for c in works.operator.get(f"{UNIT}/counts").ok()["items"]] == [3, 0]
    sums = works.operator.get(f"{UNIT}/counts/sums").ok()
    assert (sums["counts"], sums["counted"]) == ("machine", {"good": 3, "scrap": 0})
    [measured] = works.quality.get(f"{UNIT}/measurements", name="force", serial="S1").ok()["items"]
    assert (measured["value"], measured["at"]) == (121.5, "2026-03-02T05:59:53.000Z")
    assert works.quality.get(f"{UNIT}/measurements", name="heat").ok()["items"] == []
    assert len(works.operator.get(f"{UNIT}/alarms", active="true").ok()["items"]) == 1
    present = works.operator.get(f"{UNIT}/signals").ok()
    assert (present["state"], present["reason"]) == ("down", "E7")
    assert works.operator.get(UNIT).ok()["state"] == "down"


def test_a_list_comes_in_pages(works: Works) -> None:
    now = press(works)
    rows = [
        {"kind": "measurement", "at": now - 100 * (n // 2), "name": "force", "value": n}
        for n in range(7)
    ]
    send(works, *rows)
    found = works.auditor.pages(f"{UNIT}/measurements", limit=2)
    assert sorted(m["value"] for m in found) == list(range(7))
    works.auditor.get(f"{UNIT}/measurements", cursor="x").refused(422, "invalid")
    period = {"from": "2026-03-02T07:00:00Z", "to": "2026-03-02T06:00:00Z"}
    works.auditor.get(f"{UNIT}/counts", **period).refused(422, "invalid")
    works.auditor.get("/equipment/NOWHERE/states").refused(404, "equipment-not-found")


def test_a_request_that_cannot_be_acknowledged_is_refused(works: Works) -> None:
    press(works)
    rows = [{"seq": 5, "unit": "PRESS-1"}, {"seq": 5, "unit": "PRESS-1"}]
    body = {"source": "s", "gateway": "g", "rows": rows}
    problem = works.integration.post("/signals", body).refused(422, "invalid")
    assert problem["errors"][0]["pointer"] == "/rows/1/seq"
    body["rows"] = [{"seq": n} for n in range(1, 2002)]
    works.integration.post("/signals", body).refused(422, "invalid")


@both
def test_readings_and_their_trend(works: Works) -> None:
    now = press(works)
    rows = [[n + 1, 0, now - 60_000 + 1000 * n, n * 0.5, 0, None] for n in range(60)]
    rows.append([61, 0, now, None, 2, "not_connected"])
    rows.append([62, 1, now, 5, 0, None])
    rows.append([63, 7, now, 5, 0, None])
    taken = readings(works, *rows, tags=[["PRESS-1", "force", "kN"], ["NOWHERE", "x", None]])
    assert taken["ack"] == 63
    assert [r["seq"] for r in taken["refused"]] == [62, 63]
    assert readings(works, *rows)["refused"] == []
    [force] = works.operator.get(f"{UNIT}/signals").ok()["readings"]
    assert (force["value"], force["quality"], force["reason"]) == (None, "bad", "not_connected")
    query = {"tag": "force", "points": 4, "from": "2026-03-02T05:59:00Z"}
    trend = works.operator.get(f"{UNIT}/readings", **query, to="2026-03-02T06:00:20Z").ok()
    assert (trend["unit_of_measure"], trend["milliseconds"]) == ("kN", 20_000)
    assert trend["from"] <= trend["points"][0]["at"]
    shown = [(p["min"], p["max"], p["mean"], p["bad"]) for p in trend["points"]]
    assert shown == [
        (0, 9.5, 4.75, 0),
        (10, 19.5, 14.75, 0),
        (20, 29.5, 24.75, 0),
        (None, None, None, 1),
    ]
    works.operator.get(f"{UNIT}/readings", tag="heat").refused(404, "not-found")
    works.operator.get(f"{UNIT}/readings").refused(422, "invalid")


@pytest.mark.parametrize(
    "wrong",
    [
        {"tags": [["PRESS-1", "force"]]},
        {"tags": [["PRESS-1", 7, None]]},
        {"tags": "force"},
        {"rows": [[1, 0, 0, 0, 0, None], [1, 0, 0, 0, 0, None]]},
        {"rows": [{"seq": 1}]},
        {"rows": [[n, 0, 0, 0, 0, None] for n in range(1, 10_002)]},
    ],
)
def test_readings_that_cannot_be_read_at_all(works: Works, wrong: dict[str, Any]) -> None:
    press(works)
    tags = [["PRESS-1", "force", None]]
    body = {"source": "s", "gateway": "g", "tags": tags, "rows": [], **wrong}
    works.integration.post("/readings", body).refused(422, "invalid")


def test_who_counts(works: Works) -> None:
    press(works)
    works.operator.post(f"{UNIT}/counts", {"good": 5}).refused(409, "counted-by-machine")
    etag = works.maintenance.get(UNIT).etag
    works.maintenance.patch(UNIT, {"counts": "person"}, if_match=etag).ok()
    readings_of = {"reading_start": 100, "reading_end": 140, "scrap": 2, "note": "first shift"}
    entered = works.operator.post(f"{UNIT}/counts", readings_of).ok(201)
    assert (entered["good"], entered["counted"], entered["actor"]) == (38, True, "operator")
    wrong = works.operator.post(f"{UNIT}/counts", {"reading_start": 9}).refused(422, "invalid")
    assert wrong["errors"][0]["pointer"] == "/reading_end"


def test_a_jump_is_for_a_team_lead_to_confirm(works: Works) -> None:
    now = press(works)
    row = {"kind": "count", "at": now, "counter": "good", "max_step": 9, "tag": "n"}
    send(works, row | {"raw": 1}, row | {"raw": 900})
    [jump] = works.auditor.get(f"{UNIT}/signals").ok()["jumps"]
    path = f"{UNIT}/counts/{jump['id']}/confirm"
    works.operator.post(path, {"good": 4, "reason": "seen"}).refused(403, "not-permitted")
    works.team_lead.post(path, {"good": 4, "reason": "counted them"}).ok()
    works.team_lead.post(path, {"good": 4, "reason": "again"}).refused(409, "nothing-to-confirm")
    assert works.auditor.get(f"{UNIT}/counts/sums").ok()["counted"]["good"] == 4


@both
def test_a_gateway_that_falls_silent(works: Works) -> None:
    now = press(works)
    machine = {"unit": "PRESS-1", "protocol": "modbus", "digest": "abc", "new": 1}
    body = {"machines": [machine, machine | {"unit": "NOWHERE"}]}
    assert works.integration.put("/gateways/line", body).ok()["unknown_units"] == ["NOWHERE"]
    health = {
        "machines": [{"unit": "PRESS-1", "state": "connected", "since": now, "drops": 0}],
        "buffer": {"rows": 3, "oldest_seconds": 0.5},
    }
    works.integration.put("/gateways/line/health", health).ok()
    works.integration.put("/gateways/none/health", health).refused(404, "not-found")
    send(works, {"kind": "state", "at": now, "state": "running"})
    found = works.maintenance.get("/gateways/line").ok()
    assert (found["state"], found["health"]["buffer"]["oldest_seconds"]) == ("alive", 0.5)
    assert found["declared"][0]["new"] == 1
    works.wait(seconds=11)
    works.background.notice_silence()
    [listed] = works.maintenance.get("/gateways").ok()["items"]
    assert (listed["state"], listed["silence_seconds"]) == ("silent", 11)
    assert works.operator.get(UNIT).ok()["state"] == "unknown"
    works.integration.put("/gateways/line/health", health).ok()
    assert works.operator.get(UNIT).ok()["state"] == "running"


def test_how_machines_are_is_kept_as_it_is_said(works: Works) -> None:
    now = press(works)
    body = {"machines": [{"unit": "PRESS-1", "protocol": "modbus"}]}
    works.integration.put("/gateways/line", body).ok()
    warning = {"kind": "clock", "text": "The machine's clock is wrong; set it.", "facts": {"n": 7}}
    machine = {"unit": "PRESS-1", "state": "connected", "since": now, "values_per_second": 9.5}
    told = machine | {"machine_drops": 12, "late_polls": 3, "warnings": [warning], "newer": [1]}
    findings = ["press-2.yaml:3: there is no key unti; write unit"]
    health = {"machines": [told], "findings": findings}
    works.integration.put("/gateways/line/health", health).ok()
    found = works.maintenance.get("/gateways/line").ok()["health"]
    assert found["findings"] == findings
    [kept] = found["machines"]
    assert {name: kept[name] for name in told} == told
    assert (kept["drops"], kept["skew_ms"], kept["commands"]) == (0, None, {})


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"machine_drops": "12"}, "machine_drops"),
        ({"late_polls": -1}, "late_polls"),
        ({"warnings": ["clock"]}, "warnings/0"),
        ({"warnings": [{"kind": "clock"}]}, "warnings/0/text"),
        ({"unit": ""}, "unit"),
    ],
)
def test_a_wrong_word_about_a_machine_is_refused_by_its_place(
    works: Works, wrong: dict[str, object], pointer: str
) -> None:
    press(works)
    body = {"machines": [{"unit": "PRESS-1", "protocol": "modbus"}]}
    works.integration.put("/gateways/line", body).ok()
    health = {"machines": [{"unit": "PRESS-1", "state": "connected"} | wrong]}
    answer = works.integration.put("/gateways/line/health", health)
    assert answer.pointers() == [f"/machines/0/{pointer}"]


@both
def test_a_measurement_answers_a_form(works: Works) -> None:
    now = press(works)
    form = {"key": "press", "title": "Press", "fields": [FORCE]}
    diagram = process(
        start(), user("press", form="press", equipment="PRESS-1"), end(), "start -> press -> end"
    )
    works.release(diagram, {"press.form.json": json.dumps(form).encode()})
    works.start()
    path = f"/tasks/{works.task('press')['id']}"
    assert works.operator.get(f"{path}/measurements").ok()["items"] == []
    row = {"kind": "measurement", "at": now, "name": "force", "value": 121.5}
    send(works, row | {"unit_of_measure": "kN", "serial": "S-7"})
    [offer] = works.operator.get(f"{path}/measurements").ok()["items"]
    assert (offer["field"], offer["value"], offer["equipment"]) == ("force", 121.5, "PRESS-1")
    assert offer["answer"] == 121_500
    both_ways = {"variables": {"force": 1}, "automatic": {"force": offer["id"]}}
    problem = works.operator.post(f"{path}/complete", both_ways).refused(422, "not-automatic")
    assert problem["errors"][0]["pointer"] == "/automatic/force"
    done = works.operator.post(f"{path}/complete", {"automatic": {"force": offer["id"]}}).ok()
    [step] = [s for s in works.history(done["instance"]) if s["element"] == "press"]
    assert step["answers"] == {"force": 121_500}
    assert step["automatic"]["force"]["measurement"] == offer["id"]
