"""The book of a conversion: what was carried over and into what, what was lost and the cure.

Whatever is taken out of a file goes through here, so nothing foreign leaves it without a row.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine.workflow.definition.reading.values import BPMN, MES, named

# Namespaces by the prefix that people know them by.
PREFIXES: Mapping[str, str] = {
    "http://camunda.org/schema/1.0/bpmn": "camunda",
    "http://www.camunda.com/fox": "fox",
    "http://activiti.org/bpmn": "activiti",
    "http://flowable.org/bpmn": "flowable",
    "http://flowable.org/design": "flowable-design",
    "http://camunda.org/schema/zeebe/1.0": "zeebe",
    "http://camunda.org/schema/modeler/1.0": "modeler",
    "http://spiffworkflow.org/bpmn/schema/1.0/core": "spiffworkflow",
    "http://www.signavio.com": "signavio",
}
SEVEN = ("camunda", "fox", "activiti", "flowable")
# What stays in the file as it is: the standard, our own, and the colours of shapes.
KEPT = frozenset(
    {
        MES.strip("{}"),
        "http://www.w3.org/2001/XMLSchema-instance",
        "http://www.w3.org/XML/1998/namespace",
        "http://bpmn.io/schema/bpmn/biocolor/1.0",
        "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
        "http://bpmn.io/schema/dmn/biodi/1.0",
        "http://bpmn.io/schema/dmn/biodi/2.0",
    }
)
STANDARD = re.compile(
    r"https?://www\.omg\.org/spec/(BPMN/\d{8}/(MODEL|DI)|DD/\d{8}/(DC|DI)"
    r"|DMN/\d{8}/(MODEL/|dmn\.xsd|DMNDI/|DC/|DI/))"
)


@dataclass(frozen=True, slots=True)
class Carried:
    """Something of the other tool that works here: `what` says into what it was turned."""

    element: str
    name: str
    what: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """Something of the other tool that does not work here, and what to do about it."""

    element: str
    name: str
    what: str
    cure: str
    file: str = ""


@dataclass(slots=True)
class Ledger:
    """The rows of one conversion; `file` is the one that is being converted."""

    file: str = ""
    carried: dict[Carried, None] = field(default_factory=dict)
    lost: dict[Lost, None] = field(default_factory=dict)

    def carry(self, node: etree._Element, name: str, what: str) -> None:
        """Note what was carried over."""
        self.add(Carried(named(node), name, what, self.file))

    def lose(self, node: etree._Element, name: str, what: str, cure: str) -> None:
        """Note what could not be."""
        self.add(Lost(named(node), name, what, cure, self.file))

    def add(self, row: Carried | Lost) -> None:
        """Add a row; it stands once, however often it is said."""
        if isinstance(row, Lost):
            self.lost[row] = None
        else:
            self.carried[row] = None


# ---- names ----


def namespace(name: str) -> str:
    """The namespace of a tag or attribute; empty for none."""
    return etree.QName(name).namespace or ""


def is_foreign(name: object) -> bool:
    """Whether a tag or attribute is of another tool."""
    if not isinstance(name, str):
        return False
    space = namespace(name)
    return bool(space) and space not in KEPT and not STANDARD.fullmatch(space)


def prefix_of(name: str, node: etree._Element) -> str:
    """The usual prefix of a name's namespace, else the one of the file."""
    space = namespace(name)
    if space in PREFIXES:
        return PREFIXES[space]
    found = [prefix for prefix, uri in node.nsmap.items() if uri == space and prefix]
    return found[0] if found else space


def shown(name: str, node: etree._Element) -> str:
    """A foreign name as people write it: `camunda:formKey`."""
    return f"{prefix_of(name, node)}:{etree.QName(name).localname}"


# ---- taking ----


def attributes(node: etree._Element, *prefixes: str) -> dict[str, str]:
    """The foreign attributes of these tools on an element: full name by local name."""
    return {
        etree.QName(str(key)).localname: str(key)
        for key in node.attrib
        if is_foreign(key) and prefix_of(str(key), node) in prefixes
    }


def foreign_elements(node: etree._Element, *prefixes: str) -> list[etree._Element]:
    """The foreign elements of these tools right below an element's `extensionElements`."""
    return [
        child
        for holder in node.findall(f"{BPMN}extensionElements")
        for child in holder.iterchildren(tag=etree.Element)
        if is_foreign(child.tag) and prefix_of(child.tag, child) in prefixes
    ]


def drop(element: etree._Element) -> None:
    """Take an element out, with the blanks behind it."""
    around = element.getparent()
    if around is not None:
        around.remove(element)


def extend(node: etree._Element, tag: str, values: Mapping[str, str]) -> None:
    """Write an element of ours into the `extensionElements` of another, which come first."""
    holder = node.find(f"{BPMN}extensionElements")
    if holder is None:
        holder = etree.Element(f"{BPMN}extensionElements")
        place = sum(1 for _ in node.iterchildren(tag=f"{BPMN}documentation"))
        node.insert(place, holder)
    etree.SubElement(holder, MES + tag, dict(values))


def slug(text: str, fallback: str = "x") -> str:
    """A key made of a text: letters, digits and underscores, starting with a letter."""
    words = re.sub(r"[^0-9a-zA-Z]+", "_", text.strip()).strip("_").lower()
    words = words or fallback
    return (words if words[0].isalpha() else f"{fallback}_{words}")[:80]


def unique(wanted: str, taken: Iterable[str]) -> str:
    """A name that nothing else has."""
    known, number, name = set(taken), 2, wanted
    while name in known:
        name, number = f"{wanted}_{number}", number + 1
    return name
