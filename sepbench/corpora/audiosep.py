"""AudioSep's published evaluation sets (Liu et al., arXiv 2308.05037): six lists whose audio is published ready-mixed.

The corpus's folder is the repository's ``evaluation``: lists in ``metadata/`` (or in the folder itself), audio in
``data/``. What the repository's evaluators open: ``data/<set>/segment-<idx>.wav`` and ``mixture-<idx>.wav`` for
AudioCaps, Clotho, ESC-50 and MUSIC, where `idx` counts the rows from 0; ``data/vggsound/`` followed by the list's
``s0_wav`` and ``mix_wav`` ("data/s0_wav/…", so that ``data`` stands twice in the path); for AudioSet the list's own
paths, whose column ``noise_wav`` holds the mixture. The text asked is the caption, or the name of the class.

A clip is the target of a row; the mixtures are no clips, but can be read by their paths (`ListRow.mixture_file`).
Targets cut from one recording, as the five rows of a Clotho file, share a `group`; the AudioSet list names no
recordings, and there each row is a group of its own. How the lists are read: `sepbench.protocols.audiosep_lists`.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from sepbench.audio import Recording
from sepbench.corpora.about import About, RemoteFile
from sepbench.corpora.audio_files import AudioFiles
from sepbench.corpora.corpus import corpus_root
from sepbench.errors import MissingData
from sepbench.manifest import Clip
from sepbench.protocols.audiosep_lists import FORMATS, read_list
from sepbench.protocols.audiosep_rows import ListRow
from sepbench.records import canonical_json
from sepbench.tables import index_version

COMMIT = "944583f18b84589dc965de3ad77525c945334252"
PUBLISHED = (
    ("audiocaps_eval.csv", 635210, "c8e99f43b25e5f50ff878c17c3d32fb8e308f731c1b3c63ab9734ef8a81609c0"),
    ("audioset_eval.csv", 870981, "11fb7fff03e5f36ff34907b86aeef0665da5d2729692c4ed50b1dbfa37115d96"),
    ("class_labels_indices.csv", 14675, "cdd1049833c4b86127c2773ac0d14a2754b6a6d0d1798002ed5c66e699708429"),
    ("clotho_eval.csv", 780289, "e56084e442bc6afa05e845ca5aa3cea079bc15fa644bf4b19db9d95e4d5fd6d4"),
    ("esc50_eval.csv", 100987, "bbb4fda3fb0152b814776e5371e9d521f70cdcd90aaf9aabe40c924cea1550fb"),
    ("music_eval.csv", 266704, "5b0f12bc6b9848b24c8a6efc003ba4b9bb6b8d87e41a33edd75ec7d97d86d0f0"),
    ("vggsound_eval.csv", 243745, "741dfb8069ca5a2de38714c5ab685800c15021753a32cab7b41d415d22e2ccd3"),
)
ABOUT = About(
    name="audiosep",
    title="AudioSep's evaluation sets, ready-mixed",
    licence="MIT (lists); the audio and captions keep the terms of the corpora they were made from",
    homepage="https://github.com/Audio-AGI/AudioSep",
    remote=tuple(
        RemoteFile(
            url=f"https://raw.githubusercontent.com/Audio-AGI/AudioSep/{COMMIT}/evaluation/metadata/{file}",
            checksum=f"sha256:{digest}",
            file=f"metadata/{file}",
            bytes=length,
        )
        for file, length, digest in PUBLISHED
    ),
    instructions=(
        "The audio is on Google Drive: https://drive.google.com/drive/folders/1PbCsuvdrzwAZZ_fwIzF0PeVGZkTk0-kL. "
        "Download the folder into data/ and unpack what is packed, so that there are "
        "data/{audiocaps,clotho,esc50,music}/{mixture,segment}-0.wav, data/vggsound/data/{mix_wav,s0_wav}/*.wav and "
        "data/audioset/class_id=0/*.wav. Sets that are not downloaded are left out."
    ),
    captions="by reference",
)


class AudioSepSets:
    """The evaluation sets at a folder laid out like the repository's ``evaluation``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._audio = AudioFiles(ABOUT.name, root)

    @cached_property
    def _rows(self) -> list[ListRow]:
        paths = {name: path for name in FORMATS if (path := self._list(name)) is not None}
        if not paths:
            raise MissingData(
                "audiosep has no list",
                given=str(self.root),
                wanted=f"one of metadata/{{{','.join(FORMATS)}}}_eval.csv",
                remedy=f"sepbench data fetch {ABOUT.name}",
            )
        rows = (row for name, path in paths.items() for row in read_list(name, path).rows)
        return sorted(rows, key=lambda row: row.target_file)

    def _list(self, name: str) -> Path | None:
        file = f"{name}_eval.csv"
        return next((path for path in (self.root / "metadata" / file, self.root / file) if path.is_file()), None)

    @cached_property
    def version(self) -> str:
        """Hash of the lists that are here, in a form that line ends and row order do not change."""
        return index_version(canonical_json([row.target_file, row.target.clip, row.text]) for row in self._rows)

    @cached_property
    def _clips(self) -> tuple[Clip, ...]:
        return tuple(
            Clip(
                corpus=ABOUT.name,
                id=row.target_file,
                labels=row.target.labels,
                group=row.target.group,
                split="test",
                captions=(row.text,),
            )
            for row in self._rows
        )

    def clips(self) -> tuple[Clip, ...]:
        """The target of every row; its one caption is the text asked. Labels where that text is a class."""
        return self._clips

    def has(self, clip: str) -> bool:
        """Whether the file of a target or of a mixture is here."""
        return self._audio.find(clip) is not None

    def read(self, clip: str) -> Recording:
        """A target or a mixture, mono."""
        return self._audio.read(clip)


def corpus() -> AudioSepSets:
    """AudioSep's evaluation sets where the environment says they are."""
    return AudioSepSets(corpus_root(ABOUT.name))
