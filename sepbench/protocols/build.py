"""Building a list from a recipe: draw, open the audio where gains are to be frozen, refuse what the rules refuse."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sepbench import __version__
from sepbench.audio import RESAMPLER
from sepbench.corpora.corpus import Corpus, about, open_corpus
from sepbench.errors import NothingComparable
from sepbench.manifest import SCHEMA, Clip, Manifest, Meta, Mixture, Source, save, with_id
from sepbench.mixing import UnrenderableMixture, render
from sepbench.protocols.draw import MAY_MEET, DrawnRow, draw_queries, draw_rows, draw_start, label_text
from sepbench.protocols.recipe import Recipe, load_recipe
from sepbench.records import canonical_json
from sepbench.tables import index_version

UNWRITTEN = ""  # the id and the list's hash follow from content that is not complete yet


def build_recipe(recipe: Path, output: Path, on_row: Callable[[int], None] = lambda rows: None) -> Manifest:
    """Read a recipe for drawing and build its list; see `build`."""
    return build(load_recipe(recipe), output, on_row)


def build(recipe: Recipe, path: Path, on_row: Callable[[int], None] = lambda rows: None) -> Manifest:
    """Draw the recipe's mixtures and write the list and its meta file.

    Args:
        path: the ``.jsonl`` to write.
        on_row: told the number of rows after each.

    Raises:
        MissingData: a corpus is not here.
        NothingComparable: the clips do not give as many rows as the recipe wants.
    """
    corpora = {name: open_corpus(name) for name in sorted(set(recipe.corpora))}
    clips = [clip for corpus in corpora.values() for clip in corpus.clips() if clip.split == recipe.split]
    labels = sorted({label_text(clip): clip.all_classes() for clip in clips if clip.labels}.items())
    refused: Counter[str] = Counter()
    mixtures: list[Mixture] = []
    for row in draw_rows(recipe, clips):
        if len(mixtures) == recipe.rows:
            break
        mixture = _mixture(recipe, row, corpora, labels, refused)
        if mixture is not None:
            mixtures.append(mixture)
            on_row(len(mixtures))
    if len(mixtures) < recipe.rows:
        raise NothingComparable(
            f"recipe {recipe.name}: the corpora give too few rows",
            given=f"{len(mixtures)} rows; refused: {dict(refused)}",
            wanted=f"{recipe.rows} rows",
            remedy="lower rows, or widen corpora, source_counts or snr_db",
        )
    return save(path, mixtures, _meta(recipe, corpora, clips, refused))


def _meta(recipe: Recipe, corpora: dict[str, Corpus], clips: Sequence[Clip], refused: Counter[str]) -> Meta:
    drawn = {name: drawn_version([clip for clip in clips if clip.corpus == name]) for name in corpora}
    heard = {name: corpus.version for name, corpus in corpora.items()}
    return Meta(
        schema=SCHEMA,
        name=recipe.name,
        builder=f"sepbench {__version__} draw",
        seed=recipe.seed,
        rows=0,
        content_hash=UNWRITTEN,
        recipe=stated(recipe),
        corpora=heard if recipe.gains == "frozen" else drawn,
        licences={name: about(name).licence for name in corpora},
        notes=recipe.notes,
        refused=dict(sorted(refused.items())),
    )


def drawn_version(clips: Sequence[Clip]) -> str:
    """Hash of all that drawing looks at; splits that were not drawn from, or an index in other files, do not matter.

    >>> drawn_version([]) == drawn_version([Clip("c", "1", ("dog",), "g", "test")])
    False
    """
    return index_version(
        canonical_json([clip.id, clip.labels, clip.classes, clip.group, clip.captions]) for clip in clips
    )


def stated(recipe: Recipe) -> dict[str, Any]:
    """The recipe for the meta file, without what it does not say: a field added later changes no old one."""
    content = dataclasses.asdict(recipe) | {
        "queries": {key: share for key, share in vars(recipe.queries).items() if share is not None}
    }
    unsaid = {"notes", *(("protocol",) if recipe.protocol == "draw" else ())}
    return {key: value for key, value in content.items() if value is not None and key not in unsaid}


def _mixture(
    recipe: Recipe,
    row: DrawnRow,
    corpora: dict[str, Corpus],
    labels: Sequence[tuple[str, frozenset[str]]],
    refused: Counter[str],
) -> Mixture | None:
    """One row, or None with the reason counted; a noise that the rules refuse gives way to the next candidate."""
    chosen = [row.target]
    may_meet = MAY_MEET[recipe.exclusion or "shared_class"]
    for candidate in row.noise_candidates:
        if len(chosen) == row.source_count:
            break
        if all(may_meet(candidate, clip) for clip in chosen):
            chosen.append(candidate)
    if len(chosen) < row.source_count:
        refused["too few compatible clips"] += 1
        return None
    queries = draw_queries(recipe, chosen, labels, row.rng)
    if not queries:
        refused["no query drawn"] += 1
        return None
    mixture = Mixture(
        id=UNWRITTEN,
        sources=tuple(_source(recipe, row.key, clip, index) for index, clip in enumerate(chosen)),
        queries=queries,
        sample_rate=recipe.sample_rate,
        samples=recipe.samples,
        snr_mode=recipe.snr_mode,
        clip_rule=recipe.clip_rule,
        resampler=RESAMPLER,
        snr_db=row.snr_db,
    )
    return frozen(mixture, corpora, refused) if recipe.gains == "frozen" else with_id(mixture)


def _source(recipe: Recipe, key: str, clip: Clip, index: int) -> Source:
    return Source(
        corpus=clip.corpus,
        clip=clip.id,
        start=draw_start(recipe, key, clip),
        samples=recipe.samples,
        labels=clip.labels,
        group=clip.group,
        role="noise" if index else "target",
        gain_db=0.0 if recipe.gains == "native" else None,
    )


def frozen(mixture: Mixture, corpora: dict[str, Corpus], refused: Counter[str]) -> Mixture | None:
    """The row with every gain, the common gain and the realised SNR written down."""
    recordings = [corpora[source.corpus].read(source.clip) for source in mixture.sources]
    try:
        rendered = render(mixture, recordings)
    except UnrenderableMixture as error:
        refused[error.what.split(": ", 1)[-1].split(" of ")[0]] += 1
        return None
    sources = tuple(
        dataclasses.replace(source, gain_db=gain)
        for source, gain in zip(mixture.sources, rendered.gains_db, strict=True)
    )
    return with_id(
        dataclasses.replace(mixture, sources=sources, snr_db=rendered.snr_db, common_gain=rendered.common_gain)
    )
