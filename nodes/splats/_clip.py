"""Photographs of a person out of a clip: sharp frames that look from different sides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from nodes.gaussians.binding import posed
from nodes.gaussians.editing import chosen, decimated
from nodes.gaussians.heads import SHOULDERS, SplatHeadSettings, splat_head
from nodes.gaussians.person import one_identity
from nodes.gaussians.shots import Photo
from nodes.gaussians.views import View, head_views
from nodes.sdk import Context, NodeError
from nodes.sdk.errors import FacewrightError
from nodes.sdk.values import ARKIT_NAMES, Faces, HeadState, Image, Splats
from nodes.sdk.values.arrays import FloatArray

#: Frames that are looked at for each one that is taken, and at most.
_LOOKED, _MOST_LOOKED = 4, 40
#: Radians of turning that are worth as much as eyes that are open and a picture that is sharp.
_WORTH = 0.3


def photos_of_clip(text: str, count: int, context: Context, *, alike: bool = False) -> list[Photo]:
    """The frames of a clip that say most about a head: the first looks straight ahead.

    Args:
        count: how many at most. alike: take frames from sides that others show already, too.

    Raises:
        NodeError: when no frame has a face that a head can be fitted to.
        FileProblem: when the clip cannot be opened.
    """
    from nodes.face._hair import load_matte
    from nodes.face._parsing import load_parser, parse
    from nodes.face._reading import read_picture
    from nodes.head._fitting import fit_face
    from nodes.head._model import CARD, load_head_model
    from nodes.media.video_pool import clips
    from nodes.portrait.backdrop import person_alpha

    model = context.model(CARD, load_head_model)
    found: list[tuple[HeadState, Faces, float]] = []
    with clips.reader(text) as reader:
        frames = len(reader.index)
        wanted = np.unique(np.linspace(0, frames - 1, min(count * _LOOKED, _MOST_LOOKED, frames)).astype(int))
        for number in wanted:
            context.progress(0.5 * len(found) / len(wanted), f"looking at frame {number}")
            image = Image(np.ascontiguousarray(reader.frame(int(number))[..., :3], np.float32))
            faces = read_picture(image.pixels, context, noticed=False)
            if not faces:
                continue
            seen = Faces(tuple(faces), image.width, image.height)
            try:
                fit = fit_face(model, seen, image)
            except FacewrightError:
                continue  # too blurred or too far turned; the others will do
            found.append((fit, seen, _sharpness(image.pixels, fit)))
    if not found:
        raise NodeError(
            f"no frame of {Path(text).name} shows a face", hint="Choose a clip in which the person is seen"
        )
    blink = [ARKIT_NAMES.index(name) for name in ("eyeBlinkLeft", "eyeBlinkRight")]
    calm = np.array([1 - 0.8 * float(np.clip(fit.expression[blink].max(), 0, 1)) for fit, _, _ in found])
    sharp = np.array([sharp for _, _, sharp in found])
    picked = spread_views(
        np.array([fit.rotation[:2] for fit, _, _ in found]), sharp * calm, count, 0.0 if alike else 0.05
    )
    parser, matte = load_parser(context), load_matte(context)
    photos = []
    for place, number in enumerate(picked):
        context.progress(0.5 + 0.2 * place / len(picked), f"parsing view {place + 1} of {len(picked)}")
        fit, seen, _ = found[number]
        assert fit.picture is not None
        pixels = fit.picture.pixels
        labels = parse(parser, pixels, list(seen)[:1], list(seen)[1:])
        photos.append(Photo(fit, labels, person_alpha(matte, pixels)))
    return photos


def spread_views(turns: FloatArray, sharp: FloatArray, count: int, apart: float = 0.05) -> list[int]:
    """Rows that look from different sides and are sharp; the first is the straightest sharp one.

    Args:
        turns: N x 2 radians, how far heads look up or down and to the side.
        sharp: N, more is better.
        apart: radians that each is to be away from all before it.
    """
    quality = sharp / max(float(sharp.max()), 1e-12)
    taken = [int(np.argmin(np.linalg.norm(turns, axis=1) + _WORTH * (1 - quality)))]
    while len(taken) < min(count, len(turns)):
        away = np.linalg.norm(turns[:, None] - turns[taken][None], axis=2).min(axis=1)
        score = away - _WORTH * (1 - quality)
        score[taken] = -np.inf
        best = int(np.argmax(score))
        # A view that shows nothing new only blurs the others.
        if away[best] < apart:
            break
        taken.append(best)
    return taken


def _sharpness(pixels: FloatArray, fit: HeadState) -> float:
    """Energy of fine detail within the face."""
    import cv2

    left, top = np.clip(fit.landmarks[:, :2].min(axis=0), 0, None).astype(int)
    right, bottom = fit.landmarks[:, :2].max(axis=0).astype(int) + 1
    face = cv2.cvtColor(np.ascontiguousarray(pixels[top:bottom, left:right]), cv2.COLOR_RGB2GRAY)
    if min(face.shape) < 8:
        return 0.0
    return float(cv2.Laplacian(cv2.resize(face, (128, 128), interpolation=cv2.INTER_AREA), cv2.CV_32F).std())


def views_of_clip(text: str, count: int, splats: int, context: Context) -> tuple[list[View], Splats]:
    """Views of a head out of a clip, and splats to begin from; both with the head at the origin.

    Args:
        count: how many views at most. splats: how many to begin with, about.
    """
    photos = photos_of_clip(text, count, context, alike=True)
    shared = one_identity([photo.fit for photo in photos])
    photos = [replace(photo, fit=fit) for photo, fit in zip(photos, shared, strict=True)]
    if len(photos) < 2:
        raise NodeError(
            f"{Path(text).name} shows the head from one side only", hint="Choose a clip in which it turns"
        )
    context.progress(0.04, "building splats to begin from")
    bound = splat_head(photos[:4], SplatHeadSettings(detail=max(splats // 2, 5000), sharpen=6))
    still = replace(photos[0].fit, rotation=np.zeros(3, np.float32), translation=np.zeros(3, np.float32))
    begun = posed(replace(bound, rotation=still.rotation, translation=still.translation), still)
    # Shoulders do not turn with the head.
    away = np.linalg.norm(begun.positions - np.array([0.0, 0.04, 0.04]), axis=1)
    begun = chosen(begun, (begun.positions[:, 1] > SHOULDERS) & (away < 0.2))
    return head_views(photos), decimated(begun, min(splats / max(len(begun.positions), 1), 1.0))
