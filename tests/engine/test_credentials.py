"""Proving who somebody is, and the lock on those who cannot, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from engine.access import commands, credentials, passwords
from engine.access.credentials import Claim, NotProven, Proof, Purpose, Secret, badge_digest
from engine.access.people import UserChanges
from engine.access.settings import change_settings
from engine.kernel.actor import SIGN_IN, Actor
from engine.kernel.store import Store
from tests.engine.test_access import ROOT, change, trail
from tests.support.clock import ManualClock

RIGHT, WRONG, PIN = "correct horse", "wrong donkey", "7391"
BADGE = badge_digest("B-1001", 1)


@pytest.fixture(scope="module")
def hashes() -> dict[str, str]:
    """What is stored of the password and the PIN; made once, because it takes long on purpose."""
    return {text: passwords.hash_password(text) for text in (RIGHT, PIN)}


@pytest.fixture
def ana(store: Store, hashes: dict[str, str]) -> None:
    """A user with everything that proves who she is."""
    store.run(
        commands.create_user,
        name="ana",
        roles=["operator"],
        password_hash=hashes[RIGHT],
        about=UserChanges(full_name="Ana Horvat", badge=BADGE, pin_hash=hashes[PIN]),
        actor=ROOT,
    )


def claim(secret: str = RIGHT, **more: Any) -> Claim:
    return Claim(1, secret, **({"name": "ana"} | more))


def by_badge(pin: str = PIN, number: str = "B-1001") -> Claim:
    return Claim(1, pin, Secret.PIN, badge=badge_digest(number, 1))


def prove(store: Store, given: Claim) -> Proof | None:
    try:
        return credentials.check(store, given, Purpose.SIGN_IN, actor=SIGN_IN)
    except NotProven:
        return None


@pytest.mark.usefixtures("ana")
class TestProof:
    def test_a_right_password_proves_who_one_is(self, store: Store) -> None:
        proof = prove(store, claim(name="ANA"))
        assert proof is not None
        assert proof.actor == Actor("ana", frozenset({"operator"}))
        assert (proof.full_name, proof.kind) == ("Ana Horvat", Secret.PASSWORD)
        assert proof.hashed not in repr(proof)
        assert RIGHT not in repr(claim())

    def test_a_badge_with_its_pin_does_too(self, store: Store) -> None:
        for number in ("B-1001", " b-1001 ", "\uff22-1001"):
            proof = prove(store, by_badge(number=number))
            assert proof is not None
            assert (proof.actor.name, proof.kind) == ("ana", Secret.PIN)
        assert prove(store, claim(PIN, kind=Secret.PIN)) is not None

    @pytest.mark.parametrize(
        "given",
        [
            claim(WRONG),
            claim(PIN),
            claim(name="bob"),
            claim(name="a b"),
            claim(kind=Secret.PIN),
            by_badge("7392"),
            by_badge(number="B-1002"),
            Claim(2, RIGHT, name="ana"),
            Claim(2, PIN, Secret.PIN, badge=BADGE),
            Claim(1, RIGHT),
        ],
    )
    def test_nothing_else_does(self, store: Store, given: Claim) -> None:
        assert prove(store, given) is None

    def test_who_is_inactive_proves_nothing(self, store: Store) -> None:
        change(store, "ana", active=False)
        assert prove(store, claim()) is None
        assert prove(store, by_badge()) is None

    def test_who_has_no_secret_of_the_kind_proves_nothing(self, store: Store) -> None:
        change(store, "ana", without=frozenset({"pin_hash"}))
        assert prove(store, by_badge()) is None

    def test_everybody_is_refused_alike(self, store: Store) -> None:
        said = set()
        for given in (claim(WRONG), claim(WRONG, name="nobody"), claim(WRONG, name="\u00e4")):
            with pytest.raises(NotProven) as refused:
                credentials.check(store, given, Purpose.SIGN_IN, actor=SIGN_IN)
            said.add(refused.value.detail)
        assert len(said) == 1
        assert "after 5 wrong attempts it is for 15 minutes" in said.pop()

    def test_what_is_unknown_is_compared_too(self, store: Store) -> None:
        """With nobody's hash, as long as with somebody's: `passwords.verify` sees to it."""
        for given in (claim(name="nobody"), by_badge(number="B-7"), claim(name="a b")):
            attempt = store.run(credentials.begin, claim=given)
            assert (attempt.user, attempt.hashed, attempt.holds()) == (None, None, False)

    def test_a_secret_changed_while_it_is_compared_proves_nothing(self, store: Store) -> None:
        attempt = store.run(credentials.begin, claim=claim())
        assert attempt.holds()
        change(store, "ana", password_hash="$argon2id$new")
        assert store.run(credentials.succeed, attempt=attempt) is None

    def test_a_proof_stands_until_the_secret_changes(self, store: Store) -> None:
        proof = prove(store, claim())
        assert proof is not None
        assert store.run(credentials.stands, proof=proof)
        change(store, "ana", password_hash="$argon2id$new")
        assert not store.run(credentials.stands, proof=proof)


@pytest.mark.usefixtures("ana")
class TestLock:
    def test_the_fifth_wrong_attempt_locks_and_time_frees(
        self, store: Store, clock: ManualClock
    ) -> None:
        for _ in range(5):
            assert prove(store, claim(WRONG)) is None
        assert prove(store, claim()) is None
        clock.advance(timedelta(minutes=15) - timedelta(milliseconds=1))
        assert prove(store, claim()) is None
        clock.advance(timedelta(milliseconds=1))
        assert prove(store, claim()) is not None

    def test_after_the_lock_counting_begins_anew(self, store: Store, clock: ManualClock) -> None:
        for _ in range(5):
            prove(store, claim(WRONG))
        clock.advance(timedelta(minutes=15))
        for _ in range(4):
            prove(store, claim(WRONG))
        assert prove(store, claim()) is not None

    def test_attempts_during_the_lock_do_not_prolong_it(
        self, store: Store, clock: ManualClock
    ) -> None:
        for _ in range(12):
            prove(store, claim(WRONG))
            clock.advance(timedelta(minutes=1))
        clock.advance(timedelta(minutes=7))
        assert prove(store, claim()) is not None

    def test_password_and_pin_share_it(self, store: Store) -> None:
        for given in (claim(WRONG), by_badge("7392"), claim(WRONG), by_badge("7392")):
            prove(store, given)
        assert prove(store, by_badge()) is not None
        for given in (claim(WRONG), by_badge("7392"), claim(WRONG), by_badge("7392")):
            prove(store, given)
        prove(store, by_badge("7392"))
        assert prove(store, claim()) is None

    def test_the_site_says_how_many_and_how_long(self, store: Store, clock: ManualClock) -> None:
        changes = {"lockout_attempts": 3, "lockout_minutes": 1}
        store.run(change_settings, changes=changes, actor=ROOT)
        for _ in range(3):
            prove(store, claim(WRONG))
        assert prove(store, claim()) is None
        clock.advance(timedelta(minutes=1))
        assert prove(store, claim()) is not None

    def test_many_at_once_get_no_more_looks_than_one(self, store: Store) -> None:
        """All begin before anybody is told right from wrong."""
        everybody = threading.Barrier(12)

        def begin(_number: int) -> bool:
            everybody.wait(10)
            return store.run(credentials.begin, claim=claim(WRONG)).hashed is not None

        with ThreadPoolExecutor(12) as pool:
            assert sum(pool.map(begin, range(12))) == 5

    def test_an_admin_frees_at_once(self, store: Store) -> None:
        for _ in range(5):
            prove(store, claim(WRONG))
        change(store, "ana", unlock=True)
        assert prove(store, claim()) is not None


@pytest.mark.usefixtures("ana")
class TestTrail:
    def test_refusals_and_locks_are_recorded_without_secrets(self, store: Store) -> None:
        for _ in range(5):
            prove(store, claim(WRONG))
        prove(store, by_badge())
        entries = trail(store, subject="user:ana")[:7]
        assert [e["action"] for e in entries] == [
            "user.sign_in_refused",
            "user.locked",
            *["user.sign_in_refused"] * 5,
        ]
        assert entries[0]["detail"] == {"by": "pin", "with": "badge"}
        assert entries[2]["detail"] == {"by": "password", "with": "name"}
        assert {e["actor"] for e in entries} == {"system:sign-in"}

    def test_what_nobody_is_called_is_not_written_down(self, store: Store) -> None:
        """People type their password where their name belongs."""
        prove(store, claim("ana", name=RIGHT))
        [entry] = trail(store, action="user.sign_in_refused")
        assert entry["subject"] == "user:?"
        assert RIGHT not in str(entry)

    def test_it_says_what_it_was_for(self, store: Store) -> None:
        actor = Actor("ana", frozenset({"operator"}))
        with pytest.raises(NotProven):
            credentials.check(store, claim(WRONG), Purpose.SIGNATURE, actor=actor)
        assert trail(store)[0]["action"] == "user.signature_refused"
        assert trail(store)[0]["actor"] == "ana"
