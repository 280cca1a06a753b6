"""Exports: the same numbers as the summary in every form, none without its recipe, and every text as text."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from sepbench.errors import MissingData, MissingExtra, NothingComparable, SepbenchError
from sepbench.report.exports.formats import Wish, export
from sepbench.results.rows import Row, Score, read_rows
from sepbench.results.run_folder import load_run
from tests.cli.in_process import sepbench_here
from tests.report.run_folders import ATTACK, OURS, Made, empty_row, made_run

ITEMS = 40
MODELS = (
    Made("strong", 9.0),
    Made("twin_of_strong", 8.99),
    Made("weak-50%", 2.0, flags=("below_mixture:lsd",)),
    Made("anew", 12.0, "generative"),
    Made("random", 0.5, flags=("untrained",)),
    Made(ATTACK, 4.0),
    Made("mixture", 0.0, "control", flags=("control",)),
    Made("oracle", 18.0, "oracle", needs=("references",), flags=("oracle",)),
)
SUITE = {
    "name": "made",
    "title": "Made up & so on",
    "description": "For tests",
    "hash": "ab" * 32,
    "items": ITEMS,
    "mixtures": ITEMS,
    "scored_items": ITEMS,
    "missing_items": 0,
    "refused_items": 0,
    "partial": False,
    "limit": None,
    "scoring_rate": 16000,
    "averaging": "mean",
    "manifests": {},
}


def asked() -> list[Row]:
    """An item of a recording of its own each."""
    facts: dict[str, Any] = {"kind": "label", "mode": "extract", "source_count": 2}
    return [
        empty_row(
            item=f"{number:016x}.0", label="dog", cluster=f"recording {number}", snr_db=float(number % 7), **facts
        )
        for number in range(ITEMS)
    ]


def make(folder: Path, models: Sequence[Made] = MODELS, **suite: Any) -> Path:
    return made_run(folder, SUITE | suite, asked(), models)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("run") / "run")


def text(run: Path, form: Any, **wish: Any) -> str:
    return export([run], Wish(form, **wish)).decode()


def entries(run: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text(run, "json"))["entries"]
    return found


def cells(line: str) -> list[str]:
    """A line of a Markdown table, split where a bar is not escaped."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def table(markdown: str) -> list[list[str]]:
    return [cells(line) for line in markdown.splitlines() if line.startswith("|")]


def test_json_holds_the_summarys_numbers_and_their_recipes(run: Path) -> None:
    summary = json.loads((run / "summary.json").read_text())
    found = entries(run)
    assert len(found) == len(MODELS) * len(OURS)
    for one in found:
        entry = summary["models"][one["model"]]["metrics"][one["metric"]]
        assert [one[key] for key in ("value", "median", "n", "n_undefined")] == [
            entry[key] for key in ("value", "median", "n", "n_undefined")
        ]
        assert [one["ci95_low"], one["ci95_high"]] == entry["ci95"]
        assert one["signature"] == f"{one['metric']}|v1" and one["suite_hash"] == "ab" * 32
        assert one["partial"] is False and one["sepbench"] == "0.1.0"


def test_controls_oracles_and_random_weights_stand_apart_and_are_never_ranked(run: Path) -> None:
    groups = {one["model"]: one["group"] for one in entries(run)}
    assert groups["mixture"] == "controls" and groups["oracle"] == "oracles" and groups["random"] == "untrained"
    assert {one["rank"] for one in entries(run) if one["group"] != "systems"} == {""}
    apart = table(text(run, "md"))
    order = [line[1] for line in apart]
    random = order.index("*Random weights, never ranked*")
    assert order[random + 1] == "random" and order.index("strong") < random < order.index("mixture")


