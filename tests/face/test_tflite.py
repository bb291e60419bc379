"""Opening networks leaves the error stream to errors."""

import os

import pytest

from nodes.face import _tflite


@pytest.fixture
def first_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tflite, "_greeted", False)


def test_the_runtimes_greeting_stays_out_of_the_error_stream(first_network: None, capfd) -> None:
    with _tflite._without_greeting():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n")
    assert capfd.readouterr().err == ""


def test_anything_else_written_meanwhile_is_passed_on(first_network: None, capfd) -> None:
    with pytest.raises(ValueError, match="broken"), _tflite._without_greeting():
        os.write(2, b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\nERROR: the model is broken\n")
        raise ValueError("broken")
    assert capfd.readouterr().err == "ERROR: the model is broken\n"
