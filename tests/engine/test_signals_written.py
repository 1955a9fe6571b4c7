"""What a gateway wrote to a machine is in the audit trail, once."""

import pytest

from engine.kernel.store import Store
from engine.records.queries import audit_entries
from tests.support.telling import Teller, work_unit

TRACE = {
    "job": "0199",
    "action": "run_cycle",
    "command": 7,
    "outcome": "written",
    "milliseconds": 3,
    "tags": {"recipe": {"before": 0, "value": 12, "after": 12}},
}


@pytest.fixture
def press(store: Store) -> Teller:
    work_unit(store)
    return Teller(store)


def entries(press: Teller) -> list[dict[str, object]]:
    found = press.store.read(audit_entries, action="machine.written", limit=50, site=1)
    items: list[dict[str, object]] = found["items"]
    return items


def test_a_write_is_an_entry_once(press: Teller) -> None:
    row = press.row("write", **TRACE)
    press.send(row)
    press.send(row)
    [entry] = entries(press)
    assert entry["subject"] == f"equipment:{press.unit}"
    detail = entry["detail"]
    assert isinstance(detail, dict)
    assert detail["tags"] == TRACE["tags"]
    assert (detail["job"], detail["command"], detail["outcome"]) == ("0199", 7, "written")


@pytest.mark.parametrize("wrong", [{"tags": []}, {"tags": {"a": 1}}, {"command": -1}, {"job": ""}])
def test_a_write_that_says_too_little_is_refused(press: Teller, wrong: dict[str, object]) -> None:
    taken = press.send(press.row("write", **TRACE | wrong))
    assert len(taken.refused) == 1
    assert entries(press) == []
