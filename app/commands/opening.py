"""`facewright [open FILE.graph]`: the editor."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from nodes.sdk.errors import FacewrightError


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("open", help="open the editor")
    parser.add_argument("file", metavar="FILE.graph", type=Path, nargs="?", help="the graph to open")
    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Show the editor until it is closed.

    Raises:
        FacewrightError: when there is no display; Qt would end the process without a word for people.
    """
    if not has_display():
        raise FacewrightError(
            "there is no display to open a window on",
            hint="Render without one: facewright render FILE.graph",
        )
    from app.ui.program import run as run_program

    return run_program(args.file)


def has_display() -> bool:
    """Whether a window can be opened; only asked where that is told by the environment."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
