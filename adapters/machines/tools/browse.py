"""What a machine has, as a first draft of its YAML file; a person reads and corrects it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml
from asyncua import Client, ua

from adapters.machines.core import AddressInvalid
from adapters.machines.protocols import ua_values
from adapters.machines.protocols.modbus import Machine as Modbus
from adapters.machines.protocols.opcua import Machine as OpcUa
from adapters.machines.protocols.ua_session import close_session, explain, open_session, security
from adapters.machines.tools.probe import OPC_SCHEME

MOST = 500
DEEPEST = 8
SERVERS_OWN = "http://opcfoundation.org/UA/"
WRITE = 0x02  # the bit CurrentWrite of an access level
HEAD = """# A draft of what {url} has. Keep what you need, and look at every line:
# signal (state needs map, counters rollover), unit, group, limits. Then `routecard gateway check`.
# Nothing is writable until you say so: writes_enabled, and writable with write_limits on a tag.
"""
GUESSES = (
    (re.compile(r"heart|alive|watchdog|lifebit", re.I), "heartbeat"),
    (re.compile(r"scrap|reject|\bnok\b|bad.?(count|parts)", re.I), "scrap_count"),
    (re.compile(r"good|part.?count|parts.?ok|produced", re.I), "good_count"),
    (re.compile(r"cycle.?(no|num|count|id)$|^cycle$", re.I), "cycle_complete"),
    (re.compile(r"job.?id|ack.?id", re.I), "job_ack"),
    (re.compile(r"job.?state|ack.?state", re.I), "job_state"),
    (re.compile(r"alarm|fault|error", re.I), "alarm"),
    (re.compile(r"^(machine|unit)?.?(state|status)$", re.I), "state"),
)
WHOLE = ("good_count", "scrap_count", "cycle_complete")
DRAFT_MAP = {0: "idle", 1: "running", 2: "setup", 3: "down"}


@dataclass(frozen=True, slots=True)
class Found:
    """One variable, method or source of events of a server."""

    path: str
    address: str
    kind: str  # variable, method, events
    type: str = ""
    writable: bool = False
    value: object = None


async def browse(
    url: str, options: Mapping[str, object], *, unit: str = "MACHINE-1", below: str = ""
) -> str:
    """The draft of a machine's file.

    Args:
        below: only what lies under paths that begin so, `Press/Hydraulics`.

    Raises:
        AddressInvalid, Lost: if there is no machine, or nothing in it.
    """
    if not url.startswith(OPC_SCHEME):
        return _registers(url, options, unit)
    found = [item for item in await walk(url, options) if item.path.startswith(below)]
    if not found:
        raise AddressInvalid(f"{url} has nothing below {below!r}; leave --below out to see all")
    return draft(url, unit, options, found)


async def walk(url: str, options: Mapping[str, object]) -> list[Found]:
    """Everything below Objects that is not the server's own.

    Raises:
        Lost: if the server cannot be reached, or goes meanwhile.
    """
    OpcUa.check(options, ())
    given = options.get("security", {})
    protection = security(given if isinstance(given, Mapping) else {})
    client, _ = await open_session(url, protection, 10.0)
    try:
        walker = _Walker(client, await client.get_namespace_array())
        await walker.walk(client.nodes.objects.nodeid, "", 0)
        await walker.look()
        return walker.found
    except Exception as error:
        raise explain(error, url, protection) from error
    finally:
        await close_session(client)


class _Walker:
    def __init__(self, client: Client, namespaces: Sequence[str]) -> None:
        self.found: list[Found] = []
        self._client = client
        self._namespaces = namespaces
        self._seen: set[ua.NodeId] = set()
        self._nodes: list[ua.NodeId] = []

    async def walk(self, node: ua.NodeId, path: str, depth: int) -> None:
        if depth > DEEPEST or len(self.found) >= MOST:
            return
        mask = ua.NodeClass.Object | ua.NodeClass.Variable | ua.NodeClass.Method
        children = await self._client.get_node(node).get_children_descriptions(nodeclassmask=mask)
        for child in children:
            target = child.NodeId
            if target in self._seen or target.NamespaceIndex == 0:
                continue
            self._seen.add(target)
            below = f"{path}/{child.BrowseName.Name}".lstrip("/")
            self._note(child, below, node)
            if child.NodeClass == ua.NodeClass.Object:
                await self.walk(target, below, depth + 1)

    def _note(self, child: ua.ReferenceDescription, path: str, parent: ua.NodeId) -> None:
        address = self._address(child.NodeId)
        if child.NodeClass == ua.NodeClass.Method:
            method = f"{self._address(parent)}#{child.BrowseName.Name}"
            self._add(Found(path, method, "method"), child.NodeId)
        elif child.NodeClass == ua.NodeClass.Variable:
            self._add(Found(path, address, "variable"), child.NodeId)
        else:
            self._add(Found(path, f"{address}#events", "events"), child.NodeId)

    def _add(self, item: Found, node: ua.NodeId) -> None:
        self.found.append(item)
        self._nodes.append(node)

    def _address(self, node: ua.NodeId) -> str:
        uri = self._namespaces[node.NamespaceIndex].replace("%", "%25").replace(";", "%3B")
        return f"nsu={uri};{node.to_string().rpartition(f'ns={node.NamespaceIndex};')[2]}"

    async def look(self) -> None:
        """Types, values and rights of the variables; which objects have events."""
        session = self._client.uaclient.session
        attributes = ua.AttributeIds
        values = await session.read_attributes(self._nodes, attributes.Value)
        levels = await session.read_attributes(self._nodes, attributes.UserAccessLevel)
        events = await session.read_attributes(self._nodes, attributes.EventNotifier)
        looked = []
        for item, value, level, event in zip(self.found, values, levels, events, strict=True):
            if item.kind == "variable":
                kind = "" if value.Value is None else value.Value.VariantType.name
                plain, _ = ua_values.plain(None if value.Value is None else value.Value.Value)
                rights = level.Value is not None and bool(level.Value.Value & WRITE)
                looked.append(Found(item.path, item.address, item.kind, kind, rights, plain))
            elif item.kind == "method" or (event.Value is not None and event.Value.Value):
                looked.append(item)
        self.found = looked


def draft(url: str, unit: str, options: Mapping[str, object], found: Sequence[Found]) -> str:
    """The YAML of what was found, with guesses that a person corrects."""
    document: dict[str, object] = {"unit": unit, "protocol": "opcua", "url": url}
    document["writes_enabled"] = False
    if options.get("security"):
        given = options["security"]
        shown = dict(given) if isinstance(given, Mapping) else {}
        shown.pop("password", None)
        document["security"] = shown
    document["groups"] = {"fast": 0.5, "slow": 2.0}
    names: set[str] = set()
    document["tags"] = [_tag(item, names) for item in found if item.kind != "method"]
    text = HEAD.format(url=url)
    text += yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)
    return text + "".join(_methods(found))


def _methods(found: Sequence[Found]) -> Iterator[str]:
    methods = [item for item in found if item.kind == "method"]
    if methods:
        yield "# Methods that an action of kind job_control could call:\n"
    for item in methods:
        yield f"#   method: {item.address!r}\n"


def _tag(item: Found, names: set[str]) -> dict[str, object]:
    tag: dict[str, object] = {"name": _name(item.path, names), "signal": _signal(item)}
    tag["address"] = item.address
    if tag["signal"] == "state":
        tag["map"] = DRAFT_MAP
    if item.kind == "events":
        tag["type"] = "string"
    if tag["signal"] in WHOLE and item.type.startswith("UInt"):
        tag["rollover"] = 2 ** int(item.type[4:]) - 1
    tag["group"] = "slow" if tag["signal"] == "raw" else "fast"
    return tag


def _signal(item: Found) -> str:
    if item.kind == "events":
        return "alarm"
    last = item.path.rpartition("/")[2]
    for pattern, signal in GUESSES:
        if pattern.search(last) and _fits(signal, item):
            return signal
    return "raw"


def _fits(signal: str, item: Found) -> bool:
    whole = item.type in ("Byte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64")
    if signal in ("state", "heartbeat", *WHOLE):
        return whole
    return signal != "alarm" or whole or item.type in ("Boolean", "String")


def _name(path: str, names: set[str]) -> str:
    """The last part of the path, made a name; with more of the path where it is taken."""
    parts = [re.sub(r"[^a-z0-9]+", "_", _snake(part)).strip("_") for part in path.split("/")]
    name = ""
    for part in reversed(parts):
        name = f"{part}_{name}".strip("_")[:60]
        if name and name not in names and name[0].isalpha():
            break
    number, base = 2, name if name[:1].isalpha() else f"tag_{name}".strip("_")
    name = base
    while name in names:
        name, number = f"{base}_{number}", number + 1
    names.add(name)
    return name


def _snake(text: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text).lower()


def _registers(url: str, options: Mapping[str, object], unit: str) -> str:
    """Modbus devices cannot say what they have: a frame to fill in from the maker's list."""
    Modbus.make(url, options)
    example = {
        "unit": unit,
        "protocol": "modbus",
        "url": url,
        "writes_enabled": False,
        "options": {"device_id": 1, "timeout": 1.0, **options},
        "groups": {"fast": 0.5, "slow": 2.0},
        "tags": [
            {
                "name": "state",
                "signal": "state",
                "address": "holding:0",
                "type": "uint16",
                "map": DRAFT_MAP,
                "group": "fast",
            }
        ],
    }
    return (
        f"# {url} speaks Modbus, which does not tell what a register means: take addresses from\n"
        "# the maker's list (40001 is holding:0 here) and see in which order the bytes lie:\n"
        f"#   routecard gateway probe {url} holding:0x8\n"
    ) + yaml.safe_dump(example, sort_keys=False, width=100)
