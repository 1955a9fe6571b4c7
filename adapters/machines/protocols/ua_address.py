"""Where a value, an event or a method of an OPC UA server is, whatever its namespaces' order."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from asyncua import ua

from adapters.machines.core import AddressInvalid

EVENTS = "events"
EXAMPLE = "nsu=urn:maker:press;s=Press1.Force"

_ADDRESS = re.compile(r"(?:nsu=(?P<uri>[^;]+);)?(?P<kind>[isgb])=(?P<identifier>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Address:
    """A node by the URI of its namespace; an index may change with each start of the server."""

    uri: str | None
    kind: str
    identifier: str
    part: str | None = None

    @property
    def is_events(self) -> bool:
        """Whether the events of this node are meant, and not its value."""
        return self.part == EVENTS

    def node(self, namespaces: Sequence[str]) -> ua.NodeId:
        """The node's id in a server with these namespaces.

        Raises:
            LookupError: if the server does not have the namespace now.
        """
        if self.uri is None:
            return self.at(0)
        if self.uri not in namespaces:
            raise LookupError(f"the server has no namespace {self.uri} now")
        return self.at(namespaces.index(self.uri))

    def at(self, index: int) -> ua.NodeId:
        """The node's id in the namespace of this index.

        Raises:
            ValueError: if the identifier is none of its kind.
        """
        match self.kind:
            case "i":
                return ua.NodeId(int(self.identifier), index)
            case "s":
                return ua.NodeId(self.identifier, index)
            case "g":
                return ua.NodeId(UUID(self.identifier), index)
        return ua.NodeId(base64.b64decode(self.identifier), index)


def address(text: str) -> Address:
    """Read `nsu=<uri>;s=…`, or the same with `#events` behind it.

    Raises:
        AddressInvalid: with the cure.
    """
    node, mark, part = text.rpartition("#")
    return _address(node, EVENTS) if mark and part == EVENTS else _address(text, None)


def method(text: str) -> Address:
    """Read `nsu=<uri>;s=…#Method`: an object, and the browse name of its method.

    Raises:
        AddressInvalid: with the cure.
    """
    node, mark, name = text.rpartition("#")
    if not mark or not name:
        raise AddressInvalid(f"{text!r} names no method; expected {EXAMPLE.split('.')[0]}#StartJob")
    return _address(node, name)


def _address(text: str, part: str | None) -> Address:
    found = _ADDRESS.fullmatch(text)
    if not found:
        raise AddressInvalid(f"{text!r} is no OPC UA address; {_cure(text)}")
    uri, kind, identifier = found["uri"], found["kind"], found["identifier"]
    if uri is None and kind != "i":
        raise AddressInvalid(f"{text!r} names no namespace; expected {EXAMPLE}")
    parsed = Address(uri and uri.replace("%3B", ";").replace("%25", "%"), kind, identifier, part)
    try:
        parsed.at(0)
    except ValueError as error:
        raise AddressInvalid(f"{text!r}: {identifier!r} is no identifier of kind {kind}") from error
    return parsed


def _cure(text: str) -> str:
    if text.startswith("ns="):
        return (
            f"an index changes when the server restarts; write the namespace's URI, as in {EXAMPLE}"
        )
    return f"expected {EXAMPLE}"
