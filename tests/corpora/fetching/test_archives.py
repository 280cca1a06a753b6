"""Archives of every kind that corpora come in, whole and in parts; and hostile ones, which reach nothing."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from sepbench.corpora.fetching.unpack import read_record
from sepbench.corpora.fetching.zip_directory import open_zip
from sepbench.errors import SepbenchError
from tests.corpora.fetching.archives import (
    held,
    split,
    split_zip_parts,
    tar_bytes,
    tar_member,
    unpacked,
    write_split_zip,
    zip_bytes,
)


def noise(length: int) -> bytes:
    """Bytes that do not compress, the same every time."""
    return random.Random(length).randbytes(length)


FILES = {
    "dev_audio/64760.wav": noise(5000),
    "dev_audio/16399.wav": bytes(3000),
    "dev_audio/ Ambience Birds.wav": b"blanks count",
    "dev_audio/empty.wav": b"",
    "dev_audio/Größe.wav": b"not ASCII",
}


def archive(folder: Path, content: bytes) -> list[Path]:
    path = folder / "a.archive"
    path.write_bytes(content)
    return [path]


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """Where archives lie, outside the corpus's folder."""
    folder = tmp_path / "archives"
    folder.mkdir()
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The corpus's folder."""
    return tmp_path / "data" / "fake"


def test_zip(parts: Path, root: Path) -> None:
    assert unpacked("zip", archive(parts, zip_bytes(FILES | {"dev_audio/": b""})), root) == len(FILES)
    assert held(root) == FILES


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar(parts: Path, root: Path, mode: str) -> None:
    long = {"a" * 90 + "/" + "b" * 120 + "/mix.wav": b"a name that needs a header of its own"}
    folder = (tar_member("dev_audio", tarfile.DIRTYPE),)
    unpacked("tar", archive(parts, tar_bytes(FILES | long, mode, members=folder)), root)
    assert held(root) == FILES | long


def test_tar_of_the_folder_it_was_made_in(parts: Path, root: Path) -> None:
    members = (tar_member(".", tarfile.DIRTYPE), tar_member("./dev_audio", tarfile.DIRTYPE))
    unpacked("tar", archive(parts, tar_bytes({"./dev_audio/1.wav": b"RIFF"}, members=members)), root)
    assert held(root) == {"dev_audio/1.wav": b"RIFF"}


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_tar_in_parts_that_cat_would_join(parts: Path, root: Path, mode: str) -> None:
    names = [f"dnr_v2.tar.gz.{number:02d}" for number in range(11)]
    unpacked("split-tar", split(tar_bytes(FILES, mode), parts, names), root)
    assert held(root) == FILES


@pytest.mark.parametrize("zip64", [False, True])
@pytest.mark.parametrize("part_length", [200, 1000, 5300, 100_000])
def test_split_zip_by_the_specification(parts: Path, root: Path, part_length: int, zip64: bool) -> None:
    files = {name: content for name, content in FILES.items() if name.isascii()}
    made = split_zip_parts(files, part_length=part_length, zip64=zip64)
    assert (len(made) == 1) == (part_length == 100_000)
    unpacked("split-zip", write_split_zip(made, parts, "FSD50K.dev_audio"), root)
    assert held(root) == files


def test_split_zip_of_the_zip_program(parts: Path, root: Path, tmp_path: Path) -> None:
    if shutil.which("zip") is None:
        pytest.skip("needs the program zip (Info-ZIP)")
    files = {f"FSD50K.dev_audio/{number}.wav": noise(40_000 + number) for number in range(8)}
    files |= {name: content for name, content in FILES.items() if name.isascii()}
    for name, content in files.items():
        (tmp_path / "tree" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / name).write_bytes(content)
    command = ["zip", "-q", "-r", "-s", "64k", str(parts / "dev.zip"), "."]
    subprocess.run(command, cwd=tmp_path / "tree", check=True, stdin=subprocess.DEVNULL)
    made = sorted(parts.iterdir(), reverse=True)
    assert [path.suffix for path in made] == [".zip", ".z04", ".z03", ".z02", ".z01"]
    unpacked("split-zip", made, root)
    assert held(root) == files


