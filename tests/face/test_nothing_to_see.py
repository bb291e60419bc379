"""Every face node, handed pictures without a face, or with half of one."""

import numpy as np
import pytest

from nodes.face.cluster_faces import cluster_faces
from nodes.face.crop_face import crop_face
from nodes.face.face_landmarks import face_landmarks
from nodes.face.pick_face import pick_face
from nodes.sdk import Carry, Context, FacewrightError, NodeSpec
from nodes.sdk.node import socket_type_name
from nodes.sdk.registry import default_registry
from nodes.sdk.values import Embedding, Faces, Image, Mask, Parsing
from tests.face import pictures
from tests.samples import model

pytestmark = pytest.mark.models

KINDS = [spec for spec in default_registry() if spec.function.__module__.startswith("nodes.face.")]
#: Nodes that cannot give anything without a face, and those whose result says it by itself.
REFUSING = {"face_embedding", "enroll_face", "cluster_faces"}
SPEAKING = {"draw_faces", "show_parsing", "compare_faces", "adjust_mask", "combine_masks"}
PICTURES = {
    "one pixel": pictures.flat(1, 1),
    "one clear pixel": Image(np.zeros((1, 1, 4), np.float32)),
    "plain": pictures.flat(60, 90),
    "no pixels": Image(np.zeros((0, 0, 3), np.float32)),
}


@pytest.fixture(scope="module")
def source():
    """A context whose models stay loaded for the module."""
    for spec in KINDS:
        for card in spec.models:
            model(card)
    return Context()


@pytest.fixture
def context(source):
    return Context(models=source._source())


def made(spec: NodeSpec, picture: Image, faces: Faces, labels: np.ndarray, *, optional: bool):
    """An argument for every input of a node."""
    shape = picture.pixels.shape[:2]
    values = {
        "Image": picture,
        "Faces": faces,
        "Parsing": Parsing(labels),
        "Mask": Mask(np.zeros(shape, np.float32)),
        "Embedding": Embedding(np.eye(1, 128, dtype=np.float32)[0], model="face_embedder"),
    }
    return [
        [] if socket.many else None if socket.optional and not optional else values[socket.type_name]
        for socket in spec.inputs
    ]


def called(spec: NodeSpec, arguments, context: Context):
    extra = {"context": context} if spec.takes_context else {}
    result = spec.function(*arguments, **extra)
    return result.result if isinstance(result, Carry) else result


def kinds_of(spec: NodeSpec, result):
    """The socket names of what a node returned."""
    values = result if hasattr(result, "_fields") else (result,)
    return [socket_type_name(type(value)) for value in values]


@pytest.mark.parametrize("optional", [True, False], ids=["all wired", "only what must be"])
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("spec", KINDS, ids=lambda spec: spec.id)
def test_without_a_face_a_node_gives_a_typed_result_and_says_so(context, spec, name, optional):
    picture = PICTURES[name]
    labels = np.zeros(picture.pixels.shape[:2], np.uint8)
    nobody = Faces((), picture.width, picture.height)
    arguments = made(spec, picture, nobody, labels, optional=optional)
    if spec.id in REFUSING:
        with pytest.raises(FacewrightError) as caught:
            called(spec, arguments, context)
        assert caught.value.what and caught.value.hint
        return
    result = called(spec, arguments, context)
    assert kinds_of(spec, result) == [socket.type_name for socket in spec.outputs]
    assert bool(context.notices) == (spec.id not in SPEAKING)


@pytest.mark.parametrize("spec", KINDS, ids=lambda spec: spec.id)
def test_half_a_face_at_the_border_is_handled(context, spec):
    whole = pictures.portrait("s42")
    middle = int(face_landmarks(whole, context=context)[0].landmarks[1, 0])
    half = Image(np.ascontiguousarray(whole.pixels[:, : middle + 30]))
    faces = face_landmarks(half, confidence=0.4, context=context)
    assert len(faces) == 1
    if spec.id in REFUSING - {"face_embedding"}:
        pytest.skip("sees no picture")
    labels = np.full(half.pixels.shape[:2], 17, np.uint8)
    arguments = made(spec, half, faces, labels, optional=spec.id != "paste_face")
    if spec.id == "paste_face":
        arguments[1] = crop_face(half, faces, context=context).image
    result = called(spec, arguments, context)
    assert kinds_of(spec, result) == [socket.type_name for socket in spec.outputs]
    for value in result if hasattr(result, "_fields") else (result,):
        array = getattr(value, "pixels", getattr(value, "alpha", getattr(value, "vector", np.zeros(1))))
        assert np.isfinite(array).all()


def test_a_face_that_is_not_there_is_told_from_no_face_at_all(context):
    faces = face_landmarks(pictures.portrait("s42"), context=context)
    assert len(pick_face(faces, index=7, context=context)) == 0
    assert context.notices == ("the face asked for is not among the 1 face found",)


def test_one_picture_without_a_face_is_no_news_of_a_folder(context, tmp_path):
    import cv2

    portrait = (pictures.portrait("s42").pixels[..., ::-1] * 255).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "person.png"), portrait)
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((50, 50, 3), 90, np.uint8))
    assert cluster_faces([], folder=str(tmp_path), context=context).people == 1
    assert context.notices == ()
    (tmp_path / "broken.png").write_bytes(b"no picture")
    cluster_faces([], folder=str(tmp_path), context=context)
    assert context.notices == ("1 picture could not be read; the table says why",)
