"""People at a station: who is there, who signs, what is in their way, what they report and show."""

from pathlib import Path

from playwright.sync_api import expect

from tests.support.browser import Served, Window
from tests.support.floor import PIN
from tests.support.station import BADGES, SLOW, at, complaining, done, scan, sign_in, task_of


def test_a_badge_anywhere_switches_people_and_the_draft_stays_with_its_owner(
    station: Window, works: Served, order: str
) -> None:
    task = at(works, order, "measure")
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    page.locator("[data-field=diameter] input").fill("25.001")
    scan(page, f"RC:USER:{BADGES['quinn']}")
    expect(page.locator("#switch")).to_be_visible()
    page.locator("#switch-pin").press_sequentially(PIN, delay=2 * SLOW)
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


def test_a_station_locks_when_nobody_is_there(station: Window, works: Served, order: str) -> None:
    task = at(works, order, "measure")
    page = sign_in(station, "ana")
    page.clock.install()
    page.goto(f"{works.url}/tasks/{task['id']}")
    page.locator("[data-field=diameter] input").fill("25.002")
    page.clock.run_for("00:02")
    expect(page.locator("#draft-mark")).to_contain_text("Draft saved")
    page.clock.fast_forward("11:00")
    page.wait_for_url("**/station?locked=1&next=*")
    expect(page.locator("main")).to_contain_text("Locked, as nobody was here")
    assert station.context.request.get(f"{works.url}/api/v1/sessions/current").status == 401
    page.clock.resume()
    scan(page, f"RC:USER:{BADGES['ana']}")
    expect(page.locator("#pin")).to_be_focused()
    scan(page, PIN)
    page.wait_for_url(f"**/tasks/{task['id']}")
    expect(page.locator("[data-field=diameter] input")).to_have_value("25.002")


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
    station: Window, works: Served, order: str, tmp_path: Path
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
    assert answers["diameter"] == 25


def test_a_photo_that_cannot_be_sent_waits_on_the_device(
    station: Window, works: Served, order: str, tmp_path: Path
) -> None:
    task = at(works, order, "measure")
    page = sign_in(station, "ana")
    page.goto(f"{works.url}/tasks/{task['id']}")
    picture = tmp_path / "journal.png"
    picture.write_bytes(page.screenshot(clip={"x": 0, "y": 0, "width": 20, "height": 20}))
    with complaining(station, "ERR_FAILED"):
        page.route("**/api/v1/files", lambda route: route.abort())
        page.set_input_files("[data-field=photo] input", picture)
        expect(page.locator("[data-field=photo] .verdict")).to_contain_text("is not sent yet")
        page.locator("[data-field=diameter] input").fill("25")
        page.locator("[data-field=gauge] .pick").first.click()
        page.locator("#complete").click()
        expect(page.locator(".toast.bad").first).to_contain_text("is not sent yet")
        page.unroute("**/api/v1/files")
        page.reload()
    expect(page.locator("[data-field=photo] .verdict")).to_contain_text("journal.png")
    expect(page.locator("#draft-mark")).to_contain_text("Draft saved")
