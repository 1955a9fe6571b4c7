"""What connects the values of a machine's file; each rule names place, fault and cure."""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from adapters.machines.config.lines import Path_
from adapters.machines.config.plan import COUNTERS, EXACT, STATES, Signal

Blame = Iterator[tuple[Path_, str]]
INDEXED = re.compile(r"(^|[;|,\s])ns=\d+")
NUMBERS = ("int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")
SECRETS = ("password", "passwd", "secret", "pin", "private_key_password")


def tag_faults(values: Mapping[str, Any]) -> Blame:
    """What is wrong with the tags of a machine, one by one and together."""
    seen: dict[str, int] = {}
    machine_made = _made_by_the_gateway(values)
    for number, tag in enumerate(values["tags"]):
        place: Path_ = ("tags", number)
        if tag["name"] in seen:
            told = f"the tag {tag['name']} is there already (tag number {seen[tag['name']] + 1})"
            yield (*place, "name"), f"{told}; give this one another name"
        seen.setdefault(tag["name"], number)
        for rule in TAG_RULES:
            for path, told in rule(tag):
                yield (*place, *path), f"{tag['name']}: {told}"
        yield from _groups(tag, values["groups"], place)
        if tag["name"] not in machine_made:
            yield from _unlimited(tag, place)
    yield from _named_tags(values, seen)


def _state(tag: Mapping[str, Any]) -> Blame:
    if tag["signal"] != Signal.STATE:
        return
    if not tag["map"]:
        yield (), "a state needs map: {raw value: state}, such as {0: idle, 1: running}; add it"
    for raw, state in (tag["map"] or {}).items():
        if state not in STATES:
            yield ("map", raw), f"{state} is no state; choose one of {', '.join(STATES)}"


def _exact(tag: Mapping[str, Any]) -> Blame:
    if tag["deadband"] is None:
        return
    if tag["signal"] in EXACT:
        yield (
            ("deadband",),
            f"a deadband on {tag['signal']} would lose what is counted; remove deadband",
        )
    band = tag["deadband"]
    if ("abs" in band) == ("pct" in band):
        yield ("deadband",), "a deadband is either abs or pct; name one of them"
    elif "pct" in band and tag["range"] is None:
        yield ("deadband",), "a deadband in percent needs range: [lowest, highest]; add it"


def _counters(tag: Mapping[str, Any]) -> Blame:
    counts = tag["signal"] in COUNTERS
    for key in ("rollover", "max_step"):
        if tag[key] is not None and not (counts or tag["signal"] == Signal.CYCLE_COMPLETE):
            yield (key,), f"{key} belongs to a counter, this is {tag['signal']}; remove it"
    if counts and (tag["scale"] != 1 or tag["offset"] != 0):
        key = "scale" if tag["scale"] != 1 else "offset"
        yield (key,), "a counter is told as the machine counts it; remove scale and offset"
    if tag["cycle"] is not None and tag["signal"] != Signal.CYCLE_COMPLETE:
        yield ("cycle",), "cycle belongs to signal cycle_complete; remove it, or change the signal"


def _numbers(tag: Mapping[str, Any]) -> Blame:
    for key in ("range", "write_limits", "limits"):
        if tag[key] is not None and tag[key][0] >= tag[key][1]:
            yield (key,), f"{key} has to be [lowest, highest]; the first is not the smaller"
    if tag["scale"] == 0:
        yield ("scale",), "a scale of 0 makes every value the same; write another, or remove it"
    if tag["type"] in ("string", "bool") and (tag["scale"] != 1 or tag["offset"] != 0):
        yield (), f"a {tag['type']} has no scale and no offset; remove them"
    if tag["write_limits"] is not None and not tag["writable"]:
        yield ("write_limits",), "write_limits without writable: true do nothing; add or remove"


def _indexed(tag: Mapping[str, Any]) -> Blame:
    if INDEXED.search(tag["address"]):
        yield (
            ("address",),
            "ns=<number> changes when the machine restarts; write nsu=<namespace URI>; instead",
        )


TAG_RULES: tuple[Callable[[Mapping[str, Any]], Blame], ...] = (
    _state,
    _exact,
    _counters,
    _numbers,
    _indexed,
)


def _unlimited(tag: Mapping[str, Any], place: Path_) -> Blame:
    """A number without a type may be one, so `auto` needs limits too."""
    if tag["writable"] and tag["type"] in (*NUMBERS, "auto") and tag["write_limits"] is None:
        told = "what is writable needs write_limits: [lowest, highest]; add them"
        exempt = " (or type: bool or string)" if tag["type"] == "auto" else ""
        yield place, f"{tag['name']}: {told}{exempt}"


def _made_by_the_gateway(values: Mapping[str, Any]) -> set[str]:
    """Tags that take command numbers and strobes: their values are the gateway's own."""
    return {tag for action in values["actions"].values() for tag in action["command"].values()}


def _groups(tag: Mapping[str, Any], groups: Mapping[str, float], place: Path_) -> Blame:
    if tag["group"] is not None and tag["group"] not in groups:
        known = ", ".join(groups) or "none"
        yield (
            (*place, "group"),
            f"{tag['name']}: there is no group {tag['group']} (there is: {known}); "
            "add it under groups, with its seconds",
        )


def _named_tags(values: Mapping[str, Any], known: Mapping[str, int]) -> Blame:
    """Tags that tags name."""
    for number, tag in enumerate(values["tags"]):
        cycle = tag["cycle"] or {}
        named = [("serial", tag["serial"]), *(("cycle", v) for v in cycle.get("values", ()))]
        named += [("cycle", cycle.get(key)) for key in ("boot", "serial", "good", "scrap")]
        for key, name in named:
            if name is not None and name not in known:
                told = f"{tag['name']}: {key} names the tag {name}, which is not here"
                yield ("tags", number, key), f"{told}; add the tag, or correct the name"


def secret_faults(values: Mapping[str, Any], folder: Path) -> Blame:
    """Passwords in the file, and those that are not where the file says."""
    for part in ("options", "security"):
        for key, value in values[part].items():
            place = (part, key)
            if key in SECRETS:
                yield (
                    place,
                    f"a secret does not belong in this file; write {key}_env: NAME_OF_A_VARIABLE "
                    f"or {key}_file: FILE",
                )
            elif str(key).endswith("password_env") and str(value) not in os.environ:
                yield place, f"the variable {value} is not set; set it where the gateway starts"
            elif str(key).endswith("password_file") and not (folder / str(value)).is_file():
                yield place, f"there is no file {folder / str(value)}; make it, readable by owner"
