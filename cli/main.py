"""`routecard`: the group that every command belongs to."""

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="routecard")
def main() -> None:
    """Run a plant as diagrams."""
