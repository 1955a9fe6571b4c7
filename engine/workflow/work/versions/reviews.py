"""Who handed a version to review, who sent it back and why; and who may decide about it."""

from typing import Any

import sqlalchemy as sa

from engine.access.settings import site_settings
from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import Conflict
from engine.kernel.store.uow import Uow
from engine.records.audit import audit_entry, packed

SUBMITTED, REJECTED = "process.submitted", "process.rejected"
AUTHOR = 6  # in a row of `queries`


class ReviewerIsAuthor(Conflict):
    """The site wants a second pair of eyes."""

    code = "reviewer-is-author"
    title = "The reviewer is the author"


def reviews(uow: Uow, *, key: str, version: int, site: int) -> dict[str, Any]:
    """The last time a version was submitted, and the last time it was rejected; None if never."""
    found: dict[str, Any] = {"submitted": None, "rejected": None}
    rows = uow.all(_REVIEWS, subject=packed(f"process:{key}:{version}"), site=site)
    for action, actor, at, detail in rows:
        told = json_text.read(detail) if detail else {}
        if action == SUBMITTED:
            found["submitted"] = {"by": actor, "at": iso(at)}
        else:
            found["rejected"] = {"by": actor, "at": iso(at), "reason": told.get("reason")}
    return found


def check_reviewer(uow: Uow, row: tuple[Any, ...], actor: Actor) -> None:
    """Let pass who may release a version: on some sites nobody who deployed it.

    Raises:
        ReviewerIsAuthor: if the site has the rule and the actor is the author.
    """
    if row[AUTHOR] != actor.name or not site_settings(uow, site=actor.site).reviewer_is_not_author:
        return
    raise ReviewerIsAuthor(
        f"You are the author of version {row[2]} of {row[1]}; on this site somebody else "
        "releases it. Ask another process engineer.",
        author=row[AUTHOR],
    )


_a = audit_entry.c
_REVIEWS = db.Statement(
    sa.select(_a.action, _a.actor, _a.at, _a.detail)
    .where(
        _a.subject == sa.bindparam("subject"),
        _a.site_id == sa.bindparam("site"),
        _a.action.in_([sa.literal_column(f"'{SUBMITTED}'"), sa.literal_column(f"'{REJECTED}'")]),
    )
    .order_by(_a.id)
)
