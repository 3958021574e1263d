"""A night's folder that came as one zip: unpacked flat, and within bounds."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath

from passerelle.errors import GiveUp

_MOST_FILES = 200
_MOST_BYTES = 4 << 30  # of all files: thirty times a large university's night
_TAKEN = frozenset({".csv", ".json", ".xlsx", ".xls", ".ods"})  # a workbook is named as such later
_BLOCK = 1 << 20


class BadArchive(GiveUp):
    """`code`: not a zip, encrypted, two files of one name, too many, or larger than any night."""


def unpack(archive: Path, folder: Path) -> tuple[str, ...]:
    """Names of the files that were laid into `folder`, whatever folder of the archive they stood in; what is
    no table is passed over. Raises BadArchive."""
    names: list[str] = []
    room = _MOST_BYTES
    try:
        with zipfile.ZipFile(archive) as found:
            for member in found.infolist()[: _MOST_FILES + 1]:
                name = PurePosixPath(member.filename.replace("\\", "/")).name
                beside = "__MACOSX" in member.filename or name.startswith(".")
                if member.is_dir() or beside or PurePosixPath(name).suffix.lower() not in _TAKEN:
                    continue
                if name in names:
                    raise BadArchive("zip_file_twice", file=archive.name, name=name)
                if len(names) == _MOST_FILES:
                    raise BadArchive("zip_too_many_files", file=archive.name, limit=_MOST_FILES)
                if member.flag_bits & 1:
                    raise BadArchive("zip_encrypted", file=archive.name)
                room = _copy(found, member, folder / name, room)
                names.append(name)
    except (zipfile.BadZipFile, NotImplementedError, EOFError):
        raise BadArchive("zip_unreadable", file=archive.name) from None
    return tuple(names)


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, room: int) -> int:
    """How much room is left, by what was really unpacked and not by what the archive says."""
    with archive.open(member) as stream, target.open("wb") as file:
        while block := stream.read(_BLOCK):
            room -= len(block)
            if room < 0:
                raise BadArchive("zip_too_large", file=Path(archive.filename or "").name)
            file.write(block)
    return room
