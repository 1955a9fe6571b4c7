"""The timeline of an instance: its history, and beside it what people did to it as a whole."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.web.desk.record.answers import Answer, answers_of
from api.web.desk.record.subject import Item, Subject
from api.web.desk.steps import kind_of
from api.web.language import gettext as _
from api.web.language import instant
from engine.workflow.definition.model import GATEWAYS

# What the history tells itself, with more of it than the audit trail.
TOLD = frozenset({"instance.started", "instance.split", "instance.merged"})
LAST = 2**31
QUIET = GATEWAYS | {"startEvent"}


@dataclass(slots=True)
class Entry:
    """One line of the timeline.

    `tone` and `icon` are those of its mark; `run` counts how often the element was passed until
    then, where that is known; `values` are name, value before, value after. `quiet` is what the
    diagram does by itself, shown when every step is asked for; `gone` was taken back later.
    """

    at: str
    title: str
    tone: str = ""
    icon: str = "good"
    kind: str = ""
    actor: str | None = None
    seconds: float = 0
    run: int = 1
    element: str | None = None
    step: int | None = None
    words: str = ""
    reason: str = ""
    other: str = ""
    quiet: bool = False
    gone: bool = False
    answers: list[Answer] = field(default_factory=list)
    values: list[tuple[str, Any, Any]] = field(default_factory=list)
    signatures: list[Item] = field(default_factory=list)

    @property
    def deviates(self) -> bool:
        """Whether it departs from the released routing."""
        return bool(self.reason or self.words) and self.tone == "warn"


def from_steps(
    subject: Subject, steps: Iterable[Item], before: Mapping[str, Any], counting: bool
) -> list[Entry]:
    """The history's steps as entries.

    Args:
        before: the variables as they were before the first of them.
        counting: whether the first of them is the first of all, so that runs can be counted.
    """
    runs: Counter[str] = Counter()
    entries = []
    for step in steps:
        runs[step["element"] or ""] += 1
        entry = _from_step(subject, step, before)
        entry.run = runs[step["element"] or ""] if counting and step["element"] else 1
        entries.append(entry)
        before = step["variables"]
        if "undoes" in step:
            _take_back(entries, step["undoes"])
    return entries


def _take_back(entries: list[Entry], first: int) -> None:
    """Mark what was undone: the step named, and all that came of it at once."""
    at = next((entry.at for entry in entries if entry.step == first), None)
    for entry in entries[:-1]:
        if entry.step is not None and entry.step >= first and entry.at == at:
            entry.gone = True


def _from_step(subject: Subject, step: Item, before: Mapping[str, Any]) -> Entry:
    word, icon = kind_of(step["type"])
    answers, told = answers_of(subject.plan, step["element"], step["answers"], before)
    entry = Entry(
        at=step["ended"],
        title=step["name"] or subject.label(step["element"]) or word.capitalize(),
        icon=icon,
        kind=word,
        actor=who(step["actor"]),
        seconds=(instant(step["ended"]) - instant(step["started"])).total_seconds(),
        element=step["element"],
        step=step["step"],
        quiet=step["type"] in QUIET and "deviation" not in step,
        answers=answers,
        values=[
            (name, before.get(name), value)
            for name, value in step["changed"].items()
            if name not in told
        ],
        other=step.get("other", ""),
    )
    if any(answer.bad for answer in answers):
        entry.tone, entry.icon = "bad", "warn"
    elif step["state"] != "completed":
        entry.tone, entry.icon = "", "bad"
        entry.words = _("ended without being done")
    elif step["actor"] is not None:
        entry.tone = "good"
    if "deviation_kind" in step:
        entry.tone, entry.icon = "warn", "undo"
        entry.words, entry.reason = _deviation(step), step.get("deviation") or ""
    return entry


def who(actor: str | None) -> str | None:
    """An actor as people read it: of a token without a user, the end of its id."""
    kind, _colon, identity = (actor or "").partition(":")
    if kind == "token" and identity:
        return _("token …%(end)s") % {"end": identity[-6:]}
    return actor


def _deviation(step: Item) -> str:
    words = {
        "move": _("moved away from here"),
        "skip": _("skipped"),
        "insert": _("inserted for this one only"),
        "complete": _("completed by decision"),
        "cancel": _("cancelled"),
        "variables": _("values changed by hand"),
        "split": _("split"),
        "merge": _("merged"),
        "undo": _("taken back"),
        "throw": _("error raised by decision"),
    }
    return words.get(step["deviation_kind"]) or str(step["deviation_kind"])


def from_audit(subject: Subject, entries: Iterable[Item]) -> list[Entry]:
    """What people did to the instance as a whole; newest first, as the trail is read."""
    found = [_from_audit(subject, each) for each in entries if each["action"] not in TOLD]
    return [entry for entry in found if entry is not None]


def _from_audit(subject: Subject, entry: Item) -> Entry | None:
    detail = entry["detail"] or {}
    told = {
        "instance.suspended": (_("Suspended"), "hold"),
        "instance.resumed": (_("Resumed"), "play"),
        "instance.cancelled": (_("Cancelled"), "bad"),
        "instance.inserted": (_("Work inserted"), "plus"),
        "instance.moved": (_("Moved"), "right"),
        "instance.undone": (_("Last entry taken back"), "undo"),
    }
    if entry["action"] not in told:
        return None
    title, icon = told[entry["action"]]
    words = ""
    if entry["action"] == "instance.moved":
        words = _("from %(start)s to %(target)s") % {
            "start": subject.label(detail.get("from")),
            "target": subject.label(detail.get("to")),
        }
    if entry["action"] == "instance.inserted":
        words = _("%(name)s, after %(element)s") % {
            "name": detail.get("name", ""),
            "element": subject.label(detail.get("after")),
        }
    return Entry(
        at=entry["at"],
        title=title,
        tone="warn",
        icon=icon,
        actor=who(entry["actor"]),
        words=words,
        reason=detail.get("reason") or "",
    )


def from_incidents(subject: Subject, incidents: Iterable[Item]) -> list[Entry]:
    """Where a token stopped, and when it went on."""
    entries = []
    for each in incidents:
        label = subject.place(each["element"])
        entries.append(
            Entry(
                at=each["since"],
                title=_("Incident at %(element)s") % {"element": label},
                tone="bad",
                icon="bad",
                actor=each.get("reporter"),
                element=each["element"],
                words=each["message"],
            )
        )
        if each["state"] == "resolved" and each["resolved_by"]:
            title = _("Incident at %(element)s cleared") % {"element": label}
            entries.append(
                Entry(
                    at=each["resolved"],
                    title=title,
                    tone="good",
                    actor=each["resolved_by"],
                    element=each["element"],
                )
            )
    return entries


def sign(entries: Iterable[Entry], signatures: Iterable[Item]) -> None:
    """Put each signature to the step that it was given for: same element, same instant."""
    by_place: dict[tuple[str | None, str], list[Item]] = {}
    for each in signatures:
        by_place.setdefault((each["element"], each["at"]), []).append(each)
    for entry in entries:
        entry.signatures = by_place.get((entry.element, entry.at), [])


def in_order(entries: Iterable[Entry], after: str | None, until: str | None) -> list[Entry]:
    """All entries of a page by time; steps keep the order of the history, what they led to follows.

    Args:
        after, until: what of the rest belongs to this page of the history.
    """
    kept = [
        entry
        for entry in entries
        if entry.step is not None
        or ((after is None or entry.at > after) and (until is None or entry.at <= until))
    ]
    return sorted(kept, key=lambda entry: (entry.at, entry.step or LAST))
