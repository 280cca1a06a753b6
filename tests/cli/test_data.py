"""``sepbench data`` as a user meets it: what is printed where, and the exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from sepbench.cli.app import main
from sepbench.corpora import esc50, fsd50k, music
from sepbench.corpora.corpus import open_corpus
from tests.corpora.fetching.archives import held
from tests.corpora.fetching.published import esc50_zip, served
from tests.corpora.fetching.server import FileServer, Published
from tests.corpora.fetching.serving import serve  # noqa: F401 - the fixture "server"

PROJECT = Path(__file__).parent.parent.parent
ARCHIVE = "ESC-50-master.zip"


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    output: str
    errors: str


Program = Callable[..., Said]


@pytest.fixture
def sepbench(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, server: FileServer
) -> Program:
    """The program in this process, without corpora, with ESC-50 and FSD50K published on a server of this machine."""
    for name in [name for name in os.environ if name.startswith("SEPBENCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(esc50, "ABOUT", served(esc50.ABOUT, server, {ARCHIVE: esc50_zip()}))
    monkeypatch.setattr(fsd50k, "ABOUT", served(fsd50k.ABOUT, server, {"FSD50K.doc.zip": b"no archive"}))
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Said:
        open_corpus.cache_clear()
        monkeypatch.setattr(sys, "argv", ["sepbench", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Said(code, said.out, said.err)

    return run


def test_status_fetch_status_verify(sepbench: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sepbench("data", "status", "esc50")
    assert before.code == 0
    assert "SEPBENCH_DATA_ESC50 is not set" in before.output
    assert "esc50: not here; next: sepbench data fetch esc50 --to FOLDER, then set" in before.output
    fetched = sepbench("data", "fetch", "esc50", "--to", "copy")
    assert (fetched.code, fetched.output.splitlines()) == (
        0,
        [f"unpacked 2 files of {ARCHIVE}", f"now set SEPBENCH_DATA_ESC50={tmp_path / 'copy'}"],
    )
    assert f"fetching {ARCHIVE}: " in fetched.errors and f"unpacking {ARCHIVE}: " in fetched.errors
    monkeypatch.setenv("SEPBENCH_DATA_ESC50", str(tmp_path / "copy"))
    again = sepbench("data", "fetch", "esc50")
    assert (again.code, again.output) == (0, f"{ARCHIVE}: here already\n")
    after = json.loads(sepbench("data", "status", "esc50", "--json").output)
    (state,) = after["corpora"]
    assert (state["found"], state["clips"], state["here"], state["next"]) == (True, 1, 1, "")
    suites = {one["name"]: one for one in after["suites"]}
    assert {"esc50", "audiosep/esc50"} <= set(suites) and "demo" not in suites
    assert suites["audiosep/esc50"]["items"] == 2000 and suites["audiosep/esc50"]["buildable"] == 0
    verified = sepbench("data", "verify", "esc50", "--deep")
    assert verified.code == 0 and "reading esc50: 1 of 1" in verified.errors


def test_status_of_everything_as_json(sepbench: Program) -> None:
    found = json.loads(sepbench("data", "status", "--json").output)
    states = {one["name"]: one for one in found["corpora"]}
    assert {"audiocaps", "clotho", "esc50", "fsd50k", "synthetic", "vggsound"} <= set(states)
    assert [name for name, one in states.items() if one["found"]] == ["pairs", "synthetic"]
    demo = next(one for one in found["suites"] if one["name"] == "demo")
    assert demo["items"] == demo["buildable"] > 0 and demo["corpora"] == ["synthetic"]


def test_status_names_a_damaged_index_and_goes_on(
    sepbench: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "esc50.csv").write_text("filename\n")
    monkeypatch.setenv("SEPBENCH_DATA_ESC50", str(tmp_path))
    said = sepbench("data", "status", "esc50", "synthetic")
    assert said.code == 0
    assert "esc50.csv, line 1" in said.output and "next: use the meta/esc50.csv of the official release" in said.output


def test_verify_exits_2_when_a_file_is_wrong(
    sepbench: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEPBENCH_DATA", str(tmp_path))
    sepbench("data", "fetch", "esc50")
    (tmp_path / "esc50" / "audio" / "1-100-A-0.wav").write_bytes(b"RIFF")
    said = sepbench("data", "verify", "esc50")
    assert said.code == 2 and "wrong: " in said.output and "bytes, unpacked with" in said.output
    assert said.errors.splitlines()[-2:] == [
        "error: 1 file is not as it should be",
        "  try: delete what is named above, then run sepbench data fetch for its corpus",
    ]
    (check,) = json.loads(sepbench("data", "verify", "esc50", "--json").output)
    assert len(check["wrong"]) == 1


def test_verify_of_what_is_not_here_is_fine(sepbench: Program) -> None:
    said = sepbench("data", "verify", "--json")
    assert said.code == 0
    assert [check["name"] for check in json.loads(said.output) if check["found"]] == ["pairs", "synthetic"]


@pytest.mark.parametrize(
    ("words", "error", "remedy"),
    [
        (["fetch", "esc5"], "unknown corpus: given esc5", "did you mean esc50?"),
        (["status", "esc5"], "unknown corpus: given esc5", "did you mean esc50?"),
        (["verify", "esc5"], "unknown corpus: given esc5", "did you mean esc50?"),
        (["fetch", "esc50"], "nowhere to put esc50: given no --to, no SEPBENCH_DATA_ESC50", "--to FOLDER"),
        (["fetch", "esc50", "fsd50k", "--to", "x"], "option --to: given 2 corpora; wanted one", "one at a time"),
        (["fetch", "esc50", "--to", "x", "--only", "*.7z"], "option --only: given *.7z", f"known: {ARCHIVE}"),
        (["fetch", "dnr_v3"], "dnr_v3 has nothing that may be downloaded", "follow the instructions above"),
        (["fetch", "fsd50k", "--to", "x"], "FSD50K.doc.zip cannot be unpacked: given damaged", "delete the archive"),
    ],
)
def test_errors_exit_2_with_what_and_remedy(sepbench: Program, words: list[str], error: str, remedy: str) -> None:
    said = sepbench("data", *words)
    assert said.code == 2
    *_, what, todo = said.errors.splitlines()
    assert what.startswith("error: ") and error in what
    assert todo.startswith("  try: ") and remedy in todo


def test_instructions_are_printed_where_nothing_can_be_fetched(sepbench: Program) -> None:
    from sepbench.corpora.corpus import about

    assert about("dnr_v3").instructions in sepbench("data", "fetch", "dnr_v3").output


def test_instructions_follow_what_was_fetched(
    sepbench: Program, server: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = music.ABOUT.remote[0].file
    monkeypatch.setattr(music, "ABOUT", served(music.ABOUT, server, {index: b"{}"}))
    said = sepbench("data", "fetch", "music", "--to", "music")
    assert said.code == 0
    assert said.output.startswith(f"fetched {index}\nnot downloaded: {music.ABOUT.instructions}\n")


def test_corpus_without_files(sepbench: Program) -> None:
    said = sepbench("data", "fetch", "synthetic")
    assert (said.code, said.output) == (0, "synthetic has no files: it is made when it is asked for\n")


@pytest.mark.parametrize(("answer", "code"), [("n\n", 1), ("y\n", 0)])
def test_a_terminal_is_asked(
    sepbench: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str, code: int
) -> None:
    import io

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    said = sepbench("data", "fetch", "esc50", "--to", "copy")
    assert said.code == code
    assert "Licence: CC BY-NC 3.0" in said.output and "Download: 1 files" in said.output
    assert bool(held(tmp_path)) == (code == 0)
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    assert sepbench("data", "fetch", "esc50", "--to", "other", "--yes").code == 0


def test_ctrl_c_keeps_what_has_arrived_and_the_next_fetch_uses_it(server: FileServer, tmp_path: Path) -> None:
    content = esc50_zip() + bytes(200_000)  # zeros after the end: no archive, but long enough to be stopped
    server.files[ARCHIVE] = Published(content, breaks=[131_072], stalls=True)
    program = (
        "import dataclasses, sys\n"
        "from sepbench.corpora import esc50\n"
        "remote = dataclasses.replace(esc50.ABOUT.remote[0], url=sys.argv.pop(), unpack='keep')\n"
        "esc50.ABOUT = dataclasses.replace(esc50.ABOUT, remote=(remote,))\n"
        "from sepbench.cli.app import main\n"
        "main()\n"
    )
    words = [sys.executable, "-c", program, "data", "fetch", "esc50", "--to", str(tmp_path), server.url(ARCHIVE)]
    process = subprocess.Popen(
        words,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background jobs ignore it
    )
    partial = tmp_path / f"{ARCHIVE}.partial"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (partial.exists() and partial.stat().st_size >= 65_536):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted; what has arrived of esc50 is kept" in errors and "Traceback" not in errors
    arrived = partial.stat().st_size
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / ARCHIVE).read_bytes() == content
    assert server.gets()[-1].range == f"bytes={arrived}-"
