"""Published numbers: digit by digit against the page they were read from, and facts that hold among them."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from sepbench.errors import InvalidRecord, MissingData
from sepbench.metrics.registry import get
from sepbench.results.published import Paper, Reported, load_paper, published_for, published_results
from sepbench.suite import find_suite

PROJECT = Path(__file__).parent.parent.parent
FOLDER = PROJECT / "results" / "published"
PAGE = PROJECT.parent / "shared" / "reference" / "published_results.md"

Cell = tuple[str, str, str, str | None, str]
"""(file, table, system with its setting, test set, metric)."""
Places = list[tuple[str | None, str]]
HSM_SETS = ("3 Sets", "Clotho", "AudioCaps", "FSD50K")
EVENTSEP_SETS = ("VGGSound", "MUSIC", "ESC-50")
NUMERIC = re.compile(r"\d+(\.\d+)?M?|\d+-\d+")


@pytest.fixture(scope="module")
def page() -> str:
    if not PAGE.is_file():
        pytest.skip("needs the page of published results beside the project (shared/reference)")
    return PAGE.read_text(encoding="utf-8")


def files() -> dict[str, Any]:
    """The JSON files with their numbers as they are spelled."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"), parse_float=str, parse_int=str)
        for path in sorted(FOLDER.glob("*.json"))
    }


def cells() -> dict[Cell, str | None]:
    return {
        (file, table["id"], plain(f"{row['system']} {row['setting'] or ''}"), row["test_set"], metric): value
        for file, paper in files().items()
        for table in paper["tables"]
        for row in table["rows"]
        for metric, value in row["values"].items()
    }


def plain(label: str) -> str:
    return label.replace(",", "").strip()


