"""Every element of the coverage page, in a diagram of a plant, on its golden path.

`elements/<row>/<variant>.json` tells the acts, where the instance rests after each, and the path:
elements in their order, one that was not completed with its state behind it. Its diagram has the
same name unless `diagram` names another; `beside` are files that are released before it. A row of
the page's first table has a folder, and each kind that it names a scenario.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.kernel import functions, json_text
from engine.kernel.store import Store
from engine.kernel.store.uow import Uow
from engine.migrations import schema
from tests.support.acts import Act, newest, play, rests
from tests.support.clock import ManualClock
from tests.support.fixtures import both
from tests.support.plant import Plant
from tests.support.postgres import PostgresServer
from tests.support.stored import Rows, put_back, rows_of

ROOT = Path(__file__).parents[2]
ELEMENTS = Path(__file__).parent / "elements"
SCENARIOS = sorted(str(f.relative_to(ELEMENTS).with_suffix("")) for f in ELEMENTS.glob("*/*.json"))

# A row of the page's first table -> its folder, and the scenarios that it must have. None: the
# kinds that the row names, such as `timer` and `timer_not_interrupting`.
ROWS: dict[str, tuple[str, list[str] | None]] = {
    "`process`": ("process", ["over_with_its_last_token"]),
    "`userTask`, `manualTask`, `task`": ("tasks_for_people", ["user_task", "manual_task", "task"]),
    "`serviceTask`": ("service_task", ["job", "function"]),
    "`sendTask`": ("send_task", ["job", "message"]),
    "`receiveTask`": ("receive_task", ["message"]),
    "`businessRuleTask`": ("business_rule_task", ["decision_table"]),
    "`subProcess`": ("sub_process", ["own_scope_and_data"]),
    "`subProcess`, triggered by an event": ("event_subprocess", ["only_while_its_scope_runs"]),
    "`callActivity`": ("call_activity", ["variables_of_its_own"]),
    "several flows into one element": ("flows_into_one_element", ["each_token_by_itself"]),
    "several flows out of an activity or event": (
        "flows_out_of_an_element",
        [
            "a_token_on_each",
            "each_whose_condition_holds",
            "the_default",
            "no_condition_holds",
            "out_of_an_event",
        ],
    ),
    "`exclusiveGateway`": ("exclusive_gateway", ["first_whose_condition_holds", "default"]),
    "`parallelGateway`": ("parallel_gateway", ["split_and_join", "in_a_loop"]),
    "`inclusiveGateway`": (
        "inclusive_gateway",
        [
            "every_condition_that_holds",
            "one_condition_holds",
            "default",
            "joins_what_can_still_come",
            "in_a_loop",
        ],
    ),
    "`eventBasedGateway`": (
        "event_based_gateway",
        ["timer", "message", "signal", "conditional", "receive_task"],
    ),
    "`startEvent`": ("start_event", None),
    "`startEvent` of an event subprocess": ("start_event_of_an_event_subprocess", None),
    "`intermediateCatchEvent`": ("intermediate_catch_event", None),
    "`intermediateThrowEvent`": ("intermediate_throw_event", None),
    "`boundaryEvent`": ("boundary_event", None),
    "`endEvent`": ("end_event", None),
    "`multiInstanceLoopCharacteristics`": (
        "multi_instance_loop_characteristics",
        [
            "sequential_over_a_collection",
            "parallel_over_a_collection",
            "sequential_a_number",
            "parallel_a_number",
            "no_items",
            "results_of_runs_side_by_side",
            "parallel_with_a_completion_condition",
            "sequential_with_a_completion_condition",
        ],
    ),
    "`standardLoopCharacteristics`": (
        "standard_loop_characteristics",
        [
            "condition_after",
            "condition_before",
            "condition_before_is_false",
            "loop_maximum",
            "cap",
        ],
    ),
    "`dataObject`, `dataObjectReference`": ("data_object", ["of_a_subprocess", "of_a_process"]),
    "lanes, groups, annotations, associations, colours, layout": (
        "lanes_and_notes",
        ["roles_from_lanes"],
    ),
}


@pytest.fixture(scope="module")
def postgresql_rows(
    postgres_server: PostgresServer, postgres_template: str
) -> Iterator[tuple[str, Rows]]:
    """One database for all scenarios, and what it holds at first: quicker than one for each."""
    name = f"elements_{os.getpid()}"
    url = postgres_server.create_database(name, postgres_template)
    bind = schema.open_bind(url)
    yield url, rows_of(bind)
    postgres_server.drop_database(name)


@pytest.fixture
def postgresql_url(postgresql_rows: tuple[str, Rows]) -> str:
    """That database as it was at first."""
    url, rows = postgresql_rows
    put_back(schema.open_bind(url), rows)
    return url


@pytest.fixture
def plant(store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """A plant that has a scale."""

    def weigh(uow: Uow, **parameters: Any) -> Mapping[str, object]:
        return {"weight": 12 * parameters["pieces"]}

    monkeypatch.setitem(functions._functions, "scale.weigh", weigh)
    return Plant(store, clock)


@both
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_an_element_runs_as_its_page_says(plant: Plant, scenario: str) -> None:
    told: dict[str, Any] = json_text.read((ELEMENTS / f"{scenario}.json").read_bytes())
    release(plant, (ELEMENTS / scenario).parent, told, Path(scenario).name)
    process, acts = told["process"], told["acts"]
    if told.get("started_by_act"):
        instance, acts = "", [{"of": process, **act} for act in acts]
    else:
        instance = plant.start(process, told.get("business_key"), **told.get("variables", {}))
        assert rests(plant, instance) == sorted(told["rests"])
    for act in acts:
        play(plant, instance, act)
    check_end(plant, instance or newest(plant, process), told)


def release(plant: Plant, folder: Path, told: Act, name: str) -> None:
    """Release the diagram of a scenario, after what it needs."""
    files = {file: (folder / file).read_bytes() for file in told.get("beside", [])}
    for file in [file for file in files if file.endswith(".bpmn")]:
        plant.release(files.pop(file))
    plant.release((folder / told.get("diagram", f"{name}.bpmn")).read_bytes(), files)


def check_end(plant: Plant, instance: str, told: Act) -> None:
    """The instance ended as told, by the path that is told."""
    assert plant.path(instance) == told["path"]
    assert (plant.state(instance), rests(plant, instance)) == (told["ends"], [])
    variables = plant.variables(instance)
    left = told.get("left", {})
    assert {name: variables.get(name) for name in left} == left
    assert not variables.keys() & set(told.get("absent", []))
    for process, path in told.get("elsewhere", {}).items():
        assert plant.path(newest(plant, process)) == path


# ---- the page ----


def rows() -> Iterator[tuple[str, str]]:
    """(element, how it runs) of each row of the page's first table."""
    page = (ROOT / "docs/reference/bpmn-coverage.md").read_text()
    table = page.partition("## What runs")[2].partition("## ")[0]
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[2][:1].isdigit():
            yield cells[0], cells[1]


