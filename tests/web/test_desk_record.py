"""The record of an instance: what happened, what it holds, where it may go; and on paper."""

import json

import pytest

from engine.kernel.actor import Role
from tests.support.diagrams import (
    call,
    end,
    exclusive,
    job,
    lanes,
    process,
    start,
    user,
)
from tests.support.screens import Screen, Screens
from tests.support.works import Works

FORM = json.dumps(
    {
        "key": "measure",
        "title": "Measure",
        "fields": [
            {
                "key": "diameter",
                "type": "number",
                "label": "Outside diameter",
                "unit": "mm",
                "variable": "diameter",
                "limits": {"lower": 24.98, "upper": 25.02},
            },
            {
                "key": "gauge",
                "type": "choice",
                "label": "Gauge",
                "choices": [{"value": "m7", "label": "Micrometer 7"}],
            },
        ],
    }
).encode()
SHAFT = process(
    start(), user("turn", operation="10", duration="PT18M"),
    user("measure", form="measure", operation="20"), exclusive("fits"), end("done"),
    lanes(operator=["turn"], quality=["measure"]),
    "start -> turn -> measure -> fits", "fits -> done if diameter <= 25.02",
    "fits -> turn if diameter > 25.02", name="Shaft",
)  # fmt: skip


def lead(screens: Screens, path: str, **how: str) -> Screen:
    return screens.look(path, Role.TEAM_LEAD, name="tom", headers=how)


@pytest.fixture
def shaft(works: Works) -> str:
    """An order that was turned and measured twice; the second time it fits."""
    works.release(SHAFT, {"measure.form.json": FORM})
    instance = works.start("p", "WO-7", quantity=5)
    for size in ("25.31", "25.01"):
        works.complete("turn", instance)
        works.complete("measure", instance, diameter=f"{size} mm", gauge="m7")
    return instance


def entries(screen: Screen) -> list[str]:
    return [
        " ".join(" ".join(entry.itertext()).split())
        for entry in screen.tree.xpath("//ol[contains(@class, 'timeline')]/li")
    ]


def test_the_timeline_tells_answers_in_the_words_of_the_form(screens: Screens, shaft: str) -> None:
    first, second = [e for e in entries(lead(screens, f"/instances/{shaft}")) if "measure" in e]
    assert "Outside diameter 25.31 mm" in first
    assert "(24.98 – 25.02)" in first
    assert "0.29 mm too large" in first
    assert "Gauge Micrometer 7" in first
    assert "run 2" in second
    assert "25.31" in second  # struck: what it was before
    assert "too large" not in second


def test_what_the_routing_does_by_itself_is_shown_when_asked_for(
    screens: Screens, shaft: str
) -> None:
    assert not any("fits" in entry for entry in entries(lead(screens, f"/instances/{shaft}")))
    every = entries(lead(screens, f"/instances/{shaft}?every=1"))
    assert sum("fits" in entry for entry in every) == 2


def test_deviations_are_marked_with_reason_and_name(screens: Screens, works: Works) -> None:
    works.release(SHAFT, {"measure.form.json": FORM})
    instance = works.start("p", "WO-8")
    move = {"from": "turn", "to": "measure", "reason": "turned at the supplier"}
    works.team_lead.post(f"/instances/{instance}/move", move).ok()
    change = {"set": {"diameter": 25}, "reason": "off the paper"}
    works.team_lead.patch(f"/instances/{instance}/variables", change).ok()
    works.team_lead.post(f"/instances/{instance}/suspend", {"reason": "wait for Ana"}).ok()
    screen = lead(screens, f"/instances/{instance}")
    told = "\n".join(entries(screen))
    assert "from turn to measure" in told
    assert "turned at the supplier" in told
    assert "off the paper" in told
    assert "wait for Ana" in told
    assert "deviation" in told
    assert "Suspended" in screen.text


def test_a_long_timeline_comes_in_pages(screens: Screens, works: Works) -> None:
    works.release(SHAFT, {"measure.form.json": FORM})
    instance = works.start("p", "WO-9")
    for _round in range(40):
        works.complete("turn", instance)
        works.complete("measure", instance, diameter="26 mm")
    first = lead(screens, f"/instances/{instance}?every=1")
    (onward,) = first.tree.xpath("//a[@rel='next']/@href")
    second = lead(screens, onward)
    steps = len(works.history(instance))
    assert len(entries(first)) + len(entries(second)) == steps


def test_an_ended_order_offers_paper_and_no_acts(screens: Screens, shaft: str) -> None:
    screen = lead(screens, f"/instances/{shaft}")
    assert "completed" in screen.tree.xpath("//section[@class='head']")[0].text_content()
    assert not screen.tree.xpath("//dialog")
    assert f"/instances/{shaft}/traveller" in screen.tree.xpath("//details//a/@href")


@pytest.mark.parametrize(
    ("role", "dialogs"),
    [
        (Role.TEAM_LEAD, {"suspend", "cancel", "move", "insert", "split", "merge", "resume"}),
        (Role.PLANNER, {"suspend", "resume", "cancel"}),
        (Role.OPERATOR, set()),
    ],
)
def test_acts_are_offered_to_who_may(
    screens: Screens, works: Works, role: Role, dialogs: set[str]
) -> None:
    works.release(SHAFT, {"measure.form.json": FORM})
    instance = works.start("p", "WO-8")
    screen = screens.look(f"/instances/{instance}", role, name="somebody")
    assert set(screen.tree.xpath("//dialog/@id")) == dialogs


