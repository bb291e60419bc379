"""View."""

from nodes.sdk import node
from nodes.sdk.values import Image


@node(title="View", category="Output", any_size=True)
def view(image: Image) -> Image:
    """Mark what the viewer shows.

    The picture goes through unchanged. A mask may be wired in; it is shown in grey.
    """
    return image
