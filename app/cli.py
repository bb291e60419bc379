"""The command `facewright`.

Exit status: 0 when all went well, 1 when it did not (one line on stderr says what, where and what
to do), 2 when the command line cannot be understood, 130 when it was interrupted.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from app.commands import bench, check, evaluate, nodes, opening, render
from app.commands.arguments import UsageError
from app.processors import wait_politely
from nodes.sdk.errors import Cancelled, FacewrightError

logger = logging.getLogger("facewright")

FAILURE = 1
BAD_USAGE = 2
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    wait_politely()
    try:
        args = build_parser().parse_args(argv)
    except SystemExit as end:  # after --help and --version, and on bad usage
        return end.code if isinstance(end.code, int) else BAD_USAGE
    with _logging(args.verbose):
        return _carry_out(args)


def _carry_out(args: argparse.Namespace) -> int:
    try:
        return int(args.handler(args))
    except UsageError as error:
        return _failed(error, BAD_USAGE)
    except FacewrightError as error:
        return _failed(error, FAILURE)
    except (KeyboardInterrupt, Cancelled) as stop:
        _say(str(stop) or "interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left; nothing more can be written, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except MemoryError:
        _say("error: there is not enough memory. Try a smaller picture or fewer frames")
        return FAILURE
    except OSError as error:
        return _failed(error, FAILURE)
    except Exception as error:
        logger.info("internal fault", exc_info=True)
        hint = "" if args.verbose else ". Run it again with --verbose for details"
        _say(f"error: an internal fault, {type(error).__name__}: {error}{hint}")
        return FAILURE


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="facewright",
        description="Build face edits as graphs: fit, edit, animate, swap, morph and render heads.",
        epilog="Without a command the editor opens.",
    )
    parser.add_argument("--version", action=_Version, help="show the version and end")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="say more; twice: all")
    parser.set_defaults(handler=opening.run, file=None)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for module in (opening, render, evaluate, check, nodes):
        _with_verbose(module.add_parser(commands))
    from app.models.command import add_parser as add_models_parser

    add_models_parser(commands)
    _with_verbose(bench.add_parser(commands))
    return parser


def _with_verbose(parser: argparse.ArgumentParser) -> None:
    """Let -v also stand behind the command."""
    parser.add_argument("-v", "--verbose", action="count", default=argparse.SUPPRESS, help="say more")


class _Version(argparse.Action):
    """--version; looks the version up only when asked."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("facewright")
        except PackageNotFoundError:
            number = "(not installed)"
        sys.stdout.write(f"facewright {number}\n")
        parser.exit()


@contextmanager
def _logging(verbose: int) -> Iterator[None]:
    """Let the program and its libraries say as much as was asked for, while the command runs."""
    root = logging.getLogger()
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    handler.setLevel((logging.CRITICAL, logging.INFO, logging.DEBUG)[min(verbose, 2)])
    before = root.level
    root.addHandler(handler)
    root.setLevel(handler.level)
    try:
        with warnings.catch_warnings():
            if not verbose:
                # A library's remark is nothing that the user could act on.
                warnings.simplefilter("ignore")
            yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def _failed(error: Exception, status: int) -> int:
    logger.info("the command failed", exc_info=error)
    details = getattr(error, "details", "")
    if details:
        logger.info("%s", details)
    _say(f"error: {error}")
    return status


def _say(text: str) -> None:
    """One line to the user."""
    sys.stderr.write(f"facewright: {' '.join(text.split())}\n")
