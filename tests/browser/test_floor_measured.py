"""A machine's measurement is taken over at a station, and the record says so."""

import json
from typing import Any

from playwright.sync_api import expect

from tests.support.browser import Served, Window
from tests.support.diagrams import end, process, start, user
from tests.support.http import multipart
from tests.support.station import done, sign_in

FORCE = {"key": "force", "type": "number", "label": "Force", "unit": "N", "signal": "force"}
HEAT = {"key": "heat", "type": "number", "label": "Heat", "signal": "heat", "required": True}
FORM = {"key": "press", "title": "Press", "fields": [FORCE, HEAT]}


def at_the_press(works: Served) -> dict[str, Any]:
    """A unit, and a task at it."""
    works.post("/equipment", code="PRESS-1", name="Press", level="work_unit")
    diagram = process(
        start(), user("press", form="press", equipment="PRESS-1"), end(), "start -> press -> end"
    )
    files = {"press.form.json": json.dumps(FORM).encode()}
    parts = {"main": ("main.bpmn", diagram)} | {n: (n, text) for n, text in files.items()}
    body, kind = multipart(parts)
    version = works.api.post("/processes", content=body, headers={"Content-Type": kind}).json()
    works.post(f"/processes/{version['key']}/versions/{version['version']}/release")
    works.post("/instances", process=version["key"], business_key="WO-PRESS")
    found: dict[str, Any] = works.get("/tasks?business_key=WO-PRESS")["items"][0]
    return found


def measure(works: Served, seq: int, name: str, value: float) -> None:
    row = {"seq": seq, "unit": "PRESS-1", "kind": "measurement", "name": name, "value": value}
    row |= {"at": 2**41, "unit_of_measure": "kN" if name == "force" else None}  # as of its arrival
    works.post("/signals", source="browser", gateway="line", rows=[row])


def test_a_measurement_is_taken_over(station: Window, works: Served) -> None:
    task = at_the_press(works)
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    page.locator("#begin").click()
    expect(page.locator("#complete")).to_be_visible()
    measure(works, 1, "force", 121.5)
    measure(works, 2, "heat", 180)
    force, heat = (page.locator(f"[data-field={key}]") for key in ("force", "heat"))
    expect(force.get_by_role("button")).to_contain_text("PRESS-1", timeout=15_000)
    force.get_by_role("button").click()
    expect(force.locator("input")).to_have_value("121500")
    expect(force.locator("[data-offer]")).to_contain_text("PRESS-1")
    heat.get_by_role("button").click()
    heat.locator("input").fill("181")  # and typed over: no measurement any more
    page.locator("#complete").click()
    page.wait_for_url("**/my-work")
    [step] = done(works, task["instance"], "press")
    assert step["answers"] == {"force": 121_500, "heat": 181}
    assert list(step["automatic"]) == ["force"]
    assert step["automatic"]["force"]["value"] == 121.5
