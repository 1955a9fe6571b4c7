"""A plant for tests: deploys diagrams, starts instances, does people's and machines' work.

Everything goes through the engine's commands, as the API calls them. Elements are named by their
ids, instances by the id that `start` answers; numbers come back as Decimals.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from engine.background import Background
from engine.kernel import json_text
from engine.kernel.actor import ROLES, Actor
from engine.kernel.clock import iso
from engine.kernel.ids import from_text
from engine.kernel.store import Store
from engine.workflow.definition.bundles import Bundle, read_bundle
from engine.workflow.definition.plan import Plan
from engine.workflow.work import incidents, instances, jobs, messages, queries, tasks
from engine.workflow.work.events import relay, signals
from engine.workflow.work.versions import commands as versions
from engine.workflow.work.versions import plans
from engine.workflow.work.versions import queries as version_queries
from engine.workflow.work.versions.commands import DeploymentRefused
from tests.support.clock import ManualClock
from tests.support.interventions import Interventions

ANA = Actor("ana", ROLES)
LATHE = Actor("lathe", frozenset({"integration"}))
Item = dict[str, Any]


def found(refused: DeploymentRefused) -> list[tuple[str, str]]:
    """(rule, element) of every error in a refused deployment."""
    findings: Any = refused.members["findings"]
    return [(f["rule"], f["element"]) for f in findings if f["severity"] == "error"]


def _backwards(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _backwards(item) for key, item in reversed(value.items())}
    return [_backwards(item) for item in value] if isinstance(value, list) else value


class Plant(Interventions):
    """A plant on one database, at the time its clock shows."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store, self.clock = store, clock
        self.background = Background(store)

    # ---- diagrams ----

    def deploy(self, diagram: bytes, files: Mapping[str, bytes] | None = None) -> Bundle:
        """Deploy a diagram with the files it comes with; refused with its findings."""
        bundle = read_bundle("main.bpmn", {"main.bpmn": diagram, **(files or {})}, ROLES)
        offered = self.store.read(version_queries.known, bundle=bundle, site=1)
        findings = versions.check(bundle, offered)
        self.store.run(versions.deploy, bundle=bundle, findings=findings, actor=ANA)
        return bundle

    def release(self, diagram: bytes, files: Mapping[str, bytes] | None = None) -> int:
        """Deploy and release; the version's number."""
        bundle = self.deploy(diagram, files)
        shown = self.store.read(version_queries.process_item, key=bundle.key, site=1)
        number: int = shown["versions"][0]["version"]
        self.store.run(versions.release, key=bundle.key, version=number, bundle=bundle, actor=ANA)
        return number

    def retire(self, process: str, version: int) -> None:
        """Take a version out of use."""
        self.run(versions.retire, key=process, version=version)

    # ---- instances ----

    def start(self, process: str = "p", business_key: str | None = None, **variables: Any) -> str:
        """Start the released version; the instance's id."""
        started = self.run(
            instances.start, process=process, business_key=business_key, variables=variables
        )
        return str(started["id"])

    def run_of(self, diagram: bytes, **variables: Any) -> str:
        """Release a diagram and start it."""
        self.release(diagram)
        return self.start(**variables)

    def instance(self, instance: str) -> Item:
        """The instance as the API shows it."""
        return self.read(queries.instance_item, instance=from_text(instance), site=1)

    def state(self, instance: str) -> str:
        """`active`, `suspended`, `completed` or `cancelled`."""
        return str(self.instance(instance)["state"])

    def variables(self, instance: str) -> Item:
        """The variables of the process."""
        found: Item = self.instance(instance)["variables"]
        return found

    def tokens(self, instance: str) -> list[str]:
        """Where the instance rests, one element per token."""
        return sorted(token["element"] for token in self.instance(instance)["tokens"])

    def history(self, instance: str, limit: int = 200) -> list[Item]:
        """Every step, read in pages."""
        found: list[Item] = []
        cursor = None
        while True:
            page = self.read(
                queries.instance_history,
                instance=from_text(instance),
                site=1,
                limit=limit,
                cursor=cursor,
            )
            found += page["items"]
            cursor = page["next"]
            if cursor is None:
                return found

    def path(self, instance: str) -> list[str]:
        """The elements of its history, in order; one that was not completed says so."""
        return [
            step["element"] + ("" if step["state"] == "completed" else f" {step['state']}")
            for step in self.history(instance)
            if step["element"]
        ]

    def page(self, instance: str, after: int, limit: int = 200) -> list[Item]:
        """One page of its history."""
        found: list[Item] = self.read(
            queries.instance_history,
            instance=from_text(instance),
            site=1,
            limit=limit,
            cursor=str(after),
        )["items"]
        return found

    def suspend(self, instance: str) -> None:
        """Stop work on an instance."""
        self.run(instances.suspend, instance=from_text(instance), reason="a test")

    def resume(self, instance: str) -> None:
        """Go on with a suspended instance."""
        self.run(instances.resume, instance=from_text(instance), reason="a test")

    def cancel(self, instance: str) -> None:
        """End an instance as it stands."""
        self.run(instances.cancel, instance=from_text(instance), reason="a test")

    def change(self, instance: str, **values: Any) -> None:
        """Change variables from outside."""
        self.run(
            instances.change_variables,
            instance=from_text(instance),
            values=values,
            reason="a test",
        )

    # ---- people ----

    def tasks(self, instance: str | None = None, **filters: Any) -> list[Item]:
        """Open and claimed tasks, in the order of a work list."""
        given = filters | ({"instance": from_text(instance)} if instance else {})
        found: list[Item] = self.read(queries.tasks, actor=ANA, limit=200, **given)["items"]
        return found

    def open(self, instance: str | None = None) -> list[str]:
        """The elements of open tasks, sorted."""
        return sorted(task["element"] for task in self.tasks(instance))

    def task(self, element: str, instance: str | None = None) -> Item:
        """The one open task at an element."""
        found = [task for task in self.tasks(instance) if task["element"] == element]
        assert len(found) == 1, f"{len(found)} tasks at {element}, open: {self.open(instance)}"
        return found[0]

    def complete(self, element: str, instance: str | None = None, **variables: Any) -> Item:
        """Complete the one open task at an element."""
        return self.complete_task(self.task(element, instance)["id"], **variables)

    def complete_task(self, task: str, actor: Actor = ANA, **variables: Any) -> Item:
        """Complete a task by its id."""
        return self.run(tasks.complete, task=from_text(task), variables=variables, actor=actor)

    # ---- machines, messages, time ----

    def claim_job(self, topic: str = "machine", worker: str = "lathe", lease: int = 60) -> Item:
        """Lease the first open job of a topic."""
        found = self.claim_jobs(topic, worker=worker, lease=lease)
        assert found, f"no open job of {topic}"
        return found[0]

    def claim_jobs(
        self, *topics: str, worker: str = "lathe", limit: int = 1, lease: int = 60
    ) -> list[Item]:
        """Lease open jobs."""
        found: list[Item] = relay.run(
            self.store,
            jobs.claim,
            topics=topics,
            worker=worker,
            limit=limit,
            lease_seconds=lease,
            actor=LATHE,
        )
        return found

    def complete_job(self, job: Item, **variables: Any) -> Item:
        """Bring a job's result."""
        return self.run(
            jobs.complete,
            job=from_text(job["id"]),
            fence=job["fence"],
            variables=variables,
            actor=LATHE,
        )

    def fail_job(self, job: Item, message: str = "chuck open", **how: Any) -> Item:
        """Say that a job could not be done; `code` raises a BPMN error, `retry_in` is seconds."""
        return self.run(
            jobs.fail,
            job=from_text(job["id"]),
            fence=job["fence"],
            message=message,
            actor=LATHE,
            **how,
        )

    def send(
        self,
        name: str,
        business_key: str | None = None,
        ttl_seconds: int | None = None,
        **variables: Any,
    ) -> Item:
        """Send a message."""
        return self.run(
            messages.send,
            name=name,
            business_key=business_key,
            ttl_seconds=ttl_seconds,
            variables=variables,
            actor=LATHE,
        )

    def broadcast(self, name: str, **variables: Any) -> Item:
        """Broadcast a signal."""
        return self.run(signals.broadcast, name=name, variables=variables, actor=LATHE)

    def wait(self, **duration: float) -> int:
        """Let time pass (`hours=2`), then fire what is due; the number fired."""
        self.clock.advance(timedelta(**duration))
        return self.background.fire_timers()

    # ---- incidents ----

    def incidents(self, instance: str | None = None, **filters: Any) -> list[Item]:
        """Open incidents, oldest first."""
        given = filters | ({"instance": from_text(instance)} if instance else {})
        found: list[Item] = self.read(queries.incidents, site=1, limit=200, **given)["items"]
        return found

    def incident(self, instance: str | None = None) -> Item:
        """The one open incident."""
        found = self.incidents(instance)
        assert len(found) == 1, f"{len(found)} incidents: {found}"
        return found[0]

    def retry(self, incident: Item) -> Item:
        """Let an incident's token try again."""
        return self.run(incidents.retry, incident=from_text(incident["id"]))

    def resolve(self, incident: Item, action: str, **more: Any) -> Item:
        """Decide what becomes of an incident's token."""
        return self.run(
            incidents.resolve,
            incident=from_text(incident["id"]),
            action=action,
            reason="a test",
            **more,
        )

    # ---- underneath ----

    def plan(self, process: str) -> Plan:
        """The plan of the first version, as all threads share it."""
        key = self.store.read(version_queries.version_id, key=process, version=1, site=1)
        return plans.read_plan(self.store, key)

    def forget_plans(self) -> None:
        """Read every plan again at its next use, as after a restart."""
        plans._plans.clear()

    def job(self, job: Item) -> tuple[str, str | None, int]:
        """State, message and fence of a job as they are stored."""
        row = self.sql(
            "SELECT state, message, fence FROM job WHERE id = :id", id=from_text(job["id"])
        )[0]
        return row[0], row[1], row[2]

    def waits(self, instance: str) -> list[tuple[str, str, str]]:
        """(element, kind, name) of every message and signal an instance waits for."""
        rows = self.sql(
            "SELECT element, kind, name FROM subscription WHERE instance_id = :id",
            id=from_text(instance),
        )
        return sorted((element, kind, name) for element, kind, name in rows)

    def due(self, instance: str) -> list[str | None]:
        """When the timers of an instance are due."""
        rows = self.sql("SELECT at FROM due WHERE owner_id = :id", id=from_text(instance))
        return sorted(iso(at) for (at,) in rows)

    def stored(self, instance: str) -> tuple[bytes, bytes]:
        """The frontier and the variables as they are stored."""
        row = self.sql(
            "SELECT frontier, variables FROM instance WHERE id = :id", id=from_text(instance)
        )[0]
        return bytes(row[0]), bytes(row[1])

    def reorder_keys(self, instance: str) -> None:
        """Store the same JSON with its keys in another order: jsonb's on PostgreSQL."""
        key = from_text(instance)
        frontier, variables = (self._reordered(text) for text in self.stored(instance))
        self.sql(
            "UPDATE instance SET frontier = :frontier, variables = :variables WHERE id = :id",
            id=key,
            frontier=frontier,
            variables=variables,
        )

    def _reordered(self, text: bytes) -> bytes:
        if self.store.dialect == "postgresql":
            stored: str = self.sql("SELECT CAST(:text AS jsonb)::text", text=text.decode())[0][0]
            return stored.encode()
        return json_text.write(_backwards(json_text.read(text)))

    def sql(self, statement: str, **parameters: Any) -> list[Any]:
        """Look behind the commands, or reach in; the rows."""
        with self.store.bind.begin() as connection:
            answer = connection.execute(sa.text(statement), parameters)
            return list(answer) if answer.returns_rows else []

    def run(self, command: Any, *, actor: Actor = ANA, **args: Any) -> Any:
        """Run a command as a person, and what it sets going."""
        return relay.run(self.store, command, actor=actor, **args)

    def read(self, query: Any, **args: Any) -> Any:
        """Run a query."""
        return plans.read(self.store, query, **args)
