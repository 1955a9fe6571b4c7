"""Work at a station: scans, drafts, a dead network, double presses, undo, switching people."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Opens
from tests.support.browser import PEOPLE, TABLET, Served, Window
from tests.support.floor import PIN, bundle
from tests.support.http import multipart

BADGES = {"ana": "B-1001", "tara": "B-1002", "quinn": "B-1003"}


@pytest.fixture(scope="module")
def works(plant: Served) -> Served:
    """The plant with a routing of three operations, and badges for its people."""
    diagram, files = bundle()
    parts = {"main": ("main.bpmn", diagram)} | {n: (n, text) for n, text in files.items()}
    body, kind = multipart(parts)
    answer = plant.api.post("/processes", content=body, headers={"Content-Type": kind})
    assert answer.is_success, answer.text
    plant.post("/processes/shaft/versions/1/release")
    for name, badge in BADGES.items():
        roles = ["operator", "team_lead"] if name == "tara" else [PEOPLE[name][0]]
        known = {"badge": badge, "pin": PIN, "roles": roles}
        changed = plant.api.patch(f"/users/{name}", json=known)
        assert changed.is_success, changed.text
    return plant


@pytest.fixture
def order(works: Served, request: pytest.FixtureRequest) -> str:
    """A new order, called like the test."""
    key = f"WO-{request.node.name}"[:60]
    works.post("/instances", process="shaft", business_key=key, variables={"quantity": 50})
    return key


@pytest.fixture
def station(opens: Opens, works: Served) -> Window:
    """A tablet that is an enrolled station, nobody signed in."""
    return enrolled(opens, works)


def enrolled(opens: Opens, works: Served) -> Window:
    made = works.post("/stations", name=f"CNC-{len(works.get('/stations')['items'])}")
    one = opens(size=TABLET, timezone_id="Europe/Berlin")
    answer = one.context.request.post(
        f"{works.url}/api/v1/stations/enrol", data={"code": made["code"]}
    )
    assert answer.ok, answer.text()
    return one


def scan(page: Page, code: str) -> None:
    """What a scanner in keyboard mode does."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def sign_in(one: Window, name: str) -> Page:
    """Sign in by badge and a card with the PIN."""
    page = one.open("/station")
    scan(page, f"RC:USER:{BADGES[name]}")
    expect(page.locator("#pin")).to_be_focused()
    scan(page, f"RC:PIN:{PIN}")
    page.wait_for_url("**/my-work")
    return page


def task_of(works: Served, order: str) -> dict[str, Any]:
    """The open task of an order."""
    task: dict[str, Any] = works.get(f"/tasks?business_key={order}")["items"][0]
    return task


def at(works: Served, order: str, element: str) -> dict[str, Any]:
    """The open task of an order, brought to an operation through the API."""
    answers = {"identify": {"bar": "BAR-0001"}, "measure": {"diameter": "25", "gauge": "MIC-07"}}
    while (task := task_of(works, order))["element"] != element:
        works.post(f"/tasks/{task['id']}/complete", variables=answers[task["element"]])
    return task


def done(works: Served, instance: str, element: str) -> list[dict[str, Any]]:
    """The completed steps of an element."""
    history = works.get(f"/instances/{instance}/history?limit=200")["items"]
    return [x for x in history if x["element"] == element and x["state"] == "completed"]


@contextmanager
def complaining(one: Window, *about: str) -> Iterator[None]:
    """What the console says of these is expected: a browser reports each failed request."""
    yield
    one.complaints[:] = [c for c in one.complaints if not any(text in c for text in about)]


# ---- scans ----


