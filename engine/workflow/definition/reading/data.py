"""Data objects: which variable each stands for, and what of data in a diagram is only shown.

Source: OMG BPMN 2.0.2, section 10.4.1.
"""

from collections.abc import Mapping

from lxml import etree

from engine.workflow.definition.model import error, warning
from engine.workflow.definition.reading.values import (
    BPMN,
    Report,
    children,
    is_variable,
    local,
    reference,
)

OBJECT = f"{BPMN}dataObject"
REFERENCE = f"{BPMN}dataObjectReference"
ASSOCIATIONS = frozenset({"dataInputAssociation", "dataOutputAssociation"})
SHOWN = frozenset({"dataStoreReference", "ioSpecification", "property", "dataObjectReference"})


def variables(root: etree._Element) -> Mapping[str, str | None]:
    """The variable of each data object and reference, by id; None where no name is one.

    References to one object share its variable: its own name, else the first of theirs that is a
    name of a variable, else the id.
    """
    references: dict[str, list[etree._Element]] = {}
    for each in root.iter(REFERENCE):
        references.setdefault(reference(each.get("dataObjectRef")), []).append(each)
    found: dict[str, str | None] = {}
    for item in root.iter(OBJECT):
        name = item.get("id", "")
        found[name] = _chosen([item, *references.get(name, [])])
    for name, those in references.items():
        for each in those:
            found[each.get("id", "")] = found.get(name) or _chosen([each])
    return found


def own_data(
    holder: etree._Element, known: Mapping[str, str | None], report: Report
) -> frozenset[str]:
    """The variables of the data objects that a process or subprocess has of its own."""
    own = set()
    for item in holder.findall(OBJECT):
        variable = known.get(item.get("id", ""))
        if variable is not None:
            own.add(variable)
        else:
            report(
                warning(
                    "data-name",
                    item.get("id", ""),
                    "Neither its name nor its id can be the name of a variable; it is only shown.",
                    "Give it a name of letters, digits and underscores.",
                )
            )
    return frozenset(own)


def check_data(node: etree._Element, report: Report) -> None:
    """Refuse associations that would change data; say what is only shown."""
    name = node.get("id", "")
    links = [c for c in children(node) if local(c) in ASSOCIATIONS]
    if any(local(part) in ("assignment", "transformation") for c in links for part in children(c)):
        report(
            error(
                "not-supported",
                name,
                "A data association with an assignment or transformation cannot be executed.",
                "Work on variables: in a form, a function, or with mes:parameter.",
            )
        )


def _chosen(named: list[etree._Element]) -> str | None:
    names = [(each.get("name") or "").strip() for each in named] + [named[0].get("id", "")]
    return next((name for name in names if is_variable(name)), None)
