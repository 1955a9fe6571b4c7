"""The person at the shell, as the plant sees them."""

import getpass
import os
import secrets
import sys

from flask import Flask

from engine.kernel.actor import ROLES, Actor

if sys.platform != "win32":
    import pwd


def trusted(app: Flask) -> str:
    """A token for the shell of this account; kept in memory only, and good for every role."""
    token = secrets.token_urlsafe(32)
    app.extensions["routecard_callers"].trust(token, shell())
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
