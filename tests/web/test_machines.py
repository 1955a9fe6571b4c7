"""The floor, a machine and the gateways: what they show, and to whom they offer what."""

from datetime import timedelta
from typing import Any

import pytest

from engine.kernel.actor import Role
from engine.kernel.clock import to_ms
from engine.performance.downtimes import looking
from tests.support.screens import Screen, Screens
from tests.support.works import Works

MINUTE = 60_000
UNITS = ("LATHE-1", "LATHE-2")
ALARM = {"code": "417", "text": "Spindle overload", "severity": 700, "active": True}


class Shop:
    """Two machines in a work center, and a gateway that speaks for them."""

    def __init__(self, works: Works) -> None:
        self.works, self.seq = works, 0
        self._make("TURNING", "work_center")
        for code in UNITS:
            self._make(code, "work_unit", parent="TURNING")
        about = {"protocol": "modbus", "tags": [], "actions": [], "writes": False, "digest": "d"}
        machines = [{"unit": code, **about} for code in UNITS]
        works.integration.put("/gateways/line", {"machines": machines}).ok()

    def _make(self, code: str, level: str, **more: str) -> None:
        body = {"code": code, "name": code.title(), "level": level, **more}
        self.works.maintenance.post("/equipment", body).ok(201)

    @property
    def now(self) -> int:
        """The present instant in milliseconds."""
        return to_ms(self.works.clock.now())

    def say(self, unit: str, kind: str, ago: int = 0, **what: Any) -> None:
        """A signal, so many milliseconds ago."""
        self.seq += 1
        row = {"seq": self.seq, "unit": unit, "kind": kind, "at": self.now - ago, **what}
        body = {"source": "file", "gateway": "line", "rows": [row]}
        assert self.works.integration.post("/signals", body).ok()["refused"] == []

    def count(self, unit: str, good: int) -> None:
        """The good counter of a unit rises by a number."""
        for raw, ago in ((100, 2 * MINUTE), (100 + good, MINUTE)):
            self.say(unit, "count", ago, counter="good", raw=raw, max_step=1000, tag="good")


@pytest.fixture
def shop(works: Works) -> Shop:
    """Lathe 1 runs; lathe 2 has been down for ten minutes, with an alarm."""
    made = Shop(works)
    made.say("LATHE-1", "state", 60 * MINUTE, state="running")
    made.say("LATHE-2", "state", 60 * MINUTE, state="running")
    made.say("LATHE-2", "state", 10 * MINUTE, state="down", reason="417")
    made.say("LATHE-2", "alarm", 10 * MINUTE, **ALARM)
    made.count("LATHE-1", 25)
    works.store.run(looking.look)
    return made


def machine(screens: Screens, code: str, *roles: Role, query: str = "") -> Screen:
    who = roles or (Role.OPERATOR,)
    return screens.look(f"/machines/{code}{query}", *who, name="mo" if roles else "ola")


def test_a_plant_without_machines_says_what_to_do(screens: Screens, works: Works) -> None:
    assert "No machines yet" in screens.look("/floor", Role.TEAM_LEAD).text
    assert "No gateway yet" in screens.look("/gateways", Role.TEAM_LEAD).text


def test_the_board_is_quiet_where_all_is_well_and_loud_where_it_is_not(
    screens: Screens, shop: Shop
) -> None:
    board = screens.look("/floor", Role.TEAM_LEAD)
    cards = {
        card.get("href"): card for card in board.tree.xpath("//a[contains(@class, 'machine')]")
    }
    quiet, loud = cards["/machines/LATHE-1"], cards["/machines/LATHE-2"]
    assert quiet.get("class") == "machine quiet"
    assert "25" in quiet.text_content()
    assert loud.get("class") == "machine bad"
    assert "Spindle overload" in loud.text_content()
    for told in ("Running1 of 2", "Need somebody1", "Stops without a reason1"):
        assert told in board.text


def test_what_is_out_of_use_is_not_on_the_board(screens: Screens, shop: Shop) -> None:
    one = shop.works.maintenance.get("/equipment/LATHE-2")
    shop.works.maintenance.patch("/equipment/LATHE-2", {"enabled": False}, if_match=one.etag).ok()
    assert "Lathe-2" not in screens.look("/floor", Role.TEAM_LEAD).text


