"""A supervisor at the desk: why an order waits and how it goes on; many at once; conflicts."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opens
from tests.support.browser import PHONE, Served, Window
from tests.support.diagrams import end, exclusive, lanes, parallel, process, start, user

PIN = process(
    start(), user("turn", operation="10"), exclusive("hard"), user("pack"), end("done", "scrapped"),
    lanes(operator=["turn", "pack"]), "start -> turn -> hard", "hard -> pack if hardness >= 44",
    "pack -> done", "hard -> scrapped if hardness < 44", key="pin", name="Hardened pin",
)  # fmt: skip
SIDES = process(
    start(), parallel("fork", "join"), user("mark", "deburr", "wash"), end("done"),
    lanes(operator=["mark", "deburr", "wash"]), "start -> fork -> mark -> join -> wash -> done",
    "fork -> deburr -> join", key="sides", name="Side by side",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def routings(plant: Served) -> None:
    for diagram in (PIN, SIDES):
        plant.deploy_text(diagram.decode())


def begun(plant: Served, key: str, routing: str = "pin", **variables: Any) -> str:
    body = {"process": routing, "business_key": key, "variables": variables}
    return str(plant.post("/instances", **body)["id"])


def turned(plant: Served, key: str, **variables: Any) -> str:
    """An order that was turned, and has come to the question how hard it is."""
    instance = begun(plant, key, **variables)
    (task,) = plant.get(f"/tasks?instance={instance}")["items"]
    plant.post(f"/tasks/{task['id']}/complete", variables={})
    return instance


def row(page: Page, key: str) -> Any:
    return page.locator("tbody tr").filter(has=page.get_by_role("link", name=key, exact=True))


def was_refused(window: Window, status: int) -> None:
    """The browser notes each refusal on its console; this one was wanted."""
    (complaint,) = window.complaints
    assert f"status of {status}" in complaint
    window.complaints.clear()


def test_a_supervisor_finds_why_an_order_waits_and_clears_it(opens: Opens, plant: Served) -> None:
    instance = turned(plant, "WO-1", grade="A")
    page = opens("tara").open("/work")
    row(page, "WO-1").get_by_role("link", name="blocked").click()
    card = page.get_by_role("article", name="Incident at hard")
    expect(card.locator(".sentence")).to_contain_text("hardness")
    expect(card).to_contain_text("has no value")
    card.get_by_label("hardness", exact=False).first.fill("47,50")
    card.get_by_label("Reason").fill("read off the tester")
    card.get_by_role("button", name="Set and retry").click()
    expect(page.get_by_text("It tries again.")).to_be_visible()
    expect(page.locator("#now")).to_contain_text("pack")
    assert plant.get(f"/instances/{instance}")["variables"]["hardness"] == 47.5
    page.get_by_role("link", name="Timeline").click()
    expect(page.locator(".timeline")).to_contain_text("cleared")
    expect(page.locator(".timeline")).to_contain_text("read off the tester")


def test_a_value_that_is_no_number_is_told_beside_its_field(opens: Opens, plant: Served) -> None:
    instance = turned(plant, "WO-2")
    page = opens("tara").open(f"/instances/{instance}/waiting")
    page.locator("[data-variable=hardness] [data-value]").fill("hard")
    page.get_by_label("Reason").first.fill("a try")
    page.get_by_role("button", name="Set and retry").click()
    expect(page.locator("[data-variable=hardness] .error")).to_contain_text("not a number")
    assert plant.get(f"/instances/{instance}")["incidents"] == 1


def test_many_are_suspended_by_keyboard(opens: Opens, plant: Served) -> None:
    keys = ["WO-11", "WO-12", "WO-13"]
    instances = [begun(plant, key) for key in keys]
    page = opens("piet").open("/work?q=WO-1&process=pin&state=active")
    expect(row(page, "WO-13")).to_be_visible()
    for _key in keys:  # the newest three
        page.keyboard.press("ArrowDown")
        page.keyboard.press("x")
    expect(page.locator("[data-bulk-count]")).to_have_text("3")
    page.locator("[data-bulk]").get_by_role("button", name="Suspend").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("WO-13, WO-12, WO-11")
    dialog.get_by_label("Reason").fill("drawing under review")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    states = [plant.get(f"/instances/{each}")["state"] for each in instances]
    assert states == ["suspended"] * 3


def test_what_is_refused_is_named_and_the_rest_is_done(opens: Opens, plant: Served) -> None:
    held, free = begun(plant, "WO-21"), begun(plant, "WO-22")
    window = opens("piet")
    page = window.open("/work?q=WO-2")
    row(page, "WO-21").get_by_role("checkbox").check()
    row(page, "WO-22").get_by_role("checkbox").check()
    plant.post(f"/instances/{held}/suspend", reason="somebody was faster")
    page.locator("[data-bulk]").get_by_role("button", name="Suspend").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("drawing under review")
    dialog.get_by_role("button", name="Suspend").click()
    expect(dialog.locator("[data-many-refused]")).to_contain_text("WO-21")
    expect(dialog.locator("[data-many-refused]")).to_contain_text("suspended already")
    assert plant.get(f"/instances/{free}")["state"] == "suspended"
    was_refused(window, 409)


def test_two_who_change_the_same_value_choose_and_lose_nothing(opens: Opens, plant: Served) -> None:
    instance = begun(plant, "WO-31", quantity=5, part="DS-200")
    window = opens("tara")
    page = window.open(f"/instances/{instance}/values")
    quantity = page.locator("tr[data-variable=quantity]")
    quantity.get_by_role("button", name="Change").click()
    expect(quantity.locator("del")).to_have_text("5")
    quantity.locator("[data-value]").fill("8")
    part = page.locator("tr[data-variable=part]")
    part.get_by_role("button", name="Change").click()
    part.locator("[data-value]").fill("DS-210")
    plant.api.patch(
        f"/instances/{instance}/variables", json={"set": {"quantity": 7}, "reason": "recounted"}
    )
    page.get_by_label("Why are the values changed?").fill("two were added")
    page.get_by_role("button", name="Change the values").click()
    conflict = page.get_by_role("dialog", name="Somebody changed this order meanwhile")
    line = conflict.locator("tr[data-name=quantity]")
    expect(line).to_contain_text("5")
    expect(line.get_by_label("7")).to_be_checked()
    expect(conflict.locator("tr[data-name=part]").get_by_label("DS-210")).to_be_checked()
    line.get_by_label("8").check()
    conflict.get_by_role("button", name="Save what is chosen").click()
    expect(page.get_by_text("The values are changed.")).to_be_visible()
    assert plant.get(f"/instances/{instance}")["variables"] == {"quantity": 8, "part": "DS-210"}
    was_refused(window, 412)


def test_a_move_that_ends_other_work_asks_first(opens: Opens, plant: Served) -> None:
    instance = begun(plant, "WO-41", "sides")
    window = opens("tara")
    page = window.open(f"/instances/{instance}")
    page.get_by_text("Actions").click()
    page.get_by_role("button", name="Move", exact=True).click()
    dialog = page.get_by_role("dialog", name="Move WO-41")
    dialog.get_by_label("From").select_option("mark")
    dialog.locator("#move-to").select_option("wash")
    dialog.get_by_label("Reason").fill("done at the supplier")
    dialog.get_by_role("button", name="Move").click()
    expect(dialog.locator("[data-ends]")).to_contain_text("deburr")
    dialog.get_by_label("End what is there, too").check()
    dialog.get_by_role("button", name="Move").click()
    expect(page.locator(".timeline")).to_contain_text("done at the supplier")
    tokens = plant.get(f"/instances/{instance}")["tokens"]
    assert [token["element"] for token in tokens] == ["wash"]
    was_refused(window, 409)


def test_an_order_is_started_with_what_the_last_one_had(opens: Opens, plant: Served) -> None:
    begun(plant, "WO-51", quantity=5, size="M6")
    page = opens("piet").open("/work")
    page.get_by_role("button", name="Start an order").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Routing").select_option("pin")
    dialog.get_by_label("Order number").fill("WO-52")
    dialog.locator("[data-variable=quantity] [data-value]").fill("12.50")
    dialog.get_by_role("button", name="Add a value").click()
    dialog.get_by_label("Name of the variable").fill("urgent")
    dialog.get_by_label("Kind of value").last.select_option("flag")
    dialog.locator("[data-flag]:visible").select_option("true")
    with page.expect_navigation(url="**/instances/*"):
        dialog.get_by_role("button", name="Start", exact=True).click()
    (item,) = plant.get("/instances?business_key=WO-52")["items"]
    assert item["variables"] == {"quantity": 12.5, "urgent": True}
    assert '"quantity":12.50' in plant.api.get(f"/instances/{item['id']}").text


def test_a_task_is_given_to_somebody_who_may_do_it(opens: Opens, plant: Served) -> None:
    instance = begun(plant, "WO-61")
    page = opens("tara").open(f"/instances/{instance}/waiting")
    page.get_by_role("button", name="Assign").click()
    dialog = page.get_by_role("dialog", name="Give this task to somebody")
    dialog.get_by_label("Person").select_option("ana")
    dialog.get_by_role("button", name="Assign").click()
    expect(page.locator("#now tbody")).to_contain_text("ana")


def test_incidents_that_are_alike_are_retried_together(opens: Opens, plant: Served) -> None:
    instances = [turned(plant, f"WO-7{n}") for n in range(3)]
    for each in instances:
        change = {"set": {"hardness": 50}, "reason": "measured again"}
        plant.api.patch(f"/instances/{each}/variables", json=change)
    page = opens("tara").open("/incidents")
    for n in range(3):
        row(page, f"WO-7{n}").get_by_role("checkbox").check()
    page.locator("[data-bulk]").get_by_role("button", name="Retry").click()
    with page.expect_navigation():
        page.get_by_role("dialog").get_by_role("button", name="Retry").click()
    assert [plant.get(f"/instances/{each}")["incidents"] for each in instances] == [0, 0, 0]


def test_a_scanned_label_opens_its_order(opens: Opens, plant: Served) -> None:
    instance = begun(plant, "WO-81")
    page = opens("tara").open("/incidents")
    page.keyboard.press("/")
    page.keyboard.type("RC:WO:WO-81")
    with page.expect_navigation(url=f"**/instances/{instance}"):
        page.keyboard.press("Enter")


def test_an_operation_scanned_off_a_traveller_opens_its_task(opens: Opens, plant: Served) -> None:
    instance = begun(plant, "WO-82")
    (task,) = plant.get(f"/tasks?instance={instance}")["items"]
    page = opens("ana").open("/my-work")
    with page.expect_navigation(url=f"**/tasks/{task['id']}"):
        page.keyboard.type("RC:OP:WO-82:10")
        page.keyboard.press("Enter")


def test_nothing_sticks_out_on_a_telephone(opens: Opens, plant: Served) -> None:
    instance = turned(plant, "WO-91", note="x" * 200)
    window = opens("tara", size=PHONE)
    for path in ("/work", "/incidents", "/search?q=WO", *_tabs(instance)):
        page = window.open(path)
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert beyond <= 0, path


def _tabs(instance: str) -> list[str]:
    tabs = ("", "/waiting", "/diagram", "/values", "/files", "/signatures", "/traveller", "/label")
    return [f"/instances/{instance}{tab}" for tab in tabs]
