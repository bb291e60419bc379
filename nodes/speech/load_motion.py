from typing import Annotated

from nodes.sdk import File, FileProblem, Slider, node
from nodes.sdk.values import Motion


@node(title="Load motion", category="Speech")
def load_motion(
    *,
    path: Annotated[str, File("Motion", ("csv", "glb", "gltf", "bvh", "npz"))] = "",
    fps: Annotated[float, Slider(0.0, 240.0, unit="frames/s")] = 0.0,
) -> Motion:
    """Open a recorded motion.

    - **csv**: as the Live Link Face app writes it: 52 coefficients, head and eyes.
    - **glb**, **gltf**: the first animation of shape keys by ARKit names, with the head and the eyes.
    - **bvh**: the head's movement alone, from the joint called head, or the first one.
    - **npz**: a motion that this program wrote.

    **Fps**: 0 reads it from the file. Live Link files without a whole second in them are taken as
    60.
    """
    from dataclasses import replace

    from nodes.media.bvh import motion_from_bvh
    from nodes.media.files import existing_file
    from nodes.media.gltf_motion_reading import motion_from_gltf
    from nodes.media.live_link import motion_from_csv
    from nodes.media.stored import stored_value

    file = existing_file(path, "motion file")
    if file.suffix.lower() in (".glb", ".gltf"):
        return motion_from_gltf(file, fps)
    if file.suffix.lower() == ".npz":
        stored = stored_value(file)
        if not isinstance(stored, Motion):
            raise FileProblem(f"{file.name} holds no motion", hint="Choose what 'Save motion' wrote")
        return replace(stored, fps=fps) if fps > 0 else stored
    if file.stat().st_size > 512 << 20:
        raise FileProblem(f"{file.name} is larger than 512 MB", hint="Cut it into parts")
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileProblem(f"{file.name} is no text file", hint="Choose a .csv, .glb, .bvh or .npz") from error
    if file.suffix.lower() == ".bvh":
        motion = motion_from_bvh(text, file.name)
        return replace(motion, fps=fps) if fps > 0 else motion
    return motion_from_csv(text, file.name, fps)
