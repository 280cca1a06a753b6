"""Fetching corpora with their true layouts: what arrives can be opened, and a second fetch does nothing."""

from __future__ import annotations

import importlib.util
import random
import shutil
from pathlib import Path

import pytest

from sepbench.corpora.about import About
from sepbench.corpora.corpus import about, corpus_names, open_corpus
from sepbench.corpora.fetching import plan as planning
from sepbench.corpora.fetching import seven_zip
from sepbench.corpora.fetching.fetch import carry_out
from sepbench.corpora.fetching.parcel import parcels
from sepbench.corpora.fetching.plan import FetchPlan, plan_fetch
from sepbench.errors import MissingExtra, SepbenchError
from sepbench.paths import is_inside
from tests.corpora.fetching.archives import held, split_zip_parts, tar_bytes, zip_bytes
from tests.corpora.fetching.published import esc50_zip, served, wav
from tests.corpora.fetching.server import FileServer, Published


def quiet(what: str, done: int, total: int | None) -> None:
    """No progress shown."""


def plan(facts: About, root: Path, *, only: str = "", keep: bool = False) -> FetchPlan:
    return plan_fetch(facts, root, only=only, keep_archives=keep, report=quiet)


def fetch(facts: About, root: Path, *, only: str = "", keep: bool = False) -> list[str]:
    return carry_out(plan(facts, root, only=only, keep=keep), keep_archives=keep, report=quiet)


