"""Both themes are whole and readable, and every icon can be drawn."""

from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from app.ui.theme import THEMES, apply_theme, current_theme, icon, pixmap
from app.ui.theme.icons import ICONS
from app.ui.theme.theme import Theme, load_theme, style_sheet
from nodes.sdk.sockets import STYLES


def luminance(colour: QColor) -> float:
    """Relative luminance (WCAG 2.2)."""

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF())


def contrast(first: QColor, second: QColor) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(params=THEMES)
def theme(request: pytest.FixtureRequest) -> Theme:
    return load_theme(request.param)


def test_style_sheet_has_no_hole(theme: Theme, qapp: QApplication) -> None:
    assert not re.search(r"@\w", style_sheet(theme))


def test_text_can_be_read(theme: Theme) -> None:
    for ground in ("window", "panel", "raised", "field", "node"):
        assert contrast(theme.colour("text"), theme.colour(ground)) >= 7
        assert contrast(theme.colour("text_dim"), theme.colour(ground)) >= 4.5
        assert contrast(theme.colour("link"), theme.colour(ground)) >= 4.3
    for category in theme.categories:
        assert contrast(theme.colour("text"), theme.category(category)) >= 4.5


def test_prompts_and_signs_can_be_made_out(theme: Theme) -> None:
    for ground in ("window", "panel", "field"):
        assert contrast(theme.colour("text_off"), theme.colour(ground)) >= 3.3
        for sign in ("error", "warning", "good"):
            assert contrast(theme.colour(sign), theme.colour(ground)) >= 4
        for mark in ("accent", "select", "key"):
            assert contrast(theme.colour(mark), theme.colour(ground)) >= 3
        assert min(contrast(QColor(hue), theme.colour(ground)) for hue in theme.curves) >= 2.9
    assert contrast(theme.colour("select"), theme.colour("canvas")) >= 3
    assert contrast(theme.colour("accent_text"), theme.colour("accent")) >= 4
    assert contrast(theme.colour("text"), theme.colour("fill")) >= 4.5
    assert contrast(theme.colour("text"), theme.colour("error_back")) >= 7


def test_both_themes_name_the_same_colours() -> None:
    dark, light = load_theme("dark"), load_theme("light")
    assert dark.colours.keys() == light.colours.keys()
    assert dark.categories.keys() == light.categories.keys()


def test_unknown_theme_is_refused() -> None:
    with pytest.raises(ValueError, match="no theme"):
        load_theme("neon")


def test_sockets_are_told_apart_by_colour_and_shape() -> None:
    assert len({(style.colour, style.shape) for style in STYLES.values()}) == len(STYLES)


@pytest.mark.parametrize("name", sorted(path.stem for path in ICONS.glob("*.svg")))
def test_icon_draws_something(qapp: QApplication, name: str) -> None:
    image = pixmap(name, 32, "#ffffff").toImage()
    painted = sum(image.pixelColor(x, y).alpha() > 40 for x in range(32) for y in range(32))
    assert 15 < painted < 900
    assert not icon(name).isNull()


def test_theme_is_changed_while_running(qapp: QApplication) -> None:
    apply_theme(qapp, "light")
    try:
        assert current_theme().name == "light"
        assert qapp.palette().window().color() == load_theme("light").colour("window")
    finally:
        apply_theme(qapp, "dark")
