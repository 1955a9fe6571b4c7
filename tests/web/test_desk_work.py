"""Work, incidents and search: what is found, what stopped, and what who may do about it."""

import csv
import io

import pytest

from engine.kernel.actor import Role
from tests.support.diagrams import end, exclusive, lanes, process, start, user
from tests.support.screens import Screen, Screens
from tests.support.works import Works

SCRIPT = "<script>alert(1)</script>"
CHOOSE = process(
    start(), user("turn"), exclusive("good"), end("yes", "no"), lanes(operator=["turn"]),
    "start -> turn -> good", "good -> yes if hardness >= 44", "good -> no if hardness < 44",
    name="Turned part",
)  # fmt: skip


def lead(screens: Screens, path: str, **how: str) -> Screen:
    """A page as the team lead sees it."""
    return screens.look(path, Role.TEAM_LEAD, name="tom", headers=how)


def orders(screen: Screen) -> list[str]:
    return [str(text) for text in screen.tree.xpath("//tbody//a[contains(@class, 'lead')]/text()")]


@pytest.fixture
def stopped(works: Works) -> str:
    """WO-2 stands at a gateway that has nothing to decide by; WO-1 waits for its operator."""
    works.release(CHOOSE)
    works.start("p", "WO-1")
    instance = works.start("p", "WO-2")
    works.complete("turn", instance)
    return instance


def test_an_empty_plant_says_what_to_do(screens: Screens, works: Works) -> None:
    screen = lead(screens, "/work")
    assert "No order runs" in screen.text
    assert screen.tree.xpath("//button[@data-dialog='start']")
    assert "No routing is released yet" in screen.text
    assert not screens.look("/work", Role.AUDITOR, name="aud").tree.xpath(
        "//button[@data-dialog='start']"
    )


def test_orders_are_listed_with_where_they_stand(screens: Screens, stopped: str) -> None:
    screen = lead(screens, "/work")
    assert sorted(orders(screen)) == ["WO-1", "WO-2"]
    row = screen.tree.xpath("//tr[.//a[text()='WO-1']]")[0].text_content()
    assert "turn" in row
    assert "operator" in row
    bad = screen.tree.xpath("//tr[.//a[text()='WO-2']]")[0]
    assert "blocked" in bad.text_content()
    assert f"/instances/{stopped}/waiting" in bad.xpath(".//a/@href")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("?q=WO-2", ["WO-2"]),
        ("?blocked=true", ["WO-2"]),
        ("?role=operator", ["WO-1"]),
        ("?state=suspended", []),
        ("?process=p&q=&role=&state=running", ["WO-1", "WO-2"]),
    ],
)
def test_filters_stand_in_the_address(
    screens: Screens, stopped: str, asked: str, found: list[str]
) -> None:
    screen = lead(screens, "/work" + asked)
    assert sorted(orders(screen)) == found
    if not found:
        assert "No order fits" in screen.text


def test_an_unknown_filter_is_refused(screens: Screens) -> None:
    assert lead(screens, "/work?colour=red").status == 422


def test_the_rows_are_not_sent_again_while_nothing_changed(
    screens: Screens, works: Works, stopped: str
) -> None:
    first = lead(screens, "/work?part=rows")
    assert not first.tree.xpath("//header")
    tag = first.response.headers["ETag"]
    assert lead(screens, "/work?part=rows", **{"If-None-Match": tag}).status == 304
    works.start("p", "WO-3")
    assert lead(screens, "/work?part=rows", **{"If-None-Match": tag}).status == 200


def test_only_who_may_control_selects(screens: Screens, stopped: str) -> None:
    assert lead(screens, "/work").tree.xpath("//input[@data-select]")
    assert not screens.look("/work", Role.OPERATOR, name="otto").tree.xpath("//input[@data-select]")
    assert not screens.look("/work", Role.OPERATOR, name="otto").tree.xpath("//dialog")


