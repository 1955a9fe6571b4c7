"""Which job goes to which unit: no unit gets two, no job waits for a less urgent one."""

from collections.abc import Iterable, Mapping, Sequence


def assign(candidates: Iterable[tuple[bytes, Sequence[str]]], most: int) -> Mapping[bytes, str]:
    """The unit of each job that gets one.

    Args:
        candidates: jobs, the most urgent first, each with the free units that could do it, the
            one that it should rather get first.
        most: how many jobs are handed out at most.

    A job takes a unit from a more urgent one only if that one gets another, so that those which
    get a unit are the most urgent that can be served together, and as many as possible.

    Source: the matchings of a graph are a matroid (Edmonds, Fulkerson 1965), in which taking the
    most urgent first is best; the augmenting path is Kuhn's.
    """
    taken: dict[str, bytes] = {}
    able: dict[bytes, Sequence[str]] = {}
    for job, units in candidates:
        if len(taken) == most:
            break
        able[job] = units
        _take(job, able, taken, set())
    return {job: unit for unit, job in taken.items()}


def _take(
    job: bytes, able: Mapping[bytes, Sequence[str]], taken: dict[str, bytes], met: set[str]
) -> bool:
    for unit in able[job]:
        if unit in met:
            continue
        met.add(unit)
        holder = taken.get(unit)
        if holder is None or _take(holder, able, taken, met):
            taken[unit] = job
            return True
    return False
