"""A bundle of another tool becomes one of ours: diagrams, decisions, forms; and what was lost."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from engine.kernel import json_text
from engine.kernel.errors import Invalid
from engine.workflow.definition.bundles import Bundle, read_bundle
from engine.workflow.definition.converting.asking import Asked, from_json
from engine.workflow.definition.converting.beginnings import add_beginnings
from engine.workflow.definition.converting.conditions import (
    convert_conditions,
    convert_decisions,
)
from engine.workflow.definition.converting.context import Context
from engine.workflow.definition.converting.eight import convert_eight
from engine.workflow.definition.converting.ledger import Carried, Ledger, Lost, slug, unique
from engine.workflow.definition.converting.others import convert_spiff, leave_out
from engine.workflow.definition.converting.pictures import complete_picture
from engine.workflow.definition.converting.seven import convert_seven
from engine.workflow.definition.decisions.reader import NAMESPACES as DMN
from engine.workflow.definition.drawing import DrawingRefused, has_drawing, lay_out_tree
from engine.workflow.definition.reading.values import BPMN, MES, TRUE
from engine.workflow.definition.reading.xml import DocumentRefused, whole_xml
from forms.compiler import compile_form
from forms.errors import FormDefinitionInvalid

EIGHT = "{http://camunda.org/schema/zeebe/1.0}"
PLATFORM = "{http://camunda.org/schema/modeler/1.0}executionPlatform"
FORM_ENDINGS = (".form.json", ".form", ".json")
ENDINGS = (".bpmn", ".bpmn20.xml", ".xml", ".dmn", *FORM_ENDINGS)


@dataclass(slots=True)
class Conversion:
    """What came of a conversion: the files of a bundle, and what happened to the rest.

    Args:
        main: the name of the routing among the files.
    """

    main: str
    files: dict[str, bytes]
    ledger: Ledger

    @property
    def carried(self) -> tuple[Carried, ...]:
        """What works here, and as what."""
        return tuple(self.ledger.carried)

    @property
    def lost(self) -> tuple[Lost, ...]:
        """What does not work here, and the cure."""
        return tuple(self.ledger.lost)

    @property
    def forms(self) -> list[dict[str, Any]]:
        """The definitions of the forms."""
        return [
            json_text.read(content)
            for name, content in self.files.items()
            if name.endswith(".form.json")
        ]

    def bundle(self, roles: frozenset[str]) -> Bundle:
        """The files as they would be deployed."""
        return read_bundle(self.main, self.files, roles)


def convert(
    main: str,
    files: Mapping[str, bytes],
    roles: frozenset[str],
    released_forms: frozenset[str] = frozenset(),
) -> Conversion:
    """Carry a bundle of another tool over.

    Args:
        main: the name of the routing; the others are called processes, decisions and forms.
        roles: the roles that exist here.
        released_forms: keys of forms that a diagram may name without bringing them along.

    Raises:
        DocumentRefused: if a file is unsafe, or of none of these kinds.
    """
    return _Conversion(main, files, roles, released_forms).run()


def is_convertible(name: str) -> bool:
    """Whether a file of this name can be converted."""
    return name.lower().endswith(ENDINGS)


@dataclass(slots=True)
class _Conversion:
    main: str
    files: Mapping[str, bytes]
    roles: frozenset[str]
    released: frozenset[str]
    ledger: Ledger = field(default_factory=Ledger)
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    written: dict[str, bytes] = field(default_factory=dict)

    def run(self) -> Conversion:
        roots = {
            name: whole_xml(content)
            for name, content in self.files.items()
            if not name.lower().endswith(FORM_ENDINGS)
        }
        for name in sorted(self.files.keys() - roots.keys()):
            self.form_file(name, self.files[name])
        for name, root in roots.items():
            self.ledger.file = name
            self.embedded_forms(root)
        for name in sorted(roots, key=lambda each: each != self.main):
            self.ledger.file = name
            self.document(name, roots[name])
        for key, definition in self.forms.items():
            self.written[f"{key}.form.json"] = json_text.write(definition)
        return Conversion(_stem(self.main) + ".bpmn", self.written, self.ledger)

    # ---- forms ----

    def form_file(self, name: str, content: bytes) -> None:
        """A form of ours stays as it is; one of another tool is carried over."""
        self.ledger.file = name
        stem = _stem(name)
        own = _own_form(content)
        if own is not None:
            key = str(own["key"])
            self.forms[key] = own
            self.found |= {key: key, stem: key, name: key}
            return
        asked = from_json(content, stem)
        if asked is None:
            raise DocumentRefused(f"{name} is no form: neither ours, nor form-js, nor Flowable's.")
        self.keep(asked, "form", (stem, name))

    def embedded_forms(self, root: etree._Element) -> None:
        """The forms that stand in the diagram itself, as Camunda 8 has them."""
        for node in root.iter(f"{EIGHT}userTaskForm"):
            name = node.get("id") or "form"
            asked = from_json((node.text or "").encode(), name)
            if asked is not None:
                self.keep(asked, "zeebe:userTaskForm", (name, f"camunda-forms:bpmn:{name}"))

    def keep(self, asked: Asked, name: str, called: tuple[str, ...]) -> None:
        """Keep a form under its key, and under every name that a task may call it."""
        key = unique(asked.key, self.forms)
        self.forms[key] = {**asked.definition, "key": key}
        self.found |= dict.fromkeys((*asked.called, asked.key, *called), key)
        self.ledger.add(Carried(key, name, f"It is the form {key}.", self.ledger.file))
        for field_name, what, cure in asked.lost:
            self.ledger.add(Lost(f"{key}#{field_name}", name, what, cure, self.ledger.file))

    # ---- documents ----

    def document(self, name: str, root: etree._Element) -> None:
        """One diagram, or one file of decisions."""
        made = Context(root, self.ledger, self.forms, self.found, self.roles, self.released)
        space = etree.QName(root).namespace
        if root.tag == f"{BPMN}definitions":
            _diagram(made)
            for other, tree in _split(root, _stem(name)):
                self.written[f"{other}.bpmn"] = _text(tree)
        elif space in DMN:
            convert_decisions(made)
            self.written[f"{_stem(name)}.dmn"] = _text(root)
        elif name == self.main:
            raise DocumentRefused(f"{name} is no BPMN 2.0: its root is not bpmn:definitions.")
        else:
            told = f"The file is neither BPMN 2.0 nor DMN 1.1 to 1.5, but {space or 'unknown'}."
            made.lose(root, name, told, "Save it in one of these versions, or draw it anew.")


def _diagram(context: Context) -> None:
    root = context.root
    etree.cleanup_namespaces(
        root, top_nsmap={"mes": MES.strip("{}")}, keep_ns_prefixes=_prefixes(root)
    )
    eight_first = root.get(PLATFORM) == "Camunda Cloud"
    for node in [each for each in root.iter(etree.Element) if each.tag.startswith(BPMN)]:
        steps = (convert_eight, convert_seven) if eight_first else (convert_seven, convert_eight)
        for step in (*steps, convert_spiff):
            step(node, context)
    convert_conditions(context)
    leave_out(root, context)
    complete_picture(context)
    add_beginnings(context)
    if not has_drawing(root):
        try:
            lay_out_tree(root)
        except DrawingRefused as refused:
            context.lose(root, "bpmndi:BPMNDiagram", str(refused), "Draw it in the editor.")
        else:
            context.carry(root, "bpmndi:BPMNDiagram", "It had no whole drawing; it was laid out.")


def _prefixes(root: etree._Element) -> list[str]:
    return ["mes", *(prefix for prefix in root.nsmap if prefix)]


def _split(root: etree._Element, name: str) -> list[tuple[str, etree._Element]]:
    """A file for each executable process that no other process of the file calls."""
    running = [p for p in root.iterfind(f"{BPMN}process") if p.get("isExecutable") in TRUE]
    called = {call.get("calledElement") for call in root.iter(f"{BPMN}callActivity")}
    heads = [p.get("id", "") for p in running if p.get("id") not in called]
    if len(heads) < 2:
        return [(name, root)]
    files = []
    for number, head in enumerate(heads):
        tree = copy.deepcopy(root)
        for process in tree.iterfind(f"{BPMN}process"):
            if process.get("id") in heads and process.get("id") != head:
                process.set("isExecutable", "false")
        files.append((name if number == 0 else f"{name}_{slug(head, 'process')}", tree))
    return files


def _stem(name: str) -> str:
    lower = name.lower()
    ending = max((e for e in ENDINGS if lower.endswith(e)), key=len, default="")
    return name[: len(name) - len(ending)] or "main"


def _own_form(content: bytes) -> dict[str, Any] | None:
    try:
        given = json_text.read_request(content)
        compile_form(given)
    except (Invalid, FormDefinitionInvalid):
        return None
    return dict(given)


def _text(root: etree._Element) -> bytes:
    etree.cleanup_namespaces(root, keep_ns_prefixes=["mes", "xsi"])
    return bytes(etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8"))
