"""Forms of other tools in our JSON: form-js (Camunda 7 and 8), and form data of BPMN files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from engine.kernel import json_text
from engine.kernel.errors import Invalid
from engine.workflow.definition.converting.ledger import slug, unique
from engine.workflow.definition.reading.values import is_variable, local

Definition = dict[str, Any]
Loss = tuple[str, str, str]

_TYPES: Mapping[str, str] = {
    "textfield": "text",
    "textarea": "text",
    "number": "number",
    "checkbox": "check",
    "radio": "choice",
    "select": "choice",
    "checklist": "multichoice",
    "taglist": "multichoice",
    "datetime": "datetime",
    "filepicker": "file",
    # Flowable and Activiti
    "text": "text",
    "multi-line-text": "text",
    "integer": "number",
    "decimal": "number",
    "amount": "number",
    "boolean": "check",
    "dropdown": "choice",
    "radio-buttons": "choice",
    "date": "datetime",
    "upload": "file",
}
_HOLDERS = frozenset({"group", "container"})
_SHOWN = frozenset({"text", "html", "image", "headline", "headline-with-line"})
_EMPTY = frozenset({"button", "spacer", "separator", "horizontal-line"})
# What says nothing about the answers: how a component is laid out, and its own bookkeeping.
_PLAIN = frozenset(
    {
        *("id", "key", "type", "label", "name", "text", "description", "values", "validate"),
        *("layout", "properties", "components", "action", "placeholder", "subtype", "content"),
        *("appearance", "showOutline", "direction", "verticalAlignment", "dateLabel", "timeLabel"),
        *("options", "required", "fieldType", "overrideId", "className", "decimalDigits", "use24h"),
        *("timeInterval", "timeSerializingFormat", "increment", "serializeToString"),
        *("path", "searchable", "accept", "multiple", "url", "source", "alt", "height"),
        *("params", "hasEmptyValue", "optionType", "isReadOnly"),
    }
)
_DATA: Mapping[str, str] = {
    **dict.fromkeys(("long", "integer", "int", "double", "float", "number", "decimal"), "number"),
    "boolean": "check",
    "date": "datetime",
    "enum": "choice",
    "string": "text",
}


@dataclass(slots=True)
class Asked:
    """A form that was carried over; `lost` are (field, what, cure), `called` its names there."""

    definition: Definition
    lost: list[Loss] = field(default_factory=list)
    called: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key of the form."""
        return str(self.definition["key"])


def from_json(text: bytes, key: str) -> Asked | None:
    """A form-js or Flowable form; None if the text is neither.

    Args:
        key: what it is called if it does not say so itself.
    """
    try:
        given = json_text.read_request(text)
    except Invalid:
        return None
    if not isinstance(given, Mapping):
        return None
    parts = given.get("components", given.get("fields"))
    if not isinstance(parts, list) or ("components" not in given and "key" not in given):
        return None
    own = str(given.get("id") or given.get("key") or key)
    title = str(given.get("name") or given.get("title") or own)
    asked = _Reading(slug(own, "form"), title).read(parts)
    asked.called = (own,)
    for name in ("outcomes", "conditions"):
        if given.get(name):
            told = f"{name} of the form: {json_text.write(given[name]).decode()[:80]}."
            asked.lost.append((name, told, "Ask with a choice, and draw the ways behind the task."))
    return asked


def from_data(fields: Sequence[etree._Element], key: str, title: str) -> Asked:
    """A form made from the `formField` or `formProperty` elements of a task."""
    asked = Asked({"key": key, "title": title or key, "fields": []})
    keys: list[str] = []
    for given in fields:
        name = given.get("id") or given.get("name") or "field"
        item = _field(name, _DATA.get(given.get("type") or "string"), keys)
        if item is None:
            told = f"The field {name} has the type {given.get('type')}."
            asked.lost.append((name, told, "Add a field of one of our types to the form."))
            continue
        item["label"] = given.get("label") or given.get("name") or name
        item |= _data_rules(given, item, name, asked)
        asked.definition["fields"].append(item)
    return asked


def _field(name: str, kind: str | None, keys: list[str]) -> Definition | None:
    if kind is None:
        return None
    key = unique(slug(name, "field") if not is_variable(name) else name, keys)
    keys.append(key)
    return {"key": key, "type": kind, **({"variable": key} if is_variable(key) else {})}


# ---- form data ----

_LIMITS = {"min": "min", "max": "max", "minlength": "min", "maxlength": "max"}


def _data_rules(given: etree._Element, item: Definition, name: str, asked: Asked) -> Definition:
    """Choices, limits and whether it must be answered."""
    rules: Definition = {}
    if given.get("required") == "true":
        rules["required"] = True
    for child in given.iter(etree.Element):
        if local(child) == "value" and child.get("id"):
            value = child.get("id", "")
            choice = {"value": value, "label": child.get("name") or value}
            rules.setdefault("choices", []).append(choice)
        elif local(child) == "constraint":
            _constraint(child, item, name, rules, asked)
    if item["type"] == "choice" and "choices" not in rules:
        item["type"] = "text"
        asked.lost.append((name, f"The field {name} offers no choices.", "Write its choices."))
    for attribute in ("defaultValue", "default", "expression", "variable", "datePattern"):
        if given.get(attribute):
            told = f"{attribute} of the field {name}: {given.get(attribute)}."
            asked.lost.append((name, told, "A field starts empty; set a variable before the task."))
    return rules


