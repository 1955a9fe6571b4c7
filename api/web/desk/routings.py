"""Routings: which version is in force, what is being changed, what was found, what changed."""

from typing import Any

from flask import Blueprint
from marshmallow import fields

from api.rest.schemas.basics import PageQuery, Strict
from api.web.language import gettext as _
from api.web.language import here
from api.web.page import Shown, View, page
from engine.kernel.errors import NotFound
from engine.workflow.definition import times
from engine.workflow.definition.model import ACTIVITIES, Node
from engine.workflow.work.versions import comparison, files, plans, queries, used

blueprint = Blueprint("routings", __name__)
PER_PAGE = 100


class RoutingsQuery(PageQuery):
    """Which routings."""

    q = fields.String(load_default="")


class CompareQuery(Strict):
    """Which two versions."""

    old = fields.Integer(required=True)
    new = fields.Integer(required=True)


@page(blueprint, "/routings", "desk/routings.html", query=RoutingsQuery)
def routings(view: View) -> Shown:
    """Every process with the version in force and the one that is newest."""
    found = view.read(queries.processes, site=view.site, limit=PER_PAGE, cursor=view.args["cursor"])
    wanted = view.args["q"].lower()
    running = view.read(used.running_counts, site=view.site)
    items = [
        item | {"running": running.get(item["key"], 0)}
        for item in found["items"]
        if wanted in item["key"].lower() or wanted in item["name"].lower()
    ]
    return {"items": items, "next": found["next"], "q": view.args["q"]}


@page(blueprint, "/routings/<string:key>", "desk/routing.html")
def routing(view: View, key: str) -> Shown:
    """A process: its versions, what starts it, who uses it."""
    item = view.read(queries.process_item, key=key, site=view.site)
    released = next((v for v in item["versions"] if v["state"] == "released"), None)
    shown = released or item["versions"][0]
    return {
        "item": item,
        "released": released,
        "shown": shown,
        "used": view.read(used.where_used, key=key, site=view.site),
        "running": view.read(used.running_counts, site=view.site).get(key, 0),
        "etags": {v["version"]: queries.etag(v["digest"], v["state"]) for v in item["versions"]},
        "before": _befores(item["versions"]),
        "diagram": _diagram(key, shown["version"]),
    }


@page(blueprint, "/routings/<string:key>/versions/<int:version>", "desk/routing_version.html")
def routing_version(view: View, key: str, version: int) -> Shown:
    """One version: its diagram with what was found, its steps as a table, its files."""
    item = view.read(queries.version_item, key=key, version=version, site=view.site)
    identity = view.read(queries.version_id, key=key, version=version, site=view.site)
    bundle, _pins = view.read(plans.bundle_of, version_id=identity)
    nodes = bundle.processes[bundle.key].nodes
    return {
        "item": item,
        "etag": queries.etag(item["digest"], item["state"]),
        "steps": [_step(node) for node in nodes.values() if node.type in ACTIVITIES],
        "names": {node.id: node.name or node.id for node in nodes.values()},
        "files": view.read(files.version_files, key=key, version=version, site=view.site),
        "diagram": _diagram(key, version) | {"findings": item["findings"]},
    }


@page(blueprint, "/routings/<string:key>/compare", "desk/routing_compare.html", query=CompareQuery)
def compare(view: View, key: str) -> Shown:
    """What one version changes against another, as sentences and on the diagram."""
    old, new = view.args["old"], view.args["new"]
    changes = view.read(comparison.compare_versions, key=key, old=old, new=new, site=view.site)
    item = view.read(queries.process_item, key=key, site=view.site)
    return {
        "item": item,
        "old": old,
        "new": new,
        "changes": changes,
        "before": _diagram(key, old) | {"changes": _on(changes, "removed", "changed", "moved")},
        "after": _diagram(key, new) | {"changes": _on(changes, "added", "changed", "moved")},
    }


def _diagram(key: str, version: int) -> dict[str, Any]:
    return {"source": f"/api/v1/processes/{key}/versions/{version}.bpmn"}


def _on(changes: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [change for change in changes if change["kind"] in kinds and change["element"]]


def _befores(versions: list[dict[str, Any]]) -> dict[int, int]:
    """For each version the one that was in force or newest before it."""
    numbers = sorted(v["version"] for v in versions)
    return dict(zip(numbers[1:], numbers, strict=False))


def _step(node: Node) -> dict[str, Any]:
    """A step as a row: what a process engineer reads first."""
    work = node.work
    return {
        "element": node.id,
        "operation": work.operation,
        "name": node.name or node.id,
        "kind": kind_word(node),
        "role": work.role,
        "does": work.form or work.topic or work.function or work.decision or work.called,
        "equipment": work.equipment,
        "duration": None if work.duration is None else _length(work.duration.text),
    }


def _length(text: str) -> str:
    """A standard time in words; an expression stays as it was written."""
    try:
        end = times.due_at(text, times.EPOCH)
    except times.TimeRefused:
        return text
    return here().duration((end - times.EPOCH).total_seconds())


def kind_word(node: Node) -> str:
    """What sort of step it is, in the trade's words."""
    words = {
        "userTask": _("operation"),
        "manualTask": _("manual work"),
        "task": _("manual work"),
        "serviceTask": _("machine step") if node.work.topic else _("function"),
        "businessRuleTask": _("decision"),
        "callActivity": _("sub-routing"),
        "subProcess": _("group of steps"),
        "sendTask": _("sends a message"),
        "receiveTask": _("waits for a message"),
    }
    if node.type not in words:
        raise NotFound(f"{node.type} is no step.")
    return words[node.type]
