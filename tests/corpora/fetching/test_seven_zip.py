"""7z archives, by the library and by the program: whichever of them is installed is tested."""

from __future__ import annotations

import importlib.util
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sepbench.corpora.fetching import seven_zip
from sepbench.errors import MissingExtra, SepbenchError
from tests.corpora.fetching.archives import held, unpacked

INSTALLED = seven_zip.PROGRAMS
FILES = {
    "development/ Ambience Birds.wav": b"RIFF" * 500,
    "development/a, b.wav": random.Random(1).randbytes(3000),
    "development/empty.wav": b"",
    "development/Größe.wav": b"not ASCII",
}


@pytest.fixture(params=["library", "program"])
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Only one of the two ways there are to read 7z."""
    if request.param == "library":
        pytest.importorskip("py7zr", reason="needs py7zr (pip install 'sepbench[fetch]')")
        monkeypatch.setattr(seven_zip, "PROGRAMS", ())
    else:
        if not any(shutil.which(name) for name in seven_zip.PROGRAMS):
            pytest.skip("needs the program 7zz, 7z or 7za")
        monkeypatch.setattr(seven_zip, "LIBRARY", "no_such_library")
    return str(request.param)


def write(path: Path, files: dict[str, bytes], *, password: str | None = None, link: str = "") -> list[Path]:
    """An archive made by whichever is installed, its header not packed."""
    program = next((found for name in INSTALLED if (found := shutil.which(name))), None)
    if importlib.util.find_spec("py7zr") is not None and not link:
        import py7zr  # type: ignore[import-not-found, unused-ignore]

        with py7zr.SevenZipFile(path, "w", password=password) as archive:
            archive.set_encoded_header_mode(False)  # names can then be replaced in it
            for name, content in files.items():
                archive.writestr(content, name)
        return [path]
    if program is None:
        pytest.skip("needs py7zr or 7-Zip to make this archive")
    tree = path.with_name("tree")
    for name, content in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(content)
    if link:
        (tree / link).symlink_to("/etc/passwd")
    protect = [f"-p{password}"] if password else []
    command = [program, "a", "-snl", "-mhc=off", *protect, str(path), "."]
    subprocess.run(command, cwd=tree, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return [path]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the archive goes, outside the corpus's folder."""
    (tmp_path / "archives").mkdir()
    return tmp_path / "archives" / "clotho_audio_development.7z"


def test_files_keep_their_names_and_content(reader: str, path: Path, tmp_path: Path) -> None:
    assert unpacked("7z", write(path, FILES), tmp_path / "data") == len(FILES)
    assert held(tmp_path / "data") == FILES


def test_encrypted_archive_is_refused(reader: str, path: Path, tmp_path: Path) -> None:
    packed = write(path, {"a.wav": b"secret"}, password="word")
    with pytest.raises(SepbenchError, match=r"a\.archive cannot be unpacked"):
        unpacked("7z", packed, tmp_path / "data")
    assert held(tmp_path / "data") == {}


def test_link_is_refused(reader: str, path: Path, tmp_path: Path) -> None:
    packed = write(path, {"a.wav": b"x"}, link="evil")
    with pytest.raises(SepbenchError, match="member 'evil': encrypted, a link or a device"):
        unpacked("7z", packed, tmp_path / "data")
    assert held(tmp_path / "data") == {}


def test_name_that_leads_outside_is_refused(reader: str, path: Path, tmp_path: Path) -> None:
    harmless = "aa/evil.wav"
    packed = write(path, {"good.wav": b"x" * 50, harmless: b"evil"})
    content = path.read_bytes()
    old, new = harmless.encode("utf-16-le"), "../evil.wav".encode("utf-16-le")
    assert old in content
    path.write_bytes(_with_header_crc(content.replace(old, new)))
    with pytest.raises(SepbenchError, match=r"member '\.\./evil\.wav': its name leads outside"):
        unpacked("7z", packed, tmp_path / "data")
    assert held(tmp_path / "data") == {}
    assert {found.name for found in tmp_path.iterdir()} == {"archives", "data"}


def _with_header_crc(content: bytes) -> bytes:
    """Checksums of the changed header put right (7zFormat.txt: SignatureHeader)."""
    import struct
    import zlib

    offset, size, _ = struct.unpack_from("<QQL", content, 12)
    header = content[32 + offset : 32 + offset + size]
    start = struct.pack("<QQL", offset, size, zlib.crc32(header))
    return content[:8] + struct.pack("<L", zlib.crc32(start)) + start + content[32:]


def test_damaged_archive_is_an_error_or_right(reader: str, path: Path, tmp_path: Path) -> None:
    packed = write(path, {"a.wav": random.Random(2).randbytes(300), "b/c.wav": b"RIFF" * 50})
    content = path.read_bytes()
    unpacked("7z", packed, tmp_path / "whole")
    right = held(tmp_path / "whole")
    dice = random.Random(3)
    for number in range(100 if reader == "library" else 15):
        spoilt = bytearray(content)
        for _ in range(dice.choice((1, 3))):
            spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
        path.write_bytes(spoilt[: dice.choice((len(spoilt), dice.randrange(len(spoilt))))])
        root = tmp_path / "data" / str(number)
        try:
            unpacked("7z", packed, root)
        except SepbenchError:
            assert held(root) == {}
        else:
            assert held(root) == right
    assert {found.name for found in tmp_path.iterdir()} <= {"archives", "data", "whole"}


def test_without_library_and_program_both_are_named(path: Path, tmp_path: Path, monkeypatch: Any) -> None:
    path.write_bytes(b"7z\xbc\xaf\x27\x1c")
    monkeypatch.setattr(seven_zip, "PROGRAMS", ())
    monkeypatch.setattr(seven_zip, "LIBRARY", "no_such_library")
    with pytest.raises(MissingExtra) as caught:
        unpacked("7z", [path], tmp_path / "data")
    assert "pip install 'sepbench[fetch]'" in caught.value.remedy and "apt install 7zip" in caught.value.remedy
