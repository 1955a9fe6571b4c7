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
@click.option("--password-stdin", is_flag=True, help="Read a password from standard input.")
def add(name: str, further: Sequence[str], roles: Sequence[str], password_stdin: bool) -> None:
    """Add a user with one or more roles."""
    body: dict[str, object] = {"name": name, "roles": [*roles, *further]}
    if password_stdin:
        body["password"] = sys.stdin.readline().rstrip("\r\n")
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
