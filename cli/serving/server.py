"""Waitress with an end: it stops accepting, finishes what it has begun, and returns."""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from waitress.server import create_server
from waitress.wasyncore import close_all, dispatcher, loop

from engine.kernel.errors import Conflict

THREADS = 8
CONNECTIONS = 1_000
BODY_BYTES = 64 * 1024 * 1024  # the application asks for less, and refuses with a sentence
GRACE_SECONDS = 10.0
LOOP_SECONDS = 1.0

Application = Callable[..., Any]


class AddressInUse(Conflict):
    """The server cannot listen where it was told to."""

    code = "address-in-use"
    title = "Address in use"


def listen(host: str, port: int) -> socket.socket:
    """A socket that accepts connections for an address.

    Raises:
        AddressInUse: naming the cure.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        return socket.create_server(address[:2], family=family, backlog=1024)
    except OSError as error:
        raise AddressInUse(
            f"Cannot listen on {host} port {port} ({error.strerror}); "
            "choose another with --host and --port."
        ) from error


def reachable(sock: socket.socket) -> tuple[str, int]:
    """Where a program of this machine reaches a listening socket."""
    host, port = sock.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port


def url_of(scheme: str, host: str, port: int) -> str:
    """An address as people write it."""
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


class Server:
    """Serves one application on one listening socket until it is told to stop.

    Args:
        before_end: called when it stops accepting.
    """

    def __init__(
        self, app: Application, sock: socket.socket, before_end: Callable[[], None] = lambda: None
    ) -> None:
        self._before_end = before_end
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue is no fault
        self._stopping = threading.Event()
        self._wsgi = create_server(
            app,
            sockets=[sock],
            threads=THREADS,
            connection_limit=CONNECTIONS,
            max_request_body_size=BODY_BYTES,
            asyncore_use_poll=True,
            ident="routecard",
            clear_untrusted_proxy_headers=True,
        )

    def run(self) -> None:
        """Serve; returns after `stop`, when the requests that had come are answered."""
        while not self._stopping.is_set():
            self._turn(LOOP_SECONDS)
        self._drain()

    def stop(self) -> None:
        """Let `run` come to its end; for other threads and for signals."""
        self._stopping.set()
        with contextlib.suppress(OSError):  # it has ended already
            self._wsgi.pull_trigger()

    def _turn(self, seconds: float) -> None:
        loop(timeout=seconds, use_poll=True, map=self._wsgi._map, count=1)

    def _drain(self) -> None:
        self._before_end()
        dispatcher.close(self._wsgi)  # the listening socket; what is accepted stays
        until = time.monotonic() + GRACE_SECONDS
        channels = self._wsgi.active_channels
        while channels and time.monotonic() < until:
            for channel in list(channels.values()):
                if not (channel.requests or channel.request or channel.total_outbufs_len):
                    channel.handle_close()
            if channels:
                self._turn(0.1)
        self._wsgi.task_dispatcher.shutdown()
        close_all(self._wsgi._map)
