"""The routing editor as an engineer uses it: the palette by keyboard, the panel, the bar above."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.support.browser import Window

READY = "body[data-ready=editor]"


class Drawing:
    """A routing open in the editor."""

    def __init__(self, window: Window, path: str) -> None:
        self.window = window
        self.page: Page = window.open(path)
        self.page.wait_for_selector(READY, state="attached")

    # ---- drawing ----

    def begin(self, name: str) -> None:
        """Say what the new routing is called."""
        self.page.get_by_label("Name of the routing").first.fill(name)
        self.page.get_by_role("button", name="Start drawing").click()
        expect(self.page.locator("dialog")).to_have_count(0)

    def add(self, kind: str, name: str = "") -> None:
        """Put a step behind the chosen one, by keyboard, and name it."""
        self.page.locator(f"[data-create={kind}]").press("Enter")
        self.page.keyboard.press(
            "Escape"
        )  # it may be named in the drawing; here it is in the panel
        if name:
            self.fill("name", name)

    def choose(self, name: str) -> None:
        """Choose a step in the list of steps, which says the same as the drawing."""
        self.tab("Steps")
        self.page.locator(".step-list button").filter(has_text=name).first.click()

    def fill(self, field: str, value: str) -> None:
        """Write into a field of the panel, and leave it."""
        control = self.field(field)
        control.fill(value)
        control.press("Tab")

    def pick(self, field: str, value: str) -> None:
        """Choose in a field of the panel."""
        self.field(field).select_option(value)

    def field(self, name: str) -> Locator:
        """A control of the panel."""
        return self.page.locator(f"#p-{name}")

    def open_group(self, title: str) -> None:
        """Open a part of the panel."""
        group = self.page.locator(".panel-group").filter(has_text=title).first
        if group.get_attribute("open") is None:
            group.locator("summary").first.click()

    def tab(self, name: str) -> None:
        """Show one of the tabs beside the drawing."""
        self.page.get_by_role("tab", name=name).click()

    def go(self, act: str) -> None:
        """Press a button of the bar."""
        self.page.locator(f".editor-bar [data-do={act}]").click()

    def open_file(self, label: str) -> None:
        """Show the drawing, a form or a decision of the bundle."""
        self.page.locator(".file-tab").filter(has_text=label).first.click()

    # ---- looking ----

    def findings(self) -> list[str]:
        """Every finding as it is listed, once the plant has told."""
        self.tab("Findings")
        return self.page.locator(".finding-list > li").all_inner_texts()

    def checked(self) -> None:
        """Wait until what is drawn now was checked."""
        with self.page.expect_response("**/api/v1/processes/check"):
            self.page.evaluate("routecardEditor.findings.ask()")

    def xml(self) -> str:
        """The document as it would be saved."""
        self.page.evaluate("routecardEditor.flush()")
        return str(self.page.evaluate("routecardEditor.draft.get(routecardEditor.draft.main)"))

    def file(self, name: str) -> str:
        """A file of the bundle as it would be saved."""
        self.page.evaluate("routecardEditor.flush()")
        return str(self.page.evaluate("name => routecardEditor.draft.get(name)", name))

    def places(self) -> dict[str, Any]:
        """Where every shape stands."""
        script = """() => Object.fromEntries(routecardEditor.modeler.get('elementRegistry')
            .filter(e => !e.waypoints).map(e => [e.id, [e.x, e.y, e.width, e.height]]))"""
        found: dict[str, Any] = self.page.evaluate(script)
        return found

    # ---- saving ----

    def save(self) -> None:
        """Save the draft; it has to work."""
        with self.page.expect_response(lambda answer: answer.url.endswith("/api/v1/processes")):
            self.go("save")
        saved = self.page.get_by_role("status").filter(has_text="is saved")
        expect(saved.first).to_be_visible()

    def release(self) -> None:
        """Release what is saved, and say yes."""
        self.go("release")
        dialog = self.page.locator("dialog[open]")
        dialog.get_by_role("button", name="Release").click()
        expect(self.page.locator("[data-place=state]")).to_contain_text("Released")

    def refused(self, *statuses: int) -> None:
        """The browser notes each refusal on its console; these were wanted."""
        told = [words.split("status of ")[1][:3] for words in self.window.complaints]
        assert told == [str(status) for status in statuses]
        self.window.complaints.clear()


def shipped(*names: str) -> list[Path]:
    """Files of the shipped set by their names."""
    root = Path(__file__).parents[2]
    return [
        next(
            path for top in ("processes", "forms/definitions") for path in (root / top).rglob(name)
        )
        for name in names
    ]
