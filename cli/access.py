"""`routecard user` and `routecard token`: who may sign in."""

import sys
from collections.abc import Sequence

import click

from cli.reach import reach
from engine.kernel.errors import Conflict
from engine.kernel.settings import read_settings

ROLE = click.option("--role", "roles", multiple=True, required=True, help="May be repeated.")
# `--role operator quality` reads as well as `--role operator --role quality`.
FURTHER = click.argument("further", nargs=-1, metavar="")


class SecretLost(Conflict):
    """The token was made, but its secret did not arrive."""

    code = "secret-lost"
    title = "Secret lost"


@click.group()
def user() -> None:
    """People."""


@user.command("add")
@click.argument("name")
@FURTHER
@ROLE
@click.option("--full-name", help="As it is printed beside a signature.")
@click.option("--badge", help="Number of the badge, for signing in at a station.")
@click.option("--password-stdin", is_flag=True, help="Read a password from standard input.")
@click.option("--pin-stdin", is_flag=True, help="Read a PIN from there, after the password.")
def add(
    name: str,
    further: Sequence[str],
    roles: Sequence[str],
    full_name: str | None,
    badge: str | None,
    password_stdin: bool,
    pin_stdin: bool,
) -> None:
    """Add a user with one or more roles."""
    body: dict[str, object] = {"name": name, "roles": [*roles, *further]}
    body |= {k: v for k, v in (("full_name", full_name), ("badge", badge)) if v is not None}
    for secret, given in (("password", password_stdin), ("pin", pin_stdin)):
        if given:
            body[secret] = sys.stdin.readline().rstrip("\r\n")
    with reach(read_settings()) as client:
        made = client.post("/users", body)
    click.echo(f"User {made['name']} has the roles {', '.join(made['roles'])}.", err=True)


@click.group()
def token() -> None:
    """What systems and scripts sign in with."""


@token.command("create")
@FURTHER
@ROLE
@click.option("--user", "owner", help="Whom the token acts for; without, it acts for itself.")
@click.option("--expires", type=click.IntRange(min=1), metavar="DAYS", help="How long it lasts.")
def create(
    further: Sequence[str], roles: Sequence[str], owner: str | None, expires: int | None
) -> None:
    """Make a token and print it, once and alone."""
    body = {"roles": [*roles, *further], "user": owner, "expires_days": expires}
    with reach(read_settings()) as client:
        made = client.post("/tokens", body)
    if made["token"] is None:  # the answer was lost on its way, and is kept without the secret
        raise SecretLost(f"The token {made['id']} was made, but its secret is lost; make another.")
    click.echo(made["token"])
