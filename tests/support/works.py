"""A plant as its people and machines use it: over HTTP, each with a role of their own."""

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engine.access import commands
from engine.access.passwords import new_secret
from engine.background import Background
from engine.kernel.actor import ROLES, SYSTEM
from engine.kernel.store import Store
from tests.support.clock import ManualClock
from tests.support.http import Answer, Http, Way, multipart
from tests.support.openapi import Document

Item = dict[str, Any]
XML = "application/xml"


class Works:
    """One plant: `works.operator`, `works.team_lead` … call its API in their roles."""

    def __init__(self, store: Store, clock: ManualClock, way: Way, document: Document) -> None:
        self.store, self.clock, self.way, self.document = store, clock, way, document
        self.background = Background(store)
        self.nobody = Http(way, document, None)
        self._people: dict[str, Http] = {}
        self._hiring = threading.Lock()

    def __getattr__(self, role: str) -> Http:
        """Somebody who has this one role, and is called like it."""
        if role not in ROLES:
            raise AttributeError(role)
        with self._hiring:
            if role not in self._people:
                self._people[role] = self.person(role, role)
            return self._people[role]

    def person(self, name: str, *roles: str) -> Http:
        """A new user with roles and a token."""
        self.store.run(
            commands.create_user, name=name, roles=roles, password_hash=None, actor=SYSTEM
        )
        return self.token(*roles, user=name)

    def token(self, *roles: str, user: str | None = None, days: int | None = None) -> Http:
        """A caller with a new token; without a user it is called `token:<id>`."""
        secret, digest = new_secret()
        made = self.store.run(
            commands.create_token,
            roles=roles,
            secret_digest=digest,
            user=user,
            expires_days=days,
            actor=SYSTEM,
        )
        return Http(self.way, self.document, secret, user or f"token:{made['id']}")

    # ---- diagrams ----

    def deploy(
        self, diagram: bytes, files: Mapping[str, bytes] | None = None, **headers: str
    ) -> Answer:
        """Deploy one diagram, or a bundle with `files` by their names."""
        if files is None:
            return self.process_engineer.send("/processes", diagram, XML, **headers)
        parts = {"main": ("main.bpmn", diagram)}
        parts |= {f"file{n}": found for n, found in enumerate(files.items())}
        return self.process_engineer.send("/processes", *multipart(parts), **headers)

    def release(self, diagram: bytes, files: Mapping[str, bytes] | None = None) -> Item:
        """Deploy and release; the released version."""
        draft = self.deploy(diagram, files).ok(201)
        address = f"/processes/{draft['key']}/versions/{draft['version']}/release"
        released: Item = self.process_engineer.post(address).ok()
        return released

    # ---- instances ----

    def start(
        self,
        process: str = "p",
        business_key: str | None = None,
        version: int | None = None,
        **variables: Any,
    ) -> str:
        """Start a process; the instance's id."""
        told = {"process": process, "variables": variables}
        told |= {} if business_key is None else {"business_key": business_key}
        told |= {} if version is None else {"version": version}
        return str(self.planner.post("/instances", told).ok(201)["id"])

    def run_of(self, diagram: bytes, **variables: Any) -> str:
        """Release a diagram and start it; the instance's id."""
        return self.start(self.release(diagram)["key"], **variables)

    def instance(self, instance: str) -> Item:
        """The instance as it stands."""
        found: Item = self.auditor.get(f"/instances/{instance}").ok()
        return found

    def tokens(self, instance: str) -> list[str]:
        """Where it rests; a token with an incident has a question mark."""
        return sorted(
            token["element"] + ("?" if token["state"] == "incident" else "")
            for token in self.instance(instance)["tokens"]
        )

    def history(self, instance: str) -> list[Item]:
        """Every step, read in pages."""
        return self.auditor.pages(f"/instances/{instance}/history")

    def path(self, instance: str) -> list[str]:
        """The elements of its history; one that was not completed has its state behind it."""
        return [
            step["element"] + ("" if step["state"] == "completed" else f" {step['state']}")
            for step in self.history(instance)
            if step["element"]
        ]

    # ---- people ----

    def tasks(self, instance: str | None = None, **filters: object) -> list[Item]:
        """Open and claimed tasks."""
        asked = filters | ({} if instance is None else {"instance": instance})
        return self.auditor.pages("/tasks", **asked)

    def open(self, instance: str | None = None) -> list[str]:
        """The elements of open tasks, sorted."""
        return sorted(task["element"] for task in self.tasks(instance))

    def task(self, element: str, instance: str | None = None) -> Item:
        """The one open task at an element."""
        found = [task for task in self.tasks(instance) if task["element"] == element]
        assert len(found) == 1, f"{len(found)} tasks at {element}, open: {self.open(instance)}"
        return found[0]

    def complete(self, element: str, instance: str | None = None, **variables: Any) -> Item:
        """Somebody with the task's role completes the one open task at an element."""
        task = self.task(element, instance)
        person: Http = getattr(self, task["role"] or "operator")
        done: Item = person.post(f"/tasks/{task['id']}/complete", {"variables": variables}).ok()
        return done

    # ---- machines, messages, time ----

    def claim_job(self, topic: str = "machine", **how: Any) -> Item:
        """Lease the first open job of a topic."""
        found = self.claim_jobs(topic, **how)
        assert found, f"no open job of {topic}"
        return found[0]

    def claim_jobs(self, *topics: str, **how: Any) -> list[Item]:
        """Lease open jobs; `worker`, `limit`, `lease_seconds`."""
        told = {"worker": "lathe", "limit": 1, "lease_seconds": 60} | how
        found: list[Item] = self.integration.post(
            "/jobs/claim", {"topics": list(topics), **told}
        ).ok()["items"]
        return found

    def complete_job(self, job: Item, **variables: Any) -> Item:
        """Bring a job's result."""
        body = {"fence": job["fence"], "variables": variables}
        done: Item = self.integration.post(f"/jobs/{job['id']}/complete", body).ok()
        return done

    def fail_job(self, job: Item, message: str = "chuck open", **how: Any) -> Item:
        """Say that it could not be done; `code`, `retry_in`."""
        body = {"fence": job["fence"], "message": message, **how}
        failed: Item = self.integration.post(f"/jobs/{job['id']}/fail", body).ok()
        return failed

    def send(self, name: str, **how: Any) -> Item:
        """Send a message; `business_key`, `variables`, `ttl_seconds`, `instance`."""
        sent: Item = self.integration.post("/messages", {"name": name, **how}).ok()
        return sent

    def broadcast(self, name: str, **variables: Any) -> Item:
        """Broadcast a signal."""
        told: Item = self.integration.post(
            "/broadcasts", {"name": name, "variables": variables}
        ).ok()
        return told

    def wait(self, **duration: float) -> int:
        """Let time pass (`hours=2`), then fire what is due; the number fired."""
        self.clock.advance(timedelta(**duration))
        return self.background.fire_timers()

    def incident(self, instance: str) -> Item:
        """The one open incident of an instance."""
        found = self.auditor.pages("/incidents", instance=instance)
        assert len(found) == 1, f"{len(found)} incidents: {found}"
        item: Item = found[0]
        return item