def _constraint(
    child: etree._Element, item: Definition, name: str, rules: Definition, asked: Asked
) -> None:
    kind, config = child.get("name") or "", child.get("config") or ""
    if kind == "required":
        rules["required"] = True
    elif kind in _LIMITS and _suits(kind, item["type"]) and _is_number(config):
        rules[_LIMITS[kind]] = config if item["type"] == "number" else int(config)
    else:
        told = f"The constraint {kind} {config} of the field {name}."
        asked.lost.append((name, told.replace("  ", " "), "Check it in a gateway behind the task."))


def _suits(kind: str, field_type: str) -> bool:
    return field_type == ("text" if kind.endswith("length") else "number")


def _is_number(text: object) -> bool:
    try:
        float(str(text))
    except ValueError:
        return False
    return True


# ---- form-js ----


class _Reading:
    """One reading of one JSON form."""

    def __init__(self, key: str, title: str) -> None:
        self.asked = Asked({"key": key, "title": title[:200], "fields": []})
        self.keys: list[str] = []
        self.steps: list[Definition] = []

    def read(self, parts: list[Any]) -> Asked:
        """The whole form."""
        for part in _flattened(parts):
            if str(part.get("type")) in _HOLDERS:
                self.others(part, str(part.get("label") or part.get("id") or "group"))
            else:
                self.component(part)
        if self.steps:
            self.asked.definition["instructions"] = self.steps[:50]
        return self.asked

    def lose(self, name: str, told: str, cure: str) -> None:
        """Note what of a component has no place here."""
        self.asked.lost.append((name, told, cure))

    def component(self, part: Mapping[str, Any]) -> None:
        """One component: a field, a text beside the record, or nothing."""
        kind = str(part.get("type") or "")
        name = str(part.get("key") or part.get("id") or part.get("label") or kind)
        if kind in _EMPTY:
            return
        if kind in _SHOWN and not (kind == "text" and "fieldType" in part):
            self.shown(part, kind, name)
            return
        item = _field(name, _TYPES.get(kind), self.keys)
        if item is None:
            self.lose(name, f"The component {name} is a {kind}.", "Ask for it with other fields.")
            return
        item["label"] = str(part.get("label") or part.get("name") or name)[:500]
        if part.get("description"):
            item["help"] = str(part["description"])[:500]
        self.rules(part, item, name)
        if "variable" not in item:
            told = f"The answer {name} becomes no variable; none can be called so."
            self.lose(name, told, "Write a variable into the field.")
        self.asked.definition["fields"].append(item)
        self.others(part, name)

    def shown(self, part: Mapping[str, Any], kind: str, name: str) -> None:
        """A text for the reader is a step of the instructions."""
        text = str(part.get("text") or part.get("name") or "").strip().lstrip("#").strip()
        if text and kind != "html" and not text.startswith("="):
            self.steps.append({"text": text[:2000]})
        else:
            self.lose(name, f"The {kind} {name} of the form.", "Write an instruction of the form.")
        self.others(part, name)

    def rules(self, part: Mapping[str, Any], item: Definition, name: str) -> None:
        """What an answer must be."""
        told: Any = part.get("validate") or {}
        if told.get("required") or part.get("required"):
            item["required"] = True
        if item["type"] in ("choice", "multichoice"):
            self.choices(part, item, name)
        for ours, theirs in (("min", "minLength"), ("max", "maxLength")):
            if item["type"] == "text" and _is_number(told.get(theirs)):
                item[ours] = int(told[theirs])
            if item["type"] == "number" and _is_number(told.get(ours)):
                item[ours] = told[ours]
        used = {"required", "min", "max", "minLength", "maxLength", "validationType"}
        for rule in sorted(set(told) - used):
            self.lose(name, f"{rule} of {name}: {told[rule]}.", "Check it in a gateway behind it.")

    def choices(self, part: Mapping[str, Any], item: Definition, name: str) -> None:
        """The choices that are written down; those that come from data cannot be carried over."""
        given = part.get("values") or part.get("options") or []
        item["choices"] = [
            {"value": str(each.get("value", each.get("name"))), "label": _choice_label(each)}
            for each in given
            if isinstance(each, Mapping) and each.get("value", each.get("name")) not in (None, "")
        ]
        if not item["choices"]:
            del item["choices"]
            item["type"] = "text"
            self.lose(name, f"The choices of {name} come from data.", "Write them into the field.")

    def others(self, part: Mapping[str, Any], name: str) -> None:
        """Everything else that a component says."""
        for key in sorted(set(part) - _PLAIN):
            value = part[key]
            if value in (None, "", False, [], {}):
                continue
            told = json_text.write(value).decode()[:80]
            self.lose(name, f"{key} of {name}: {told}.", "Leave it out, or draw it as a way.")


def _flattened(parts: list[Any]) -> Iterator[Mapping[str, Any]]:
    """Components one after another, those of a group behind it; rows of Flowable too."""
    waiting = list(reversed(parts))
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += reversed(part)
        elif isinstance(part, Mapping):
            if str(part.get("type")) in _HOLDERS:
                inside: Any = part.get("components") or part.get("fields") or []
                waiting += reversed(list(inside.values()) if isinstance(inside, dict) else inside)
            yield part


def _choice_label(each: Mapping[str, Any]) -> str:
    return str(each.get("label") or each.get("name") or each.get("value"))[:200]
