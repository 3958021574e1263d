from __future__ import annotations

import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from passerelle_laptop import kept_layers
from passerelle_laptop.kept_layers import LARGE, KeptZip, keep_layers


def archive(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("python/one.py", content)
    return path


def unpacked(path: Path, target: Path) -> Path:
    target.mkdir()
    with KeptZip(path) as opened:
        opened.extractall(target)
    return target


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kept_layers, "_unpacked", {})
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_a_layer_is_unpacked_once_and_looks_the_same_to_every_worker(tmp_path: Path) -> None:
    layer = archive(tmp_path, "layer.zip", b"a" * LARGE)
    first, second = unpacked(layer, tmp_path / "w1"), unpacked(layer, tmp_path / "w2")
    for worker in (first, second):
        assert (worker / "python" / "one.py").read_bytes() == b"a" * LARGE
    assert first.resolve() == second.resolve()


def test_another_layer_of_the_same_names_is_another(tmp_path: Path) -> None:
    one = unpacked(archive(tmp_path, "1.zip", b"a" * LARGE), tmp_path / "w1")
    other = unpacked(archive(tmp_path, "2.zip", b"b" * LARGE), tmp_path / "w2")
    assert (one / "python/one.py").read_bytes() != (other / "python/one.py").read_bytes()


def test_a_functions_own_code_is_its_own(tmp_path: Path) -> None:
    code = archive(tmp_path, "code.zip", b"x = 1")
    assert not unpacked(code, tmp_path / "w1").is_symlink()


def test_what_is_unpacked_for_the_first_time_can_still_be_looked_at(tmp_path: Path) -> None:
    layer = archive(tmp_path, "layer.zip", b"a" * LARGE)
    with KeptZip(layer) as opened:
        assert opened.namelist() == ["python/one.py"]


def test_the_emulators_own_runtime_unpacks_with_it() -> None:
    """It names `zipfile.ZipFile` in its own module: a release that does otherwise is seen here."""
    from ministack.core import lambda_runtime

    assert "zipfile.ZipFile" in Path(str(lambda_runtime.__file__)).read_text()
    other = ModuleType("runtime")
    keep_layers(other)
    assert other.zipfile.ZipFile is KeptZip
    assert other.zipfile.BadZipFile is zipfile.BadZipFile
