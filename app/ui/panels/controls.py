"""One widget for each kind of parameter."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QColorDialog,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from app.document.assets import is_builtin
from app.ui.panels.number_field import NumberField
from app.ui.theme import current_theme, icon
from nodes.sdk.params import File, ParameterSpec, ParameterValue, Slider, Text

#: Up to this many choices stand side by side, when they fit into so many pixels with their rims.
SIDE_BY_SIDE, ROOM, RIM = 3, 124, 24


class Control(QWidget):
    """Shows and edits a value.

    Signals:
        edited: a new value; more may follow until `finished`.
        finished: the edit is complete.
        reset: back to the default, please.
        menu_wanted: where the menu of the parameter was asked for.
    """

    edited = Signal(object)
    finished = Signal()
    reset = Signal()
    menu_wanted = Signal(QPoint)
    #: Whether it stands below its name and takes the whole width.
    wide = False

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(3)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        self.menu_wanted.emit(event.globalPos())

    def show_value(self, value: ParameterValue, *, mixed: bool, animated: str) -> None:
        """Show a value without telling of an edit."""
        raise NotImplementedError

    def commit(self, value: ParameterValue) -> None:
        """Tell of an edit that is complete at once."""
        self.edited.emit(value)
        self.finished.emit()


class NumberControl(Control):
    """A slider that can be typed into."""

    def __init__(self, spec: ParameterSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        assert isinstance(spec.control, Slider)
        self.field = NumberField(spec.control, whole=spec.kind == "int", parent=self)
        self.row.addWidget(self.field)
        self._whole = spec.kind == "int"
        self.field.edited.connect(self._on_edited)
        self.field.finished.connect(self.finished)
        self.field.reset.connect(self.reset)
        self.setFocusProxy(self.field)

    def _on_edited(self, value: float) -> None:
        self.edited.emit(round(value) if self._whole else value)

    def show_value(self, value: ParameterValue, *, mixed: bool, animated: str) -> None:
        self.field.show_value(float(value), mixed=mixed, animated=animated)  # type: ignore[arg-type]


class ToggleControl(Control):
    """On or off."""

    def __init__(self, spec: ParameterSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QCheckBox(self)
        self.row.addWidget(self.box)
        self.row.addStretch()
        self.box.clicked.connect(lambda: self.commit(self.box.isChecked()))
        self.setFocusProxy(self.box)

    def show_value(self, value: ParameterValue, *, mixed: bool, animated: str) -> None:
        self.box.setCheckState(
            Qt.CheckState.PartiallyChecked
            if mixed
            else Qt.CheckState.Checked
            if value
            else Qt.CheckState.Unchecked
        )


class _CalmCombo(QComboBox):
    """A wheel that passes over it scrolls the panel."""

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        event.ignore()


class ChoiceControl(Control):
    """One of a few words: side by side when they are short, else a list."""

    def __init__(self, spec: ParameterSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = spec.choices
        self.buttons: list[QToolButton] = []
        self.combo: QComboBox | None = None
        wide = sum(self.fontMetrics().horizontalAdvance(_words(choice)) + RIM for choice in spec.choices)
        if len(spec.choices) <= SIDE_BY_SIDE and wide <= ROOM:
            self.row.setSpacing(1)
            for choice in spec.choices:
                button = QToolButton(self)
                button.setText(_words(choice))
                button.setCheckable(True)
                button.setProperty("segment", True)
                button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
                button.clicked.connect(lambda _on=False, choice=choice: self._choose(choice))
                self.row.addWidget(button)
                self.buttons.append(button)
        else:
            self.combo = _CalmCombo(self)
            self.combo.addItems([_words(choice) for choice in spec.choices])
            self.combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            self.combo.setMinimumContentsLength(6)
            self.combo.activated.connect(lambda index: self._choose(self._choices[index]))
            self.row.addWidget(self.combo)

    def _choose(self, choice: str) -> None:
        self.commit(choice)

    def show_value(self, value: ParameterValue, *, mixed: bool, animated: str) -> None:
        index = -1 if mixed else self._choices.index(str(value))
        for place, button in enumerate(self.buttons):
            button.setChecked(place == index)
        if self.combo is not None:
            self.combo.setCurrentIndex(index)


class TextControl(Control):
    """Words on a line, or in a box."""

    def __init__(self, spec: ParameterSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._showing = False
        self.line: QLineEdit | None = None
        self.box: QPlainTextEdit | None = None
        if isinstance(spec.control, Text) and spec.control.multiline:
            self.wide = True
            self.box = QPlainTextEdit(self)
            self.box.setFixedHeight(72)
            self.box.setTabChangesFocus(True)
            self.box.textChanged.connect(self._on_box)
            self.box.installEventFilter(self)
            self.row.addWidget(self.box)
        else:
            self.line = QLineEdit(self)
            self.line.textEdited.connect(lambda text: self.edited.emit(text))
            self.line.editingFinished.connect(self.finished)
            self.row.addWidget(self.line)

    def _on_box(self) -> None:
        if self.box is not None and not self._showing:
            self.edited.emit(self.box.toPlainText())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if isinstance(event, QFocusEvent) and event.type() == QEvent.Type.FocusOut:
            self.finished.emit()
        return False

    def show_value(self, value: ParameterValue, *, mixed: bool, animated: str) -> None:
        text = "" if mixed else str(value)
        self._showing = True
        if self.line is not None:
            self.line.setPlaceholderText("mixed" if mixed else "")
            if self.line.text() != text:
                self.line.setText(text)
        if self.box is not None:
            self.box.setPlaceholderText("mixed" if mixed else "")
            if self.box.toPlainText() != text:
                self.box.setPlainText(text)
        self._showing = False


class FileControl(Control):
    """A path: typed, browsed for, or dropped."""

    def __init__(self, spec: ParameterSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        assert isinstance(spec.control, File)
        self._file = spec.control
        self.line = QLineEdit(self)
        self.line.setPlaceholderText(self._prompt())
        self.line.editingFinished.connect(self._on_typed)
        self.line.setAcceptDrops(False)
        self.button = QToolButton(self)
        self.button.setIcon(icon("folder", "text_dim"))
        self.button.setToolTip("Browse…")
        self.button.clicked.connect(self._browse)
        self.row.addWidget(self.line)
        self.row.addWidget(self.button)
        self.setAcceptDrops(True)
        self._value = ""

    def _prompt(self) -> str:
        return {
            "open": f"Choose a {self._file.kind.lower()}",
            "save": "Where to",
            "folder": "Choose a folder",
        }[self._file.mode]

    def _filter(self) -> str:
        if not self._file.extensions:
            return "All files (*)"
        patterns = " ".join(f"*.{extension}" for extension in self._file.extensions)
        return f"{self._file.kind} ({patterns});;All files (*)"

    def _browse(self) -> None:
        start = str(Path(self._value).parent) if self._value and not is_builtin(self._value) else ""
        title = self._prompt()
        if self._file.mode == "folder":
            path = QFileDialog.getExistingDirectory(self, title, start)
        elif self._file.mode == "save":
            path, _ = QFileDialog.getSaveFileName(self, title, self._value or start, self._filter())
        else:
            path, _ = QFileDialog.getOpenFileName(self, title, start, self._filter())
        if path:
            self.commit(path)

    def _on_typed(self) -> None:
        text = self.line.text().strip()
        if text != self._value:
            self.commit(text)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.commit(paths[0])

    def show_value(self, value: ParameterValue, *, mixed: bool, animated: str) -> None:
        self._value = "" if mixed else str(value)
        self.line.setText(self._value)
        self.line.setCursorPosition(len(self._value))
        if mixed:
            self.line.setPlaceholderText("mixed")
        self.line.setToolTip(self._value or self._prompt())


class _Swatch(QPushButton):
    """A button in one colour."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.colour: QColor | None = None
        self.setFixedHeight(22)
        self.setMinimumWidth(40)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = current_theme()
        painter.setPen(theme.colour("accent" if self.hasFocus() else "border"))
        painter.setBrush(self.colour or theme.colour("field"))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
        painter.end()


