"""Where the instances of a process stand: what a new version would change for them."""

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.store.uow import Uow
from engine.workflow.definition.bundles import Bundle
from engine.workflow.definition.lint import changes
from engine.workflow.definition.model import Finding
from engine.workflow.work.versions.plans import plan_of


def changes_for_running(uow: Uow, *, bundle: Bundle, site: int) -> tuple[Finding, ...]:
    """A warning for each element of the bundle's main process at which a change meets work.

    Instances keep the version they started on; the warnings say where moving them would not fit.

    Raises:
        PlanMissing: if a version in use was not read yet.
    """
    model = bundle.processes.get(bundle.key)
    if model is None:
        return ()
    occupied: dict[bytes, dict[str, int]] = {}
    for version_id, element, count in uow.all(_OCCUPIED, key=bundle.key, site=site):
        occupied.setdefault(bytes(version_id), {})[element] = count
    found = [f for v, counts in occupied.items() for f in changes(plan_of(v).model, model, counts)]
    return tuple(dict.fromkeys(found))


# Open tasks and jobs, and events that are waited for; the indexes of open work lead there.
_OCCUPIED = db.Statement(
    sa.text(
        "SELECT v.id, w.element, COUNT(*) FROM ("
        "SELECT instance_id, element FROM task WHERE state IN ('open', 'claimed') UNION ALL "
        "SELECT instance_id, element FROM job WHERE state IN ('open', 'claimed') UNION ALL "
        "SELECT instance_id, element FROM subscription"
        ") w JOIN instance i ON i.id = w.instance_id JOIN process_version v ON v.id = i.version_id "
        "WHERE v.key = :key AND v.site_id = :site GROUP BY v.id, w.element ORDER BY v.id, w.element"
    )
)
