"""FSD50K: 51,197 Freesound clips of 0.3 to 30 s, 200 classes of the AudioSet ontology (Fonseca et al., TASLP 2022,
arXiv 2010.00475).

Layout: ``FSD50K.ground_truth/dev.csv`` (fname, labels, mids, split) and ``eval.csv`` (fname, labels, mids),
``FSD50K.dev_audio/<fname>.wav`` and ``FSD50K.eval_audio/<fname>.wav``; a file's name is its Freesound id. Either list
may be missing. The published labels are smeared up the ontology ("Electric_guitar,Guitar,…,Music"): here the labels
are the classes none of the others lies below, by their AudioSet names ("Electric guitar"), and everything above them
goes to `classes`. The development set may lack labels for sounds that are there; the evaluation set names all.
Licences of single clips come from ``FSD50K.metadata/{dev,eval}_clips_info_FSD50K.json`` where that is here; `version`
does not depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from sepbench.audio import Recording
from sepbench.corpora.about import About, RemoteFile, Unpack
from sepbench.corpora.audio_files import AudioFiles
from sepbench.corpora.corpus import corpus_root
from sepbench.errors import MissingData, SepbenchError
from sepbench.manifest import Clip
from sepbench.records import parse_json, read_text
from sepbench.tables import Line, index_version, read_table, unlike

Part = Literal["dev", "eval"]

SOURCE = "FSD50K.ground_truth of the official release (Zenodo 4060432)"
COLUMNS: dict[Part, tuple[str, ...]] = {
    "dev": ("fname", "labels", "mids", "split"),
    "eval": ("fname", "labels", "mids"),
}
SPLITS = {"train": "train", "val": "validation"}


def _remote(file: str, md5: str, unpack: Unpack, archive: str = "") -> RemoteFile:
    url = f"https://zenodo.org/records/4060432/files/{file}?download=1"
    return RemoteFile(url, f"md5:{md5}", file, unpack=unpack, archive=archive)


ABOUT = About(
    name="fsd50k",
    title="FSD50K",
    licence="CC BY 4.0 (as a whole; single clips CC0, CC BY, CC BY-NC or Sampling+)",
    homepage="https://zenodo.org/records/4060432",
    remote=(
        _remote("FSD50K.ground_truth.zip", "ca27382c195e37d2269c4c866dd73485", "zip"),
        _remote("FSD50K.metadata.zip", "b9ea0c829a411c1d42adb9da539ed237", "zip"),
        _remote("FSD50K.doc.zip", "3516162b82dc2945d3e7feba0904e800", "zip"),
        *(
            _remote(f"FSD50K.eval_audio.{part}", md5, "split-zip", "FSD50K.eval_audio")
            for part, md5 in (
                ("z01", "3090670eaeecc013ca1ff84fe4442aeb"),
                ("zip", "6fa47636c3a3ad5c7dfeba99f2637982"),
            )
        ),
        *(
            _remote(f"FSD50K.dev_audio.{part}", md5, "split-zip", "FSD50K.dev_audio")
            for part, md5 in (
                ("z01", "faa7cf4cc076fc34a44a479a5ed862a3"),
                ("z02", "8f9b66153e68571164fb1315d00bc7bc"),
                ("z03", "1196ef47d267a993d30fa98af54b7159"),
                ("z04", "d088ac4e11ba53daf9f7574c11cccac9"),
                ("z05", "81356521aa159accd3c35de22da28c7f"),
                ("zip", "c480d119b8f7a7e32fdb58f3ea4d6c5a"),
            )
        ),
    ),
)


@dataclass(frozen=True)
class _ClipInfo:
    """What is wanted of a clip's entry in the metadata: the URL of its licence."""

    license: str


class Fsd50k:
    """FSD50K at a folder of the published layout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._audio = AudioFiles(ABOUT.name, root)

    @cached_property
    def _rows(self) -> dict[Part, list[Line]]:
        folder = self.root / "FSD50K.ground_truth"
        found = {part: _read(path, part) for part in COLUMNS if (path := folder / f"{part}.csv").is_file()}
        if not found:
            raise MissingData(
                "fsd50k has no index",
                given=str(folder),
                wanted="dev.csv, eval.csv or both",
                remedy=f"sepbench data fetch {ABOUT.name}",
            )
        return found

    @cached_property
    def version(self) -> str:
        """Hash of the ground truth in a form that line ends and row order do not change."""
        return index_version(
            "\t".join((part, *row.values.values())) for part, rows in self._rows.items() for row in rows
        )

    @cached_property
    def _clips(self) -> tuple[Clip, ...]:
        clips: list[Clip] = []
        for part, rows in self._rows.items():
            licences = self._licences(part)
            clips += [_clip(row, part, licences.get(row["fname"])) for row in rows]
        return tuple(sorted(clips, key=lambda clip: clip.id))

    def _licences(self, part: Part) -> dict[str, str]:
        path = self.root / "FSD50K.metadata" / f"{part}_clips_info_FSD50K.json"
        if not path.is_file():
            return {}
        entries = parse_json(dict[str, _ClipInfo], read_text(path), place=str(path))
        return {fname: entry.license for fname, entry in entries.items()}

    def clips(self) -> tuple[Clip, ...]:
        """The clips of the lists that are here."""
        return self._clips

    def has(self, clip: str) -> bool:
        """Whether an audio file of that stem is here."""
        return self._audio.find(clip) is not None

    def read(self, clip: str) -> Recording:
        """The clip, mono."""
        return self._audio.read(clip)


def _read(path: Path, part: Part) -> list[Line]:
    rows = read_table(path, COLUMNS[part], header=COLUMNS[part], source=SOURCE)
    seen: set[str] = set()
    for row in rows:
        names, mids = row["labels"].split(","), row["mids"].split(",")
        fname = row["fname"]
        right = fname.isascii() and fname.isdigit() and len(names) == len(mids) and all(map(_known, mids))
        if not right or fname in seen or row.values.get("split", "train") not in SPLITS:
            wanted = "a Freesound id named once, as many AudioSet ids as labels" + ", train or val" * (part == "dev")
            raise unlike(path, row.number, list(row.values.values()), wanted, SOURCE)
        seen.add(fname)
    return rows


def _known(mid: str) -> bool:
    from sepbench.corpora.audioset_ontology import ontology

    try:
        ontology().name(mid)
    except SepbenchError:
        return False
    return True


def _clip(row: Line, part: Part, licence: str | None) -> Clip:
    from sepbench.corpora.audioset_ontology import ontology

    mids = row["mids"].split(",")
    labels = tuple(ontology().name(mid) for mid in ontology().leaves(mids))
    return Clip(
        corpus=ABOUT.name,
        id=f"FSD50K.{part}_audio/{row['fname']}.wav",
        labels=labels,
        group=f"freesound:{row['fname']}",
        split="test" if part == "eval" else SPLITS[row["split"]],
        classes=tuple(sorted(set(ontology().names_with_ancestors(mids)) - set(labels))),
        licence=licence,
    )


def corpus() -> Fsd50k:
    """FSD50K where the environment says it is."""
    return Fsd50k(corpus_root(ABOUT.name))
