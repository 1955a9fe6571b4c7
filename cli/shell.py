"""The person at the shell, as the plant sees them."""

import getpass
import os
import secrets
import sys

from flask import Flask

from engine.kernel.actor import ROLES, Actor, Role

if sys.platform != "win32":
    import pwd


GATEWAY = Actor("system:gateway", frozenset({str(Role.INTEGRATION)}))


def trusted(app: Flask, actor: Actor | None = None) -> str:
    """A token for the shell of this account, or another actor; kept in memory only."""
    token = secrets.token_urlsafe(32)
    app.extensions["routecard_callers"].trust(token, actor or shell())
    return token


def shell() -> Actor:
    """The person at this shell: whoever may read the plant's files may do everything."""
    return Actor(f"shell:{_account()}", ROLES)


def _account() -> str:
    """The account as the system knows it; the environment can say anything."""
    if sys.platform == "win32":
        return getpass.getuser()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
