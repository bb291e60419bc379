"""Seeing faces: what is found, how exactly, how fast, how steadily; against the stated limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nodes.sdk import Context
from nodes.sdk.context import RunSettings
from nodes.sdk.values import Embedding, Image
from nodes.sdk.values.arrays import FloatArray
from tests.bench import face_material as material
from tests.bench.table import Row

# fmt: off
#: The single mesh points nearest to the inner 51 iBUG points, as commonly listed.
NEAREST = [
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 75, 97, 2, 326, 305, 33, 160, 158, 133,
    153, 144, 362, 385, 387, 263, 373, 380, 61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13,
    312, 308, 317, 14, 87,
]
# fmt: on


def rows() -> list[Row]:
    if not material.clips():
        return []
    return [*_found(), *_pose(), *_speed(), *_parsing(), *_identity(), *_tracking(), *_batches()]


def _found() -> list[Row]:
    """Recall and landmark error on the group photos."""
    from nodes.face._points68 import points_68
    from nodes.face.detect_faces import detect_faces
    from nodes.face.face_landmarks import face_landmarks

    context = Context()
    turns, turned = 0, 0
    wanted = seen = detected = extra = 0
    errors: list[float] = []
    nearest: list[float] = []
    for pixels, people in material.labelled():
        faces = face_landmarks(Image(pixels), context=context)
        boxes = [face.box for face in detect_faces(Image(pixels), context=context)]
        extra += max(0, len(faces) - len(people))
        for degrees in (45, 135, 180, 250):
            tilted, matrix = material.turned(pixels, degrees)
            found = [face.box for face in detect_faces(Image(tilted), context=context)]
            for points in people:
                middle = matrix @ np.array([*points[17:].mean(axis=0), 1.0])
                turns += 1
                turned += any((box[:2] < middle).all() and (middle < box[2:]).all() for box in found)
        for points in people:
            inner = points[17:]
            middle = inner.mean(axis=0)
            wanted += 1
            detected += any((box[:2] < middle).all() and (middle < box[2:]).all() for box in boxes)
            hits = [f for f in faces if (f.box[:2] < middle).all() and (middle < f.box[2:]).all()]
            if not hits:
                continue
            seen += 1
            eyes = float(np.linalg.norm(inner[19] - inner[28]))
            read = hits[0].landmarks[:, :2]
            errors.append(_mean_gap(points_68(read)[17:], inner) / eyes * 100)
            nearest.append(_mean_gap(read[NEAREST], inner) / eyes * 100)
    return [
        Row("group photos: faces of 35 px or more detected", detected / wanted, "", 1.0, "higher",
            f"{wanted} faces"),
        Row("group photos turned by 45 to 250 degrees: faces detected", turned / turns, "", None, "higher",
            f"{turns} faces"),
        Row("group photos: faces read by landmarks", seen / wanted, "", 1.0, "higher",
            f"{extra} more than are labelled"),
        Row("landmarks: inner-51 error, inter-ocular", float(np.mean(errors)), "%", 4.5, "lower",
            f"nearest mesh points {np.mean(nearest):.2f} %",
            "mixes of mesh points; chosen without the photo measured: 4.2 %"),
    ]  # fmt: skip


def _mean_gap(a: FloatArray, b: FloatArray) -> float:
    return float(np.linalg.norm(a - b, axis=1).mean())


def _pose() -> list[Row]:
    """Rotation error against the calibrated cameras of a head that does not move."""
    import json

    import cv2

    from nodes.face.face_landmarks import face_landmarks

    root = material.SAMPLES / "multiview"
    context, heads = Context(), []
    flip = np.diag([1.0, -1.0, -1.0])
    for entry in json.loads((root / "opencv_cameras.json").read_text())["frames"]:
        pixels = cv2.imread(str(root / entry["file_path"]), cv2.IMREAD_UNCHANGED).astype(np.float32) / 65535
        faces = face_landmarks(Image(np.ascontiguousarray(pixels[..., [2, 1, 0, 3]])), context=context)
        if len(faces):
            camera = flip @ np.array(entry["w2c"])[:3, :3]
            heads.append(camera.T @ faces[0].rotation)
    u, _, vt = np.linalg.svd(np.sum(heads, axis=0))
    turns = [np.degrees(np.arccos(np.clip((np.trace((u @ vt).T @ head) - 1) / 2, -1, 1))) for head in heads]
    return [
        Row("head pose: spread over calibrated views", float(np.mean(turns)), "degrees", None, "lower",
            f"{len(heads)} views from -54 to 59 degrees of yaw")
    ]  # fmt: skip


def _speed() -> list[Row]:
    """Frames a second at 720p, and what one more face costs."""
    from nodes.face.analyse_face import analyse_face
    from nodes.face.face_landmarks import face_landmarks
    from nodes.face.track_faces import track_faces

    context = Context(settings=RunSettings(fps=30))
    one, three = material.as_720p(60), material.as_720p(40, people=3)

    def read(image: Image) -> object:
        return face_landmarks(image, refine=1, smallest=40, context=context)

    state = None

    def follow(image: Image) -> object:
        nonlocal state
        carried = track_faces(image, previous=state, context=context)
        state = carried.state
        return carried

    def analyse(image: Image) -> object:
        return analyse_face(image, [], parsing=False, context=context)

    single, triple = material.median_seconds(read, one), material.median_seconds(read, three)
    followed = material.median_seconds(follow, one)
    analysed = material.median_seconds(analyse, one)
    people = [Embedding(np.eye(1, 128, dtype=np.float32)[0], "face_embedder", "nobody", True)]
    named = material.median_seconds(
        lambda image: analyse_face(image, people, parsing=False, context=context), one
    )
    return [
        Row("720p: detect + landmarks + coefficients + pose", 1 / single, "frames/s", 30, "higher",
            "", "detection in every frame"),
        Row("720p: the same in track_faces", 1 / followed, "frames/s", 30, "higher",
            "", "identity and smoothing included"),
        Row("720p: each further face", (triple - single) / 2 * 1000, "ms", 12, "lower"),
        Row("720p: analyse_face without parsing", 1 / analysed, "frames/s", 15, "higher",
            f"with a person to recognise {1 / named:.0f} frames/s"),
    ]  # fmt: skip


def _parsing() -> list[Row]:
    """Time of a face, and agreement with the network run exactly, undistorted."""
    from nodes.face._parsing import Parser, load_parser, parse, square_only, views
    from nodes.face._reading import read_picture
    from nodes.sdk.models import verified

    context = Context()
    parser, exact = load_parser(context), Parser(verified("face_parser"), exact=True)
    scores: list[float] = []
    classes: list[float] = []
    taken = exact_taken = 0.0
    for path in material.photos():
        pixels = material.picture(path)
        faces = read_picture(pixels, context)
        if not faces:
            continue
        labels = parse(parser, pixels, faces[:1])
        crop, around, seen = views(pixels, faces[0])
        reference, inside = square_only(crop, around, exact.logits(seen[:1])[0], faces[0], pixels.shape)
        shares = f1_by_class(reference, labels, inside)
        scores.append(float(np.mean(shares)))
        classes += shares
        if max(pixels.shape) == 512:
            taken = material.seconds(lambda p=pixels, f=faces: parse(parser, p, f[:1]))
            exact_taken = material.seconds(lambda p=pixels, f=faces: parse(exact, p, f[:1]))
    return [
        Row("parsing: one face at 512 px", taken * 1000, "ms", 400, "lower",
            f"in float32 {exact_taken * 1000:.0f} ms", f"{parser.dtype}, square and warp together"),
        Row("parsing: mean F1 with the exact network", float(np.mean(scores)), "", 0.95, "higher",
            f"worst photo {min(scores):.2f}", "all photos with a face, painting and monkey included"),
    ]  # fmt: skip


def f1_by_class(a: np.ndarray, b: np.ndarray, inside: np.ndarray) -> list[float]:
    """F1 of every class that fills at least 0.08 % of the square in one of two labellings."""
    least = inside.sum() * 0.0008
    shares = []
    for number in range(19):
        in_a, in_b = (a == number) & inside, (b == number) & inside
        if max(in_a.sum(), in_b.sum()) > least:
            shares.append(float(2 * (in_a & in_b).sum() / (in_a.sum() + in_b.sum())))
    return shares


def _identity() -> list[Row]:
    """True accepts of frames of the same clip at a false-accept rate of 1 in 1,000 over clips."""
    from nodes.face._identity import embeddings, load_embedder
    from nodes.face._likeness import THRESHOLDS
    from nodes.face._reading import read_picture

    context = Context()
    vectors, people = [], []
    for person, path in enumerate(material.clips()):
        for pixels in material.frames(path, 25, every=8):
            faces = read_picture(pixels, context, orientation="upright", smallest=40)
            if faces:
                vectors.append(embeddings(load_embedder(context), pixels, faces[:1])[0])
                people.append(person)
    matrix, owner = np.stack(vectors), np.array(people)
    upper = np.triu_indices(len(owner), 1)
    cosine, same = (matrix @ matrix.T)[upper], (owner[:, None] == owner[None, :])[upper]
    threshold = float(np.quantile(cosine[~same], 1 - 1e-3))
    fixed = THRESHOLDS["1 in 1,000"]
    return [
        Row("identity: true accepts at 1 in 1,000 false", float((cosine[same] > threshold).mean()), "", 0.98,
            "higher", f"at the product's threshold {fixed}: {(cosine[same] > fixed).mean():.4f}",
            f"{same.sum()} pairs of the same, {(~same).sum()} of others; threshold {threshold:.2f}"),
    ]  # fmt: skip


def _tracking() -> list[Row]:
    """Swapped numbers, trembling at rest, lag in motion."""
    import cv2

    from nodes.face._tracking import Options, step

    context = Context()
    swaps = 0
    paths = material.clips()
    for path in paths:
        state, numbers = None, set()
        for pixels in material.frames(path):
            faces, state = step(state, pixels, Options(most=1), context)
            numbers |= {face.identity for face in faces}
        swaps += max(0, len(numbers) - 1)
    cut_swaps = _cuts(paths, context)

    still = cv2.resize(material.picture(material.SAMPLES / "photos" / "portrait_s1.jpg"), (512, 512),
                       interpolation=cv2.INTER_AREA)  # fmt: skip
    noise = np.random.default_rng(0)
    noisy = [(still + noise.normal(0, 0.02, still.shape)).astype(np.float32) for _ in range(40)]
    tremble = {s: _followed(noisy, s, 25, context)[10:, :, :2].std(axis=0).mean() for s in (0.0, 0.5)}
    lags = []
    for path in sorted(material.SAMPLES.glob("driving/driving_*.mp4")):
        moving = list(material.frames(path, 120))
        lags.append(_lag(_followed(moving, 0.0, 25, context), _followed(moving, 0.5, 25, context)))
    return [
        Row("track_faces: numbers swapped in the clips", swaps, "", 0, "lower", f"{len(paths)} clips"),
        Row("track_faces: wrong numbers over 18 cuts between 9 people", cut_swaps, "", 0, "lower"),
        Row("smoothing: standard deviation at rest, 512 px", float(tremble[0.5]), "px", 0.3, "lower",
            f"without smoothing {tremble[0.0]:.2f} px", "photo with fresh noise of 2 % in every frame"),
        Row("smoothing: lag on expressive clips", max(lags), "frames", 1.0, "lower",
            f"mean {np.mean(lags):.2f} frames", "worst of 4 clips"),
    ]  # fmt: skip


def _cuts(paths: list, context: Context) -> int:
    """Two rounds of half a second of every clip, cut hard: faces whose number is not their person's."""
    import cv2

    from nodes.face._tracking import Options, step

    state, owner, wrong = None, {}, 0
    for turn in range(2):
        for person, path in enumerate(paths):
            numbers = []
            for pixels in list(material.frames(path, 12, every=2 + turn)):
                pixels = cv2.resize(pixels, (512, int(512 * pixels.shape[0] / pixels.shape[1])))[:512]
                padded = np.zeros((512, 512, 3), np.float32)
                padded[: pixels.shape[0]] = pixels
                faces, state = step(state, padded, Options(most=1), context)
                numbers += [face.identity for face in faces]
            for number in set(numbers):
                wrong += owner.setdefault(person, number) != number
                wrong += any(other != person and known == number for other, known in owner.items())
    return wrong


