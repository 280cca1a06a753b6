"""What is said of a corpus that is absent, partial, whole or damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from sepbench.corpora.checking import state, verify
from sepbench.corpora.corpus import about, open_corpus
from sepbench.corpora.fetching.fetch import carry_out
from sepbench.corpora.fetching.plan import plan_fetch
from sepbench.errors import MissingData
from tests.corpora.fetching.published import esc50_zip, served, wav
from tests.corpora.fetching.server import FileServer
from tests.corpora.fetching.serving import serve  # noqa: F401 - the fixture "server"

HEADER = "filename,fold,target,category,esc10,src_file,take"
CLIPS = ("1-100-A-0", "2-200-A-0", "3-300-A-0", "4-400-A-0", "5-500-A-0")


def quiet(what: str, done: int, total: int | None) -> None:
    """No progress shown."""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of ESC-50 with five clips in the index and two recordings."""
    (tmp_path / "meta").mkdir()
    (tmp_path / "audio").mkdir()
    rows = [f"{clip}.wav,{clip[0]},0,dog,True,{clip[2:5]},A" for clip in CLIPS]
    (tmp_path / "meta" / "esc50.csv").write_text("\n".join([HEADER, *rows, ""]))
    for clip in CLIPS[:2]:
        (tmp_path / "audio" / f"{clip}.wav").write_bytes(wav())
    monkeypatch.setenv("SEPBENCH_DATA_ESC50", str(tmp_path))
    open_corpus.cache_clear()
    return tmp_path


def test_state_of_a_partial_copy(root: Path) -> None:
    found = state("esc50")
    assert (found.found, found.folder, found.clips, found.here, found.problem) == (True, str(root), 5, 2, "")
    assert found.next == "sepbench data fetch esc50"
    assert found.variable == "SEPBENCH_DATA_ESC50" and found.version is not None


def test_state_of_a_whole_copy_asks_for_nothing(root: Path) -> None:
    for clip in CLIPS[2:]:
        (root / "audio" / f"{clip}.wav").write_bytes(wav())
    assert (state("esc50").here, state("esc50").next) == (5, "")


def test_state_without_any_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SEPBENCH_DATA", "SEPBENCH_DATA_ESC50", "SEPBENCH_DATA_DNR_V3"):
        monkeypatch.delenv(name, raising=False)
    open_corpus.cache_clear()
    nowhere = state("esc50")
    assert (nowhere.found, nowhere.folder, nowhere.clips, nowhere.here) == (False, None, None, 0)
    assert "--to FOLDER, then set SEPBENCH_DATA_ESC50=FOLDER" in nowhere.next
    assert state("dnr_v3").next == "sepbench data fetch dnr_v3 says how to get the files; then set SEPBENCH_DATA_DNR_V3"
    monkeypatch.setenv("SEPBENCH_DATA", str(tmp_path))
    expected = state("esc50")
    assert (expected.found, expected.folder) == (False, str(tmp_path / "esc50"))
    assert expected.next == "sepbench data fetch esc50"


def test_state_of_an_empty_folder_and_of_a_damaged_index(root: Path) -> None:
    (root / "meta" / "esc50.csv").write_text(f"{HEADER}\n1-100-A-0.wav,1\n")
    damaged = state("esc50")
    assert damaged.found and damaged.clips is None and "esc50.csv, line 2" in damaged.problem
    assert damaged.next == "use the meta/esc50.csv of the official release"
    (root / "meta" / "esc50.csv").unlink()
    open_corpus.cache_clear()
    empty = state("esc50")
    assert empty.found and "file not found" in empty.problem and empty.next == "sepbench data fetch esc50"


def test_state_of_no_corpus() -> None:
    with pytest.raises(MissingData, match="unknown corpus: given esc5"):
        state("esc5")


def test_missing_clips_are_counted_and_are_not_wrong(root: Path) -> None:
    check = verify("esc50", deep=True, report=quiet)
    assert (check.found, check.clips, check.here, check.missing, check.opened) == (True, 5, 2, 3, 2)
    assert check.missing_first == tuple(f"audio/{clip}.wav" for clip in CLIPS[2:])
    assert check.wrong == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"RIFF", "not a readable audio file"), (b"", "not a readable audio file"), (wav(0), "no samples")],
    ids=["cut short", "empty", "no samples"],
)
def test_unreadable_audio_is_found_by_reading_it(root: Path, content: bytes, said: str) -> None:
    (root / "audio" / "1-100-A-0.wav").write_bytes(content)
    assert verify("esc50", deep=False, report=quiet).wrong == ()
    (wrong,) = verify("esc50", deep=True, report=quiet).wrong
    assert wrong.startswith("esc50 audio/1-100-A-0.wav: ") and said in wrong


def test_damaged_index_is_wrong_and_an_absent_corpus_is_not(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "meta" / "esc50.csv").write_text("filename\n")
    check = verify("esc50", deep=False, report=quiet)
    assert check.found and len(check.wrong) == 1 and "line 1" in check.wrong[0]
    monkeypatch.setenv("SEPBENCH_DATA_ESC50", str(root / "nowhere"))
    open_corpus.cache_clear()
    check = verify("esc50", deep=False, report=quiet)
    assert (check.found, check.wrong) == (False, ())


@pytest.fixture
def fetched(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """ESC-50 as `fetch` left it."""
    facts = served(about("esc50"), server, {"ESC-50-master.zip": esc50_zip()})
    root = tmp_path / "fetched"
    plan = plan_fetch(facts, root, only="", keep_archives=False, report=quiet)
    carry_out(plan, keep_archives=False, report=quiet)
    monkeypatch.setenv("SEPBENCH_DATA_ESC50", str(root))
    open_corpus.cache_clear()
    return root


def test_fetched_files_are_compared_with_what_was_unpacked(fetched: Path) -> None:
    audio = fetched / "audio" / "1-100-A-0.wav"
    whole = audio.read_bytes()
    for deep in (False, True):
        check = verify("esc50", deep=deep, report=quiet)
        assert (check.compared, check.wrong) == (2, ())
    audio.write_bytes(whole + b"\0")
    assert f"{len(whole) + 1} bytes, unpacked with {len(whole)}" in verify("esc50", deep=False, report=quiet).wrong[0]
    audio.write_bytes(whole[:-1] + b"!")
    assert verify("esc50", deep=False, report=quiet).wrong == ()
    assert "content has changed" in verify("esc50", deep=True, report=quiet).wrong[0]
    audio.unlink()
    open_corpus.cache_clear()
    gone = verify("esc50", deep=True, report=quiet)
    assert (gone.compared, gone.wrong) == (1, ())


def test_published_list_with_another_checksum_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = about("audiosep").remote[0].file
    (tmp_path / name).parent.mkdir(parents=True)
    (tmp_path / name).write_bytes(b"edited")
    monkeypatch.setenv("SEPBENCH_DATA_AUDIOSEP", str(tmp_path))
    open_corpus.cache_clear()
    wrong = verify("audiosep", deep=False, report=quiet).wrong
    assert any(name in line and "published sha256:" in line for line in wrong)
