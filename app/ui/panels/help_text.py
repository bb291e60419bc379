"""What a node's help says of one of its parameters."""

from __future__ import annotations

import html
import re

from nodes.sdk.node import NodeSpec
from nodes.sdk.params import ParameterSpec

#: "**Name**" or "**One, two**" or "*name*", then a colon, at the beginning of a point of a list.
_POINT = re.compile(r"^\s*- (.+?):\s+(.*)$")
_STARS = re.compile(r"\*+([^*]+)\*+")


def about(spec: NodeSpec, parameter: ParameterSpec) -> str:
    """The point of the node's help that is about a parameter, as plain words; or empty."""
    wanted = {parameter.label.lower(), parameter.name.replace("_", " ").lower()}
    for head, text in _points(spec.help):
        names = {name.strip().lower() for bold in _STARS.findall(head) for name in bold.split(",")}
        if names & wanted:
            return _STARS.sub(r"\1", text).replace("`", "")
    return ""


def tip(spec: NodeSpec, parameter: ParameterSpec) -> str:
    """The tool tip of a parameter: its name, what it takes, and what the help says of it."""
    parts = [f"<b>{html.escape(parameter.label)}</b> &nbsp; {parameter.name}"]
    said = about(spec, parameter)
    if said:
        parts.append(html.escape(said))
    parts.append(html.escape(parameter.expectation()))
    return "<br>".join(parts)


def _points(text: str) -> list[tuple[str, str]]:
    """The points of the lists in a docstring, as what stands before the colon and after it."""
    found: list[tuple[str, str]] = []
    inside = False
    for line in text.splitlines():
        point = _POINT.match(line)
        if point:
            found.append((point[1], point[2].strip()))
            inside = True
        elif inside and line.strip() and not line.lstrip().startswith("- "):
            head, words = found[-1]
            found[-1] = (head, f"{words} {line.strip()}")
        else:
            inside = False
    return found