def open_at(name: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The clips of a corpus at a folder that have audio."""
    monkeypatch.setenv(f"SEPBENCH_DATA_{name.upper()}", str(root))
    open_corpus.cache_clear()
    corpus = open_corpus(name)
    return [clip.id for clip in corpus.clips() if corpus.has(clip.id)]


def fsd50k(server: FileServer) -> About:
    audio = {f"FSD50K.dev_audio/{name}.wav": random.Random(name).randbytes(900) for name in (63, 64)}
    parts = split_zip_parts(audio, part_length=400)
    assert len(parts) == 6  # as many as the published archive has
    names = [f"FSD50K.dev_audio.z{number:02d}" for number in range(1, 6)] + ["FSD50K.dev_audio.zip"]
    index = b"fname,labels,mids,split\n64,Bark,/m/05tny_,train\n63,Bark,/m/05tny_,val\n"
    lists = zip_bytes({"FSD50K.ground_truth/dev.csv": index})
    contents = dict(zip(names, parts, strict=True)) | {"FSD50K.ground_truth.zip": lists}
    return served(about("fsd50k"), server, contents)


def test_fsd50k_split_zip(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = fetch(fsd50k(server), tmp_path)
    assert done == ["unpacked 1 files of FSD50K.ground_truth.zip", "unpacked 2 files of FSD50K.dev_audio"]
    assert set(held(tmp_path)) == {
        "FSD50K.dev_audio/63.wav",
        "FSD50K.dev_audio/64.wav",
        "FSD50K.ground_truth/dev.csv",
    }
    assert open_at("fsd50k", tmp_path, monkeypatch) == ["FSD50K.dev_audio/63.wav", "FSD50K.dev_audio/64.wav"]


def test_dnr_split_tar(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stems = ("mix", "speech", "music", "sfx")
    content = tar_bytes({f"dnr_v2/tt/1002/{stem}.wav": random.Random(stem).randbytes(500) for stem in stems})
    step = -(-len(content) // 11)
    parts = {f"dnr_v2.tar.gz.{number:02d}": content[number * step : (number + 1) * step] for number in range(11)}
    assert fetch(served(about("dnr_v2"), server, parts), tmp_path) == ["unpacked 4 files of dnr_v2.tar.gz"]
    assert len(server.gets()) == 11
    assert len(open_at("dnr_v2", tmp_path, monkeypatch)) == 3


def test_clotho_7z(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("py7zr") is None:
        pytest.skip("needs py7zr to make the archive (pip install 'sepbench[fetch]')")
    import py7zr  # type: ignore[import-not-found, unused-ignore]

    name = " Ambience Birds.wav"  # a published name begins with a blank
    with py7zr.SevenZipFile(tmp_path / "made.7z", "w") as made:
        made.writestr(wav(), f"evaluation/{name}")
    captions = "file_name," + ",".join(f"caption_{i}" for i in range(1, 6)) + f"\n{name},a,b,c,d,e\n"
    metadata = (
        "file_name,keywords,sound_id,sound_link,start_end_samples,manufacturer,license\n"
        f'{name},birds,12,https://freesound.org/s/12,"[0, 99]",someone,http://creativecommons.org/licenses/by/3.0/\n'
    )
    contents = {
        "clotho_captions_evaluation.csv": captions.encode(),
        "clotho_metadata_evaluation.csv": metadata.encode("latin-1"),
        "clotho_audio_evaluation.7z": (tmp_path / "made.7z").read_bytes(),
    }
    fetch(served(about("clotho"), server, contents), tmp_path / "clotho")
    assert open_at("clotho", tmp_path / "clotho", monkeypatch) == [f"evaluation/{name}"]


def test_7z_that_nothing_reads_is_found_before_the_download(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seven_zip, "PROGRAMS", ())
    monkeypatch.setattr(seven_zip, "LIBRARY", "no_such_library")
    contents = {"clotho_captions_evaluation.csv": b"file_name\n", "clotho_audio_evaluation.7z": b"7z"}
    facts = served(about("clotho"), server, contents)
    with pytest.raises(MissingExtra, match=r"clotho_audio_evaluation\.7z could not be unpacked"):
        fetch(facts, tmp_path)
    assert server.gets() == []
    assert fetch(facts, tmp_path, only="*.csv") == ["fetched clotho_captions_evaluation.csv"]


def test_esc50_zip_of_github(server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = served(about("esc50"), server, {"ESC-50-master.zip": esc50_zip()})
    assert fetch(facts, tmp_path) == ["unpacked 2 files of ESC-50-master.zip"]
    assert open_at("esc50", tmp_path, monkeypatch) == ["audio/1-100-A-0.wav"]


def test_second_fetch_does_nothing_and_one_after_a_loss_repairs(server: FileServer, tmp_path: Path) -> None:
    facts = fsd50k(server)
    fetch(facts, tmp_path)
    whole = held(tmp_path)
    server.requests.clear()
    assert fetch(facts, tmp_path) == []
    assert plan(facts, tmp_path).done == ("FSD50K.ground_truth.zip", "FSD50K.dev_audio")
    assert server.requests == []
    (tmp_path / "FSD50K.dev_audio" / "64.wav").unlink()
    assert fetch(facts, tmp_path) == ["unpacked 2 files of FSD50K.dev_audio"]
    assert held(tmp_path) == whole


def test_new_release_of_an_archive_is_fetched(server: FileServer, tmp_path: Path) -> None:
    fetch(served(about("fsd50k"), server, {"FSD50K.doc.zip": zip_bytes({"FSD50K.doc/1": b"1"})}), tmp_path)
    fetch(served(about("fsd50k"), server, {"FSD50K.doc.zip": zip_bytes({"FSD50K.doc/2": b"2"})}), tmp_path)
    assert held(tmp_path) == {"FSD50K.doc/1": b"1", "FSD50K.doc/2": b"2"}


def test_archives_are_kept_on_request_and_those_that_are_here_are_used(server: FileServer, tmp_path: Path) -> None:
    facts = fsd50k(server)
    fetch(facts, tmp_path, keep=True)
    assert {name for name in held(tmp_path) if "/" not in name} == {file.file for file in facts.remote}
    shutil.rmtree(tmp_path / "FSD50K.dev_audio")
    server.requests.clear()
    assert fetch(facts, tmp_path) == ["unpacked 2 files of FSD50K.dev_audio"]
    assert server.gets() == []


def test_archive_of_the_users_own_that_is_another_one_is_left_alone(server: FileServer, tmp_path: Path) -> None:
    facts = fsd50k(server)
    (tmp_path / "FSD50K.dev_audio.z03").write_bytes(b"half a download by hand")
    with pytest.raises(SepbenchError, match=r"FSD50K\.dev_audio\.z03 is not the published file"):
        fetch(facts, tmp_path)
    assert held(tmp_path) == {"FSD50K.dev_audio.z03": b"half a download by hand"}
    assert server.gets() == []


def test_part_that_fails_keeps_the_parts_before_it(server: FileServer, tmp_path: Path) -> None:
    facts = fsd50k(server)
    whole = server.files["FSD50K.dev_audio.z03"]
    server.files["FSD50K.dev_audio.z03"] = Published(status=404)
    with pytest.raises(SepbenchError, match=r"FSD50K\.dev_audio\.z03 cannot be downloaded"):
        fetch(facts, tmp_path)
    server.files["FSD50K.dev_audio.z03"] = whole
    server.requests.clear()
    fetch(facts, tmp_path)
    assert [request.path[-3:] for request in server.gets()] == ["z03", "z04", "z05", "zip"]


@pytest.mark.parametrize("pattern", ["FSD50K.dev_audio", "*dev_audio*", "FSD50K.dev_audio.z01"])
def test_only_a_part(server: FileServer, tmp_path: Path, pattern: str) -> None:
    assert fetch(fsd50k(server), tmp_path, only=pattern) == ["unpacked 2 files of FSD50K.dev_audio"]


def test_only_what_does_not_exist(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(SepbenchError, match=r"option --only: given FSD50K\.dev_audo") as caught:
        fetch(fsd50k(server), tmp_path, only="FSD50K.dev_audo")
    assert "did you mean FSD50K.dev_audio" in caught.value.remedy


def test_disk_that_is_too_small_is_found_before_the_download(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = fsd50k(server)
    audio = sum(len(server.files[file.file].content) for file in facts.remote[1:])
    lists = len(server.files["FSD50K.ground_truth.zip"].content)
    planned = plan(facts, tmp_path)
    assert planned.download_bytes == audio + lists
    assert planned.peak_bytes == lists + 2 * audio  # the lists unpacked, then the audio packed and unpacked
    assert plan(facts, tmp_path, keep=True).peak_bytes == 2 * (lists + audio)
    (tmp_path / "FSD50K.dev_audio.z01.partial").write_bytes(bytes(100))
    assert plan(facts, tmp_path).peak_bytes == planned.peak_bytes - 100
    (tmp_path / "FSD50K.dev_audio.z01.partial").unlink()
    room = shutil.disk_usage(tmp_path)
    free = planning.RESERVE + planned.peak_bytes
    monkeypatch.setattr(planning.shutil, "disk_usage", lambda _: room._replace(free=free))
    plan(facts, tmp_path)
    monkeypatch.setattr(planning.shutil, "disk_usage", lambda _: room._replace(free=free - 1))
    with pytest.raises(SepbenchError, match="not enough disk space") as caught:
        plan(facts, tmp_path)
    assert "--only" in caught.value.remedy
    assert server.gets() == [] and held(tmp_path) == {}


def test_length_that_nobody_states_does_not_stop_the_plan(server: FileServer, tmp_path: Path) -> None:
    facts = served(about("esc50"), server, {"ESC-50-master.zip": esc50_zip()})
    server.files["ESC-50-master.zip"].announces = False  # as GitHub does
    planned = plan(facts, tmp_path)
    assert [download.bytes for task in planned.tasks for download in task.downloads] == [None]
    assert carry_out(planned, keep_archives=False, report=quiet) == ["unpacked 2 files of ESC-50-master.zip"]


def test_hostile_archive_leaves_only_the_download(server: FileServer, tmp_path: Path) -> None:
    hostile = zip_bytes({"ESC-50-master/a.wav": b"x", "ESC-50-master/../../evil": b"evil"})
    facts = served(about("esc50"), server, {"ESC-50-master.zip": hostile})
    with pytest.raises(SepbenchError, match=r"ESC-50-master\.zip cannot be unpacked: given member"):
        fetch(facts, tmp_path / "data")
    assert set(held(tmp_path)) == {"data/ESC-50-master.zip"}


def test_second_process_is_refused(server: FileServer, tmp_path: Path) -> None:
    import fcntl

    planned = plan(fsd50k(server), tmp_path)
    (tmp_path / ".sepbench").mkdir()
    with (tmp_path / ".sepbench" / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SepbenchError, match="another process is fetching into this folder"):
            carry_out(planned, keep_archives=False, report=quiet)


def test_folder_that_cannot_be_made(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SepbenchError, match=r"folder cannot be written.*Not a directory"):
        fetch(fsd50k(server), tmp_path / "file")


def test_every_corpus_names_files_that_stay_inside_and_archives_of_one_kind() -> None:
    for name in corpus_names():
        for parcel in parcels(about(name)):
            assert all(is_inside(file.file) and file.url.startswith("https://") for file in parcel.files), name
            assert len({(file.unpack, file.into, file.strip) for file in parcel.files}) == 1, name
            assert all(file.into == "." or is_inside(file.into) for file in parcel.files), name
            assert len(parcel.files) == 1 or parcel.files[0].unpack.startswith("split-"), name
