"""`facewright [open FILE.graph]`: the editor."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("open", help="open the editor")
    parser.add_argument("file", metavar="FILE.graph", type=Path, nargs="?", help="the graph to open")
    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    from app.ui.program import run as run_program

    return run_program(args.file)
