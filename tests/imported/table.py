"""The table of `docs/reference/imported-diagrams.md`."""

from collections import Counter
from pathlib import Path

from tests.imported.trials import Trial

PAGE = Path(__file__).parents[2] / "docs/reference/imported-diagrams.md"
BEGIN, END = "<!-- table -->\n", "<!-- /table -->\n"
MOST = 6


def written(trials: list[Trial]) -> str:
    """The table, and the counts above it."""
    results = Counter(_result(trial).partition(" ")[0].strip(":") for trial in trials)
    lost = sum(sum(trial.lost.values()) for trial in trials)
    lines = [
        f"{len(trials)} diagrams: {results['runs']} run, {results['refused']} are refused, "
        f"{results['stops']} stop at an incident; "
        f"{sum(t.carried for t in trials)} things carried over, {lost} not.",
        "",
        "| diagram | made with | result | carried over | not carried over |",
        "| --- | --- | --- | --- | --- |",
        *map(_row, trials),
    ]
    return "\n".join(lines) + "\n"


def _row(trial: Trial) -> str:
    source = trial.source
    return (
        f"| `{source['folder']}` | {source['tool']} | {_result(trial)} | {trial.carried} | "
        f"{_lost(trial.lost)} |"
    )


def _result(trial: Trial) -> str:
    if trial.runs:
        return "runs"
    if trial.rules:
        return f"refused: {', '.join(f'`{rule}`' for rule in trial.rules)}"
    return f"stops: {min(trial.incidents, default='nobody can do anything')}"


def _lost(lost: Counter[str]) -> str:
    """The names that were lost most often, with how often."""
    kinds = Counter[str]()
    for name, count in lost.items():
        kinds[name.partition(" ")[0]] += count
    told = [f"`{name}` × {n}" if n > 1 else f"`{name}`" for name, n in kinds.most_common(MOST)]
    more = sum(n for _, n in kinds.most_common()[MOST:])
    return (
        f"{sum(kinds.values())}: {', '.join(told)}{f' and {more} more' if more else ''}"
        if told
        else "nothing"
    )


def filled(page: str, table: str) -> str:
    """The page with the table in its place."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + table + END + rest.partition(END)[2]
