"""The tables behind the page: who is ranked, what is marked, what is shown for nothing."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from sepbench.report.plots import snr_curves
from sepbench.report.records import Line, Table
from sepbench.report.slices import slice_tables
from sepbench.report.view import DASH, columns, groups, results
from tests.report.summaries import entry, model, summary


def as_on_disk(whole: dict[str, object]) -> dict[str, object]:
    """A run's summary is written with sorted keys, which puts "10..15" before "5..10"."""
    return json.loads(json.dumps(whole, sort_keys=True))


def lines(**models: dict[str, object]) -> dict[str, Line]:
    whole = summary(**models)
    return {line.model: line for group in groups(whole, columns(whole, papers=False)) for line in group.lines}


def slices(whole: dict[str, object]) -> dict[str, Table]:
    return {table.title: table for table in slice_tables(whole, columns(whole, papers=False))}


def test_groups_stand_apart_and_systems_are_sorted_by_improvement() -> None:
    whole = as_on_disk(summary())
    found = {group.kind: [line.model for line in group.lines] for group in groups(whole, columns(whole, papers=False))}
    assert found == {
        "systems": ["good", "close", "far", "anew"],  # anew has the highest value, and no rank by it
        "controls": ["mixture", "silence"],
        "oracles": ["oracle"],
    }


def test_who_is_given_the_answer_is_an_oracle_whatever_it_calls_itself() -> None:
    whole = summary(
        a=model("mask", entry(1.0), entry(1.0), needs=["references"]), b=model("mask", entry(0.5), entry(1))
    )
    found = {group.kind: group.lines for group in groups(whole, columns(whole, papers=False))}
    assert [line.model for line in found["oracles"]] == ["a"]
    assert found["oracles"][0].marks == ("is given the answer",)


@pytest.mark.parametrize("paradigm", ["mask", "regenerate", "generative", "files"])
def test_every_other_paradigm_is_a_system(paradigm: str) -> None:
    whole = summary(a=model(paradigm, entry(1.0), entry(1.0)))
    assert [group.kind for group in groups(whole, columns(whole, papers=False))] == ["systems"]


def test_best_and_near_are_of_systems_only_and_sound_made_anew_is_not_ranked_by_waveform() -> None:
    ranks = {name: [cell.rank for cell in line.cells[:2]] for name, line in lines().items()}
    assert ranks["good"][0] == "best" and ranks["close"][0] == "near" and ranks["far"][0] == ""
    assert lines()["anew"].cells[0].unranked and ranks["anew"][0] == ""
    assert ranks["anew"][1] == "best"  # of LSD, where lower is better, it may be
    assert all(rank == ["", ""] for name, rank in ranks.items() if name in ("mixture", "silence", "oracle"))


def test_nobody_is_best_where_all_are_equal_or_alone() -> None:
    pair = lines(a=model("mask", entry(1.0), entry(2.0)), b=model("mask", entry(1.0), entry(1.0)))
    assert [pair[name].cells[0].rank for name in "ab"] == ["", ""]
    assert [pair[name].cells[1].rank for name in "ab"] == ["near", "best"]
    assert lines(a=model("mask", entry(1.0), entry(2.0)))["a"].cells[0].rank == ""


def test_numbers_carry_the_digits_of_their_unit() -> None:
    good = lines()["good"].cells
    assert [cell.text for cell in good] == ["6.00", "1.200", "12.5 %"]
    assert good[0].interval == "5.00 to 7.00" and good[2].interval == "0.0 % to 25.0 %"


def test_nothing_is_a_dash_with_its_reason() -> None:
    silent = lines()["silence"]
    cell = silent.cells[0]
    assert (cell.text, cell.interval, cell.coverage) == (DASH, "", "0 of 10")
    assert cell.title == "10 of 10 undefined: estimate_silent 10"
    assert silent.gaps == (("SI-SDRi", "10 of 10 undefined: estimate_silent 10"),)


