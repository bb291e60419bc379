"""`facewright nodes [--json] [--own on|off]`: the kinds of nodes there are."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nodes.sdk.node import NodeSpec, SocketSpec
    from nodes.sdk.params import ParameterSpec


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("nodes", help="list the kinds of nodes")
    parser.add_argument("--json", action="store_true", help="everything about them, for programs")
    parser.add_argument(
        "--own", choices=["on", "off"], help="whether the files in your node folder, which are code, are run"
    )
    parser.set_defaults(handler=run)
    return parser


def run(args: argparse.Namespace) -> int:
    from nodes.sdk import own
    from nodes.sdk.registry import default_registry

    if args.own:
        own.turn(args.own == "on")
        state = f"on: {own.folder()}" if args.own == "on" else "off"
        sys.stdout.write(f"own nodes are {state}\n")
        return 0
    registry = default_registry()
    if args.json:
        sys.stdout.write(json.dumps([described(spec) for spec in registry], indent=2) + "\n")
        return 0
    width = max((len(spec.id) for spec in registry), default=0)
    category = ""
    for spec in registry:
        if spec.category != category:
            category = spec.category
            sys.stdout.write(f"{category}\n")
        note = f" [{spec.note}]" if spec.note else ""
        first_line = spec.help.partition("\n")[0].rstrip(".")
        sys.stdout.write(f"  {spec.id:<{width}}  {first_line}{note}\n")
    for problem in registry.problems:
        sys.stderr.write(f"facewright: warning: {problem}\n")
    return 0


def described(spec: NodeSpec) -> dict[str, Any]:
    """A kind of node as plain data."""
    return {
        "id": spec.id,
        "title": spec.title,
        "category": spec.category,
        "version": spec.version,
        "help": spec.help,
        "note": spec.note,
        "inputs": [_socket(socket) for socket in spec.inputs],
        "outputs": [{"name": socket.name, "type": socket.type_name} for socket in spec.outputs],
        "parameters": [_parameter(parameter) for parameter in spec.parameters],
        "models": list(spec.models),
        "edits": spec.edits,
        "writer": spec.writer,
        "sequential": spec.sequential,
        "reads": sorted(spec.reads),
    }


def _socket(socket: SocketSpec) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": socket.name,
        "type": socket.type_name,
        "optional": socket.optional,
        "many": socket.many,
    }
    if socket.around:
        entry["around"] = [socket.around.before, socket.around.after]
    return entry


def _parameter(parameter: ParameterSpec) -> dict[str, Any]:
    from nodes.sdk.params import File, Slider

    entry: dict[str, Any] = {
        "name": parameter.name,
        "label": parameter.label,
        "group": parameter.group,
        "kind": parameter.kind,
        "default": parameter.default,
    }
    control = parameter.control
    if isinstance(control, Slider):
        entry |= {"low": control.low, "high": control.high, "unit": control.unit, "hard": control.hard}
    elif isinstance(control, File):
        entry |= {"holds": control.kind, "extensions": list(control.extensions), "mode": control.mode}
    if parameter.choices:
        entry["choices"] = list(parameter.choices)
    return entry
