"""Opening ONNX networks: with free input sizes, without stray inputs, on the GPU where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nodes.face._protobuf import BYTES, VARINT, Field, fields, submessage, write
from nodes.sdk.values.arrays import FloatArray

# Field numbers of onnx.proto.
_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 5, 11, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_OPERATOR, _NODE_ATTRIBUTE = 1, 2, 4, 5
_TENSOR_DIM, _TENSOR_NAME, _VALUE_NAME, _VALUE_TYPE, _ATTRIBUTE_NAME = 1, 8, 1, 2, 1
_TYPE_TENSOR, _TENSOR_ELEMENT, _TENSOR_SHAPE, _SHAPE_DIM, _DIM_VALUE, _DIM_NAME = 1, 1, 2, 1, 1, 2


def relaxed_graph(model: bytes, free_axes: dict[str, dict[int, str]] | None = None) -> bytes:
    """The same network with inputs that nothing needs dropped, and chosen axes of any size.

    Some published files list weights a second time as inputs; a runtime then insists on being fed
    them. Some ask for block quantisation of tensors that have a single scale, which runtimes refuse.
    Others fix a picture size that the layers do not depend on.

    Args:
        model: an ONNX file.
        free_axes: input name -> axis -> the name of its size, such as {"input": {2: "height"}}.

    Raises:
        ValueError: when the bytes are no ONNX model.
    """
    free_axes = free_axes or {}
    top = list(fields(model))
    graph = list(fields(submessage(model, _MODEL_GRAPH)))
    nodes = [list(fields(_bytes(entry.value))) for entry in graph if entry.number == _GRAPH_NODE]
    used = {_text(part.value) for node in nodes for part in node if part.number == _NODE_INPUT}
    made = {_text(part.value) for node in nodes for part in node if part.number == _NODE_OUTPUT}
    tensors = [_bytes(entry.value) for entry in graph if entry.number == _GRAPH_INITIALIZER]
    made |= {_text(submessage(tensor, _TENSOR_NAME)) for tensor in tensors}
    scalars = {_text(submessage(tensor, _TENSOR_NAME)) for tensor in tensors if _is_single(tensor)}
    kept: list[Field] = []
    for entry in graph:
        if entry.number == _GRAPH_INPUT:
            name = _text(submessage(_bytes(entry.value), _VALUE_NAME))
            if name in made or name not in used:
                continue
            if name in free_axes:
                entry = entry._replace(value=_free(_bytes(entry.value), free_axes[name]))
        elif entry.number == _GRAPH_NODE:
            entry = entry._replace(value=_whole_scale(_bytes(entry.value), scalars))
        elif entry.number == _GRAPH_OUTPUT and free_axes:
            entry = entry._replace(value=_shapeless(_bytes(entry.value)))
        kept.append(entry)
    body = write(kept)
    return write([part._replace(value=body) if part.number == _MODEL_GRAPH else part for part in top])


def _is_single(tensor: bytes) -> bool:
    """Whether a tensor is a single number, or a list of one."""
    dims = [part.value for part in fields(tensor) if part.number == _TENSOR_DIM]
    return dims in ([], [1], [b""], [b"\x01"])


def _whole_scale(node: bytes, scalars: set[str]) -> bytes:
    """A dequantising node with a single scale, without the block size that contradicts it."""
    parts = list(fields(node))
    operator = next((part.value for part in parts if part.number == _NODE_OPERATOR), b"")
    inputs = [_text(part.value) for part in parts if part.number == _NODE_INPUT]
    if operator != b"DequantizeLinear" or len(inputs) < 2 or inputs[1] not in scalars:
        return node
    kept = [
        part
        for part in parts
        if part.number != _NODE_ATTRIBUTE
        or submessage(_bytes(part.value), _ATTRIBUTE_NAME) not in (b"block_size", b"axis")
    ]
    return write(kept)


def _free(value_info: bytes, axes: dict[int, str]) -> bytes:
    shape = submessage(value_info, _VALUE_TYPE, _TYPE_TENSOR, _TENSOR_SHAPE)
    dims = []
    for index, dim in enumerate(fields(shape)):
        if index in axes:
            named = write([Field(_DIM_NAME, BYTES, axes[index].encode())])
            dims.append(dim._replace(value=named))
        else:
            dims.append(dim)
    return _with_tensor(value_info, write(dims))


def _shapeless(value_info: bytes) -> bytes:
    return _with_tensor(value_info, None)


def _with_tensor(value_info: bytes, shape: bytes | None) -> bytes:
    """A value description with another shape, or with none."""
    tensor = submessage(value_info, _VALUE_TYPE, _TYPE_TENSOR)
    element = next(part.value for part in fields(tensor) if part.number == _TENSOR_ELEMENT)
    parts = [Field(_TENSOR_ELEMENT, VARINT, element)]
    if shape is not None:
        parts.append(Field(_TENSOR_SHAPE, BYTES, shape))
    type_ = write([Field(_TYPE_TENSOR, BYTES, write(parts))])
    name = submessage(value_info, _VALUE_NAME)
    return write([Field(_VALUE_NAME, BYTES, name), Field(_VALUE_TYPE, BYTES, type_)])


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a message was expected")
    return value


def _text(value: int | bytes) -> str:
    return _bytes(value).decode("utf-8", "replace")


class OnnxNetwork:
    """An ONNX network in a session of its own.

    Attributes:
        on_gpu: True when the CUDA provider runs it.
    """

    def __init__(
        self,
        path: Path,
        *,
        device: str = "cpu",
        free_axes: dict[str, dict[int, str]] | None = None,
        relax: bool = False,
    ) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = threads()
        # Lets constant folding turn block-quantised weights into plain ones once, at loading.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        # Idle threads that spin would take the processor from the rest of the program.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        available = onnxruntime.get_available_providers()
        wanted = ["CUDAExecutionProvider"] if device.startswith("cuda") else []
        providers = [name for name in wanted if name in available] + ["CPUExecutionProvider"]
        source: Any = str(path)
        if relax or free_axes:
            source = relaxed_graph(path.read_bytes(), free_axes)
        self._session = onnxruntime.InferenceSession(source, options, providers=providers)
        self._names = [entry.name for entry in self._session.get_inputs()]
        self._outputs = [entry.name for entry in self._session.get_outputs()]
        self.on_gpu = "CUDAExecutionProvider" in self._session.get_providers()

    def __call__(self, *inputs: FloatArray) -> dict[str, FloatArray]:
        """Outputs by name."""
        fed = {name: np.ascontiguousarray(x) for name, x in zip(self._names, inputs, strict=True)}
        return dict(zip(self._outputs, self._session.run(self._outputs, fed), strict=True))


def threads() -> int:
    """How many threads a network may use: the machine's processors, at most 8."""
    import os

    allowed = os.environ.get("OMP_NUM_THREADS", "")
    count = int(allowed) if allowed.isdigit() and int(allowed) > 0 else (os.cpu_count() or 1)
    return min(count, 8)