def test_a_value_says_how_many_items_it_lacks_and_what_it_is_over_the_mixture() -> None:
    partly = entry(1.5, 1, 2, n=20, missing=60) | {"median": 1.25, "over_mixture": {"value": -0.5}}
    cell = lines(a=model("mask", entry(1.0), partly))["a"].cells[1]
    assert (cell.text, cell.coverage) == ("1.500", "20 of 80")
    assert cell.title == "60 of 80 undefined: estimate_silent 60; median 1.250; over the mixture -0.500"


def test_marks_say_what_a_model_was_given_and_what_it_does_worse() -> None:
    found = lines(
        a=model(
            "mask", entry(1.0), entry(1.0), needs=["all_prompts"], flags=["removal:subtracted", "below_mixture:lsd"]
        ),
        b=model("mask", entry(1.0), entry(1.0), coverage={"items": 10, "ok": 7, "failed": 3, "errors": {"E: x": 3}}),
    )
    assert found["a"].marks == ("is given all prompts", "removal is mixture minus extract")
    assert [cell.below_mixture for cell in found["a"].cells] == [False, True, False]
    assert found["b"].marks == ("3 items failed",) and found["b"].coverage == "7 of 10"


def test_a_negative_improvement_is_worse_than_the_mixture_and_controls_are_not_blamed() -> None:
    found = lines(a=model("mask", entry(-0.1), entry(1.0)), b=model("control", entry(-9.0), entry(1.0)))
    assert found["a"].cells[0].below_mixture and not found["b"].cells[0].below_mixture


def test_arrows_point_to_the_better_end_and_papers_have_their_own_table() -> None:
    whole = summary()
    assert [(column.name, column.arrow) for column in columns(whole, papers=False)] == [
        ("si_sdri", "↑"), ("lsd", "↓"), ("silent_output_rate", "↓"),
    ]  # fmt: skip
    assert [column.name for column in columns(whole, papers=True)] == ["sdr@audiosep"]


def test_columns_stand_by_family_whatever_the_suite_says() -> None:
    whole = summary()
    whole["suite"]["metric_order"] = ["lsd", "silent_output_rate", "si_sdri"]
    assert [(span.title, span.width) for span in results(whole, "", papers=False).spans] == [
        ("waveform", 1), ("spectral", 1), ("presence", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "family"),
    [("sd_sdr", "waveform"), ("sdr_bss512", "waveform"), ("psnr_wave", "waveform"), ("psnr_mel", "spectral"),
     ("mel_dist@sdcodec", "spectral"), ("estoi", "intelligibility"), ("absent_output_level", "presence"),
     ("clap_ta", "other")],
)  # fmt: skip
def test_families(name: str, family: str) -> None:
    whole = summary()
    whole["suite"] |= {"metrics": {name: whole["suite"]["metrics"]["lsd"]}, "metric_order": [name]}
    assert columns(whole, papers="@" in name)[0].family == family


def test_slices_keep_groups_apart_and_follow_the_results() -> None:
    table = slices(as_on_disk(summary()))["By what is asked"]
    assert [(group.kind, [line.model for line in group.lines]) for group in table.groups] == [
        ("systems", ["good", "close", "far", "anew"]), ("controls", ["mixture", "silence"]), ("oracles", ["oracle"]),
    ]  # fmt: skip
    assert [head.label for head in table.heads] == ["extract", "remove"]
    assert [cell.text for cell in table.groups[0].lines[0].cells] == ["6.00", "6.00"]
    assert [cell.text for cell in table.groups[1].lines[1].cells] == [DASH, DASH]
    assert not any(cell.rank for group in table.groups for line in group.lines for cell in line.cells)


