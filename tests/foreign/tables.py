"""The figures of every set as Markdown tables, each set a column."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from tests.foreign.examining import AGREES, UNREAD, Examined, Trial
from tests.foreign.rules import rules_of
from tests.foreign.sources import Source
from tests.foreign.walking import COMPLETED, CONDITION, INCIDENT, SPENT

# What the standard allows and the engine does not run; every other rule is a fault of the drawing.
LIMITS = frozenset(
    {"not-supported", "inclusive-block", "no-start", "several-starts", "several-processes"}
)
Results = Mapping[Source, Sequence[Examined]]
Count = Callable[[Sequence[Examined]], int]


def pages(results: Results) -> dict[str, str]:
    """Every table by the name of the place that it is written to."""
    return {
        "sets": sets(results),
        "as is": rows(results, AS_IS) + "\n\n" + counted(results, rules_as_is, "refused by"),
        "made": rows(results, MADE) + "\n\n" + counted(results, rules_made, "refused by"),
        "added": counted(results, additions, "added"),
        "elements": counted(results, lambda one: one.elements, "element", 20),
        "shares": shares(results),
    }


def sets(results: Results) -> str:
    """Where each set is from."""
    return _table(
        ["set", "what", "files", "repository, commit and paths", "licence"],
        [
            [
                f"`{s.folder}`",
                s.what,
                f"{len(found):,}",
                f"{s.repository} {s.commit[:12]}, {s.paths}",
                s.licence,
            ]
            for s, found in results.items()
        ],
    )


def rows(results: Results, wanted: Mapping[str, Count]) -> str:
    """A row for each figure."""
    everything = [one for found in results.values() for one in found]
    columns = [*results.values(), everything]
    body = [[name, *(f"{count(found):,}" for found in columns)] for name, count in wanted.items()]
    return _table(_heads("", results), body)


def counted(
    results: Results, names: Callable[[Examined], Iterable[str]], head: str, least: int = 1
) -> str:
    """In how many files each name occurs, the most frequent first, down to so many files."""
    counts = [Counter(n for one in found for n in set(names(one))) for found in results.values()]
    total = sum(counts, Counter[str]())
    body = [
        [name, *(f"{c[name]:,}" if c[name] else "" for c in counts), f"{total[name]:,}"]
        for name in sorted(total, key=lambda name: (-total[name], name))
        if total[name] >= least
    ]
    return _table(_heads(head, results), body)


def shares(results: Results) -> str:
    """The share of each set that runs, as it is and made executable."""
    body = []
    for source, found in results.items():
        made = [one for one in found if one.made]
        body.append(
            [
                f"`{source.folder}`",
                f"{len(found):,}",
                _share(as_it_is(found), len(found)),
                _share(whole(found), len(made)),
                _share(ended(found), len(made)),
                str(bad(found)),
            ]
        )
    heads = ["set", "files", "deployed as they are", "deployed when made executable"]
    return _table([*heads, "and walked to an end", "crashed, hung, changed"], body)


def _share(part: int, of: int) -> str:
    return f"{part:,} of {of:,} ({part / of:.0%})" if of else "–"


def _heads(first: str, results: Results) -> list[str]:
    return [first, *(s.folder for s in results), "all"]


def _table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


# ---- what is counted ----


def rules_as_is(one: Examined) -> Iterable[str]:
    """The rules that refuse a file as it is."""
    return _told(one.as_is.rules)


def rules_made(one: Examined) -> Iterable[str]:
    """The rules that refuse some process of a file when it is made executable."""
    return _told(rule for trial in one.made for rule in trial.rules)


def _told(labels: Iterable[str]) -> set[str]:
    """Rules without the kind of element, unless it says whether a limit is met."""
    return {x if x.startswith("`no-start`") else x.partition(" on ")[0] for x in labels}


def every_rule(one: Examined) -> set[str]:
    """The rules that refuse a file, as it is or made executable."""
    return {*rules_as_is(one), *rules_made(one)}


def additions(one: Examined) -> Iterable[str]:
    """What was added to some process of a file."""
    return {name for trial in one.made for name in trial.added}


def as_it_is(found: Sequence[Examined]) -> int:
    """Files deployed as they are."""
    return sum(one.as_is.deployed and not one.as_is.faults for one in found)


def whole(found: Sequence[Examined]) -> int:
    """Files of which every process deploys when it is made executable."""
    return sum(bool(one.made) and all(t.deployed for t in one.made) for one in found)


def ended(found: Sequence[Examined]) -> int:
    """Files of which every process was walked to an end at least once."""
    return sum(bool(one.made) and all(COMPLETED in t.walks for t in one.made) for one in found)


def _refused(one: Examined) -> int:
    """0: no process of it is refused; 1: only for faults of the drawing; 2: for a limit too."""
    rules = rules_of(set(rules_made(one)))
    return 2 if rules & LIMITS else int(bool(rules))


def bad(found: Sequence[Examined]) -> int:
    """Files with something that must not be."""
    return sum(bool(one.faults) for one in found)


def _trials(found: Sequence[Examined]) -> list[Trial]:
    return [trial for one in found for trial in one.made]


def _ends(end: str, of: Callable[[Sequence[Examined]], list[Trial]]) -> Count:
    return lambda found: sum(trial.walks.count(end) for trial in of(found))


def _games(word: str, of: Callable[[Sequence[Examined]], list[Trial]]) -> Count:
    return lambda found: sum(trial.game.startswith(word) for trial in of(found))


def _as_is(found: Sequence[Examined]) -> list[Trial]:
    return [one.as_is for one in found]


AS_IS: dict[str, Count] = {
    "files": len,
    "deployed": as_it_is,
    "refused, with element and cure": lambda found: sum(not o.as_is.deployed for o in found),
    "crashed, hung, changed, or refused without a reason": bad,
    "walks that ended": _ends(COMPLETED, _as_is),
    "walks that rest at an incident": _ends(INCIDENT, _as_is),
    "walks that wait for a condition": _ends(CONDITION, _as_is),
    "walks still going after 60 acts": _ends(SPENT, _as_is),
    "walks compared with the token game after every act": _games(AGREES, _as_is),
    "diagrams that the token game does not read": _games(UNREAD, _as_is),
}
MADE: dict[str, Count] = {
    "files with a process that has elements": lambda found: sum(bool(o.made) for o in found),
    "files of which every process deploys": whole,
    "and each was walked to an end": ended,
    "refused, for faults of the drawing alone": lambda found: sum(_refused(o) == 1 for o in found),
    "refused, for a limit of the engine too": lambda found: sum(_refused(o) == 2 for o in found),
    "processes": lambda found: len(_trials(found)),
    "processes deployed": lambda found: sum(t.deployed for t in _trials(found)),
    "walks that ended": _ends(COMPLETED, _trials),
    "walks that rest at an incident": _ends(INCIDENT, _trials),
    "walks that wait for a condition": _ends(CONDITION, _trials),
    "walks still going after 60 acts": _ends(SPENT, _trials),
    "walks compared with the token game after every act": _games(AGREES, _trials),
    "diagrams that the token game does not read": _games(UNREAD, _trials),
}
