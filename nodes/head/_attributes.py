"""The named shape sliders of the head model, as a block of parameters."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from nodes.sdk import Slider

# group, parameter, the model's name for it
_TABLE = (
    ("Person", "age", "age"),
    ("Person", "childhood", "childhood"),
    ("Person", "gender", "gender"),
    ("Person", "weight", "weight"),
    ("Person", "muscle", "muscle"),
    ("Ancestry", "african", "african"),
    ("Ancestry", "asian", "asian"),
    ("Ancestry", "caucasian", "caucasian"),
    ("Head", "head_fat", "head-fat-decr-incr"),
    ("Head", "head_width", "head-scale-horiz-decr-incr"),
    ("Head", "head_height", "head-scale-vert-decr-incr"),
    ("Head", "head_depth", "head-scale-depth-decr-incr"),
    ("Head", "head_back", "head-back-scale-depth-decr-incr"),
    ("Head", "head_angle", "head-angle-in-out"),
    ("Head", "round", "head-round"),
    ("Head", "oval", "head-oval"),
    ("Head", "square", "head-square"),
    ("Head", "rectangular", "head-rectangular"),
    ("Head", "triangular", "head-triangular"),
    ("Head", "diamond", "head-diamond"),
    ("Forehead", "forehead_height", "forehead-scale-vert-decr-incr"),
    ("Forehead", "forehead_forward", "forehead-trans-backward-forward"),
    ("Forehead", "forehead_bulge", "forehead-nubian-decr-incr"),
    ("Forehead", "temples", "forehead-temple-decr-incr"),
    ("Brows", "brow_height", "eyebrows-trans-down-up"),
    ("Brows", "brow_angle", "eyebrows-angle-down-up"),
    ("Brows", "brow_forward", "eyebrows-trans-backward-forward"),
    ("Eyes", "eye_size", "eye-scale-decr-incr"),
    ("Eyes", "eye_distance", "eye-trans-in-out"),
    ("Eyes", "eye_level", "eye-trans-down-up"),
    ("Eyes", "eye_opening", "eye-height2-decr-incr"),
    ("Eyes", "eye_inner_corner", "eye-corner1-down-up"),
    ("Eyes", "eye_outer_corner", "eye-corner2-down-up"),
    ("Eyes", "eye_bags", "eye-bag-decr-incr"),
    ("Eyes", "eye_fold", "eye-eyefold-down-up"),
    ("Eyes", "epicanthus", "eye-epicanthus-in-out"),
    ("Nose", "nose_width", "nose-scale-horiz-decr-incr"),
    ("Nose", "nose_length", "nose-scale-vert-decr-incr"),
    ("Nose", "nose_depth", "nose-scale-depth-decr-incr"),
    ("Nose", "nose_hump", "nose-hump-decr-incr"),
    ("Nose", "nose_curve", "nose-curve-concave-convex"),
    ("Nose", "nose_tip_height", "nose-point-down-up"),
    ("Nose", "nose_tip_width", "nose-point-width-decr-incr"),
    ("Nose", "nose_bridge_width", "nose-width1-decr-incr"),
    ("Nose", "nose_middle_width", "nose-width2-decr-incr"),
    ("Nose", "nostril_width", "nose-nostrils-width-decr-incr"),
    ("Nose", "nostril_flare", "nose-flaring-decr-incr"),
    ("Nose", "nose_level", "nose-trans-down-up"),
    ("Mouth", "mouth_width", "mouth-scale-horiz-decr-incr"),
    ("Mouth", "mouth_level", "mouth-trans-down-up"),
    ("Mouth", "mouth_forward", "mouth-trans-backward-forward"),
    ("Mouth", "mouth_corners", "mouth-angles-down-up"),
    ("Mouth", "upper_lip_volume", "mouth-upperlip-volume-decr-incr"),
    ("Mouth", "upper_lip_height", "mouth-upperlip-height-decr-incr"),
    ("Mouth", "lower_lip_volume", "mouth-lowerlip-volume-decr-incr"),
    ("Mouth", "lower_lip_height", "mouth-lowerlip-height-decr-incr"),
    ("Mouth", "cupids_bow", "mouth-cupidsbow-decr-incr"),
    ("Mouth", "philtrum", "mouth-philtrum-volume-decr-incr"),
    ("Mouth", "laugh_lines", "mouth-laugh-lines-in-out"),
    ("Cheeks", "cheek_volume", "cheek-volume-decr-incr"),
    ("Cheeks", "cheek_bones", "cheek-bones-decr-incr"),
    ("Cheeks", "cheek_level", "cheek-trans-down-up"),
    ("Cheeks", "inner_cheeks", "cheek-inner-decr-incr"),
    ("Chin and jaw", "chin_height", "chin-height-decr-incr"),
    ("Chin and jaw", "chin_width", "chin-width-decr-incr"),
    ("Chin and jaw", "chin_forward", "chin-prominent-decr-incr"),
    ("Chin and jaw", "chin_cleft", "chin-cleft-decr-incr"),
    ("Chin and jaw", "chin_bones", "chin-bones-decr-incr"),
    ("Chin and jaw", "jaw_drop", "chin-jaw-drop-decr-incr"),
    ("Chin and jaw", "underbite", "chin-prognathism-decr-incr"),
    ("Ears", "ear_size", "ear-scale-decr-incr"),
    ("Ears", "ear_lobe", "ear-lobe-decr-incr"),
    ("Ears", "ear_wing", "ear-wing-decr-incr"),
    ("Ears", "ear_level", "ear-trans-down-up"),
    ("Ears", "ear_point", "ear-shape-pointed-triangle"),
    ("Neck", "neck_width", "neck-scale-horiz-decr-incr"),
    ("Neck", "neck_depth", "neck-scale-depth-decr-incr"),
    ("Neck", "double_chin", "neck-double-decr-incr"),
)

#: The model's name of each parameter.
MODEL_NAMES = {parameter: name for _, parameter, name in _TABLE}

#: One slider per named shape, in standard deviations of the model; 0 leaves the person as fitted.
AttributeSliders = TypedDict(  # type: ignore[misc]
    "AttributeSliders",
    {parameter: Annotated[float, Slider(-4.0, 4.0, group=group)] for group, parameter, _ in _TABLE},
)


def as_changes(sliders: dict[str, Any]) -> dict[str, float]:
    """Slider values by the model's names, those that are not 0."""
    return {MODEL_NAMES[key]: float(value) for key, value in sliders.items() if value}
