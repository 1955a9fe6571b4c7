"""What a page weighs as it travels, and how long it keeps a slow device from answering."""

from dataclasses import dataclass

from playwright.sync_api import Browser

from tests.support.browser import PASSWORD, Served, window

WATCH = """
window.blocked = 0;
new PerformanceObserver((list) => {
  for (const task of list.getEntries()) window.blocked += Math.max(0, task.duration - 50);
}).observe({ type: "longtask", buffered: true });
"""
WEIGHT = """() => [
  ...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource"),
].map((each) => [each.name, each.encodedBodySize])"""


@dataclass(frozen=True, slots=True)
class Load:
    """One load of a page of which nothing was kept.

    Args:
        weights: bytes of each answer's body as it travelled, by address; headers are not counted.
        blocked: what tasks of the main thread took beyond 50 ms each, in milliseconds.
    """

    weights: dict[str, int]
    blocked: float

    @property
    def weight(self) -> int:
        """Bytes of all bodies."""
        return sum(self.weights.values())

    @property
    def heaviest(self) -> list[tuple[str, int]]:
        """The answers, the heaviest first."""
        return sorted(self.weights.items(), key=lambda each: -each[1])


def load(
    browser: Browser, plant: Served, name: str, path: str, size: tuple[int, int], slower: int = 1
) -> Load:
    """Load a page as somebody who was never here, on a device so many times slower."""
    with window(browser, plant.url, size) as one:
        one.sign_in(name, PASSWORD)
        page = one.page
        page.add_init_script(WATCH)
        if slower > 1:
            session = one.context.new_cdp_session(page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        page.goto(f"{one.url}{path}", wait_until="networkidle")
        return Load(dict(page.evaluate(WEIGHT)), float(page.evaluate("window.blocked")))


def fill(works: Served) -> str:
    """A dozen orders; the address of a task whose form asks for everything a form can ask for."""
    for number in range(12):
        works.post("/instances", process="shaft", business_key=f"WO-{number}")
    first = works.get("/tasks?business_key=WO-0")["items"][0]
    done = works.post(f"/tasks/{first['id']}/complete", variables={"bar": "BAR-0001"})
    return f"/tasks/{done['next'][0]['id']}"
