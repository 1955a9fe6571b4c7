"""The audit trail, on both databases."""

import sqlite3
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.clock import iso, to_ms
from engine.kernel.store import Store
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.records.queries import audit_entries, change_mark
from tests.engine.test_access import ABROAD, HASH, NEW_HASH, ROOT, add, change, grant, pages, trail
from tests.support.clock import ManualClock

BROKEN = (sqlite3.IntegrityError, psycopg.IntegrityError)
ROW = "INTO audit_entry (id, at, actor, action, subject) VALUES (1, 0, 'mallory', 'a', 's')"
TAMPERED = (
    "UPDATE audit_entry SET actor = 'mallory'",
    "DELETE FROM audit_entry",
    f"INSERT {ROW} ON CONFLICT (id) DO UPDATE SET actor = 'mallory'",
)
TAMPERING = {
    "sqlite": (*TAMPERED, f"INSERT OR REPLACE {ROW}"),
    "postgresql": (*TAMPERED, "TRUNCATE audit_entry"),
}


class TestAudit:
    def test_every_change_is_recorded_without_a_secret(
        self, store: Store, clock: ManualClock
    ) -> None:
        add(store, "ana", "operator")
        change(store, "ana", roles=["quality"], active=False, password_hash=NEW_HASH)
        item, digest = grant(store, "integration", expires_days=1)
        newest, changed, created = trail(store)
        assert created | {"id": ""} == {
            "id": "",
            "at": iso(to_ms(clock.now())),
            "actor": "root",
            "action": "user.created",
            "subject": "user:ana",
            "detail": {"roles": ["operator"], "password": "set"},
        }
        assert changed["detail"] == {
            "roles": {"from": ["operator"], "to": ["quality"]},
            "active": {"from": True, "to": False},
            "password": "changed",
        }
        assert newest["subject"] == f"token:{item['id']}"
        assert newest["detail"] == {
            "roles": ["integration"],
            "user": None,
            "expires": item["expires"],
        }
        written = str(trail(store))
        assert not any(x in written for x in (NEW_HASH, HASH, digest.hex(), repr(digest)))

    def test_filters_combine(self, store: Store, clock: ManualClock) -> None:
        def record(uow: Uow, actor: Actor, action: str, subject: str) -> None:
            audit(uow, actor, action, subject)

        other = Actor("ana")
        store.run(record, actor=ROOT, action="lot.held", subject="lot:1")
        store.run(record, actor=other, action="lot.held", subject="lot:1")
        clock.advance(10)
        since = to_ms(clock.now())
        store.run(record, actor=other, action="lot.released", subject="lot:1")
        store.run(record, actor=other, action="lot.held", subject="lot:2")
        store.run(record, actor=ABROAD, action="lot.held", subject="lot:1")

        def found(**filters: Any) -> list[tuple[str, str, str]]:
            return [(e["actor"], e["action"], e["subject"]) for e in trail(store, **filters)]

        assert len(found()) == 4
        assert found(actor="root") == [("root", "lot.held", "lot:1")]
        assert found(since=since) == [
            ("ana", "lot.held", "lot:2"),
            ("ana", "lot.released", "lot:1"),
        ]
        assert found(since=since + 1) == []
        assert found(actor="ana", action="lot.held", subject="lot:1", since=since - 10_000) == [
            ("ana", "lot.held", "lot:1")
        ]
        assert found(actor="ana", action="lot.held", subject="lot:1", since=since) == []

    def test_pages_go_on_where_the_last_ended(self, store: Store) -> None:
        for number in range(5):
            add(store, f"user{number}", "operator")
        listed = pages(
            lambda c: store.read(audit_entries, site=1, limit=2, cursor=c, action="user.created")
        )
        assert [e["subject"] for e in listed] == [f"user:user{n}" for n in (4, 3, 2, 1, 0)]

    def test_entries_stay_as_they_were_written(self, store: Store) -> None:
        add(store, "ana", "operator")
        before = trail(store)
        for sql in TAMPERING[store.dialect]:
            statement = db.Statement(sa.text(sql))
            with pytest.raises(BROKEN, match="append-only"):
                store.run(lambda uow, tampered: uow.write(tampered, {}), tampered=statement)
        assert trail(store) == before

    def test_the_mark_changes_with_every_change_and_with_none_else(self, store: Store) -> None:
        def mark() -> str:
            return store.read(change_mark, site=1)

        marks = [mark(), mark()]
        for number in range(70):  # more than the mark looks at
            add(store, f"user{number}", "operator")
            marks += [mark(), mark()]
        assert marks[::2] == marks[1::2]
        assert len(set(marks)) == 71

    def test_the_mark_shows_an_entry_that_comes_late(self, store: Store) -> None:
        """A transaction that took its number first and commits last."""
        for number in range(3):
            add(store, f"user{number}", "operator")
        seen = store.read(change_mark, site=1)
        late = {"id": -1, "at": 0, "actor": "ana", "action": "a", "subject": b"s"}
        store.run(lambda uow, row: uow.write(LATE, row), row=late)
        assert store.read(change_mark, site=1) != seen


LATE = db.Statement(
    sa.text(
        "INSERT INTO audit_entry (id, at, actor, action, subject) "
        "VALUES (:id, :at, :actor, :action, :subject)"
    )
)