def test_scans_alone_sign_in_and_complete_a_task(
    station: Window, works: Served, order: str
) -> None:
    task = task_of(works, order)
    page = station.open("/station")
    scans: list[Callable[[], None]] = [
        lambda: scan(page, f"RC:USER:{BADGES['ana']}"),
        lambda: scan(page, f"RC:PIN:{PIN}"),
        lambda: scan(page, f"RC:WO:{order}"),
        lambda: scan(page, "BAR-0042"),
        lambda: scan(page, "RC:ACT:COMPLETE"),
    ]
    waits = [
        lambda: expect(page.locator("#pin")).to_be_focused(),
        lambda: page.wait_for_url("**/my-work"),
        lambda: page.wait_for_url(f"**/tasks/{task['id']}"),
        lambda: expect(page.locator("[data-field=bar] input")).to_have_value("BAR-0042"),
        lambda: page.wait_for_url(lambda url: task["id"] not in url),
    ]
    assert len(scans) <= 6
    for act, wait in zip(scans, waits, strict=True):
        act()
        wait()
    assert works.get(f"/tasks/{task['id']}")["state"] == "completed"
    assert done(works, task["instance"], "identify")[0]["answers"] == {"bar": "BAR-0042"}
    # and on to the next operation of the same order
    expect(page.locator("h1")).to_have_text("In-process inspection")


def test_an_unknown_code_is_said_loudly_with_its_text(station: Window, order: str) -> None:
    page = sign_in(station, "ana")
    scan(page, "4711-0815")
    expect(page.locator(".toast.loud")).to_contain_text("4711-0815")
    scan(page, f"RC:WO:{order}")
    page.wait_for_url("**/tasks/**")
    scan(page, "BAR-7")  # not such a label
    expect(page.locator(".toast.loud")).to_contain_text("BAR-7")
    expect(page.locator("[data-field=bar] input")).to_have_value("")


def test_typing_by_hand_is_no_scan(station: Window, works: Served, order: str) -> None:
    task = at(works, order, "measure")
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    page.locator("[data-field=remark] textarea").focus()
    page.keyboard.type("chatter", delay=120)
    page.keyboard.press("Enter")
    expect(page.locator("[data-field=remark] textarea")).to_have_value("chatter\n")


def test_a_station_may_wait_for_a_prefix_instead_of_a_pace(
    opens: Opens, works: Served, order: str
) -> None:
    one = enrolled(opens, works)
    made = works.get("/stations")["items"][0]
    works.api.patch(f"/stations/{made['id']}", json={"scanner_prefix": "~"})
    page = one.open("/station")
    page.keyboard.type(f"~RC:USER:{BADGES['ana']}", delay=80)
    page.keyboard.press("Enter")
    expect(page.locator("#pin")).to_be_focused()
    expect(page.locator("#pin")).to_have_value("")


def test_codes_are_read_as_what_they_are(station: Window) -> None:
    page = station.open("/station/scanner")
    read = page.evaluate(
        """async () => {
            const scripts = [...document.scripts].map((script) => script.src);
            const source = scripts.find((each) => each.endsWith("/js/floor.js"));
            const { parse } = await import(source.replace("floor.js", "scan.js"));
            const codes = ["RC:WO:WO-1", "rc:act:start", "]C10109501101530003\\u001d10L1",
                           "(01)09501101530003(21)S7", "0109501101530004", "4711"];
            return codes.map((raw) => [parse(raw).kind, parse(raw).value]);
        }"""
    )
    assert read == [
        ["WO", "WO-1"],
        ["ACT", "start"],
        ["GS1", "(01)09501101530003(10)L1"],
        ["GS1", "(01)09501101530003(21)S7"],
        ["PLAIN", "0109501101530004"],  # its check digit is wrong: a plain number
        ["PLAIN", "4711"],
    ]
    scan(page, "(01)09501101530003(10)L123")
    expect(page.locator("#scans")).to_contain_text("GS1")


# ---- what is entered is not lost ----


def test_a_draft_survives_a_reload_and_belongs_to_its_owner(
    station: Window, works: Served, order: str
) -> None:
    task = at(works, order, "measure")
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    page.locator("[data-field=diameter] input").fill("25,034")
    expect(page.locator("[data-field=diameter] .verdict")).to_have_text("Out by 0.014 mm")
    page.locator("[data-item=burrs] .pick").nth(1).click()
    expect(page.locator("#draft-mark")).to_contain_text("Draft saved")
    page.reload()
    expect(page.locator("#notices")).to_contain_text("was brought back")
    expect(page.locator("[data-field=diameter] input")).to_have_value("25.034")
    assert page.locator("[data-item=burrs] input").nth(1).is_checked()
    others = works.api.get(f"/tasks/{task['id']}/draft").json()  # nobody else sees it
    assert others == {"answers": {}, "saved": None}


