"""What belongs to a drawing: forms and tables, dry runs, comparisons, import."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from api.web.assets import assets
from api.web.language import language
from engine.workflow.definition.decisions.reader import read_decisions
from tests.browser.conftest import Opens
from tests.support.axe import violations
from tests.support.browser import DESK, PHONE, TABLET, Served, Window
from tests.support.drawing import Drawing, shipped

SHAFT = "/routings/turned_shaft/versions/1/edit"
CAMUNDA = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="urn:t">
  <bpmn:process id="approval" name="Approval" isExecutable="true">
    <bpmn:startEvent id="start"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="a" sourceRef="start" targetRef="approve" />
    <bpmn:userTask id="approve" name="Approve" camunda:candidateGroups="quality">
      <bpmn:extensionElements>
        <camunda:taskListener class="org.example.Notify" event="create" />
      </bpmn:extensionElements>
      <bpmn:incoming>a</bpmn:incoming><bpmn:outgoing>b</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="b" sourceRef="approve" targetRef="end" />
    <bpmn:endEvent id="end"><bpmn:incoming>b</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
</bpmn:definitions>
"""


@pytest.fixture(scope="module", autouse=True)
def shipped_routings(plant: Served) -> None:
    """The shipped set, as a plant gets it."""
    for key in ("capa", "nonconformance", "inspection", "turned_shaft"):
        (main,) = shipped(f"{key}.bpmn")
        text = main.read_text("utf-8")
        root = main.parents[3]
        named = [f for f in (root / "processes/dmn").glob("*.dmn") if f'"{f.stem}"' in text]
        named += [
            f
            for f in (root / "forms/definitions").glob("*.form.json")
            if f'"{f.name.removesuffix(".form.json")}"' in text
        ]
        plant.deploy(main, *named)


def test_one_more_approval_holds_for_new_capas_and_not_for_open_ones(
    opens: Opens, plant: Served
) -> None:
    before = plant.post("/instances", process="capa", business_key="CAPA-1")["id"]
    drawing = Drawing(opens("eva"), "/routings/capa/versions/1/edit")
    drawing.choose("Plan actions")
    drawing.page.locator(".way-name").filter(has_text="Carry out actions").click()
    drawing.add("sign", "Approve actions")
    expect(drawing.field("signature")).to_have_value("verified")
    drawing.pick("role", "quality")
    drawing.save()
    drawing.release()
    after = plant.post("/instances", process="capa", business_key="CAPA-2")["id"]
    assert plant.get(f"/instances/{before}")["version"] == 1
    assert plant.get(f"/instances/{after}")["version"] == 2
    changes = plant.get("/processes/capa/versions/1/compare/2")["changes"]
    assert any("Approve actions" in change["sentence"] for change in changes)


def test_a_limit_of_a_form_and_a_rule_of_a_table_change_with_the_drawing(
    opens: Opens, plant: Served
) -> None:
    drawing = Drawing(opens("eva"), SHAFT)
    drawing.open_file("Inspect diameter")
    drawing.fill("upper", "25,03")
    expect(drawing.page.locator(".floor-preview")).to_contain_text("25.03")
    drawing.open_file("Decide hardness")
    cell = drawing.page.get_by_label("Rule 1, column 1").last
    cell.fill('"H845-T200"')
    cell.press("Enter")
    expect(drawing.page.get_by_label("Rule 2, column 1").last).to_be_focused()
    text = drawing.file("decide_hardness.dmn")
    (before,) = shipped("decide_hardness.dmn")
    ids = re.compile(r'id="([^"]+)"')
    assert set(ids.findall(text)) == set(ids.findall(before.read_text("utf-8")))
    drawing.open_file("Drawing")
    drawing.save()
    version = plant.get("/processes/turned_shaft/versions/2")
    assert version["state"] == "draft"
    files = "/processes/turned_shaft/versions/2/files"
    assert '"upper": 25.03' in plant.api.get(f"{files}/inspect_diameter.form.json").text
    table = plant.api.get(f"{files}/decide_hardness.dmn").content
    assert b"H845-T200" in table
    assert read_decisions(table)


def test_a_dry_run_walks_the_draft_and_paints_its_way(opens: Opens, plant: Served) -> None:
    drawing = Drawing(opens("eva"), "/routings/inspection/versions/1/edit")
    drawing.go("dry-run")
    cards = drawing.page.locator(".dry-card")
    expect(cards.first).to_be_visible()
    for _ in range(12):
        if not cards.count():
            break
        name = cards.first.locator("header b").inner_text()
        for control in cards.first.locator("input").all():
            if not control.input_value():
                control.fill("1")
        with drawing.page.expect_response("**/path"):
            cards.first.locator(".btn.primary").click()
        expect(drawing.page.locator(".walked")).to_contain_text(name)
    expect(drawing.page.locator("#side-dry-run")).to_contain_text("It came to an end")
    assert drawing.page.locator(".is-taken").count() > 2
    assert plant.get("/instances?process=inspection")["items"] == []


