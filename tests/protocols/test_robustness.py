"""Robustness lists: the rules each keeps, that one clip more or less leaves other rows alone, and what is rendered."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from sepbench.corpora.availability import recordings
from sepbench.corpora.synthetic import corpus
from sepbench.engine.companions import companions
from sepbench.errors import InvalidRecord, NothingComparable
from sepbench.manifest import Clip, Manifest, Mixture, load
from sepbench.mixing import Rendered, render
from sepbench.protocols.draw import compatible, draw_rows
from sepbench.protocols.robustness.build import KINDS, build_recipe
from sepbench.protocols.robustness.recipe import RobustnessRecipe, load_robustness_recipe
from sepbench.protocols.robustness.scenes import Pool
from sepbench.protocols.robustness.wording import cases, typos

LISTS = Path(__file__).parent.parent.parent / "manifests" / "robustness"
RECIPES = sorted(LISTS.glob("*.recipe.toml"))
CLIPS = {clip.id: clip for clip in corpus().clips()}
SOLVED = """schema = 1
protocol = "{kind}"
name = "r"
seed = 1
corpora = ["{corpus}"]
split = "test"
pairs = {pairs}
sample_rate = 16000
seconds = 1.0
snr_db = [-5.0, 5.0]
gains = "solved"
"""


def shipped(name: str) -> Manifest:
    return load(LISTS / f"{name}.jsonl")


def clips(mixture: Mixture) -> list[Clip]:
    return [CLIPS[source.clip] for source in mixture.sources]


def by_pair(name: str) -> list[list[Mixture]]:
    found: dict[str, list[Mixture]] = {}
    for mixture in shipped(name).mixtures:
        assert mixture.pair is not None
        found.setdefault(mixture.pair, []).append(mixture)
    return list(found.values())


def rendered(mixture: Mixture) -> Rendered:
    return render(mixture, recordings(mixture))


def rows_and_gains(manifest: Manifest) -> tuple[list[object], list[float]]:
    """Everything of the rows but what is computed from audio, which may differ in the last digit between machines."""
    ordered = sorted(manifest.mixtures, key=lambda row: ([source.clip for source in row.sources], row.variant or ""))
    silent = [
        replace(
            row,
            id="",
            snr_db=None,
            common_gain=None,
            sources=tuple(replace(source, gain_db=None) for source in row.sources),
        )
        for row in ordered
    ]
    gains = [source.gain_db for row in ordered for source in row.sources] + [row.snr_db or 0.0 for row in ordered]
    assert all(gain is not None for gain in gains)
    return list(silent), [gain for gain in gains if gain is not None]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name.split(".")[0])
def test_a_shipped_list_is_what_its_recipe_gives(recipe: Path, tmp_path: Path) -> None:
    seen: list[int] = []
    build_recipe(recipe, tmp_path / "r.jsonl", seen.append)
    built = load(tmp_path / "r.jsonl")
    kept = shipped(recipe.name.removesuffix(".recipe.toml"))
    (rows, gains), (kept_rows, kept_gains) = rows_and_gains(built), rows_and_gains(kept)
    assert rows == kept_rows and gains == pytest.approx(kept_gains, abs=1e-3)
    assert built.meta.recipe == kept.meta.recipe and built.meta.notes == kept.meta.notes
    assert seen == list(range(1, int(built.meta.recipe["pairs"]) + 1))


def test_a_recipe_gives_the_same_bytes_twice(tmp_path: Path) -> None:
    for name in ("one", "two"):
        build_recipe(LISTS / "absent.recipe.toml", tmp_path / f"{name}.jsonl")
    for suffix in (".jsonl", ".meta.json"):
        assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


def test_every_kind_is_shipped_for_the_synthetic_corpus() -> None:
    protocols = {json.loads(path.read_text())["recipe"]["protocol"] for path in LISTS.glob("*.meta.json")}
    assert protocols == set(KINDS)


@pytest.mark.parametrize("name", ["absent", "removal", "paraphrase", "snr_sweep", "source_count", "level"])
def test_sounds_that_meet_share_neither_class_nor_recording(name: str) -> None:
    for mixture in shipped(name).mixtures:
        found = clips(mixture)
        assert all(compatible(one, other) for i, one in enumerate(found) for other in found[:i])


def test_absent_asks_for_as_many_sounds_that_are_there_as_that_are_not() -> None:
    for mixture in shipped("absent").mixtures:
        found = clips(mixture)
        assert 2 <= len(found) <= 3 and mixture.snr_db is not None and -5 <= mixture.snr_db <= 5
        present = [query for query in mixture.queries if not query.absent]
        absent = [query for query in mixture.queries if query.absent]
        assert [(query.sources, query.text) for query in present] == [((i,), c.labels[0]) for i, c in enumerate(found)]
        assert len(absent) == len({query.text for query in absent}) == len(found)
        for query in absent:
            asked = next(clip for clip in CLIPS.values() if clip.labels[0] == query.text)
            assert not any(asked.all_classes() & clip.all_classes() for clip in found)


def test_every_removal_has_its_extraction_in_the_same_words() -> None:
    for mixture in shipped("removal").mixtures:
        assert len(mixture.queries) == 2 * len(mixture.sources)
        for index, query in enumerate(mixture.queries):
            found = companions(mixture, index, ["complement"])
            assert bool(found) == (query.mode == "remove")
            if found:
                assert mixture.queries[found["complement"]].text == query.text


def test_wordings_mean_one_sound_and_every_answer_has_one_to_another_sound_beside_it() -> None:
    for mixture in shipped("paraphrase").mixtures:
        by_source: dict[tuple[int, ...], list[str | None]] = {}
        for index, query in enumerate(mixture.queries):
            by_source.setdefault(query.sources, []).append(query.variant)
            swapped = mixture.queries[companions(mixture, index, ["swapped"])["swapped"]]
            assert swapped.sources != query.sources and swapped.variant == "label"
        assert by_source[(0,)] == by_source[(1,)] and len(set(by_source[(0,)])) == 11
        for source, clip in enumerate(clips(mixture)):
            texts = {query.variant: query.text for query in mixture.queries if query.sources == (source,)}
            assert texts["label"] == clip.labels[0] and texts["sound of"] == f"the sound of {clip.labels[0]}"
            assert texts["upper case"] == clip.labels[0].upper()
            assert (texts["caption"], texts["paraphrase 3"]) == (clip.captions[0], clip.captions[3])


@pytest.mark.parametrize("label", ["wind", "car horn", "acoustic guitar", "Dog, Bark", "naïve façade"])
def test_a_slip_is_of_one_letter_inside_the_longest_word(label: str) -> None:
    for seed in range(20):
        slips = typos(label, np.random.Generator(np.random.PCG64(seed)))
        assert list(slips) == ["typo swap", "typo drop", "typo double"]
        for name, change in {"typo swap": 0, "typo drop": -1, "typo double": 1}.items():
            text = slips[name]
            assert text != label and len(text) == len(label) + change
            blocks = difflib.SequenceMatcher(None, label, text, autojunk=False).get_matching_blocks()
            assert len(label) - sum(block.size for block in blocks) <= 1  # all but one letter stands in order
        longest = max(label.replace(",", "").split(), key=len)
        assert all(longest[0] in text and longest[-1] in text for text in slips.values())


def test_words_too_short_for_a_slip_have_none() -> None:
    rng = np.random.Generator(np.random.PCG64(0))
    assert typos("", rng) == typos("3-2", rng) == typos("tv", rng) == {}
    assert set(typos("car", rng)) == {"typo drop", "typo double"}  # one inner letter has no inner neighbour
    assert set(typos("bell", rng)) == {"typo swap", "typo drop", "typo double"}
    assert typos("aaaa", rng).keys() == {"typo drop", "typo double"}  # a swap would change nothing


def test_cases_are_those_the_label_is_not_written_in() -> None:
    assert list(cases("Dog bark")) == ["lower case", "upper case", "title case"]
    assert list(cases("DOG")) == ["lower case", "title case"]


def test_a_sweep_is_one_pair_at_every_ratio() -> None:
    for pair in by_pair("snr_sweep"):
        assert sorted(mixture.snr_db or 0 for mixture in pair) == [-15, -10, -5, 0, 5, 10, 15]
        assert len({tuple(source.clip for source in mixture.sources) for mixture in pair}) == 1
        assert {mixture.variant for mixture in pair} == {f"snr {mixture.snr_db or 0:g}" for mixture in pair}
    for mixture in by_pair("snr_sweep")[0]:
        target, noise = rendered(mixture).stems
        ratio = 10 * np.log10(np.mean(target.astype(float) ** 2) / np.mean(noise.astype(float) ** 2))
        assert ratio == pytest.approx(mixture.snr_db, abs=1e-3)


def test_noises_of_a_smaller_mixture_are_among_those_of_a_larger_one() -> None:
    for pair in by_pair("source_count"):
        nested = sorted(pair, key=lambda mixture: len(mixture.sources))
        assert [len(mixture.sources) for mixture in nested] == [2, 3, 4, 5]
        for small, large in pairwise(nested):
            assert clips(small) == clips(large)[: len(small.sources)]
        assert {mixture.snr_db for mixture in pair} == {0.0}


def test_levels_polarity_and_shift_change_the_sound_by_nothing_else() -> None:
    for pair in by_pair("level")[:3]:
        found = {mixture.variant: rendered(mixture) for mixture in pair}
        plain = found.pop("level 0").mixture
        for name, factor in {"level -12": -12, "level -6": -6, "level +6": 6, "level +12": 12}.items():
            assert np.allclose(found.pop(name).mixture, plain * 10 ** (factor / 20), rtol=1e-5, atol=1e-7)
        assert (found.pop("inverted").mixture == -plain).all()
        shifted = found.pop("shift 0.1 s").mixture
        assert (shifted[:1600] == 0).all() and (shifted[1600:] == plain).all() and len(shifted) == 4 * 16000 + 1600
        assert found == {}


@pytest.mark.parametrize(("seconds", "rows", "events"), [(30, 4, 3), (60, 2, 4), (300, 1, 6)])
def test_long_recordings_are_filled_and_their_events_lie_apart(seconds: int, rows: int, events: int) -> None:
    mixtures = shipped(f"long_form_{seconds}s").mixtures
    assert len(mixtures) == rows
    for mixture in mixtures:
        (query,) = mixture.queries
        assert query.sources == tuple(range(events)) and mixture.samples == seconds * 16000
        sounds, background = mixture.sources[:events], mixture.sources[events:]
        assert {source.labels for source in sounds} == {(query.text,)} and len({s.group for s in sounds}) == events
        ends = [(source.offset, source.offset + (source.samples or 0)) for source in sounds]
        assert all(after[0] - before[1] >= 8000 for before, after in pairwise(ends))
        covered = [(source.offset, source.offset + (source.samples or 0)) for source in background]
        assert [start for start, _ in covered] == [0, *(end for _, end in covered[:-1])]
        assert covered[-1][1] == mixture.samples and len({source.clip for source in background}) == len(background)
        for sound in sounds:
            assert all(compatible(CLIPS[sound.clip], CLIPS[other.clip]) for other in background)


def test_events_lie_at_one_ratio_over_the_background_they_cover() -> None:
    for mixture in shipped("long_form_30s").mixtures:
        stems = [stem.astype(float) for stem in rendered(mixture).stems]
        background = np.sum(stems[3:], axis=0)
        levels = [float(np.sqrt(np.mean(background[i * 80000 : (i + 1) * 80000] ** 2))) for i in range(6)]
        assert np.ptp(levels) / np.mean(levels) < 1e-4
        ratios = []
        for source, stem in zip(mixture.sources[:3], stems, strict=False):
            window = slice(source.offset, source.offset + (source.samples or 0))
            assert not stem[: window.start].any() and not stem[window.stop :].any()
            ratios.append(10 * np.log10(np.mean(stem[window] ** 2) / np.mean(background[window] ** 2)))
        assert np.ptp(ratios) < 1e-3 and 0 <= ratios[0] <= 6


PARENTS = {"dog": "animal", "rain": "water", "bell": "metal", "car": "motor", "wind": "air", "flute": "music"}
SMALL = [
    Clip(
        corpus="c",
        id=f"{label}/{i}",
        labels=(label,),
        group=f"g:{label}:{i}",
        split="test",
        captions=(f"a {label}", f"one {label}"),
        classes=(parent,),
    )
    for label, parent in PARENTS.items()
    for i in range(4)
]


def drawn(recipe: RobustnessRecipe, pool: Sequence[Clip], monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Mixture]]:
    """Every target's mixtures."""
    monkeypatch.setattr("sepbench.protocols.draw.about", lambda name: corpus_facts())
    mixtures = KINDS[recipe.protocol].mixtures
    found = {row.key: mixtures(recipe, row, Pool({}, tuple(pool))) for row in draw_rows(recipe.drawing, pool)}
    return {key: made for key, made in found.items() if isinstance(made, list)}


