"""Passwords, PINs and the secrets of tokens: how they are made, and what is kept of them.

Hashing a password takes tens of milliseconds and 64 MiB by intent, so `hash_password` and `verify`
are called before `store.run`, never inside it.
"""

import hashlib
import secrets
import threading
import unicodedata
from functools import cache
from itertools import pairwise

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from engine.kernel.errors import FieldProblem, Invalid

MIN_LENGTH = 8
MAX_LENGTH = 200
PIN_LENGTH = (4, 8)
TOKEN_PREFIX = "rc_"

# The commonest of every published list that have eight characters or more, and our own name.
COMMONEST = frozenset(
    {
        "00000000",
        "11111111",
        "12341234",
        "123123123",
        "12345678",
        "123456789",
        "1234567890",
        "1q2w3e4r",
        "1qaz2wsx",
        "87654321",
        "987654321",
        "abc12345",
        "abcd1234",
        "admin123",
        "administrator",
        "changeme",
        "iloveyou",
        "letmein123",
        "passw0rd",
        "password",
        "password1",
        "password123",
        "q1w2e3r4",
        "qwerty123",
        "qwertyuiop",
        "routecard",
        "welcome1",
        "welcome123",
    }
)

# Columns and crosses of the keypad; rows, runs and repetitions are found by rule.
COMMON_PINS = frozenset({"1470", "2580", "0852", "3690", "1379", "1397", "7913", "1590", "3570"})

# Source: RFC 9106 section 4, the second recommended option: Argon2id, 64 MiB, t=3, p=4.
_hasher = PasswordHasher(
    time_cost=3, memory_cost=64 * 1024, parallelism=4, hash_len=32, salt_len=16, type=Type.ID
)
# Each hash holds 64 MiB and a core; a whole shift signing in at once must not sink the box.
_at_once = threading.BoundedSemaphore(2)


def check_policy(name: str, password: str) -> None:
    """Refuse a password that guessing finds first.

    Raises:
        Invalid: with pointer `/password`.

    Source: NIST SP 800-63B section 5.1.1.2: length and blocklist, no rules about its composition.
    """
    text = unicodedata.normalize("NFKC", password)
    problem = None
    if len(text) < MIN_LENGTH:
        problem = f"A password has at least {MIN_LENGTH} characters."
    elif max(len(text), len(password)) > MAX_LENGTH:
        problem = f"A password has at most {MAX_LENGTH} characters."
    elif text.casefold() == name.casefold():
        problem = "The password must not be the user's name."
    elif text.casefold() in COMMONEST:
        problem = "This is one of the commonest passwords; choose another one."
    if problem:
        raise Invalid(problem, errors=[FieldProblem("/password", problem)])


def check_pin(pin: str) -> None:
    """Refuse a PIN that a thief of the badge tries first.

    Raises:
        Invalid: with pointer `/pin`.
    """
    least, most = PIN_LENGTH
    problem = None
    if not (pin.isascii() and pin.isdigit() and least <= len(pin) <= most):
        problem = f"A PIN has {least} to {most} digits."
    elif pin in COMMON_PINS or _is_a_run(pin) or _repeats(pin):
        problem = "This PIN is one of the first that anybody tries; choose another one."
    if problem:
        raise Invalid(problem, errors=[FieldProblem("/pin", problem)])


def _is_a_run(pin: str) -> bool:
    """Whether each digit is as far from the one before: 1234, 9876, 2468, 0000, and 7890."""
    steps = {int(after) - int(before) for before, after in pairwise(pin)}
    return len(steps) == 1 or steps <= {1, -9} or steps <= {-1, 9}


def _repeats(pin: str) -> bool:
    """Whether it is a beginning again and again: 1212, 123123, 11112222 is not."""
    return pin in (pin + pin)[1:-1]


def hash_password(text: str) -> str:
    """What is stored of a password or a PIN: Argon2id with its parameters and a salt of its own."""
    with _at_once:
        return _hasher.hash(_prepared(text))


def verify(hashed: str | None, text: str) -> bool:
    """Whether `text` is the password that was hashed.

    Without a hash the answer is False and takes as long, so that it does not tell who exists.
    """
    known = _nobodys_hash() if hashed is None else hashed
    with _at_once:
        try:
            _hasher.verify(known, _prepared(text))
        except VerifyMismatchError:
            return False
    return hashed is not None


def new_secret(prefix: str = TOKEN_PREFIX) -> tuple[str, bytes]:
    """A new token as its holder writes it, 256 random bits, and the digest that is stored."""
    text = prefix + secrets.token_urlsafe(32)
    return text, digest_of(text)


def digest_of(secret: str) -> bytes:
    """What is stored of a secret of `new_secret`; for 256 random bits a plain SHA-256 will do."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _prepared(text: str) -> bytes:
    """The bytes hashed: keyboards send a letter in two forms, and JSON may hold half a pair."""
    return unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")


@cache
def _nobodys_hash() -> str:
    return hash_password(secrets.token_urlsafe(16))
