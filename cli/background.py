"""`routecard background`: timers, relays and clean-up alone, beside servers on PostgreSQL."""

import threading

import click

from cli.plant import open_plant
from cli.serving.signals import on_signal
from engine.background import Background
from engine.kernel.errors import Conflict
from engine.kernel.log import configure_log
from engine.kernel.settings import read_settings

LOOK_SECONDS = 1.0  # Windows tells a waiting thread of Ctrl-C only in between


class NeedsPostgresql(Conflict):
    """SQLite has one process for everything."""

    code = "needs-postgresql"
    title = "PostgreSQL is needed"


@click.command()
def background() -> None:
    """Do the background work, until Ctrl-C or SIGTERM."""
    settings = read_settings()
    if settings.sqlite:
        raise NeedsPostgresql(
            "routecard background needs PostgreSQL; with SQLite the server does this work itself."
        )
    configure_log(settings.log)
    stopping = threading.Event()
    with open_plant(settings) as plant, on_signal(stopping.set):
        work = Background(plant.store)
        work.start()
        click.echo("Routecard does the background work")
        while not stopping.wait(LOOK_SECONDS):
            pass
        work.stop()
