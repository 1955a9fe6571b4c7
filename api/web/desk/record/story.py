"""What happened in an instance, read from where it is kept: history, audit trail, incidents."""

from api.web.desk.record import timeline
from api.web.desk.record.subject import Item, Subject
from api.web.page import View
from engine.records import queries as records
from engine.records import signatures
from engine.workflow.work import queries

PER_PAGE, MANY, ALL = 100, 200, 2_000


def a_page(
    view: View, subject: Subject, cursor: str | None
) -> tuple[list[timeline.Entry], str | None]:
    """A page of the timeline and the cursor of the next one.

    One step more is read before a later page: what its variables were, and when it was.
    """
    first = cursor is None or not cursor.isdecimal() or int(cursor) < 1
    history = view.read(
        queries.instance_history,
        instance=subject.id,
        site=view.site,
        limit=PER_PAGE if first else PER_PAGE + 1,
        cursor=None if first else str(int(cursor or 1) - 1),
    )
    steps = history["items"]
    previous = None if first or not steps else steps.pop(0)
    entries = timeline.from_steps(
        subject, steps, previous["variables"] if previous else {}, counting=first
    )
    timeline.sign(entries, signatures_of(view, subject))
    entries += _beside(view, subject)
    after = previous["ended"] if previous else None
    until = steps[-1]["ended"] if history["next"] and steps else None
    return timeline.in_order(entries, after, until), history["next"]


def the_whole(view: View, subject: Subject) -> tuple[list[timeline.Entry], bool]:
    """The whole timeline, and whether that was all: paper has an end."""
    steps: list[Item] = []
    cursor: str | None = None
    while len(steps) < ALL:
        found = view.read(
            queries.instance_history,
            instance=subject.id,
            site=view.site,
            limit=MANY,
            cursor=cursor,
        )
        steps += found["items"]
        cursor = found["next"]
        if cursor is None:
            break
    entries = timeline.from_steps(subject, steps, {}, counting=True)
    timeline.sign(entries, signatures_of(view, subject))
    entries += _beside(view, subject)
    until = steps[-1]["ended"] if cursor is not None else None
    return timeline.in_order(entries, None, until), cursor is None


def signatures_of(view: View, subject: Subject) -> list[Item]:
    """Its signatures, oldest first."""
    found = view.read(signatures.signatures, site=view.site, limit=MANY, instance=subject.id)
    return list(reversed(found["items"]))


def _beside(view: View, subject: Subject) -> list[timeline.Entry]:
    """What stands in no step: what was done to the instance as a whole, and its incidents."""
    trail = view.read(
        records.audit_entries,
        site=view.site,
        limit=MANY,
        subject=f"instance:{subject.item['id']}",
    )
    found = timeline.from_audit(subject, trail["items"])
    for state in ("open", "resolved"):
        incidents = view.read(
            queries.incidents, site=view.site, limit=MANY, instance=subject.id, state=state
        )
        found += timeline.from_incidents(subject, incidents["items"])
    return found
