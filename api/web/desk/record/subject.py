"""What every tab of a record begins with: the instance, the plan it runs on, where it may go."""

from dataclasses import dataclass
from typing import Any

from api.web.desk.steps import NO_TARGETS, in_order, kind_of, names, title
from api.web.language import gettext as _
from api.web.page import View
from engine.kernel.actor import ROLES
from engine.kernel.ids import from_text
from engine.workflow.definition.plan import Plan
from engine.workflow.work import queries
from engine.workflow.work.versions import plans
from engine.workflow.work.versions import queries as versions

RUNNING = ("active", "suspended")
Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """An instance, as its record shows it."""

    id: bytes
    item: Item
    plan: Plan
    names: dict[str, str]

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.item["state"] in RUNNING

    @property
    def title(self) -> str:
        """What people call it: its business key, else the beginning of its id."""
        return str(self.item["business_key"] or self.item["id"][:8])

    def tokens(self) -> list[tuple[str, str]]:
        """Where it stands: each element once, with what people call it."""
        here = dict.fromkeys(token["element"] for token in self.item["tokens"])
        return [(element, self.label(element)) for element in here]

    def roles(self) -> list[str]:
        """The roles that work can be given to."""
        return sorted(ROLES)

    def forms(self) -> list[tuple[str, str]]:
        """The forms of its bundle: key and title."""
        return [(key, form.title) for key, form in sorted(self.plan.forms.items())]

    def place(self, element: str | None) -> str:
        """Where an incident is; a reported problem may concern the order as a whole."""
        return self.label(element) or _("the order as a whole")

    def label(self, element: str | None) -> str:
        """What people call one of its elements; inserted work has names of its own."""
        inserted = {each["element"]: each["name"] for each in self.item["inserted"]}
        return self.names.get(element or "") or inserted.get(element or "") or element or ""


def subject_of(view: View, instance: str) -> Subject:
    """The instance of an address.

    Raises:
        NotFound: if there is none on the site of whoever looks.
    """
    identity = from_text(instance, "instance")
    item = view.read(queries.instance_item, instance=identity, site=view.site)
    plan = plan_for(view, item)
    return Subject(identity, item, plan, names(plan))


def plan_for(view: View, item: Item) -> Plan:
    """The plan that an instance runs on."""
    version = view.read(
        versions.version_id, key=item["process"], version=item["version"], site=view.site
    )
    return plans.read_plan(view.store, plans.dry(version) if item.get("dry_run") else version)


def places(subject: Subject) -> list[Item]:
    """The elements of its own diagram, in their order, for whoever chooses one."""
    return [
        {
            "id": node.id,
            "label": title(node),
            "kind": kind_of(node.type)[0],
            "target": node.type not in NO_TARGETS and not node.triggered,
        }
        for node in in_order(subject.plan.model)
    ]
