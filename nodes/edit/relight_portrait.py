from typing import Annotated, Literal

from nodes.sdk import Around, Choice, Colour, Context, Slider, node
from nodes.sdk.values import Faces, HeadState, Image, Mask


@node(title="Relight portrait", category="Edit", models=("portrait_matte",), note="classical", edits="light")
def relight_portrait(
    image: Image,
    head: HeadState,
    mask: Mask | None = None,
    like: HeadState | None = None,
    faces: Annotated[list[Faces] | None, Around(12, 12)] = None,
    *,
    strength: Annotated[float, Slider(0.0, 1.0)] = 0.8,
    sideways: Annotated[float, Slider(-90.0, 90.0, unit="degrees", group="Light")] = 45.0,
    up: Annotated[float, Slider(-60.0, 80.0, unit="degrees", group="Light")] = 25.0,
    hardness: Annotated[float, Slider(0.0, 1.0, group="Light")] = 0.7,
    brightness: Annotated[float, Slider(-2.0, 2.0, unit="stops", group="Light")] = 0.0,
    colour: Annotated[tuple[float, float, float], Colour(group="Light")] = (1.0, 1.0, 1.0),
    when_lost: Annotated[Literal["hold", "fade out", "fail"], Choice()] = "hold",
    context: Context,
) -> Image:
    """Light a photographed face anew: from another side, harder or softer, in another colour.

    The light in the picture is estimated on the fitted head, taken away, and replaced.

    - **Sideways, Up**: where the light comes from; 0, 0 is from the camera. Keyframe them to let a
      light wander round.
    - **Hardness**: 0 is light from everywhere, 1 a single lamp.
    - **Brightness** and **Colour** of the new light.
    - **Strength**: 0 gives the picture back.
    - **Like**: a head fitted to another photo; its light is taken instead of Sideways, Up and
      Hardness.
    - **Mask**: what is lit: wire 'Face mask' or 'Hair matte'. Without it the person is cut out as by
      'Person matte', and the light fades out below the neck and along far hair.
    - **Faces** (from 'Track faces' of the clip) tells when the face is lost; **When lost** then
      holds the light, fades it out and in over half a second, or fails.

    Limits: light is soft light: no cast shadows are made, and those that are in the picture stay.
    Glasses and teeth take the light of the skin beside them, eyes half of it. A face half in the dark
    has no colour there to bring out.

    Source: spherical harmonics irradiance ratio on the fitted head (Ramamoorthi and Hanrahan 2001;
    Wen, Liu and Huang 2003).
    """
    import numpy as np

    from nodes.face._hair import load_matte
    from nodes.head._shape import as_fitted
    from nodes.portrait.belonging import picture_of, require_fitted_to, require_size_of
    from nodes.portrait.editing import person_of, portrait_of
    from nodes.portrait.presence import seen_share, tell_if_cut
    from nodes.portrait.relighting import directed, head_matte, relit, seen_brightness
    from nodes.raster.light import LUMINANCE

    fit = as_fitted(head)
    require_fitted_to(fit, image)
    require_size_of(image, mask=mask)
    if strength > 0:
        tell_if_cut(fit, context)
        strength *= seen_share(faces, fit, when_lost, context)
    if strength <= 0:
        return image
    light = portrait_of(fit, image, None).light
    if like is None:
        harmonics = directed(sideways, up, hardness)
    else:
        other = as_fitted(like)
        harmonics = portrait_of(other, picture_of(other, "'Like'"), None).light.harmonics
    level = seen_brightness(light, light.harmonics) / max(seen_brightness(light, harmonics), 1e-4)
    harmonics = harmonics * np.float32(level * 2.0**brightness)
    if mask is None:
        matte = head_matte(fit, image.width, image.height) * person_of(image, load_matte(context))
    else:
        matte = mask.alpha
    tint = np.array(colour, np.float32)
    tint = tint / max(float(tint @ LUMINANCE), 1e-3)
    return Image(relit(image.pixels, fit, light, harmonics, tint, matte, strength), image.linear)
