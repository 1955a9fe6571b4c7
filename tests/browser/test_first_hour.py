"""The guide of the first hour, followed literally: what it says is done, what one sees is there.

Its grammar: Open `/address`. Type `text` into **Label**. Choose **Option** in **Label**.
Press **Words** [at *row*]. [At *row*] you see *text*.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.browser import MILLISECONDS, window
from tests.support.shell import ROOT
from tests.support.tour import Demonstration, demonstration

GUIDE = ROOT / "docs/guide/first-hour.md"
STEP = re.compile(r"^(\d+)\. (.*?)(?=^\d+\. |^## |\Z)", re.MULTILINE | re.DOTALL)
DEED = re.compile(
    r"[Oo]pen `(?P<open>[^`]+)`"
    r"|(?:[Tt]ype|and) `(?P<text>[^`]+)` into \*\*(?P<label>[^*]+)\*\*"
    r"|[Cc]hoose \*\*(?P<option>[^*]+)\*\* in \*\*(?P<list>[^*]+)\*\*"
    r"|[Pp]ress \*\*(?P<press>[^*]+)\*\*(?: at \*(?P<at>[^*]+)\*)?"
    r"|(?:At \*(?P<row>[^*]+)\* )?[Yy]ou see\s+\*(?P<see>[^*]+)\*(?: and \*(?P<too>[^*]+)\*)?"
)
ROW = "tr, li, article"
PRESSED = "button, a, summary, [role=tab], [role=option], label"


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """The plant that `make demo` makes."""
    home: Path = tmp_path_factory.mktemp("first-hour") / "demo"
    with demonstration(home) as plant:
        yield plant


def test_the_guide_works_step_by_step(chromium: Browser, plant: Demonstration) -> None:
    steps = STEP.findall(GUIDE.read_text("utf-8"))
    assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
    with window(chromium, plant.url) as opened:
        for number, text in steps:
            deeds = list(DEED.finditer(" ".join(text.split())))
            assert deeds, f"step {number} says nothing to do: {text}"
            for deed in deeds:
                try:
                    follow(opened.page, plant.url, deed)
                except Exception as failed:
                    raise AssertionError(f"step {number}: {deed[0]}") from failed
    assert opened.complaints == []


def follow(page: Page, url: str, deed: re.Match[str]) -> None:
    """Do what a sentence says."""
    said = deed.groupdict()
    if said["open"]:
        page.goto(url + said["open"])
    elif said["text"]:
        place(page).get_by_label(said["label"]).first.fill(said["text"])
    elif said["option"]:
        chosen = place(page).get_by_label(said["list"]).first
        option = chosen.locator("option").filter(has_text=said["option"]).first
        chosen.select_option(value=option.get_attribute("value"))
    elif said["press"]:
        press(page, said["press"], said["at"])
    else:
        around: Page | Locator = row(page, said["row"]) if said["row"] else page
        for text in filter(None, (said["see"], said["too"])):
            expect(around.get_by_text(text).locator("visible=true").first).to_be_visible(
                timeout=MILLISECONDS
            )


def press(page: Page, words: str, at: str | None) -> None:
    """Press what is called so: exactly, else the first that has the words in it."""
    around = place(page)
    exactly = re.compile(rf"^\s*{re.escape(words)}\s*$")
    loosely = around.locator(PRESSED).filter(has_text=words)
    if at:
        inside = around.locator(ROW).filter(has_text=at).locator(PRESSED).filter(has_text=words)
        loosely = inside.or_(loosely.filter(has_text=at))
    found = loosely.locator("visible=true")
    expect(found.first).to_be_visible(timeout=MILLISECONDS)
    named = found.filter(has_text=exactly)
    (named if named.count() else found).first.click()


def row(page: Page, words: str) -> Locator:
    """The row or card that has the words in it."""
    return page.locator(ROW).filter(has_text=words).locator("visible=true").first


def place(page: Page) -> Page | Locator:
    """An open dialog, else the whole page."""
    dialog = page.locator("dialog[open]")
    return dialog.last if dialog.count() else page
