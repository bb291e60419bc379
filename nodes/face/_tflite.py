"""Opening TFLite networks, from a file or from inside a bundle."""

from __future__ import annotations

from typing import Any

import numpy as np

from nodes.face._onnx import threads
from nodes.sdk.values.arrays import FloatArray


class TfliteNetwork:
    """A TFLite network with fixed input sizes, run by LiteRT on the processor."""

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_content=content, num_threads=threads())
        self._interpreter.allocate_tensors()
        self._inputs = [entry["index"] for entry in self._interpreter.get_input_details()]
        self._outputs = {entry["name"]: entry["index"] for entry in self._interpreter.get_output_details()}
        self.input_shape: tuple[int, ...] = tuple(
            int(n) for n in self._interpreter.get_input_details()[0]["shape"]
        )

    def __call__(self, *inputs: FloatArray) -> dict[str, FloatArray]:
        """Outputs by name; copies, safe to keep."""
        for index, value in zip(self._inputs, inputs, strict=True):
            self._interpreter.set_tensor(index, np.ascontiguousarray(value, np.float32))
        self._interpreter.invoke()
        return {name: self._read(index) for name, index in self._outputs.items()}

    def _read(self, index: int) -> Any:
        return self._interpreter.get_tensor(index)
