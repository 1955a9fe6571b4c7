"""What machines, gateways and commands are called on screen, and how loud each state is."""

from dataclasses import dataclass

from api.web.language import gettext as _


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


def reason_words(reason: str | None) -> str:
    """Why a machine stands as it stands; machines say it in their own words."""
    return {"gateway-silent": _("Its gateway is silent.")}.get(reason or "", reason or "")
