"""Forms of two versions: fields, limits, choices and instructions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.workflow.definition.compare.change import Change, Kind, Subject
from engine.workflow.definition.compare.words import arrow, number, said
from forms.compiler import Form

Field = Mapping[str, Any]
User = tuple[str, str]
Told = tuple[str, Subject, str, str | None, str | None]

# What of a field is told, in the words of a sentence; everything else is told by its own name.
_LIMITS: Mapping[str, str] = {
    "limits.lower": "lower limit",
    "limits.target": "target",
    "limits.upper": "upper limit",
    "min": "lowest value accepted",
    "max": "highest value accepted",
}
_WORDS: Mapping[str, str] = {
    "label": "label",
    "type": "type",
    "required": "must be answered",
    "unit": "unit",
    "variable": "variable",
    "help": "help",
    "pattern": "pattern",
    "count": "number of samples",
}
_LISTS: Mapping[str, str] = {"choices": "choice", "items": "item"}


def compare_forms(
    old: Mapping[str, Form],
    new: Mapping[str, Form],
    users: Mapping[str, Sequence[User]],
) -> Iterator[Change]:
    """Changes of forms; `users` are (element, label) of the tasks that ask with each form."""
    for key in [*new, *(k for k in old if k not in new)]:
        told = users.get(key) or [("", f"Form '{_title(old, new, key)}'")]
        for element, name in told:
            if key in old and key in new:
                yield from _changes(old[key], new[key], element, name)
            elif not users.get(key):
                kind = Kind.ADDED if key in new else Kind.REMOVED
                yield Change(element, kind, Subject.FORM, f"{name} {kind}.", name, key)


def _title(old: Mapping[str, Form], new: Mapping[str, Form], key: str) -> str:
    return (new[key] if key in new else old[key]).title


def _changes(old: Form, new: Form, element: str, name: str) -> Iterator[Change]:
    for part, subject, what, was, now in [*_heads(old, new), *_bodies(old, new, name)]:
        sentence = f"{name}: {what} {arrow(was, now)}."
        yield Change(element, Kind.CHANGED, subject, sentence, name, part, was, now)
    before, after = _fields(old), _fields(new)
    for kind, fields, others in ((Kind.ADDED, after, before), (Kind.REMOVED, before, after)):
        for key, field in fields.items():
            if key not in others:
                sentence = f"{name}: field '{_label(field)}' {kind}."
                yield Change(element, Kind.CHANGED, Subject.FORM, sentence, name, key)


def _heads(old: Form, new: Form) -> Iterator[Told]:
    """What differs about the form itself."""
    before, after = _fields(old), _fields(new)
    order = _order(before, after), _order(after, before)
    for what, was, now in (
        ("title of its form", old.title, new.title),
        ("instructions", _instructions(old), _instructions(new)),
        ("order of its fields", *map(" · ".join, order)),
    ):
        reordered = sorted(order[0]) == sorted(order[1]) or not what.startswith("order")
        if was != now and reordered:
            yield "", Subject.FORM, what, said(was), said(now)


def _bodies(old: Form, new: Form, name: str) -> Iterator[Told]:
    """What differs about the fields of both."""
    before, after = _fields(old), _fields(new)
    for key in [key for key in after if key in before]:
        was, now = before[key], after[key]
        prefix = "" if _label(now).lower() == name.lower() else f"{_label(was)}: "
        for subject, what, left, right in _differences(was, now):
            yield key, subject, prefix + what, left, right


def _fields(form: Form) -> dict[str, Field]:
    given: Any = form.definition.get("fields") or []
    return {str(field["key"]): field for field in given}


def _label(field: Field) -> str:
    return str(field.get("label") or field["key"])


def _order(fields: Mapping[str, Field], other: Mapping[str, Field]) -> list[str]:
    return [key for key in fields if key in other]


def _instructions(form: Form) -> str:
    given: Any = form.definition.get("instructions") or []
    steps = [s if isinstance(s, Mapping) else {"text": str(s)} for s in given]
    return " · ".join(f"{s.get('text', '')} {s.get('image', '')}".strip() for s in steps)


def _differences(old: Field, new: Field) -> Iterator[tuple[Subject, str, str | None, str | None]]:
    was, now = _flat(old), _flat(new)
    for key in dict.fromkeys([*was, *now]):
        if key in _LISTS:
            for what, left, right in _listed(_LISTS[key], was.get(key), now.get(key)):
                yield Subject.FORM, what, left, right
        elif number(was.get(key)) != number(now.get(key)):
            units = (old.get("unit"), new.get("unit")) if key in _LIMITS else (None, None)
            subject = Subject.LIMIT if key in _LIMITS else Subject.FORM
            what = _LIMITS.get(key) or _WORDS.get(key, key)
            yield subject, what, _amount(was.get(key), units[0]), _amount(now.get(key), units[1])


def _flat(field: Field) -> dict[str, Any]:
    """The attributes of a field, limits one by one; false, null and empty count as left out."""
    flat: dict[str, Any] = {}
    for key, value in field.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}.{name}": each for name, each in value.items()}
        elif key != "key":
            flat[key] = value
    return {key: value for key, value in flat.items() if value not in (None, False, "")}


def _amount(value: object, unit: object) -> str | None:
    told = said(value)
    return f"{told} {unit}" if told is not None and unit else told


def _listed(word: str, old: Any, new: Any) -> Iterator[tuple[str, str | None, str | None]]:
    was, now = _by_value(old), _by_value(new)
    for value in dict.fromkeys([*was, *now]):
        if was.get(value) != now.get(value):
            yield word, was.get(value), now.get(value)
    if was == now and list(was) != list(now):
        yield f"order of its {word}s", ", ".join(was.values()), ", ".join(now.values())


def _by_value(given: Any) -> dict[str, str]:
    return {str(each.get("value")): str(each.get("label") or each["value"]) for each in given or ()}
