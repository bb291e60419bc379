"""Compiled loops of the photo renderer: skin and lids, then the inside of the mouth."""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

# Columns of the table that describes an eye to `draw_skin`.
EYE_COLUMNS = 17
(
    ORIGIN_X, ORIGIN_Y, ALONG_X, ALONG_Y, HALF, UPPER_SHARE, LOWER_SHARE, UPPER_REACH, LOWER_REACH,
    GAZE_X, GAZE_Y, IRIS_X, IRIS_Y, IRIS_RADIUS, LASH_RED, LASH_GREEN, LASH_BLUE,
) = range(EYE_COLUMNS)  # fmt: skip


@njit(cache=True, fastmath=True, inline="always")
def _smooth(low, high, value):  # type: ignore[no-untyped-def]
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@njit(cache=True, fastmath=True, inline="always")
def _curve(samples, a):  # type: ignore[no-untyped-def]
    place = (a + 1.0) * 0.5 * (len(samples) - 1)
    if place <= 0.0:
        return samples[0]
    if place >= len(samples) - 1:
        return samples[-1]
    left = int(place)
    share = place - left
    return samples[left] * (1.0 - share) + samples[left + 1] * share


@njit(cache=True, fastmath=True)
def _cubic(picture, x, y, colour):  # type: ignore[no-untyped-def]
    """Catmull-Rom sampling at a pixel position; edge pixels repeat outside."""
    height, width = picture.shape[:2]
    x -= 0.5
    y -= 0.5
    left = int(math.floor(x))  # noqa: RUF046 - floor of a float32 is a float here
    top = int(math.floor(y))  # noqa: RUF046
    fx = x - left
    fy = y - top
    wx0 = ((-0.5 * fx + 1.0) * fx - 0.5) * fx
    wx1 = (1.5 * fx - 2.5) * fx * fx + 1.0
    wx2 = ((-1.5 * fx + 2.0) * fx + 0.5) * fx
    wx3 = (0.5 * fx - 0.5) * fx * fx
    wy0 = ((-0.5 * fy + 1.0) * fy - 0.5) * fy
    wy1 = (1.5 * fy - 2.5) * fy * fy + 1.0
    wy2 = ((-1.5 * fy + 2.0) * fy + 0.5) * fy
    wy3 = (0.5 * fy - 0.5) * fy * fy
    x0 = min(max(left - 1, 0), width - 1)
    x1 = min(max(left, 0), width - 1)
    x2 = min(max(left + 1, 0), width - 1)
    x3 = min(max(left + 2, 0), width - 1)
    colour[0] = colour[1] = colour[2] = 0.0
    for j in range(4):
        row = min(max(top - 1 + j, 0), height - 1)
        wy = wy0 if j == 0 else (wy1 if j == 1 else (wy2 if j == 2 else wy3))
        for k in range(3):
            colour[k] += wy * (
                wx0 * picture[row, x0, k]
                + wx1 * picture[row, x1, k]
                + wx2 * picture[row, x2, k]
                + wx3 * picture[row, x3, k]
            )


@njit(cache=True, fastmath=True)
def _above(b, edge, shift, reach):  # type: ignore[no-untyped-def]
    """Where on the photo's lid a height of the moved lid comes from (b at or beyond the moved edge).

    The lid moves by shift * fall(t), t the distance from its edge as a share of reach; the first
    eighth moves rigidly, so that lashes are not stretched.
    """
    source = b + shift
    for _ in range(6):
        t = (source - edge) / reach
        if t <= 0.125:
            fall = 1.0
            slope = 0.0
        elif t >= 1.0:
            fall = 0.0
            slope = 0.0
        else:
            s = (t - 0.125) / 0.875
            fall = 1.0 - s * s * (3.0 - 2.0 * s)
            slope = -6.0 * s * (1.0 - s) / (0.875 * reach)
        value = source - shift * fall - b
        derivative = max(1.0 - shift * slope, 0.25)
        source -= value / derivative
    return max(source, edge)