def test_the_board_is_asked_again_only_when_a_machine_said_something(
    screens: Screens, shop: Shop
) -> None:
    part = "/floor?part=now"
    tag = screens.look(part, Role.TEAM_LEAD).response.headers["ETag"]
    again = {"headers": {"If-None-Match": tag}}
    assert screens.look(part, Role.TEAM_LEAD, **again).status == 304
    shop.say("LATHE-1", "state", state="idle")
    assert screens.look(part, Role.TEAM_LEAD, **again).status == 200


def test_a_wall_has_no_menus(screens: Screens, shop: Shop) -> None:
    wall = screens.look("/floor?wall=1", Role.TEAM_LEAD)
    assert wall.links() == []
    assert "Lathe-1" in wall.text


def test_a_machine_says_how_it_stood_and_why(screens: Screens, shop: Shop) -> None:
    screen = machine(screens, "LATHE-2")
    states = screen.tree.xpath("//*[local-name()='rect'][starts-with(@class, 'state-')]/@class")
    assert {"state-running", "state-down"} <= set(states)
    assert "Spindle overload (417)" in screen.text
    assert "no reason yet" in screen.text
    [technical] = screen.tree.xpath("//details[summary='Technical']")
    acts = technical.xpath(".//button/@data-act")
    assert acts
    assert all(act.startswith("POST /api/v1/downtimes/") for act in acts)


def test_what_is_new_fills_its_picture(screens: Screens, shop: Shop) -> None:
    """Known for an hour: of the eight that are asked for, the picture shows that one."""
    bars = machine(screens, "LATHE-1").tree.xpath("//*[local-name()='rect']/@x")
    assert bars == ["0.0"]
    shop.works.clock.advance(timedelta(hours=8))
    [first, *_] = machine(screens, "LATHE-2").tree.xpath("//*[local-name()='rect']/@class")
    assert first == "state-down"


def test_an_explained_stop_names_its_reason(screens: Screens, shop: Shop) -> None:
    [stop] = shop.works.operator.get("/downtimes", unit="LATHE-2").ok()["items"]
    place = f"/downtimes/{stop['id']}/reason"
    shop.works.operator.post(place, {"reason": "electrical"}, if_match="*").ok()
    screen = machine(screens, "LATHE-2")
    assert "Technical · Electrical breakdown" in screen.text
    assert "Another reason" in screen.text


def test_who_may_not_explain_is_offered_no_reason(screens: Screens, shop: Shop) -> None:
    screen = machine(screens, "LATHE-2", Role.AUDITOR)
    assert not screen.tree.xpath("//button[contains(@data-act, 'downtimes')]")


def test_the_switch_for_commands_is_maintenances(screens: Screens, shop: Shop) -> None:
    switch = "//button[contains(@data-body, 'commands_enabled')]"
    assert machine(screens, "LATHE-1", Role.MAINTENANCE).tree.xpath(switch)
    assert not machine(screens, "LATHE-1").tree.xpath(switch)


def test_signals_are_shown_with_their_trend(screens: Screens, shop: Shop) -> None:
    now = shop.now
    rows = [[n, 0, now - (20 - n) * MINUTE, 40.123456 + n, 0, None] for n in range(1, 20)]
    body = {"source": "r", "gateway": "line", "tags": [["LATHE-1", "load", "%"]], "rows": rows}
    shop.works.integration.post("/readings", body).ok()
    screen = machine(screens, "LATHE-1", query="?tag=load")
    assert "59.123 %" in screen.text
    assert screen.tree.xpath("//*[local-name()='polyline']")


def test_an_unknown_machine_is_not_found(screens: Screens, shop: Shop) -> None:
    assert machine(screens, "NOBODY").status == 404


def test_a_gateway_tells_of_its_machines(screens: Screens, shop: Shop) -> None:
    quiet = {
        **{"silence_seconds": 0.5, "generation": 3, "wanted": 4, "drops": 0, "commands": {}},
        **{"since": shop.now, "values_per_second": 9.5},
        **{"lag_p50_ms": 20, "lag_p99_ms": 90, "skew_ms": None},
    }
    told = [
        {"unit": "LATHE-1", "state": "connected", "accepted": 4, **quiet},
        {"unit": "LATHE-2", "state": "lost", "accepted": 0, "error": "No answer for 5 s", **quiet},
    ]
    buffer = {"rows": 7, "oldest_seconds": 3, "bytes": 4096, "quarantined": 2}
    shop.works.integration.put("/gateways/line/health", {"machines": told, "buffer": buffer}).ok()
    screen = screens.look("/gateways", Role.MAINTENANCE, name="mo")
    assert "alive" in screen.text
    assert "Set aside2" in screen.text
    assert [str(unit) for unit in screen.tree.xpath("//tbody//a/text()")] == ["LATHE-2", "LATHE-1"]
    assert "No answer for 5 s" in screen.text


