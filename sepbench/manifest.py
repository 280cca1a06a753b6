"""The records of a benchmark list: clips, sources, queries, mixtures, and the manifest that holds them.

A mixture is one line of a ``*.jsonl`` file; its id is the hash of its own content, so a changed row is another row and
an edited one is found out. A frozen manifest is never edited. ``*.meta.json`` beside it says how it was made and
hashes the whole. Positions and lengths are samples at the mixture's own rate, gains and ratios are in dB.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from sepbench.audio import HIGHEST_RATE, LOWEST_RATE
from sepbench.errors import InvalidRecord
from sepbench.paths import is_inside, is_name, write_whole
from sepbench.records import canonical_json, parse_json, read_lines, read_text

if TYPE_CHECKING:
    from pydantic import ConfigDict

SCHEMA = 1
ID_DIGITS = 16
MOST_SAMPLES = 1 << 28
"""Of one mixture: 93 minutes at 48 kHz. A row is refused before memory is taken for what it announces."""
MOST_DB = 200.0

Role = Literal["target", "noise"]
SnrMode = Literal["power", "active", "lufs", "none"]
ClipRule = Literal["peak_0.9_if_gt_1", "none"]
QueryKind = Literal["label", "caption", "instruction"]
QueryMode = Literal["extract", "remove"]

STRICT: ConfigDict = {"extra": "forbid", "strict": True, "allow_inf_nan": False}


@dataclass(frozen=True, slots=True)
class Clip:
    """What a corpus knows of one clip: enough to draw from it without opening the audio."""

    corpus: str
    id: str
    labels: tuple[str, ...]
    group: str
    split: str
    captions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    licence: str | None = None

    def all_classes(self) -> frozenset[str]:
        """The labels and every coarser class above them; two clips that share one do not go into one mixture."""
        return frozenset(self.labels) | frozenset(self.classes)


@dataclass(frozen=True, slots=True)
class Source:
    """One clip's part in a mixture.

    `start` is where reading begins in the clip and `samples` how many are read, both after resampling; `offset` is
    where they are put in the mixture; what they leave uncovered is silence. `gain_db` None means: solved when
    rendered, so that the mixture's `snr_db` holds (lists drawn without hearing the audio).
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    corpus: str
    clip: str
    start: int
    samples: int | None
    labels: tuple[str, ...]
    group: str
    role: Role
    offset: int = 0
    gain_db: float | None = None
    polarity: Literal[-1] | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class TextReference:
    """Where a text stands that may not be passed on: `field` of `clip` in `corpus`."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    corpus: str
    clip: str
    field: str


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a mixture. `sources` are the indexes it speaks of; none means a sound that is not there.

    `variant` tells queries about the same sources apart by how they are worded ("typo", "caption 2").
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    kind: QueryKind
    mode: QueryMode
    sources: tuple[int, ...]
    text: str | None = None
    text_from: TextReference | None = None
    text_sha256: str | None = None
    variant: str | None = None

    @property
    def absent(self) -> bool:
        """Whether the sound asked for is not in the mixture."""
        return not self.sources


@dataclass(frozen=True, slots=True)
class Premixed:
    """A published mixture file; the only source is then the target's file, and the rest is their difference."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    corpus: str
    clip: str


@dataclass(frozen=True, slots=True)
class Mixture:
    """One row: how to render a mixture, and the queries asked of it.

    Rows that are the same sounds rendered otherwise share `pair` and differ in `variant` ("snr -5", "inverted").
    `samples` None, in premixed rows only, means the length of the files. Flags say what is wrong with a published row
    (``self_mix`` ...); those with a colon (``row:12``) only say where it comes from.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    id: str
    sources: tuple[Source, ...]
    queries: tuple[Query, ...]
    sample_rate: int
    samples: int | None
    snr_mode: SnrMode
    clip_rule: ClipRule
    resampler: str
    snr_db: float | None = None
    common_gain: float | None = None
    premixed: Premixed | None = None
    flags: tuple[str, ...] = ()
    pair: str | None = None
    variant: str | None = None

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong with a published row."""
        return tuple(flag for flag in self.flags if ":" not in flag)

    @property
    def target(self) -> Source:
        """The source whose level the SNR speaks of, and whose recording is the row's cluster."""
        return next(source for source in self.sources if source.role == "target")

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """(corpus, clip) of everything that is read to render the row, in the order `sepbench.mixing.render` wants."""
        files = tuple((source.corpus, source.clip) for source in self.sources)
        return (*files, (self.premixed.corpus, self.premixed.clip)) if self.premixed else files

    def item(self, query: int) -> str:
        """The name of this mixture with one of its queries."""
        return f"{self.id}.{query}"


