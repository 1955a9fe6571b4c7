"""What connects an action with the tags of its machine."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from adapters.machines.config.lines import Path_
from adapters.machines.config.plan import Kind, text_of

Blame = Iterator[tuple[Path_, str]]
Tags = Mapping[str, Mapping[str, Any]]

# kind -> what it cannot do without: (key, part)
NEEDED = {
    Kind.ECHO_HANDSHAKE: (("command", "id"), ("echo", "id"), ("echo", "state")),
    Kind.JOB_CONTROL: (("method", None),),
    Kind.FOUR_PHASE: (("command", "request"), ("echo", "ack"), ("echo", "done")),
    Kind.START_BIT: (("command", "start"),),
}


CANCELS = (Kind.START_BIT, Kind.JOB_CONTROL)


def action_faults(values: Mapping[str, Any]) -> Blame:
    """What is wrong with the actions of a machine."""
    tags: Tags = {tag["name"]: tag for tag in values["tags"]}
    for name, action in values["actions"].items():
        place: Path_ = ("actions", name)
        for rule in (_needed, _readable, _written, _required, _parameters, _arguments, _states):
            for path, told in rule(action, tags):
                yield (*place, *path), f"{name}: {told}"
        cancel = action["cancel"]
        if cancel is not None and (cancel not in values["actions"] or cancel == name):
            told = f"{name}: cancel names {cancel}, which is no other action of this machine"
            yield (*place, "cancel"), f"{told}; add it, or remove cancel"
        elif cancel is not None and values["actions"][cancel]["kind"] not in CANCELS:
            told = f"{name}: cancel is sent once and not watched; {cancel} has to be of kind"
            yield (*place, "cancel"), f"{told} {' or '.join(CANCELS)}"


def _needed(action: Mapping[str, Any], _: Tags) -> Blame:
    for key, part in NEEDED[Kind(action["kind"])]:
        if not action[key] or (part is not None and part not in action[key]):
            lacking = key if part is None else f"{key}: {{{part}: TAG}}"
            yield (), f"{action['kind']} needs {lacking}; add it"


def _missing(name: str, tags: Tags) -> str | None:
    if name in tags:
        return None
    near = get_close_matches(name, tags, 1)
    cure = f"did you mean {near[0]}?" if near else "add the tag, or correct the name"
    return f"there is no tag {name}; {cure}"


def _readable(action: Mapping[str, Any], tags: Tags) -> Blame:
    for key in ("echo", "results"):
        for part, name in action[key].items():
            if told := _missing(name, tags):
                yield (key, part), told


def _written(action: Mapping[str, Any], tags: Tags) -> Blame:
    for part, name in action["command"].items():
        if told := _missing(name, tags):
            yield ("command", part), told
        elif not tags[name]["writable"]:
            yield ("command", part), f"the tag {name} is not writable; give it writable: true"
        elif part == "id" and tags[name]["type"] not in ("uint32", "uint64", "int64", "auto"):
            yield (
                ("command", part),
                f"the tag {name} takes the command's number of 32 bits; give it type: uint32",
            )


def _required(action: Mapping[str, Any], tags: Tags) -> Blame:
    for key in ("require", "running", "done"):
        for name, wanted in action[key].items():
            if told := _missing(str(name), tags):
                yield (key, name), told
                continue
            words = tags[str(name)]["map"]
            if words and text_of(wanted) not in words.values():
                known = ", ".join(dict.fromkeys(words.values()))
                yield (key, name), f"{name} is never {text_of(wanted)}; it can be {known}"


def _parameters(action: Mapping[str, Any], tags: Tags) -> Blame:
    for name, parameter in action["parameters"].items():
        place: Path_ = ("parameters", name)
        target = parameter["tag"]
        if target is None:
            if action["kind"] != Kind.JOB_CONTROL:
                yield place, f"the parameter {name} needs tag: the tag it is written to; add it"
            continue
        if told := _missing(target, tags):
            yield (*place, "tag"), told
        elif not tags[target]["writable"]:
            yield (*place, "tag"), f"the tag {target} is not writable; give it writable: true"
        else:
            yield from _within(place, parameter["limits"], tags[target]["write_limits"], target)


def _within(place: Path_, limits: Any, allowed: Any, target: str) -> Blame:
    if limits is None:
        return
    if limits[0] > limits[1]:
        yield (*place, "limits"), "limits have to be [lowest, highest]; the first is not smaller"
    elif allowed is not None and (limits[0] < allowed[0] or limits[1] > allowed[1]):
        told = f"limits go beyond write_limits {allowed} of the tag {target}"
        yield (*place, "limits"), f"{told}; narrow them"


def _arguments(action: Mapping[str, Any], _: Tags) -> Blame:
    for number, name in enumerate(action["arguments"]):
        if name != "job" and name not in action["parameters"]:
            told = f"the argument {name} is no parameter of this action"
            yield ("arguments", number), f"{told}; add it under parameters, or write job"
    if action["kind"] == Kind.JOB_CONTROL and "job" not in action["arguments"]:
        yield (), "the method has to be told the job's id; put job among arguments"


def _states(action: Mapping[str, Any], _: Tags) -> Blame:
    if action["kind"] not in (Kind.ECHO_HANDSHAKE, Kind.JOB_CONTROL) or not action["echo"]:
        return
    if "state" not in action["echo"] or "id" not in action["echo"]:
        yield ("echo",), "echo is both id and state; add the other"
    if "done" not in action["states"].values():
        yield (), "nothing among states means done; add states: {raw value: done}"
