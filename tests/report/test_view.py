"""The tables behind the page: who is ranked, what is marked, what is shown for nothing."""

from __future__ import annotations

from sepbench.report.plots import snr_curves
from sepbench.report.view import Line, columns, groups, slice_tables
from tests.report.summaries import entry, model, summary


def lines(**models: dict[str, object]) -> dict[str, Line]:
    whole = summary(**models)
    return {line.model: line for group in groups(whole, columns(whole, papers=False)) for line in group.lines}


def test_groups_stand_apart_and_systems_are_sorted_by_improvement() -> None:
    whole = summary()
    found = {group.name: [line.model for line in group.lines] for group in groups(whole, columns(whole, papers=False))}
    assert found == {
        "Systems": ["anew", "good", "close", "far"],
        "Controls": ["mixture", "silence"],
        "Oracles": ["oracle"],
    }


def test_best_and_near_are_of_systems_only_and_sound_made_anew_is_not_ranked_by_waveform() -> None:
    ranks = {name: [cell.rank for cell in line.cells[:2]] for name, line in lines().items()}
    assert ranks["good"][0] == "best" and ranks["close"][0] == "near" and ranks["far"][0] == ""
    assert lines()["anew"].cells[0].unranked and ranks["anew"][0] == ""
    assert ranks["anew"][1] == "best"  # of LSD, where lower is better, it may be
    assert all(rank == ["", ""] for name, rank in ranks.items() if name in ("mixture", "silence", "oracle"))


def test_numbers_carry_the_digits_of_their_unit() -> None:
    good = lines()["good"].cells
    assert [cell.text for cell in good] == ["6.00", "1.200", "12.5 %"]
    assert good[0].interval == "5.00 to 7.00"


def test_nothing_is_a_dash_with_its_reason() -> None:
    silent = lines()["silence"].cells[0]
    assert (silent.text, silent.interval, silent.coverage) == ("-", "", "0 of 10")
    assert silent.title == "10 without a value: estimate_silent 10"


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


def test_arrows_point_to_the_better_end_and_papers_have_their_own_table() -> None:
    whole = summary()
    assert [(column.name, column.arrow) for column in columns(whole, papers=False)] == [
        ("si_sdri", "↑"), ("lsd", "↓"), ("silent_output_rate", "↓"),
    ]  # fmt: skip
    assert [column.name for column in columns(whole, papers=True)] == ["sdr@audiosep"]


def test_slices_have_a_line_per_model() -> None:
    whole = summary()
    tables = {table.slice: table for table in slice_tables(whole, columns(whole, papers=False))}
    assert tables["snr_bin"].values == ("-5..0", "0..5")
    assert dict(tables["mode"].lines)["good"] == ("6.00", "6.00")
    assert dict(tables["mode"].lines)["silence"] == ("-", "-")


def test_plot_is_the_same_bytes_and_shows_names_as_text() -> None:
    whole = summary(**{"_a$b": model("mask", entry(1.0), entry(1.0)), "c": model("control", entry(0.0), entry(1.0))})
    metric = columns(whole, papers=False)[0]
    plot = snr_curves(whole, metric)
    assert plot == snr_curves(whole, metric)
    assert plot.startswith("<svg") and "a$b" in plot and ">c<" not in plot
