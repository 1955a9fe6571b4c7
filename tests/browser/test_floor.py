"""Work at a station: scans, drafts, a dead network, double presses, taking back."""

from collections.abc import Callable

from playwright.sync_api import Route, expect

from tests.support.browser import Served, Window
from tests.support.floor import PIN
from tests.support.station import (
    BADGES,
    SLOW,
    Opens,
    at,
    complaining,
    done,
    enrolled,
    scan,
    sign_in,
    task_of,
)

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
    page.keyboard.type("chatter", delay=2 * SLOW)
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