def kinds(how: str) -> list[str]:
    """The kinds that a row names: `timer, error: interrupting or not` gives each twice."""
    found = []
    for part in how.split(";"):
        names, _, how_often = part.partition(":")
        for name in names.split(","):
            found.append(name.strip())
            if "or not" in how_often:
                found.append(f"{name.strip()}_not_interrupting")
    return found


def test_every_row_of_the_page_has_its_scenarios() -> None:
    asked = [
        f"{ROWS[element][0]}/{name}"
        for element, how in rows()
        for name in ROWS[element][1] or kinds(how)
    ]
    assert sorted(asked) == SCENARIOS


def test_every_row_is_looked_at() -> None:
    assert [element for element, _ in rows()] == list(ROWS)
    assert kinds("timer, error: interrupting or not; error: interrupting") == [
        "timer",
        "timer_not_interrupting",
        "error",
        "error_not_interrupting",
        "error",
    ]


def test_every_diagram_belongs_to_a_scenario() -> None:
    used = set()
    for scenario in SCENARIOS:
        told = json_text.read((ELEMENTS / f"{scenario}.json").read_bytes())
        folder, _, name = scenario.partition("/")
        used |= {f"{folder}/{file}" for file in told.get("beside", [])}
        used.add(f"{folder}/{told.get('diagram', name + '.bpmn')}")
    assert {str(f.relative_to(ELEMENTS)) for f in ELEMENTS.glob("*/*.*mn")} == used


IDS = re.compile(r'<bpmn:\w*(?:[Tt]ask|Event|Gateway|rocess|Activity) id="([^"]+)"')


def test_diagrams_are_written_as_plants_write_them() -> None:
    for file in ELEMENTS.glob("*/*.bpmn"):
        ids = re.findall(
            r'<bpmn:\w+(?:Task|Event|Gateway|rocess|Activity) id="([^"]+)"', file.read_text()
        )
        assert ids
        assert [name for name in ids if not re.fullmatch("[a-z][a-z0-9_]*", name)] == []
