"""Repairing published networks: stray inputs go, sizes become free, contradictions are mended."""

import numpy as np
import pytest

from nodes.face._onnx import OnnxNetwork, relaxed_graph
from nodes.face._protobuf import BYTES, FIXED32, VARINT, Field, fields, submessage, write

FLOAT, INT8 = 1, 3


def text(number, value):
    return Field(number, BYTES, value.encode())


def value_info(name, dims):
    shape = write([Field(1, BYTES, write([Field(1, VARINT, size)])) for size in dims])
    tensor = write([Field(1, VARINT, FLOAT), Field(2, BYTES, shape)])
    return write([text(1, name), Field(2, BYTES, write([Field(1, BYTES, tensor)]))])


def tensor(name, dims, kind, raw):
    return write(
        [*(Field(1, VARINT, d) for d in dims), Field(2, VARINT, kind), text(8, name), Field(9, BYTES, raw)]
    )


def model(nodes, inputs, outputs, tensors=()):
    graph = [Field(1, BYTES, node) for node in nodes]
    graph += [text(2, "g"), *(Field(5, BYTES, t) for t in tensors)]
    graph += [Field(11, BYTES, value_info(*entry)) for entry in inputs]
    graph += [Field(12, BYTES, value_info(*entry)) for entry in outputs]
    opset = write([text(1, ""), Field(2, VARINT, 21)])
    return write([Field(1, VARINT, 10), Field(7, BYTES, write(graph)), Field(8, BYTES, opset)])


def node(operator, inputs, outputs, attributes=()):
    parts = [*(text(1, name) for name in inputs), *(text(2, name) for name in outputs), text(4, operator)]
    return write([*parts, *(Field(5, BYTES, attribute) for attribute in attributes)])


def integer_attribute(name, value):
    return write([text(1, name), Field(3, VARINT, value), Field(20, VARINT, 2)])


def relu(stray=()):
    inputs = [("x", (1, 3, 4, 4)), *((name, (2,)) for name in stray)]
    return model([node("Relu", ["x"], ["y"])], inputs, [("y", (1, 3, 4, 4))])


def input_names(model_bytes):
    graph = submessage(model_bytes, 7)
    return [submessage(f.value, 1).decode() for f in fields(graph) if f.number == 11]


def test_inputs_that_nothing_uses_are_dropped(tmp_path):
    assert input_names(relaxed_graph(relu(stray=["weight"]))) == ["x"]
    path = tmp_path / "net.onnx"
    path.write_bytes(relu(stray=["weight"]))
    x = np.array([-1.0, 2.0], np.float32).repeat(24).reshape(1, 3, 4, 4)
    (y,) = OnnxNetwork(path, relax=True)(x).values()
    assert np.array_equal(y, np.maximum(x, 0))


def test_free_axes_take_any_size(tmp_path):
    path = tmp_path / "net.onnx"
    path.write_bytes(relu())
    net = OnnxNetwork(path, free_axes={"x": {0: "batch", 2: "height", 3: "width"}})
    assert net(np.ones((5, 3, 7, 9), np.float32))["y"].shape == (5, 3, 7, 9)


def test_a_single_scale_loses_its_block_size(tmp_path):
    block = (integer_attribute("block_size", 64), integer_attribute("axis", 0))
    graph = model(
        [node("DequantizeLinear", ["q", "s"], ["w"], block), node("Add", ["x", "w"], ["y"])],
        [("x", (2,))],
        [("y", (2,))],
        [
            tensor("q", (2,), INT8, b"\x02\x04"),
            tensor("s", (1,), FLOAT, np.float32(0.5).tobytes()),
        ],
    )
    path = tmp_path / "net.onnx"
    path.write_bytes(graph)
    (y,) = OnnxNetwork(path, relax=True)(np.array([10, 20], np.float32)).values()
    assert np.allclose(y, (11, 22))


def test_bytes_that_are_no_model_are_refused():
    with pytest.raises(ValueError, match=r"no field|cut short|unknown"):
        relaxed_graph(write([Field(1, FIXED32, b"abcd")]))
