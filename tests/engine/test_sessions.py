"""Sessions and stations, on both databases: what opens and ends them, also side by side."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from engine.access import commands, credentials, presence, sessions, stations
from engine.access.credentials import Claim, NotProven, Proof, Purpose
from engine.access.passwords import hash_password, new_secret
from engine.access.presence import SignedIn
from engine.access.sessions import Ending, Method
from engine.access.settings import change_settings
from engine.access.stations import CodeRefused, StationChanges, StationExists
from engine.kernel.actor import SIGN_IN, Actor
from engine.kernel.clock import iso, to_ms
from engine.kernel.errors import Invalid, NotFound, NotPermitted, RoutecardError, Stale, TooMany
from engine.kernel.ids import from_text, new_id
from engine.kernel.store import Store
from tests.engine.test_access import ABROAD, ROOT, change, pages, trail
from tests.support.clock import ManualClock

PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)


def hire(store: Store, name: str, *roles: str, actor: Actor = ROOT) -> Proof:
    """A new user who has just proven who they are."""
    store.run(commands.create_user, name=name, roles=roles, password_hash=HASH, actor=actor)
    claim = Claim(actor.site, PASSWORD, name=name)
    return credentials.check(store, claim, Purpose.SIGN_IN, actor=SIGN_IN)


def enter(store: Store, proof: Proof, **where: Any) -> tuple[SignedIn, bytes]:
    _secret, digest = new_secret("rcs_")
    how = {"digest": digest, "method": Method.PASSWORD} | where
    return store.run(sessions.sign_in, proof=proof, **how), digest


def whose(store: Store, digest: bytes) -> str | None:
    found = store.read(presence.whose, digest=digest)
    return None if found is None else found.actor.name


def make(store: Store, name: str = "Lathe 1", actor: Actor = ROOT, **more: Any) -> dict[str, Any]:
    """A new station, with its key and its code's digest."""
    _code, digest = stations.new_code()
    values = StationChanges({"name": name} | more)
    item = store.run(stations.create_station, station=values, code=digest, actor=actor)
    return item | {"key": from_text(item["id"]), "digest": digest}


def enrolled(store: Store, name: str = "Lathe 1", **more: Any) -> tuple[bytes, bytes]:
    """The key of a new station and the digest in its device's cookie."""
    made = make(store, name, **more)
    _secret, device = new_secret("rcd_")
    store.run(stations.enrol, code=made["digest"], device=device)
    return made["key"], device


