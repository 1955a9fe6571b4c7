"""Engineers draw: from an empty canvas to a running routing, two at once, and after a reload."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Opens
from tests.support.browser import Served, Window
from tests.support.diagrams import end, lanes, process, start, user
from tests.support.drawing import Drawing

LIMITS = "bore >= 24.98 and bore <= 25.02"
WALK: tuple[tuple[str, dict[str, str]], ...] = (
    ("mill_faces", {}),
    ("inspect_bore", {"number": "25.10"}),
    ("rework", {}),
    ("inspect_bore", {"number": "25.00"}),
)


def pin(key: str, name: str = "Pin") -> str:
    """A routing of two steps for a test of its own."""
    lane = lanes(operator=["turn", "pack"])
    drawn = process(
        start(),
        user("turn", "pack"),
        end("done"),
        lane,
        "start -> turn -> pack -> done",
        key=key,
        name=name,
    )
    return drawn.decode()


def drawn(drawing: Drawing) -> None:
    """Mill, inspect with a form made here, and a rework loop behind the inspection."""
    drawing.begin("Housing")
    drawing.add("operation", "Mill faces")
    drawing.pick("role", "operator")
    drawing.add("inspection", "Inspect bore")
    drawing.pick("role", "quality")
    drawing.page.get_by_role("button", name="Make a form").click()
    drawing.page.locator("[data-add=number]").click()
    drawing.fill("label", "Bore")
    drawing.fill("variable", "bore")
    drawing.fill("lower", "24.98")
    drawing.fill("upper", "25,02")
    expect(drawing.page.locator(".floor-preview")).to_contain_text("24.98")
    drawing.open_file("Drawing")
    drawing.choose("Inspect bore")
    drawing.add("end", "Housing done")
    drawing.choose("Inspect bore")
    drawing.page.locator("[data-create=rework]").click()


def test_a_routing_is_drawn_from_an_empty_canvas_released_and_runs(
    opens: Opens, plant: Served
) -> None:
    drawing = Drawing(opens("eva"), "/routings/new")
    drawn(drawing)
    written = drawing.page.get_by_label("Condition as written")
    expect(written).to_have_value(LIMITS)
    written.fill("")
    written.press("Tab")
    drawing.checked()
    assert any("has no condition" in finding for finding in drawing.findings())
    drawing.go("save")
    expect(drawing.page.get_by_text("Not saved: a draft with errors")).to_be_visible()
    drawing.refused(422)
    drawing.page.get_by_role("button", name=re.compile("has no condition")).click()
    if not written.is_visible():
        drawing.page.locator("details.written summary").click()
    written.fill(LIMITS)
    written.press("Tab")
    drawing.save()
    assert drawing.page.url.endswith("/routings/housing/versions/1/edit")
    drawing.release()
    order = plant.post("/instances", process="housing", business_key="WO-1")["id"]
    for element, answers in WALK:
        (task,) = plant.get(f"/tasks?instance={order}")["items"]
        assert task["element"] == element
        plant.post(f"/tasks/{task['id']}/complete", variables=answers)
    assert plant.get(f"/instances/{order}")["state"] == "completed"


def test_a_field_names_the_measurement_that_may_answer_it(opens: Opens, plant: Served) -> None:
    plant.post("/equipment", code="PRESS-9", name="Press", level="work_unit")
    tags = [
        {"name": "force", "signal": "measurement", "unit": "kN"},
        {"name": "oil", "signal": "raw", "unit": "Cel"},
    ]
    machine = {"unit": "PRESS-9", "protocol": "modbus", "tags": tags}
    assert plant.api.put("/gateways/line-9", json={"machines": [machine]}).status_code == 200
    drawing = Drawing(opens("eva"), "/routings/new")
    drawing.begin("Bushing")
    drawing.add("operation", "Press bushing")
    drawing.pick("role", "operator")
    drawing.page.get_by_role("button", name="Make a form").click()
    drawing.page.locator("[data-add=check]").click()
    expect(drawing.field("signal")).to_have_count(0)  # only a number is measured
    drawing.page.locator("[data-add=number]").click()
    signal = drawing.page.get_by_label("Measured by a machine")
    offers = drawing.page.locator("[data-field=signal] datalist option")
    expect(offers).to_have_count(1)
    expect(offers).to_have_attribute("value", "force")
    expect(offers).to_have_attribute("label", "PRESS-9 kN")
    drawing.fill("unit", "kN")
    drawing.fill("signal", "force")
    expect(signal).to_have_value("force")
    expect(drawing.page.locator(".field-list .field-name").last).to_contain_text("← force")
    drawing.fill("signal", "torque")  # no machine has told of it yet
    expect(drawing.page.locator(".field-list .field-name").last).to_contain_text("← torque")
    drawing.fill("signal", "force")
    drawing.open_file("Drawing")
    drawing.choose("Press bushing")
    drawing.add("end", "Bushing pressed")
    drawing.save()
    forms = plant.get("/processes/bushing/versions/1/files")["items"]
    [name] = [each["name"] for each in forms if each["name"].endswith(".form.json")]
    form = plant.api.get(f"/processes/bushing/versions/1/files/{name}").json()
    assert [field.get("signal") for field in form["fields"]] == [None, "force"]


def test_who_saves_second_overwrites_nobody(opens: Opens, plant: Served) -> None:
    plant.deploy_text(pin("twice"))
    address = "/routings/twice/versions/1/edit"
    hers, his = Drawing(opens("eva"), address), Drawing(opens("rolf"), address)
    hers.choose("turn")
    hers.fill("name", "Turn the pin")
    hers.save()
    his.choose("pack")
    his.fill("name", "Pack ten")
    his.go("save")
    dialog = his.page.locator("dialog[open]")
    expect(dialog).to_contain_text("eva saved draft 2 meanwhile")
    expect(dialog.locator(".change-list")).to_contain_text("Turn the pin")
    expect(dialog.locator(".djs-container")).to_have_count(2)
    dialog.get_by_role("button", name="Save mine as a new draft").click()
    expect(his.page.locator("[data-place=state]")).to_contain_text("Draft 3")
    his.refused(428)
    hers.choose("turn")
    hers.fill("name", "Turn the pin twice")
    hers.save()  # hers is still hers
    names = {
        v["version"]: plant.api.get(f"/processes/twice/versions/{v['version']}.bpmn").text
        for v in plant.get("/processes/twice")["versions"]
    }
    assert "Turn the pin twice" in names[2]
    assert "Pack ten" not in names[2]
    assert "Pack ten" in names[3]
    assert "Turn the pin" not in names[3]


def test_theirs_can_be_taken_and_ones_own_is_still_there(opens: Opens, plant: Served) -> None:
    plant.deploy_text(pin("taken"))
    address = "/routings/taken/versions/1/edit"
    hers, his = Drawing(opens("eva"), address), Drawing(opens("rolf"), address)
    hers.choose("turn")
    hers.fill("name", "Turn the pin")
    hers.save()
    his.choose("pack")
    his.fill("name", "Pack ten")
    his.go("save")
    his.page.locator("dialog[open]").get_by_role("button", name="Take theirs").click()
    expect(his.page.locator("dialog[open]")).to_have_count(0)
    assert "Turn the pin" in his.xml()
    assert "Pack ten" not in his.xml()
    his.page.get_by_role("button", name="Back to mine").click()
    expect(his.page.get_by_text("Your changes are back.")).to_be_visible()
    assert "Pack ten" in his.xml()
    his.refused(428)


def test_what_was_drawn_is_offered_again_after_a_reload(opens: Opens, plant: Served) -> None:
    plant.deploy_text(pin("kept"))
    window = opens("eva")
    drawing = Drawing(window, "/routings/kept/versions/1/edit")
    drawing.choose("turn")
    drawing.fill("name", "Turn, then deburr")
    expect(drawing.page.get_by_text("kept on this device")).to_be_visible()
    again = Drawing(window, "/routings/kept/versions/1/edit")
    assert "Turn, then deburr" not in again.xml()
    again.page.get_by_role("button", name="Take them up").click()
    expect(again.page.get_by_text("Your changes are back.")).to_be_visible()
    assert "Turn, then deburr" in again.xml()
    again.save()
    assert "Turn, then deburr" in plant.api.get("/processes/kept/versions/2.bpmn").text
    third = Drawing(window, "/routings/kept/versions/2/edit")
    expect(third.page.locator("#kept")).to_have_count(0)


def test_a_dead_network_loses_nothing(opens: Opens, plant: Served) -> None:
    plant.deploy_text(pin("dead"))
    window = opens("eva")
    drawing = Drawing(window, "/routings/dead/versions/1/edit")
    window.context.set_offline(True)
    drawing.choose("turn")
    drawing.fill("name", "Turn without a network")
    drawing.go("save")
    expect(drawing.page.get_by_text("No connection")).to_be_visible()
    window.context.set_offline(False)
    drawing.save()
    window.complaints.clear()
    assert "Turn without a network" in plant.api.get("/processes/dead/versions/2.bpmn").text


def test_a_layout_is_one_act_that_undo_takes_back(opens: Opens, plant: Served) -> None:
    plant.deploy_text(pin("laid"))
    drawing = Drawing(opens("eva"), "/routings/laid/versions/1/edit")
    drawing.add("operation", "Deburr")
    before = drawing.places()
    drawing.go("layout")
    expect(drawing.page.get_by_text("was laid out anew")).to_be_visible()
    after = drawing.places()
    assert after != before
    assert after.keys() == before.keys()
    drawing.go("undo")
    assert drawing.places() == before
    drawing.go("redo")
    assert drawing.places() == after


def test_a_role_draws_its_lane(opens: Opens) -> None:
    drawing = Drawing(opens("eva"), "/routings/new")
    drawing.begin("Lanes")
    drawing.add("operation", "Saw")
    drawing.add("inspection", "Inspect")
    drawing.choose("Saw")
    drawing.pick("role", "operator")
    drawing.choose("Inspect")
    drawing.pick("role", "quality")
    text = drawing.xml()
    assert re.search(r'<bpmn:lane [^>]*mes:role="operator"', text)
    quality = re.search(r'<bpmn:lane [^>]*mes:role="quality".*?</bpmn:lane>', text, re.DOTALL)
    assert quality is not None
    assert "<bpmn:flowNodeRef>inspect</bpmn:flowNodeRef>" in quality[0]
    drawing.go("undo")
    assert 'mes:role="quality"' not in drawing.xml()


@pytest.mark.parametrize("path", ["/routings/new", "/routings/pinned/versions/1/edit"])
def test_only_an_engineer_comes_to_the_editor(desk: Window, plant: Served, path: str) -> None:
    plant.deploy_text(pin("pinned"))
    desk.sign_in("ana")
    page = desk.open(path)
    expect(page.get_by_text("permission")).to_be_visible()
    desk.complaints.clear()
