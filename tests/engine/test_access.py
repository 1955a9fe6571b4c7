"""Users, tokens and the audit trail, on both databases."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.access import commands, queries
from engine.access.commands import LastAdmin, UserExists
from engine.access.passwords import digest_of, new_secret
from engine.access.people import UserChanges
from engine.kernel import db
from engine.kernel.actor import ROLES, Actor
from engine.kernel.clock import iso, to_ms
from engine.kernel.errors import Invalid, NotFound, RoutecardError, Stale
from engine.kernel.ids import from_text, new_id
from engine.kernel.store import Store
from engine.kernel.store.uow import Uow
from engine.records.queries import audit_entries
from tests.support.clock import ManualClock

ROOT = Actor("root", frozenset({"admin"}))
ABROAD = Actor("root", frozenset({"admin"}), 2)
HASH, NEW_HASH = "$argon2id$not-a-real-one", "$argon2id$nor-is-this"
LOCK = db.Statement(sa.text("UPDATE user_account SET failed_logins = 9, locked_until = 5"))
LOCKED = "1970-01-01T00:00:00.005Z"


def add(store: Store, name: str, *roles: str, actor: Actor = ROOT) -> dict[str, Any]:
    return store.run(commands.create_user, name=name, roles=roles, password_hash=HASH, actor=actor)


def change(store: Store, name: str, expected: str | None = None, **changes: Any) -> dict[str, Any]:
    return store.run(
        commands.change_user,
        name=name,
        changes=UserChanges(**changes),
        actor=ROOT,
        expected=expected,
    )


def grant(
    store: Store, *roles: str, actor: Actor = ROOT, **args: Any
) -> tuple[dict[str, Any], bytes]:
    _text, digest = new_secret()
    item = store.run(commands.create_token, roles=roles, secret_digest=digest, actor=actor, **args)
    return item, digest


def trail(store: Store, **filters: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = store.read(audit_entries, site=1, limit=50, **filters)["items"]
    return items


def pages(read: Callable[[str | None], dict[str, Any]]) -> list[dict[str, Any]]:
    items, cursor = [], None
    while True:
        page = read(cursor)
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def test_both_databases_have_site_1(store: Store) -> None:
    def zones(uow: Uow) -> list[tuple[Any, ...]]:
        return uow.all(db.Statement(sa.text("SELECT id, time_zone FROM site")))

    assert store.read(zones) == [(1, "Europe/Berlin")]


class TestUsers:
    def test_a_new_user_is_answered_and_read_alike(self, store: Store, clock: ManualClock) -> None:
        created = add(store, "ana", "quality", "operator", "quality")
        assert created == {
            "name": "ana",
            "full_name": None,
            "roles": ["operator", "quality"],
            "active": True,
            "language": None,
            "theme": None,
            "password_set": True,
            "badge_set": False,
            "pin_set": False,
            "locked_until": None,
            "revision": 1,
            "created": iso(to_ms(clock.now())),
        }
        assert store.read(queries.user, name="ANA", site=1) == created

    def test_a_name_is_taken_whatever_its_case(self, store: Store) -> None:
        add(store, "Ana", "operator")
        with pytest.raises(UserExists, match="user ana already"):
            add(store, "aNA", "auditor")
        assert store.read(queries.user, name="ana", site=1)["roles"] == ["operator"]
        assert len(trail(store)) == 1

    def test_a_taken_name_leaves_the_transaction_usable(self, store: Store) -> None:
        def twice(uow: Uow) -> None:
            for _ in range(2):
                try:
                    commands.create_user(
                        uow, name="ana", roles=["operator"], password_hash=None, actor=ROOT
                    )
                except UserExists:
                    commands.create_user(
                        uow, name="bob", roles=["operator"], password_hash=None, actor=ROOT
                    )

        store.run(twice)
        assert store.read(queries.user, name="bob", site=1)["password_set"] is False

    def test_each_site_has_its_own_names(self, store: Store) -> None:
        add(store, "ana", "operator")
        add(store, "ana", "auditor", actor=ABROAD)
        assert store.read(queries.user, name="ana", site=2)["roles"] == ["auditor"]
        with pytest.raises(NotFound):
            store.read(queries.user, name="ana", site=3)

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "x" * 65,
            "token:1",
            "system:background",
            "a b",
            "..",
            "-x",
            "\u212aurt",
            "a\0",
            "a\n",
        ],
    )
    def test_a_name_that_cannot_be(self, store: Store, name: str) -> None:
        with pytest.raises(Invalid) as refused:
            add(store, name, "operator")
        assert [e.pointer for e in refused.value.errors] == ["/name"]
        with pytest.raises(NotFound):
            store.read(queries.user, name=name, site=1)

    def test_an_unknown_role_is_refused_naming_all(self, store: Store) -> None:
        with pytest.raises(Invalid, match="no role 'boss'") as refused:
            add(store, "ana", "operator", "boss")
        assert all(role in refused.value.detail for role in ROLES)
        assert [e.pointer for e in refused.value.errors] == ["/roles"]
        with pytest.raises(Invalid, match="at least one role"):
            add(store, "ana")

    def test_users_are_listed_by_name_in_pages(self, store: Store) -> None:
        for name in ("dan", "ana", "bob", "eve", "cyd"):
            add(store, name, "operator")
        add(store, "zoe", "operator", actor=ABROAD)
        listed = pages(lambda c: store.read(queries.users, site=1, limit=2, cursor=c))
        assert [u["name"] for u in listed] == ["ana", "bob", "cyd", "dan", "eve"]
        assert store.read(queries.users, site=1, limit=5)["next"] is None

    @pytest.mark.parametrize("cursor", ["", "a\0", "token:1", "\ud800"])
    def test_a_cursor_from_elsewhere_is_refused(self, store: Store, cursor: str) -> None:
        for query in (queries.users, queries.tokens, audit_entries):
            with pytest.raises(Invalid, match="cursor"):
                store.read(query, site=1, limit=2, cursor=cursor)


class TestChanges:
    def test_what_is_named_changes_and_the_rest_stays(self, store: Store) -> None:
        add(store, "ana", "operator")
        assert change(store, "ANA", roles=["quality"])["roles"] == ["quality"]
        after = change(store, "ana", active=False)
        assert (after["roles"], after["active"], after["revision"]) == (["quality"], False, 3)
        assert store.read(queries.user, name="ana", site=1) == after

    def test_no_difference_is_no_change(self, store: Store) -> None:
        before = add(store, "ana", "operator")
        assert change(store, "ana", roles=["operator"], active=True) == before
        assert len(trail(store)) == 1

    def test_who_saw_an_older_revision_is_refused(self, store: Store) -> None:
        add(store, "ana", "operator")
        change(store, "ana", "1", active=False)
        with pytest.raises(Stale):
            change(store, "ana", "1", active=True)

    def test_nobody_else_is_changed(self, store: Store) -> None:
        add(store, "ana", "operator")
        add(store, "bob", "admin")
        add(store, "ana", "operator", actor=ABROAD)
        change(store, "ana", active=False, password_hash=NEW_HASH)
        assert store.read(queries.user, name="bob", site=1)["revision"] == 1
        assert store.read(queries.user, name="ana", site=2)["active"]
        with pytest.raises(NotFound):
            change(store, "nobody", active=False)

    def test_a_new_password_frees_a_locked_user(self, store: Store) -> None:
        add(store, "ana", "operator")
        store.run(lambda uow: uow.write(LOCK, {}))
        assert change(store, "ana", roles=["quality"])["locked_until"] == LOCKED
        assert change(store, "ana", password_hash=NEW_HASH)["locked_until"] is None
        assert store.read(queries.user, name="ana", site=1)["locked_until"] is None

    def test_an_admin_frees_a_locked_user(self, store: Store) -> None:
        add(store, "ana", "operator")
        store.run(lambda uow: uow.write(LOCK, {}))
        assert change(store, "ana", unlock=True)["locked_until"] is None
        [entry] = trail(store, action="user.changed")
        assert entry["detail"] == {"locked_until": {"from": LOCKED, "to": None}}


class TestLastAdmin:
    @pytest.mark.parametrize("changes", [{"active": False}, {"roles": ["operator"]}])
    def test_the_last_active_admin_stays(self, store: Store, changes: dict[str, Any]) -> None:
        add(store, "ana", "admin", "quality")
        add(store, "bob", "admin")
        add(store, "eve", "admin", actor=ABROAD)
        change(store, "bob", active=False)
        with pytest.raises(LastAdmin, match="ana is the last active admin"):
            change(store, "ana", **changes)
        assert store.read(queries.user, name="ana", site=1)["revision"] == 1
        change(store, "ana", roles=["admin"], password_hash=NEW_HASH)
        change(store, "bob", active=True)
        change(store, "ana", **changes)

    def test_an_admin_who_is_inactive_may_lose_the_role(self, store: Store) -> None:
        add(store, "ana", "admin")
        add(store, "bob", "admin")
        change(store, "bob", active=False)
        assert change(store, "bob", roles=["operator"])["roles"] == ["operator"]

    def test_two_cannot_step_down_at_once(self, store: Store) -> None:
        add(store, "ana", "admin")
        add(store, "bob", "admin")
        start = threading.Barrier(2)

        def step_down(name: str) -> str:
            start.wait(5)
            try:
                change(store, name, active=False)
            except RoutecardError as refused:
                return refused.code
            return "done"

        for _ in range(5):
            with ThreadPoolExecutor(2) as pool:
                outcome = sorted(pool.map(step_down, ("ana", "bob")))
            assert outcome == ["done", "last-admin"]
            for name in ("ana", "bob"):
                change(store, name, active=True)


class TestTokens:
    def test_a_token_without_a_user_acts_by_its_id(self, store: Store, clock: ManualClock) -> None:
        item, digest = grant(store, "integration")
        assert item == {
            "id": item["id"],
            "user": None,
            "roles": ["integration"],
            "created": iso(to_ms(clock.now())),
            "created_by": "root",
            "expires": None,
            "revoked": None,
        }
        bearer = store.read(queries.who, digest=digest)
        assert bearer is not None
        assert bearer.actor == Actor(f"token:{item['id']}", frozenset({"integration"}), 1)
        assert (bearer.token, bearer.expires) == (from_text(item["id"]), None)

    def test_a_token_belongs_to_its_site(self, store: Store) -> None:
        add(store, "ana", "admin", "operator")
        add(store, "ana", "operator", actor=ABROAD)
        item, digest = grant(store, "operator", actor=ABROAD, user="ana")
        bearer = store.read(queries.who, digest=digest)
        assert bearer is not None
        assert bearer.actor == Actor("ana", frozenset({"operator"}), 2)
        with pytest.raises(NotFound):
            store.run(commands.revoke_token, token=from_text(item["id"]), actor=ROOT)

    def test_nobody_is_known_by_another_secret(self, store: Store) -> None:
        grant(store, "integration")
        assert store.read(queries.who, digest=digest_of("rc_something")) is None

    def test_a_token_of_a_user_has_the_roles_both_have_now(self, store: Store) -> None:
        add(store, "ana", "operator", "quality")
        item, digest = grant(store, "operator", user="ANA")
        assert item["user"] == "ana"
        held = []
        for roles in (["auditor", "operator"], ["quality"]):
            bearer = store.read(queries.who, digest=digest)
            held.append(bearer and bearer.actor)
            change(store, "ana", roles=roles)
        bearer = store.read(queries.who, digest=digest)
        held.append(bearer and bearer.actor)
        operator = Actor("ana", frozenset({"operator"}))
        assert held == [operator, operator, Actor("ana")]

    def test_an_inactive_user_has_no_tokens(self, store: Store) -> None:
        add(store, "ana", "operator")
        _item, digest = grant(store, "operator", user="ana")
        change(store, "ana", active=False)
        assert store.read(queries.who, digest=digest) is None
        with pytest.raises(Invalid, match="ana is not active"):
            grant(store, "operator", user="ana")
        change(store, "ana", active=True)
        assert store.read(queries.who, digest=digest) is not None

    def test_a_token_cannot_add_to_its_user(self, store: Store) -> None:
        add(store, "ana", "operator")
        with pytest.raises(Invalid, match="lacks the role admin") as refused:
            grant(store, "operator", "admin", user="ana")
        assert [e.pointer for e in refused.value.errors] == ["/roles"]
        with pytest.raises(Invalid) as refused:
            grant(store, "operator", user="nobody")
        assert [e.pointer for e in refused.value.errors] == ["/user"]

    def test_a_token_ends_to_the_millisecond(self, store: Store, clock: ManualClock) -> None:
        item, digest = grant(store, "integration", expires_days=30)
        end = clock.now() + timedelta(days=30)
        assert item["expires"] == iso(to_ms(end))
        clock.advance(timedelta(days=30, milliseconds=-1))
        bearer = store.read(queries.who, digest=digest)
        assert bearer is not None
        assert bearer.expires == to_ms(end)
        clock.advance(0.001)
        assert store.read(queries.who, digest=digest) is None

    @pytest.mark.parametrize("days", [0, -1, 3_651, 10**30])
    def test_a_term_that_cannot_be(self, store: Store, days: int) -> None:
        with pytest.raises(Invalid) as refused:
            grant(store, "integration", expires_days=days)
        assert [e.pointer for e in refused.value.errors] == ["/expires_days"]

    def test_a_revoked_token_ends_at_once_and_once(self, store: Store, clock: ManualClock) -> None:
        item, digest = grant(store, "integration")
        token = from_text(item["id"])
        revoked = store.run(commands.revoke_token, token=token, actor=ROOT)
        assert revoked == item | {"revoked": iso(to_ms(clock.now()))}
        assert store.read(queries.who, digest=digest) is None
        clock.advance(60)
        assert store.run(commands.revoke_token, token=token, actor=ROOT) == revoked
        assert [e["action"] for e in trail(store)] == ["token.revoked", "token.created"]
        with pytest.raises(NotFound):
            store.run(commands.revoke_token, token=new_id(), actor=ROOT)

    def test_tokens_are_listed_newest_first_without_digest(self, store: Store) -> None:
        made = [grant(store, "integration")[0] for _ in range(5)]
        grant(store, "integration", actor=ABROAD)
        listed = pages(lambda c: store.read(queries.tokens, site=1, limit=2, cursor=c))
        assert listed == made[::-1]
        assert "digest" not in listed[0]

    def test_who_is_asked_in_one_statement(self, store: Store) -> None:
        add(store, "ana", "operator")
        _item, digest = grant(store, "operator", user="ana")

        def counted(uow: Uow) -> int:
            assert queries.who(uow, digest=digest) is not None
            return uow.statements

        assert store.read(counted) == 1
