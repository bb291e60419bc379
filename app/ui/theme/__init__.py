"""How the program looks: colours, the style sheet made from them, and icons."""

from app.ui.theme.icons import icon, pixmap
from app.ui.theme.theme import THEMES, Theme, apply_theme, current_theme

__all__ = ["THEMES", "Theme", "apply_theme", "current_theme", "icon", "pixmap"]
