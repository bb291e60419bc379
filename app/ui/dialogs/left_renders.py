"""Renders that an earlier run of the program left undone."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.export.remembered import LeftOver, find_renders
from app.ui.dialogs import questions
from app.ui.exports import ExportQueue
from nodes.sdk.registry import Registry

SHOWN = 6


def offer_renders(parent: QWidget, queue: ExportQueue, registry: Registry) -> None:
    """Ask whether to go on with them, if there are any."""
    left = find_renders(registry)
    renders = [render for each in left for render in each.renders]
    if not renders:
        return
    names = [f"• {render.path.name}, frames {render.first}–{render.last}" for render in renders[:SHOWN]]
    if len(renders) > SHOWN:
        names.append(f"… and {len(renders) - SHOWN} more")
    count = "a render" if len(renders) == 1 else f"{len(renders)} renders"
    answer = questions.ask(
        parent,
        f"Go on with {count}?",
        "The program ended before the render queue was through. What is finished is not done twice.\n\n"
        + "\n".join(names),
        ("Go on", "Forget them", "Not now"),
    )
    if answer == 0:
        queue.go_on(renders)
    if answer in (0, 1):
        _discard(left)


def _discard(left: list[LeftOver]) -> None:
    for each in left:
        each.discard()