@njit(cache=True, fastmath=True, parallel=True)
def draw_skin(  # type: ignore[no-untyped-def]
    where, shading, skin, lids, photo, eyeballs, eyes, uppers, lowers, left, top, out
):
    """Fill `out` (a window of the picture) with skin, lids and eyes.

    Args:
        where: h x w x 2, the place in the photo that each pixel of the window shows.
        shading: h x w, multiplies the skin.
        skin: the photo with eyes and mouth filled with the skin around them.
        lids: the same without lashes, liner and what else lies around open eyes.
        photo: the photo. eyeballs: the photo with the eyeballs completed beyond the lids.
        eyes: 2 x EYE_COLUMNS. uppers, lowers: 2 x SAMPLES, the lids' edges in the photo.
        left, top: where the window lies; pixels that show themselves are copied.
    """
    height, width = where.shape[:2]
    for row in prange(height):
        # Zeros: what memory held before may be NaN, and 0 x NaN would blacken a channel of the row.
        colour = np.zeros(3, np.float32)
        eye_colour = np.zeros(3, np.float32)
        second = np.zeros(3, np.float32)
        for column in range(width):
            sx = where[row, column, 0]
            sy = where[row, column, 1]
            cover = 0.0
            stroke = 0.0
            eye = 0
            stretched = False
            closing = 0.0
            lid_x = sx
            lid_y = sy
            for e in range(eyes.shape[0]):
                half = eyes[e, HALF]
                dx = sx - eyes[e, ORIGIN_X]
                dy = sy - eyes[e, ORIGIN_Y]
                ux = eyes[e, ALONG_X]
                uy = eyes[e, ALONG_Y]
                a = (dx * ux + dy * uy) / half
                b = (dx * uy - dy * ux) / half
                if abs(a) > 1.6 or b > 2.2 or b < -2.0:
                    continue
                shut = min(eyes[e, UPPER_SHARE] + eyes[e, LOWER_SHARE], 1.0)
                upper = _curve(uppers[e], a)
                lower = _curve(lowers[e], a)
                # A lid that comes down is skin of its own, not the fold above it drawn out.
                closing = 0.88 * _smooth(0.08, 0.5, shut) * (1.0 - _smooth(1.12, 1.55, abs(a)))
                closing *= 1.0 - _smooth(0.10, 0.48, b - upper)
                closing *= 1.0 - _smooth(0.05, 0.24, lower - b)
                lid_x = sx
                lid_y = sy
                if abs(a) > 1.1:
                    break
                gap = upper - lower
                down = eyes[e, UPPER_SHARE] * gap
                up = eyes[e, LOWER_SHARE] * gap
                new_upper = upper - down
                new_lower = lower + up
                source = b
                if b > new_upper:
                    source = _above(b, upper, down, eyes[e, UPPER_REACH])
                elif b < new_lower:
                    source = -_above(-b, -lower, up, eyes[e, LOWER_REACH])
                elif down != 0.0 or up != 0.0:
                    source = upper if new_upper - b < b - new_lower else lower
                eye = e
                closed = 1.0 - (new_upper - new_lower) / max(gap, 1e-4)
                if closed > 0.1 and abs(a) < 1.0:
                    # Closed lashes form one dark line; torn-up bits of the open lid's would not.
                    thick = max(0.045 * half, 0.55) * (1.0 - 0.5 * a * a)
                    off = abs(b - new_upper) * half
                    stroke = 0.75 * _smooth(0.1, 0.6, closed) * (1.0 - _smooth(0.4, 1.7, off / thick))
                    stroke *= 1.0 - _smooth(0.86, 1.0, abs(a))
                    # the skin beside it is the lid's, from above the open lid's lashes
                    lift = 0.09 * _smooth(0.0, 0.4, 1.0 - abs(a)) * _smooth(0.55, 1.0, closed)
                    if b > new_upper and source < upper + 2.0 * lift:
                        source = upper + lift + 0.5 * max(source - upper, 0.0)
                    if b < new_lower and source > lower - 2.0 * lift:
                        source = lower - lift - 0.5 * max(lower - source, 0.0)
                if gap > 1e-4 and abs(a) < 1.0:
                    beyond = min(b - new_lower, new_upper - b) * half
                    ramp = max(0.8, 0.03 * half)
                    open_share = (new_upper - new_lower) / gap
                    cover = min(max(1.0 + beyond / ramp, 0.0), 1.0) * _smooth(0.0, 0.25, open_share)
                    if cover > 0.0:
                        px = sx
                        py = sy
                        gaze = math.hypot(eyes[e, GAZE_X], eyes[e, GAZE_Y])
                        if gaze > 1e-3:
                            rx = sx - eyes[e, IRIS_X] - eyes[e, GAZE_X]
                            ry = sy - eyes[e, IRIS_Y] - eyes[e, GAZE_Y]
                            radius = eyes[e, IRIS_RADIUS]
                            pull = 1.0 - _smooth(1.0, 2.6, math.hypot(rx, ry) / radius)
                            px -= eyes[e, GAZE_X] * pull
                            py -= eyes[e, GAZE_Y] * pull
                        own = max(min(gaze, 1.0), min(max(-down, -up) * half, 1.0))
                        _cubic(photo, px, py, eye_colour)
                        if own > 0.0:
                            _cubic(eyeballs, px, py, second)
                            for k in range(3):
                                eye_colour[k] += own * (second[k] - eye_colour[k])
                        # The lid throws a soft shadow on the eye as it comes down.
                        shadow = 0.4 * min(max(1.0 - open_share, 0.0), 1.0)
                        near = (new_upper - b) / max(gap, 1e-3)
                        tone = 1.0 - shadow * (1.0 - _smooth(0.0, 0.6, near))
                        for k in range(3):
                            eye_colour[k] *= tone
                if source != b:
                    stretched = True
                    sx += (source - b) * half * uy
                    sy -= (source - b) * half * ux
                break
            light = shading[row, column]
            if not stretched and cover == 0.0 and light == 1.0 and closing == 0.0:
                gone = abs(sx - (left + column + 0.5)) + abs(sy - (top + row + 0.5))
                if gone < 1e-3:
                    for k in range(3):
                        out[row, column, k] = photo[top + row, left + column, k]
                    continue
            _cubic(skin, sx, sy, colour)
            if closing > 0.0:
                _cubic(lids, lid_x, lid_y, second)
                for k in range(3):
                    colour[k] += closing * (second[k] - colour[k])
            for k in range(3):
                value = colour[k] * light
                value += cover * (eye_colour[k] - value)
                value += stroke * (eyes[eye, LASH_RED + k] - value)
                out[row, column, k] = min(max(value, 0.0), 1.0)


