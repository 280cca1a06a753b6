"""Clotho v2.1: 5,929 Freesound clips of 15 to 30 s with five captions each (Drossos et al., ICASSP 2020, arXiv
1910.09387).

Layout: for each of the folders ``development`` (3,839 clips: split ``train``), ``validation`` (1,045) and
``evaluation`` (1,045: ``test``) the files ``clotho_captions_<folder>.csv`` (file_name, caption_1 to caption_5) and
``clotho_metadata_<folder>.csv`` (file_name, keywords, sound_id, sound_link, start_end_samples, manufacturer, license),
and the audio as ``<folder>/<file_name>``, also below ``clotho_audio_<folder>/``. A folder without captions is left out.

File names are those given on Freesound, and stay as published in ids and paths: some begin with a blank or have one
before their extension, many have commas. Captions and metadata are matched without outer blanks. The metadata are
ISO-8859-1, the captions UTF-8. Labels are the keywords that the uploader chose, in lower case: hints rather than
classes. A few clips have no known Freesound id; these, and clips without metadata, are in a group of their file's name.
Two sounds (86163, 130603) have clips both in development and in validation: exclusion goes by group.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sepbench.audio import Recording
from sepbench.corpora.about import About, RemoteFile, Unpack
from sepbench.corpora.audio_files import AudioFiles
from sepbench.corpora.corpus import corpus_root
from sepbench.errors import MissingData
from sepbench.manifest import Clip
from sepbench.paths import is_inside
from sepbench.tables import Line, index_version, read_table, unlike

SOURCE = "the file of that name of Clotho v2.1 (Zenodo 4783391)"
SPLITS = {"development": "train", "validation": "validation", "evaluation": "test"}
CAPTIONS = tuple(f"caption_{number}" for number in range(1, 6))
CAPTION_COLUMNS = ("file_name", *CAPTIONS)
METADATA_COLUMNS = (
    "file_name",
    "keywords",
    "sound_id",
    "sound_link",
    "start_end_samples",
    "manufacturer",
    "license",
)
WANTED = "the plain name of a .wav file that is here once"
FREESOUND_ID = re.compile(r"[0-9]{1,9}")


def _remote(file: str, md5: str, unpack: Unpack = "keep") -> RemoteFile:
    url = f"https://zenodo.org/records/4783391/files/{file}?download=1"
    return RemoteFile(url, f"md5:{md5}", file, unpack=unpack)


ABOUT = About(
    name="clotho",
    title="Clotho v2.1",
    licence="captions: Tampere University, non-commercial with attribution; audio: CC0, CC BY, CC BY-NC or Sampling+",
    homepage="https://zenodo.org/records/4783391",
    remote=(
        _remote("clotho_captions_development.csv", "d4090b39ce9f2491908eebf4d5b09bae"),
        _remote("clotho_captions_validation.csv", "5879e023032b22a2c930aaa0528bead4"),
        _remote("clotho_captions_evaluation.csv", "1b16b9e57cf7bdb7f13a13802aeb57e2"),
        _remote("clotho_metadata_development.csv", "170d20935ecfdf161ce1bb154118cda5"),
        _remote("clotho_metadata_validation.csv", "2e010427c56b1ce6008b0f03f41048ce"),
        _remote("clotho_metadata_evaluation.csv", "13946f054d4e1bf48079813aac61bf77"),
        _remote("clotho_audio_development.7z", "c8b05bc7acdb13895bb3c6a29608667e", "7z"),
        _remote("clotho_audio_validation.7z", "7dba730be08bada48bd15dc4e668df59", "7z"),
        _remote("clotho_audio_evaluation.7z", "4569624ccadf96223f19cb59fe4f849f", "7z"),
    ),
    captions="by reference",
)


@dataclass(frozen=True)
class _Facts:
    """What the metadata say of one clip; `sound` is its Freesound id."""

    labels: tuple[str, ...] = ()
    sound: str | None = None
    licence: str | None = None


class Clotho:
    """Clotho at a folder of the published layout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._audio = AudioFiles(ABOUT.name, root)

    @cached_property
    def _clips(self) -> tuple[Clip, ...]:
        captions = {folder: self.root / f"clotho_captions_{folder}.csv" for folder in SPLITS}
        here = {folder: path for folder, path in captions.items() if path.is_file()}
        if not here:
            raise MissingData(
                "clotho has no index",
                given=str(self.root),
                wanted=" or ".join(path.name for path in captions.values()),
                remedy=f"sepbench data fetch {ABOUT.name}",
            )
        clips: list[Clip] = []
        for folder, path in here.items():
            metadata = self.root / f"clotho_metadata_{folder}.csv"
            facts = _facts(metadata) if metadata.is_file() else {}
            clips += [_clip(folder, line, facts.get(name, _Facts())) for name, line in _captioned(path).items()]
        return tuple(sorted(clips, key=lambda clip: clip.id))

    @cached_property
    def version(self) -> str:
        """Hash of captions, keywords, groups and licences in a form that line ends and row order do not change."""
        return index_version(
            "\t".join((clip.id, clip.group, clip.licence or "", *clip.captions, *clip.labels)) for clip in self._clips
        )

    def clips(self) -> tuple[Clip, ...]:
        """The clips of the folders whose captions are here."""
        return self._clips

    def has(self, clip: str) -> bool:
        """Whether an audio file of that stem is here."""
        return self._audio.find(*_places(clip)) is not None

    def read(self, clip: str) -> Recording:
        """The clip, mono."""
        return self._audio.read(*_places(clip))


