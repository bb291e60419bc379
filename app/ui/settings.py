"""What the program remembers about its user: recent files, window layout, theme, switches."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from nodes.sdk.models import data_folder

RECENT_COUNT = 10


class Preferences:
    """Kept in `preferences.ini` of the user's data folder. Never holds secrets."""

    def __init__(self, path: Path | None = None) -> None:
        file = path or data_folder() / "preferences.ini"
        self._store = QSettings(str(file), QSettings.Format.IniFormat)

    @property
    def folder(self) -> Path:
        return Path(self._store.fileName()).parent

    def recent(self) -> list[Path]:
        """Files opened lately that still exist, newest first."""
        stored = self._store.value("recent", [])
        names = stored if isinstance(stored, list) else [stored] if stored else []
        return [path for name in names if (path := Path(str(name))).is_file()]

    def remember(self, path: Path) -> None:
        path = path.resolve()
        others = [old for old in self.recent() if old != path]
        self._store.setValue("recent", [str(item) for item in [path, *others][:RECENT_COUNT]])

    def forget_recent(self) -> None:
        self._store.remove("recent")

    def text(self, name: str, default: str = "") -> str:
        value = self._store.value(name, default)
        return value if isinstance(value, str) else default

    def set_text(self, name: str, value: str) -> None:
        self._store.setValue(name, value)

    def flag(self, name: str, default: bool = False) -> bool:
        return self.text(name, "on" if default else "off") == "on"

    def set_flag(self, name: str, value: bool) -> None:
        self.set_text(name, "on" if value else "off")

    def bytes(self, name: str) -> QByteArray:
        value = self._store.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_bytes(self, name: str, value: QByteArray) -> None:
        self._store.setValue(name, value)

    def folder_for(self, purpose: str) -> str:
        """The folder a file dialog starts in; the last one used for the same purpose."""
        stored = self.text(f"folder/{purpose}")
        return stored if stored and Path(stored).is_dir() else str(Path.home())

    def remember_folder(self, purpose: str, file: Path) -> None:
        self.set_text(f"folder/{purpose}", str(file.parent))

    def sync(self) -> None:
        self._store.sync()
