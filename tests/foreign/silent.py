"""Two processes that do not do what they are for: what watches them is tested with them."""

import os
import threading
from multiprocessing.connection import Connection


def hangs(pipe: Connection) -> None:
    """Take a file and say nothing more."""
    pipe.send("ready")
    pipe.recv()
    threading.Event().wait()


def dies(pipe: Connection) -> None:
    """Take a file and be gone."""
    pipe.send("ready")
    pipe.recv()
    os._exit(1)
