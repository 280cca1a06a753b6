"""Adapters that misbehave in a worker process: the run ends, everyone else is scored, and a row names the cause."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sepbench.engine.run import Outcome
from sepbench.results.rows import Row, read_rows

Score = Callable[..., Outcome]
ITEMS = 6
GUILTY = "1"  # the second query of each mixture


@pytest.fixture
def rows(score: Score) -> Callable[..., dict[str, list[Row]]]:
    """Rows by model of the first two mixtures."""

    def start(models: str, **changes: object) -> dict[str, list[Row]]:
        outcome = score(models, limit=ITEMS, metrics=("sdr", "absent_output_level"), **changes)
        found = read_rows(outcome.folder / "rows.jsonl")
        assert outcome.failed == sum(row.status == "failed" for row in found)
        return {name: [row for row in found if row.model == name] for name in models.split(",")}

    return start


def causes(rows: list[Row]) -> list[str]:
    """What the failed rows say; only the guilty items may have failed."""
    assert len(rows) == ITEMS
    failed = [row for row in rows if row.status == "failed"]
    assert [row.item.split(".")[1] for row in failed] == [GUILTY] * (ITEMS // 3)
    return sorted({f"{row.error.type}: {row.error.message}" for row in failed if row.error})


FALLEN = {
    "crash": "SeparatorFailure: process of adapter crash died of SIGSEGV: given about to fall",
    "crash:exit": "SeparatorFailure: process of adapter crash:exit ended with exit code 7: given about to fall",
    "hang": "SeparatorFailure: adapter hang took over 1 s to separate",
    "huge:audio": "SeparatorFailure: adapter huge:audio failed: given ValueError: estimates hold 16777216 samples",
    "huge": "SeparatorFailure: adapter huge failed: given MemoryError: Unable to allocate 32.0 GiB",
}


def test_guilty_items_say_why_and_all_others_are_scored(rows: Callable[..., dict[str, list[Row]]]) -> None:
    found = rows(",".join([*FALLEN, "huge:rate", "mixture"]))
    for name, cause in FALLEN.items():
        (said,) = causes(found[name])
        assert said.startswith(cause), said
    for said in causes(found["huge:rate"]):
        assert "is absurdly long: given 16000 s; wanted 1 s" in said
    for row, reference in zip(found["crash"], found["mixture"], strict=True):
        assert row.status == "failed" or row.metrics == reference.metrics


def test_a_batch_that_kills_the_process_costs_only_the_guilty_item(rows: Callable[..., dict[str, list[Row]]]) -> None:
    assert causes(rows("crash", batch=3)["crash"]) == [FALLEN["crash"]]


def test_bad_audio_is_a_status_and_noise_and_slowness_are_no_harm(rows: Callable[..., dict[str, list[Row]]]) -> None:
    found = rows("nan,short,noisy,slow_start,leak,half,mixture")
    assert {row.metrics["sdr"].status for row in found["nan"] if "sdr" in row.metrics} == {"not_finite"}
    messages = {row.error.message for row in found["short"] if row.error}
    assert messages == {"estimate has 8000 samples at 16000 Hz, reference 16000"}
    for name in ("slow_start", "leak"):
        assert [row.metrics for row in found[name]] == [row.metrics for row in found["mixture"]]
    pairs = list(zip(found["noisy"], found["half"], strict=True))
    assert all(noisy.metrics == half.metrics for noisy, half in pairs if noisy.mode == "extract")
    assert all(row.status == "ok" for row in found["noisy"])


def test_too_slow_a_start_fails_every_item_at_once(rows: Callable[..., dict[str, list[Row]]]) -> None:
    found = rows("slow_start:too-slow,mixture")
    messages = {row.error.message for row in found["slow_start:too-slow"] if row.error}
    assert messages == {"adapter slow_start:too-slow took over 3 s to be loaded"}
    assert all(row.status == "ok" for row in found["mixture"])