def _followed(pictures: list[FloatArray], smoothing: float, fps: float, context: Context) -> FloatArray:
    """T x 478 x 3 landmarks of the largest face."""
    from nodes.face._tracking import Options, step

    state, result = None, []
    for pixels in pictures:
        faces, state = step(state, pixels, replace(Options(), smoothing=smoothing, fps=fps, most=1), context)
        result.append(faces[0].landmarks)
    return np.stack(result)


def _lag(raw: FloatArray, smooth: FloatArray) -> float:
    """By how many frames one trajectory is behind another: the shift of least squared difference."""
    times = np.arange(len(raw))
    a, b = raw[:, :468:4, :2].reshape(len(raw), -1), smooth[:, :468:4, :2].reshape(len(raw), -1)
    shifts = np.arange(-1, 3.01, 0.05)
    errors = []
    for shift in shifts:
        moved = np.stack([np.interp(times - shift, times, a[:, k]) for k in range(a.shape[1])], axis=1)
        errors.append(float(((moved - b)[4:-4] ** 2).mean()))
    return float(shifts[int(np.argmin(errors))])


def _batches() -> list[Row]:
    """What it brings to give a network several faces in one call, here and now."""
    from nodes.face import _identity
    from nodes.face._identity import load_embedder

    embedder = load_embedder(Context())
    crops = np.random.default_rng(0).random((8, 112, 112, 3), np.float32)
    own = (_identity._BATCH_CPU, _identity._BATCH_GPU)
    taken = {}
    try:
        for size in (1, 8):
            _identity._BATCH_CPU = _identity._BATCH_GPU = size
            taken[size] = material.seconds(lambda: embedder.embed(crops)) / 8 * 1000
    finally:
        _identity._BATCH_CPU, _identity._BATCH_GPU = own
    where = "graphics card" if embedder.on_gpu else "processor"
    used = own[1] if embedder.on_gpu else own[0]
    return [
        Row("identity: one face of eight", taken[8 if used > 1 else 1], "ms", None, "lower",
            f"one by one {taken[1]:.1f} ms, in one call {taken[8]:.1f} ms", f"{where}, {used} in a call")
    ]  # fmt: skip
