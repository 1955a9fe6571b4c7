"""From files to plans: one machine, one gateway, one folder."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import orjson
from marshmallow import Schema, ValidationError

from adapters.machines import protocol
from adapters.machines.config import making
from adapters.machines.config.action_rules import action_faults
from adapters.machines.config.lines import ConfigInvalid, Document, Finding, Path_, read_document
from adapters.machines.config.plan import GatewayPlan, MachinePlan
from adapters.machines.config.rules import secret_faults, tag_faults
from adapters.machines.config.schemas import UNKNOWN, GatewayIn, MachineIn
from adapters.machines.core import AddressInvalid, Tag

GATEWAY = "gateway.yaml"
# marshmallow's words -> what to do
CURES = {
    "Missing data for required field.": "is missing; add it",
    "Field may not be null.": "has no value; give it one, or remove it",
    "Not a valid number.": "has to be a number; correct it",
    "Not a valid integer.": "has to be a whole number; correct it",
    "Not a valid string.": "has to be text; put it in quotes",
    "Not a valid boolean.": "has to be true or false; write one of them",
    "Not a valid list.": "has to be a list; write each item on a line with -",
    "Not a valid mapping type.": "has to be keys with values; write key: value",
    "Invalid input type.": "has to be keys with values; write key: value",
}


Prints = dict[Path, tuple[int, int]]  # file -> when it was changed, and its size


@dataclass(slots=True)
class Folder:
    """What a folder of machines says: the good ones, and what is wrong with the others."""

    gateway: GatewayPlan
    machines: dict[Path, MachinePlan] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    prints: Prints = field(default_factory=dict)


def read_folder(folder: Path) -> Folder:
    """Every file of a folder; a broken machine does not keep the others from working.

    Raises:
        ConfigInvalid: if the gateway's own file is broken, or there is no such folder.
    """
    if not folder.is_dir():
        told = "there is no such folder; name one with --config"
        raise ConfigInvalid([Finding(folder, 1, told)])
    seen = prints(folder)  # before it is read: a change in between is one that is still to come
    found = Folder(read_gateway(folder), prints=seen)
    for file in machine_files(folder):
        try:
            found.machines[file] = read_machine(file)
        except ConfigInvalid as invalid:
            found.findings += invalid.findings
    for file, other in twice(found.machines.values()):
        unit = found.machines.pop(file).unit
        told = f"the unit {unit} belongs to {other.name} already; each unit has one file"
        found.findings.append(Finding(file, 1, told))
    return found


def prints(folder: Path) -> Prints:
    """By what a change of a file is noticed."""
    found: Prints = {}
    for file in (*machine_files(folder), folder / GATEWAY):
        try:
            stat = file.stat()
        except FileNotFoundError:
            continue
        found[file] = (stat.st_mtime_ns, stat.st_size)
    return found


def machine_files(folder: Path) -> list[Path]:
    """The files of machines in a folder, by name."""
    files = (f for pattern in ("*.yaml", "*.yml") for f in folder.glob(pattern))
    return sorted(f for f in files if f.name != GATEWAY and not f.name.startswith("."))


def twice(machines: Iterable[MachinePlan]) -> list[tuple[Path, Path]]:
    """Files that name a unit of another one, with that one."""
    first: dict[str, Path] = {}
    again = []
    for machine in sorted(machines, key=lambda m: m.file):
        if machine.unit in first:
            again.append((machine.file, first[machine.unit]))
        first.setdefault(machine.unit, machine.file)
    return again


def read_gateway(folder: Path) -> GatewayPlan:
    """`gateway.yaml`, or what holds without it.

    Raises:
        ConfigInvalid: with every finding.
    """
    file = folder / GATEWAY
    if not file.exists():
        return making.gateway(GatewayIn().load({}), folder)
    document = read_document(file)
    values = _loaded(GatewayIn(), document)
    _end(document)
    assert values is not None
    return making.gateway(values, folder)


def read_machine(file: Path) -> MachinePlan:
    """The file of one machine.

    Raises:
        ConfigInvalid: with every finding.
    """
    document = read_document(file)
    values = _loaded(MachineIn(), document)
    if values is None:
        _end(document)
        raise AssertionError("a file that does not load has findings")
    for faults in (
        tag_faults(values),
        action_faults(values),
        secret_faults(values, file.parent),
    ):
        for path, told in faults:
            document.blame(path, told)
    _end(document)
    machine = making.machine(values, file, digest_of(document.values))
    _check_addresses(document, machine)
    _end(document)
    return machine


def digest_of(values: object) -> str:
    """A fingerprint of what a file says, whatever its layout."""
    return hashlib.sha256(
        orjson.dumps(values, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    ).hexdigest()[:16]


def _end(document: Document) -> None:
    if document.findings:
        raise ConfigInvalid(document.findings)


# ---- the form of the values ----


def _loaded(schema: Schema, document: Document) -> dict[str, Any] | None:
    if not isinstance(document.values, Mapping):
        document.blame((), "has to be keys with values; write key: value")
        return None
    try:
        values: dict[str, Any] = schema.load(document.values)
    except ValidationError as error:
        for path, told in _flat(error.normalized_messages(), ()):
            document.blame(path, told)
        return None
    return values


def _flat(messages: Any, path: Path_) -> Iterable[tuple[Path_, str]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _flat(inner, path if key in ("_schema", "value") else (*path, key))
        return
    for message in messages:
        yield path, _told(path, str(message))


def _told(path: Path_, message: str) -> str:
    keys = [str(part) for part in path if part != "key"]
    if message.startswith(UNKNOWN):
        known = message.removeprefix(UNKNOWN).split(",")
        near = get_close_matches(keys[-1], known, 1, 0.5)
        cure = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
        return f"{keys[-1]} is no key here; {cure}"
    name = " › ".join(keys) or "the file"  # noqa: RUF001  a sign that no key contains
    if message.startswith("Must be one of"):
        return f"{name} has to be one of {message[16:].rstrip('.')}; choose one"
    told = CURES.get(message)
    if told is None:
        told = f"{message[0].lower()}{message[1:].rstrip('.')}; correct it"
    return f"{name} {told}"


# ---- what only the protocol knows ----


def _check_addresses(document: Document, machine: MachinePlan) -> None:
    """Tag by tag first, for the line; then all together, for what lies between them."""
    try:
        kind = protocol.protocol(machine.protocol)
    except KeyError:
        known = protocol.names()
        near = get_close_matches(machine.protocol, known, 1)
        cure = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
        document.blame(("protocol",), f"{machine.protocol} is no protocol here; {cure}")
        return
    options = making.options_of(machine, secrets=False)
    wires: list[Tag] = [tag.wire for tag in machine.tags.values()]
    for number, wire in enumerate(wires):
        _blame_address(document, ("tags", number, "address"), kind, options, [wire])
    if not document.findings:
        _blame_address(document, ("tags",), kind, options, wires)
    if not document.findings:
        _blame_url(document, kind, machine.url, options)


def _blame_url(document: Document, kind: Any, url: str, options: Mapping[str, object]) -> None:
    try:
        kind.make(url, options)
    except AddressInvalid as error:
        document.blame(("url",), str(error))
    except Exception as error:  # whatever a library makes of it
        document.blame(
            ("url",), f"{url} cannot be used: {error or type(error).__name__}; correct it"
        )


def _blame_address(
    document: Document, path: Path_, kind: Any, options: Mapping[str, object], tags: list[Tag]
) -> None:
    try:
        kind.check(options, tags)
    except AddressInvalid as error:
        told = str(error)
        named = next((key for key in ("options", "security") if key in told.lower()), None)
        document.blame((named,) if named and not any(t.name in told for t in tags) else path, told)
