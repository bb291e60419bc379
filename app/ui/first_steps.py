"""What the tour tells about the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.dialogs.tour import Step, Tour
from app.ui.menus import EXAMPLES

if TYPE_CHECKING:
    from app.ui.main_window import MainWindow

FIRST_GRAPH = EXAMPLES / "first_face.graph"


def first_steps(window: MainWindow) -> Tour:
    """Start the tour over the first example graph, or over the open graph when it holds work."""
    if not window.session.graph.nodes and FIRST_GRAPH.is_file():
        window.files.open_example(FIRST_GRAPH)
    window.docks.above()
    _select_something(window)
    add = (window.keys.keys("canvas.add") or ("Tab",))[0]
    steps = (
        Step(
            "The graph",
            "Each box is a step: load a photo, find the face, fit a head, edit it, render it. Wires carry"
            f" the result on. {add} adds a step where the cursor is; drag from a socket to wire it.",
            window.canvas,
        ),
        Step(
            "The viewer",
            "It shows the step you send to it: point at a node and press 1 to 9. The wheel zooms, F fits,"
            " W compares two pictures with a wipe.",
            window.viewer,
        ),
        Step(
            "The parameters",
            "They belong to the selected node. Drag a field to change it, double-click to reset it, and"
            " click the diamond to set a key at this frame.",
            window.parameters,
        ),
        Step(
            "The timeline",
            "Drag to move through time, Space plays. Diamonds are keys of the selected node; green frames"
            " are ready. The blue corners bound what plays and renders.",
            window.timeline,
        ),
        Step(
            "Help is one key away",
            "F1 explains the selected node, Ctrl+P finds every command, and every key can be changed.",
            window.menuBar(),
        ),
        Step(
            "Export",
            "Ctrl+E writes a video while you go on working. Everything you do can be undone, and unsaved"
            " work is put aside every few seconds.",
            window.menus.tools,
        ),
    )
    return Tour(steps, window)


def _select_something(window: MainWindow) -> None:
    """Select the node with the most to set, so that there are parameters to tell about."""
    session = window.session
    kinds = {name: session.registry.get(node.kind) for name, node in session.graph.nodes.items()}
    counts = {name: len(spec.parameters) for name, spec in kinds.items() if spec is not None}
    if counts:
        session.select([max(counts, key=lambda name: counts[name])])
