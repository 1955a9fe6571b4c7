"""The floor through the test client: whose work, what is asked, what is in the way, and forms."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from engine.kernel.actor import Role
from forms.fields import FieldType
from tests.support.floor import MEASURE, bundle
from tests.support.http import PREFIX
from tests.support.screens import Screen, Screens
from tests.support.works import Works

SCRIPT = "<script>alert(1)</script>"
Looks = Callable[..., Screen]


@pytest.fixture
def shop(works: Works) -> Works:
    """A plant with the routing of three operations released."""
    works.release(*bundle())
    return works


@pytest.fixture
def ana(screens: Screens, works: Works) -> Looks:
    """How `works.operator` sees a page."""

    def look(path: str, **headers: str) -> Screen:
        mine = {"Authorization": f"Bearer {works.operator.token}"}
        return screens.look(path, headers=mine | headers)

    return look


def task_at(shop: Works, order: str, element: str = "identify") -> dict[str, Any]:
    """The open task of an order, brought to an operation."""
    answers = {"identify": {"bar": "BAR-0001"}, "measure": {"diameter": "25", "gauge": "MIC-07"}}
    while True:
        task: dict[str, Any] = shop.operator.get("/tasks", business_key=order).ok()["items"][0]
        if task["element"] == element:
            return task
        done = {"variables": answers[task["element"]]}
        shop.operator.post(f"/tasks/{task['id']}/complete", done).ok()


def cards(screen: Screen) -> list[str]:
    return [" ".join(card.text_content().split()) for card in screen.tree.xpath("//li[@id]")]


# ---- my work ----


def test_nothing_to_do_says_so(ana: Looks, works: Works) -> None:
    assert "Nothing waits for you" in ana("/my-work").text


def test_what_one_works_on_comes_first_then_what_is_paused_then_what_waits(
    ana: Looks, shop: Works
) -> None:
    for order in ("WO-1", "WO-2", "WO-3", "WO-4"):
        shop.start("shaft", order)
    held = task_at(shop, "WO-4")
    shop.operator.post(f"/tasks/{held['id']}/claim").ok()
    paused = task_at(shop, "WO-3")
    shop.operator.post(f"/tasks/{paused['id']}/claim").ok()
    shop.operator.post(f"/tasks/{paused['id']}/pause", {"reason": "Break"}).ok()
    instance = task_at(shop, "WO-1")["instance"]
    shop.team_lead.post(f"/instances/{instance}/suspend", {"reason": "gauge"}).ok()
    shown = cards(ana("/my-work"))
    assert [next(o for o in ("WO-1", "WO-2", "WO-3", "WO-4") if o in card) for card in shown] == [
        "WO-4",
        "WO-3",
        "WO-2",
        "WO-1",
    ]
    assert "running" in shown[0]
    assert "Continue" in shown[0]
    assert "Break" in shown[1]
    assert "Start" in shown[2]
    assert "On hold. A team lead resumes it." in shown[3]


def test_what_is_not_mine_is_shown_under_all_with_the_reason(
    ana: Looks, screens: Screens, shop: Works
) -> None:
    shop.start("shaft", "WO-1")
    task = task_at(shop, "WO-1", "approve")
    assert cards(screens.look("/my-work", Role.QUALITY, name="quinn")) == []
    shown = screens.look("/my-work?show=all", Role.QUALITY, name="quinn")
    assert "Needs Operator." in cards(shown)[0]
    assert shown.tree.xpath("//li[@id]//button/@disabled") == ["disabled"]
    other = shop.person("otto", Role.OPERATOR)
    other.post(f"/tasks/{task['id']}/claim").ok()
    assert "otto works on it." in cards(ana("/my-work?show=all"))[0]
    auditor = screens.look("/my-work?show=all", Role.AUDITOR, name="aud")
    assert "Your role completes no tasks." in cards(auditor)[0]


def test_a_poll_is_answered_with_304_until_something_changes(ana: Looks, shop: Works) -> None:
    shop.start("shaft", "WO-1")
    path = "/my-work?part=queue"
    first = ana(path)
    assert not first.tree.xpath("//main")
    tag = first.response.headers["ETag"]
    again = ana(path, **{"If-None-Match": tag})
    assert (again.status, again.response.data) == (304, b"")
    shop.start("shaft", "WO-2")
    assert ana(path, **{"If-None-Match": tag}).status == 200


def test_a_long_list_has_pages(ana: Looks, shop: Works) -> None:
    for number in range(25):
        shop.start("shaft", f"WO-{number:02}")
    first = ana("/my-work")
    assert len(cards(first)) == 20
    onward = first.tree.xpath("//a[@rel='next']/@href")[0]
    assert len(cards(ana(onward))) == 5


# ---- the task ----


def test_a_task_shows_its_order_instruction_and_form(ana: Looks, shop: Works) -> None:
    shop.start("shaft", "WO-1", part="DS-200 rev C")
    task = task_at(shop, "WO-1", "measure")
    screen = ana(f"/tasks/{task['id']}")
    head = " ".join(screen.tree.xpath("//section[@class='head']")[0].text_content().split())
    assert "WO-1" in head
    assert "Drive shaft DS-200" in head
    assert "30 In-process inspection" in head
    assert "Wipe the journal" in screen.text
    assert "The journal is the reference of all later steps." in screen.text
    assert "DS-200 rev C" in screen.text
    asked = screen.tree.xpath("//form[@id='record']//*[@data-field]/@data-type")
    assert set(asked) == set(FieldType)
    assert len(screen.tree.xpath("//ol[@class='steps']/li")) == 3


def test_the_bar_of_a_tolerance_is_where_the_limits_are(ana: Looks, shop: Works) -> None:
    shop.start("shaft", "WO-1")
    task = task_at(shop, "WO-1", "measure")
    tree = ana(f"/tasks/{task['id']}").tree
    bar = tree.xpath("//*[@data-field='diameter']//*[@class='tolerance']")[0]
    inside = bar.xpath(".//*[@class='in']")[0]
    low, high = float(bar.get("data-low")), float(bar.get("data-high"))
    assert low + (high - low) * float(inside.get("x")) / 100 == pytest.approx(24.98, abs=1e-4)
    assert float(inside.get("width")) == pytest.approx(0.04 / (high - low) * 100, abs=0.02)
    box = tree.xpath("//*[@data-field='diameter']//*[@data-lower]")[0]
    assert (box.get("data-lower"), box.get("data-upper")) == ("24.980", "25.020")
    one_sided = tree.xpath("//*[@data-field='roundness']//*[@class='in']")[0]
    assert float(one_sided.get("x")) == 0


def test_what_is_in_the_way_stands_where_the_form_would(ana: Looks, shop: Works) -> None:
    shop.start("shaft", "WO-1")
    task = task_at(shop, "WO-1")
    shop.team_lead.post(f"/instances/{task['instance']}/suspend", {"reason": "gauge"}).ok()
    screen = ana(f"/tasks/{task['id']}")
    assert "suspended" in screen.text
    assert "Who can clear it: team_lead" in screen.text
    assert screen.tree.xpath("//form[@id='record'][@hidden]")
    assert not screen.tree.xpath("//*[@id='complete']")
    part = ana(f"/tasks/{task['id']}?part=state")
    assert part.tree.xpath("//@data-state-now") == ["blocked"]


def test_a_completed_task_shows_what_was_recorded(ana: Looks, shop: Works) -> None:
    shop.start("shaft", "WO-1")
    task = task_at(shop, "WO-1", "measure")
    answers = {
        "diameter": "25.031",
        "gauge": "MIC-09",
        "visual": {"burrs": "ok", "marks": "not_ok", "serial": "na"},
        "clean": True,
    }
    shop.operator.post(f"/tasks/{task['id']}/complete", {"variables": answers}).ok()
    screen = ana(f"/tasks/{task['id']}")
    recorded = {
        row.get("data-recorded"): " ".join(row.xpath("dd")[0].text_content().split())
        for row in screen.tree.xpath("//*[@data-recorded]")
    }
    assert recorded["diameter"] == "25.031 mm"
    assert recorded["gauge"] == "MIC-09 (calibrated to 2 May)"
    assert "No tool marks on the journal: Not OK" in recorded["visual"]
    assert recorded["clean"] == "Yes"
    assert recorded["remark"] == "–"
    assert screen.tree.xpath("//button[@data-dialog='undo']")


def test_a_signature_is_asked_for_with_its_meaning(ana: Looks, shop: Works) -> None:
    shop.start("shaft", "WO-1")
    task = task_at(shop, "WO-1", "approve")
    screen = ana(f"/tasks/{task['id']}")
    assert "I performed this work as recorded here." in screen.tree.text_content()
    assert screen.tree.xpath("//*[@id='complete']")[0].text_content().strip() == "Complete & sign"


def test_an_unknown_task_is_not_found(ana: Looks, shop: Works) -> None:
    assert ana("/tasks/01a20de9-ac37-740b-ae68-8f44617b3dce").status == 404
    assert ana("/tasks/nonsense").status == 404


def test_what_people_write_is_shown_as_text(ana: Looks, shop: Works) -> None:
    shop.start("shaft", SCRIPT, part=SCRIPT)
    task = task_at(shop, SCRIPT)
    shop.operator.ask(
        "PUT", f"{PREFIX}/tasks/{task['id']}/draft", body={"answers": {"bar": SCRIPT}}
    )
    for path in ("/my-work", f"/tasks/{task['id']}", f"/problem?task={task['id']}"):
        html = ana(path).response.text
        assert SCRIPT not in html, path
        assert "&lt;script&gt;alert(1)" in html, path


# ---- stations and problems ----


def test_a_device_becomes_a_station_by_a_code(app: Flask, shop: Works) -> None:
    client = app.test_client()
    fresh = client.get("/station", headers={"Accept": "text/html"}).text
    assert "Make this device a station" in fresh
    made = shop.admin.post("/stations", {"name": "CNC-04", "language": "de"}).ok(201)
    enrolled = client.post("/api/v1/stations/enrol", json={"code": made["code"]})
    assert enrolled.status_code == 200, enrolled.text
    door = client.get("/station", headers={"Accept": "text/html"}).text
    assert "CNC-04" in door
    assert '<html lang="de"' in door
    refused = client.get("/my-work?show=all", headers={"Accept": "text/html"})
    assert refused.headers["Location"] == "/station?next=/my-work%3Fshow%3Dall"
    onward = client.get("/station?next=//evil.example", headers={"Accept": "text/html"}).text
    assert "evil.example" not in onward


def test_the_scanner_can_be_tried_by_anybody(screens: Screens, works: Works) -> None:
    assert "Test your scanner" in screens.look("/station/scanner").text


def test_a_problem_has_the_task_in_hand_filled_in(ana: Looks, shop: Works) -> None:
    shop.start("shaft", "WO-1")
    task = task_at(shop, "WO-1")
    tree = ana(f"/problem?task={task['id']}").tree
    chosen = tree.xpath("//input[@name='where'][@checked]")[0]
    assert (chosen.get("value"), chosen.get("data-id")) == ("task", task["id"])
    assert len(tree.xpath("//input[@name='reason']")) == 6
    bare = ana("/problem").tree
    assert bare.xpath("//input[@name='where'][@checked]/@value") == ["elsewhere"]


# ---- the preview of a form ----


def preview(screens: Screens, app: Flask, works: Works, body: object, role: str) -> Any:
    caller = getattr(works, role)
    return app.test_client().post(
        "/forms/preview",
        data=body if isinstance(body, bytes) else json.dumps(body),
        headers={"Authorization": f"Bearer {caller.token}", "Accept": "application/json"},
    )


def test_a_form_is_shown_to_who_designs_it(screens: Screens, app: Flask, works: Works) -> None:
    answer = preview(screens, app, works, MEASURE, "process_engineer")
    assert answer.status_code == 200
    assert 'data-field="diameter"' in answer.text
    assert "Wipe the journal" in answer.text
    assert "<html" not in answer.text


def test_a_form_that_is_none_is_answered_with_its_faults(
    screens: Screens, app: Flask, works: Works
) -> None:
    broken = {"key": "a", "fields": [{"key": "b", "type": "choice"}]}
    answer = preview(screens, app, works, broken, "process_engineer")
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json["errors"]] == ["/fields/0/choices"]
    for nonsense in (b"[1]", b"{", b'"a"'):
        assert preview(screens, app, works, nonsense, "process_engineer").status_code == 422
    assert preview(screens, app, works, MEASURE, "operator").status_code == 403


# ---- how it travels ----


def test_a_screen_leaves_compressed_for_who_reads_that(ana: Looks, works: Works) -> None:
    plain = ana("/my-work")
    packed = ana("/my-work", **{"Accept-Encoding": "gzip"})
    assert packed.response.headers["Content-Encoding"] == "gzip"
    assert b"My work" in gzip.decompress(packed.response.data)
    assert len(packed.response.data) < len(plain.response.data) / 2
    assert "Accept-Encoding" in plain.response.headers["Vary"]


def test_our_scripts_leave_their_comments_at_home_and_nothing_else(app: Flask) -> None:
    text = app.test_client().get("/static/now/js/limits.js").text
    assert "/**" not in text
    assert "const mark = (1.1).toLocaleString(document.documentElement.lang)" in text
    assert '"0.025 m" is for the server to read' in text  # behind code, it stays
    style = app.test_client().get("/static/now/css/app.css").text
    assert "tokens ----" not in style
    assert "--bg-0: light-dark(#e9ecef, #14181d);" in style
