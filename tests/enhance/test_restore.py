"""Faces with their detail brought back."""

import cv2
import numpy as np
import pytest

from nodes.enhance._restoring import face_shape, keeping_colours, sharpened, smoothed, through_half
from nodes.enhance.restore import restore
from nodes.sdk.context import Context
from nodes.sdk.errors import FileProblem, NodeError
from nodes.sdk.values import Face, Faces, Image, Mask
from tests.face.test_onnx import model as onnx_model
from tests.face.test_onnx import node as onnx_node
from tests.samples import model

SIDE = 200


def edge() -> np.ndarray:
    picture = np.full((SIDE, SIDE, 3), 0.3, np.float32)
    picture[:, SIDE // 2 :] = 0.7
    return picture


def soft() -> np.ndarray:
    return cv2.GaussianBlur(edge(), (0, 0), 3)


def a_face(size: float = 40.0) -> Faces:
    """A face upright in the middle, its eyes `size` apart."""
    middle = np.array([100.0, 100.0], np.float32)
    points = np.array([[-0.5, -0.4], [0.5, -0.4], [0, 0.1], [-0.4, 0.6], [0.4, 0.6]], np.float32)
    box = np.array([100 - size, 100 - size, 100 + size, 100 + size], np.float32)
    face = Face(box, np.zeros((0, 3), np.float32), middle + size * points)
    return Faces((face,), SIDE, SIDE)


def test_smoothing_takes_noise_and_keeps_edges():
    noisy = edge() + np.random.default_rng(0).normal(0, 0.01, (SIDE, SIDE, 3)).astype(np.float32)
    made = smoothed(noisy, 4, 0.05)
    assert made[:, 10:80].std() < 0.5 * noisy[:, 10:80].std()
    assert made[100, 110, 0] - made[100, 90, 0] > 0.37


def test_sharpening_raises_detail_but_not_faint_noise():
    rows = np.arange(SIDE, dtype=np.float32)
    waves = np.broadcast_to(0.5 + 0.05 * np.sin(rows / 1.5)[None, :, None], (SIDE, SIDE, 3)).copy()
    faint = 0.5 + 0.02 * (waves - 0.5)
    assert sharpened(waves, 1.0).std() > 1.3 * waves.std()
    assert sharpened(faint, 1.0).std() < 1.3 * faint.std()
    assert sharpened(waves, 0.0) is waves


def test_broad_colour_stays_that_of_the_picture():
    original = np.full((128, 128, 3), [0.6, 0.4, 0.3], np.float32)
    changed = np.clip(original * 1.3, 0, 1) + 0.02 * np.random.default_rng(0).random(
        (128, 128, 3), np.float32
    )
    made = keeping_colours(changed, original)
    assert np.abs(made.mean(axis=(0, 1)) - original.mean(axis=(0, 1))).max() < 0.01
    assert made.std(axis=(0, 1)).min() > 0.004


def test_the_network_sees_the_face_without_its_blur_and_gives_its_size_back():
    shapes = []

    def enlarge(picture):
        shapes.append(picture.shape[:2])
        return np.repeat(np.repeat(picture, 2, 0), 2, 1)

    assert through_half(soft(), enlarge, 2.0).shape == (SIDE, SIDE, 3)
    assert through_half(soft(), enlarge, 5.0).shape == (SIDE, SIDE, 3)
    assert shapes == [(100, 100), (40, 40), (80, 80)]


def test_the_oval_is_whole_inside_and_nothing_at_the_border():
    oval = face_shape(128)
    assert oval[64:80, 64].min() == 1.0
    assert max(oval[0].max(), oval[:, 0].max(), oval[:, -1].max()) == 0.0


def test_sharpening_stays_inside_of_the_face():
    picture = soft() + 0.03 * np.random.default_rng(0).normal(size=(SIDE, SIDE, 3)).astype(np.float32)
    picture = np.clip(picture, 0, 1).astype(np.float32)
    made = restore(
        Image(picture), a_face(), method="sharpen", detail=1.0, smooth=0.0, context=Context()
    ).pixels
    assert np.array_equal(made[:10], picture[:10])
    assert np.array_equal(made[:, :20], picture[:, :20])
    assert np.abs(made - picture)[90:120, 90:110].max() > 0.01


def test_a_mask_says_where():
    picture = np.random.default_rng(0).random((SIDE, SIDE, 3), np.float32)
    mask = np.zeros((100, 100), np.float32)
    mask[:, 50:] = 1
    made = restore(
        Image(picture), a_face(), Mask(mask), method="sharpen", detail=1.0, context=Context()
    ).pixels
    assert np.abs(made - picture)[80:120, :95].max() < 1e-3
    assert np.abs(made - picture)[80:120, 110:130].max() > 0.01


def test_without_strength_nothing_changes_and_without_a_face_it_passes():
    image = Image(soft())
    context = Context()
    assert np.allclose(restore(image, a_face(), method="sharpen", strength=0, context=context).pixels, soft())
    assert restore(image, Faces(), method="sharpen", context=context) is image
    assert "no face" in context.notices[0]


def test_linear_pictures_are_refused_in_a_line():
    with pytest.raises(NodeError, match="linear"):
        restore(Image(soft(), linear=True), a_face(), context=Context())


def negative(tmp_path, shape=(1, 3, 64, 64)):
    """A network that turns colours counted from -1 to 1 into their negative."""
    path = tmp_path / "negative.onnx"
    path.write_bytes(onnx_model([onnx_node("Neg", ["x"], ["y"])], [("x", shape)], [("y", shape)]))
    return path


def test_a_network_of_ones_own_is_run_and_its_checksum_told(tmp_path):
    path = negative(tmp_path)
    context = Context()
    picture = np.random.default_rng(0).random((SIDE, SIDE, 3), np.float32)
    picture = cv2.GaussianBlur(picture, (0, 0), 2)
    options = {"method": "own network", "strength": 1.0, "detail": 0.0, "smooth": 0.0}
    made = restore(Image(picture), a_face(), network=str(path), context=context, **options).pixels
    inside = np.s_[90:120, 90:110]
    before, after = picture[inside] - picture[inside].mean(), made[inside] - made[inside].mean()
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] < -0.5
    import hashlib

    assert hashlib.sha256(path.read_bytes()).hexdigest()[:16] in context.notices[0]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no network", "no network that can be opened"), (b"", "empty")],
)
def test_what_is_no_network_is_told(tmp_path, content, words):
    path = tmp_path / "net.onnx"
    path.write_bytes(content)
    with pytest.raises((FileProblem, NodeError), match=words):
        restore(Image(soft()), a_face(), method="own network", network=str(path), context=Context())


def test_a_network_for_something_else_is_told(tmp_path):
    path = negative(tmp_path, (1, 10))
    with pytest.raises(NodeError, match="does not take one picture"):
        restore(Image(soft()), a_face(), method="own network", network=str(path), context=Context())


def test_no_file_is_told():
    with pytest.raises(NodeError, match="no network is chosen"):
        restore(Image(soft()), a_face(), method="own network", context=Context())


@pytest.mark.models
def test_real_esrgan_makes_a_soft_edge_sharper_and_small_faces_are_not_overdone():
    model("real_esrgan_x2")
    context = Context()
    made = restore(Image(soft()), a_face(), blur=4.0, strength=1.0, context=context).pixels
    assert np.abs(np.diff(made[110, :, 0])).max() > 1.3 * np.abs(np.diff(soft()[110, :, 0])).max()
    tiny = Context()
    restore(Image(soft()), a_face(12.0), blur=8.0, context=tiny)
    assert "is small" in tiny.notices[0]
