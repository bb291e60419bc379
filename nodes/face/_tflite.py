"""Opening TFLite networks, from a file or from inside a bundle."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from nodes.face._onnx import threads
from nodes.sdk.values.arrays import FloatArray


class TfliteNetwork:
    """A TFLite network with fixed input sizes, run by LiteRT on the processor."""

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter

        with _without_greeting():
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


_GREETING = b"INFO: Created TensorFlow Lite"
_greeted = False


@contextmanager
def _without_greeting() -> Iterator[None]:
    """Keep the runtime's greeting, once a process and not to be switched off, out of error messages.

    Whatever else is written to the error stream meanwhile is passed on afterwards.
    """
    global _greeted
    if _greeted:
        yield
        return
    _greeted = True
    try:
        kept = os.dup(2)
    except OSError:  # a windowed program may have no error stream
        yield
        return
    with tempfile.TemporaryFile() as caught:
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            caught.seek(0)
            for line in caught:
                if not line.startswith(_GREETING):
                    os.write(2, line)