def test_the_network_dies_and_nothing_is_lost_or_doubled(
    station: Window, works: Served, order: str
) -> None:
    task = task_of(works, order)
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    with complaining(station, "ERR_INTERNET_DISCONNECTED"):
        station.context.set_offline(True)
        scan(page, "BAR-0007")
        expect(page.locator("#complete")).to_be_visible()
        page.locator("#complete").click()
        expect(page.locator("#waits")).to_contain_text("Recorded on this device at")
        expect(page.locator("#outbox-mark")).to_contain_text("1 record waits")
        assert works.get(f"/tasks/{task['id']}")["state"] in ("open", "claimed")
        station.context.set_offline(False)
        page.wait_for_url(lambda url: task["id"] not in url)
    assert [x["answers"] for x in done(works, task["instance"], "identify")] == [
        {"bar": "BAR-0007"}
    ]
    assert page.evaluate("Object.keys(localStorage).filter((k) => k.includes('outbox'))") == []


def test_an_answer_that_is_lost_on_its_way_back_doubles_nothing(
    station: Window, works: Served, order: str
) -> None:
    task = task_of(works, order)
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    scan(page, "BAR-0008")
    expect(page.locator("#complete")).to_be_visible()
    lost: list[int] = []

    def lose(route: Route) -> None:
        if lost:
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort("connectionreset")

    page.route("**/complete", lose)
    with complaining(station, "ERR_CONNECTION_RESET"):
        page.locator("#complete").click()
        page.wait_for_url(lambda url: task["id"] not in url)
    assert lost == [200]
    assert len(done(works, task["instance"], "identify")) == 1


def test_two_who_record_the_same_see_both_values(
    station: Window, works: Served, order: str
) -> None:
    task = task_of(works, order)
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    with complaining(station, "ERR_INTERNET_DISCONNECTED", "409"):
        scan(page, "BAR-0001")
        expect(page.locator("#complete")).to_be_visible()
        expect(page.locator("#draft-mark")).to_contain_text("Draft saved")
        station.context.set_offline(True)
        page.locator("#complete").click()
        expect(page.locator("#waits")).to_be_visible()
        works.post(f"/tasks/{task['id']}/assign", user="tara")
        with_tara = works.api.post(
            f"/tasks/{task['id']}/complete",
            json={"variables": {"bar": "BAR-0002"}},
            headers={"Authorization": f"Bearer {tara(works)}"},
        )
        assert with_tara.is_success, with_tara.text
        station.context.set_offline(False)
        expect(page.locator("#recorded")).to_contain_text("Yours: BAR-0001")
        expect(page.locator("#recorded")).to_contain_text("BAR-0002")
        page.get_by_text("Put mine aside").click()
        expect(page.locator(".yours")).to_have_count(0)


def tara(works: Served) -> str:
    """A token of hers."""
    made: str = works.post("/tokens", user="tara", roles=["team_lead", "operator"])["token"]
    return made


def test_pressing_twice_completes_once(station: Window, works: Served, order: str) -> None:
    task = task_of(works, order)
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    scan(page, "BAR-0009")
    expect(page.locator("#complete")).to_be_visible()
    page.locator("#complete").dblclick()
    page.wait_for_url(lambda url: task["id"] not in url)
    assert len(done(works, task["instance"], "identify")) == 1


def test_the_last_entry_is_taken_back_with_its_answers(
    station: Window, works: Served, order: str
) -> None:
    task = task_of(works, order)
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    scan(page, "BAR-0010")
    expect(page.locator("#complete")).to_be_visible()
    scan(page, "RC:ACT:COMPLETE")
    page.wait_for_url(lambda url: task["id"] not in url)
    page.locator(".toast button").click()
    page.wait_for_url(f"**/tasks/{task['id']}")
    expect(page.locator("[data-field=bar] input")).to_have_value("BAR-0010")
    assert works.get(f"/tasks/{task['id']}")["state"] == "claimed"


# ---- people ----


