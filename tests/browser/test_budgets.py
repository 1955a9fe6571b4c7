"""What a page may weigh and how long it may keep a weak tablet from answering.

Bytes are those of the answers' bodies as they travel, the font among them; headers are not counted.
Blocking time is what tasks of the main thread take beyond 50 ms each, at a sixth of the speed;
the best of some loads counts, as other work on the machine only ever adds.
"""

from collections.abc import Callable

import pytest

from tests.support.browser import TABLET, Served
from tests.support.station import Opens

SLOWER = 6
LOADS = 5
FLOOR_BYTES, FLOOR_MS = 90_000, 200
WATCH = """
window.blocked = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.blocked += Math.max(0, task.duration - 50);
}).observe({ type: "longtask", buffered: true });
"""
WEIGHT = """() => [
  ...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource"),
].map((each) => [each.name, each.encodedBodySize])"""


@pytest.fixture(scope="module")
def task(works: Served) -> str:
    """The address of a task whose form asks for everything a form can ask for."""
    for number in range(12):
        works.post("/instances", process="shaft", business_key=f"WO-{number}")
    first = works.get("/tasks?business_key=WO-0")["items"][0]
    done = works.post(f"/tasks/{first['id']}/complete", variables={"bar": "BAR-0001"})
    return f"/tasks/{done['next'][0]['id']}"


def measured(opens: Opens, name: str, path: str) -> tuple[dict[str, int], float]:
    """(bytes by address, blocking milliseconds) of a page that nothing was kept of."""
    one = opens(name, size=TABLET)
    page = one.page
    page.add_init_script(WATCH)
    one.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(f"{one.url}{path}", wait_until="networkidle")
    weights = dict(page.evaluate(WEIGHT))
    blocked = float(page.evaluate("window.blocked"))
    one.context.close()
    return weights, blocked


FLOOR: list[Callable[[str], str]] = [
    lambda _task: "/my-work",
    lambda task: task,
    lambda _task: "/problem",
]


@pytest.mark.parametrize("path", FLOOR, ids=["my-work", "task", "problem"])
def test_a_page_of_the_floor_is_small(opens: Opens, task: str, path: Callable[[str], str]) -> None:
    weights, _ = measured(opens, "ana", path(task))
    heaviest = sorted(weights.items(), key=lambda each: -each[1])
    assert any(name.endswith(".woff2") for name in weights), "the font belongs to it"
    assert sum(weights.values()) <= FLOOR_BYTES, heaviest


@pytest.mark.parametrize("path", FLOOR, ids=["my-work", "task", "problem"])
def test_a_page_of_the_floor_answers_soon_on_a_weak_tablet(
    opens: Opens, task: str, path: Callable[[str], str]
) -> None:
    best = float("inf")
    for _ in range(LOADS):
        best = min(best, measured(opens, "ana", path(task))[1])
        if best <= FLOOR_MS:
            break
    assert best <= FLOOR_MS
