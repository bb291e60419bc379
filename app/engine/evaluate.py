"""Values of a graph: ask for an output at a frame, and what it takes is computed.

    evaluator = Evaluator(default_registry())
    picture = evaluator.value(graph, "render", frame=12)

Pulls only what is asked for, computes what is the same once, and remembers results.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any

from app.document.graph import Graph
from app.engine.cache import Cache, Result
from app.engine.device import resolve_device
from app.engine.failure import NodeFailure
from app.engine.keys import Key, Keys, Planner
from app.engine.pool import ModelPool
from app.engine.protocol import NodeState, View
from app.engine.run import OnState, Poll, Run
from nodes.sdk.context import ModelSource, RunSettings
from nodes.sdk.registry import Registry
from nodes.sdk.values.arrays import to_host

__all__ = ["Evaluator", "NodeFailure"]

#: Set to 1 to catch nodes that modify their inputs, whoever evaluates.
CHECKED_VARIABLE = "FACEWRIGHT_CHECKED"


class Evaluator:
    """Evaluates snapshots of graphs. Belongs to one thread.

    Args:
        registry: the kinds of nodes there are.
        device: "auto" (a graphics card when there is one), "cpu" or "cuda".
        cache: where results are kept; None keeps them in memory only.
        models: finds and keeps models; None makes a pool of its own.
        streaming: keep only the newest frames of what varies, for walking once over many frames in
            constant memory; what does not vary is kept all the same.
        checked: results are made read-only, so that a node that modifies its inputs fails and says
            so; None looks at the environment variable FACEWRIGHT_CHECKED.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        device: str = "auto",
        cache: Cache | None = None,
        models: ModelSource | None = None,
        streaming: bool = False,
        checked: bool | None = None,
    ) -> None:
        self.registry = registry
        self.cache = Cache() if cache is None else cache
        self.models: ModelSource = ModelPool() if models is None else models
        self._device = device
        self._planner = Planner(registry)
        self._streaming = streaming
        self._checked = os.environ.get(CHECKED_VARIABLE) == "1" if checked is None else checked

    @property
    def device(self) -> str:
        """ "cpu" or "cuda". Raises FacewrightError when "cuda" was asked for and is not there."""
        return resolve_device(self._device)

    def value(
        self,
        graph: Graph,
        node: str,
        output: str = "",
        frame: int = 0,
        *,
        proxy: int = 1,
        on_state: OnState | None = None,
        is_cancelled: Callable[[], bool] | None = None,
    ) -> Any:
        """The value of an output at a frame, on the host; output "" means the node's first.

        Args:
            proxy: 1 for full size, 2, 4 or 8 when a fraction will do.
            on_state: told what each node does (with request number 0).
            is_cancelled: asked often; True ends the evaluation.

        Raises:
            NodeFailure: of the node that failed, which may lie upstream; `where` is its name.
            Cancelled: when is_cancelled said so.
        """
        poll: Poll = (lambda _key: False) if is_cancelled is None else (lambda _key: is_cancelled())
        outcome: list[Any] = []
        self.look(
            graph,
            (View(0, node, output),),
            frame,
            proxy=proxy,
            on_state=on_state,
            poll=poll,
            on_view=lambda _view, value: outcome.append(value),
        )
        if isinstance(outcome[0], NodeFailure):
            raise outcome[0]
        return to_host(outcome[0])

    def look(
        self,
        graph: Graph,
        views: Iterable[View],
        frame: int,
        *,
        on_view: Callable[[View, Any], None],
        proxy: int = 1,
        on_state: OnState | None = None,
        poll: Poll = lambda _key: False,
        on_preview: Callable[[str, Any], None] | None = None,
    ) -> None:
        """Several values at a frame, each handed on as soon as it is there.

        Args:
            on_view: called for every view with its value, or with the NodeFailure why there is none.
            poll: asked with the key of the running node, or None between nodes; True ends it all.
            on_preview: told a node's name and how its result stands while it works.

        Raises:
            Cancelled: when `poll` said so.
        """
        keys = self._planner.keys(graph, proxy)
        run = Run(
            keys,
            self.cache,
            RunSettings(graph.settings.fps, proxy, self.device),
            self.models,
            on_state or _ignore,
            poll,
            checked=self._checked,
            keep=_window(keys) if self._streaming else 0,
            on_preview=on_preview,
        )
        for view in views:
            try:
                number, output = keys.plan.locate(view.node, view.output)
                value = run.result(number, frame).outputs[output]
            except NodeFailure as failure:
                value = failure
            on_view(view, value)

    def wanted(self, graph: Graph, views: Iterable[View], frame: int, proxy: int = 1) -> frozenset[Key]:
        """The keys of all that these views depend on at a frame (not of earlier or later frames)."""
        keys = self._planner.keys(graph, proxy)
        numbers = []
        for view in views:
            try:
                numbers.append(keys.plan.locate(view.node, view.output)[0])
            except NodeFailure:
                continue
        keys.prepare([(number, frame) for number in numbers])
        cone = keys.plan.upstream(numbers)
        return frozenset(key for number in cone if (key := keys.of(number, frame)) is not None)

    def suits_proxy(self, graph: Graph, views: Iterable[View], frame: int) -> bool:
        """Whether these views may be computed smaller: every node on the way takes any size."""
        plan = self._planner.keys(graph).plan
        numbers = []
        for view in views:
            try:
                numbers.append(plan.locate(view.node, view.output)[0])
            except NodeFailure:
                continue
        return plan.suits_proxy(numbers, frame)

    def cached(self, graph: Graph, node: str, frame: int, proxy: int = 1) -> Result | None:
        """A node's result if it is in memory."""
        key = self.key(graph, node, frame, proxy)
        return None if key is None else self.cache.get(key)

    def key(self, graph: Graph, node: str, frame: int = 0, proxy: int = 1) -> Key | None:
        """The key of a node's result; None when it has none because of a problem upstream."""
        keys = self._planner.keys(graph, proxy)
        number = keys.plan.locate(node, "")[0]
        keys.prepare([(number, frame)])
        return keys.of(number, frame)

    def parameters(self, graph: Graph, node: str, frame: int = 0) -> dict[str, Any]:
        """A node's parameters at a frame, defaults filled in.

        Raises:
            NodeFailure: when there is no such node, or a parameter cannot be used.
        """
        plan = self._planner.keys(graph).plan
        if node not in plan.number:
            raise NodeFailure(node, f"there is no node '{node}'")
        step = plan.steps[plan.number[node]]
        if step.parameters.problem is not None:
            problem = step.parameters.problem
            raise NodeFailure(node, problem.what, hint=problem.hint)
        return step.parameters.at(frame)

    def range_key(self, graph: Graph, node: str, output: str, first: int, last: int) -> str:
        """What stands for all values of an output from `first` to `last`; as hex.

        A stopped export may go on under the same range key. Empty when there is a problem.
        """
        keys = self._planner.keys(graph)
        number, port = keys.plan.locate(node, output)
        digest = blake2b(str(port).encode(), digest_size=16)
        for frame in range(first, last + 1):
            keys.prepare([(number, frame)])
            key = keys.of(number, frame)
            if key is None:
                return ""
            digest.update(key)
        return digest.hexdigest()


def _ignore(_state: NodeState) -> None:
    pass


def _window(keys: Keys) -> int:
    """How many frames of a node must stay for the windows of this graph to be filled once."""
    spans = [
        wired.socket.around.before + wired.socket.around.after
        for step in keys.plan.steps
        for wired in step.inputs
        if wired.socket.around
    ]
    return sum(spans) + 2
