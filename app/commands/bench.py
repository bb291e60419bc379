"""`facewright bench`: the benchmarks of the checkout that this program runs from."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from nodes.sdk.errors import FileProblem

ROOT = Path(__file__).resolve().parents[2]


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "bench", help="measure this machine against the stated limits (needs the source)"
    )
    parser.add_argument("topics", metavar="TOPIC", nargs="*", help="only these; all when left out")
    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the benchmarks in a process of their own, from the checkout's folder.

    Raises:
        FileProblem: when there is no checkout.
    """
    if not (ROOT / "tests" / "bench" / "run.py").is_file():
        raise FileProblem(
            "the benchmarks are not here: they are part of the source, not of the installed program",
            hint="Run it from a checkout",
        )
    command = [sys.executable, "-m", "tests.bench.run", *args.topics]
    return subprocess.run(command, cwd=ROOT, check=False).returncode