def test_bins_stand_by_size() -> None:
    low, bins = entry(1.0), ["-15..-10", "-5..0", "-10..-5", "10..15", "5..10", "0..5"]
    cut = {"snr_bin": {edges: {"si_sdri": low, "lsd": low} for edges in bins}}
    table = slices(as_on_disk(summary(a=model("mask", low, low, slices=cut))))["By the item's SNR in dB"]
    assert [head.label for head in table.heads] == [
        "-15 to -10", "-10 to -5", "-5 to 0", "0 to 5", "5 to 10", "10 to 15",
    ]  # fmt: skip
    assert [span.title for span in table.spans] == ["SI-SDRi (dB) ↑"]  # many values: the leading metric only


def test_presence_shows_each_metric_where_it_speaks() -> None:
    value = entry(0.25)
    cut = {"presence": {"absent": {"silent_output_rate": value}, "present": {"si_sdri": value}}}
    table = slices(summary(a=model("mask", value, value, slices=cut)))["By whether the sound is there"]
    assert [(span.title, span.width) for span in table.spans] == [("SI-SDRi (dB) ↑", 1), ("Silent outputs ↓", 1)]
    assert [head.label for head in table.heads] == ["present", "absent"]
    assert [cell.text for cell in table.groups[0].lines[0].cells] == ["0.25", "25.0 %"]


def test_no_models_and_no_metrics_are_empty_tables() -> None:
    nobody = summary() | {"models": {}}
    assert results(nobody, "", papers=False).groups == () and slices(nobody) == {}
    nothing = summary()
    nothing["suite"] |= {"metrics": {}, "metric_order": []}
    assert results(nothing, "", papers=False).heads == () and slices(nothing) == {}


def test_plot_is_the_same_bytes_and_shows_names_as_text() -> None:
    whole = summary(**{"_a$b": model("mask", entry(1.0), entry(1.0)), "c": model("control", entry(0.0), entry(1.0))})
    metric = columns(whole, papers=False)[0]
    plot = snr_curves(whole, metric, "p")
    assert plot == snr_curves(whole, metric, "p")
    texts = [element.text or "" for element in ElementTree.fromstring(plot).iter("text")]
    assert any(text.endswith("_a$b") for text in texts) and "c" not in texts


@pytest.mark.parametrize(
    ("name", "shown"), [("\u5206\u96e2", "\u5206\u96e2"), ("<b>&", "<b>&"), ("a\nb", "a\ufffdb"), ("a\x08", "a\ufffd")]
)
def test_plot_takes_any_name(name: str, shown: str) -> None:
    whole = summary(**{name: model("mask", entry(1.0), entry(1.0))})
    plot = snr_curves(whole, columns(whole, papers=False)[0], "p")
    assert shown in [element.text for element in ElementTree.fromstring(plot).iter("text")]


def test_plot_takes_the_colour_of_the_page_and_keeps_its_ids_apart() -> None:
    whole = summary()
    plot = snr_curves(whole, columns(whole, papers=False)[0], "run1-x")
    elements = list(ElementTree.fromstring(plot).iter())
    ids = {element.attrib["id"] for element in elements if "id" in element.attrib}
    assert ids and all(name.startswith("run1-x-") for name in ids)
    used = {element.attrib["href"].removeprefix("#") for element in elements if "href" in element.attrib}
    assert used and used <= ids
    assert "currentColor" in plot and "#010203" not in plot and "http" not in plot


def test_no_plot_without_bins_and_intervals_may_be_missing() -> None:
    metric = columns(summary(), papers=False)[0]
    one = {"snr_bin": {"0..5": {"si_sdri": entry(1.0)}}}
    assert snr_curves(summary(a=model("mask", entry(1.0), entry(1.0), slices=one)), metric, "p") == ""
    bare = entry(1.0) | {"ci95": None}
    two = {"snr_bin": {"0..5": {"si_sdri": bare}, "5..10": {"si_sdri": bare}, "10..15": {"si_sdri": entry(None)}}}
    assert "<svg" in snr_curves(summary(a=model("mask", entry(1.0), entry(1.0), slices=two)), metric, "p")
