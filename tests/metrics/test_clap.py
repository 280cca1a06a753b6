"""CLAPScore with a tiny CLAP: cosines of the right vectors, and a reason wherever there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepbench.audio import resample
from sepbench.embeddings.registry import about, abouts, opened
from sepbench.errors import SepbenchError
from sepbench.metrics.clap import METRICS, clap_aa, clap_ta
from sepbench.metrics.measure import measure, measure_sample
from sepbench.metrics.metric import Metric, Sample
from sepbench.metrics.registry import get, select
from tests.embeddings.conftest import cache, clap_folder, own_clap  # noqa: F401 - fixtures
from tests.parity.name_seeded import signal

RATE = 48000
OWN = "laion-clap:own"
SOUND = signal(RATE, RATE, 1).astype(np.float64)
OTHER = signal(RATE, RATE, 2).astype(np.float64)[::-1].copy()


@pytest.mark.usefixtures("own_clap")
class TestWithAClap:
    def test_the_cosine_of_both_vectors(self) -> None:
        embedder = opened(OWN)
        (heard,), (read,) = embedder.audio([SOUND.astype(np.float32)]), embedder.text(["a dog"])
        wanted = np.dot(heard.astype(np.float64), read.astype(np.float64))  # both of unit length
        value = clap_ta(estimate=SOUND, query="a dog", sample_rate=RATE, embedder=OWN)
        assert value == pytest.approx(wanted, abs=1e-6)
        assert value != pytest.approx(clap_ta(estimate=SOUND, query="rain", sample_rate=RATE, embedder=OWN), abs=1e-4)

    def test_identical_is_one_and_order_does_not_matter(self) -> None:
        assert clap_aa(estimate=SOUND, reference=SOUND, sample_rate=RATE, embedder=OWN) == pytest.approx(1, abs=1e-6)
        one = clap_aa(estimate=SOUND, reference=OTHER, sample_rate=RATE, embedder=OWN)
        assert one == pytest.approx(clap_aa(estimate=OTHER, reference=SOUND, sample_rate=RATE, embedder=OWN), abs=1e-9)
        assert one < 1 - 1e-4

    def test_vectors_that_are_kept_need_no_network(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first = clap_ta(estimate=SOUND, query="a dog", sample_rate=RATE, embedder=OWN)
        monkeypatch.setattr("sepbench.embeddings.late.opened", None)
        assert clap_ta(estimate=SOUND, query="a dog", sample_rate=RATE, embedder=OWN) == first

    def test_a_lower_rate_is_brought_up(self) -> None:
        low = resample(SOUND, RATE, 16000)
        scores = measure(
            estimate=low, reference=low, sample_rate=16000, metrics=["clap_ta@own", "clap_aa@own"], query="dog"
        )
        up = clap_ta(estimate=resample(low, 16000, RATE), query="dog", sample_rate=RATE, embedder=OWN)
        assert scores["clap_ta@own"].value == pytest.approx(up, abs=1e-6)
        assert scores["clap_aa@own"].value == pytest.approx(1, abs=1e-6)

    def test_silence_nan_and_nothing_have_no_value(self) -> None:
        def status(estimate: np.ndarray) -> str:
            found = measure(
                estimate=estimate, reference=estimate * 0 + 0.1, sample_rate=RATE, metrics=["clap_ta@own"], query="dog"
            )
            assert found["clap_ta@own"].value is None
            return found["clap_ta@own"].status

        assert status(np.zeros(RATE)) == "estimate_silent"
        assert status(np.full(RATE, np.nan)) == "not_finite"
        assert status(np.zeros(0)) == "too_short"
        assert measure(estimate=SOUND, reference=SOUND, sample_rate=RATE, metrics=["clap_ta@own"])[
            "clap_ta@own"
        ].status == ("missing_input")

    def test_absent_sounds_and_removals_are_not_scored_by_their_text(self) -> None:
        absent = Sample(SOUND, 0 * SOUND, RATE, query="dog", absent=True)
        removal = Sample(SOUND, SOUND, RATE, query="dog", removal=True)
        metrics = select(["clap_ta@own", "clap_aa@own"])
        assert {m.status for m in measure_sample(absent, metrics).values()} == {"reference_silent"}
        found = measure_sample(removal, metrics)
        assert found["clap_ta@own"].status == "not_applicable" and found["clap_aa@own"].status == "ok"

    def test_another_rate_than_the_embedders_is_an_error(self) -> None:
        with pytest.raises(SepbenchError, match="16000 Hz; wanted 48000 Hz"):
            clap_ta(estimate=SOUND, query="dog", sample_rate=16000, embedder=OWN)

    @pytest.mark.parametrize(
        ("name", "speed"), [("clap_ta@eventsep-32kbug", 1.5), ("clap_ta@lass-16kbug", 2.0), ("clap_ta@eventsep", 1.0)]
    )
    def test_published_mistakes_hear_a_tone_too_high(
        self, name: str, speed: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        heard: list[np.ndarray] = []

        def embedded(_: str, given: np.ndarray, sample_rate: int) -> np.ndarray:
            assert sample_rate == RATE
            heard.append(given)
            return np.ones(2, np.float32)

        monkeypatch.setattr("sepbench.metrics.clap.embedded", embedded)
        monkeypatch.setattr("sepbench.metrics.clap.embedded_text", lambda *_: np.ones(2, np.float32))
        tone = np.sin(2 * np.pi * 1000 * np.arange(32000) / 32000)
        assert (
            measure(estimate=tone, reference=tone, sample_rate=32000, metrics=[name], query="dog")[name].status == "ok"
        )
        peak = np.abs(np.fft.rfft(heard[0] * np.hanning(len(heard[0])))).argmax() * RATE / len(heard[0])
        assert peak == pytest.approx(1000 * speed, abs=2)
        assert len(heard[0]) == pytest.approx(RATE / speed, abs=2)


def test_missing_weights_are_unavailable_and_no_number(cache: Path) -> None:  # noqa: F811
    names = [metric.name for metric in METRICS]
    scores = measure(estimate=SOUND, reference=OTHER, sample_rate=RATE, metrics=names, query="dog")
    assert {(m.value, m.status) for m in scores.values()} == {(None, "unavailable")}


def test_signatures_say_which_weights(own_clap: str, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    with_weights = get("clap_ta@own").signature
    assert with_weights.startswith("clap_ta@own|v1|rate:48000|upsampled:yes|embedder:laion-clap:own.v1.48000.mean-10s.")
    monkeypatch.delenv("SEPBENCH_EMBEDDER_CLAP")
    assert get("clap_ta@own").signature.endswith("mean-10s.unavailable") and "unavailable" not in with_weights


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_column_reads_an_embedder_that_can_serve_it(metric: Metric) -> None:
    facts = about(metric.embedder)
    assert metric.embedder in abouts() and metric.upsample
    assert facts.speaks >= ({"audio", "text"} if "query" in metric.needs else {"audio"})
    assert metric.rate == facts.rate or "taken_for" in metric.parameters
