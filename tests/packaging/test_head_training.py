"""The scripts that train what ships in resources/heads, run through on a handful of heads."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from tests.samples import model as fetched

SCRIPTS = (
    "head_covers",
    "head_drawing",
    "head_pictures",
    "head_cache",
    "train_head_correction",
    "train_head_regressor",
)


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    for name in ("anny_head", "face_landmarker", "face_detector"):
        fetched(name)
    folder = str(Path(__file__).resolve().parents[2] / "packaging")
    sys.path.insert(0, folder)
    try:
        yield {name: importlib.import_module(name) for name in SCRIPTS}
    finally:
        sys.path.remove(folder)
        for name in SCRIPTS:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def cache(scripts: dict[str, ModuleType], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files of a few drawn heads each."""
    import cv2
    from skimage import data

    photos, folder = tmp_path_factory.mktemp("photos"), tmp_path_factory.mktemp("cache")
    cv2.imwrite(str(photos / "one.jpg"), data.astronaut()[..., ::-1])
    for seed in (1, 2):
        scripts["head_cache"].draw(photos, folder, 12, seed)
    return folder


@pytest.mark.models
@pytest.mark.slow
class TestTraining:
    def test_a_drawn_head_is_kept_with_its_truth_and_its_picture(self, scripts, cache):
        path = sorted(cache.glob("*.npz"))[0]
        data, pictures = scripts["head_cache"].gathered_file(path)
        assert len(pictures) == len(data["camera"]) > 3
        picture = scripts["head_pictures"].unpacked(pictures[0])
        assert picture.shape[0] == picture.shape[1] >= 184
        assert picture.std() > 0.02
        # the landmarker saw the head where it was drawn
        model = scripts["head_pictures"].head_model()
        from nodes.head._shape import landmark_points
        from nodes.raster.geometry import project, rotation_matrix
        from nodes.sdk.values import Camera

        focal, x, y, _ = (float(value) for value in data["camera"][0])
        shape = model.mean + np.tensordot(data["identity"][0], model.identity, 1)
        world = (
            landmark_points(model, shape) @ rotation_matrix(data["rotation"][0]).T + data["translation"][0]
        )
        points = project(Camera(focal, x, y, 256, 256), world.astype(np.float32))[:, :2]
        gap = np.linalg.norm(points.mean(axis=0) - data["landmarks"][0][:468, :2].mean(axis=0))
        assert gap < 0.2 * np.ptp(points[:, 1])

    def test_a_mirrored_head_looks_mirrored(self, scripts, cache):
        from nodes.head._shape import landmark_points
        from nodes.raster.geometry import rotation_matrix

        model = scripts["head_pictures"].head_model()
        mirror = scripts["train_head_regressor"].Mirror(model)
        data, _ = scripts["head_cache"].gathered_file(sorted(cache.glob("*.npz"))[0])
        row = {name: values[0] for name, values in data.items()}
        other = mirror.of(row, 200)

        def places(row):
            shape = model.mean + np.tensordot(row["identity"], model.identity, 1)
            shape = shape + np.tensordot(row["expression"], model.expression, 1)
            return landmark_points(model, shape) @ rotation_matrix(row["rotation"]).T + row["translation"]

        expected = (places(row) * [-1, 1, 1])[mirror.landmarks]
        assert np.abs(places(other) - expected).max() < 1e-3

    def test_both_files_are_trained_and_written(self, scripts, cache, tmp_path, monkeypatch):
        from nodes.head import _correction

        correction, regressor = scripts["train_head_correction"], scripts["train_head_regressor"]
        monkeypatch.setattr(regressor, "FILE", tmp_path / "regressor.npz")
        monkeypatch.setattr(correction, "FILE", tmp_path / "correction.npz")
        monkeypatch.setattr(regressor, "HELD", 2)
        monkeypatch.setattr(regressor, "BATCH", 4)
        monkeypatch.setattr(regressor, "NETWORKS", (1, 2))
        monkeypatch.setattr(_correction, "FILE", _correction.FILE)  # put back what the script changes
        model = correction.head_model()
        learned = correction.train(model, correction.gathered(cache))
        correction.save(learned, model.name)
        with np.load(tmp_path / "correction.npz", allow_pickle=False) as stored:
            assert str(stored["model"]) == model.name
            assert np.isfinite(stored["weights"]).all()
        regressor.prepare(cache, slice(None))
        regressor.train(cache, 1, 1000)
        with np.load(tmp_path / "regressor.npz", allow_pickle=False) as stored:
            assert int(stored["looks"]) == 2
            assert len(stored["first_0_whole"]) == 1
            assert len(stored["first_1_whole"]) == 2
            assert all(np.isfinite(stored[name]).all() for name in stored.files if name != "model")
