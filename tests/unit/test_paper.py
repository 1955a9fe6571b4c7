"""Codes on paper, and the order in which a traveller lists its operations."""

import re

import segno

from api.web.desk.printing.codes import BAR_QUIET, QR_QUIET, code_128, qr
from api.web.desk.printing.traveller import operations
from api.web.desk.steps import in_order, planned_seconds
from engine.kernel.actor import ROLES
from engine.workflow.definition.bundles import read_bundle
from engine.workflow.definition.plan import make_plan
from tests.support.diagrams import boundary, end, exclusive, process, start, user

ROUTE = process(
    start(), user("turn", operation="20", duration="PT18M"), user("saw", operation="5"),
    user("pack", operation="100A"), user("check", operation="100"), user("rework"),
    exclusive("good"), boundary("late", "check", timer="PT8H"), user("hurry"), end("done", "told"),
    "start -> saw -> turn -> check -> good", "good -> pack if ok", "good -> rework if not ok",
    "rework -> check", "pack -> done", "late -> hurry -> told",
)  # fmt: skip


def plan_of(xml: bytes):
    bundle = read_bundle("main.bpmn", {"main.bpmn": xml}, ROLES)
    return make_plan(bundle.processes[bundle.key], {}, {}, {})


def test_operations_go_by_their_numbers_and_the_rest_follows() -> None:
    numbered, others = operations(plan_of(ROUTE), "WO-1")
    assert [op.number for op in numbered] == ["5", "20", "100", "100A"]
    assert {op.name for op in others} == {"rework", "hurry"}
    assert numbered[1].seconds == 18 * 60
    assert numbered[1].text == "RC:OP:WO-1:20"
    assert all(op.code for op in numbered)
    assert not any(op.code for op in others)


def test_elements_stand_before_what_follows_them() -> None:
    order = [node.id for node in in_order(plan_of(ROUTE).model)]
    usual = ["start", "saw", "turn", "check", "good", "pack", "done"]
    assert [name for name in order if name in usual] == usual
    assert sorted(order) == sorted(plan_of(ROUTE).model.nodes)


def test_a_time_that_is_computed_is_no_standard_time() -> None:
    nodes = plan_of(ROUTE).model.nodes
    assert planned_seconds(nodes["saw"]) is None
    assert planned_seconds(nodes["turn"]) == 1080


def test_a_qr_code_is_drawn_as_its_matrix_says() -> None:
    text = "RC:WO:WO-1001"
    matrix = [list(row) for row in segno.make(text, error="q", micro=False).matrix]
    assert drawn(qr(text), QR_QUIET, QR_QUIET, len(matrix)) == matrix


def test_a_code_128_is_one_row_of_bars() -> None:
    svg = code_128("RC:OP:WO-1:10")
    assert svg is not None
    width = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    (row,) = drawn(svg, BAR_QUIET, 0, width - 2 * BAR_QUIET)[:1]
    assert row[:6] == [1, 1, 0, 1, 0, 0]  # start code B
    assert row[-13:] == [1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0, 1, 1]  # stop


def test_what_code_128_cannot_hold_is_left_to_the_qr_code() -> None:
    assert code_128("WO-Ü") is None
    assert "aria-label" in qr("WO-Ü")


def test_a_code_escapes_what_it_says() -> None:
    assert "<script>" not in qr("<script>")
    assert "<script>" not in (code_128("<script>") or "")


def drawn(svg: str, left: int, top: int, width: int) -> list[list[int]]:
    """The modules of an SVG, as they were drawn."""
    found: dict[int, list[int]] = {}
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)", svg):
        row = found.setdefault(int(y) - top, [0] * width)
        for at in range(int(x) - left, int(x) - left + int(length)):
            row[at] = 1
    return [found[y] for y in sorted(found)]