def test_the_list_goes_to_a_spreadsheet_which_computes_nothing(
    screens: Screens, works: Works, stopped: str
) -> None:
    works.start("p", "=cmd()")
    response = lead(screens, "/work.csv").response
    assert response.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(response.text.removeprefix("\ufeff"))))
    assert rows[0][:3] == ["order", "process", "version"]
    assert sorted(row[0] for row in rows[1:]) == ["'=cmd()", "WO-1", "WO-2"]


def test_the_start_asks_for_what_the_last_order_began_with(screens: Screens, works: Works) -> None:
    works.release(CHOOSE)
    assert "data-variable" not in lead(screens, "/work?part=start&process=p").response.text
    works.start("p", "WO-1", quantity=40, urgent=True)
    tree = lead(screens, "/work?part=start&process=p").tree
    kinds = {
        field.get("data-variable"): field.get("data-was-kind")
        for field in tree.xpath("//*[@data-variable]")
    }
    assert kinds == {"quantity": "number", "urgent": "flag"}


def test_markup_in_numbers_is_shown_as_text(screens: Screens, works: Works) -> None:
    works.release(CHOOSE)
    instance = works.start("p", SCRIPT, note=SCRIPT)
    works.complete("turn", instance)
    for path in ("/work", f"/work?q={SCRIPT}", f"/search?q={SCRIPT}x", "/incidents"):
        assert SCRIPT not in lead(screens, path).response.text, path
    for tab in ("", "/waiting", "/values", "/diagram", "/traveller", "/label", "/print"):
        screen = lead(screens, f"/instances/{instance}{tab}")
        assert screen.status == 200, tab
        assert SCRIPT not in screen.response.text, tab


# ---- incidents ----


def test_incidents_stand_together_by_where_they_are(screens: Screens, stopped: str) -> None:
    screen = lead(screens, "/incidents")
    assert screen.tree.xpath("//section[contains(@class, 'card')]//h2/text()") == ["good"]
    assert "hardness" in screen.text
    assert orders(screen) == ["WO-2"]
    by_process = lead(screens, "/incidents?by=process")
    assert by_process.tree.xpath("//section//h2/text()") == ["Turned part"]
    assert "No incident fits" in lead(screens, "/incidents?kind=job").text


def test_without_incidents_there_is_nothing_to_do(screens: Screens) -> None:
    assert "Nothing is stopped" in lead(screens, "/incidents").text


def test_an_incident_asks_for_the_value_that_is_missing(
    screens: Screens, works: Works, stopped: str
) -> None:
    incident = works.incident(stopped)["id"]
    for path in (f"/incidents/{incident}", f"/instances/{stopped}/waiting"):
        screen = lead(screens, path)
        assert "has no value" in screen.text
        (field,) = screen.tree.xpath("//*[@data-variable='hardness']")
        assert field.get("data-was-kind") == "number"
        assert "hardness >= 44" in field.text_content()
    watching = screens.look(f"/incidents/{incident}", Role.OPERATOR, name="otto")
    assert not watching.tree.xpath("//form[@data-variables]")
    assert "team lead" in watching.text
    assert lead(screens, "/incidents/nothing").status == 404


# ---- search ----


def test_the_only_hit_is_opened_at_once(screens: Screens, stopped: str) -> None:
    for asked in ("WO-2", "RC:WO:WO-2"):
        screen = lead(screens, f"/search?q={asked}")
        assert screen.status == 303, asked
        assert screen.response.headers["Location"].startswith(f"/instances/{stopped}")


def test_several_hits_are_listed_and_none_says_so(screens: Screens, stopped: str) -> None:
    assert len(lead(screens, "/search?q=WO-").tree.xpath("//ul[contains(@class, 'hits')]/li")) >= 2
    assert "Nothing has the number" in lead(screens, "/search?q=L-99").text
    assert "stands for nothing here" in lead(screens, "/search?q=RC:WO:L-99").text
    assert "scan a label" in lead(screens, "/search").text
