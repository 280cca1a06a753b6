"""Drawing: the rules it keeps, and that one clip more or less leaves the other rows alone."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from sepbench.corpora.availability import recordings
from sepbench.corpora.corpus import about
from sepbench.corpora.texts import clip_index, query_text
from sepbench.errors import InvalidRecord
from sepbench.manifest import Clip
from sepbench.mixing import render
from sepbench.protocols.build import build
from sepbench.protocols.draw import caption_query, compatible, draw_queries, draw_rows, draw_start
from sepbench.protocols.recipe import QueryShares, Recipe, load_recipe

CLIPS = [
    Clip(
        "synthetic",
        f"{label}/{i}",
        (label,),
        f"g:{label}:{i // 2}",
        "test",
        captions=(f"a {label}", f"one {label}"),
        classes=(parent,),
    )
    for label, parent in (("dog", "animal"), ("cat", "animal"), ("rain", "water"), ("bell", "metal"), ("car", "motor"))
    for i in range(6)
]


def recipe(**changes: object) -> Recipe:
    fields: dict[str, object] = {
        "schema": 1,
        "name": "r",
        "seed": 0,
        "corpora": ("synthetic",),
        "split": "test",
        "rows": 30,
        "sample_rate": 16000,
        "seconds": 1.0,
        "snr_db": (-15.0, 15.0),
        "gains": "solved",
        "source_counts": (2, 3),
    }
    return Recipe(**(fields | changes))  # type: ignore[arg-type]


def chosen(clips: list[Clip]) -> dict[str, tuple[object, ...]]:
    """Per row key: SNR, number of sources, and the noises in their order of preference."""
    return {
        row.key: (row.snr_db, row.source_count, *(noise.id for noise in row.noise_candidates))
        for row in draw_rows(recipe(), clips)
    }


def test_noises_share_no_class_and_no_recording_with_the_target() -> None:
    for row in draw_rows(recipe(), CLIPS):
        for noise in row.noise_candidates:
            assert noise.group != row.target.group
            assert not noise.all_classes() & row.target.all_classes()
        assert {noise.labels[0] for noise in row.noise_candidates} & {"dog", "cat"} == (
            set() if row.target.labels[0] in ("dog", "cat") else {"dog", "cat"}
        )


def test_same_group_is_incompatible_whatever_the_label() -> None:
    assert not compatible(Clip("synthetic", "1", ("a",), "g", "test"), Clip("d", "2", ("b",), "g", "test"))


def test_losing_a_clip_changes_only_rows_that_would_use_it() -> None:
    lost = CLIPS[13]
    before, after = chosen(CLIPS), chosen([clip for clip in CLIPS if clip is not lost])
    assert set(before) - set(after) == {f"synthetic/{lost.id}"}
    for key, row in after.items():
        assert row == tuple(part for part in before[key] if part != lost.id)


def test_order_of_the_index_does_not_matter() -> None:
    assert chosen(CLIPS) == chosen(CLIPS[::-1])


def test_rows_are_dealt_evenly_over_labels() -> None:
    rows = [row for _, row in zip(range(10), draw_rows(recipe(), CLIPS), strict=False)]
    assert Counter(row.target.labels[0] for row in rows) == dict.fromkeys(["dog", "cat", "rain", "bell", "car"], 2)


def test_snr_is_uniform_over_its_range() -> None:
    many = [Clip("synthetic", f"{i}", (f"l{i}",), f"g{i}", "test") for i in range(400)]
    snrs = np.array([row.snr_db for row in draw_rows(recipe(), many)])
    assert snrs.min() >= -15 and snrs.max() <= 15
    from scipy.stats import kstest

    assert kstest(snrs, "uniform", args=(-15, 30)).pvalue > 0.01


def test_other_split_is_never_drawn() -> None:
    train = [Clip("synthetic", "t", ("siren",), "gt", "train")]
    assert all(
        "t" not in [row.target.id, *(n.id for n in row.noise_candidates)] for row in draw_rows(recipe(), CLIPS + train)
    )


def test_queries_of_every_kind_speak_of_the_right_sources() -> None:
    sources = [CLIPS[0], CLIPS[12]]  # dog, rain
    labels = sorted({clip.labels[0]: clip.all_classes() for clip in CLIPS}.items())
    everything = recipe(queries=QueryShares(1, 1, 1, 1, 1, 1))
    queries = draw_queries(everything, sources, labels, np.random.Generator(np.random.PCG64(0)))
    asked = [(query.kind, query.mode, query.sources, query.text) for query in queries]
    assert asked[:4] == [
        ("label", "extract", (0,), "dog"),
        ("label", "extract", (1,), "rain"),
        ("caption", "extract", (0,), "a dog"),
        ("caption", "extract", (0,), "one dog"),
    ]
    absent, remove = queries[4], queries[5]
    assert absent.absent and absent.text in ("bell", "car")  # cat shares "animal" with the dog
    assert remove.mode == "remove" and remove.text == sources[remove.sources[0]].labels[0]


def test_shares_are_met_and_do_not_move_each_other() -> None:
    labels = sorted({clip.labels[0]: clip.all_classes() for clip in CLIPS}.items())

    def asked(shares: QueryShares) -> list[tuple[str, ...]]:
        return [
            tuple(
                f"{q.mode} {q.text}"
                for q in draw_queries(recipe(queries=shares), [row.target, row.noise_candidates[0]], labels, row.rng)
            )
            for row in draw_rows(recipe(), CLIPS)
        ]

    some, more = asked(QueryShares(1, 0, 0, 0, 0, 0.5)), asked(QueryShares(1, 0, 0.7, 0, 0.4, 0.5))
    removals = [[text for text in row if text.startswith("remove")] for row in some]
    assert removals == [[text for text in row if text.startswith("remove")] for row in more]
    assert 8 <= sum(map(len, removals)) <= 22  # 30 rows at one half: 15 +- 2.6 standard deviations


@pytest.mark.parametrize(
    ("old", "new", "field", "line"),
    [
        ("rows = 30", 'rows = "many"', "rows", 6),
        ("snr_db = [-15.0, 15.0]", "snr_db = [5.0, -5.0]", "snr_db", None),
        ("source_counts = [2]", "source_counts = [1]", "source_counts", None),
        ("label = 1.0", "label = 2.0", "queries", None),
        ("label = 1.0", "lable = 1.0", "queries.lable", 14),
    ],
)
def test_bad_recipe_is_named(tmp_path: Path, old: str, new: str, field: str, line: int | None) -> None:
    text = (
        'schema = 1\nname = "r"\nseed = 0\ncorpora = ["synthetic"]\nsplit = "test"\nrows = 30\nsample_rate = 16000\n'
        'seconds = 4.0\nsource_counts = [2]\nsnr_db = [-15.0, 15.0]\ngains = "solved"\n\n[queries]\nlabel = 1.0\n'
    )
    path = tmp_path / "r.recipe.toml"
    path.write_text(text.replace(old, new))
    with pytest.raises(InvalidRecord) as caught:
        load_recipe(path)
    assert f"field {field}" in caught.value.what and str(path) in caught.value.what
    assert line is None or f"line {line}:" in caught.value.what


def test_a_class_above_another_keeps_clips_apart_and_a_shared_one_does_not() -> None:
    def clip(name: str, label: str, *classes: str) -> Clip:
        return Clip("synthetic", name, (label,), name, "test", classes=classes)

    clips = [clip("1", "Dog", "Animal"), clip("2", "Cat", "Animal"), clip("3", "Animal"), clip("4", "Rain")]
    rows = {row.target.id: row for row in draw_rows(recipe(exclusion="ancestor"), clips)}
    met = {name: {noise.id for noise in row.noise_candidates} for name, row in rows.items()}
    assert met == {"1": {"2", "4"}, "2": {"1", "4"}, "3": {"4"}, "4": {"1", "2", "3"}}


def test_a_clip_without_labels_is_drawn_only_where_recordings_alone_are_kept_apart() -> None:
    clips = [Clip("synthetic", name, (), group, "test") for name, group in (("1", "a"), ("2", "a"), ("3", "b"))]
    assert list(draw_rows(recipe(), clips)) == []
    rows = {row.target.id: row for row in draw_rows(recipe(exclusion="recording"), clips)}
    assert {noise.id for noise in rows["1"].noise_candidates} == {"3"}


def test_more_takes_leave_the_first_ones_as_they_were() -> None:
    once, twice = list(draw_rows(recipe(), CLIPS)), list(draw_rows(recipe(takes=2), CLIPS))
    assert [row.key for row in twice[: len(once)]] == [row.key for row in once]
    assert [row.snr_db for row in twice[: len(once)]] == [row.snr_db for row in once]
    assert {row.key for row in twice[len(once) :]} == {f"{row.key}#1" for row in once}
    assert [row.snr_db for row in twice[len(once) :]] != [row.snr_db for row in once]


def test_windows_begin_where_the_recipe_allows_and_nowhere_else() -> None:
    drawn = Counter(
        draw_start(recipe(starts=(0.0, 2.5)), row.key, row.target) for row in draw_rows(recipe(takes=40), CLIPS)
    )
    assert set(drawn) == {0, 40000}
    assert abs(drawn[0] - drawn[40000]) < 3 * sum(drawn.values()) ** 0.5  # a fair coin stays within three deviations
    assert draw_start(recipe(), "any", CLIPS[0]) == 0


def test_native_levels_are_plain_sums(tmp_path: Path) -> None:
    plain = recipe(
        corpora=("synthetic",), gains="native", snr_db=None, snr_mode="none", clip_rule="none", rows=3, seconds=1.0
    )
    for mixture in build(plain, tmp_path / "plain.jsonl").mixtures:
        assert {source.gain_db for source in mixture.sources} == {0.0} and mixture.snr_db is None
        rendered = render(mixture, recordings(mixture))
        assert rendered.gains_db == (0.0,) * len(mixture.sources) and rendered.common_gain == 1.0


def test_captions_that_may_not_be_passed_on_are_pointed_to(monkeypatch: pytest.MonkeyPatch) -> None:
    withheld = dataclasses.replace(about("synthetic"), captions="by reference")
    monkeypatch.setattr("sepbench.protocols.draw.about", lambda corpus: withheld)
    clip = clip_index("synthetic")["acoustic_guitar/00"]
    query = caption_query(clip, 0, 1)
    assert query.text is None and query_text(query) == clip.captions[1]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ('gains = "native"', "snr_db: given .*wanted a range, but none for native gains"),
        ("takes = 0", "takes: given 0"),
        ("starts = [-1.0]", r"starts: given \(-1.0,\)"),
        ('exclusion = "labels"', "exclusion"),
    ],
)
def test_recipes_that_contradict_themselves_are_refused(tmp_path: Path, change: str, match: str) -> None:
    lines = [
        "schema = 1",
        'name = "x"',
        "seed = 0",
        'corpora = ["synthetic"]',
        'split = "test"',
        "rows = 1",
        "sample_rate = 16000",
        "seconds = 1.0",
        "snr_db = [0.0, 0.0]",
        change if change.startswith("gains") else 'gains = "solved"',
        "" if change.startswith("gains") else change,
    ]
    (tmp_path / "x.recipe.toml").write_text("\n".join(lines))
    with pytest.raises(InvalidRecord, match=match):
        load_recipe(tmp_path / "x.recipe.toml")
