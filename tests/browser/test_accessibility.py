"""No screen breaks WCAG 2.2 A or AA, in either theme, at desk, tablet and phone width.

Source: axe-core's rules for WCAG 2.0 to 2.2, levels A and AA.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import DESK, PHONE, TABLET
from tests.support.shell import ROOT
from tests.support.tour import STOPS, THEMES, Demonstration, Stop, Tourist, demonstration

AXE = ROOT / "api/islands/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTHS = {"desk": DESK, "tablet": TABLET, "phone": PHONE}
CHECK = """async (tags) => {
  const found = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
  return found.violations.map((each) =>
    `${each.id}: ${each.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`);
}"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def tourist(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tourist]:
    """A visitor of the plant of the demonstration."""
    if not AXE.exists():
        pytest.skip("axe-core is not there: it comes with the islands' packages, npm ci")
    home: Path = tmp_path_factory.mktemp("tour") / "demo"
    plant: Demonstration
    with demonstration(home) as plant:
        yield Tourist(chromium, plant)


@pytest.mark.parametrize("stop", STOPS, ids=lambda stop: stop.name)
def test_a_screen_is_accessible(tourist: Tourist, stop: Stop) -> None:
    page = tourist.visit(stop, "light", DESK)
    page.evaluate(AXE.read_text("utf-8"))
    found = []
    for width, (wide, high) in WIDTHS.items():
        page.set_viewport_size({"width": wide, "height": high})
        for theme in THEMES:
            page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
            found += [f"{theme}, {width}: {violation}" for violation in violations(page)]
    assert found == []


def violations(page: Page) -> list[str]:
    """What axe finds, and whether the page is wider than its window."""
    found: list[str] = page.evaluate(CHECK, TAGS)
    wider = page.evaluate(OVERFLOW)
    return [*found, f"{wider} px wider than the window"] if wider > 0 else found


def test_this_check_finds_what_is_wrong(tourist: Tourist) -> None:
    page = tourist.visit(STOPS[0], "light", DESK)
    page.evaluate(AXE.read_text("utf-8"))
    page.evaluate("document.querySelector('label').remove()")
    assert any(each.startswith("label:") for each in violations(page))
