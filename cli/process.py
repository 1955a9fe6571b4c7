"""`routecard process`: diagrams from the shell."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from adapters.client import ApiProblem, Client
from cli import shipped
from cli.plant import database_file, opened_bind
from cli.reach import reach
from engine.kernel import calendars, functions
from engine.kernel.actor import ROLES
from engine.kernel.db import DEFAULT_SITE
from engine.kernel.settings import Settings, read_settings
from engine.kernel.store import Store
from engine.migrations import schema
from engine.workflow.definition.bundles import Bundle, kind_of, read_bundle
from engine.workflow.definition.converting import convert, is_convertible
from engine.workflow.definition.lint import Known, lint
from engine.workflow.definition.lint import refused as has_errors
from engine.workflow.definition.reading.xml import DocumentRefused
from engine.workflow.work.versions import queries

FILES = click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILE…",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
PRECONDITION_REQUIRED = 428
LIVE = ("active", "suspended")


@click.group()
def process() -> None:
    """Diagrams: lint, convert, deploy, export, versions.

    Of several files the first .bpmn is the routing; the others go along as its bundle.
    """


# ---- lint ----


@process.command("lint")
@FILES
@click.pass_context
def lint_files(ctx: click.Context, files: Sequence[Path]) -> None:
    """Print what is wrong with a bundle, a finding a line; exit 1 if one is an error."""
    main, contents = _contents(files)
    bundle = read_bundle(main, contents, ROLES)
    findings = lint(bundle, _known(read_settings(), bundle))
    for finding in findings:
        click.echo(_line(finding.as_item()))
    if has_errors(findings):
        ctx.exit(1)


def _known(settings: Settings, bundle: Bundle) -> Known:
    """What the plant has released; where there is no plant, what is shipped."""
    if not settings.sqlite or database_file(settings).is_file():
        with opened_bind(settings) as bind:
            schema.check(bind)
        store = Store(settings.database_url)
        try:
            return store.read(queries.known, bundle=bundle, site=DEFAULT_SITE)
        finally:
            store.close()
    return Known(
        frozenset(shipped.items()), frozenset(functions.names()), frozenset(calendars.names())
    )


# ---- convert ----


@process.command("convert")
@FILES
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where the files are written; here without it.",
)
def convert_files(files: Sequence[Path], out: Path) -> None:
    """Turn diagrams of other tools (Camunda 7 and 8, Flowable, Signavio …) into ours.

    Called processes, decisions and forms of the same tool come along as further files. What could
    not be carried over is listed with a cure; nothing is deployed.
    """
    contents = _distinct(files)
    strange = [name for name in contents if not is_convertible(name)]
    if strange:
        raise click.UsageError(f"{strange[0]} is no .bpmn, .xml, .dmn, .form or .json file.")
    diagrams = [name for name in contents if name.lower().endswith((".bpmn", ".xml"))]
    if not diagrams:
        raise click.UsageError("There is no diagram among the files.")
    try:
        made = convert(diagrams[0], contents, ROLES)
    except DocumentRefused as refused:
        raise click.ClickException(str(refused)) from None
    out.mkdir(parents=True, exist_ok=True)
    for name, content in made.files.items():
        _written(out / name, content, files)
    _echo_rows("carried over", [(r.element, r.name, r.what) for r in made.carried])
    _echo_rows("not carried over", [(r.element, r.name, f"{r.what} {r.cure}") for r in made.lost])
    click.echo(f"{len(made.carried)} carried over, {len(made.lost)} not carried over")


def _written(file: Path, content: bytes, sources: Sequence[Path]) -> None:
    """Write a file; one of the sources is never overwritten."""
    if any(file.resolve() == source.resolve() for source in sources):
        raise click.ClickException(f"{file} is one of the sources; name another folder with --out.")
    file.write_bytes(content)
    click.echo(f"wrote {file}")


def _echo_rows(title: str, rows: Sequence[tuple[str, str, str]]) -> None:
    if not rows:
        return
    wide = [min(40, max(len(row[column]) for row in rows)) for column in (0, 1)]
    click.echo(f"\n{title}")
    for element, name, told in rows:
        click.echo(f"  {element:<{wide[0]}}  {name:<{wide[1]}}  {told}")


# ---- deploy ----


@process.command("deploy")
@FILES
@click.option("--release", is_flag=True, help="Release it at once.")
def deploy(files: Sequence[Path], release: bool) -> None:
    """Deploy a bundle as a draft; an open draft of the same process is replaced."""
    main, contents = _contents(files)
    with reach(read_settings()) as client:
        try:
            version = _deployed(client, main, contents)
        except ApiProblem as problem:
            _echo_findings(problem.document.get("findings", ()))
            raise
        _echo_findings(version["findings"])
        if release:
            version = client.post(f"{_path(version)}/release")
    click.echo(f"{version['key']} {version['version']} {version['state']}")


def _deployed(client: Client, main: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    try:
        return client.deploy(main, files)
    except ApiProblem as problem:
        if problem.status != PRECONDITION_REQUIRED:
            raise
    key = read_bundle(main, files, ROLES).key
    draft = client.get(f"/processes/{key}")["versions"][0]
    tag = client.send("GET", _path(draft)).headers["ETag"]
    return client.deploy(main, files, replaces=tag)


def _echo_findings(findings: Iterable[Mapping[str, str]]) -> None:
    for finding in findings:
        click.echo(_line(finding), err=True)


# ---- export, versions ----


@process.command("export")
@click.argument("key")
@click.option("--version", "number", type=int, help="Without, the released one or the newest.")
def export(key: str, number: int | None) -> None:
    """Write a diagram to standard output, byte for byte as it was deployed."""
    with reach(read_settings()) as client:
        if number is None:
            found = client.get(f"/processes/{key}")["versions"]
            released = [version for version in found if version["state"] == "released"]
            number = (released or found)[0]["version"]
        xml = client.send("GET", f"/processes/{key}/versions/{number}.bpmn").content
    sys.stdout.buffer.write(xml)


@process.command("versions")
@click.option("--live", is_flag=True, help="Only those with running instances, and how many.")
def versions(live: bool) -> None:
    """List the versions of every process: key, number, state."""
    with reach(read_settings()) as client:
        running = _running(client) if live else Counter()
        for row in client.pages("/processes"):
            for version in client.get(f"/processes/{row['key']}")["versions"]:
                number = running[version["key"], version["version"]]
                if number or not live:
                    line = f"{version['key']} {version['version']} {version['state']}"
                    click.echo(f"{line} {number}" if live else line)


def _running(client: Client) -> Counter[tuple[str, int]]:
    """(process, version) of everything that runs, with the number of its instances."""
    return Counter(
        (instance["process"], instance["version"])
        for state in LIVE
        for instance in client.pages("/instances", state=state, limit=200)
    )


# ---- parts ----


def _contents(files: Sequence[Path]) -> tuple[str, dict[str, bytes]]:
    """The name of the routing, and every file's content by its name."""
    contents = _distinct(files)
    for name in contents:
        if kind_of(name) is None:
            raise click.UsageError(f"{name} is no .bpmn, .dmn or .form.json file.")
    diagrams = [file.name for file in files if kind_of(file.name) == "process"]
    if not diagrams:
        raise click.UsageError("A bundle needs a .bpmn file; the first one is its routing.")
    return diagrams[0], contents


def _distinct(files: Sequence[Path]) -> dict[str, bytes]:
    """Every file's content by its name."""
    contents = {file.name: file.read_bytes() for file in files}
    if len(contents) < len(files):
        raise click.UsageError("Two files have the same name; a bundle needs different ones.")
    return contents


def _path(version: Mapping[str, Any]) -> str:
    return f"/processes/{version['key']}/versions/{version['version']}"


def _line(finding: Mapping[str, str]) -> str:
    return "{severity} {rule} {element} {message} — {cure}".format(**finding)
