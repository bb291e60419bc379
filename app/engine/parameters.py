"""Parameters of a node made ready: defaults filled in, values checked, curves and files set apart."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any
from weakref import WeakKeyDictionary

from app.document.curve import Curve
from app.document.graph import NodeInstance
from nodes.sdk.errors import FacewrightError, ModelProblem, NodeError
from nodes.sdk.models import card
from nodes.sdk.node import NodeSpec
from nodes.sdk.params import File, ParameterSpec

#: A change of the way keys are made must change every key.
GENERATION = "facewright keys 1"
LARGEST_FOLDER = 10_000


@dataclass(slots=True, eq=False)
class Parameters:
    """What the parameters of one node instance come to.

    Attributes:
        constants: every parameter without a curve, coerced, by name.
        curves: the keyframed ones.
        files: (path, mode) of every file or folder that is read.
        digest: 16 bytes that stand for the node's kind, version, model cards and constants.
        problem: why the parameters cannot be used, or None.
    """

    constants: dict[str, Any] = field(default_factory=dict)
    curves: tuple[tuple[ParameterSpec, Curve], ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    digest: bytes = b""
    problem: FacewrightError | None = None

    def at(self, frame: int) -> dict[str, Any]:
        """All parameters by name at a frame; a new dict."""
        values = dict(self.constants)
        for spec, curve in self.curves:
            values[spec.name] = spec.coerce(curve.at(frame))
        return values

    def moving(self, frame: int) -> str:
        """The keyframed values at a frame, written out for a key."""
        return repr([spec.coerce(curve.at(frame)) for spec, curve in self.curves])


class ParameterResolver:
    """Resolves instances and remembers the result for as long as they live."""

    def __init__(self) -> None:
        self._resolved: WeakKeyDictionary[NodeInstance, tuple[NodeSpec, Parameters]] = WeakKeyDictionary()
        self._defaults: dict[str, tuple[NodeSpec, Parameters]] = {}

    def resolve(self, spec: NodeSpec | None, instance: NodeInstance) -> Parameters:
        """The parameters of an instance of `spec`; empty ones when the kind is not known."""
        if spec is None:
            return Parameters()
        if not instance.parameters:
            known = self._defaults.get(spec.id)
            if known is None or known[0] is not spec:
                known = self._defaults[spec.id] = (spec, _resolve(spec, instance))
            return known[1]
        known = self._resolved.get(instance)
        if known is None or known[0] is not spec:
            known = self._resolved[instance] = (spec, _resolve(spec, instance))
        return known[1]


def _resolve(spec: NodeSpec, instance: NodeInstance) -> Parameters:
    constants: dict[str, Any] = {}
    curves: list[tuple[ParameterSpec, Curve]] = []
    files: list[tuple[str, str]] = []
    try:
        for parameter in spec.parameters:
            setting = instance.parameters.get(parameter.name)
            if isinstance(setting, Curve):
                if not parameter.keyframable:
                    raise NodeError(f"parameter '{parameter.name}' cannot be keyframed")
                curves.append((parameter, setting))
                continue
            value = parameter.default if setting is None else parameter.coerce(setting)
            constants[parameter.name] = value
            if isinstance(parameter.control, File) and parameter.control.mode != "save" and value:
                files.append((str(value), parameter.control.mode))
    except NodeError as error:
        return Parameters(problem=error)
    written = repr((GENERATION, spec.id, spec.version, _weights(spec), list(constants.items())))
    names = [parameter.name for parameter, _ in curves]
    digest = blake2b((written + repr(names)).encode(), digest_size=16).digest()
    return Parameters(constants, tuple(curves), tuple(files), digest)


def _weights(spec: NodeSpec) -> list[str]:
    """The checksums of a node's models: other weights, other results."""
    checksums = []
    for name in spec.models:
        try:
            checksums.append(card(name).sha256)
        except ModelProblem:
            checksums.append("")
    return checksums


def file_stamp(path: str, mode: str) -> str:
    """What tells one state of a file or folder from another, without reading it."""
    try:
        status = os.stat(path)  # noqa: PTH116 - half the cost of Path.stat, and run for every look
        if mode != "folder":
            return f"{status.st_mtime_ns} {status.st_size}"
        with os.scandir(path) as entries:
            listed = []
            for entry in entries:
                inside = entry.stat()
                listed.append(f"{entry.name} {inside.st_mtime_ns} {inside.st_size}")
                if len(listed) == LARGEST_FOLDER:
                    break
        return "\n".join(sorted(listed))
    except (OSError, ValueError):
        return "absent"
