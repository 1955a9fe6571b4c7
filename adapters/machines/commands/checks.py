"""What has to be true before anything is sent: pure checks of a job against a machine's plan."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from adapters.machines.commands.record import Ended, Outcome
from adapters.machines.config.plan import ActionPlan, MachinePlan, ParameterPlan, text_of
from adapters.machines.core import Quality, Sample, Value
from adapters.machines.values import raw_of, refined

YOUNG_MS = 2_000


def declared_action(plan: MachinePlan, name: str) -> ActionPlan:
    """The action of a name, on a machine that may be written to.

    Raises:
        Ended: refused, with the cure.
    """
    if not plan.writes_enabled:
        raise Ended(
            Outcome.REFUSED,
            f"{plan.unit} is read-only: writes_enabled is false in {plan.file.name}.",
        )
    action = plan.actions.get(name)
    if action is None:
        known = ", ".join(plan.actions) or "none"
        raise Ended(
            Outcome.REFUSED, f"{plan.unit} has no action {name}; {plan.file.name} has: {known}."
        )
    return action


def checked_values(
    plan: MachinePlan, action: ActionPlan, given: Mapping[str, Any]
) -> dict[str, Value]:
    """The parameters of an action, complete and within limits.

    Raises:
        Ended: refused, naming the parameter.
    """
    values: dict[str, Value] = {}
    for name, parameter in action.parameters.items():
        value = given.get(name)
        if value is None:
            value = parameter.default
        if value is None:
            if parameter.required:
                raise Ended(Outcome.REFUSED, f"The parameter {name} of {action.name} is missing.")
            continue
        values[name] = _checked(plan, parameter, value)
    return values


def _checked(plan: MachinePlan, parameter: ParameterPlan, given: Any) -> Value:
    value = _plain(parameter, given)
    if parameter.choices and text_of(value) not in parameter.choices:
        known = ", ".join(parameter.choices)
        raise Ended(Outcome.REFUSED, f"{parameter.name} is {value}; it can be {known}.")
    tag = None if parameter.tag is None else plan.tags[parameter.tag]
    for limits in (parameter.limits, None if tag is None else tag.write_limits):
        if limits is not None and not _within(value, limits):
            low, high = (f"{limit:g}" for limit in limits)
            unit = f" {parameter.unit}" if parameter.unit else ""
            told = f"{parameter.name} is {value}; allowed is {low} to {high}{unit}."
            raise Ended(Outcome.REFUSED, told)
    if tag is not None:
        try:
            raw_of(tag, value)
        except ValueError as error:
            raise Ended(Outcome.REFUSED, f"{parameter.name}: {error}.") from error
    return value


def _within(value: Value, limits: tuple[float, float]) -> bool:
    if isinstance(value, bool | str) or value is None:
        return False
    return math.isfinite(value) and limits[0] <= value <= limits[1]


def _plain(parameter: ParameterPlan, given: Any) -> Value:
    """An amount in the parameter's unit, or a plain value."""
    if isinstance(given, Mapping):
        unit = given.get("unit")
        if parameter.unit is None or unit != parameter.unit:
            wanted = parameter.unit or "no unit"
            raise Ended(Outcome.REFUSED, f"{parameter.name} is in {unit}; expected {wanted}.")
        try:
            given = Decimal(str(given.get("value")))
        except ArithmeticError as error:
            raise Ended(Outcome.REFUSED, f"{parameter.name} is no amount: {given}.") from error
    if isinstance(given, Decimal):
        return int(given) if given == given.to_integral_value() else float(given)
    if isinstance(given, bool | int | float | str):
        return given
    raise Ended(Outcome.REFUSED, f"{parameter.name} is no single value: {given!r}.")


def not_ready(
    plan: MachinePlan, action: ActionPlan, samples: Mapping[str, Sample], now_ms: int
) -> str | None:
    """Why the machine's own state forbids it now; None if it does not."""
    for name, wanted in action.require.items():
        value, quality, reason = refined(plan.tags[name], samples[name])
        if quality is not Quality.GOOD:
            return f"{name} is {quality} ({reason})"
        if now_ms - samples[name].received_ms > YOUNG_MS:
            return f"{name} is older than {YOUNG_MS // 1000} seconds"
        if text_of(value) != wanted:
            return f"{name} is {text_of(value)}, wanted is {wanted}"
    return None