class ColourControl(Control):
    """A swatch that opens the colour dialog, and the colour's six digits."""

    def __init__(self, spec: ParameterSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.swatch = _Swatch(self)
        self.code = QLineEdit(self)
        self.code.setFixedWidth(68)
        self.row.addWidget(self.swatch, 1)
        self.row.addWidget(self.code)
        self.swatch.clicked.connect(self._open)
        self.code.editingFinished.connect(self._on_typed)
        self._value = (0.0, 0.0, 0.0)

    def _open(self) -> None:
        dialog = QColorDialog(QColor.fromRgbF(*self._value), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        before = self._value
        dialog.currentColorChanged.connect(lambda colour: self.edited.emit(_floats(colour)))
        dialog.rejected.connect(lambda: self.edited.emit(before))
        dialog.finished.connect(lambda _result: self.finished.emit())
        dialog.open()

    def _on_typed(self) -> None:
        colour = QColor(self.code.text().strip())
        if colour.isValid() and colour.name() != QColor.fromRgbF(*self._value).name():
            self.commit(_floats(colour))
        else:
            self.code.setText(QColor.fromRgbF(*self._value).name())

    def show_value(self, value: ParameterValue, *, mixed: bool, animated: str) -> None:
        assert isinstance(value, tuple)
        self._value = value
        colour = QColor.fromRgbF(*value)
        self.swatch.colour = None if mixed else colour
        self.swatch.update()
        self.code.setText("" if mixed else colour.name())
        self.code.setPlaceholderText("mixed" if mixed else "")


def control_for(spec: ParameterSpec, parent: QWidget) -> Control:
    """The widget that shows a parameter."""
    kinds: dict[str, type[Control]] = {
        "float": NumberControl,
        "int": NumberControl,
        "bool": ToggleControl,
        "choice": ChoiceControl,
        "file": FileControl,
        "colour": ColourControl,
        "text": TextControl,
    }
    return kinds[spec.kind](spec, parent)  # type: ignore[call-arg, arg-type]


def _words(choice: str) -> str:
    return choice.replace("_", " ")


def _floats(colour: QColor) -> tuple[float, float, float]:
    return (round(colour.redF(), 4), round(colour.greenF(), 4), round(colour.blueF(), 4))
