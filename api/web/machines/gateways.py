"""The gateways and their machines: whether they speak, and what hinders them."""

from typing import Any

from flask import Blueprint

from api.web.machines.words import Look, link_look
from api.web.page import Shown, View, page
from engine.collection import gateways
from engine.kernel.clock import iso

blueprint = Blueprint("gateway_health", __name__)


@page(blueprint, "/gateways", "machines/gateways.html", parts=("now",))
def health(view: View) -> Shown:
    """Every gateway with its buffer, every machine with its connection."""
    items = view.read(gateways.gateways, site=view.site)["items"]
    return {"gateways": [(item, _machines(item)) for item in items]}


def _machines(gateway: dict[str, Any]) -> list[tuple[dict[str, Any], Look]]:
    """The machines of a gateway, those that need somebody first."""
    machines = (gateway["health"] or {}).get("machines", [])
    ordered = sorted(machines, key=lambda m: (m["state"] == "connected", m["unit"]))
    return [
        (machine | {"since": iso(int(machine["since"]))}, link_look(machine["state"]))
        for machine in ordered
    ]