def test_ties_are_those_of_a_paired_test(run: Path) -> None:
    """Every item is a recording of its own here, so that Student's paired test is the same question."""
    from scipy.stats import ttest_rel

    values: dict[str, list[float]] = {}
    for row in read_rows(run / "rows.jsonl"):
        values.setdefault(row.model, []).append(row.metrics["si_sdri"].value or 0.0)
    assert ttest_rel(values["strong"], values["twin_of_strong"]).pvalue > 0.05
    assert ttest_rel(values["strong"], values["weak-50%"]).pvalue < 1e-6
    found = {one["model"]: one for one in entries(run) if one["metric"] == "si_sdri"}
    ranks = {found["strong"]["rank"], found["twin_of_strong"]["rank"]}
    assert ranks == {"best", "near"} and found["strong"]["place"] == found["twin_of_strong"]["place"] == 1
    assert found["weak-50%"]["rank"] == "" and found["weak-50%"]["place"] == 4
    bold = {line[1] for line in table(text(run, "md", metrics=("si_sdri",))) if line[2].startswith("**")}
    assert bold == {"strong", "twin\\_of\\_strong"}
    assert re.findall(r"^    (\S+) & \\textbf", text(run, "latex", metrics=("si_sdri",)), re.MULTILINE) == [
        model.replace("_", "\\_") for model in sorted(("strong", "twin_of_strong"), key=lambda m: -found[m]["value"])
    ]


def test_csv_says_the_same_as_json(run: Path) -> None:
    lines = list(csv.DictReader(io.StringIO(text(run, "csv"))))
    assert len(lines) == len(entries(run))
    for line, one in zip(lines, entries(run), strict=True):
        assert line == {name: "" if value is None else str(value) for name, value in one.items()}


def test_markdown_is_one_table_whose_texts_are_text(run: Path) -> None:
    markdown = text(run, "md", intervals=True)
    assert {len(line) for line in table(markdown)} == {2 + len(OURS)}
    assert "<img" not in markdown and '&lt;img src=x onerror="window.attacked=1">' in markdown
    assert "## Made up &amp; so on" in markdown and "SI-SDRi (dB) ↑" in markdown
    weak = next(line for line in table(markdown) if line[1] == "weak-50%")
    assert re.fullmatch(r"-?\d+\.\d{3} \(-?\d+\.\d{3} to -?\d+\.\d{3}\)†", weak[3])
    anew = next(line for line in table(markdown) if line[1] == "anew")
    assert anew[2].endswith("‡") and "- ‡ not ranked: made anew, random weights." in markdown
    assert "Recipes: si\\_sdri\\|v1; lsd\\|v1; silent\\_output\\_rate\\|v1." in markdown


def test_latex_escapes_and_closes_what_it_opens(run: Path) -> None:
    latex = text(run, "latex", intervals=True)
    body = [line for line in latex.splitlines() if line.endswith(r" \\") and "multicolumn" not in line]
    assert {len(re.split(r"(?<!\\)&", line)) for line in body} == {1 + len(OURS)}
    plain = re.sub(r"\\[\\{}$%&#_]", "", latex)
    assert plain.count("{") == plain.count("}") and plain.count("$") % 2 == 0
    assert re.findall(r"\\(?:begin|end)\{(\w+)\}", latex) == ["table", "tabular", "tabular", "table"]
    assert r"weak-50\%" in latex and r"\textless{}img src=x" in latex and r"SI-SDRi (dB) $\uparrow$" in latex
    assert "Made up \\& so on" in latex and latex.count(r"\midrule") == 4
    assert [line for line in latex.splitlines() if "%" in line.replace(r"\%", "")] == [latex.splitlines()[0]]


@pytest.mark.parametrize("form", ["md", "latex", "json", "csv", "badge", "model-card"])
def test_a_partial_run_says_so_in_every_form(tmp_path: Path, form: str) -> None:
    partial = make(tmp_path / "run", partial=True, limit=40, items=90)
    content = text(partial, form, model="strong")
    told = {
        "md": "PARTIAL RUN: 40 of 90 items were scored",
        "latex": "PARTIAL RUN: 40 of 90 items were scored",
        "json": '"partial": true, "scored_items": 40, "suite_items": 90',
        "csv": ",True,40,90,",
        "badge": " dB (partial)",
        "model-card": "(PARTIAL RUN)",
    }
    assert told[form] in content


