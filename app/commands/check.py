"""`facewright check FILE.graph`: what would keep it from being rendered."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from app.commands.arguments import add_graph_file
from nodes.sdk.errors import FileProblem


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "check", help="find unknown nodes, bad wires, missing files and models"
    )
    add_graph_file(parser)
    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Each problem is a line on stdout; fails when one of them is an error."""
    from app.document.check import check
    from app.document.edits import consent_reminders
    from app.document.format import load
    from nodes.sdk.registry import default_registry

    registry = default_registry()
    loaded = load(args.file, registry)
    # What the reader only warns of (an unknown node) the check counts as an error: it comes last.
    problems = {(problem.place, problem.what): problem for problem in loaded.problems}
    problems |= {(problem.place, problem.what): problem for problem in check(loaded.graph, registry)}
    reminders = consent_reminders(loaded.graph, registry)
    for problem in [*problems.values(), *reminders]:
        mark = "warning: " if problem.severity == "warning" else ""
        sys.stdout.write(f"{args.file}: {mark}{problem}\n")
    errors = sum(problem.severity == "error" for problem in problems.values())
    if errors:
        raise FileProblem(
            f"{errors} problem{'s' if errors > 1 else ''} found",
            hint="Each is a line above",
            where=str(args.file),
        )
    nodes = len(loaded.graph.nodes)
    sys.stdout.write(f"{args.file}: {nodes} node{'s' if nodes != 1 else ''}, nothing wrong\n")
    return 0
