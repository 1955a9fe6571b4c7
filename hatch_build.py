"""The wheel and the sdist carry the built islands: this builds them before they are packed."""

import runpy
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILD = Path("api/islands/build.py")


class Islands(BuildHookInterface[Any]):
    """Builds what is not there yet; without Node and without a network it packs without."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the islands of this checkout; nothing when they are of its sources already."""
        islands = runpy.run_path(str(Path(self.root) / BUILD))
        try:
            islands["build"](self.app.display_info)
        except islands["NotBuilt"] as error:
            message = f"{error}\nInstalling without the routing editor and the diagrams.\n"
            self.app.display_warning(message)
            sys.stderr.write(message)
