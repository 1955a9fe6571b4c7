"""One bundle of another tool: converted, deployed, released, started, and walked to an end."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.kernel.actor import ROLES
from engine.workflow.definition.bundles import Bundle
from engine.workflow.definition.converting import Conversion, convert
from engine.workflow.definition.model import Node
from engine.workflow.work.versions.commands import DeploymentRefused
from tests.foreign.walking import COMPLETED, Walk, started
from tests.support.plant import Plant

FOLDER = Path(__file__).parents[1] / "data/imported"
WALKS = 6
Item = dict[str, Any]


@dataclass
class Trial:
    """What came of one bundle. `ends` are those of its walks, `rules` what refuses it."""

    source: Item
    carried: int
    lost: Counter[str]
    rules: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)

    @property
    def runs(self) -> bool:
        """Whether an instance of it came to its end."""
        return COMPLETED in self.ends


def sources() -> list[Item]:
    """Every bundle with where it is from."""
    found: list[Item] = json.loads((FOLDER / "sources.json").read_text("utf-8"))
    return found


def files_of(source: Item) -> tuple[str, dict[str, bytes]]:
    """The name of its routing, and all its files."""
    names = [each["file"] for each in source["files"]]
    return names[0], {name: (FOLDER / source["folder"] / name).read_bytes() for name in names}


def converted(source: Item) -> Conversion:
    """The bundle as import leaves it."""
    return convert(*files_of(source), ROLES)


def tried(plant: Plant, source: Item) -> Trial:
    """Everything that is asked of one bundle."""
    made = converted(source)
    trial = Trial(source, len(made.carried), Counter(row.name for row in made.lost))
    bundle = made.bundle(ROLES)
    others = {name: content for name, content in made.files.items() if name != made.main}
    try:
        version = plant.release(made.files[made.main], others)
    except DeploymentRefused as refused:
        findings: Any = refused.members["findings"]
        trial.rules = sorted({f["rule"] for f in findings if f["severity"] == "error"})
        return trial
    _walk(plant, bundle, version, trial)
    return trial


def _walk(plant: Plant, bundle: Bundle, version: int, trial: Trial) -> None:
    process = bundle.processes[bundle.key]
    nodes = [node for model in bundle.processes.values() for node in model.nodes.values()]
    running: list[tuple[Pretending, str]] = []
    for number in range(WALKS):
        walk = Pretending(plant, nodes, f"{trial.source['folder']} {number}")
        walk.values |= {name: ["A-1"] for name in read_elsewhere(nodes) if name not in walk.values}
        walk.forms = {form.key: dict(form.definition) for form in bundle.forms.values()}
        instance = started(plant, process, number, walk.some())
        if instance is not None:
            running.append((walk, instance))
    plant.retire(bundle.key, version)
    for walk, instance in running:
        trial.ends.append(walk.run(instance))
        trial.incidents += [
            f"{found['element']}: {found['message']}" for found in plant.incidents(instance)
        ]


def read_elsewhere(nodes: list[Node]) -> Iterator[str]:
    """The variables that parameters, mappings and keys of messages read."""
    for node in nodes:
        work = node.work
        values = [value for _, value in work.parameters]
        values += [v for v in (work.correlation, work.due, work.follow_up, work.priority) if v]
        for value in values:
            yield from value.expression.names if value.expression is not None else ()
        yield from (pair.source for pair in work.ins)


class Pretending(Walk):
    """A walk whose people answer the forms that are asked."""

    forms: dict[str, Item]

    def _task(self) -> None:
        task = self.choose.choice(self.plant.tasks(self.instance))
        form = self.forms.get(task["form"] or "")
        given = self.some() if form is None else self.answers(form)
        self.plant.complete_task(task["id"], **given)

    def answers(self, form: Item) -> Item:
        """An answer for each field that must have one, and for those that others read."""
        return {field["key"]: self.answer(field) for field in form["fields"]}

    def answer(self, field: Item) -> Any:
        """Something that the field accepts."""
        wanted = self.values.get(field.get("variable") or "", [])
        kind = field["type"]
        if kind in ("choice", "multichoice"):
            chosen = self.choose.choice([choice["value"] for choice in field["choices"]])
            return [chosen] if kind == "multichoice" else chosen
        if kind == "check":
            return self.choose.choice([True, False])
        if kind == "number":
            near = [value for value in wanted if not isinstance(value, bool | str | list)]
            return self.choose.choice(near) if near else field.get("min", field.get("max", 1))
        if kind == "datetime":
            return "2030-01-31T06:00:00Z"
        texts = [value for value in wanted if isinstance(value, str)]
        return self.choose.choice(texts) if texts else "x" * max(3, int(field.get("min", 0)))