class TestSessions:
    def test_a_session_stands_for_who_signed_in(self, store: Store, clock: ManualClock) -> None:
        found, digest = enter(store, hire(store, "ana", "operator"))
        assert found.actor == Actor("ana", frozenset({"operator"}))
        assert (found.full_name, found.station, found.method) == ("ana", None, "password")
        assert store.read(presence.whose, digest=digest) == found
        assert found.expires == to_ms(clock.now() + timedelta(hours=12))

    def test_it_ends_when_nobody_acts(self, store: Store, clock: ManualClock) -> None:
        found, digest = enter(store, hire(store, "ana", "operator"))
        clock.advance(timedelta(minutes=59))
        store.run(sessions.touch, key=found.key)
        clock.advance(timedelta(minutes=60) - timedelta(milliseconds=1))
        assert whose(store, digest) == "ana"
        clock.advance(timedelta(milliseconds=1))
        assert whose(store, digest) is None

    def test_it_ends_after_a_shift_whoever_acts(self, store: Store, clock: ManualClock) -> None:
        found, digest = enter(store, hire(store, "ana", "operator"))
        for _ in range(24):
            assert whose(store, digest) == "ana"
            clock.advance(timedelta(minutes=30))
            store.run(sessions.touch, key=found.key)
        assert whose(store, digest) is None

    def test_the_site_says_how_long(self, store: Store, clock: ManualClock) -> None:
        proof = hire(store, "ana", "operator")
        changes = {"session_idle_minutes": 5, "session_hours": 1}
        store.run(change_settings, changes=changes, actor=ROOT)
        found, digest = enter(store, proof)
        assert found.expires - to_ms(clock.now()) == 3_600_000
        clock.advance(timedelta(minutes=5))
        assert whose(store, digest) is None

    def test_it_is_ended_once(self, store: Store, clock: ManualClock) -> None:
        found, digest = enter(store, hire(store, "ana", "operator"))
        args = {"key": found.key, "how": Ending.SIGNED_OUT, "actor": found.actor}
        ended = store.run(sessions.end_session, **args)
        assert ended["ended"] == iso(to_ms(clock.now()))
        clock.advance(60)
        assert store.run(sessions.end_session, **args) == ended
        assert whose(store, digest) is None
        entries = trail(store, action="user.signed_out")
        assert [e["detail"]["how"] for e in entries] == ["signed_out"]

    def test_another_persons_session_is_not_there(self, store: Store) -> None:
        found, digest = enter(store, hire(store, "ana", "operator"))
        for key, actor, user in (
            (found.key, Actor("bob"), "bob"),
            (new_id(), ROOT, None),
            (found.key, ABROAD, None),
        ):
            args = {"key": key, "how": Ending.REVOKED, "actor": actor, "user": user}
            with pytest.raises(NotFound, match="no session"):
                store.run(sessions.end_session, **args)
        assert whose(store, digest) == "ana"

    def test_roles_are_those_of_now(self, store: Store) -> None:
        _found, digest = enter(store, hire(store, "ana", "operator"))
        change(store, "ana", roles=["quality"])
        found = store.read(presence.whose, digest=digest)
        assert found is not None
        assert found.actor.roles == {"quality"}

    def test_a_new_password_ends_all_but_the_one_it_is_changed_in(self, store: Store) -> None:
        proof = hire(store, "ana", "operator")
        (mine, here), (_, there) = enter(store, proof), enter(store, proof)
        _, bobs = enter(store, hire(store, "bob", "operator"))
        changes = commands.UserChanges(password_hash="$argon2id$new")
        args = {"changes": changes, "keep": mine.key, "actor": proof.actor}
        store.run(commands.change_own, proof=proof, **args)
        assert [whose(store, d) for d in (here, there, bobs)] == ["ana", None, "bob"]
        with pytest.raises(NotProven):
            store.run(commands.change_own, proof=proof, **args)

    def test_a_reset_and_a_dismissal_end_all(self, store: Store) -> None:
        for step in ({"password_hash": "$argon2id$new"}, {"active": False}):
            proof = hire(store, f"ana-{len(step)}-{next(iter(step))[0]}", "operator")
            _, digest = enter(store, proof)
            change(store, proof.actor.name, **step)
            change(store, proof.actor.name, active=True)
            assert whose(store, digest) is None

    def test_who_signs_in_anew_leaves_the_session_before(self, store: Store) -> None:
        _, first = enter(store, hire(store, "ana", "operator"))
        _, second = enter(store, hire(store, "bob", "operator"), former=first)
        assert [whose(store, d) for d in (first, second)] == [None, "bob"]
        [entry] = trail(store, action="user.signed_out")
        assert (entry["actor"], entry["subject"]) == ("bob", "user:ana")
        assert entry["detail"]["how"] == "switched"

    def test_a_reset_and_a_sign_in_at_once_leave_nobody_in(self, store: Store) -> None:
        """Whichever comes first: a session opened by the old password does not outlive it."""
        for number in range(5):
            proof = hire(store, f"ana{number}", "operator")
            start = threading.Barrier(2)

            def reset(proof: Proof = proof, start: threading.Barrier = start) -> None:
                start.wait(5)
                change(store, proof.actor.name, password_hash="$argon2id$new")

            def come(
                proof: Proof = proof, start: threading.Barrier = start
            ) -> tuple[SignedIn, bytes] | None:
                start.wait(5)
                try:
                    return enter(store, proof)
                except NotProven:
                    return None

            with ThreadPoolExecutor(2) as pool:
                resetting, coming = pool.submit(reset), pool.submit(come)
                resetting.result()
                entered = coming.result()
            assert entered is None or whose(store, entered[1]) is None

    def test_sessions_are_listed_newest_first(self, store: Store, clock: ManualClock) -> None:
        ana, bob = hire(store, "ana", "operator"), hire(store, "bob", "operator")
        opened = [enter(store, proof)[0].id for proof in (ana, bob, ana)]
        enter(store, hire(store, "ana", "operator", actor=ABROAD))
        listed = pages(lambda c: store.read(presence.open_sessions, site=1, limit=2, cursor=c))
        assert [item["id"] for item in listed] == opened[::-1]
        mine = store.read(presence.open_sessions, site=1, limit=9, user="ANA")["items"]
        assert [item["id"] for item in mine] == [opened[2], opened[0]]
        assert "digest" not in str(mine)
        clock.advance(timedelta(hours=1))
        assert store.read(presence.open_sessions, site=1, limit=9)["items"] == []

    def test_old_ones_are_forgotten(self, store: Store, clock: ManualClock) -> None:
        enter(store, hire(store, "ana", "operator"))
        clock.advance(timedelta(days=30, hours=12))
        assert not store.read(sessions.oldest)
        clock.advance(timedelta(milliseconds=1))
        assert store.read(sessions.oldest)
        assert store.run(sessions.forget) == 1
        assert not store.read(sessions.oldest)


