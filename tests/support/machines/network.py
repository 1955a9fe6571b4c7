"""A network of our own, in which packets can vanish: no answer and no reset, as behind a cut cable.

It takes root, and `ip` and `tc` of Debian's package `iproute2`; where they are absent tests are
skipped, or fail if ROUTECARD_TEST_REQUIRE_PEERS is set.
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.waiting import until

CLONE_NEWNET = 0x40000000
HERE, THERE = "10.77.0.1", "10.77.0.2"
PREFIX = "/24"
MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")  # fixed: a cut cable is not told by ARP


class Network:
    """Two places with a cable between them; what is started in a place stays there.

    `there` are the machines; everything else, their gateway too, is here.
    """

    def __init__(self, holder: int) -> None:
        self._there = f"/proc/{holder}/ns/net"
        self._enter = ["nsenter", f"--net={self._there}"]
        _do("ip", "link", "set", "lo", "up")
        _do("ip", "link", "add", "here", "address", MACS[0],
            "type", "veth", "peer", "name", "there", "address", MACS[1])  # fmt: skip
        _do("ip", "link", "set", "there", "netns", str(holder))
        self._side([], "here", HERE, THERE, MACS[1])
        self._side(self._enter, "there", THERE, HERE, MACS[0])

    def _side(self, enter: list[str], link: str, own: str, other: str, mac: str) -> None:
        _do(*enter, "ip", "address", "add", own + PREFIX, "dev", link)
        _do(*enter, "ip", "link", "set", link, "up")
        _do(*enter, "ip", "neighbour", "replace", other, "lladdr", mac, "dev", link)

    def cut(self) -> None:
        """Let every packet vanish, in both directions: a queue with room for none."""
        _do("tc", "qdisc", "replace", "dev", "here", "root", "pfifo", "limit", "0")
        _do(*self._enter, "tc", "qdisc", "replace", "dev", "there", "root", "pfifo", "limit", "0")

    def mend(self) -> None:
        """Let packets through again."""
        _do("tc", "qdisc", "del", "dev", "here", "root")
        _do(*self._enter, "tc", "qdisc", "del", "dev", "there", "root")

    @contextmanager
    def there(self) -> Iterator[None]:
        """What is started meanwhile, threads and processes alike, is on the machines' side."""
        with _back():
            with Path(self._there).open() as place:
                _tried(_libc.setns(place.fileno(), CLONE_NEWNET))
            yield


@contextmanager
def network() -> Iterator[Network]:
    """Be in a network of our own; afterwards we are where we were."""
    _require()
    with _back():
        if _libc.unshare(CLONE_NEWNET) != 0:
            _absent(f"A network of its own is not allowed: {os.strerror(ctypes.get_errno())}")
        own = os.readlink("/proc/thread-self/ns/net")
        holder = subprocess.Popen(["unshare", "--net", "sleep", "600"])
        try:
            until(lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != own)
            yield Network(holder.pid)
        finally:
            holder.kill()
            holder.wait()


def _require() -> None:
    tools = [tool for tool in ("ip", "tc", "nsenter", "unshare") if shutil.which(tool) is None]
    if tools:
        told = f"{', '.join(tools)}: not installed; `apt-get install iproute2 util-linux` does it"
        _absent(told)
    if os.geteuid() != 0:
        _absent("A network of its own takes root.")


def _absent(told: str) -> NoReturn:
    if os.environ.get("ROUTECARD_TEST_REQUIRE_PEERS"):
        pytest.fail(told)
    pytest.skip(told)


@contextmanager
def _back() -> Iterator[None]:
    """Return this thread to the network in which it is now."""
    with Path("/proc/thread-self/ns/net").open() as now:
        try:
            yield
        finally:
            _tried(_libc.setns(now.fileno(), CLONE_NEWNET))


def _tried(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _do(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


_libc = ctypes.CDLL(None, use_errno=True)