WARNINGS: dict[str, dict[str, Any]] = {
    "The machine's clock is 1 min ahead of the gateway's": {
        "kind": "clock",
        "text": "Wrong.",
        "facts": {"seconds": 90, "ahead": 1},
    },
    "Values were thrown away before they could be fetched, 1,200 so far.": {
        "kind": "drops",
        "text": "Dropped.",
        "facts": {"number": 1200},
    },
    "The machine answers more slowly than it is asked: 41 polls left out": {
        "kind": "late",
        "text": "Late.",
        "facts": {"number": 41},
    },
    "Our certificate is valid until 27 Nov 2026 (days left: 3)": {
        "kind": "own_certificate",
        "text": "Ends.",
        "facts": {"ends": "2026-11-27", "days": 3},
    },
    "The certificate of opc.tcp://press:4840 is valid until 27 Nov 2026": {
        "kind": "server_certificate",
        "text": "Ends.",
        "facts": {"ends": "2026-11-27", "days": 3, "url": "opc.tcp://press:4840"},
    },
    "A newer gateway knows better; ask it.": {
        "kind": "newer",
        "text": "A newer gateway knows better; ask it.",
        "facts": {},
    },
    "A kind without its facts speaks for itself.": {
        "kind": "clock",
        "text": "A kind without its facts speaks for itself.",
        "facts": {},
    },
}


def warn(shop: Shop, **more: Any) -> None:
    """Lathe 1 is connected, and all that can be warned of is."""
    one = {"unit": "LATHE-1", "state": "connected", "warnings": [*WARNINGS.values()], **more}
    told = {"machines": [one], "findings": ["saw.yaml:4: there is no key adress; write address"]}
    shop.works.integration.put("/gateways/line/health", told).ok()


def test_warnings_are_sentences_on_both_screens(screens: Screens, shop: Shop) -> None:
    warn(shop, machine_drops=7, late_polls=41)
    both = [
        screens.look("/gateways", Role.MAINTENANCE, name="mo"),
        machine(screens, "LATHE-1", Role.MAINTENANCE),
    ]
    for screen in both:
        for sentence in WARNINGS:
            assert sentence in screen.text
    assert "saw.yaml:4: there is no key adress; write address" in both[0].text
    numbers = both[0].tree.xpath("//tbody/tr/td[@class='num']")
    assert {"7", "41"} <= {cell.text_content() for cell in numbers}


@pytest.mark.parametrize(("ahead", "way"), [(1, "ahead of"), (0, "behind")])
def test_a_gateway_tells_of_its_own_clock_and_that_it_stands_by(
    screens: Screens, shop: Shop, ahead: int, way: str
) -> None:
    facts = {"seconds": 3600, "ahead": ahead}
    clock = {"kind": "gateway_clock", "text": "Wrong.", "facts": facts}
    one = {"unit": "LATHE-1", "state": "standby", "error": "The gateway hall has LATHE-1"}
    told = {"machines": [one], "warnings": [clock]}
    shop.works.integration.put("/gateways/line/health", told).ok()
    screen = screens.look("/gateways", Role.MAINTENANCE, name="mo")
    assert f"The clock of the gateway's box is 1 h {way} the plant's" in screen.text
    assert "stands by" in screen.text
    assert "The gateway hall has LATHE-1" in screen.text


def test_why_a_machine_is_refused_is_on_its_own_screen_once(screens: Screens, shop: Shop) -> None:
    error = "The certificate of opc.tcp://press:4840 ended on 2026-11-20; renew it on the machine"
    shop.say("LATHE-1", "state", state="unknown", reason=error[:60])
    warn(shop, error=error)
    screen = machine(screens, "LATHE-1")
    assert screen.text.count("ended on 2026-11-20; renew it") == 1
    assert screen.text.count(error[:60]) == 1


def test_what_a_silent_gateway_said_is_not_shown_as_true(screens: Screens, shop: Shop) -> None:
    warn(shop)
    shop.works.clock.advance(timedelta(seconds=30))
    assert next(iter(WARNINGS)) not in machine(screens, "LATHE-1").text


def test_a_silent_gateway_is_loud(screens: Screens, shop: Shop) -> None:
    shop.works.clock.advance(timedelta(seconds=30))
    assert "It has said nothing for" in screens.look("/gateways", Role.MAINTENANCE, name="mo").text
