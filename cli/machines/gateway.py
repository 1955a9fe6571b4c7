"""`routecard gateway`: the process on the machines' side, which needs neither database nor home.

Its subcommands look at machines and files; the libraries of the protocols are imported by those
that speak them.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import click

from adapters.machines.buffer import BufferInUse
from adapters.machines.config.lines import ConfigInvalid
from adapters.machines.config.reading import (
    GATEWAY,
    Folder,
    read_folder,
    read_gateway,
    read_machine,
)
from adapters.machines.gateway import Gateway
from adapters.machines.plant import Plant
from cli.machines.tools import TOOLS
from cli.serving.signals import on_signal
from engine.kernel.errors import Invalid
from engine.kernel.log import configure_log
from engine.kernel.settings import read_settings

CONFIG = click.Path(path_type=Path)
NO_TOKEN = (
    "The gateway needs a token with the role integration: `routecard token create --role "
    "integration > FILE` on the plant, then --token-file FILE, or token_file in gateway.yaml."
)
NO_URL = "Where is the plant? Name it with --url, or url in gateway.yaml."


class ConfigRefused(Invalid):
    """A gateway cannot work with these files."""

    code = "config-refused"
    title = "Configuration refused"


@click.group(invoke_without_command=True)
@click.option("--config", type=CONFIG, help="Folder with one YAML file per machine.")
@click.option("--url", help="Where the plant is, as in http://127.0.0.1:8080.")
@click.option("--token-file", type=CONFIG, help="File with the token; readable by its owner.")
@click.option("--beside", is_flag=True, hidden=True)  # the token on stdin; its end is ours
@click.pass_context
def gateway(
    ctx: click.Context,
    config: Path | None,
    url: str | None,
    token_file: Path | None,
    beside: bool,
) -> None:
    """Connect machines with the plant, until Ctrl-C or SIGTERM."""
    if ctx.invoked_subcommand is not None:
        return
    if config is None:
        raise click.UsageError("Name the folder with the machines: --config DIR.")
    settings = read_settings()
    configure_log(settings.log)
    _run(config, url, token_file, beside)


def _run(config: Path, url: str | None, token_file: Path | None, beside: bool) -> None:
    try:
        found = read_folder(config)
        where = url or found.gateway.url
        if where is None:
            raise ConfigRefused(NO_URL)
        plant = Plant.at(where, _token(token_file or found.gateway.token_file, beside))
        for finding in found.findings:
            click.echo(str(finding), err=True)
        click.echo(f"Gateway {found.gateway.name}: {len(found.machines)} machines, plant {where}")
        try:
            asyncio.run(_serve(config, found, plant, beside))
        finally:
            plant.close()
    except ConfigInvalid as invalid:
        raise ConfigRefused("; ".join(map(str, invalid.findings))) from invalid
    except BufferInUse as taken:
        raise ConfigRefused(str(taken)) from taken


def _token(file: Path | None, beside: bool) -> str:
    if beside:
        return sys.stdin.readline().strip()
    if file is None:
        raise ConfigRefused(NO_TOKEN)
    return file.read_text("utf-8").strip()


async def _serve(config: Path, found: Folder, plant: Plant, beside: bool) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def end() -> None:
        with suppress(RuntimeError):  # it has ended already
            loop.call_soon_threadsafe(stop.set)

    if beside:
        threading.Thread(target=_until_alone, args=(end,), name="server", daemon=True).start()
    with on_signal(end):
        await Gateway(config, found, plant).run(stop)


def _until_alone(end: Callable[[], None]) -> None:
    """Whoever started us has gone, however that was."""
    while os.read(sys.stdin.fileno(), 1000):  # not `readline`: its lock would stand in our way out
        pass
    end()


@gateway.command("check")
@click.argument("places", nargs=-1, required=True, type=CONFIG)
def check(places: tuple[Path, ...]) -> None:
    """Check files or folders of machines: what is wrong, in which line, and the cure."""
    findings, good = [], 0
    for place in places:
        told, right = _checked(place)
        findings += told
        good += right
    for finding in findings:
        click.echo(finding)
    if findings:
        click.echo(f"{len(findings)} findings; {good} machines are right.", err=True)
        raise SystemExit(1)
    click.echo(f"{good} machines are right.")


def _checked(place: Path) -> tuple[list[str], int]:
    try:
        if place.is_dir() or not place.exists():
            folder = read_folder(place)
            return [str(finding) for finding in folder.findings], len(folder.machines)
        if place.name == GATEWAY:
            read_gateway(place.parent)
            return [], 0
        read_machine(place)
        return [], 1
    except ConfigInvalid as invalid:
        return [str(finding) for finding in invalid.findings], 0


for tool in TOOLS:
    gateway.add_command(tool)
