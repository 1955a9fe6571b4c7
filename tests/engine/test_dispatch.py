"""Jobs that name equipment go to units that are up: one each, the most urgent first, numbered."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.equipment.candidates import GONE_MS
from engine.kernel.errors import Invalid
from engine.workflow.work import jobs
from engine.workflow.work.interventions.parts import SplitRefused
from tests.support import diagrams as d
from tests.support.fixtures import both, database, store
from tests.support.plant import Plant
from tests.support.shop import TURNING, Shop, routing

__all__ = ["database", "store"]


@pytest.fixture
def shop(plant: Plant) -> Shop:
    """Three idle lathes."""
    made = Shop(plant)
    made.all_idle()
    return made


@both
def test_a_job_goes_to_the_unit_that_it_names(shop: Shop) -> None:
    shop.plant.release(routing("LATHE-2"))
    shop.start("WO-1")
    assert shop.claim("LATHE-1", "LATHE-3") == []
    [job] = shop.claim("LATHE-1", "LATHE-2")
    assert (job["equipment"], job["unit"], job["command"]) == ("LATHE-2", "LATHE-2", 1)
    assert (job["fence"], job["attempt"]) == (1, 1)
    assert shop.plant.complete_job(job)["unit"] == "LATHE-2"


@pytest.mark.parametrize(
    ("named", "units"),
    [
        ("TURNING", {"LATHE-1", "LATHE-2"}),
        ("LINE-1", {"LATHE-1", "LATHE-2", "LATHE-3"}),
        ("MAIN", {"LATHE-1", "LATHE-2", "LATHE-3"}),
        ("GRINDING", set()),
    ],
)
def test_a_class_and_what_is_above_mean_all_of_their_units(
    shop: Shop, named: str, units: set[str]
) -> None:
    shop.plant.release(routing(named))
    shop.start("WO-1", "WO-2", "WO-3", "WO-4")
    assert set(shop.gets("LATHE-1", "LATHE-2", "LATHE-3")) == units


@both
def test_a_unit_gets_one_job_until_that_is_over(shop: Shop) -> None:
    shop.plant.release(routing("LATHE-1"))
    shop.start("WO-1", "WO-2")
    [first] = shop.claim("LATHE-1")
    assert shop.claim("LATHE-1") == []
    assert shop.waits_for("WO-2") == ["unit-busy"]
    shop.plant.complete_job(first)
    [second] = shop.claim("LATHE-1")
    assert (first["command"], second["command"]) == (1, 2)
    assert second["business_key"] == "WO-2"


def test_nobody_waits_for_a_less_urgent_job(shop: Shop) -> None:
    """A job that any lathe can do leaves the one that another job needs to that other job."""
    shop.plant.release(
        d.process(
            d.start(),
            d.job("turn", TURNING, equipment="TURNING", priority="90"),
            d.end(),
            "start -> turn -> end",
        )
    )
    shop.plant.release(routing("LATHE-1", process="own"))
    shop.start("WO-URGENT")
    shop.start("WO-OWN", process="own")
    assert shop.gets("LATHE-1", "LATHE-2") == {"LATHE-2": "WO-URGENT", "LATHE-1": "WO-OWN"}


def test_the_limit_takes_the_most_urgent(shop: Shop) -> None:
    shop.plant.release(
        d.process(
            d.start(),
            d.job("turn", TURNING, equipment="LINE-1", priority="= urgency"),
            d.end(),
            "start -> turn -> end",
        )
    )
    for key, urgency in (("A", 10), ("B", 90), ("C", 50), ("D", 60)):
        shop.plant.start(business_key=key, urgency=urgency)
    assert set(shop.gets("LATHE-1", "LATHE-2", "LATHE-3", limit=2).values()) == {"B", "D"}


@pytest.mark.parametrize("state", ["down", "maintenance", "off", "unknown"])
def test_a_unit_that_is_not_up_gets_nothing(shop: Shop, state: str) -> None:
    shop.plant.release(routing("TURNING"))
    shop.says("LATHE-1", state)
    shop.start("WO-1", "WO-2")
    assert shop.gets("LATHE-1", "LATHE-2") == {"LATHE-2": "WO-1"}
    assert "unit-down" in shop.waits_for("WO-2")
    shop.says("LATHE-1", "starved")
    assert shop.gets("LATHE-1") == {"LATHE-1": "WO-2"}


def test_one_that_never_spoke_gets_nothing(plant: Plant) -> None:
    shop = Shop(plant)
    plant.release(routing("LATHE-1"))
    shop.start("WO-1")
    assert shop.claim("LATHE-1") == []
    assert shop.waits_for("WO-1") == ["unit-down"]


@both
def test_both_switches_and_those_above_count(shop: Shop) -> None:
    shop.plant.release(routing("LATHE-1"))
    shop.start("WO-1")
    for code, switch, told in (
        ("LATHE-1", "commands_enabled", "commands-off"),
        ("LATHE-1", "enabled", "unit-disabled"),
        ("HALL-1", "enabled", "unit-disabled"),
    ):
        shop.change(code, **{switch: False})
        assert shop.claim("LATHE-1") == []
        assert shop.waits_for("WO-1") == [told]
        shop.change(code, **{switch: True})
    assert shop.gets("LATHE-1") == {"LATHE-1": "WO-1"}


# ---- a lease that ran out, a failure, a retry ----


@both
def test_a_lease_that_ran_out_goes_back_to_its_unit_under_the_same_number(shop: Shop) -> None:
    """The command may have been sent: nobody else gets it, and the echo can tell."""
    shop.plant.release(routing("TURNING"))
    shop.start("WO-1", "WO-2")
    [job] = shop.claim("LATHE-1", lease=60)
    shop.plant.wait(seconds=61)
    shop.says("LATHE-1", "down")  # what stopped it does not matter: only its gateway can tell
    assert shop.plant.claim_jobs(TURNING, limit=10)[0]["business_key"] == "WO-2"
    assert shop.claim("LATHE-2") == []
    [again] = shop.claim("LATHE-1", "LATHE-2")
    assert (again["id"], again["unit"], again["command"]) == (job["id"], "LATHE-1", 1)
    assert (again["fence"], again["attempt"]) == (2, 2)


def test_a_unit_with_an_unsettled_command_gets_no_other(shop: Shop) -> None:
    shop.plant.release(routing("LATHE-1"))
    shop.start("WO-1", "WO-2")
    shop.claim("LATHE-1", lease=60)
    shop.plant.suspend(shop.shown("WO-1")["instance"])
    shop.plant.wait(seconds=61)
    assert shop.claim("LATHE-1") == []
    assert shop.waits_for("WO-1") == ["instance-suspended"]
    [reason] = shop.shown("WO-2")["waits_for"]
    assert reason["code"] == "unit-busy"
    assert "command 1 of WO-1" in reason["message"]
    shop.plant.resume(shop.shown("WO-1")["instance"])
    assert shop.gets("LATHE-1") == {"LATHE-1": "WO-1"}


@both
@pytest.mark.parametrize("decision", ["complete", "cancel"])
def test_a_unit_that_never_told_is_looked_at_before_it_gets_another(
    shop: Shop, decision: str
) -> None:
    """Its gateway came three times and went each time without a word of the command."""
    shop.plant.release(routing("TURNING"))
    shop.start("WO-1")
    for _ in range(3):
        [job] = shop.claim("LATHE-1", lease=60)
        assert job["command"] == 1
        shop.plant.wait(seconds=61)
    shop.says("LATHE-2", "down")
    shop.start("WO-2")
    assert shop.claim("LATHE-1") == []
    assert shop.shown("WO-1")["state"] == "failed"
    busy = [r["message"] for r in shop.shown("WO-2")["waits_for"] if r["code"] == "unit-busy"]
    assert busy == [
        "LATHE-1 never said what became of command 1 of WO-1; look at it, and resolve the incident."
    ]
    shop.plant.resolve(shop.plant.incident(), decision)
    assert shop.gets("LATHE-1") == {"LATHE-1": "WO-2"}


def test_a_unit_that_told_of_its_failure_gets_the_next(shop: Shop) -> None:
    """Nobody catches the error: that is an incident too, but the machine is known to be free."""
    shop.plant.release(routing("LATHE-1"))
    shop.start("WO-1", "WO-2")
    [job] = shop.claim("LATHE-1")
    shop.plant.fail_job(job, "not ready", code="MACHINE_REFUSED")
    assert shop.plant.incident()["state"] == "open"
    assert shop.gets("LATHE-1") == {"LATHE-1": "WO-2"}


def test_an_order_with_an_unsettled_command_is_not_split(shop: Shop) -> None:
    """Its part would have the command a second time."""
    shop.plant.release(routing("LATHE-1"))
    shop.start("WO-1")
    shop.claim("LATHE-1", lease=60)
    shop.plant.wait(seconds=61)
    assert shop.claim("LATHE-2") == []  # which lets the lease go
    instance = shop.shown("WO-1")["instance"]
    assert shop.shown("WO-1")["state"] == "open"
    with pytest.raises(SplitRefused, match="LATHE-1 has the job at turn"):
        shop.plant.split(instance)


def test_commands_switched_off_hold_back_what_was_begun(shop: Shop) -> None:
    shop.plant.release(routing("LATHE-1"))
    shop.start("WO-1")
    shop.claim("LATHE-1", lease=60)
    shop.plant.wait(seconds=61)
    shop.change("LATHE-1", commands_enabled=False)
    assert shop.claim("LATHE-1") == []
    assert shop.waits_for("WO-1") == ["commands-off"]


@both
def test_a_failed_attempt_is_free_again_under_a_new_number(shop: Shop) -> None:
    shop.plant.release(routing("TURNING"))
    shop.start("WO-1")
    [job] = shop.claim("LATHE-1")
    failed = shop.plant.fail_job(job, "chuck open")
    assert (failed["state"], failed["unit"], failed["command"]) == ("open", None, None)
    [again] = shop.claim("LATHE-2")
    assert (again["unit"], again["command"]) == ("LATHE-2", 1)
    shop.plant.fail_job(again, "chuck open", retry_in=30)
    assert shop.claim("LATHE-1") == []
    assert shop.waits_for("WO-1") == ["retry-later"]
    shop.plant.wait(seconds=31)
    [third] = shop.claim("LATHE-1")
    assert (third["unit"], third["command"]) == ("LATHE-1", 2)


@both
def test_a_retried_incident_is_free_again(shop: Shop) -> None:
    shop.plant.release(routing("LATHE-1"))
    shop.start("WO-1")
    for number in (1, 2, 3):
        [job] = shop.claim("LATHE-1")
        assert job["command"] == number
        ended = shop.plant.fail_job(job, "chuck open")
    assert (ended["state"], ended["unit"], ended["command"]) == ("failed", "LATHE-1", 3)
    shop.plant.retry(shop.plant.incident())
    shown = shop.shown("WO-1")
    assert (shown["state"], shown["unit"], shown["command"]) == ("open", None, None)
    [job] = shop.claim("LATHE-1")
    assert (job["command"], job["attempt"]) == (4, 1)


def test_numbers_begin_again_after_the_last_of_32_bits(shop: Shop) -> None:
    shop.plant.sql("UPDATE equipment SET last_command = 4294967294 WHERE code = 'LATHE-1'")
    shop.plant.release(routing("LATHE-1"))
    shop.start("WO-1", "WO-2")
    for number in (4294967295, 1):
        [job] = shop.claim("LATHE-1")
        assert job["command"] == number
        shop.plant.complete_job(job)


# ---- who is there, and who is not ----


def test_a_job_says_that_nobody_asks_for_it(shop: Shop) -> None:
    shop.plant.release(routing("LATHE-1"))
    shop.start("WO-1")
    assert shop.waits_for("WO-1") == ["no-gateway"]
    assert shop.claim("LATHE-1", limit=0) == []
    assert shop.waits_for("WO-1") == []
    shop.plant.wait(milliseconds=GONE_MS + 1)
    assert shop.waits_for("WO-1") == ["no-gateway"]
    assert "2026-03-02T06:00:00" in shop.shown("WO-1")["waits_for"][0]["message"]


def test_a_job_for_a_name_that_nothing_has(shop: Shop) -> None:
    shop.plant.release(routing("MILL-9"))
    shop.start("WO-1")
    assert shop.waits_for("WO-1") == ["equipment-unknown"]


@both
def test_one_unit_that_can_is_enough(shop: Shop) -> None:
    shop.plant.release(routing("TURNING"))
    shop.says("LATHE-1", "down", reason="tool broken")
    shop.claim("LATHE-1", "LATHE-2")
    shop.start("WO-1")
    assert shop.waits_for("WO-1") == []
    shop.says("LATHE-2", "off")
    [broken, off] = shop.shown("WO-1")["waits_for"]
    assert broken["message"] == "LATHE-1 is down (tool broken) since 2026-03-02T06:00:00.000Z."
    assert off["code"] == "unit-down"


def test_a_gateway_of_a_unit_that_is_not_there_is_told(shop: Shop) -> None:
    with pytest.raises(Invalid) as refused:
        shop.claim("LATHE-1", "LAHTE-2", "HALL-1")
    assert [error.pointer for error in refused.value.errors] == ["/units/1", "/units/2"]
    assert "LAHTE-2" in refused.value.errors[0].detail
    with pytest.raises(Invalid, match="topics"):
        shop.plant.run(jobs.claim, topics=[], worker="x", limit=1, lease_seconds=1)


def test_a_worker_without_units_takes_jobs_by_topic_as_ever(shop: Shop) -> None:
    shop.plant.release(routing("LATHE-1"))
    shop.start("WO-1")
    job = shop.plant.claim_job(TURNING)
    assert (job["equipment"], job["unit"], job["command"]) == ("LATHE-1", None, None)


# ---- at once ----


@both
def test_gateways_that_claim_at_once_get_one_job_for_a_unit(shop: Shop) -> None:
    shop.plant.release(routing("LINE-1"))
    shop.start(*(f"WO-{n}" for n in range(12)))
    lathes = ("LATHE-1", "LATHE-2", "LATHE-3")
    with ThreadPoolExecutor(4) as gateways:
        asked = [
            gateways.submit(shop.claim, *lathes[n % 3 :], *lathes[: n % 3], worker=f"gw{n}")
            for n in range(8)
        ]
        given = [job for answer in asked for job in answer.result()]
    assert sorted(job["unit"] for job in given) == list(lathes)
    assert len({job["id"] for job in given}) == 3
    assert {job["command"] for job in given} == {1}


def test_every_command_of_a_unit_has_its_own_number(shop: Shop) -> None:
    """Claims, completions and lost leases in any order never use a number for two jobs."""
    shop.plant.release(routing("TURNING"))
    shop.start(*(f"WO-{n}" for n in range(20)))
    seen: dict[tuple[str, int], str] = {}
    for turn in range(40):
        for job in shop.claim("LATHE-1", "LATHE-2", lease=30):
            place = job["unit"], job["command"]
            assert seen.setdefault(place, job["id"]) == job["id"]
            if turn % 3:
                shop.plant.complete_job(job)
        shop.plant.wait(seconds=31)
    for unit in ("LATHE-1", "LATHE-2"):
        numbers = sorted(number for name, number in seen if name == unit)
        assert numbers == list(range(1, len(numbers) + 1))
