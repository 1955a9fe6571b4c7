"""An instance inside a command: loaded under its lock, advanced, and written back as one."""

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from engine.kernel import db, site
from engine.kernel.actor import Actor
from engine.kernel.errors import Conflict, NotFound, Stale
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.plan import Plan
from engine.workflow.execution import inside
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.frontier import dump, load
from engine.workflow.execution.openings import Site
from engine.workflow.execution.values import check_size
from engine.workflow.work import history, open_work
from engine.workflow.work.events import outbox, waits
from engine.workflow.work.versions.plans import dry, plan_of

ACTIVE, SUSPENDED, COMPLETED, CANCELLED = "active", "suspended", "completed", "cancelled"


class InstanceSuspended(Conflict):
    """Nobody works on a suspended instance."""

    code = "instance-suspended"
    title = "Instance suspended"


class InstanceEnded(Conflict):
    """The instance is over."""

    code = "instance-ended"
    title = "Instance ended"


@dataclass(slots=True)
class Running:
    """A row of `instance` under its lock; `opened` are the tasks of the last advance.

    `hops` counts the deliveries, one following from the other, that led to what is done now.
    """

    id: bytes
    site_id: int
    version_id: bytes
    business_key: str | None
    state: str
    revision: int
    steps: int
    frontier: bytes
    variables: bytes
    dry_run: bool = False
    opened: list[dict[str, Any]] = field(default_factory=list)
    hops: int = 0

    @property
    def plan(self) -> Plan:
        """The definition the instance runs on."""
        return plan_of(dry(self.version_id) if self.dry_run else self.version_id)

    def advance(self, uow: Uow) -> Advance:
        """An advance from the stored state, of which a new instance has none.

        Raises:
            InstanceEnded: if there is nothing left to move.
        """
        if self.state in (COMPLETED, CANCELLED):
            raise InstanceEnded(f"The instance is {self.state}; nothing can be done in it.")
        frontier = load(bytes(self.frontier), bytes(self.variables)) if self.frontier else None
        zone = Site(lambda: site.zone(uow, self.site_id))
        chained = outbox.is_chained(self.hops)
        suspended = self.state == SUSPENDED
        return Advance(
            uow,
            self.plan,
            frontier,
            zone,
            chained=chained,
            suspended=suspended,
            dry=self.dry_run,
            held=len(self.variables),
        )

    def stored(self, task: bytes) -> bytes:
        """Where the instance stands, for whoever takes back what is now done to a task."""
        place = f"{task.hex()} {self.revision + 1}".encode()
        return b"\n".join((place, bytes(self.frontier), bytes(self.variables)))

    def save(
        self,
        uow: Uow,
        advance: Advance,
        actor: Actor,
        state: str | None = None,
        undo: bytes | None = None,
    ) -> None:
        """Write what an advance did: instance, history and open work, in few statements.

        Args:
            undo: where the instance stood, if a person may take back what they did.

        Raises:
            Stale: if somebody else moved the instance meanwhile.
            VariablesRefused: if the variables became too large.
        """
        if self.dry_run:
            inside.deliver(advance, self.business_key)
        elif self.state != SUSPENDED:
            waits.take_kept_messages(uow, self, advance)
        outcome, before = advance.outcome, self.variables
        self._write(uow, advance, state, undo)
        history.append(uow, self, outcome.steps, before)
        self.opened = open_work.write(uow, self, outcome, actor)

    def _write(self, uow: Uow, advance: Advance, state: str | None, undo: bytes | None) -> None:
        """Take over where an advance ended, and write it if nobody was faster."""
        revision = self.revision
        frontier, variables = dump(advance.frontier())
        check_size(variables)  # before anything is taken over: what is refused changes nothing
        self.variables = variables
        self.steps, self.revision = self.steps + len(advance.outcome.steps), revision + 1
        ended = state == CANCELLED or advance.completed
        self.state = state or (COMPLETED if advance.completed else self.state)
        self.frontier = b"" if ended else frontier
        met = uow.write(
            _ADVANCE,
            {
                "b_id": self.id,
                "b_revision": revision,
                "state": self.state,
                "revision": self.revision,
                "steps": self.steps,
                "frontier": self.frontier,
                "variables": self.variables,
                "ended": uow.now_ms if ended else None,
                "undo": undo,
            },
        )
        if met != 1:
            raise Stale("Somebody else moved this instance meanwhile; read it again.")

    def check_revision(self, expected: str | None) -> None:
        """Refuse if the caller saw another revision than the present one.

        Raises:
            Stale: naming the cure.
        """
        if expected is not None and expected != str(self.revision):
            raise Stale("The instance changed since you read it; read it again.")


_i = t.instance.c
COLUMNS = (
    _i.id,
    _i.site_id,
    _i.version_id,
    _i.business_key,
    _i.state,
    _i.revision,
    _i.steps,
    _i.frontier,
    _i.variables,
    _i.dry_run,
)


def lock(uow: Uow, instance_id: bytes, site_id: int | None = None) -> Running:
    """The instance, locked until the end of the transaction.

    Raises:
        NotFound: if there is none on this site, on any site if none is named.
    """
    row = uow.one(_LOCK, id=instance_id)
    if row is None or site_id not in (None, row[1]):
        raise NotFound("There is no such instance.")
    return Running(*row)


def running(row: tuple[Any, ...]) -> Running:
    """The instance from a row that selected `COLUMNS`."""
    return Running(*row)


_LOCK = db.Statement(
    sa.select(*COLUMNS).where(_i.id == sa.bindparam("id")).with_for_update(of=t.instance)
)
_ADVANCE = db.Statement(
    sa.update(t.instance)
    .where(_i.id == sa.bindparam("b_id"), _i.revision == sa.bindparam("b_revision"))
    .values(
        {
            name: sa.bindparam(name)
            for name in ("state", "revision", "steps", "frontier", "variables", "ended", "undo")
        }
    )
)
