"""One task: instruction beside record, what is in the way, and what was recorded."""

from datetime import timedelta
from typing import Any

from flask import Blueprint

from api.web.desk.people import role_words
from api.web.floor.asked import KNOWN
from api.web.floor.words import meaning_of, pause_reasons
from api.web.floor.work import late_seconds
from api.web.page import Shown, View, page
from engine.access.permissions import Permission
from engine.access.settings import site_settings
from engine.kernel.ids import from_text
from engine.records.signatures import OWN
from engine.workflow.work.recording import sheets
from engine.workflow.work.recording.sheets import Sheet

blueprint = Blueprint("floor_task", __name__)
SHOWN_VARIABLES = 12


@page(
    blueprint,
    "/tasks/<string:task>",
    "floor/task.html",
    live=True,
    parts=("state",),
)
def task(view: View, task: str) -> Shown:
    """What to do, what to record, and why not yet."""
    sheet = view.read(sheets.sheet, task=from_text(task, "task"), actor=view.actor)
    item = sheet.task
    operation = " ".join(filter(None, (item["operation"], item["name"] or item["element"])))
    meaning, sentence = meaning_of(item["signature"])
    began = view.store.clock.now() - timedelta(seconds=item["worked_seconds"])
    return {
        **KNOWN,
        "sheet": sheet,
        "task": item,
        "form": sheet.form,
        "title": item["name"] or item["element"],
        "late": late_seconds(item, view) if item["closed"] is None else 0,
        "mine": item["assignee"] == view.actor.name,
        "state": state_of(sheet, view),
        "facts": facts_of(sheet),
        "roles": role_words(),
        "operation": operation,
        "began": began.isoformat(),
        "own_signature": item["signature"] in OWN,
        "meaning": meaning,
        "meaning_sentence": sentence,
        "pause_reasons": pause_reasons(),
        "undo_minutes": view.read(site_settings, site=view.site).undo_minutes,
    }


def state_of(sheet: Sheet, view: View) -> str:
    """What the page is about: `open`, `working`, `paused`, `blocked` or `closed`."""
    item = sheet.task
    if item["state"] in ("completed", "cancelled"):
        return "closed"
    if sheet.reasons or not view.may(Permission.TASK_COMPLETE):
        return "blocked"
    if item["state"] == "open":
        return "open"
    return "paused" if item["paused"] else "working"


def facts_of(sheet: Sheet) -> list[tuple[str, Any]]:
    """What the step was given: variables of one value, the first ones."""
    simple = [(n, v) for n, v in sheet.variables.items() if not isinstance(v, list | dict)]
    return simple[:SHOWN_VARIABLES]
