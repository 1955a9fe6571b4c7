"""A bundle: a routing with the forms, decisions and called processes it names, handled as one."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.kernel import json_text
from engine.kernel.errors import Invalid
from engine.workflow.definition.decisions import Decision, DecisionRefused, read_decisions
from engine.workflow.definition.model import Finding, ProcessModel, error
from engine.workflow.definition.reading.dialect import read_bpmn
from engine.workflow.definition.reading.xml import DocumentRefused
from forms.compiler import Form, compile_form
from forms.errors import FormDefinitionInvalid

MAX_BYTES = 5 * 1024 * 1024
MAX_FILES = 100
KINDS = {".bpmn": "process", ".dmn": "decision", ".form.json": "form"}


@dataclass(frozen=True, slots=True)
class Pins:
    """Which released version each missing part comes from: key -> version id."""

    processes: Mapping[str, bytes] = field(default_factory=dict)
    decisions: Mapping[str, bytes] = field(default_factory=dict)
    forms: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Mapping[str, Mapping[str, str]]) -> "Pins":
        """Pins as `as_json` wrote them."""
        return cls(
            **{
                kind: {key: bytes.fromhex(version) for key, version in stored[kind].items()}
                for kind in ("processes", "decisions", "forms")
            }
        )

    def as_json(self) -> dict[str, dict[str, str]]:
        """The pins as they are stored."""
        return {
            kind: {key: version.hex() for key, version in getattr(self, kind).items()}
            for kind in ("processes", "decisions", "forms")
        }


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of a bundle and what they say. `key` is the id of its main process."""

    key: str
    main: str
    files: Mapping[str, bytes]
    processes: Mapping[str, ProcessModel]
    decisions: Mapping[str, Decision]
    forms: Mapping[str, Form]
    findings: tuple[Finding, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over names and bytes of all files, in hexadecimal."""
        total = hashlib.sha256()
        for name in sorted(self.files):
            label = b"main" if name == self.main else name.encode()
            for part in (label, self.files[name]):
                total.update(len(part).to_bytes(8, "big") + part)
        return total.hexdigest()

    @property
    def items(self) -> list[tuple[str, str]]:
        """(kind, key) of everything others may take from this bundle."""
        return [
            ("process", self.key),
            *(("decision", key) for key in self.decisions),
            *(("form", key) for key in self.forms),
        ]


def kind_of(name: str) -> str | None:
    """`process`, `decision` or `form`, by the file's name; None for anything else."""
    return next((kind for ending, kind in KINDS.items() if name.lower().endswith(ending)), None)


def read_bundle(main: str, files: Mapping[str, bytes], roles: frozenset[str]) -> Bundle:
    """Read all files of a bundle; what is wrong becomes findings that name file or element."""
    return _Reader(main, files, roles).bundle()


class _Reader:
    def __init__(self, main: str, files: Mapping[str, bytes], roles: frozenset[str]) -> None:
        self.main, self.files, self.roles = main, dict(files), roles
        self.findings: list[Finding] = []
        self.processes: dict[str, ProcessModel] = {}
        self.decisions: dict[str, Decision] = {}
        self.forms: dict[str, Form] = {}

    def bundle(self) -> Bundle:
        key = ""
        for name in sorted(self.files, key=lambda n: (n != self.main, n)):
            kind = "process" if name == self.main else kind_of(name)
            try:
                if kind == "process":
                    found = self._processes(name)
                    key = key or found
                elif kind == "decision":
                    self._decisions(name)
                else:
                    self._form(name)
            except DocumentRefused as refused:
                self._error("document", name, str(refused), "Export the file again.")
        return Bundle(
            key,
            self.main,
            self.files,
            self.processes,
            self.decisions,
            self.forms,
            tuple(self.findings),
        )

    def _error(self, rule: str, element: str, message: str, cure: str) -> None:
        self.findings.append(error(rule, element, message, cure))

    def _keep(self, kept: dict[str, Any], key: str, value: Any, name: str) -> None:
        if key in kept:
            self._error(
                "duplicate-key",
                key,
                f"{key} is defined twice, the second time in {name}.",
                "Keep one of them.",
            )
        kept[key] = value

    def _processes(self, name: str) -> str:
        """Read a BPMN file; the key of its main process, the one no other process here calls."""
        document = read_bpmn(self.files[name], self.roles)
        self.findings += document.findings
        for process in document.processes:
            self._keep(self.processes, process.key, process, name)
        called = {n.work.called for p in document.processes for n in p.nodes.values()}
        heads = [p.key for p in document.processes if p.key not in called]
        heads = heads or [p.key for p in document.processes]
        if not heads:
            self._error(
                "no-executable-process",
                name,
                "The file holds no executable process.",
                'Write isExecutable="true" on the process to run.',
            )
        elif len(heads) > 1:
            self._error(
                "several-processes",
                heads[1],
                f"The file holds several executable processes: {', '.join(heads)}.",
                "Deploy each in a file of its own, or mark only one as executable.",
            )
        return heads[0] if heads else ""

    def _decisions(self, name: str) -> None:
        try:
            for decision in read_decisions(self.files[name]):
                self._keep(self.decisions, decision.key, decision, name)
        except DecisionRefused as refused:
            for p in refused.problems:
                self._error(p.rule, p.element, p.message, p.cure)

    def _form(self, name: str) -> None:
        try:
            definition = json_text.read_request(self.files[name])
        except Invalid as refused:
            self._error("form", name, refused.detail, "Write the form as JSON in UTF-8.")
            return
        try:
            form = compile_form(definition)
        except FormDefinitionInvalid as refused:
            for pointer, message in refused.problems:
                self._error("form", f"{name}#{pointer}", message, "Correct the form.")
        else:
            self._keep(self.forms, form.key, form, name)
