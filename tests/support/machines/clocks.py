"""Another time for a process that runs: libfaketime reads it from a file, which may change.

Debian's package `libfaketime`; where it is absent tests are skipped, or fail if
ROUTECARD_TEST_REQUIRE_PEERS is set.
"""

import os
from pathlib import Path

import pytest

PLACES = "/usr/lib/*/faketime/libfaketimeMT.so.1"


class FakeClock:
    """The clock of a box; what is steady (timeouts, waits) stays steady, as in a real jump."""

    def __init__(self, place: Path) -> None:
        found = sorted(Path("/").glob(PLACES.removeprefix("/")))
        if not found:
            told = "libfaketime is not installed; `apt-get install libfaketime` does it"
            if os.environ.get("ROUTECARD_TEST_REQUIRE_PEERS"):
                pytest.fail(told)
            pytest.skip(told)
        self._file = place / "clock"
        self.set(0)
        self.env = {
            "LD_PRELOAD": str(found[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds: int) -> None:
        """Be so far ahead from now on."""
        partial = self._file.with_suffix(".partial")
        partial.write_text(f"{seconds:+d}s\n")
        partial.replace(self._file)
