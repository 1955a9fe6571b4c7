"""The way an instance took: painted over its diagram, and the same as a table."""

from typing import Any

from api.web.desk.record.subject import Item, Subject
from api.web.desk.steps import in_order, kind_of, title
from api.web.page import View
from engine.workflow.work.overview import path


def picture(view: View, subject: Subject) -> dict[str, Any]:
    """What the viewer needs, and the steps of the table."""
    way = view.read(path.path, instance=subject.id, site=view.site)
    item = subject.item
    source = f"/api/v1/processes/{item['process']}/versions/{item['version']}.bpmn"
    return {"diagram": {"source": source, "path": way}, "steps": _steps(subject, way)}


def _steps(subject: Subject, way: Item) -> list[Item]:
    """The elements of the diagram in their order, gateways only where work came through."""
    stopped = {t["element"] for t in subject.item["tokens"] if t["state"] == "incident"}
    return [
        {
            "id": node.id,
            "label": title(node),
            "kind": kind_of(node.type)[0],
            "operation": node.work.operation,
            "times": way["elements"].get(node.id, 0),
            "waiting": node.id in way["waiting"],
            "incident": node.id in stopped,
        }
        for node in in_order(subject.plan.model)
    ]
