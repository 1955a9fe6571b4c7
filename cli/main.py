"""`routecard`: the group that every command belongs to.

A command's module is imported when the command runs, not before: each start pays only for itself.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module, metadata
from typing import Any

import click

# name -> where it is, what `routecard --help` says about it
COMMANDS = {
    "serve": ("cli.serve", "API and background work in one server process."),
    "demo": ("cli.demo", "An empty home becomes a running plant, for a first look."),
    "background": ("cli.background", "Timers, relays and clean-up alone; needs PostgreSQL."),
    "gateway": (
        "cli.machines.gateway",
        "Machines: connect them with the plant; check their files.",
    ),
    "db": ("cli.db", "The database: upgrade, check, backup, restore."),
    "process": ("cli.process", "Diagrams: lint, deploy, export, versions."),
    "user": ("cli.access", "People: add."),
    "token": ("cli.access", "What systems and scripts sign in with: create."),
    "doctor": ("cli.doctor", "What is wrong with this installation, and the cure."),
}


class Commands(click.Group):
    """The commands of `COMMANDS`, imported by name; refusals end in one line and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name not in COMMANDS:
            return None
        with _no_collection():
            command: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, without importing what it lists."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it refuses is a sentence, what is a bug stays a traceback."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            reason = reason_of(error)
            if reason is None:
                raise
            raise click.ClickException(reason) from error


def reason_of(error: Exception) -> str | None:
    """One line that says why, for an error somebody can act on; None for any other."""
    from engine.kernel.errors import RoutecardError

    if isinstance(error, RoutecardError):
        words = [error.detail, *(f"{e.pointer}: {e.detail}" for e in error.errors)]
    elif isinstance(error, OSError) and not isinstance(error, click.ClickException):
        named = f"{error.filename}: " if error.filename else ""
        words = [f"{named}{error.strerror or error}."]
    else:
        return None
    return " ".join(" ".join(words).split())


@contextmanager
def _no_collection() -> Iterator[None]:
    """Modules make no garbage; looking for it takes a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()  # they stay to the end: no later collection needs to look at them
        gc.enable()


def version() -> str:
    """The version that is installed."""
    try:
        return metadata.version("routecard")
    except metadata.PackageNotFoundError:
        return "from a source tree"


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version(), message="routecard %(version)s")
def main() -> None:
    """Run a plant as diagrams."""
    for stream in (sys.stdout, sys.stderr):
        make_utf8: Callable[..., None] | None = getattr(stream, "reconfigure", None)
        if make_utf8 is not None:
            make_utf8(encoding="utf-8", errors="replace")
