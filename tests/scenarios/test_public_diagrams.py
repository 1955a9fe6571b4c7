"""Diagrams that nobody here drew, walked to their ends over HTTP: what their authors meant happens.

Where they come from, their licences and what was added: `tests/data/public/README.md`.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.clock import elapsed
from tests.support.fixtures import both
from tests.support.other_tools import without_foreign
from tests.support.works import Works

PUBLIC = Path(__file__).parents[1] / "data/public"
FOLDERS = sorted(file.parent.name for file in PUBLIC.glob("*/walk.json"))
ON_BOTH = ("defect_notice", "store_message", "timer_then_user")


def deployed(works: Works, folder: Path, plan: dict[str, Any]) -> str:
    """Release the diagram, with what was added if something was; its process key."""
    added = folder / "added.bpmn"
    diagram = added if added.exists() else folder / "original.bpmn"
    called = {name: own_words(folder / name) for name in plan.get("called", [])}
    key: str = works.release(own_words(diagram), called or None)["key"]
    assert key == plan["process"]
    return key


def own_words(diagram: Path) -> bytes:
    """The diagram without what other engines' attributes say, which a deployment refuses."""
    return without_foreign(diagram.read_bytes())


def step(works: Works, instance: str, told: dict[str, Any]) -> None:
    """Do one step of a walk."""
    variables = told.get("variables", {})
    if "open" in told:
        assert works.open(instance) == sorted(told["open"])
    elif "complete" in told:
        works.complete(told["complete"], instance, **variables)
    elif "message" in told:
        assert works.send(told["message"], variables=variables) == {"delivered": 1}
    elif "advance_clock" in told:
        works.wait(seconds=elapsed(told["advance_clock"]))
    else:
        element = told.get("job") or told["job_error"]
        job = works.claim_job(*topics(works, element))
        assert job["element"] == element
        if "job" in told:
            works.complete_job(job, **variables)
        else:
            works.fail_job(job, code=told["code"])


def topics(works: Works, element: str) -> list[str]:
    """The topic that was added to a service task."""
    (process,) = works.auditor.get("/processes").ok()["items"]
    address = f"/processes/{process['key']}/versions/1.bpmn"
    xml = works.auditor.get(address).data.decode("utf-8", "replace")
    tag = next(part for part in xml.split("<") if f'id="{element}"' in part)
    return [tag.partition('mes:topic="')[2].partition('"')[0]]


def walk_all(works: Works, name: str) -> None:
    """Every walk of a folder, from its start to its end."""
    folder = PUBLIC / name
    plan = json.loads((folder / "walk.json").read_text())
    key = deployed(works, folder, plan)
    for walk in plan["walks"]:
        instance = works.start(key, **walk["variables"])
        for told in walk["steps"]:
            step(works, instance, told)
        path = works.path(instance)
        assert works.instance(instance)["state"] == walk["ends"], (walk["name"], path)
        visited = iter(path)
        assert all(element in visited for element in walk["path"]), (walk["name"], path)
        assert not set(walk["not"]) & set(path), (walk["name"], path)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_public_diagram_does_what_its_author_meant(works: Works, name: str) -> None:
    walk_all(works, name)


@both
@pytest.mark.parametrize("name", ON_BOTH)
def test_it_does_the_same_on_both_databases(works: Works, name: str) -> None:
    walk_all(works, name)


def test_every_diagram_has_a_walk_and_its_source() -> None:
    assert len(FOLDERS) >= 3
    for name in FOLDERS:
        assert (PUBLIC / name / "original.bpmn").exists()
        assert "licence" in (PUBLIC / name / "source.md").read_text().lower()
