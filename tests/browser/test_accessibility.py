"""No screen breaks WCAG 2.2 A or AA, in either theme, at desk, tablet and phone width.

Source: axe-core's rules for WCAG 2.0 to 2.2, levels A and AA; what no rule can see, that the
keyboard alone does everything (2.1.1) and is seen where it is (2.4.7), is tried with its Tab key.
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
# What can be used by hand; of a group that the arrow keys walk through only the member in its turn.
# A canvas is drawn on by mouse, and its panel and palette do the same by keyboard.
LISTEN = """() => {
  const usable = 'a[href], button, input, select, textarea, summary, [tabindex="0"], [onclick]';
  const seen = (element) => element.checkVisibility({ visibilityProperty: true })
    && !element.closest('[inert], .djs-container') && !element.disabled;
  const group = (radio) => [...document.querySelectorAll(`input[name="${radio.name}"]`)];
  const inTurn = (element) => element.tabIndex >= 0 && (element.type !== 'radio'
    || element === (group(element).find((each) => each.checked) ?? group(element)[0]));
  const root = document.querySelector('dialog:modal') ?? document;
  const name = (element) => element.outerHTML.slice(0, 90);
  const wanted = new Set([...root.querySelectorAll(usable)].filter(seen).filter(inTurn));
  const pointed = [...document.querySelectorAll('body *')].filter((element) => seen(element)
    && getComputedStyle(element).cursor === 'pointer'
    && !element.closest(usable + ', label, [role="option"], [role="tab"]'));
  window.keyboard = { wanted, unseen: new Set() };
  document.addEventListener('focusin', ({ target }) => {
    wanted.delete(target);
    const looks = [target, target.parentElement].map((each) => getComputedStyle(each));
    const shown = looks.some(
      (style) => style.outlineStyle !== 'none' || style.boxShadow !== 'none');
    const canvas = target === document.body || target.closest('.djs-container');
    if (!shown && !canvas) window.keyboard.unseen.add(name(target));
  });
  document.activeElement?.blur();
  window.keyboard.result = () => [
    ...[...wanted].filter(seen).map((each) => `not reached: ${name(each)}`),
    ...[...window.keyboard.unseen].map((each) => `focus not seen: ${each}`),
    ...pointed.map((each) => `by mouse only: ${name(each)}`),
  ];
  return wanted.size;
}"""
SPARE = 30  # presses for what Tab finds besides: the browser's own stops, and what opened
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
    found = unreached(page)
    page.evaluate(AXE.read_text("utf-8"))
    for width, (wide, high) in WIDTHS.items():
        page.set_viewport_size({"width": wide, "height": high})
        for theme in THEMES:
            page.evaluate("(theme) => { document.documentElement.dataset.theme = theme }", theme)
            found += [f"{theme}, {width}: {violation}" for violation in violations(page)]
    assert found == []


def unreached(page: Page) -> list[str]:
    """What the Tab key does not come to, or comes to unseen, or only a mouse can press."""
    for _ in range(page.evaluate(LISTEN) + SPARE):
        page.keyboard.press("Tab")
    found: list[str] = page.evaluate("window.keyboard.result()")
    page.evaluate("scrollTo(0, 0)")
    return found


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


def test_this_check_finds_what_only_a_mouse_can_use(tourist: Tourist) -> None:
    page = tourist.visit(STOPS[0], "light", DESK)
    page.evaluate("""() => {
      const button = document.querySelector('main button');
      const lame = document.createElement('div');
      lame.textContent = 'Press me';
      lame.style.cursor = 'pointer';
      button.after(lame);
      document.querySelector('main input').style.cssText = 'outline: none; box-shadow: none';
      button.addEventListener('focus', () => button.blur());
    }""")
    found = unreached(page)
    assert any(each.startswith("by mouse only: <div") for each in found)
