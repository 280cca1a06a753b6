"""Divide and Remaster v2: film-like mixtures of speech, music and sound effects (Petermann et al., ICASSP 2022, arXiv
2110.09958).

Layout: ``tr|cv|tt/<number>/{mix,speech,music,sfx}.wav``, as the archive has it below ``dnr_v2/``; 60 s, 44.1 kHz. There
is no index: an *item* is a folder that holds all three stems, and the corpus is the items that are here. A clip is one
stem of one item; the stems of an item are one `group`. The ``annots.csv`` of each item times its events (transcript,
genre or tags of the recordings they were cut from) and describes no stem as a whole, so the clips have no captions.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sepbench.audio import Recording
from sepbench.corpora.about import About, RemoteFile
from sepbench.corpora.audio_files import AudioFiles
from sepbench.corpora.corpus import corpus_root
from sepbench.errors import MissingData
from sepbench.manifest import Clip
from sepbench.paths import is_inside
from sepbench.tables import index_version

STEMS = ("speech", "music", "sfx")
PARTS = tuple(f"{number:02d}" for number in range(11))
ABOUT = About(
    name="dnr_v2",
    title="Divide and Remaster v2",
    licence="as the Zenodo record states; made from LibriSpeech (CC BY 4.0), FMA (per track) and FSD50K (per clip)",
    homepage="https://zenodo.org/records/6949108",
    remote=tuple(
        RemoteFile(
            url=f"https://zenodo.org/records/6949108/files/dnr_v2.tar.gz.{part}?download=1",
            checksum=None,
            file=f"dnr_v2.tar.gz.{part}",
            unpack="split-tar",
            archive="dnr_v2.tar.gz",
        )
        for part in PARTS
    ),
)


@dataclass(frozen=True)
class Layout:
    """How a release is laid out.

    Attributes:
        about: the release's facts.
        places: folders, relative to the corpus's, that may hold the split folders; the first that does is used.
        splits: split folders, and the splits they are.
        extension: of the audio, with its dot.
    """

    about: About
    places: tuple[str, ...]
    splits: dict[str, str]
    extension: str


LAYOUT = Layout(ABOUT, (".", "dnr_v2"), {"tr": "train", "cv": "validation", "tt": "test"}, ".wav")


class DivideAndRemaster:
    """A release of Divide and Remaster at a folder of its layout; `home` is where its split folders are.

    Raises:
        MissingData: there is no split folder.
    """

    def __init__(self, root: Path, layout: Layout) -> None:
        self.root = root
        self.home = _home(root, layout)
        self.layout = layout
        self._audio = AudioFiles(layout.about.name, self.home)

    def items(self, folder: str) -> tuple[str, ...]:
        """The items of a split folder, in order of name: ``<folder>/<item>``, each with all three stems.

        A stem is ``<item>/<stem>`` plus the layout's extension, and can be read by that name, as the mixture can.
        """
        items = sorted(f"{folder}/{path.name}" for path in (self.home / folder).glob("*"))
        return tuple(item for item in items if is_inside(item) and all(self.has(f"{item}/{stem}") for stem in STEMS))

    @cached_property
    def _items(self) -> tuple[str, ...]:
        return tuple(item for folder in self.layout.splits for item in self.items(folder))

    @cached_property
    def version(self) -> str:
        """Hash of the names of the items that are here: a partial copy has a version of its own."""
        return index_version(self._items)

    @cached_property
    def _clips(self) -> tuple[Clip, ...]:
        clips = (self._clip(item, stem) for item in self._items for stem in STEMS)
        return tuple(sorted(clips, key=lambda clip: clip.id))

    def _clip(self, item: str, stem: str) -> Clip:
        return Clip(
            corpus=self.layout.about.name,
            id=f"{item}/{stem}{self.layout.extension}",
            labels=(stem,),
            group=f"{self.layout.about.name}:{item}",
            split=self.layout.splits[item.split("/")[0]],
        )

    def clips(self) -> tuple[Clip, ...]:
        """The three stems of every item that is here."""
        return self._clips

    def has(self, clip: str) -> bool:
        """Whether the file of a stem or of a mixture is here."""
        return self._audio.find(clip) is not None

    def read(self, clip: str) -> Recording:
        """A stem or a mixture, mono."""
        return self._audio.read(clip)


def _home(root: Path, layout: Layout) -> Path:
    for home in (root / place for place in layout.places):
        if any((home / folder).is_dir() for folder in layout.splits):
            return home
    raise MissingData(
        f"{layout.about.name} has none of its folders",
        given=str(root),
        wanted=f"{', '.join(layout.splits)}, there or in {' or '.join(layout.places[1:])}",
        remedy=f"complete the copy: sepbench data status {layout.about.name}",
    )


class DnrV2(DivideAndRemaster):
    """Divide and Remaster v2 at a folder of the published layout."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, LAYOUT)


def corpus() -> DnrV2:
    """Divide and Remaster v2 where the environment says it is."""
    return DnrV2(corpus_root(ABOUT.name))
