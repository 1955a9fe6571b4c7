"""Report a problem in three taps: what, where, and gone."""

from flask import Blueprint
from marshmallow import fields

from api.rest.schemas.basics import Strict
from api.web.floor.asked import KNOWN
from api.web.language import gettext as _
from api.web.page import Shown, View, page
from engine.access.permissions import Permission
from engine.kernel.ids import from_text
from engine.workflow.work import queries

blueprint = Blueprint("floor_problem", __name__)
FEW = 3


class ProblemQuery(Strict):
    """The task that somebody was at."""

    task = fields.String(load_default=None)


@page(
    blueprint,
    "/problem",
    "floor/problem.html",
    permission=Permission.READ,
    query=ProblemQuery,
)
def problem(view: View) -> Shown:
    """What is wrong, and where; the task in hand is filled in."""
    given = view.args["task"]
    task = None
    if given is not None:
        task = view.read(queries.task_item, task=from_text(given, "task"), site=view.site)
    held = view.read(queries.tasks, actor=view.actor, limit=FEW, mine=True, state="claimed")
    return {
        **KNOWN,
        "task": task,
        "others": [item for item in held["items"] if item["id"] != given],
        "reasons": reasons(),
        "back": f"/tasks/{given}" if given else "/my-work",
    }


def reasons() -> list[tuple[str, str]]:
    """What people report, each with its icon; the word itself is recorded."""
    return [
        (_("Machine is down"), "gear"),
        (_("Material is missing or wrong"), "file"),
        (_("Part out of tolerance"), "bad"),
        (_("Tool or gauge"), "compare"),
        (_("Drawing or instruction"), "edit"),
        (_("Danger"), "warn"),
    ]
