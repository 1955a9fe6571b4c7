"""What machines, gateways and commands are called on screen, and how loud each state is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.web.language import gettext as _
from api.web.language import here


@dataclass(frozen=True, slots=True)
class Look:
    """A state as word, kind of chip and icon; `loud` ones tint their card."""

    word: str
    kind: str
    icon: str
    loud: bool = False


def state_look(state: str | None) -> Look:
    """How a machine's state is shown: quiet as long as all is well."""
    looks = {
        "running": Look(_("Running"), "good", "running"),
        "idle": Look(_("No work"), "idle", "idle"),
        "setup": Look(_("Setup"), "warn", "setup", True),
        "blocked": Look(_("Blocked"), "warn", "pause", True),
        "starved": Look(_("Waits for material"), "warn", "pause", True),
        "down": Look(_("Down"), "bad", "bad", True),
        "maintenance": Look(_("Maintenance"), "plan", "planned", True),
        "off": Look(_("Off"), "idle", "idle"),
        "unknown": Look(_("No connection"), "hold", "offline", True),
    }
    return looks.get(state or "", Look(_("Never heard of"), "idle", "info"))


def link_look(state: str) -> Look:
    """How the connection of a gateway to a machine is shown."""
    looks = {
        "connected": Look(_("connected"), "good", "good"),
        "degraded": Look(_("values missing"), "warn", "warn"),
        "connecting": Look(_("connecting"), "plan", "refresh"),
        "lost": Look(_("lost"), "bad", "offline"),
        "refused": Look(_("refused"), "bad", "lock"),
        "stopped": Look(_("stopped"), "idle", "pause"),
        "standby": Look(_("stands by"), "idle", "pause"),
    }
    return looks.get(state, Look(state, "idle", "info"))


def job_look(state: str) -> Look:
    """How a command to a machine is shown."""
    looks = {
        "open": Look(_("waits"), "plan", "ready"),
        "claimed": Look(_("at the machine"), "good", "running"),
        "completed": Look(_("done"), "idle", "good"),
        "failed": Look(_("failed"), "bad", "bad"),
        "cancelled": Look(_("cancelled"), "idle", "bad"),
    }
    return looks.get(state, Look(state, "idle", "info"))


def warning_words(warning: Mapping[str, Any]) -> str:
    """What somebody should do about a machine; a kind that we do not know speaks for itself."""
    facts = warning["facts"]
    try:
        return _WARNINGS[warning["kind"]](facts)
    except (KeyError, TypeError, ValueError):
        said: str = warning["text"]
        return said


def _clock(facts: Mapping[str, Any]) -> str:
    values = {"time": here().duration(facts["seconds"])}
    if facts["ahead"]:
        return _(
            "The machine's clock is %(time)s ahead of the gateway's, whose time counts instead. "
            "Set the clock that is wrong, and let NTP keep both.",
            **values,
        )
    return _(
        "The machine's clock is %(time)s behind the gateway's, whose time counts instead. "
        "Set the clock that is wrong, and let NTP keep both.",
        **values,
    )


def _gateway_clock(facts: Mapping[str, Any]) -> str:
    values = {"time": here().duration(facts["seconds"])}
    if facts["ahead"]:
        return _(
            "The clock of the gateway's box is %(time)s ahead of the plant's, whose time counts "
            "instead. Set it, and let NTP keep it.",
            **values,
        )
    return _(
        "The clock of the gateway's box is %(time)s behind the plant's, whose time counts instead. "
        "Set it, and let NTP keep it.",
        **values,
    )


def _drops(facts: Mapping[str, Any]) -> str:
    return _(
        "Values were thrown away before they could be fetched, %(number)s so far. Look at the load "
        "of the machine's server and of the network, or give fast tags a slower group.",
        number=here().number(facts["number"]),
    )


def _late(facts: Mapping[str, Any]) -> str:
    return _(
        "The machine answers more slowly than it is asked: %(number)s polls left out so far. "
        "Give its tags a slower group, or look at the line to it.",
        number=here().number(facts["number"]),
    )


def _own_certificate(facts: Mapping[str, Any]) -> str:
    return _(
        "Our certificate is valid until %(ends)s (days left: %(days)s). Make a new one with "
        "`routecard gateway trust --renew URL`, and let each server trust it.",
        **_term(facts),
    )


def _server_certificate(facts: Mapping[str, Any]) -> str:
    return _(
        "The certificate of %(url)s is valid until %(ends)s (days left: %(days)s). Renew it on the "
        "machine, then pin it with `routecard gateway trust %(url)s`.",
        url=facts["url"],
        **_term(facts),
    )


def _term(facts: Mapping[str, Any]) -> dict[str, object]:
    ends = datetime.fromisoformat(facts["ends"])
    return {"ends": here().day(ends, UTC), "days": max(0, int(facts["days"]))}


_WARNINGS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "clock": _clock,
    "gateway_clock": _gateway_clock,
    "drops": _drops,
    "late": _late,
    "own_certificate": _own_certificate,
    "server_certificate": _server_certificate,
}


def reason_words(reason: str | None) -> str:
    """Why a machine stands as it stands; machines say it in their own words."""
    return {"gateway-silent": _("Its gateway is silent.")}.get(reason or "", reason or "")
