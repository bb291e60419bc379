"""Reading picture files into sRGB-encoded float pictures.

Turned upright by the EXIF orientation, converted to sRGB by the embedded colour profile, 16 bits
kept, transparency kept. Sizes are checked from the header before anything is allocated.
"""

from __future__ import annotations

import importlib.util
import logging
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nodes.media.files import existing_file
from nodes.sdk import FileProblem, NodeError
from nodes.sdk.values import Image

if TYPE_CHECKING:
    from PIL import Image as Pillow

logger = logging.getLogger(__name__)

#: Larger pictures are refused: 160 megapixels take 1.9 GB as float RGB.
MAX_SIDE = 20_000
MAX_PIXELS = 160_000_000

EXTENSIONS = ("png", "jpg", "jpeg", "webp", "tif", "tiff", "bmp", "gif", "avif", "jp2", "ppm", "pgm", "tga")

#: Only plain picture formats: some of Pillow's others start foreign programs. JPEG includes MPO.
_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "AVIF", "JPEG2000", "PPM")

#: What Pillow and its codecs raise on damaged files.
_DAMAGE = (
    OSError, SyntaxError, ValueError, struct.error, zlib.error, EOFError, IndexError, KeyError, TypeError,
    OverflowError, AttributeError,
)  # fmt: skip

#: How PNG, JPEG, TIFF, GIF and WebP files begin.
_FIRST_BYTES = (b"\x89PNG", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"GIF8", b"RIFF")

_BUILT_IN = {"astronaut": "astronaut.png"}
_ORIENTATION_TAG = 0x0112
_CAMERA_NOTES = 0x8769
_FOCAL_35MM_TAG = 0xA405
_SIDE_TAGS = (0xA002, 0xA003)


def built_in_names() -> tuple[str, ...]:
    """The names of the pictures that come with the program, such as "demo:astronaut"."""
    return tuple(f"demo:{name}" for name in _BUILT_IN)


def picture_file(text: str) -> Path:
    """The file of a path or of a built-in name such as "demo:astronaut".

    Raises:
        NodeError: when no path is given or there is no built-in picture of that name.
        FileProblem: when the file cannot be opened.
    """
    if not text.startswith("demo:"):
        return existing_file(text, "picture")
    member = _BUILT_IN.get(text.removeprefix("demo:"))
    if member is None:
        raise NodeError(
            f"there is no built-in picture '{text}'", hint=f"There is {', '.join(built_in_names())}"
        )
    # Found without importing the package: only its file is wanted.
    package = importlib.util.find_spec("skimage")
    folders = list(package.submodule_search_locations or ()) if package else []
    found = next((Path(folder) / "data" / member for folder in folders), None)
    if found is None or not found.is_file():
        raise FileProblem(
            f"the built-in picture '{text}' is not installed", hint="Install scikit-image, or use a file"
        )
    return found


def read_picture(text: str, remark: Callable[[str], None] | None = None) -> Image:
    """A picture file as float RGB or RGBA in 0..1, sRGB-encoded, upright.

    Args:
        text: a path, or a built-in name such as "demo:astronaut".
        remark: told what of the file is left out.

    Raises:
        NodeError: when no path is given.
        FileProblem: when the file is missing, unreadable, no picture, damaged or too large.
    """
    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    path = picture_file(text)
    Pillow.init()  # without it only the commonest formats are known
    # TGA has no mark of its own: anything might be one, so its name must say it.
    formats = (*_FORMATS, "TGA") if path.suffix.lower() == ".tga" else _FORMATS
    try:
        with path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on damaged details that do no harm
            with _decoding(path):
                opened = Pillow.open(stream, formats=[name for name in formats if name in Pillow.OPEN])
            _check_size(path, *opened.size)
            pixels = _pixels(path, opened)
            focal = _focal_35mm(opened, *pixels.shape[1::-1])
            frames = _frames(opened)
    except Pillow.DecompressionBombError:
        raise _too_large(path, "more than 178 megapixels") from None
    except UnidentifiedImageError:
        if _begins_as_picture(path):
            raise _damaged(path) from None
        raise FileProblem(f"{path} is not a picture", hint=f"{_other_kind(path)}{_readable()}") from None
    except MemoryError:
        raise FileProblem(
            f"there is not enough memory to open the picture {path}", hint="Make it smaller first"
        ) from None
    if remark is not None and frames > 1:
        remark(f"the file holds {frames} pictures; this is the first of them")
    return Image(np.ascontiguousarray(pixels), focal_35mm=focal)