@dataclass(frozen=True)
class Meta:
    """How a manifest was made: enough for anybody with the official files to make it again."""

    __pydantic_config__: ClassVar[ConfigDict] = {"extra": "forbid", "allow_inf_nan": False}

    schema: int
    name: str
    builder: str
    seed: int
    rows: int
    content_hash: str
    recipe: dict[str, Any]
    corpora: dict[str, str]
    licences: dict[str, str]
    notes: tuple[str, ...] = ()
    refused: dict[str, int] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """A frozen list of mixtures with its meta data."""

    path: Path
    meta: Meta
    mixtures: tuple[Mixture, ...]


def _plain(value: Any) -> Any:
    """A record as plain data, without optional fields that are None: one added later must not change older rows."""
    if dataclasses.is_dataclass(value):
        members = [(field, getattr(value, field.name)) for field in dataclasses.fields(value)]
        return {field.name: _plain(item) for field, item in members if not (item is None and field.default is None)}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def to_line(mixture: Mixture) -> str:
    """The row in canonical form, without line end."""
    return canonical_json(_plain(mixture))


def content_id(mixture: Mixture) -> str:
    """First 16 hex digits of the sha256 of the row without its id."""
    content = _plain(mixture)
    del content["id"]
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()[:ID_DIGITS]


def with_id(mixture: Mixture) -> Mixture:
    """The same row under its true id, after its numbers took their written form."""
    rounded = parse_json(Mixture, to_line(mixture), place="a new row")
    return dataclasses.replace(rounded, id=content_id(rounded))


def content_hash(lines: Iterable[str]) -> str:
    """sha256 of the canonical rows, each ended by LF, in file order."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def parse_line(line: str, *, place: str) -> Mixture:
    """Validate one row.

    Raises:
        InvalidRecord: naming `place` and field; also for a row whose id is not the hash of its content.
    """
    mixture = parse_json(Mixture, line, place=place)
    _check(mixture, place)
    # The line without its id is the content in canonical form, if the line is in it at all: no need to write it anew.
    content = line.replace(f'"id":"{mixture.id}",', "", 1)
    if hashlib.sha256(content.encode()).hexdigest()[:ID_DIGITS] != mixture.id:
        expected = content_id(mixture)
        raise InvalidRecord(
            f"{place}: field id: the row was edited",
            given=mixture.id,
            wanted=f"{expected}, the hash of its content in canonical form",
            remedy="restore the frozen row, or build a new manifest under a new name",
        )
    return mixture


def _check(mixture: Mixture, place: str) -> None:
    """The rules that hold between fields."""

    def refuse(field: str, given: object, wanted: str) -> None:
        raise InvalidRecord(f"{place}: field {field}", given=str(given), wanted=wanted, remedy="correct the row")

    if not mixture.sources:
        refuse("sources", "none", "at least one source")
    if sum(source.role == "target" for source in mixture.sources) != 1:
        refuse("sources", [source.role for source in mixture.sources], "exactly one source with role target")
    lengths = [mixture.samples, *(source.samples for source in mixture.sources)]
    if None in lengths and (mixture.premixed is None or any(length is not None for length in lengths)):
        refuse("samples", "null", "a length, but for a premixed row: there, null for mixture and source alike")
    if not LOWEST_RATE <= mixture.sample_rate <= HIGHEST_RATE:
        refuse("sample_rate", mixture.sample_rate, f"{LOWEST_RATE} to {HIGHEST_RATE} Hz")
    if any(length is not None and not 0 < length <= MOST_SAMPLES for length in lengths):
        refuse("samples", lengths, f"1 to {MOST_SAMPLES}")
    paths = [(f"sources.{i}.clip", source.clip) for i, source in enumerate(mixture.sources)]
    paths += [("premixed.clip", mixture.premixed.clip)] if mixture.premixed else []
    for field, path in paths:
        if not is_inside(path):
            refuse(field, path, "a relative path that stays inside the corpus")
    for i, source in enumerate(mixture.sources):
        if min(source.start, source.offset) < 0:
            refuse(f"sources.{i}", f"start {source.start}, offset {source.offset}", "no negatives")
        end = source.offset + (source.samples or 0)
        if mixture.samples is not None and end > mixture.samples:
            refuse(f"sources.{i}.samples", end, f"an end within {mixture.samples} samples")
    ratios = [mixture.snr_db, *(source.gain_db for source in mixture.sources)]
    if any(ratio is not None and abs(ratio) > MOST_DB for ratio in ratios):
        refuse("snr_db or gain_db", ratios, f"within +-{MOST_DB:g} dB")
    if mixture.common_gain is not None and mixture.common_gain <= 0:
        refuse("common_gain", mixture.common_gain, "a positive factor")
    unsolved = [source.gain_db is None for source in mixture.sources if source.role == "noise"]
    if any(unsolved) and (not all(unsolved) or mixture.snr_db is None or mixture.snr_mode == "none"):
        refuse("gain_db", "null on some noises", "a gain on every noise, or on none together with snr_db and a mode")
    for i, query in enumerate(mixture.queries):
        if any(not 0 <= index < len(mixture.sources) for index in query.sources):
            refuse(f"queries.{i}.sources", query.sources, f"indexes below {len(mixture.sources)}")
        if len(set(query.sources)) != len(query.sources):
            refuse(f"queries.{i}.sources", query.sources, "each index once")
        if (query.text is None) == (query.text_from is None):
            refuse(f"queries.{i}.text", "both or neither", "either text or text_from")
        if query.text_from is not None and query.text_sha256 is None:
            refuse(f"queries.{i}.text_sha256", "nothing", "the sha256 of the text that text_from names")


def meta_path(path: Path) -> Path:
    """``name.jsonl`` -> ``name.meta.json``."""
    return path.with_name(path.name.removesuffix(".jsonl") + ".meta.json")


def load_meta(path: Path) -> Meta:
    """Read the meta file of the list at `path`.

    Raises:
        MissingData: no such file.
        InvalidRecord: naming file and field.
    """
    place = str(meta_path(path))
    meta = parse_json(Meta, read_text(meta_path(path)), place=place)
    for field, given, good, wanted in (
        ("schema", str(meta.schema), meta.schema == SCHEMA, str(SCHEMA)),
        ("name", meta.name, is_name(meta.name), "a relative path of printed characters, without ="),
    ):
        if not good:
            raise InvalidRecord(f"{place}: field {field}", given=given, wanted=wanted, remedy="restore the file")
    return meta


@dataclass(frozen=True)
class _Known:
    """Sources, queries and lengths that rows have in common, each kept once: most of a long list's memory."""

    sources: dict[Source, Source]
    queries: dict[tuple[Query, ...], tuple[Query, ...]]
    numbers: dict[int, int]

    def shared(self, mixture: Mixture) -> Mixture:
        """An equal row of known parts."""
        sources = tuple(self.sources.setdefault(source, source) for source in mixture.sources)
        queries = self.queries.setdefault(mixture.queries, mixture.queries)
        rate = self.numbers.setdefault(mixture.sample_rate, mixture.sample_rate)
        samples = None if mixture.samples is None else self.numbers.setdefault(mixture.samples, mixture.samples)
        return dataclasses.replace(mixture, sources=sources, queries=queries, sample_rate=rate, samples=samples)