def test_split_zip_whose_end_record_is_alone_and_numbered_as_info_zip_does(parts: Path, root: Path) -> None:
    lengths = (split_zip_parts({"a.wav": noise(900)}, part_length=length) for length in range(200, 400))
    made = next(made for made in lengths if len(made[-1]) == 22)
    made[-1] = made[-1][:4] + struct.pack("<H", len(made) - 2) + made[-1][6:]
    unpacked("split-zip", write_split_zip(made, parts, "a"), root)
    assert held(root) == {"a.wav": noise(900)}


def test_split_zip_reads_like_the_joined_archive(parts: Path) -> None:
    """zipfile itself, on what `open_zip` presents: its directory, its order, its CRC check of every member."""
    files = {f"{number}.wav": noise(700 + number) for number in range(20)}
    made = write_split_zip(split_zip_parts(files, part_length=900), parts, "a")
    with open_zip(made) as stream, zipfile.ZipFile(stream) as opened:
        assert opened.namelist() == list(files)
        assert opened.testzip() is None


def test_top_folder_is_dropped_where_the_corpus_says_so(parts: Path, root: Path) -> None:
    files = {"ESC-50-master/meta/esc50.csv": b"filename", "ESC-50-master/audio/1-100-A-0.wav": b"RIFF"}
    unpacked("zip", archive(parts, zip_bytes(files | {"ESC-50-master/": b""})), root, into="copy", strip=1)
    assert held(root) == {"copy/meta/esc50.csv": b"filename", "copy/audio/1-100-A-0.wav": b"RIFF"}


def test_file_beside_the_top_folder_is_refused(parts: Path, root: Path) -> None:
    with pytest.raises(SepbenchError, match=r"'README': not below the archive's 1 top folder"):
        unpacked("zip", archive(parts, zip_bytes({"README": b"", "ESC-50-master/a.wav": b""})), root, strip=1)


def test_record_holds_length_and_crc_of_every_file(parts: Path, root: Path) -> None:
    unpacked("tar", archive(parts, tar_bytes({"a.wav": b"123456789"})), root, into="copy")
    record = read_record(root, "a.archive")
    assert record is not None
    facts = record.files["copy/a.wav"]
    assert (facts.bytes, facts.crc32) == (9, 0xCBF43926)  # the check value of CRC-32


def test_equal_file_is_kept_and_another_one_stops_everything(parts: Path, root: Path) -> None:
    packed = archive(parts, zip_bytes({"a.wav": b"one", "b.wav": b"two"}))
    root.mkdir(parents=True)
    (root / "b.wav").write_bytes(b"two")
    unpacked("zip", packed, root)
    (root / "a.wav").unlink()
    (root / "b.wav").write_bytes(b"own")
    with pytest.raises(SepbenchError, match=r"a file is in the way.*b\.wav"):
        unpacked("zip", packed, root)
    assert held(root) == {"b.wav": b"own"}


