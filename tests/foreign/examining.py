"""All that is asked of one file: read, refused or deployed, given back, walked, made executable.

Values between processes are plain, so that what hangs or dies takes nothing with it.
"""

import shutil
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

import engine.registry  # noqa: F401  the tables
from engine.kernel import db, site
from engine.kernel.store import Store
from engine.records.append_only import append_only_ddl
from engine.workflow.definition.bundles import Bundle
from engine.workflow.work.versions import plans, queries
from tests.foreign.comparing import Unplayable, compared
from tests.foreign.elements import elements_of
from tests.foreign.executable import made_executable
from tests.foreign.reading import judged, left_out
from tests.foreign.walking import STUCK, Walk, started
from tests.support.clock import ManualClock
from tests.support.plant import Plant

WALKS = 3
AGREES, UNREAD = "agrees", "not read"
Told = Callable[[str], None]


@dataclass
class Trial:
    """What came of deploying one bundle: `rules` that refuse it, else the ends of its walks.

    `game` says whether the token game agreed after every act of one more walk.
    """

    process: str = ""
    rules: list[str] = field(default_factory=list)
    walks: list[str] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)
    game: str = ""
    faults: list[str] = field(default_factory=list)
    added: dict[str, int] = field(default_factory=dict)

    @property
    def deployed(self) -> bool:
        """Whether nothing refuses it."""
        return not self.rules


@dataclass
class Examined:
    """What came of one file, as it is and with each of its processes made executable."""

    file: str
    elements: list[str] = field(default_factory=list)
    as_is: Trial = field(default_factory=Trial)
    made: list[Trial] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Everything that must not be."""
        return [fault for trial in (self.as_is, *self.made) for fault in trial.faults]


def examine(name: str, data: bytes, tell: Told) -> Examined:
    """Everything about one file; `tell` hears what is about to be done."""
    found = Examined(name)
    tell("read")
    found.as_is = _trial(name.rpartition("/")[2], data, {}, tell)
    try:
        variants = made_executable(data)
        found.elements = elements_of(etree.fromstring(data))
    except etree.XMLSyntaxError:
        return found
    for made in variants:
        tell(f"made executable: {made.process}")
        trial = _trial("main.bpmn", made.diagram, made.files, tell)
        trial.process, trial.added = made.process, dict(made.added)
        found.made.append(trial)
    return found


def _trial(name: str, diagram: bytes, files: dict[str, bytes], tell: Told) -> Trial:
    trial = Trial()
    try:
        verdict = judged(name, diagram, files)
        trial.rules, trial.faults = verdict.rules, list(verdict.faults)
        if trial.deployed:
            tell("deployed")
            trial.faults += [f"Not read: {shape}" for shape in left_out(verdict.bundle)]
            with capture_logs([format_exc_info]) as logged, _plant() as plant:
                _walks(plant, verdict.bundle, diagram, files, trial, tell)
            trial.faults += [str(line) for line in logged if line["log_level"] == "error"]
            tell("token game")
            with _plant() as plant:
                _play(plant, verdict.bundle, diagram, files, trial)
    except Exception:  # whatever it is, it is what we are looking for
        trial.faults.append(traceback.format_exc(limit=-6))
    return trial


def _walks(
    plant: Plant,
    bundle: Bundle,
    diagram: bytes,
    files: dict[str, bytes],
    trial: Trial,
    tell: Told,
) -> None:
    version = plant.release(diagram, files)
    stored = plant.read(queries.main_file, key=bundle.key, version=version, site=1)
    if stored != diagram:
        trial.faults.append("The diagram that comes back is not the one that was deployed.")
    process = bundle.processes[bundle.key]
    nodes = [node for model in bundle.processes.values() for node in model.nodes.values()]
    walks: list[tuple[Walk, str]] = []
    for number in range(WALKS):
        tell(f"start {number}")
        walk = Walk(plant, nodes, f"{bundle.digest} {number}")
        instance = started(plant, process, number, walk.some())
        if instance is not None:
            walks.append((walk, instance))
    plant.retire(bundle.key, version)  # from now on nothing starts by itself
    for number, (walk, instance) in enumerate(walks):
        tell(f"walk {number}")
        trial.walks.append(walk.run(instance))
        found = plant.incidents(instance)
        trial.incidents += [f"{i['element']}: {i['message']}" for i in found]
        if trial.walks[-1] == STUCK:
            trial.faults.append(f"Nothing can be done, and no incident says why: {walk.acts}")


def _play(
    plant: Plant, bundle: Bundle, diagram: bytes, files: dict[str, bytes], trial: Trial
) -> None:
    plant.release(diagram, files)
    try:
        differences = compared(plant, bundle, 0)
    except Unplayable as reason:
        trial.game = f"{UNREAD}: {reason}"
        return
    trial.game = AGREES
    if differences:
        trial.game = "differs"
        trial.faults.append(f"The token game does not agree: {differences}")


@contextmanager
def _plant() -> Iterator[Plant]:
    """A plant of its own on a fresh database."""
    with tempfile.TemporaryDirectory() as folder:
        file = shutil.copy(_template(), Path(folder) / "plant.db")
        clock = ManualClock()
        store = Store(f"sqlite:///{file}", clock=clock, durable=False)
        try:
            yield Plant(store, clock)
        finally:
            store.close()
            plans._plans.clear()


_made: list[Path] = []


def _template() -> Path:
    """The database that every plant is a copy of, one for each process of ours."""
    if not _made:
        file = Path(tempfile.mkdtemp()) / "template.db"
        store = Store(f"sqlite:///{file}", durable=False)
        db.metadata.create_all(store.bind)
        with store.bind.begin() as connection:
            for statement in append_only_ddl(store.dialect):
                connection.exec_driver_sql(statement)
        store.run(site.create_site, code="main", name="Main works", time_zone="Europe/Berlin")
        store.close()
        _made.append(file)
    return _made[0]
