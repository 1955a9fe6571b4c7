"""Passwords and the secrets of tokens."""

import hashlib
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.access import passwords
from engine.access.passwords import (
    check_pin,
    check_policy,
    digest_of,
    hash_password,
    new_secret,
    verify,
)
from engine.kernel.errors import Invalid
from tests.support.quick_hashes import PLANTS_OWN

GOOD = "correct horse"


@pytest.fixture(scope="module", autouse=True)
def _plants_own() -> Iterator[None]:
    """The others have cheaper hashes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PLANTS_OWN)
        yield


@pytest.fixture(scope="module")
def hashed() -> str:
    return hash_password(GOOD)


def test_a_hash_is_argon2id_with_64_mib(hashed: str) -> None:
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert GOOD not in hashed


def test_a_hash_has_a_salt_of_its_own(hashed: str) -> None:
    assert hash_password(GOOD) != hashed


def test_verify_knows_the_password(hashed: str) -> None:
    assert verify(hashed, GOOD)


@pytest.mark.parametrize("wrong", ["", "Correct horse", GOOD + " ", "\ud800", "x" * 10_000])
def test_verify_refuses_another(hashed: str, wrong: str) -> None:
    assert not verify(hashed, wrong)


def test_the_same_letter_in_another_form_is_the_same_password() -> None:
    assert verify(hash_password("Schl\u00fcssel"), "Schlu\u0308ssel")


def test_without_a_hash_nothing_matches_after_the_same_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    class Watching:
        def verify(self, known: str, given: bytes) -> bool:
            asked.append(known)
            return True

    passwords._nobodys_hash()
    monkeypatch.setattr(passwords, "_hasher", Watching())
    assert not verify(None, GOOD)
    assert asked == [passwords._nobodys_hash()]


def test_at_most_two_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pair, alone = threading.Barrier(2), threading.Lock()
    running, most = 0, 0

    class Counting:
        def hash(self, _given: bytes) -> str:
            nonlocal running, most
            with alone:
                running += 1
                most = max(most, running)
            pair.wait(5)
            with alone:
                running -= 1
            return ""

    monkeypatch.setattr(passwords, "_hasher", Counting())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hash_password, [GOOD] * 8))
    assert most == 2


@pytest.mark.parametrize("password", [GOOD, "12345679", "x" * 200, "Anna-Lena", "日本語パスワード"])
def test_policy_accepts(password: str) -> None:
    check_policy("anna", password)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "at least 8"),
        ("1234567", "at least 8"),
        ("x" * 201, "at most 200"),
        ("ANNA.LENA", "user's name"),
        ("PassWord", "commonest"),
        ("passw\uff4frd", "commonest"),
        ("12345678", "commonest"),
    ],
)
def test_policy_refuses(password: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as refused:
        check_policy("anna.lena", password)
    assert [e.pointer for e in refused.value.errors] == ["/password"]
    assert not password or password not in refused.value.detail


def test_the_commonest_are_long_enough_to_matter() -> None:
    assert all(len(word) >= passwords.MIN_LENGTH for word in passwords.COMMONEST)
    assert all(word == word.casefold() for word in passwords.COMMONEST)


def test_a_secret_is_never_made_twice() -> None:
    text, digest = new_secret()
    assert re.fullmatch(r"rc_[A-Za-z0-9_-]{43}", text)
    assert digest == digest_of(text) == hashlib.sha256(text.encode()).digest()
    assert new_secret()[0] != text


def test_any_text_has_a_digest() -> None:
    assert len(digest_of("\ud800 no token")) == 32


@pytest.mark.parametrize("pin", ["7391", "4826", "0815", "20261124", "11223", "1357924"])
def test_a_pin_that_nobody_tries_first(pin: str) -> None:
    check_pin(pin)


@pytest.mark.parametrize(
    "pin",
    [
        "0000",
        "1234",
        "4321",
        "7890",
        "3210",
        "0987",
        "2468",
        "1212",
        "123123",
        "12341234",
        "2580",
        "987654",
    ],
)
def test_a_pin_that_everybody_tries_first(pin: str) -> None:
    with pytest.raises(Invalid, match="one of the first") as refused:
        check_pin(pin)
    assert [e.pointer for e in refused.value.errors] == ["/pin"]


@pytest.mark.parametrize(
    "pin", ["", "739", "123456789", "73a1", "\u0667\u0663\u0669\u0661", "7391 "]
)
def test_a_pin_is_four_to_eight_digits(pin: str) -> None:
    with pytest.raises(Invalid, match="4 to 8 digits"):
        check_pin(pin)
