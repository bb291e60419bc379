"""What a person is told when a node cannot deliver."""

from __future__ import annotations

from app.engine.protocol import ErrorReport
from nodes.sdk.errors import FacewrightError


class NodeFailure(FacewrightError):  # noqa: N818 - it is the failure of a node, told to a person
    """A node failed; `where` is its name in the graph.

    Attributes:
        inputs: one short line per input the node had, such as "image: Image 512 x 512 RGB".
        details: a traceback when the fault is the node's own, else empty.
        starved: whether it failed for want of memory, so that it may work once some is freed.
    """

    def __init__(
        self,
        node: str,
        what: str,
        *,
        hint: str = "",
        inputs: tuple[str, ...] = (),
        details: str = "",
        starved: bool = False,
    ) -> None:
        super().__init__(what, hint=hint, where=node)
        self.inputs = inputs
        self.details = details
        self.starved = starved

    def report(self) -> ErrorReport:
        """The failure as a message to the interface."""
        return ErrorReport(self.where, self.what, self.hint, self.inputs, self.details)
