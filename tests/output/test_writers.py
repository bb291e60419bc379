"""The nodes that end a graph hand the picture through and say what they write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.export.pictures import PICTURE_EXTENSIONS
from app.export.settings import CODECS, VIDEO_EXTENSIONS, VideoSettings
from nodes.output.export_image import export_image
from nodes.output.export_video import export_video
from nodes.output.view import view
from nodes.sdk import File
from nodes.sdk.node import NodeSpec
from nodes.sdk.values import Audio, Image


def spec_of(function: Any) -> NodeSpec:
    spec: NodeSpec = function.spec
    return spec


@pytest.mark.parametrize("node", [view, export_image, export_video])
def test_the_picture_goes_through_unchanged(node: Any) -> None:
    image = Image(np.zeros((4, 4, 3), np.float32))
    assert node(image) is image


def test_the_writers_say_what_they_write() -> None:
    assert spec_of(export_video).writer == "video"
    assert spec_of(export_image).writer == "image"
    assert spec_of(view).writer == ""
    sound = spec_of(export_video).input("audio")
    assert sound is not None and sound.optional and sound.type_name == Audio.socket_name


def test_the_nodes_offer_what_can_be_written() -> None:
    codec, path = (spec_of(export_video).parameter(name) for name in ("codec", "path"))
    assert codec is not None and codec.choices == tuple(CODECS)
    assert path is not None and isinstance(path.control, File)
    assert path.control.extensions == VIDEO_EXTENSIONS and path.control.mode == "save"
    picture = spec_of(export_image).parameter("path")
    assert picture is not None and isinstance(picture.control, File)
    assert set(picture.control.extensions) <= set(PICTURE_EXTENSIONS)


def test_every_setting_of_the_node_is_understood() -> None:
    spec = spec_of(export_video)
    for codec in CODECS:
        for effort in ("fast", "balanced", "small file"):
            chosen = {parameter.name: parameter.default for parameter in spec.parameters}
            settings = VideoSettings.from_parameters(chosen | {"codec": codec, "effort": effort})
            assert settings.options(alpha=True)
            settings.check_path(Path(f"film.{CODECS[codec].extensions[0]}"))
