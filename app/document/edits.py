"""What a graph does to the people in its pictures, read off its nodes."""

from __future__ import annotations

from dataclasses import dataclass

from app.document.assets import is_builtin
from app.document.graph import Graph
from app.document.problems import Problem
from app.document.unfold import unfolded
from nodes.sdk.node import NodeSpec
from nodes.sdk.registry import Registry

_ORIGIN = "http://cv.iptc.org/newscodes/digitalsourcetype/"

#: Kinds whose pixels come out of a trained network, when one is used.
_INVENTED = ("detail", "frames", "synthesis")


@dataclass(frozen=True)
class Edit:
    """One kind of edit.

    Attributes:
        kind: a word of `nodes.sdk.node.EDITS`.
        nodes: the kinds of nodes that do it, sorted.
        trained: whether a trained network makes what is seen.
    """

    kind: str
    nodes: tuple[str, ...]
    trained: bool

    @property
    def source_type(self) -> str:
        """The IPTC digital source type of what the edit adds."""
        if self.trained:
            return _ORIGIN + "compositeWithTrainedAlgorithmicMedia"
        return _ORIGIN + ("algorithmicallyEnhanced" if self.kind == "detail" else "compositeSynthetic")


def edits_of(graph: Graph, node: str, registry: Registry) -> tuple[Edit, ...]:
    """The edits of people in what a node gives, in the order in which they are made.

    Args:
        graph: subgraphs may be in it; a node inside one is called "subgraph.node".
    """
    graph = unfolded(graph)
    kinds: dict[str, set[str]] = {}
    trained: set[str] = set()
    for name in graph.upstream(node):
        instance = graph.nodes.get(name)
        spec = registry.get(instance.kind) if instance is not None and not instance.disabled else None
        if spec is None or not spec.edits:
            continue
        kinds.setdefault(spec.edits, set()).add(spec.id)
        if spec.edits in _INVENTED and spec.models:
            trained.add(spec.edits)
    return tuple(Edit(kind, tuple(sorted(nodes)), kind in trained) for kind, nodes in kinds.items())


def origin_of(edits: tuple[Edit, ...], *, from_nothing: bool = False) -> str:
    """The IPTC digital source type of the whole picture.

    Args:
        from_nothing: no picture or clip was loaded.
    """
    if from_nothing and any(edit.kind == "synthesis" for edit in edits):
        trained = any(edit.trained for edit in edits)
        return _ORIGIN + ("trainedAlgorithmicMedia" if trained else "algorithmicMedia")
    if any(edit.trained for edit in edits):
        return _ORIGIN + "compositeWithTrainedAlgorithmicMedia"
    if edits and all(edit.kind == "detail" for edit in edits):
        return _ORIGIN + "algorithmicallyEnhanced"
    return _ORIGIN + "compositeSynthetic"


def pictures_loaded(graph: Graph, node: str, registry: Registry) -> tuple[str, ...]:
    """The paths of the pictures and clips that go into what a node gives; "" where none is set yet."""
    graph = unfolded(graph)
    paths = []
    for name in graph.upstream(node):
        instance = graph.nodes.get(name)
        spec = registry.get(instance.kind) if instance is not None else None
        if instance is not None and spec is not None and _loads(spec):
            paths.append(str(instance.parameters.get("path", "")))
    return tuple(paths)


def _loads(spec: NodeSpec) -> bool:
    return spec.category == "Load" and any(socket.type_name == "Image" for socket in spec.outputs)


def consent_reminders(graph: Graph, registry: Registry) -> list[Problem]:
    """The pictures and clips whose people are edited, and of whom no consent is written down.

    The product's own demo pictures need none.
    """
    whole = unfolded(graph)
    edited = [
        name
        for name, node in whole.nodes.items()
        if (spec := registry.get(node.kind)) and spec.edits and not node.disabled
    ]
    sources = dict.fromkeys(name for node in edited for name in whole.upstream(node))
    problems = []
    for name in sources:
        instance = whole.nodes.get(name)
        spec = registry.get(instance.kind) if instance is not None else None
        if instance is None or spec is None or not _loads(spec):
            continue
        path = str(instance.parameters.get("path", ""))
        if is_builtin(path) or not path or any(r.covers(name, path) for r in graph.settings.consent):
            continue
        problems.append(
            Problem(
                "people in it are edited, and no consent is written down",
                "If it shows somebody, keep who agreed to what in Project > Consent",
                f"node '{name}'",
                name,
                "warning",
            )
        )
    return problems
