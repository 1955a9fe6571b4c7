"""Passwords and the secrets of tokens: how they are made, and what is kept of them.

Hashing a password takes tens of milliseconds and 64 MiB by intent, so `hash_password` and `verify`
are called before `store.run`, never inside it.
"""

import hashlib
import secrets
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from engine.kernel.errors import FieldProblem, Invalid

MIN_LENGTH = 8
MAX_LENGTH = 200
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


def hash_password(text: str) -> str:
    """What is stored of a password: Argon2id with its parameters and a salt of its own."""
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


def new_secret() -> tuple[str, bytes]:
    """A new token as its holder writes it, 256 random bits, and the digest that is stored."""
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    return text, digest_of(text)


def digest_of(secret: str) -> bytes:
    """What is stored of a token; a plain SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _prepared(text: str) -> bytes:
    """The bytes hashed: keyboards send a letter in two forms, and JSON may hold half a pair."""
    return unicodedata.normalize("NFKC", text).encode("utf-8", "surrogatepass")


@cache
def _nobodys_hash() -> str:
    return hash_password(secrets.token_urlsafe(16))
