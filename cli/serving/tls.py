"""TLS in front of waitress, which has none: decrypts on its own thread and passes the bytes on.

A client that is slow, or says nothing at all, costs a coroutine here and never one of the server's
threads; servers that shake hands in their accept loop stand still for it.
"""

import asyncio
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from cli.serving.server import CONNECTIONS, Application
from engine.kernel.errors import Invalid

HANDSHAKE_SECONDS = 10.0
CLOSING_SECONDS = 3.0
CHUNK = 64 * 1024


class CertificateRefused(Invalid):
    """Certificate and key cannot be used."""

    code = "certificate-refused"
    title = "Certificate refused"


def context_of(certificate: Path, key: Path) -> ssl.SSLContext:
    """What the server shows: the certificate with its chain, and its key, both PEM.

    Raises:
        CertificateRefused: naming what is wrong with which file.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for file in (certificate, key):
        if not file.is_file():
            raise CertificateRefused(f"There is no file {file}.")
    try:
        context.load_cert_chain(certificate, key, password="")  # a server has nobody to ask
    except (OSError, ValueError) as error:
        raise CertificateRefused(
            f"{certificate} and {key} cannot be used ({error}). Both must be PEM, belong together, "
            "and the key must have no password."
        ) from error
    return context


class Terminator:
    """Takes TLS connections on one socket and hands their bytes to the server on loopback."""

    def __init__(self, context: ssl.SSLContext, sock: Any, upstream: tuple[str, int]) -> None:
        self._context, self._sock, self._upstream = context, sock, upstream
        self._peers: dict[str, str] = {}  # local port of a passed-on connection -> who it is for
        self._open: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, name="tls", daemon=True)

    def told(self, app: Application) -> Application:
        """The application, told who really calls and that the call came encrypted."""

        def with_peer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
            peer = self._peers.get(environ["REMOTE_PORT"])
            if peer is not None:
                environ["REMOTE_ADDR"] = environ["REMOTE_HOST"] = peer
                environ["wsgi.url_scheme"] = "https"
            return app(environ, start_response)

        return with_peer

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def stop_accepting(self) -> None:
        """Take no new connection; those that are there go on."""
        self._loop.call_soon_threadsafe(self._close_listener)

    def close(self) -> None:
        """Wait until what was answered has left, then end."""
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # ---- on the thread of the loop ----

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(
            self._connected,
            sock=self._sock,
            ssl=self._context,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=CLOSING_SECONDS,
            limit=CHUNK,
        )

    def _close_listener(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _finish(self) -> None:
        self._close_listener()
        if self._open:
            await asyncio.wait(self._open, timeout=CLOSING_SECONDS)
        for connection in self._open:
            connection.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if len(self._open) <= CONNECTIONS:
                await self._pass_on(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # one of the two has gone
        finally:
            self._open.discard(task)
            await _closed(writer)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Copy in both directions until either end closes."""
        answers, requests = await asyncio.open_connection(*self._upstream, limit=CHUNK)
        port = str(requests.get_extra_info("sockname")[1])
        self._peers[port] = writer.get_extra_info("peername")[0]
        copies = [
            asyncio.create_task(_copy(reader, requests)),
            asyncio.create_task(_copy(answers, writer)),
        ]
        try:
            await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for copy in copies:
                copy.cancel()
            await asyncio.gather(*copies, return_exceptions=True)
            await _closed(requests)
            self._peers.pop(port, None)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()


async def _closed(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, TimeoutError):
        writer.close()
        await writer.wait_closed()