def test_interrupted_unpacking_leaves_no_file_and_is_done_again(
    parts: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = archive(parts, zip_bytes(FILES))
    with monkeypatch.context() as patch:
        patch.setattr("sepbench.corpora.fetching.unpack._move", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            unpacked("zip", packed, root)
    assert held(root) == {} and read_record(root, "a.archive") is None
    leftover = root / ".sepbench" / "unpacking" / "files" / "stranger.wav"  # what kill -9 would leave
    leftover.parent.mkdir(parents=True)
    leftover.write_bytes(b"half")
    unpacked("zip", packed, root)
    assert held(root) == FILES
    assert not leftover.exists()


LEADING_OUT = ["../evil.wav", "audio/../../evil.wav", "/tmp/evil.wav", "C:/evil.wav", "C:\\evil.wav", "..\\evil.wav"]
ODD = ["audio/ev\nil.wav", "audio/\x1b[31m.wav", ".sepbench/x.json", "audio//../../evil", "evil/.."]


def refused(kind: str, packed: list[Path], root: Path, match: str = "cannot be unpacked") -> None:
    before = {path for path in root.parent.parent.rglob("*") if path != root.parent}
    with pytest.raises(SepbenchError, match=match) as caught:
        unpacked(kind, packed, root)  # type: ignore[arg-type]
    assert "a.archive" in str(caught.value)
    assert held(root) == {}
    after = set(root.parent.parent.rglob("*")) - before - {root.parent}
    assert after <= {root, root / ".sepbench"}
    assert read_record(root, "a.archive") is None


@pytest.mark.parametrize("name", [*LEADING_OUT, *ODD])
def test_name_that_leads_outside_is_refused(parts: Path, root: Path, name: str) -> None:
    refused("zip", archive(parts, zip_bytes({"good.wav": b"x", name: b"evil"})), root, "member")
    refused("tar", archive(parts, tar_bytes({"good.wav": b"x", name: b"evil"})), root, "member")


def test_zip_member_with_nul_in_its_name(parts: Path, root: Path) -> None:
    content = zip_bytes({"good.wav_/../../evil": b"evil"}).replace(b"good.wav_", b"good.wav\0")
    refused("zip", archive(parts, content), root, r"member 'good\.wav\\x00")


def test_tar_name_that_is_no_text(parts: Path, root: Path) -> None:
    content = tar_bytes({"good_.wav": b"x"}, "w")
    header = bytearray(content[:512])
    header[4] = 0xFF
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    refused("tar", archive(parts, bytes(header) + content[512:]), root, "characters that no file name should")


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.SYMTYPE, "good.wav"),
        (tarfile.LNKTYPE, "good.wav"),
        (tarfile.LNKTYPE, "../../../etc/passwd"),
        (tarfile.CHRTYPE, ""),
        (tarfile.BLKTYPE, ""),
        (tarfile.FIFOTYPE, ""),
        (tarfile.CONTTYPE, ""),
        (tarfile.GNUTYPE_SPARSE, ""),
    ],
)
def test_tar_members_that_are_no_files(parts: Path, root: Path, kind: bytes, target: str) -> None:
    member = tar_member("evil", kind, target)
    packed = archive(parts, tar_bytes({"good.wav": b"x"}, members=(member,)))
    if kind == tarfile.CONTTYPE:  # an old name for a plain file
        unpacked("tar", packed, root)
        assert held(root) == {"good.wav": b"x", "evil": b""}
    else:
        refused("tar", packed, root, "member 'evil': a link, a device or a sparse file|damaged")


def test_file_written_through_a_link_of_the_same_archive(parts: Path, root: Path, tmp_path: Path) -> None:
    through = tar_member("door", tarfile.SYMTYPE, str(tmp_path))
    content = tar_bytes({}, "w", members=(through,))[:512] + tar_bytes({"door/evil.wav": b"evil"}, "w")
    refused("tar", archive(parts, content), root, "member 'door'")


@pytest.mark.parametrize("mode", [0o120777, 0o020666, 0o060666, 0o010666, 0o140777])
def test_zip_members_that_are_no_files(parts: Path, root: Path, mode: int) -> None:
    def spoil(info: zipfile.ZipInfo) -> None:
        info.external_attr = mode << 16

    refused("zip", archive(parts, zip_bytes({"evil": b"/etc/passwd"}, change=spoil)), root, "member 'evil': a link")


def test_zip_name_in_an_unknown_encoding(parts: Path, root: Path) -> None:
    content = zip_bytes({"_rger.wav": b"x"}).replace(b"_rger", b"\x8erger")  # cp437, or whatever its writer had
    refused("zip", archive(parts, content), root, "does not say in which encoding")


def test_encrypted_zip(parts: Path, root: Path) -> None:
    content = bytearray(zip_bytes({"a.wav": b"secret"}))
    content[6] |= 1  # the flags of the member's own header
    content[content.index(b"PK\1\2") + 8] |= 1  # and of its entry in the directory
    refused("zip", archive(parts, bytes(content)), root, r"member 'a\.wav': encrypted")


