"""Reads DMN files; whatever cannot be evaluated as drawn is a problem that names its element.

Source: OMG DMN 1.3 §6.3, and the schemas of DMN 1.1 to 1.5.
"""

from lxml import etree

from engine.workflow.definition.decisions.problems import DecisionRefused
from engine.workflow.definition.decisions.reading import Reading
from engine.workflow.definition.decisions.table_reader import TableReader
from engine.workflow.definition.decisions.tables import Decision
from engine.workflow.definition.reading.xml import DocumentRefused, safe_xml

NAMESPACES = frozenset(
    {
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20191111/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    }
)


def read_decisions(xml: bytes) -> tuple[Decision, ...]:
    """Every decision of a DMN file, in document order.

    Raises:
        DocumentRefused: if the file is unsafe or no DMN at all; then nothing was read.
        DecisionRefused: with every problem, if one of its decisions cannot be evaluated as drawn.
    """
    root = safe_xml(xml)
    name = etree.QName(root)
    if name.localname != "definitions" or name.namespace not in NAMESPACES:
        raise DocumentRefused("The file is no DMN 1.1 to 1.5: its root is not dmn:definitions.")
    reading = Reading(f"{{{name.namespace}}}")
    decisions = _decisions(root, reading)
    if reading.problems:
        raise DecisionRefused(tuple(reading.problems))
    return tuple(decisions)


def _decisions(root: etree._Element, reading: Reading) -> list[Decision]:
    reading.check_inside(root, "the file")
    found: list[Decision] = []
    keys: set[str] = set()
    elements = reading.children(root, "decision")
    for number, element in enumerate(elements, 1):
        key = element.get("id", "").strip()
        if not key:
            key = f"decision {number}"
            reading.problem(key, "decision", f"The {key} of the file has no id.", "Give it an id.")
        elif key in keys:
            reading.problem(
                key, "decision", f"The decision {key} is defined twice.", "Keep one of them."
            )
        keys.add(key)
        decision = _decision(element, key, reading)
        if decision is not None:
            found.append(decision)
    if not elements:
        reading.problem(
            "definitions", "decision", "The file holds no decision.", "Draw a decision table."
        )
    return found


def _decision(element: etree._Element, key: str, reading: Reading) -> Decision | None:
    reading.check_inside(element, key)
    for requirement in reading.children(element, "informationRequirement"):
        reading.check_inside(requirement, key)
    tables = reading.children(element, "decisionTable")
    if len(tables) != 1:
        reading.problem(
            key, "decision", f"The decision {key} holds no decision table.", "Draw one table."
        )
        return None
    return TableReader(reading, element, tables[0], key).decision()
