"""Reads a file as the deploy command does, and holds every finding to what a finding must say."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree

from engine.kernel.actor import ROLES
from engine.workflow.definition.bundles import Bundle, read_bundle
from engine.workflow.definition.lint import Known, lint
from engine.workflow.definition.model import Finding, Flow, ProcessModel
from engine.workflow.definition.reading.xml import DocumentRefused, safe_xml
from tests.foreign.markup import BPMN, NODES, local

_ID = re.compile(rb"""\b[iI]d\s*=\s*["']([^"']+)["']""")


@dataclass(frozen=True)
class Judged:
    """A bundle with its findings, and what is wrong with the findings themselves."""

    bundle: Bundle
    errors: tuple[Finding, ...]
    faults: tuple[str, ...]

    @property
    def rules(self) -> list[str]:
        """The rules that refuse it, with the kind of element, or what is not supported."""
        kinds = _kinds(self.bundle.files)
        return sorted({_label(e, kinds.get(e.element, "file")) for e in self.errors})


def _label(finding: Finding, kind: str) -> str:
    if finding.rule == "not-supported":
        return f"`not-supported`: {finding.message}"
    return f"`{finding.rule}` on {kind}"


def judged(name: str, diagram: bytes, files: Mapping[str, bytes]) -> Judged:
    """What the deploy command would say of it, where nothing else is released."""
    bundle = read_bundle(name, {name: diagram, **files}, ROLES)
    findings = lint(bundle, Known())
    errors = tuple(f for f in findings if f.severity == "error")
    return Judged(bundle, errors, tuple(faults(findings, bundle.files)))


def faults(findings: Sequence[Finding], files: Mapping[str, bytes]) -> list[str]:
    """Findings without a sentence or a cure, or that name what is not in the file."""
    named = set(files)
    for data in files.values():
        named |= {found.decode("utf-8", "replace") for found in _ID.findall(data)}
    return [
        f"{f.rule} names {f.element!r}: {f.message}"
        for f in findings
        if f.element.partition("#")[0] not in named or not f.message.strip() or not f.cure.strip()
    ]


def left_out(bundle: Bundle) -> list[str]:
    """Flow nodes and flows that are drawn in an accepted process, and that its model lacks."""
    lost = []
    for data in bundle.files.values():
        for process in _root(data).iter(f"{BPMN}process"):
            model = bundle.processes.get(process.get("id", ""))
            if model is not None:
                read = {*model.nodes, *((f.source, f.target) for f in _flows(model))}
                lost += [str(shape) for shape in _shapes(process) if shape not in read]
    return lost


def _flows(model: ProcessModel) -> list[Flow]:
    return [flow for node in model.nodes.values() for flow in node.outgoing]


def _shapes(process: etree._Element) -> Iterator[str | tuple[str, str]]:
    for element in process.iter(etree.Element):
        if local(element) == "sequenceFlow":
            yield element.get("sourceRef", ""), element.get("targetRef", "")
        elif local(element).endswith(NODES):
            yield element.get("id", "")


def _kinds(files: Mapping[str, bytes]) -> dict[str, str]:
    """The name of each element that has an id, in every file that is XML."""
    kinds: dict[str, str] = {}
    for data in files.values():
        for element in _root(data).iter(etree.Element):
            if element.get("id"):
                kinds.setdefault(element.get("id", ""), etree.QName(element).localname)
    return kinds


def _root(data: bytes) -> etree._Element:
    """The root of a file, or an empty one if it is no XML."""
    try:
        return safe_xml(data)
    except DocumentRefused:
        return etree.Element("nothing")