def test_second_member_of_the_same_name_is_refused_and_another_case_is_not(parts: Path, root: Path) -> None:
    refused("tar", archive(parts, tar_bytes({"a": b"", "./a": b""})), root, "a second file of that name")
    refused("tar", archive(parts, tar_bytes({"a": b"", "a/b": b""})), root, "member 'a/b'|Not a directory|exists")
    unpacked("tar", archive(parts, tar_bytes({"a.wav": b"1", "A.wav": b"2"})), root)
    assert held(root) == {"a.wav": b"1", "A.wav": b"2"}


@pytest.mark.parametrize("declared", [4, 6, 10**9])
def test_zip_member_of_another_length_than_declared(parts: Path, root: Path, declared: int) -> None:
    content = bytearray(zip_bytes({"a.wav": b"12345"}))
    at = content.index(b"PK\1\2") + 24
    content[at : at + 4] = struct.pack("<L", declared)
    refused("zip", archive(parts, bytes(content)), root, r"member 'a\.wav'")


def test_bomb_is_refused_by_what_it_declares(parts: Path, root: Path) -> None:
    content = bytearray(zip_bytes({f"{number}.wav": b"12345" for number in range(2000)}))
    at = content.index(b"PK\1\2")
    while at >= 0:
        content[at + 24 : at + 28] = struct.pack("<L", 0xFFFFFFF0)  # 4 GB each, 8.6 TB together
        at = content.find(b"PK\1\2", at + 1)
    refused("zip", archive(parts, bytes(content)), root, "8589934560000 bytes do not fit")


def test_bomb_in_a_tar_is_refused_at_the_member(parts: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sepbench.corpora.fetching import tree

    room = shutil.disk_usage(parts)
    monkeypatch.setattr(tree.shutil, "disk_usage", lambda _: room._replace(free=tree.RESERVE + 10_000))
    files = {"small.wav": bytes(10_000), "large.wav": bytes(10_001)}
    refused("tar", archive(parts, tar_bytes(files)), root, r"member 'large\.wav': 10001 bytes do not fit into")


def test_tar_header_that_would_fill_the_memory(parts: Path, root: Path) -> None:
    header = tar_member("x", tarfile.XHDTYPE)
    header.size = 1 << 30
    content = header.tobuf(tarfile.USTAR_FORMAT) + bytes(1 << 20)
    refused("tar", archive(parts, content), root, "a header of 1073741824 bytes")


def test_tar_that_points_back_does_not_loop(parts: Path, root: Path) -> None:
    member = tarfile.TarInfo("a.wav")
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 10 + struct.pack(">h", -1024)  # a length of -1024 in base 256
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    refused("tar", archive(parts, bytes(header) + bytes(2048)), root, "declared as -1024|points back|damaged")


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_tar_without_its_end(parts: Path, root: Path, mode: str) -> None:
    content = tar_bytes(FILES, mode)
    whole = tar_bytes({"a.wav": bytes(512)}, "w")
    refused("tar", archive(parts, content[: len(content) // 2]), root, "damaged")
    refused("tar", archive(parts, whole[:1024]), root, "no end mark")
    refused("tar", archive(parts, whole[:1024] + b"\1" * 512 + whole[1024:]), root, "a damaged header")


def test_missing_part_of_a_split_zip(parts: Path, root: Path) -> None:
    made = write_split_zip(split_zip_parts({"a.wav": noise(3000)}, part_length=1000), parts, "a")
    assert len(made) == 4
    refused("split-zip", made[:-1], root, "it has 4 parts, and 3 are here")
    refused("split-zip", [made[1], made[2], made[3], made[3]], root, "no end record")


@pytest.mark.parametrize("kind", ["zip", "split-zip", "tar", "split-tar"])
@pytest.mark.parametrize("content", [b"", b"<html>Too many requests</html>", b"\x1f\x8b", b"PK\5\6" + bytes(18)])
def test_what_is_no_archive(parts: Path, root: Path, kind: str, content: bytes) -> None:
    packed = archive(parts, content) * (2 if kind.startswith("split") else 1)
    refused(kind, packed, root)


def test_folder_that_cannot_be_written(parts: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SepbenchError, match="Not a directory"):
        unpacked("zip", archive(parts, zip_bytes(FILES)), tmp_path / "file")
