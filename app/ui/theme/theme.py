"""Themes are data in `resources/themes`: one file of colours each, and one style sheet for all."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
THEMES = ("dark", "light")
FONT_FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "DejaVu Sans", "Arial")
FONT_PIXELS = 12


@dataclass(frozen=True)
class Theme:
    """A set of colours.

    Attributes:
        name: "dark" or "light".
        dark: whether text is lighter than what it stands on.
        colours: "#rrggbb" by what they are for.
        categories: node header colours by category; "" for any other.
        curves: hues of curves in plots, after Okabe and Ito.
    """

    name: str
    dark: bool
    colours: dict[str, str]
    categories: dict[str, str]
    curves: tuple[str, ...]
    _made: dict[str, QColor] = field(default_factory=dict, repr=False, compare=False)

    def colour(self, purpose: str) -> QColor:
        """The colour for a purpose such as "panel". Raises KeyError when there is none."""
        found = self._made.get(purpose)
        if found is None:
            found = self._made[purpose] = QColor(self.colours[purpose])
        return found

    def curve(self, number: int) -> str:
        """The hue of a curve by its number; hues come again when there are more curves."""
        return self.curves[number % len(self.curves)]

    def category(self, category: str) -> QColor:
        """The header colour of nodes of a category."""
        return QColor(self.categories.get(category.split("/")[0], self.categories[""]))


@cache
def load_theme(name: str) -> Theme:
    """Read a theme. Raises ValueError when there is none of that name."""
    if name not in THEMES:
        raise ValueError(f"there is no theme '{name}', only {', '.join(THEMES)}")
    entry = json.loads((RESOURCES / "themes" / f"{name}.json").read_text("utf-8"))
    return Theme(name, entry["dark"], entry["colours"], entry["categories"], tuple(entry["curves"]))


_current: Theme | None = None


def current_theme() -> Theme:
    """The theme in force; the dark one until another was applied."""
    return _current or load_theme("dark")


def apply_theme(app: QApplication, name: str = "dark") -> Theme:
    """Dress the whole program in a theme; may be called again at any time."""
    global _current
    theme = _current = load_theme(name)
    app.setStyle("Fusion")
    app.setFont(_interface_font())
    app.setPalette(_palette(theme))
    app.setStyleSheet(style_sheet(theme))
    return theme


def style_sheet(theme: Theme) -> str:
    """The style sheet with a theme's colours and icons filled in."""
    from app.ui.theme.icons import tinted_file

    text = (RESOURCES / "themes" / "style.qss").read_text("utf-8")
    words = dict(theme.colours)
    words["icon_down"] = tinted_file("chevron_down", theme.colours["text_dim"])
    words["icon_tick"] = tinted_file("tick", theme.colours["accent_text"])
    return re.sub(r"@(\w+)", lambda match: words[match[1]], text)


def _interface_font() -> QFont:
    known = set(QFontDatabase.families())
    family = next((name for name in FONT_FAMILIES if name in known), "")
    font = QFont(family) if family else QFont()
    font.setPixelSize(FONT_PIXELS)
    return font


def _palette(theme: Theme) -> QPalette:
    roles = {
        QPalette.ColorRole.Window: "window",
        QPalette.ColorRole.WindowText: "text",
        QPalette.ColorRole.Base: "field",
        QPalette.ColorRole.AlternateBase: "panel",
        QPalette.ColorRole.Text: "text",
        QPalette.ColorRole.PlaceholderText: "text_off",
        QPalette.ColorRole.Button: "raised",
        QPalette.ColorRole.ButtonText: "text",
        QPalette.ColorRole.ToolTipBase: "raised",
        QPalette.ColorRole.ToolTipText: "text",
        QPalette.ColorRole.Highlight: "accent",
        QPalette.ColorRole.HighlightedText: "accent_text",
        QPalette.ColorRole.Link: "link",
        QPalette.ColorRole.LinkVisited: "link",
        QPalette.ColorRole.BrightText: "error",
        QPalette.ColorRole.Dark: "border",
        QPalette.ColorRole.Mid: "line",
        QPalette.ColorRole.Light: "hover",
        QPalette.ColorRole.Shadow: "shadow",
    }
    palette = QPalette()
    for role, purpose in roles.items():
        palette.setColor(role, theme.colour(purpose))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, theme.colour("text_off"))
    return palette
