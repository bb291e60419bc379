"""Which tool the hand has over the picture in front: that of the selected node."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.document.graph import GraphError, NodeInstance, Port
from app.document.unfold import given_by
from app.engine.protocol import ViewFailed, ViewReady
from app.ui.looks import HAND_SLOT
from app.ui.session import Session
from app.ui.viewers.handles import CropTool, PickTool, TransformTool
from app.ui.viewers.landmark_tool import LandmarkTool
from app.ui.viewers.node_tool import NodeTool, Sight, Tool
from app.ui.viewers.paint_tool import PaintTool
from app.ui.viewers.pin_tool import PinTool
from nodes.sdk.values import Faces

#: The kinds of nodes that can be worked on the picture.
TOOLS: Mapping[str, type[NodeTool]] = {
    "adjust_landmarks": LandmarkTool,
    "crop_image": CropTool,
    "paint_mask": PaintTool,
    "pick_face": PickTool,
    "pin_warp": PinTool,
    "transform_image": TransformTool,
}


class Hand:
    """Follows the selection, and asks the session for the faces that a tool works on."""

    def __init__(self, session: Session, changed: Callable[[], None]) -> None:
        """`changed` is called when faces that were asked for have come."""
        self._session, self._changed = session, changed
        self._faces: Faces | None = None

    def tool(self, size: tuple[float, float] | None) -> Tool | None:
        """The tool of the selected node; None when it has none over what is in front.

        Args:
            size: of the picture in front, full-size pixels; None when there is no picture there.
        """
        session = self._session
        port = session.slots.get(session.slot)
        node = self._acting() if size is not None and port is not None else ""
        instance = session.place.instance(node) if node else None
        if size is None or port is None or instance is None:
            self._ask(None)
            return None
        kind = TOOLS[instance.kind]
        sources = session.whole.sources(node, kind.faces_from) if kind.faces_from else ()
        self._ask(sources[0] if sources else None)
        behind = given_by(session.whole, port.node, port.output)
        viewed = behind.node if behind is not None else port.node
        try:
            return kind.over(session, node, Sight(viewed, size, self._faces if sources else None))
        except GraphError:
            return None

    def take(self, event: ViewReady | ViewFailed) -> bool:
        """Whether an event was the hand's own."""
        if event.slot != HAND_SLOT:
            return False
        value = event.preview.value if isinstance(event, ViewReady) else None
        self._faces = value if isinstance(value, Faces) else None
        self._changed()
        return True

    def _ask(self, port: Port | None) -> None:
        if self._session.extras.get(HAND_SLOT) != port:
            self._faces = None
            self._session.set_extra(HAND_SLOT, port)

    def _acting(self) -> str:
        """The address of the one node that the selection lets the hand work on; "" when there is none."""
        session = self._session
        if len(session.selection) != 1:
            return ""
        (name,) = session.selection
        instance = session.graph.nodes.get(name)
        found = _workable(session.place.address(name), instance, None) if instance is not None else []
        return found[0] if len(found) == 1 else ""


def _workable(address: str, instance: NodeInstance, shown: frozenset[str] | None) -> list[str]:
    """The nodes with a tool at an address: itself, or inside of it where a subgraph shows all it sets.

    Args:
        shown: the parameters that are shown outside; None for all.
    """
    kind = TOOLS.get(instance.kind)
    if kind is not None:
        return [address] if shown is None or shown.issuperset(kind.parameters) else []
    found: list[str] = []
    for name, node in instance.inner.nodes.items() if instance.inner is not None else ():
        owned = frozenset(
            owner.parameter
            for alias, owner in instance.promoted.items()
            if owner.node == name and (shown is None or alias in shown)
        )
        if owned:
            found += _workable(f"{address}.{name}", node, owned)
    return found