def _captioned(path: Path) -> dict[str, Line]:
    """Lines by file name without outer blanks."""
    return _by_name(path, read_table(path, CAPTION_COLUMNS, header=CAPTION_COLUMNS, source=SOURCE))


def _facts(path: Path) -> dict[str, _Facts]:
    lines = read_table(
        path,
        METADATA_COLUMNS,
        header=METADATA_COLUMNS,
        source=SOURCE,
        may_be_empty=METADATA_COLUMNS[1:],
        encoding="iso-8859-1",
    )
    return {name: _facts_of(line) for name, line in _by_name(path, lines).items()}


def _by_name(path: Path, lines: list[Line]) -> dict[str, Line]:
    found: dict[str, Line] = {}
    for line in lines:
        file = line["file_name"]
        named = file.strip().lower().endswith(".wav") and "/" not in file and is_inside(file)
        if not named or file.strip() in found:
            raise unlike(path, line.number, list(line.values.values()), WANTED, SOURCE)
        found[file.strip()] = line
    return found


def _facts_of(line: Line) -> _Facts:
    keywords = (keyword.strip().lower() for keyword in line["keywords"].split(";"))
    return _Facts(
        labels=tuple(dict.fromkeys(keyword for keyword in keywords if keyword)),
        sound=line["sound_id"] if FREESOUND_ID.fullmatch(line["sound_id"]) else None,
        licence=line["license"] if line["license"].startswith("http") else None,
    )


def _clip(folder: str, line: Line, facts: _Facts) -> Clip:
    file = line["file_name"]
    return Clip(
        corpus=ABOUT.name,
        id=f"{folder}/{file}",
        labels=facts.labels,
        group=f"freesound:{facts.sound}" if facts.sound else f"clotho:{file.strip()}",
        split=SPLITS[folder],
        captions=tuple(line[caption] for caption in CAPTIONS),
        licence=facts.licence,
    )


def _places(clip: str) -> list[str]:
    folder, _, file = clip.partition("/")
    return [clip, f"clotho_audio_{folder}/{folder}/{file}", f"clotho_audio_{folder}/{file}"]


def corpus() -> Clotho:
    """Clotho where the environment says it is."""
    return Clotho(corpus_root(ABOUT.name))
