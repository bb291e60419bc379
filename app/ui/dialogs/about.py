"""About the program: what it is, its licence, and those of what it stands on."""

from __future__ import annotations

from importlib import metadata

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QTextBrowser, QVBoxLayout, QWidget

from app.ui.theme import current_theme
from nodes.sdk.models import cards

#: What runs with the program, and a word where the licence of the code is not the whole story.
PACKAGES = {
    "PySide6-Essentials": "Qt, used under the LGPL",
    "numpy": "",
    "scipy": "",
    "numba": "",
    "torch": "",
    "onnxruntime": "",
    "ai-edge-litert": "",
    "diffusers": "",
    "transformers": "",
    "opencv-python-headless": "carries FFmpeg (LGPL)",
    "av": "carries FFmpeg with x264 and x265 (GPL)",
    "pillow": "",
    "scikit-image": "",
    "trimesh": "",
    "moderngl": "",
    "pyqtgraph": "",
    "networkx": "",
    "pydantic": "",
    "safetensors": "",
    "sounddevice": "",
}


def licences() -> list[tuple[str, str, str, str]]:
    """(package, version, licence, remark) of every installed package the program uses."""
    found = []
    for name, remark in PACKAGES.items():
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        licence = (about.get_all("License-Expression") or [""])[0]
        if not licence:
            classes = [entry for entry in about.get_all("Classifier") or [] if entry.startswith("License")]
            licence = (
                classes[0].rsplit("::", 1)[-1].strip() if classes else (about.get_all("License") or [""])[0]
            )
        found.append((name, about["Version"] or "", licence.splitlines()[0][:60] if licence else "", remark))
    return found


class AboutDialog(QDialog):
    """Name, version and licences."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Facewright")
        self.resize(640, 520)
        try:
            version = metadata.version("facewright")
        except metadata.PackageNotFoundError:
            version = ""
        heading = QLabel(f"Facewright {version}", self)
        heading.setProperty("title", True)
        text = QLabel(
            "Build face edits as graphs: fit, edit, animate, swap, morph and render heads.\n"
            "Licensed under Apache-2.0.",
            self,
        )
        text.setWordWrap(True)
        page = QTextBrowser(self)
        page.setOpenExternalLinks(False)
        page.setHtml(self._page())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 14)
        column.setSpacing(10)
        for part in (heading, text, page, buttons):
            column.addWidget(part, 1 if part is page else 0)

    def _page(self) -> str:
        dim = current_theme().colours["text_dim"]
        head = f"style='color:{dim}; text-align:left; padding:2px 14px 2px 0'"
        cell = "style='padding:2px 14px 2px 0'"
        packages = "".join(
            f"<tr><td {cell}>{name} {version}</td><td {cell}>{licence}</td><td {cell}>{remark}</td></tr>"
            for name, version, licence, remark in licences()
        )
        models = "".join(
            f"<tr><td {cell}>{card.title}</td><td {cell}>{card.licence}</td>"
            f"<td {cell}>{'' if card.commercial else 'not for commercial use'}</td></tr>"
            for card in cards().values()
        )
        return (
            f"<h4>Packages</h4><table><tr><th {head}>Package</th><th {head}>Licence</th><th {head}></th></tr>"
            f"{packages}</table><h4>Models</h4><table><tr><th {head}>Model</th><th {head}>Licence</th>"
            f"<th {head}></th></tr>{models}</table>"
        )
