"""Accessibility as axe-core tells it: WCAG 2.0 to 2.2, levels A and AA."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import Window

SCRIPT = Path(__file__).parents[2] / "api/islands/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
RUN = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: { type: 'tag', values: tags } });
  return violations.map(({ id, help, nodes }) => ({
    id, help, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })),
  }));
}"""


@lru_cache
def script() -> str:
    """axe-core, out of the packages of the islands."""
    if not SCRIPT.exists():
        pytest.skip("axe-core is not installed here: run `make islands`.")
    return SCRIPT.read_text("utf-8")


def violations(window: Window) -> list[str]:
    """What axe finds on the window's page as it is now, one sentence each with the first places.

    It tries styles that the policy of our pages forbids; that is no complaint of the page.
    """
    before = list(window.complaints)
    window.page.evaluate(script())
    found: list[dict[str, Any]] = window.page.evaluate(RUN, TAGS)
    window.complaints[:] = before
    return [_told(each) for each in found]


def _told(found: dict[str, Any]) -> str:
    places = found["nodes"][:3]
    shown = "\n    ".join(f"{p['html'][:160]}\n      {p['failureSummary'][:300]}" for p in places)
    return f"{found['id']}: {found['help']} ({len(found['nodes'])} places)\n    {shown}"
