"""`routecard demo`: an empty home becomes a running plant, by the calls any plant would use."""

import json
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack

import click

from adapters.client import Client
from cli import shipped
from cli.driving.crew import Crew, set_up, station_code
from cli.driving.machines import Loader, furnish, loading, read_shop, simulated
from cli.driving.script import Script, read_script
from cli.plant import PlantInUse, is_locked, write_private
from cli.reach import reach
from cli.serve import HOST, PORT, serving
from cli.serving.beside import gateway_beside
from cli.serving.signals import on_signal
from engine.kernel.errors import Conflict
from engine.kernel.log import configure_log
from engine.kernel.settings import Settings, read_settings

FOLDER = "routecard-demo"
MARKER = "demo.json"  # only a folder with it is ours to use, and to delete
STEPS_PER_SECOND = 20.0
FASTEST = 20.0  # of machines whose people make no pauses
LOOK_SECONDS = 1.0  # Windows tells a waiting thread of Ctrl-C only in between


class NotADemo(Conflict):
    """The folder holds something that no demonstration made."""

    code = "not-a-demo"
    title = "Not a demonstration's folder"


@click.command()
@click.option("--port", default=PORT, show_default=True, help="Port to listen on; 0 takes any.")
@click.option("--home", type=click.Path(file_okay=False), help="Where the plant is made.")
@click.option("--reset", is_flag=True, help="Begin again with an empty home.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="How fast people work; 0 leaves out all pauses. The clock is never touched.",
)
@click.option("--exit-when-ready", is_flag=True, hidden=True)
def demo(port: int, home: str | None, reset: bool, speed: float, exit_when_ready: bool) -> None:
    """Make a plant with twenty orders, serve it until Ctrl-C."""
    settings = demo_settings(home)
    configure_log(settings.log)
    stopping = threading.Event()
    with ExitStack() as opened:
        opened.enter_context(on_signal(stopping.set))
        claim_home(settings, reset=reset)
        server, url = opened.enter_context(serving(settings, HOST, port, gateway=False))
        serves = threading.Thread(target=server.run, name="server")
        serves.start()
        opened.callback(serves.join)
        opened.callback(server.stop)
        click.echo(f"Routecard on {url}, home {settings.home}")
        pause = 1 / STEPS_PER_SECOND / speed if speed else 0.0
        if not _staged(settings, url, lambda: not stopping.wait(pause)):
            return
        if not exit_when_ready:
            _machines(opened, settings, url, speed or FASTEST, stopping)
            while not stopping.wait(LOOK_SECONDS):
                pass
    click.echo("Stopped.")


def _machines(
    opened: ExitStack, settings: Settings, url: str, speed: float, stopping: threading.Event
) -> None:
    """Let simulated machines work through routings, until what is opened is closed."""
    tokens: dict[str, str] = json.loads((settings.home / MARKER).read_text("utf-8"))["tokens"]
    script = read_script()
    if not opened.enter_context(simulated(settings.home, speed, stopping)):
        return
    # Not the server's: it has to end before its machines do, or it would report them as lost.
    token = tokens[script.worker.name]
    opened.enter_context(gateway_beside(settings.home, url, token, settings.log))
    people = {role: person.name for person in script.people for role in person.roles}
    planner, operator = (
        opened.enter_context(Client(url, tokens[people[role]])) for role in ("planner", "operator")
    )
    opened.enter_context(loading(Loader(read_shop(), planner, operator, click.echo)))
    click.echo("Four simulated machines work; look at them under /floor.")


def demo_settings(home: str | None) -> Settings:
    """Settings of a plant of its own: a real plant's home and database are never touched."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ROUTECARD_")}
    env["ROUTECARD_LOG"] = "warning"  # the terminal is for the story
    folder = home or str(read_settings(env).home.with_name(FOLDER))
    return read_settings(env, home=folder)


def claim_home(settings: Settings, *, reset: bool) -> None:
    """Take a new or empty folder, or one that a demonstration made; with `reset` empty it first.

    Raises:
        NotADemo: if it holds anything else.
        PlantInUse: if it is to be emptied while a demonstration runs in it.
    """
    folder = settings.home
    marker = folder / MARKER
    if folder.exists() and not marker.is_file() and any(folder.iterdir()):
        raise NotADemo(f"{folder} was not made by a demonstration; name another with --home.")
    if reset and marker.is_file():
        if is_locked(settings):
            raise PlantInUse(f"A demonstration runs in {folder}; stop it first.")
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not marker.is_file():
        _keep(settings, {}, ready=False)


def _staged(settings: Settings, url: str, pause: Callable[[], bool]) -> bool:
    """Set the stage, or what is missing of it; False if interrupted."""
    script = read_script()
    kept = json.loads((settings.home / MARKER).read_text("utf-8"))
    tokens: dict[str, str] = kept["tokens"]
    if not kept["ready"]:
        try:
            if not _set_the_stage(settings, url, script, tokens, pause):
                return False
        finally:
            _keep(settings, tokens, ready=False)
        _keep(settings, tokens, ready=True)
    with reach(settings) as shell:
        code = station_code(script, shell)
    _show(script, url, tokens, code)
    return True


def _set_the_stage(
    settings: Settings,
    url: str,
    script: Script,
    tokens: dict[str, str],
    pause: Callable[[], bool],
) -> bool:
    with ExitStack() as opened:

        def client_of(token: str) -> Client:
            return opened.enter_context(Client(url, token))

        shell = opened.enter_context(reach(settings))
        clients = dict(set_up(script, shell, client_of, tokens))
        for name, roles in script.everybody:
            click.echo(f"{name:8} {', '.join(roles)}")
        furnish(read_shop(), shell)
        engineer = next(p.name for p in script.people if "process_engineer" in p.roles)
        for key in script.release:
            _release(clients[engineer], engineer, key)
        return Crew(script, clients, click.echo, pause).work()


def _release(client: Client, who: str, key: str) -> None:
    """Deploy and release a shipped diagram with its forms and decisions, unless that was done."""
    if any(row["key"] == key and row["released"] for row in client.pages("/processes")):
        return
    version = client.deploy(*shipped.bundle_files(key))
    client.post(f"/processes/{key}/versions/{version['version']}/release")
    click.echo(f"{key:22} version {version['version']} released by {who}")


def _keep(settings: Settings, tokens: Mapping[str, str], *, ready: bool) -> None:
    made = {"made_by": "routecard demo", "ready": ready, "tokens": tokens}
    write_private(settings.home / MARKER, made)


def _show(script: Script, url: str, tokens: Mapping[str, str], code: str) -> None:
    click.echo(f"\nThe plant is running at {url} with {len(script.orders)} orders.")
    click.echo(f'Sign in there with a name and the password "{script.password}":\n')
    for person in script.people:
        may = ", ".join(person.roles)
        by_badge = f"badge {person.badge}, PIN {person.pin}"
        click.echo(f"  {person.name:8} {person.full_name:14} {may:18} {by_badge}")
    click.echo(f"\nBadge and PIN let in at a station. {url}/station makes this browser one,")
    click.echo(f"{script.station}, by the code {code} within fifteen minutes.")
    click.echo("\nPrograms send a token, in the header `Authorization: Bearer TOKEN`:\n")
    for name, roles in script.everybody:
        click.echo(f"  {name:8} {', '.join(roles):18} {tokens[name]}")
    first = tokens[script.people[0].name]
    click.echo(f'\n  curl -H "Authorization: Bearer {first}" "{url}/api/v1/tasks?mine=true"\n')
    click.echo("Ctrl-C stops it.")