class TestStations:
    def test_a_code_enrols_one_device_once(self, store: Store, clock: ManualClock) -> None:
        made = make(store, equipment="lathe-1", language="de", theme="dark", scanner_gap_ms=80)
        assert made["code_expires"] == iso(to_ms(clock.now()) + 900_000)
        start = threading.Barrier(2)

        def enrol(number: int) -> str:
            start.wait(5)
            try:
                store.run(stations.enrol, code=made["digest"], device=bytes([number]) * 32)
            except CodeRefused as refused:
                return refused.code
            return "done"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(enrol, (1, 2))) == ["code-refused", "done"]
        known = [store.read(presence.station_of, digest=bytes([n]) * 32) for n in (1, 2)]
        [station] = [found for found in known if found is not None]
        assert (station.name, station.equipment, station.language) == ("Lathe 1", "lathe-1", "de")
        assert (station.theme, station.scanner_gap_ms, station.roles) == ("dark", 80, None)

    def test_a_code_lasts_fifteen_minutes(self, store: Store, clock: ManualClock) -> None:
        made = make(store)
        clock.advance(timedelta(minutes=15))
        with pytest.raises(CodeRefused, match="fifteen minutes"):
            store.run(stations.enrol, code=made["digest"], device=b"d" * 32)
        _code, digest = stations.new_code()
        store.run(stations.renew_code, key=made["key"], code=digest, actor=ROOT)
        store.run(stations.enrol, code=digest, device=b"d" * 32)

    def test_a_code_is_read_as_people_type_it(self) -> None:
        code, digest = stations.new_code()
        assert len(code) == 9
        for typed in (code.lower(), code.replace("-", ""), f" {code.replace('-', ' ')} "):
            assert stations.code_digest(typed) == digest
        assert stations.code_digest(code[:-1]) != digest

    def test_another_device_takes_the_place_of_the_first(self, store: Store) -> None:
        key, device = enrolled(store)
        _, digest = enter(store, hire(store, "ana", "operator"), station=key)
        _code, code = stations.new_code()
        store.run(stations.renew_code, key=key, code=code, actor=ROOT)
        assert store.read(presence.station_of, digest=device) is not None
        store.run(stations.enrol, code=code, device=b"n" * 32)
        assert store.read(presence.station_of, digest=device) is None
        assert whose(store, digest) is None

    def test_whoever_comes_signs_out_whoever_was_there(self, store: Store) -> None:
        (here, _), (there, _) = enrolled(store), enrolled(store, "Lathe 2")
        ana, bob = hire(store, "ana", "operator"), hire(store, "bob", "operator")
        _, first = enter(store, ana, station=here)
        _, elsewhere = enter(store, ana, station=there)
        found, second = enter(store, bob, station=here)
        assert [whose(store, d) for d in (first, elsewhere, second)] == [None, "ana", "bob"]
        assert found.station is not None
        assert (found.station.name, found.idle) == ("Lathe 1", 600_000)

    def test_of_many_who_come_at_once_one_stays(self, store: Store) -> None:
        key, _device = enrolled(store)
        proofs = [hire(store, f"ana{n}", "operator") for n in range(4)]
        start = threading.Barrier(4)

        def come(proof: Proof) -> bytes:
            start.wait(5)
            return enter(store, proof, station=key)[1]

        with ThreadPoolExecutor(4) as pool:
            digests = list(pool.map(come, proofs))
        assert sum(whose(store, digest) is not None for digest in digests) == 1

    def test_a_revoked_station_is_one_no_more(self, store: Store) -> None:
        key, device = enrolled(store)
        proof = hire(store, "ana", "operator")
        _, digest = enter(store, proof, station=key)
        revoked = store.run(stations.revoke_station, key=key, actor=ROOT)
        assert revoked["revoked"]
        assert store.run(stations.revoke_station, key=key, actor=ROOT) == revoked
        assert whose(store, digest) is None
        assert store.read(presence.station_of, digest=device) is None
        with pytest.raises(NotProven, match="revoked"):
            enter(store, proof, station=key)
        with pytest.raises(NotFound):
            store.run(stations.renew_code, key=key, code=b"c" * 32, actor=ROOT)
        make(store)  # its name is free again

    def test_a_station_for_some_roles_lends_no_others(self, store: Store) -> None:
        key, _device = enrolled(store, roles=["operator", "quality"])
        found, _ = enter(store, hire(store, "tom", "operator", "team_lead"), station=key)
        assert found.actor.roles == {"operator"}
        with pytest.raises(NotPermitted, match="Lathe 1 is for the roles operator, quality"):
            enter(store, hire(store, "petra", "planner"), station=key)
        with pytest.raises(Invalid, match="no role 'boss'"):
            make(store, "Lathe 2", roles=["boss"])
        with pytest.raises(Invalid, match="at least one role"):
            make(store, "Lathe 2", roles=[])

    def test_what_is_named_of_a_station_changes(self, store: Store) -> None:
        made = make(store, equipment="lathe-1")

        def alter(expected: str | None = None, **values: Any) -> dict[str, Any]:
            changes = StationChanges(values)
            args = {"key": made["key"], "changes": changes, "actor": ROOT, "expected": expected}
            return store.run(stations.change_station, **args)

        after = alter("1", theme="dark", roles=["operator"])
        assert (after["theme"], after["roles"], after["revision"]) == ("dark", ["operator"], 2)
        assert alter(equipment=None, roles=None)["roles"] is None
        assert alter(theme="dark")["revision"] == 3
        with pytest.raises(Stale):
            alter("2", theme="light")
        assert store.read(stations.one_station, key=made["key"], site=1)["theme"] == "dark"
        make(store, "Lathe 2")
        with pytest.raises(StationExists):
            alter(name="Lathe 2")
        assert alter(name="Lathe 3")["name"] == "Lathe 3"

    def test_names_are_given_once(self, store: Store) -> None:
        start = threading.Barrier(2)

        def name(_number: int) -> str:
            start.wait(5)
            try:
                make(store)
            except RoutecardError as refused:
                return refused.code
            return "done"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(name, (1, 2))) == ["done", "station-exists"]
        make(store, actor=ABROAD)

    def test_ten_pins_a_minute_are_looked_at(self, store: Store, clock: ManualClock) -> None:
        key, _device = enrolled(store)
        start = threading.Barrier(12)

        def look(_number: int) -> bool:
            start.wait(5)
            try:
                store.run(stations.count_try, key=key)
            except TooMany:
                return False
            return True

        with ThreadPoolExecutor(12) as pool:
            assert sum(pool.map(look, range(12))) == 10
        clock.advance(timedelta(minutes=1))
        store.run(stations.count_try, key=key)

    def test_stations_are_listed_newest_first_without_secrets(self, store: Store) -> None:
        made = [make(store, f"Lathe {n}") for n in range(3)]
        make(store, "Lathe 0", actor=ABROAD)
        listed = pages(lambda c: store.read(stations.stations, site=1, limit=2, cursor=c))
        assert [item["id"] for item in listed] == [item["id"] for item in made[::-1]]
        assert not {"code", "device"} & listed[0].keys()
        with pytest.raises(NotFound):
            store.read(stations.one_station, key=made[0]["key"], site=2)
