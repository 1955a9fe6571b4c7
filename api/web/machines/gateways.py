"""The gateways and their machines: whether they speak, and what hinders them."""

from typing import Any

from flask import Blueprint

from api.web.machines.words import Look, link_look, warning_words
from api.web.page import Shown, View, page
from engine.collection import gateways
from engine.kernel.clock import iso

blueprint = Blueprint("gateway_health", __name__)


@page(blueprint, "/gateways", "machines/gateways.html", parts=("now",))
def health(view: View) -> Shown:
    """Every gateway with its buffer, every machine with its connection."""
    items = view.read(gateways.gateways, site=view.site)["items"]
    return {"gateways": [(item, _machines(item), _warnings(item)) for item in items]}


def _warnings(gateway: dict[str, Any]) -> list[str]:
    """What is wrong with the gateway itself."""
    return [warning_words(told) for told in (gateway["health"] or {}).get("warnings", [])]


def _machines(gateway: dict[str, Any]) -> list[tuple[dict[str, Any], Look]]:
    """The machines of a gateway, those that need somebody first."""
    machines = [shown(machine) for machine in (gateway["health"] or {}).get("machines", [])]
    ordered = sorted(
        machines, key=lambda m: (m["state"] == "connected" and not m["warnings"], m["unit"])
    )
    return [(machine, link_look(machine["state"])) for machine in ordered]


def shown(machine: dict[str, Any]) -> dict[str, Any]:
    """A machine as its gateway told of it, with times and warnings as screens show them."""
    since = machine.get("since")
    return machine | {
        "since": None if since is None else iso(int(since)),
        "warnings": [warning_words(warning) for warning in machine.get("warnings", [])],
    }