def corpus_facts() -> object:
    from sepbench.corpora.synthetic import ABOUT

    return ABOUT


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"long_form"}))
def test_losing_a_clip_changes_only_what_uses_it(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.recipe.toml"
    path.write_text(SOLVED.format(kind=kind, corpus="c", pairs=5))
    recipe = load_robustness_recipe(KINDS[kind].recipe, path)
    before = drawn(recipe, SMALL, monkeypatch)
    assert len(before) == len(SMALL)
    changed = 0
    for lost in SMALL[::5]:
        after = drawn(recipe, [clip for clip in SMALL if clip is not lost], monkeypatch)
        for key, mixtures in before.items():
            uses = any(source.clip == lost.id for mixture in mixtures for source in mixture.sources)
            assert uses or after[key] == mixtures
            changed += uses
    assert 0 < changed < len(SMALL) * 5
    assert drawn(recipe, SMALL[::-1], monkeypatch) == before


def test_losing_a_class_changes_only_rows_that_ask_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.recipe.toml"
    path.write_text(SOLVED.format(kind="absent", corpus="c", pairs=5))
    recipe = load_robustness_recipe(KINDS["absent"].recipe, path)
    before = drawn(recipe, SMALL, monkeypatch)
    after = drawn(recipe, [clip for clip in SMALL if clip.labels != ("flute",)], monkeypatch)
    untouched = [key for key, made in before.items() if "flute" not in {query.text for query in made[0].queries}]
    assert untouched and all(after[key] == before[key] for key in untouched)


def test_any_corpus_with_an_index_gives_a_list(real_esc50: Path, tmp_path: Path) -> None:
    for kind in sorted(set(KINDS) - {"long_form"}):
        path = tmp_path / f"{kind}.recipe.toml"
        path.write_text(SOLVED.format(kind=kind, corpus="esc50", pairs=6))
        manifest = build_recipe(path, tmp_path / f"{kind}.jsonl")
        assert load(tmp_path / f"{kind}.jsonl").mixtures == manifest.mixtures
        assert {source.corpus for mixture in manifest.mixtures for source in mixture.sources} == {"esc50"}
        assert all(source.gain_db is None for m in manifest.mixtures for source in m.sources if source.role == "noise")


@pytest.mark.parametrize(
    ("kind", "old", "new", "field"),
    [
        ("absent", "seed = 1", "seed = 1\nstep_db = 5.0", "step_db"),
        ("absent", "pairs = 6", "pairs = 0", "pairs"),
        ("absent", "seconds = 1.0", "seconds = 0.0", "seconds"),
        ("removal", "snr_db = [-5.0, 5.0]", "snr_db = [5.0, -5.0]", "snr_db"),
        ("removal", "seed = 1", "seed = 1\nsource_counts = [1]", "source_counts"),
        ("removal", 'corpora = ["synthetic"]', "corpora = []", "corpora"),
        ("paraphrase", "seed = 1", "seed = 1\nparaphrases = -1", "paraphrases"),
        ("snr_sweep", "seed = 1", "seed = 1\nstep_db = 0.0", "step_db"),
        ("level", "seed = 1", "seed = 1\nlevels_db = [6.0]", "levels_db"),
        ("level", "seed = 1", "seed = 1\nshifts_seconds = [0.0]", "shifts_seconds"),
        ("long_form", 'gains = "solved"', 'gains = "frozen"\nevents = 1\nclip_seconds = 1.0', "seconds"),
        ("long_form", "seed = 1", "seed = 1\nevents = 1\nclip_seconds = 0.2", "gains"),
    ],
)
def test_a_bad_recipe_is_named(tmp_path: Path, kind: str, old: str, new: str, field: str) -> None:
    path = tmp_path / "r.recipe.toml"
    text = SOLVED.format(kind=kind, corpus="synthetic", pairs=6)
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InvalidRecord, match=rf"r\.recipe\.toml.*field {field}"):
        build_recipe(path, tmp_path / "r.jsonl")
    assert not (tmp_path / "r.jsonl").exists()


def test_an_unknown_kind_is_named(tmp_path: Path) -> None:
    path = tmp_path / "r.recipe.toml"
    path.write_text(SOLVED.format(kind="absnt", corpus="synthetic", pairs=6))
    with pytest.raises(InvalidRecord, match="field protocol: given absnt") as caught:
        build_recipe(path, tmp_path / "r.jsonl")
    assert caught.value.remedy == "did you mean absent?"


def test_too_many_targets_are_more_than_the_corpus_has(tmp_path: Path) -> None:
    path = tmp_path / "r.recipe.toml"
    path.write_text(SOLVED.format(kind="source_count", corpus="synthetic", pairs=1000))
    with pytest.raises(NothingComparable, match="too few targets: given 312; refused"):
        build_recipe(path, tmp_path / "r.jsonl")
