"""Opening ONNX networks."""

from __future__ import annotations

from typing import Any


def session_of(model: bytes) -> Any:
    """A network ready to run, on two processor cores.

    Raises:
        ValueError: when the bytes are no such network.
    """
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as states

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 2
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except (states.Fail, states.InvalidProtobuf, states.InvalidGraph, states.NotImplemented) as error:
        raise ValueError(f"it is no network: {error}") from error