@njit(cache=True, fastmath=True)
def _strip(texture, x, y, colour):  # type: ignore[no-untyped-def]
    """Bilinear look-up of an RGBA strip at texel (x, y); returns its alpha, 0 outside."""
    height, width = texture.shape[:2]
    if x < 0.0 or y < 0.0 or x >= width - 1 or y >= height - 1:
        return 0.0
    left = int(x)
    top = int(y)
    fx = x - left
    fy = y - top
    for k in range(3):
        upper = texture[top, left, k] * (1 - fx) + texture[top, left + 1, k] * fx
        lower = texture[top + 1, left, k] * (1 - fx) + texture[top + 1, left + 1, k] * fx
        colour[k] = upper * (1 - fy) + lower * fy
    upper = texture[top, left, 3] * (1 - fx) + texture[top, left + 1, 3] * fx
    lower = texture[top + 1, left, 3] * (1 - fx) + texture[top + 1, left + 1, 3] * fx
    return upper * (1 - fy) + lower * fy


@njit(cache=True, fastmath=True, parallel=True)
def draw_mouth(  # type: ignore[no-untyped-def]
    photo, frame, upper, lower, old_frame, old_upper, old_lower, to_skull, to_jaw,
    teeth, teeth_place, low_teeth, low_place, tones, toothed, change, left, top, out,
):  # fmt: skip
    """Fill the opening between the lips in `out` (a window of the picture at left, top).

    Layers from the back: the dark of the mouth, the tongue, the lower teeth (which ride on the
    jaw), the upper teeth, and what the photo itself shows between its lips (fixed to the skull).

    Args:
        frame, upper, lower: the opening as a Slit; old_*: the photo's own.
        to_skull, to_jaw: 2 x 3, from a pixel to the photo's pixel that moves with skull or jaw.
        teeth, low_teeth: RGBA strips. teeth_place, low_place: 2 x 3, from the photo's pixels to texels.
        tones: 3 x 3, colours of the dark, the tongue and the lip's inside.
        toothed: 0..1, whether what the photo shows is teeth; a mere gap between lips does not grow.
        change: 0 when nothing moved, 1 when the mouth is clearly another one.
    """
    height, width = out.shape[:2]
    half = frame[4]
    old_half = old_frame[4]
    floor = _curve(lower, 0.0)
    middle = (_curve(upper, 0.0) - floor) * half
    for row in prange(height):
        colour = np.zeros(3, np.float32)
        layer = np.zeros(3, np.float32)
        y = top + row + 0.5
        for column in range(width):
            x = left + column + 0.5
            a = ((x - frame[0]) * frame[2] + (y - frame[1]) * frame[3]) / half
            b = ((x - frame[0]) * frame[3] - (y - frame[1]) * frame[2]) / half
            # What is torn open beside the corners is the inside of lips, not the pale skin around them.
            if change > 0.0 and abs(a) > 0.55 and abs(a) < 1.12 and middle > 0.05 * half:
                at = min(max(a, -0.97), 0.97)
                # towards the corners the curves are steep: true distances are shorter than vertical ones
                rise_up = (_curve(upper, at + 0.03) - _curve(upper, at - 0.03)) / 0.06
                rise_low = (_curve(lower, at + 0.03) - _curve(lower, at - 0.03)) / 0.06
                outside = (
                    max(
                        (b - _curve(upper, at)) / math.sqrt(1.0 + rise_up * rise_up),
                        (_curve(lower, at) - b) / math.sqrt(1.0 + rise_low * rise_low),
                    )
                    * half
                )
                past = max(abs(a) - 1.0, 0.0) * half
                reach = max(0.16 * half, 2.0)
                dim = 1.0 - _smooth(0.3, 1.0, math.hypot(max(outside, 0.0), past) / reach)
                dim *= 0.85 * change * _smooth(0.55, 0.8, abs(a)) * _smooth(0.05, 0.25, middle / half)
                for k in range(3):
                    value = out[row, column, k]
                    out[row, column, k] = value + dim * (min(value, 0.9 * tones[2, k]) - value)
            if abs(a) >= 1.0:
                continue
            edge_up = _curve(upper, a)
            edge_low = _curve(lower, a)
            gap = edge_up - edge_low
            rise_up = (_curve(upper, a + 0.03) - _curve(upper, a - 0.03)) / 0.06
            rise_low = (_curve(lower, a + 0.03) - _curve(lower, a - 0.03)) / 0.06
            from_up = (edge_up - b) * half / math.sqrt(1.0 + rise_up * rise_up)
            from_low = (b - edge_low) * half / math.sqrt(1.0 + rise_low * rise_low)
            beyond = min(from_up, from_low)
            ramp = max(0.9, 0.02 * half)
            cover = min(max(1.0 + beyond / ramp, 0.0), 1.0) * _smooth(0.3, 1.6, gap * half)
            if cover <= 0.0:
                continue
            opening = gap * half
            depth = _smooth(0.0, 0.30 * half, opening)
            # cheeks catch some light beside the dark of the throat
            inner = _smooth(0.0, 0.36 * half, max(beyond, 0.0))
            for k in range(3):
                cheek = 0.55 * tones[2, k] * (0.55 + 0.45 * _smooth(0.0, 0.10 * half, from_up))
                colour[k] = cheek * (1.0 - inner) + tones[0, k] * inner
            # tongue: a soft mound that rests on the jaw, grooved in the middle, dark towards the throat
            mound = (0.28 * half + 0.44 * middle) * math.sqrt(max(1.0 - (a / 0.95) ** 2, 0.0))
            height = (b - floor) * half
            tongue = _smooth(0.0, 0.16 * half, mound - height) * depth
            back = height / max(mound, 1e-3)
            groove = math.exp(-((a / 0.09) ** 2)) * _smooth(0.1, 0.4, back) * (1.0 - _smooth(0.5, 0.8, back))
            light = 0.50 + 0.50 * _smooth(0.0, 0.22 * half, from_low) * (1.0 - 0.35 * abs(a))
            light *= (1.0 - 0.08 * groove) * (1.0 - 0.55 * _smooth(0.45, 1.05, back))
            for k in range(3):
                colour[k] += tongue * (tones[1, k] * light - colour[k])
            # lower teeth
            jx = to_jaw[0, 0] * x + to_jaw[0, 1] * y + to_jaw[0, 2]
            jy = to_jaw[1, 0] * x + to_jaw[1, 1] * y + to_jaw[1, 2]
            tx = low_place[0, 0] * jx + low_place[0, 1] * jy + low_place[0, 2]
            ty = low_place[1, 0] * jx + low_place[1, 1] * jy + low_place[1, 2]
            alpha = _strip(low_teeth, tx, ty, layer) * depth
            shade = 0.36 + 0.40 * _smooth(0.0, 0.12 * half, from_low)
            for k in range(3):
                # in the shade of the lips the light comes off flesh: it is red
                tint = 1.0 - (0.22 * k if k < 2 else 0.20) * (1.0 - shade)
                colour[k] += alpha * (layer[k] * shade * tint - colour[k])
            # upper teeth
            qx = to_skull[0, 0] * x + to_skull[0, 1] * y + to_skull[0, 2]
            qy = to_skull[1, 0] * x + to_skull[1, 1] * y + to_skull[1, 2]
            tx = teeth_place[0, 0] * qx + teeth_place[0, 1] * qy + teeth_place[0, 2]
            ty = teeth_place[1, 0] * qx + teeth_place[1, 1] * qy + teeth_place[1, 2]
            alpha = _strip(teeth, tx, ty, layer)
            # at the sides the arch turns away, behind the cheek
            alpha *= 1.0 - _smooth(0.70, 1.0, abs(2.0 * tx / teeth.shape[1] - 1.0) / 0.948)
            shade = 0.58 + 0.42 * _smooth(0.0, 0.09 * half, from_up)
            for k in range(3):
                tint = 1.0 - (0.10 * k if k < 2 else 0.15) * (1.0 - shade)
                colour[k] += alpha * (layer[k] * shade * tint - colour[k])
            # what the photo shows
            oa = ((qx - old_frame[0]) * old_frame[2] + (qy - old_frame[1]) * old_frame[3]) / old_half
            ob = ((qx - old_frame[0]) * old_frame[3] - (qy - old_frame[1]) * old_frame[2]) / old_half
            oa_in = min(max(oa, -0.97), 0.97)
            old_up = _curve(old_upper, oa_in)
            old_low = _curve(old_lower, oa_in)
            old_gap = (old_up - old_low) * old_half
            seen = _smooth(0.7, 2.2, old_gap)
            if seen > 0.0:
                soft = max(1.0, 0.05 * old_half)
                below = (ob - old_low) * old_half
                seen *= min(max(1.0 + below / soft, 0.0), 1.0)
                seen *= 1.0 - _smooth(0.0, 0.12, abs(oa) - 0.97)
                beyond_lip = (ob - old_up) * old_half
                grown = opening - old_gap
                lost = max(_smooth(0.3, 1.5, beyond_lip), _smooth(0.6, 0.12 * half + 2.0, grown))
                seen *= 1.0 - (1.0 - toothed) * change * lost
                margin = change * min(1.0 / old_half, 0.25 * (old_up - old_low))
                held = min(max(ob, old_low + margin), old_up - margin)
                px = old_frame[0] + old_half * (oa_in * old_frame[2] + held * old_frame[3])
                py = old_frame[1] + old_half * (oa_in * old_frame[3] - held * old_frame[2])
                if change == 0.0:
                    px = qx
                    py = qy
                _cubic(photo, px, py, layer)
                # above the teeth that the photo shows lie gums, not the last row of them drawn out
                gum = 0.9 * change * _smooth(0.5, 0.09 * half + 1.5, beyond_lip)
                for k in range(3):
                    layer[k] += gum * (0.86 * tones[2, k] - layer[k])
                shade = 1.0 - change * 0.35 * (1.0 - _smooth(0.0, 0.10 * half, from_up))
                for k in range(3):
                    colour[k] += seen * (layer[k] * shade - colour[k])
            for k in range(3):
                value = out[row, column, k]
                out[row, column, k] = min(max(value + cover * (colour[k] - value), 0.0), 1.0)