def test_a_comparison_says_and_shows_what_changed(opens: Opens) -> None:
    drawing = Drawing(opens("eva"), "/routings/nonconformance/versions/1/edit")
    drawing.choose("Review finding")
    drawing.fill("name", "Review the finding")
    drawing.go("compare")
    dialog = drawing.page.locator("dialog[open]")
    expect(dialog.locator(".change-list")).to_contain_text("Review the finding")
    expect(dialog.locator(".djs-element.is-changed")).to_have_count(2)


def test_a_drawing_of_another_tool_is_drawn_and_what_is_lost_is_listed(
    opens: Opens, tmp_path: Path
) -> None:
    file = tmp_path / "approval.bpmn"
    file.write_text(CAMUNDA, "utf-8")
    drawing = Drawing(opens("eva"), "/routings/new")
    drawing.page.get_by_role("button", name="Cancel").click()
    drawing.page.locator(".editor-tools summary").click()
    drawing.go("import")
    dialog = drawing.page.locator("dialog[open]")
    dialog.get_by_label("The diagram, and its forms and decisions").set_input_files(file)
    expect(dialog.locator(".lost")).to_contain_text("Notify")
    dialog.get_by_role("button", name="Draw it").click()
    expect(drawing.page.locator('[data-element-id="approve"]').first).to_be_visible()
    text = drawing.xml()
    assert "camunda:" not in text
    assert "quality" in text


def test_what_the_editor_does_not_know_is_kept(opens: Opens, plant: Served) -> None:
    (file,) = shipped("turned_shaft.bpmn")
    drawing = Drawing(opens("eva"), SHAFT)
    drawing.choose("Saw blank")
    drawing.fill("name", "Saw the blank")
    text = drawing.xml()
    marks = re.compile(r'(?:mes:\w+|id|sourceRef|targetRef|default|calledElement)="[^"]*"')
    assert sorted(marks.findall(text)) == sorted(marks.findall(file.read_text("utf-8")))
    plain = re.compile(r"<bpmn:(?:documentation|conditionExpression|timeDuration)[^>]*>([^<]*)<")
    assert sorted(plain.findall(text)) == sorted(plain.findall(file.read_text("utf-8")))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, TABLET, PHONE])
def test_the_editor_is_accessible(opens: Opens, theme: str, size: tuple[int, int]) -> None:
    window = opens("eva", size=size, color_scheme=theme)
    drawing = Drawing(window, SHAFT)
    drawing.checked()
    for look in ("Element", "Findings", "Steps", "Dry run"):
        drawing.tab(look)
        assert violations(window) == [], look
    drawing.choose("Inspect diameter")
    for title in ("Times and priority", "What it needs", "Repetition", "For other systems"):
        drawing.open_group(title)
    assert violations(window) == []
    for name in ("Inspect diameter", "Decide hardness"):
        drawing.open_file(name)
        expect(drawing.page.locator(".designer, .decision")).to_be_visible()
        assert violations(window) == [], name
    width = drawing.page.evaluate("document.documentElement.scrollWidth")
    assert width <= size[0]


def test_it_speaks_german(opens: Opens) -> None:
    window = opens("eva", locale="de-DE")
    drawing = Drawing(window, SHAFT)
    german = language("de").messages.gettext
    assert german("Rework loop") != "Rework loop"
    page = drawing.page
    expect(page.get_by_role("button", name=german("Rework loop"), exact=True)).to_be_visible()
    page.get_by_role("tab", name=german("Steps")).click()
    page.locator(".step-list button").filter(has_text="Inspect diameter").click()
    expect(page.get_by_label(german("Operation number"))).to_have_value("40")


def test_the_scripts_stay_within_their_budget(desk: Window, plant: Served) -> None:
    def kilobytes(name: str) -> float:
        addresses = [assets.address(name), *assets.preloads(name)]
        sizes = [
            plant.api.get(plant.url + address, headers={"Accept-Encoding": "gzip"}).headers[
                "Content-Length"
            ]
            for address in addresses
        ]
        return sum(map(int, sizes)) / 1024

    assert kilobytes("viewer") <= 80
    assert kilobytes("editor") <= 500
    desk.open("/")