def load(path: Path) -> Manifest:
    """Read a manifest and check every row, every id and the hash of the whole.

    Raises:
        MissingData: a file is not there.
        InvalidRecord: naming file, line and field; also for an edited row, a row twice, or a hash that does not match.
    """
    meta = load_meta(path)
    mixtures: dict[str, Mixture] = {}
    digest, known = hashlib.sha256(), _Known({}, {}, {})
    for number, line in enumerate(read_lines(path), start=1):
        digest.update(line.encode() + b"\n")
        place = f"{path}, line {number}"
        mixture = known.shared(parse_line(line, place=place))
        if mixture.id in mixtures:
            raise InvalidRecord(f"{place}: field id: a row twice", given=mixture.id, remedy="remove the second")
        mixtures[mixture.id] = mixture
    if (found := digest.hexdigest()) != meta.content_hash or len(mixtures) != meta.rows:
        raise InvalidRecord(
            f"{path}: not the list that its meta file describes",
            given=f"{len(mixtures)} rows, hash {found[:ID_DIGITS]}",
            wanted=f"{meta.rows} rows, hash {meta.content_hash[:ID_DIGITS]}",
            remedy="restore both files; a frozen manifest is never edited",
        )
    return Manifest(path, meta, tuple(mixtures.values()))


def save(path: Path, mixtures: Iterable[Mixture], meta: Meta) -> Manifest:
    """Write rows in order of id, and the meta file with their count and hash; each file appears whole or not at all."""
    ordered = sorted(mixtures, key=lambda mixture: mixture.id)
    lines = [to_line(mixture) for mixture in ordered]
    meta = dataclasses.replace(meta, rows=len(lines), content_hash=content_hash(lines))
    write_whole(path, "".join(line + "\n" for line in lines))
    write_whole(meta_path(path), pretty_json(meta))
    return Manifest(path, meta, tuple(ordered))


def pretty_json(record: Any) -> str:
    """A record as indented, sorted JSON, the values in canonical form."""
    import json

    return (
        json.dumps(json.loads(canonical_json(dataclasses.asdict(record))), indent=2, sort_keys=True, ensure_ascii=False)
        + "\n"
    )