def test_work_that_waits_can_be_given_to_somebody(screens: Screens, works: Works) -> None:
    works.release(SHAFT, {"measure.form.json": FORM})
    instance = works.start("p", "WO-8")
    works.person("ana", "operator")
    screen = lead(screens, f"/instances/{instance}/waiting")
    assert "turn" in screen.text
    assert "ana" in screen.tree.xpath("//select[@id='assign-user']/option/@value")
    (fill,) = screen.tree.xpath("//button[@data-dialog='assign']/@data-fill")
    assert json.loads(fill)["act"].endswith("/assign")
    assert not screens.look(
        f"/instances/{instance}/waiting", Role.OPERATOR, name="otto"
    ).tree.xpath("//button[@data-dialog='assign']")


def test_values_are_shown_and_changed_by_who_may(screens: Screens, works: Works) -> None:
    works.release(SHAFT, {"measure.form.json": FORM})
    instance = works.start("p", "WO-8", quantity=5, size="25.010 mm")
    screen = lead(screens, f"/instances/{instance}/values")
    (form,) = screen.tree.xpath("//form[@id='values']")
    revision = works.instance(instance)["revision"]
    assert form.get("data-if-match") == f'"{revision}"'
    assert {row.get("data-variable") for row in form.xpath(".//tr[@data-variable]")} == {
        "quantity",
        "size",
    }
    watching = screens.look(f"/instances/{instance}/values", Role.AUDITOR, name="aud")
    assert not watching.tree.xpath("//form[@id='values']")
    assert "25.010 mm" in watching.text


def test_the_values_of_a_sub_routing_stand_apart(screens: Screens, works: Works) -> None:
    works.release(process(start(), user("wash"), end(), "start -> wash -> end", key="inner"))
    outer = process(start(), call("clean", "inner"), end(), "start -> clean -> end", key="outer")
    works.release(outer)
    instance = works.start("outer", "WO-1", quantity=5)
    text = lead(screens, f"/instances/{instance}/values").text
    assert "values of the sub-routing" in text


def test_the_way_is_a_table_too(screens: Screens, shaft: str) -> None:
    screen = lead(screens, f"/instances/{shaft}/diagram")
    rows = {
        str(row.xpath(".//button/@data-element")[0]): " ".join(" ".join(row.itertext()).split())
        for row in screen.tree.xpath("//tbody/tr")
    }
    assert list(rows)[:3] == ["start", "turn", "measure"]
    assert "2×" in rows["measure"]
    (data,) = screen.tree.xpath("//script[@id='path-data']/text()")
    assert json.loads(data)["path"]["elements"]["measure"] == 2


def test_only_those_at_the_same_place_can_be_merged(screens: Screens, works: Works) -> None:
    works.release(SHAFT, {"measure.form.json": FORM})
    one, other, ahead = (works.start("p", f"WO-{n}") for n in (1, 2, 3))
    works.complete("turn", ahead)
    screen = lead(screens, f"/instances/{one}?part=siblings")
    assert screen.tree.xpath("//option/@value") == [other]


def test_nothing_is_told_of_what_is_not_there(screens: Screens, works: Works) -> None:
    for path in ("nothing", "01a20dcf-e10c-7507-887b-9ba2e0a61d04"):
        for tab in ("", "/values", "/print", "/traveller"):
            assert lead(screens, f"/instances/{path}{tab}").status == 404


# ---- paper ----


def test_the_traveller_has_operations_in_order_with_codes(screens: Screens, shaft: str) -> None:
    screen = lead(screens, f"/instances/{shaft}/traveller")
    operations = screen.tree.xpath("//table[1]/tbody/tr/td[1]/text()")
    assert operations == ["10", "20"]
    assert "18 min" in screen.text
    assert "Printed by tom" in screen.text
    codes = screen.tree.xpath("//*[local-name()='svg'][contains(@class, 'code')]/@aria-label")
    assert "RC:WO:WO-7" in codes
    assert len(codes) == 3


def test_labels_come_in_two_sizes_and_many_copies(screens: Screens, shaft: str) -> None:
    screen = lead(screens, f"/instances/{shaft}/label?size=50x25&copies=3")
    assert len(screen.tree.xpath("//article[contains(@class, 'l50x25')]")) == 3
    assert "WO-7" in screen.text
    assert lead(screens, f"/instances/{shaft}/label?size=1x1").status == 422


def test_the_record_is_printed_whole(screens: Screens, shaft: str) -> None:
    screen = lead(screens, f"/instances/{shaft}/print")
    assert len(entries(screen)) == 5  # two rounds of two tasks, and the end
    assert "0.29 mm too large" in screen.text
    assert "quantity" in screen.text


def test_a_job_of_a_machine_is_told_with_its_values(screens: Screens, works: Works) -> None:
    works.release(
        process(start(), job("mill"), user("look"), end(), "start -> mill -> look -> end")
    )
    instance = works.start("p", "WO-1")
    assert "a machine or system" in lead(screens, f"/instances/{instance}").text
    works.complete_job(works.claim_job(), spindle="S1")
    told = "\n".join(entries(lead(screens, f"/instances/{instance}")))
    assert "spindle" in told


def test_what_was_taken_back_is_struck(screens: Screens, works: Works) -> None:
    works.release(SHAFT, {"measure.form.json": FORM})
    instance = works.start("p", "WO-1")
    task = works.task("turn", instance)["id"]
    works.complete("turn", instance)
    works.operator.post(f"/tasks/{task}/undo", {"reason": "wrong order"}).ok()
    screen = lead(screens, f"/instances/{instance}")
    struck = screen.tree.xpath("//li[@class='gone']//b/text()")
    assert struck == ["turn"]
    assert "wrong order" in screen.text