def test_parquet_has_the_same_columns_typed(run: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow: pip install 'sepbench[datasets]'")
    (tmp_path / "results.parquet").write_bytes(export([run], Wish("parquet")))
    found = parquet.read_table(tmp_path / "results.parquet")
    assert found.to_pylist() == entries(run)
    assert str(found.schema.field("value").type) == "double" and str(found.schema.field("place").type) == "int64"
    assert json.loads(found.schema.metadata[b"sepbench.signatures"]) == {name: f"{name}|v1" for name in OURS}


def test_parquet_without_pyarrow_names_the_extra(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtra, match="Parquet needs pyarrow") as told:
        export([run], Wish("parquet"))
    assert told.value.remedy == 'pip install "sepbench[datasets]"'


def drawn(run: Path, model: str, **wish: Any) -> tuple[list[str], str, str]:
    """A badge's two texts, its title, and the fill of its right half."""
    root = ElementTree.fromstring(text(run, "badge", model=model, **wish))
    space = "{http://www.w3.org/2000/svg}"
    assert {element.tag.removeprefix(space) for element in root.iter()} == {
        "svg", "title", "clipPath", "rect", "g", "text",
    }  # fmt: skip
    fills = [rect.get("fill") for rect in root.iter(f"{space}rect")]
    return [one.text or "" for one in root.iter(f"{space}text")], root.findtext(f"{space}title") or "", fills[-1] or ""


def test_a_badge_shows_the_leading_metric_with_its_recipe(run: Path) -> None:
    value = next(one["value"] for one in entries(run) if one["model"] == "strong" and one["metric"] == "si_sdri")
    texts, title, ranked = drawn(run, "strong")
    assert texts == ["made SI-SDRi", f"{value:.2f} dB"]
    assert "si_sdri|v1" in title and "suite made abababababab" in title and "40 items" in title
    texts, title, _ = drawn(run, "strong", metrics=("silent_output_rate",))
    assert texts == ["made Silent outputs", "0.0 %"] and "silent_output_rate|v1" in title
    assert drawn(run, "random")[0][1].endswith(" dB (untrained)") and drawn(run, "random")[2] != ranked
    assert drawn(run, "mixture")[0][1] == "0.00 dB (controls)"
    assert drawn(run, "anew")[0][1].endswith(" dB (not ranked)")


def test_a_badges_texts_are_text(run: Path) -> None:
    assert ATTACK in drawn(run, ATTACK)[1]


def test_a_badge_is_of_one_model_of_one_run(run: Path) -> None:
    with pytest.raises(MissingData, match="the run has no such model: given stron") as told:
        text(run, "badge", model="stron")
    assert "strong" in told.value.remedy
    with pytest.raises(NothingComparable, match="a badge shows one model: given none"):
        text(run, "badge")
    with pytest.raises(NothingComparable, match="a badge shows one run: given 2 runs"):
        export([run, run], Wish("badge", model="strong"))
    with pytest.raises(NothingComparable, match="no metric leads"):
        text(run, "badge", model="strong", metrics=("lsd", "silent_output_rate"))


def test_a_model_card_is_what_the_hub_reads(run: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML, as huggingface_hub brings it")
    hub = pytest.importorskip("huggingface_hub.repocard_data", reason="needs huggingface_hub")
    card = text(run, "model-card", model="strong", source="https://example.org/board")
    assert card.startswith("---\nmodel-index:\n- name: ") and card.endswith("\n---\n")
    name, results = hub.model_index_to_eval_results(yaml.safe_load(card.split("---\n")[1])["model-index"])
    assert name == "strong" and [one.metric_type for one in results] == OURS
    expected = {one["metric"]: one for one in entries(run) if one["model"] == "strong"}
    for one in results:
        wanted = expected[one.metric_type]
        assert one.metric_value == wanted["value"] and one.metric_args["signature"] == wanted["signature"]
        assert one.metric_args["items"] == ITEMS and one.metric_args["ci95_low"] == wanted["ci95_low"]
        assert (one.task_type, one.dataset_type, one.dataset_name) == (
            "audio-to-audio",
            "sepbench/made",
            SUITE["title"],
        )
        assert (one.dataset_config, one.dataset_revision) == ("made", "ab" * 32)
        assert (one.source_url, one.source_name) == ("https://example.org/board", "sepbench 0.1.0")


def test_no_spreadsheet_reckons_out_a_name_and_no_row_of_latex_takes_it_for_its_own(tmp_path: Path) -> None:
    hostile = make(tmp_path / "run", [Made(name, 1.0) for name in ("=1+1", "@SUM(1)", "-2", "[9pt]", "*")])
    models = {line["model"] for line in csv.DictReader(io.StringIO(text(hostile, "csv")))}
    assert models == {"'=1+1", "'@SUM(1)", "'-2", "[9pt]", "*"}
    assert {one["model"] for one in entries(hostile)} == {"=1+1", "@SUM(1)", "-2", "[9pt]", "*"}
    # A row's end reads a star or a bracket in the next line as its own: \\* and \\[9pt].
    rows = [line.strip() for line in text(hostile, "latex").splitlines() if line.endswith(r" \\")]
    assert len(rows) == 6 and not [row for row in rows if row.startswith(("[", "*"))]
    assert any(row.startswith("{[}9pt] &") for row in rows)


def test_a_model_cards_texts_are_text(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML, as huggingface_hub brings it")
    name = 'a": {b: [c], #\n- d\u2028e\u00e9'
    hostile = make(tmp_path / "run", (Made(name, 1.0), Made("other", 2.0)))
    found = yaml.safe_load(text(hostile, "model-card", model=name).split("---\n")[1])
    assert found["model-index"][0]["name"] == 'a": {b: [c], #\\n- d\\u2028eé'
    assert "source" not in found["model-index"][0]["results"][0]


def test_a_card_of_random_weights_is_refused(run: Path) -> None:
    with pytest.raises(NothingComparable, match="random, whose weights are random"):
        text(run, "model-card", model="random")
    with pytest.raises(MissingData, match="no run has such a model: given none"):
        text(run, "model-card")


def test_a_metric_that_is_not_there_is_told(run: Path) -> None:
    with pytest.raises(SepbenchError, match=r"the run has no such metric: given si_sdr$"):
        text(run, "md", metrics=("si_sdr",))


def test_two_runs_stand_one_after_the_other(run: Path, tmp_path: Path) -> None:
    other = make(tmp_path / "run", name="another", title="Another")
    markdown = export([run, other], Wish("md")).decode()
    assert [line for line in markdown.splitlines() if line.startswith("## ")] == [
        "## Made up &amp; so on",
        "## Another",
    ]
    both = json.loads(export([run, other], Wish("json")))["entries"]
    assert [one["suite"] for one in both] == ["made"] * 24 + ["another"] * 24


def test_load_run_gives_a_line_per_model_and_item(tmp_path: Path) -> None:
    folder = make(tmp_path / "run", (Made("good", 5.0, failing=2), Made("worse", 1.0)))
    (folder / "run.json").write_text(
        json.dumps(
            {"schema": 1, "partial": True, "suite": {"name": "made"}, "metrics": {name: f"{name}|v1" for name in OURS}}
        )
    )
    rows = read_rows(folder / "rows.jsonl")
    frame = load_run(folder).to_items()
    assert len(frame) == len(rows) == 2 * ITEMS
    assert frame.attrs["signatures"]["lsd"] == "lsd|v1" and frame.attrs["partial"] is True
    for (_, line), row in zip(frame.iterrows(), rows, strict=True):
        assert (line["model"], line["item"], line["status"], line["cluster"]) == (
            row.model, row.item, row.status, row.cluster,
        )  # fmt: skip
        score = row.metrics.get("lsd", Score(None, "ok"))
        assert line["lsd"] == score.value or (np.isnan(line["lsd"]) and score.value is None)
    failed = frame[frame["status"] == "failed"]
    assert len(failed) == 2 and failed["si_sdri"].isna().all() and failed["si_sdri.status"].isna().all()
    assert failed["error"].str.startswith("RuntimeError: out of memory").all()
    silent = frame[frame["si_sdri.status"] == "estimate_silent"]
    assert len(silent) == 8 and silent["si_sdri"].isna().all() and (silent["model"] == "worse").all()
    assert frame["si_sdri"].dtype == frame["lsd.over_mixture"].dtype == np.float64


def test_the_command_writes_a_file_or_stdout(run: Path, tmp_path: Path) -> None:
    done = sepbench_here("report", str(run), "--format", "csv", "-o", "out/results.csv", cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.strip() == "out/results.csv"
    assert (tmp_path / "out" / "results.csv").read_text() == text(run, "csv")
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / "results.csv"]
    wrong = sepbench_here("report", str(run), "--format", "pdf", cwd=tmp_path)
    assert wrong.returncode == 2 and "option --format: given pdf" in wrong.stderr


def test_a_folder_of_something_else_is_told(tmp_path: Path, run: Path) -> None:
    with pytest.raises(MissingData):
        text(tmp_path, "md")
    broken = tmp_path / "run"
    make(broken)
    summary = json.loads((broken / "summary.json").read_text())
    del summary["models"]["strong"]["metrics"]
    (broken / "summary.json").write_text(json.dumps(summary))
    with pytest.raises(SepbenchError, match="are not what this version writes"):
        text(broken, "json")
