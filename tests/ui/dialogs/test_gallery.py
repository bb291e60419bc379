"""The gallery of examples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtGui import QPixmap

from app.ui.dialogs.gallery import GalleryDialog, gallery
from app.ui.menus import EXAMPLES, examples
from app.ui.settings import Preferences
from app.ui.theme import apply_theme


@pytest.fixture
def opened(qapp, preferences: Preferences, qtbot) -> tuple[GalleryDialog, list[Path]]:
    apply_theme(qapp, "dark")
    paths: list[Path] = []
    dialog = GalleryDialog(paths.append, preferences)
    qtbot.addWidget(dialog)
    return dialog, paths


def test_every_example_is_in_the_gallery_once() -> None:
    shown = [example.path for example in gallery()]
    assert sorted(shown) == sorted(examples())


def test_every_listed_example_exists_and_has_words_and_a_picture(qapp) -> None:
    listed = json.loads((EXAMPLES / "gallery.json").read_text("utf-8"))["examples"]
    for entry, example in zip(listed, gallery(), strict=False):
        assert example.path.is_file()
        assert len(example.about) > 40
        if entry["node"]:
            picture = QPixmap(str(example.picture))
            assert (picture.width(), picture.height()) == (360, 240), example.path.stem
            assert example.picture.stat().st_size < 40_000


def test_the_readme_names_every_example() -> None:
    readme = (EXAMPLES.parent.parent / "README.md").read_text("utf-8")
    names = [example.path.stem for example in gallery()]
    assert [name for name in names if f"`{name}`" not in readme and f"/{name}.graph`" not in readme] == []


def test_opening_hands_the_graph_over(opened: tuple[GalleryDialog, list[Path]]) -> None:
    dialog, paths = opened
    dialog.list.setCurrentRow(1)
    assert dialog.about.text() == gallery()[1].about
    dialog.start.click()
    assert paths == [gallery()[1].path]


def test_the_switch_for_the_start_is_kept(
    opened: tuple[GalleryDialog, list[Path]], preferences: Preferences
) -> None:
    dialog, _ = opened
    assert dialog.at_start.isChecked()
    dialog.at_start.setChecked(False)
    assert not preferences.flag("gallery/at_start", True)


def test_a_damaged_list_still_shows_all_graphs(tmp_path: Path) -> None:
    (tmp_path / "gallery.json").write_text("{")
    assert len(gallery(tmp_path)) == len(examples())
