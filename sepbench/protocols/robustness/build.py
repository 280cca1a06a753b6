"""Building a robustness list: `protocol` names its kind, and every target drawn gives that kind's mixtures."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepbench import __version__
from sepbench.corpora.corpus import about, open_corpus
from sepbench.errors import InvalidRecord, NothingComparable
from sepbench.manifest import SCHEMA, Manifest, Meta, Mixture, save
from sepbench.protocols.build import UNWRITTEN, drawn_version
from sepbench.protocols.dispatch import protocol_of
from sepbench.protocols.draw import DrawnRow, draw_rows
from sepbench.protocols.robustness import absent, level, long_form, paraphrase, removal, snr_sweep, source_count
from sepbench.protocols.robustness.recipe import RobustnessRecipe, load_robustness_recipe
from sepbench.protocols.robustness.scenes import Pool
from sepbench.search_path import closest


@dataclass(frozen=True)
class Kind:
    """One kind of list: its recipe, and the rule that makes a drawn row's mixtures or says why it cannot."""

    recipe: type[RobustnessRecipe]
    mixtures: Callable[[Any, DrawnRow, Pool], list[Mixture] | str]


KINDS: Mapping[str, Kind] = {
    "absent": Kind(absent.AbsentRecipe, absent.mixtures),
    "level": Kind(level.LevelRecipe, level.mixtures),
    "long_form": Kind(long_form.LongFormRecipe, long_form.mixtures),
    "paraphrase": Kind(paraphrase.ParaphraseRecipe, paraphrase.mixtures),
    "removal": Kind(removal.RemovalRecipe, removal.mixtures),
    "snr_sweep": Kind(snr_sweep.SweepRecipe, snr_sweep.mixtures),
    "source_count": Kind(source_count.SourceCountRecipe, source_count.mixtures),
}


def build_recipe(recipe: Path, output: Path, on_row: Callable[[int], None] = lambda rows: None) -> Manifest:
    """Draw the mixtures of a robustness recipe and write the list and its meta file.

    Args:
        recipe: a ``.recipe.toml`` whose `protocol` is one of `KINDS`.
        output: the ``.jsonl`` to write.
        on_row: told the number of targets done after each.

    Raises:
        MissingData: no such file, or a corpus is not here.
        InvalidRecord: the recipe is not one; file, line and field are named.
        NothingComparable: the clips do not give as many targets as the recipe wants.
    """
    kind = KINDS.get(protocol := protocol_of(recipe))
    if kind is None:
        raise InvalidRecord(f"{recipe}: field protocol", given=protocol, remedy=closest(protocol, list(KINDS)))
    loaded = load_robustness_recipe(kind.recipe, recipe)
    corpora = {name: open_corpus(name) for name in sorted(set(loaded.corpora))}
    clips = tuple(clip for corpus in corpora.values() for clip in corpus.clips() if clip.split == loaded.split)
    pool = Pool(corpora, clips)
    refused: Counter[str] = Counter()
    mixtures: list[Mixture] = []
    done = 0
    for row in draw_rows(loaded.drawing, clips):
        if done == loaded.pairs:
            break
        made = kind.mixtures(loaded, row, pool)
        if isinstance(made, str):
            refused[made] += 1
            continue
        mixtures += made
        done += 1
        on_row(done)
    if done < loaded.pairs:
        raise NothingComparable(
            f"recipe {loaded.name}: the corpora give too few targets",
            given=f"{done}; refused: {dict(refused)}",
            wanted=str(loaded.pairs),
            remedy="lower pairs, or widen corpora or snr_db",
        )
    return save(output, mixtures, _meta(loaded, pool, refused))


def _meta(recipe: RobustnessRecipe, pool: Pool, refused: Counter[str]) -> Meta:
    heard = {name: corpus.version for name, corpus in pool.corpora.items()}
    drawn = {name: drawn_version([clip for clip in pool.clips if clip.corpus == name]) for name in pool.corpora}
    return Meta(
        schema=SCHEMA,
        name=recipe.name,
        builder=f"sepbench {__version__} {recipe.protocol}",
        seed=recipe.seed,
        rows=0,
        content_hash=UNWRITTEN,
        recipe={key: value for key, value in dataclasses.asdict(recipe).items() if key != "notes"},
        corpora=heard if recipe.gains == "frozen" else drawn,
        licences={name: about(name).licence for name in pool.corpora},
        notes=recipe.notes,
        refused=dict(sorted(refused.items())),
    )
