"""The API as a client sees it that costs little: one socket kept alive, bytes written at once.

Benchmarks share the machine with it, and a kill test wants to know when a connection broke.
"""

import json
import socket
from dataclasses import dataclass
from typing import Any

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `replayed` tells that it was kept from an earlier request."""

    status: int
    body: Any
    replayed: bool


class Caller:
    """One connection to a server on loopback, acting under one token."""

    def __init__(self, port: int, token: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n"
        self._left = b""

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def get(self, path: str) -> Answer:
        """GET below /api/v1."""
        self._socket.sendall(f"GET /api/v1{path} HTTP/1.1\r\n{self._head}\r\n".encode())
        return self._receive()

    def post(self, path: str, body: object, key: str | None = None) -> Answer:
        """POST a JSON body below /api/v1, with an Idempotency-Key if one is given."""
        self.send(path, body, key)
        return self._receive()

    def send(self, path: str, body: object, key: str | None = None) -> None:
        """POST without waiting for the answer."""
        data = json.dumps(body).encode()
        head = (
            f"POST /api/v1{path} HTTP/1.1\r\n{self._head}Content-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n"
        )
        if key is not None:
            head += f"Idempotency-Key: {key}\r\n"
        self._socket.sendall(f"{head}\r\n".encode() + data)

    def _receive(self) -> Answer:
        while b"\r\n\r\n" not in self._left:
            self._left += self._more()
        head, _, rest = self._left.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }
        length = int(headers.get("content-length", 0))
        while len(rest) < length:
            rest += self._more()
        self._left = rest[length:]
        body = json.loads(rest[:length]) if length else None
        return Answer(int(first.split()[1]), body, "idempotency-replayed" in headers)

    def _more(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError("the server hung up")
        return data
