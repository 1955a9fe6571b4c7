"""Reads a BPMN document into process models; what cannot run as drawn becomes a finding.

The library's own parser is not used: it follows flows recursively, sorts them by their place in the
drawing, rewrites boundary events, and passes over what it does not know (docs/adr/0002).
"""

from collections import Counter
from dataclasses import dataclass

from lxml import etree

from engine.workflow.definition.model import Finding, ProcessModel, error, warning
from engine.workflow.definition.reading.attributes import check_names
from engine.workflow.definition.reading.data import variables
from engine.workflow.definition.reading.elements import SUPPORTED
from engine.workflow.definition.reading.events import Declared
from engine.workflow.definition.reading.scopes import Context, read_scopes
from engine.workflow.definition.reading.values import BPMN, TRUE, Report, local
from engine.workflow.definition.reading.xml import DocumentRefused, safe_xml

MAX_ID = 100
RESERVED = "#+"
# Whose ids are stored with tokens, work and history.
KEPT = SUPPORTED | {"process", "sequenceFlow"}


@dataclass(frozen=True, slots=True)
class Document:
    """What a BPMN file holds: its executable processes and what was found while reading."""

    processes: tuple[ProcessModel, ...]
    findings: tuple[Finding, ...]


def read_bpmn(data: bytes, roles: frozenset[str] = frozenset()) -> Document:
    """Read a BPMN 2.0 file; a lane without `mes:role` stands for the role of its name, if any.

    Raises:
        DocumentRefused: if the file is unsafe or no BPMN at all; then nothing was read.

    Source: OMG BPMN 2.0.2, chapters 8, 10 and 13.
    """
    root = safe_xml(data)
    if root.tag != f"{BPMN}definitions":
        raise DocumentRefused("The file is no BPMN 2.0: its root is not bpmn:definitions.")
    findings: list[Finding] = []
    _check_ids(root, findings.append)
    for element in root.iter(etree.Element):
        check_names(element, findings.append)
    _check_beside(root, findings.append)
    context = Context(Declared.of(root), variables(root), roles, findings.append)
    processes = [_process(p, context) for p in _executable(root, findings.append)]
    return Document(tuple(processes), tuple(findings))


def _process(process: etree._Element, context: Context) -> ProcessModel:
    scopes = read_scopes(process, context)
    nodes = {n.id: n for s in scopes.values() for n in s.nodes.values()}
    key = process.get("id", "")
    return ProcessModel(key, process.get("name") or key, scopes, nodes)


def _executable(root: etree._Element, report: Report) -> list[etree._Element]:
    """The processes to run: those marked so, or the only one if it does not say."""
    found = root.findall(f"{BPMN}process")
    marked = [p for p in found if p.get("isExecutable") in TRUE]
    if not marked and len(found) == 1 and found[0].get("isExecutable") is None:
        message = "The process does not say whether it can be executed."
        report(warning("executable", found[0].get("id", ""), message, 'Write isExecutable="true".'))
        return found
    for process in found:
        if process not in marked:
            message = "This process is not executable and only shown."
            cure = 'Write isExecutable="true" to run it.'
            report(warning("executable", process.get("id", ""), message, cure))
    return marked


def _check_ids(root: etree._Element, report: Report) -> None:
    """Each element has an id of its own, one that the engine can work with."""
    drawn = [e for e in root.iter(f"{BPMN}*") if e.get("id")]
    for name, count in Counter(e.get("id", "") for e in drawn).items():
        if count > 1:
            message = f"The id {name} is used {count} times."
            report(error("duplicate-id", name, message, "Give each element an id of its own."))
    for element in drawn:
        name = element.get("id", "")
        long = len(name) > MAX_ID and local(element) in KEPT
        if long or any(sign in name for sign in RESERVED):
            message = f"The id {name[:MAX_ID]} holds # or +, or is longer than {MAX_ID} characters."
            cure = "Choose a short id of letters, digits, hyphens and underscores."
            report(error("reserved-id", name, message, cure))


def _check_beside(root: etree._Element, report: Report) -> None:
    """What stands beside the processes and moves nothing."""
    for flow in root.iterfind(f"{BPMN}collaboration/{BPMN}messageFlow"):
        report(
            warning(
                "shown-only",
                flow.get("id", ""),
                "A message flow is shown and moves nothing.",
                "Events and tasks name the message they throw or wait for.",
            )
        )
