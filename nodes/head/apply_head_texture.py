from nodes.sdk import node
from nodes.sdk.values import HeadState, Image


@node(title="Apply head texture", category="Head", edits="skin")
def apply_head_texture(head: HeadState, texture: Image) -> HeadState:
    """Put a texture on a head: a painted one, or another person's.

    Wire the picture that 'Head texture' gave, after painting on it or blending it. 'Render head' in
    its mode *on its own* and 'Export head' use it; *over photo* keeps the photograph. Transparent
    parts of the texture show the photograph's own colours.

    Limits: the texture must be laid out by the same head model. Any size will do.
    """
    from nodes.head._mixing import with_texture

    return with_texture(head, texture)