@contextmanager
def _decoding(path: Path) -> Iterator[None]:
    """Call whatever a decoder raises on a damaged file by one name."""
    from PIL import UnidentifiedImageError

    try:
        yield
    except UnidentifiedImageError:
        raise
    except _DAMAGE as error:
        logger.info("%s does not decode: %s", path, error)
        raise _damaged(path) from error


def _damaged(path: Path) -> FileProblem:
    return FileProblem(
        f"the picture {path} is damaged or cut short", hint="Copy, download or export it again"
    )


def _begins_as_picture(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(8).startswith(_FIRST_BYTES)


def _readable() -> str:
    return "PNG, JPEG, WebP, TIFF, BMP, GIF, AVIF, JPEG 2000, PPM and TGA can be read"


def _other_kind(path: Path) -> str:
    if path.suffix.lower() in (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v"):
        return "Use 'Load video' for a clip; "
    if path.suffix.lower() in (".heic", ".heif"):
        return "Export it as JPEG or PNG; "
    return ""


def _too_large(path: Path, size: str) -> FileProblem:
    limit = f"at most {MAX_SIDE:,} pixels a side and {MAX_PIXELS // 1_000_000} megapixels"
    return FileProblem(f"the picture {path} is too large ({size}; {limit})", hint="Make it smaller first")


def _check_size(path: Path, width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise FileProblem(f"the picture {path} has no pixels", hint="Export it again")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise _too_large(path, f"{width} x {height}")


def _frames(opened: Pillow.Image) -> int:
    """How many pictures a file holds; previews inside photographs do not count."""
    try:
        return int(getattr(opened, "n_frames", 1)) if opened.format != "MPO" else 1
    except _DAMAGE:
        return 1  # the first one was whole


def _focal_35mm(opened: Pillow.Image, width: int, height: int) -> float:
    """The camera's note of its lens, as for 35 mm film; 0 without one, or when the picture was cropped."""
    try:
        notes = opened.getexif().get_ifd(_CAMERA_NOTES)
        focal = float(notes.get(_FOCAL_35MM_TAG, 0))
        sides = [float(notes.get(tag, 0)) for tag in _SIDE_TAGS]
    except _DAMAGE:
        return 0.0  # the picture itself is whole
    if not 5.0 <= focal <= 2000.0:
        return 0.0
    if min(sides) > 0 and abs(max(sides) / min(sides) * min(width, height) / max(width, height) - 1) > 0.02:
        return 0.0
    return focal


def _pixels(path: Path, opened: Pillow.Image) -> np.ndarray[Any, Any]:
    from PIL import ImageOps

    with _decoding(path):
        deep, turned = _deep(path, opened), int(opened.getexif().get(_ORIENTATION_TAG, 1))
    if deep:
        words = _read_deep(path)
        if words is not None:
            return _upright(words, turned)
    with _decoding(path):
        opened.load()  # an animation stands at its first frame
        return _as_float(_to_srgb(path, ImageOps.exif_transpose(opened)))


def _deep(path: Path, opened: Pillow.Image) -> bool:
    """Whether the file holds more than 8 bits that Pillow would drop.

    A file with a colour profile goes the 8-bit way: right colours matter more than the low bits.
    """
    if opened.info.get("icc_profile") and not _is_srgb(opened.info["icc_profile"]):
        return False
    if opened.format == "PNG":
        with path.open("rb") as stream:
            header = stream.read(26)
        return len(header) > 24 and header[24] == 16
    if opened.format == "TIFF":
        bits = getattr(opened, "tag_v2", {}).get(258, (8,))
        return bool(max(bits if isinstance(bits, tuple) else (bits,)) > 8)
    return bool(opened.format == "PPM" and opened.mode.startswith("I"))


def _read_deep(path: Path) -> np.ndarray[Any, Any] | None:
    """H x W x 3 or 4 float from a 16-bit or float file; None when OpenCV cannot read it either."""
    import cv2

    # Its remarks on damaged files would stand on the command line beside our own.
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        stored = np.frombuffer(_without_notes(path.read_bytes()), np.uint8)
        found = cv2.imdecode(stored, cv2.IMREAD_UNCHANGED)
    except cv2.error:
        found = None
    finally:
        cv2.utils.logging.setLogLevel(level)
    if found is None:
        return None
    if found.ndim == 2:
        found = found[..., None]
    if found.shape[2] == 2:
        found = found[..., [0, 0, 0, 1]]
    elif found.shape[2] == 1:
        found = np.repeat(found, 3, axis=2)
    else:
        found = found[..., [2, 1, 0, *range(3, found.shape[2])][:4]]
    if found.dtype.kind == "f":
        return np.clip(np.nan_to_num(found), 0, 1).astype(np.float32)
    most = 255 if found.dtype == np.uint8 else 65535
    return np.divide(found, np.float32(most), dtype=np.float32)


def _without_notes(stored: bytes) -> bytes:
    """A PNG without its EXIF chunks: they are read already, and libpng remarks aloud on a second one."""
    if not stored.startswith(b"\x89PNG"):
        return stored
    kept, at = [stored[:8]], 8
    while at + 8 <= len(stored):
        length, kind = struct.unpack_from(">I4s", stored, at)
        if kind != b"eXIf":
            kept.append(stored[at : at + 12 + length])
        at += 12 + length
    return b"".join(kept)


def _upright(pixels: np.ndarray[Any, Any], orientation: int) -> np.ndarray[Any, Any]:
    """Turn by an EXIF orientation (TIFF 6.0, tag 274)."""
    transposed = pixels.swapaxes(0, 1)
    views = {
        2: pixels[:, ::-1], 3: pixels[::-1, ::-1], 4: pixels[::-1], 5: transposed,
        6: transposed[:, ::-1], 7: transposed[::-1, ::-1], 8: transposed[::-1],
    }  # fmt: skip
    return views.get(orientation, pixels)


def _is_srgb(profile: bytes) -> bool:
    return b"sRGB" in profile[:2048] or "sRGB".encode("utf-16-be") in profile[:2048]


def _to_srgb(path: Path, picture: Pillow.Image) -> Pillow.Image:
    """The picture in sRGB by its embedded profile; unchanged when it has none or a damaged one."""
    from PIL import ImageCms

    profile = picture.info.get("icc_profile")
    if not profile or _is_srgb(profile):
        return picture
    alpha = picture.getchannel("A") if picture.mode in ("RGBA", "LA") else None
    if picture.mode in ("P", "RGBA"):
        picture = picture.convert("RGB")
    elif picture.mode == "LA":
        picture = picture.convert("L")
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        expects = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(source.profile.xcolor_space.strip())
        if expects == picture.mode:
            converted = ImageCms.profileToProfile(
                picture,
                source,
                ImageCms.createProfile("sRGB"),
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB",
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
            picture = converted if converted is not None else picture
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        logger.warning("the colour profile of %s is damaged and was ignored: %s", path, error)
    if alpha is not None:
        picture = picture.convert("RGB")
        picture.putalpha(alpha)
    return picture


def _as_float(picture: Pillow.Image) -> np.ndarray[Any, Any]:
    if picture.mode == "F" or picture.mode.startswith("I"):
        grey = np.asarray(picture).astype(np.float32)
        scale = 1.0 if picture.mode == "F" else 65535.0
        return np.repeat(np.clip(np.nan_to_num(grey / np.float32(scale)), 0, 1)[..., None], 3, axis=2)
    transparent = picture.mode in ("RGBA", "LA", "PA", "RGBa") or "transparency" in picture.info
    plain = picture.convert("RGBA" if transparent else "RGB")
    return np.asarray(plain).astype(np.float32) / np.float32(255)
