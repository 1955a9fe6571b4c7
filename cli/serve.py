"""`routecard serve`: API and background work in one server process, the embedded edition."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from api.app import create_app
from cli.plant import announced, open_plant
from cli.serving.beside import gateway_beside
from cli.serving.server import Server, listen, reachable, url_of
from cli.serving.signals import on_signal
from cli.shell import GATEWAY, trusted
from engine.background import Background
from engine.kernel.log import configure_log
from engine.kernel.settings import Settings, read_settings

HOST, PORT = "127.0.0.1", 8080


@click.command()
@click.option("--host", default=HOST, show_default=True, help="Address to listen on.")
@click.option("--port", default=PORT, show_default=True, help="Port to listen on; 0 takes any.")
@click.option("--home", type=click.Path(file_okay=False), help="Home instead of ROUTECARD_HOME.")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="Certificate and chain, PEM.")
@click.option("--tls-key", type=click.Path(path_type=Path), help="Its key, PEM.")
def serve(
    host: str, port: int, home: str | None, tls_cert: Path | None, tls_key: Path | None
) -> None:
    """Serve the API and do the background work, until Ctrl-C or SIGTERM."""
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together.")
    settings = read_settings(home=home)
    configure_log(settings.log)
    tls = None if tls_cert is None or tls_key is None else (tls_cert, tls_key)
    with serving(settings, host, port, tls) as (server, url), on_signal(server.stop):
        click.echo(f"Routecard on {url}")
        server.run()


@contextmanager
def serving(
    settings: Settings,
    host: str,
    port: int,
    tls: tuple[Path, Path] | None = None,
    *,
    gateway: bool = True,
) -> Iterator[tuple[Server, str]]:
    """A server that is ready to run, and its address.

    Everything it needs is opened before and closed after it, in this order: no request meets a
    closed store, and no tick outlives the server.

    Args:
        gateway: start one for the machines of the home; False for who has one of its own.
    """
    with ExitStack() as opened:
        sock = opened.enter_context(listen(host, port))
        plant = opened.enter_context(open_plant(settings, create=True))
        app = create_app(plant.store, plant.folder, plant.readings)
        if tls is None:
            server, scheme = Server(app, sock), "http"
            inner = reachable(sock)
        else:
            server, inner = _behind_tls(opened, app, sock, tls)
            scheme = "https"
        url = url_of(scheme, host, sock.getsockname()[1])
        background = Background(plant.store, plant.folder, plant.readings)
        background.start()
        opened.callback(background.stop)
        opened.enter_context(announced(settings, url_of("http", *inner), trusted(app)))
        if gateway:
            token, inside = trusted(app, GATEWAY), url_of("http", *inner)
            opened.enter_context(gateway_beside(settings.home, inside, token, settings.log))
        yield server, url


def _behind_tls(
    opened: ExitStack, app: Callable[..., object], sock: object, files: tuple[Path, Path]
) -> tuple[Server, tuple[str, int]]:
    """The server on a port of loopback, and the terminator that takes the connections for it."""
    from cli.serving.tls import Terminator, context_of  # asyncio, for those who use it

    context = context_of(*files)
    inner = listen(HOST, 0)
    opened.enter_context(inner)
    terminator = Terminator(context, sock, reachable(inner))
    server = Server(terminator.told(app), inner, before_end=terminator.stop_accepting)
    terminator.start()
    opened.callback(terminator.close)
    return server, reachable(inner)
