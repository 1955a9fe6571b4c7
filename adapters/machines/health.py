"""How the gateway and its machines are, in the words of `PUT /gateways/{name}`."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from adapters.machines.commands.claiming import Commands
from adapters.machines.config.plan import MachinePlan
from adapters.machines.outgoing import Fill
from adapters.machines.supervisor import Link, Supervisor

SET_THE_CLOCK = "set it, and let NTP (chrony, systemd-timesyncd) keep it."


def declaration(machines: Sequence[MachinePlan]) -> list[dict[str, Any]]:
    """What the machines are and can do."""
    return [
        {
            "unit": plan.unit,
            "protocol": plan.protocol,
            "tags": [
                {
                    "name": tag.name,
                    "signal": str(tag.signal),
                    "unit": tag.unit,
                    "writable": tag.wire.writable,
                }
                for tag in plan.tags.values()
            ],
            "actions": list(plan.actions),
            "writes": plan.writes_enabled,
            "digest": plan.digest,
        }
        for plan in machines
    ]


class Health:
    """Measures between one report and the next."""

    def __init__(self) -> None:
        self._counted: dict[str, tuple[float, int]] = {}

    def machine(
        self, machine: Supervisor, commands: Commands, drops: int, problem: str | None
    ) -> dict[str, Any]:
        """One machine; `problem` is what its file says and cannot be applied."""
        unit = machine.plan.unit
        lags, machine.lags = sorted(machine.lags), []
        wanted = len(machine.plan.tags)
        connected = machine.link in (Link.CONNECTED, Link.DEGRADED)
        return {
            "unit": unit,
            "state": str(machine.link),
            "since": machine.since_ms,
            "error": " · ".join(filter(None, (machine.error, problem))) or None,
            "silence_seconds": round(machine.silence, 1),
            "generation": machine.generation,
            "wanted": wanted,
            "accepted": wanted - len(machine.refused) if connected else 0,
            "values_per_second": self._rate(unit, machine.samples),
            "drops": drops,
            "machine_drops": machine.noticing.drops,
            "late_polls": machine.noticing.late,
            "lag_p50_ms": _percentile(lags, 0.5),
            "lag_p99_ms": _percentile(lags, 0.99),
            "skew_ms": machine.values.skew_ms,
            "commands": commands.states(unit),
            "warnings": [asdict(notice) for notice in machine.noticing.current],
        }

    def _rate(self, unit: str, samples: int) -> float:
        now = time.monotonic()
        then, before = self._counted.get(unit, (now, samples))
        self._counted[unit] = (now, samples)
        return round((samples - before) / (now - then), 1) if now > then else 0.0


def clock(ahead_ms: int | None) -> list[dict[str, Any]]:
    """What is wrong with the clock of the gateway's box, None if nothing is."""
    if ahead_ms is None:
        return []
    way = "ahead of" if ahead_ms > 0 else "behind"
    seconds = round(abs(ahead_ms) / 1000)
    text = f"The clock of the gateway's box is {seconds} seconds {way} the plant's; {SET_THE_CLOCK}"
    return [
        {
            "kind": "gateway_clock",
            "text": text,
            "facts": {"seconds": seconds, "ahead": int(ahead_ms > 0)},
        }
    ]


def buffer(fill: Fill, failing: str | None, problem: str | None, now_ms: int) -> dict[str, Any]:
    """The buffer, and why it does not empty if it does not."""
    oldest = 0 if fill.oldest_ms is None else max(0, now_ms - fill.oldest_ms)
    told: Mapping[str, Any] = {
        "rows": fill.rows,
        "oldest_seconds": round(oldest / 1000, 1),
        "bytes": fill.bytes,
        "quarantined": fill.quarantined,
    }
    return {**told, "failing": failing, "plant": problem}


def _percentile(values: Sequence[int], share: float) -> int | None:
    return values[min(len(values) - 1, int(len(values) * share))] if values else None