def markdown_table(page: str, heading: str) -> tuple[list[str], list[list[str]]]:
    """The titles and the rows of the first table below a heading."""
    lines = page[page.index(f"\n{heading}") + 1 :].split("\n#", 1)[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return rows[0], rows[2:]


def every(sets: tuple[str | None, ...], *metrics: str) -> Places:
    return [(test_set, metric) for test_set in sets for metric in metrics]


TABLES: list[tuple[str, str, str, Places]] = [
    ("### Table II:", "hsm_tss", "Table II", [(None, "train hours"), *every(HSM_SETS, "KL", "LSD", "PSNR")]),
    ("### Table III:", "hsm_tss", "Table III", every(HSM_SETS, "AFSim", "CLAP")),
    ("### Table IV:", "hsm_tss", "Table IV", every(("MUSIC",), "KL", "LSD", "PSNR", "CLAP", "AFSim")),
    (
        "### Table V:",
        "hsm_tss",
        "Table V",
        every(("Clotho (retrieval)", "AudioCaps (retrieval)"), "R@1", "R@5", "R@10"),
    ),
    (
        "### Table VI:",
        "hsm_tss",
        "Table VI",
        every(("AudioCaps and Clotho (captioning)",), "METEOR", "SPICE", "SPIDEr"),
    ),
    ("### Table VII:", "hsm_tss", "Table VII", every(("ESC-50 (HEAR)", "SC-5h (HEAR)", "NS-5h (HEAR)"), "score")),
    (
        "### Table VIII:",
        "hsm_tss",
        "Table VIII",
        [(None, "parameters"), *every(("AudioSet validation (codecs)",), "MEL-D", "LSD", "ViSQOL")],
    ),
    ("### Table 1", "eventsep", "Table 1", every(EVENTSEP_SETS, "CLAP", "CLAP-A", "STOI", "ESTOI")),
    ("### Table 2:", "eventsep", "Table 2", every(("VGGSound",), "SDRi", "SI-SDR")),
    ("### Table 3:", "eventsep", "Table 3", every(("VGGSound",), "CLAPScore", "CLAPScoreA")),
]


def labelled(table: str, titles: list[str], row: list[str]) -> tuple[str, list[str], list[str]]:
    """What the JSON calls a row of the page, and the titles and cells that are left for its values."""
    match table:
        case "Table VIII":
            causal = {"yes": "causal", "no": "not causal"}[row[2]]
            return f"{row[0]} {causal}", [titles[1], *titles[3:]], [row[1].removesuffix("M"), *row[3:]]
        case "Table 1" if row[0] == "EventSep":
            return "EventSep soft mask", titles[1:], row[1:]
        case "Table 2":
            return f"EventSep AudioSep branch only {row[0]} mask τ = {row[1]}", titles[2:], row[2:]
        case "Table 3":
            return f"EventSep {row[0]}", titles[1:], row[1:]
    return plain(row[0]), titles[1:], row[1:]


def check_title(title: str, test_set: str | None, metric: str) -> None:
    short = (test_set or "").split(" (")[0]
    assert title.split(" (")[0] in {metric, f"{short} {metric}", short}, (title, test_set, metric)


def page_cells(page: str) -> dict[Cell, str | None]:
    """Every value of the page's tables of results, under the key that the JSON has to have it."""
    found: dict[Cell, str | None] = {}
    for heading, file, table, places in TABLES:
        titles, rows = markdown_table(page, heading)
        for row in rows:
            label, heads, values = labelled(table, titles, row)
            for (test_set, metric), title, value in zip(places, heads, values, strict=True):
                check_title(title, test_set, metric)
                found[file, table, label, test_set, metric] = None if value == "-" else value
    sets, rows = markdown_table(page, "## 1. AudioSep")
    for metric, *values in rows:
        for test_set, value in zip(sets[1:], values, strict=True):
            found["audiosep", "README", "AudioSep", test_set, metric] = value
    return found


def test_every_cell_of_every_table_stands_in_its_place_with_its_digits_and_nothing_else_does(page: str) -> None:
    from_page, from_files = page_cells(page), cells()
    of_tables = {key: value for key, value in from_files.items() if key[0] in ("audiosep", "hsm_tss", "eventsep")}
    assert of_tables == from_page
    on_page = [
        cell
        for line in page.splitlines()
        if line.startswith("|")
        for cell in line.split("|")
        if NUMERIC.fullmatch(cell.strip())
    ]
    thresholds, table_one = 8, 12  # thresholds stand in the settings, Table I in the test sets
    assert len(on_page) == sum(value is not None for value in from_page.values()) + thresholds + table_one == 345


@pytest.mark.parametrize(
    ("file", "start", "end", "number"),
    [
        ("dcase2024_t9", "plain means: **", "**", r"[\d.]+\d"),
        ("codecsep", "**Code-stream", "**", r"[\d.]+\d"),
        ("others", "\n## 7.", "[third-party]", r"\d*\.\d+"),
    ],
)
def test_every_number_in_a_sentence_is_a_row_and_no_row_is_more(
    page: str, file: str, start: str, end: str, number: str
) -> None:
    sentence = page.split(start, 1)[1].split(end, 1)[0]
    reported = [value for (name, *_), value in cells().items() if name == file]
    assert [value.removeprefix("0") for value in reported if value] == [
        value.removeprefix("0") for value in re.findall(number, sentence)
    ]


def test_sizes_lengths_and_ratios_of_test_sets_are_the_page_s(page: str) -> None:
    snr, music_snr = re.findall(r"\[(-\d+), (\d+)\]", page.split("average SNR", 1)[1])[:2]
    wanted: dict[str, dict[str, Any]] = {}
    for name, recordings, captions, seconds, pairs in markdown_table(page, "### Table I:")[1]:
        span = [*seconds.split("-"), seconds][:2]
        wanted[name] = {"recordings": recordings, "captions": captions == "yes", "seconds": span, "pairs": pairs}
        wanted[name]["snr_db"] = [*snr]
    recordings, pairs, seconds = re.findall(r"(\d+) recordings .*, (\d+) pairs of (\d+) s", page)[0]
    wanted["MUSIC"] = {"recordings": recordings, "pairs": pairs, "seconds": [seconds, seconds], "snr_db": [*music_snr]}
    clips = re.findall(r"\((\d+) AudioSet validation clips\)", page)[0]
    wanted["AudioSet validation (codecs)"] = {"recordings": clips}
    mixtures, least, most = re.findall(r"Validation list of ([\d,]+) mixtures .* SNR (-\d+)…(\d+) dB", page)[0]
    wanted["validation"] = {"pairs": mixtures.replace(",", ""), "snr_db": [least, most]}
    facts = ("recordings", "captions", "seconds", "pairs", "snr_db")
    stated = {
        test_set["name"]: {fact: test_set[fact] for fact in facts if fact in test_set}
        for file, paper in files().items()
        for test_set in paper["test_sets"]
        if file in ("hsm_tss", "dcase2024_t9") or any(fact in test_set for fact in facts)
    }
    assert {name: found for name, found in stated.items() if found} == wanted


def test_a_clotho_suite_gets_the_two_numbers_of_audiosep_s_readme_and_others_get_their_own() -> None:
    (found,) = published_for("audiosep/premixed/clotho")
    assert found.row.values == {"SDRi": 6.850, "SI-SDR": 5.242}
    assert (found.paper.system, found.table.id, found.row.system) == ("AudioSep", "README", "AudioSep")
    assert [metric.printed(found.row.values[metric.name]) for metric in found.table.metrics] == ["6.850", "5.242"]
    assert [metric.recipe for metric in found.table.metrics] == ["sdri@audiosep", "si_sdr@audiosep"]
    (baseline,) = published_for("dcase2024_t9")
    assert baseline.row.values == {"SDR": 5.708, "SDRi": 5.673, "SI-SDR": 3.862}
    counts = {"hsm_tss": 32 + 36 + 7, "eventsep": 9 + 8 + 5, "open_domain": 0, "audiosep/clotho": 0, "codecsep_dnr": 0}
    assert {suite: len(published_for(suite)) for suite in counts} == counts


def paper(system: str) -> Paper:
    return next(paper for paper in published_results() if paper.system == system)


def value(found: Reported, metric: str) -> float:
    number = found.row.values[metric]
    assert number is not None
    return number


def test_recipes_are_metrics_of_the_suite_with_that_unit_and_direction() -> None:
    for found in published_results():
        suites = {test_set.name: test_set.suite for test_set in found.test_sets}
        for table in found.tables:
            for metric in table.metrics:
                assert all(get(name) for name in metric.nearest)
                if metric.recipe is None:
                    continue
                ours = get(metric.recipe)
                assert (ours.unit, ours.better) == (metric.unit, metric.better)
                for suite in {suites[row.test_set] for row in table.rows if row.test_set}:
                    assert suite and metric.recipe in tomllib.loads(find_suite(suite).read_text())["metrics"]


def lists(suite: Path) -> set[str]:
    """The names that a suite's rows give as their list."""
    names = set()
    for manifest in tomllib.loads(suite.read_text())["manifests"]:
        meta, recipe = (suite.parent / f"{manifest}{end}" for end in (".meta.json", ".recipe.toml"))
        names.add(json.loads(meta.read_text())["name"] if meta.is_file() else tomllib.loads(recipe.read_text())["name"])
    return names


def test_suites_and_lists_exist() -> None:
    for test_set in (test_set for found in published_results() for test_set in found.test_sets):
        if test_set.suite:
            named = lists(find_suite(test_set.suite))
            assert test_set.list in named or (test_set.list is None and test_set.note), test_set.name


def test_two_stages_beat_one_in_every_kl_column() -> None:
    kl = {
        (found.row.setting, found.test_set.name): value(found, "KL")
        for found in published_for("hsm_tss")
        if found.row.system == "HSM-TSS" and "KL" in found.row.values
    }
    pairs = [
        (kl[f"single stage, {setting}", test_set], two)
        for (setting, test_set), two in kl.items()
        if "stage" not in str(setting)
    ]
    assert len(pairs) == 4 + 4 + 1 and all(two < one for one, two in pairs)


def test_ground_truth_has_clap_alone_and_the_highest() -> None:
    rows = [found for found in published_for("hsm_tss") if "CLAP" in found.row.values]
    truths = [found for found in rows if found.row.system == "ground truth"]
    assert len(truths) == 5
    for truth in truths:
        assert {name for name, number in truth.row.values.items() if number is not None} == {"CLAP"}
        others = [value(found, "CLAP") for found in rows if found.test_set == truth.test_set and found not in truths]
        assert value(truth, "CLAP") > max(others)


def test_recall_grows_with_depth_estoi_is_below_stoi_and_a_softer_mask_costs_less() -> None:
    retrieval = next(table for table in paper("HSM-TSS").tables if table.id == "Table V")
    for row in retrieval.rows:
        found = [number for number in row.values.values() if number is not None]
        assert found == sorted(found) and len(found) == 3
    eventsep = published_for("eventsep")
    assert all(value(found, "ESTOI") < value(found, "STOI") for found in eventsep if "STOI" in found.row.values)
    masks = {str(found.row.setting): value(found, "SDRi") for found in eventsep if found.table.id == "Table 2"}
    soft, hard = (
        [masks[f"AudioSep branch only, {kind} mask, τ = {tau}"] for tau in ("0.70", "0.65", "0.60", "0.55")]
        for kind in ("soft", "hard")
    )
    assert soft == sorted(soft)
    assert hard[0] > hard[1] > hard[2] and hard[3] - hard[2] > 3  # the jump that the file's reading warns of


RANGES = {
    "dB": (-20, 40),
    "%": (0, 100),
    "GMAC": (0, 100),
    "times": (1, 1000),
    "KL": (0, 10),
    "LSD": (0, 12),
    "MEL-D": (0, 10),
    "ViSQOL": (1, 5),
}


def test_no_number_is_out_of_its_metric_s_range() -> None:
    for found in published_results():
        for table in found.tables:
            ranges = {m.name: RANGES.get(m.unit, RANGES.get(m.name, (0, 1))) for m in table.metrics if m.better}
            for row in table.rows:
                for name, number in row.values.items():
                    least, most = ranges.get(name, (0, 1e5))
                    assert number is None or least < number < most, (found.system, table.id, row)


def test_the_abstract_s_numbers_in_audiosep_s_reading_are_the_readme_s_rounded() -> None:
    audiosep = paper("AudioSep")
    sdri = {row.test_set: row.values["SDRi"] for row in audiosep.tables[0].rows}
    note = next(note for note in audiosep.reading if "abstract" in note)
    rounded = dict(re.findall(r"(\w+) (\d+\.\d\d)", note))
    assert rounded == {name: f"{sdri[name]:.2f}" for name in ("AudioSet", "VGGSound", "AudioCaps", "Clotho")}


def damaged(folder: Path, name: str, old: str, new: str) -> Path:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('"schema": 1', '"schema": 2', "field schema: given 2; wanted 1"),
        ('"SDRi": 9.144', '"SDRi": "9.144"', r"field tables\.0\.rows\.0\.values\.SDRi: given '9.144'; wanted .*number"),
        ('"SDRi": 9.144', '"SDRi": NaN', r"field tables\.0\.rows\.0\.values\.SDRi: given nan"),
        ('"SDRi": 9.144', '"SDRi": 9.1441', r"rows\.0\.values\.SDRi: given 9.1441; wanted at most 3 decimals"),
        ('"SI-SDR": 9.043', '"SISDR": 9.043', r"rows\.0\.values\.SISDR: given SISDR; wanted a metric of the table"),
        ('"test_set": "MUSIC"', '"test_set": "Music"', r"rows\.1\.test_set: given Music; wanted one of the paper's"),
        ('"test_set": "MUSIC"', '"test_set": "VGGSound"', r"field tables\.0\.rows\.1: given .*; wanted each once"),
        ('"name": "MUSIC"', '"name": "ESC-50"', r"field test_sets\.2: given ESC-50; wanted each once"),
        (
            '"suite": "audiosep/premixed/music"',
            '"suite": null',
            r"field test_sets\.1\.suite: given None; wanted a suite",
        ),
        (
            '"recipe": "sdri@audiosep"',
            '"recipe": null',
            r"metrics\.0\.note: given nothing; wanted why none of our metr",
        ),
        (', "decimals": 3', "", r"field tables\.0\.metrics\.0\.decimals: given nothing"),
        ('"evidence": "table"', '"evidence": "hearsay"', "field evidence: given 'hearsay'"),
        ('"caption"', '"title"', r"field tables\.0\."),
        ("}", "", "whole record"),
    ],
)
def test_a_damaged_field_is_named_with_its_file(tmp_path: Path, old: str, new: str, match: str) -> None:
    with pytest.raises(InvalidRecord, match=rf"audiosep\.json: .*{match}"):
        load_paper(damaged(tmp_path, "audiosep.json", old, new))


def test_a_row_that_leaves_out_what_the_rows_above_it_state_must_say_null(tmp_path: Path) -> None:
    file = damaged(tmp_path, "eventsep.json", ', "ESTOI": 0.3429', "")
    with pytest.raises(
        InvalidRecord, match=r"rows\.3\.values: .*'STOI'\]; wanted .*'ESTOI'\], as the rows above; null"
    ):
        load_paper(file)


def test_no_files_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="no published results"):
        published_results(tmp_path)
