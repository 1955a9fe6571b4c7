"""The entry point: `routecard` in a shell, or `python -m routecard`."""

from cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main(prog_name="routecard")
