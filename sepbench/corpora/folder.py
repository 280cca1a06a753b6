"""Anybody's own recordings: a folder with audio and a list, ``clips.csv``.

The list starts with ``path,label,caption,group``; columns ``split`` and ``licence`` may follow. `path` is relative to
the folder. `label` may hold several classes joined by ``;``. `caption` may be empty. `group` names the recording a clip
was cut from, so that two cuts of it are never mixed; empty means a recording of its own. ``freesound:<id>`` and
``youtube:<id>`` also keep it apart from clips of other corpora. `split` is train, validation or test, and test where
there is none: only clips of the split train teach the baselines.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from sepbench.audio import Recording
from sepbench.corpora.about import About
from sepbench.corpora.audio_files import AudioFiles, without_extension
from sepbench.corpora.corpus import corpus_root
from sepbench.manifest import Clip
from sepbench.paths import is_inside
from sepbench.records import canonical_json, read_text
from sepbench.tables import Line, index_version, read_table, unlike

INDEX = "clips.csv"
COLUMNS = ("path", "label", "caption", "group")
OPTIONAL = ("split", "licence")
SPLITS = ("train", "validation", "test")
HEADER = f"{','.join(COLUMNS)}[,{'][,'.join(OPTIONAL)}]"
SOURCE = f"{HEADER} as the first line, and a line for each clip"
ENCODING = "utf-8-sig"  # spreadsheets put a mark before the header
ABOUT = About(
    name="folder",
    title="A folder of your own",
    licence="as its clips.csv states per clip",
    homepage="",
    instructions=(
        "Write clips.csv into the folder that holds the audio: a header path,label,caption,group (and, if wanted, "
        "split,licence) and one line per clip. Then set SEPBENCH_DATA_FOLDER to the folder."
    ),
)


class Folder:
    """A folder with ``clips.csv``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._audio = AudioFiles(ABOUT.name, root)

    @cached_property
    def _rows(self) -> list[Line]:
        path = self.root / INDEX
        columns = _columns(path)
        empty = ("caption", "group", *OPTIONAL)
        rows = read_table(path, columns, header=columns, source=SOURCE, may_be_empty=empty, encoding=ENCODING)
        seen: set[str] = set()
        for row in rows:
            name = without_extension(row["path"])  # by which the file is found
            if not is_inside(row["path"]) or name in seen or not all(_labels(row)) or _split(row) not in SPLITS:
                wanted = (
                    "a path inside the folder, each once, whatever its extension; labels joined by ;; "
                    f"split {', '.join(SPLITS)} or none"
                )
                raise unlike(path, row.number, list(row.values.values()), wanted, SOURCE)
            seen.add(name)
        return sorted(rows, key=lambda row: row["path"])

    @cached_property
    def version(self) -> str:
        """Hash of the list in a form that line ends and row order do not change."""
        return index_version(canonical_json(row.values) for row in self._rows)

    @cached_property
    def _clips(self) -> tuple[Clip, ...]:
        return tuple(
            Clip(
                corpus=ABOUT.name,
                id=row["path"],
                labels=_labels(row),
                group=row["group"] or row["path"],
                split=_split(row),
                captions=(row["caption"],) if row["caption"] else (),
                licence=row.values.get("licence") or None,
            )
            for row in self._rows
        )

    def clips(self) -> tuple[Clip, ...]:
        """The clips of the list."""
        return self._clips

    def has(self, clip: str) -> bool:
        """Whether an audio file of that stem is here."""
        return self._audio.find(clip) is not None

    def read(self, clip: str) -> Recording:
        """The clip, mono."""
        return self._audio.read(clip)


def _columns(path: Path) -> tuple[str, ...]:
    columns = tuple(read_text(path, encoding=ENCODING).split("\n", 1)[0].split(","))
    extra = columns[len(COLUMNS) :]
    if columns[: len(COLUMNS)] != COLUMNS or len(set(extra)) != len(extra) or not set(extra) <= set(OPTIONAL):
        raise unlike(path, 1, columns, HEADER, SOURCE)
    return columns


def _labels(row: Line) -> tuple[str, ...]:
    return tuple(label.strip() for label in row["label"].split(";"))


def _split(row: Line) -> str:
    return row.values.get("split") or "test"


def corpus() -> Folder:
    """The folder that the environment names."""
    return Folder(corpus_root(ABOUT.name))
