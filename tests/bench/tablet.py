"""How long pages of the floor keep a weak tablet from answering, in a real browser."""

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench.databases import Database
from tests.bench.readings import Around, Reading
from tests.support.browser import TABLET, NoBrowser, executable, launched, served
from tests.support.station import equip
from tests.support.weight import fill, load

SLOWER = 6  # of a desk's speed


def blocking(database: Database, rounds: int) -> list[Reading]:
    """Milliseconds that My work and the fullest task block at a sixth of the speed: the worse.

    Only with SQLite: the browser does not know which database answered. Without a browser there is
    no reading.
    """
    try:
        executable()
    except NoBrowser as reason:
        sys.stderr.write(f"{reason}\n")
        return []
    if database.name != "SQLite":
        return []
    readings = []
    with (
        tempfile.TemporaryDirectory(prefix="routecard-bench-") as home,
        served(Path(home)) as plant,
        sync_playwright() as playwright,
    ):
        equip(plant)
        task = fill(plant)
        browser = launched(playwright)
        for _ in range(rounds):
            with Around() as around:
                loads = [
                    load(browser, plant, "ana", path, TABLET, SLOWER).blocked
                    for path in ("/my-work", task)
                ]
            readings.append(Reading(max(loads), around.calibration))
        browser.close()
    return readings