def test_a_badge_anywhere_switches_people_and_the_draft_stays_with_its_owner(
    station: Window, works: Served, order: str
) -> None:
    task = at(works, order, "measure")
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    page.locator("[data-field=diameter] input").fill("25.001")
    scan(page, f"RC:USER:{BADGES['quinn']}")
    expect(page.locator("#switch")).to_be_visible()
    page.locator("#switch-pin").press_sequentially(PIN, delay=90)
    page.locator("#switch button[type=submit]").click()
    page.wait_for_url("**/my-work")
    expect(page.locator(".bar .menu summary")).to_contain_text("quinn")
    page.goto(f"{works.url}/tasks/{task['id']}")
    expect(page.locator(".blocked")).to_contain_text("operator")
    scan(page, f"RC:USER:{BADGES['ana']}")
    expect(page.locator("#switch-pin")).to_be_focused()
    scan(page, PIN)
    page.wait_for_url("**/my-work")
    page.goto(f"{works.url}/tasks/{task['id']}")
    expect(page.locator("[data-field=diameter] input")).to_have_value("25.001")


def test_a_record_is_signed_with_the_pin(station: Window, works: Served, order: str) -> None:
    task = at(works, order, "approve")
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    page.locator("[data-field=quantity] input").fill("48")
    expect(page.locator("#complete")).to_be_visible()
    page.locator("#complete").click()
    expect(page.locator("#signed")).to_contain_text("48")
    with complaining(station, "403"):
        page.locator("#sign-secret").fill("1928")
        page.locator("#sign-form button[type=submit]").click()
        expect(page.locator("#sign-form [data-problem]")).to_contain_text("PIN is wrong")
    page.locator("#sign-secret").fill(PIN)
    page.locator("#sign-form button[type=submit]").click()
    page.wait_for_url("**/my-work")
    signed = works.get(f"/signatures?instance={task['instance']}")["items"]
    assert [(x["user"], x["meaning"]) for x in signed] == [("ana", "performed")]


def test_what_is_in_the_way_is_said_and_goes_by_itself(
    station: Window, works: Served, order: str
) -> None:
    task = task_of(works, order)
    works.post(f"/instances/{task['instance']}/suspend", reason="gauge missing")
    page = sign_in(station, "ana")
    card = page.locator(f"#task-{task['id']}")
    expect(card).to_contain_text("On hold")
    expect(card.locator(".go button")).to_be_disabled()
    page.goto(f"{works.url}/tasks/{task['id']}")
    expect(page.locator(".blocked")).to_contain_text("suspended")
    expect(page.locator(".blocked")).to_contain_text("tara")
    expect(page.locator("#record")).to_be_hidden()
    works.post(f"/instances/{task['instance']}/resume", reason="gauge found")
    expect(page.locator("#record")).to_be_visible(timeout=20_000)


def test_a_problem_is_reported_in_three_taps(station: Window, works: Served, order: str) -> None:
    task = task_of(works, order)
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    page.get_by_role("link", name="Report problem").last.click()
    page.locator(".tile", has_text="Tool or gauge").click()
    page.get_by_role("button", name="Report").click()
    page.wait_for_url(f"**/tasks/{task['id']}")
    reported = works.get("/incidents?kind=problem")["items"]
    assert [x["message"] for x in reported if x["instance"] == task["instance"]] != []


def test_a_photo_is_sent_and_stays_with_the_record(
    station: Window, works: Served, order: str, tmp_path: Any
) -> None:
    task = at(works, order, "measure")
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    picture = tmp_path / "journal.png"
    picture.write_bytes(page.screenshot(clip={"x": 0, "y": 0, "width": 20, "height": 20}))
    page.set_input_files("[data-field=photo] input", picture)
    expect(page.locator("[data-field=photo] .verdict")).to_contain_text("journal.png")
    expect(page.locator("#draft-mark")).to_contain_text("Draft saved")
    page.reload()
    expect(page.locator("[data-field=photo] img")).to_be_visible()
    page.locator("[data-field=diameter] input").fill("25")
    page.locator("[data-field=gauge] .pick").first.click()
    page.locator("#complete").click()
    page.wait_for_url(lambda url: task["id"] not in url)
    answers = done(works, task["instance"], "measure")[0]["answers"]
    assert works.get(f"/files/{answers['photo']}/info")["name"] == "journal.png"
    assert json.loads(json.dumps(answers["diameter"])) == 25
