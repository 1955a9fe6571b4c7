"""From loaded values to plans."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.machines.config.plan import (
    ActionPlan,
    CycleParts,
    Deadband,
    GatewayPlan,
    Kind,
    MachinePlan,
    ParameterPlan,
    Progress,
    Signal,
    TagPlan,
    text_of,
)
from adapters.machines.core import Tag

PATHS = ("certificates", "ca", "certificate", "key")  # options that name files
SECONDS = 1.0  # between two looks, where no group says otherwise
STALE_SECONDS = 3.0  # machines show that they live each second; the plant knows of silence in 5
BEAT_SECONDS = 10.0  # a program's own heartbeat may be slower than its wire
CYCLES_MISSED = 100  # cycle numbers that may be missing and are still booked


def gateway(values: Mapping[str, Any], folder: Path) -> GatewayPlan:
    """The gateway's plan; paths are relative to the folder."""
    token = values["token_file"]
    return GatewayPlan(
        name=values["name"],
        url=values["url"],
        token_file=None if token is None else folder / token,
        buffer=folder / values["buffer"],
        quota_bytes=int(values["quota_mb"] * 1_000_000),
        topics=tuple(values["topics"]),
    )


def machine(values: Mapping[str, Any], file: Path, digest: str) -> MachinePlan:
    """A machine's plan."""
    groups: dict[str, float] = values["groups"]
    default = next(iter(groups.values()), SECONDS)
    stale: float | None = values["stale_s"]
    tags = (tag(t, groups, default, stale or BEAT_SECONDS) for t in values["tags"])
    return MachinePlan(
        unit=values["unit"],
        protocol=values["protocol"],
        url=values["url"],
        options=values["options"],
        security=values["security"],
        writes_enabled=values["writes_enabled"],
        tags={t.name: t for t in tags},
        actions={name: action(name, a) for name, a in values["actions"].items()},
        stale_s=stale or STALE_SECONDS,
        digest=digest,
        file=file,
    )


def tag(
    values: Mapping[str, Any], groups: Mapping[str, float], default: float, beat_s: float
) -> TagPlan:
    """One tag's plan."""
    interval = groups.get(values["group"], default)
    signal = Signal(values["signal"])
    step = CYCLES_MISSED if signal is Signal.CYCLE_COMPLETE else 1000
    cycle = values["cycle"]
    return TagPlan(
        name=values["name"],
        signal=signal,
        wire=Tag(
            name=values["name"],
            address=values["address"],
            type=values["type"],
            order=values["order"],
            length=values["length"],
            interval=interval,
            writable=values["writable"],
        ),
        scale=values["scale"],
        offset=values["offset"],
        unit=values["unit"],
        range=_pair(values["range"]),
        map=_words(values["map"]),
        deadband=None if values["deadband"] is None else Deadband(**values["deadband"]),
        rollover=values["rollover"],
        max_step=values["max_step"] or step,
        write_limits=_pair(values["write_limits"]),
        stale_s=values["stale_s"] or (beat_s if signal is Signal.HEARTBEAT else None),
        serial=values["serial"],
        limits=_pair(values["limits"]),
        severity=values["severity"],
        cycle=None if cycle is None else CycleParts(**cycle),
    )


def action(name: str, values: Mapping[str, Any]) -> ActionPlan:
    """One action's plan."""
    plain = dict(values)
    plain["kind"] = Kind(values["kind"])
    plain["states"] = {text_of(k): Progress(v) for k, v in values["states"].items()}
    for key in ("running", "done", "require"):
        plain[key] = {str(k): text_of(v) for k, v in values[key].items()}
    plain["parameters"] = {n: parameter(n, p) for n, p in values["parameters"].items()}
    return ActionPlan(name=name, **plain)


def parameter(name: str, values: Mapping[str, Any]) -> ParameterPlan:
    """One parameter's plan; without a default it is required unless said otherwise."""
    plain = dict(values)
    plain["limits"] = _pair(values["limits"])
    if values["required"] is None:
        plain["required"] = values["default"] is None
    return ParameterPlan(name=name, **plain)


def options_of(plan: MachinePlan, *, secrets: bool = True) -> dict[str, object]:
    """What the protocol is given: its options, with `security` as one of them.

    Secrets are read each time, so that a changed password needs no restart.

    Raises:
        OSError, KeyError: if a secret is not there any more.
    """
    folder = plan.file.parent
    options = _placed(folder, plan.options)
    security = _placed(folder, plan.security)
    if security:
        options["security"] = security
    if not secrets:
        return options
    for part in ("options", "security"):
        given: Mapping[str, object] = getattr(plan, part)
        found = {k: v for key, v in given.items() for k, v in _secret(folder, key, v)}
        if found and part == "security":
            options["security"] = {**security, **found}
        else:
            options |= found
    return options


def _placed(folder: Path, given: Mapping[str, object]) -> dict[str, object]:
    """Paths are relative to the file that names them."""
    return {
        key: str(folder / value) if key in PATHS and isinstance(value, str) else value
        for key, value in given.items()
    }


def _secret(folder: Path, key: str, value: object) -> list[tuple[str, str]]:
    if key.endswith("password_env"):
        return [(key.removesuffix("_env"), os.environ[str(value)])]
    if key.endswith("password_file"):
        content = (folder / str(value)).read_text("utf-8")
        return [(key.removesuffix("_file"), content.rstrip("\r\n"))]
    return []


def _pair(values: Any) -> tuple[float, float] | None:
    return None if values is None else (values[0], values[1])


def _words(values: Mapping[object, str] | None) -> dict[str, str] | None:
    return None if values is None else {text_of(k): v for k, v in values.items()}  # type: ignore[arg-type]
