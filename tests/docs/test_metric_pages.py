"""Every metric has a page with its definition, and what is drawn there is what the formulas say."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from sepbench.metrics.metric import Metric, Sample, Undefined
from sepbench.metrics.registry import metrics

HOOKS = Path(__file__).parent.parent.parent / "docs" / "hooks"
sys.path.insert(0, str(HOOKS))
docs, behaviour, plots, pages = (
    importlib.import_module(name) for name in ("metric_docs", "behaviour", "metric_plots", "metric_pages")
)
sys.path.remove(str(HOOKS))


@pytest.mark.parametrize("name", metrics())
def test_every_metric_is_defined_on_its_page_and_listed(name: str) -> None:
    base, metric = name.partition("@")[0], metrics()[name]
    text = "\n".join(pages.definitions(pages.pages()[base]))
    assert f"## `{name}` {{#{name}}}" in text
    assert f"`{metric.signature.partition('|embedder:')[0]}`" in text
    assert docs.recipe(metric) is not None, "no documented function of it is found"
    assert f"[`{name}`]({base}.md#{name})" in pages.index()
    assert [base in bases for bases in pages.grouped().values()].count(True) == 1


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("si_sdr", "si_sdr"),
        ("si_sdr@codecsep", "si_sdr_codecsep"),
        ("lsd@audioldm-o1120-16k", "lsd_audioldm"),  # behind a partial and a wrapper
        ("false_activation_30_rate", "false_activation"),
        ("seam_error", "seam_error"),
        ("kl_sigmoid@cnn14-16k", "kl_sigmoid_audioldm"),
        ("nisqa_noi", "rating"),  # of another file
        ("fad", "frechet"),  # of a set
        ("qa_sdri", "qa_sdri"),
    ],
)
def test_the_function_that_a_metric_calls_is_found(name: str, function: str) -> None:
    assert docs.recipe(metrics()[name]).__name__ == function


def test_a_docstring_becomes_markdown_that_says_the_same() -> None:
    def documented() -> None:
        """Σ <r, e> * a_b of ``(time,)``.

        Args:
            estimate: ``(time,)``, any
                number of them.

        Raises:
            Undefined: silence.

        >>> 1 + 1
        2
        """

    assert docs.markdown(documented) == "\n\n".join(
        [
            "Σ &lt;r, e&gt; \\* a\\_b of `(time,)`.",
            "**Args**",
            "- `estimate`: `(time,)`, any number of them.",
            "**Raises**",
            "- `Undefined`: silence.",
            "```pycon\n>>> 1 + 1\n2\n```",
        ]
    )


@pytest.mark.parametrize(
    ("name", "sweep", "expected"),
    [
        ("sdr", "RATIO", lambda x: x),
        ("absent_output_level", "ABSENT", lambda x: x),
        ("off_interval_level", "LEAK_IN_PAUSE", lambda x: x),
        ("on_interval_si_sdr", "LEAK_IN_PAUSE", lambda x: 20.3),  # what leaks into the pause does not count
        ("seam_error", "LOUDER_SEAMS", lambda x: x),
        ("swap_sensitivity", "SWAP", lambda x: 0.0 if x == 1 else None),
        ("sum_consistency", "PARTS", lambda x: -x),  # both answers with the other's share are (1 + share) mixtures
        ("qa_sdri", "PARTS", lambda x: -x),
        ("silent_output_rate", "SILENCE", lambda x: float(x <= -80)),  # the voice lies between -27 and -19 dBFS
    ],
)
def test_sweeps_have_the_values_that_they_must_have(name: str, sweep: str, expected: object) -> None:
    panel = getattr(behaviour, sweep)
    for point in (panel.points[0], panel.points[-2], panel.points[-1]):
        wanted = expected(point)  # type: ignore[operator]
        if wanted is not None:
            assert plots.value(metrics()[name], panel.asked(point)) == pytest.approx(wanted, abs=0.7), point


def fake(measure: object) -> Metric:
    return Metric("fake", 1, "dB", "higher", measure, "", "Fake")  # type: ignore[arg-type]


def test_a_metric_without_its_weights_has_no_plot_and_says_why() -> None:
    def measure(sample: Sample) -> float:
        raise Undefined(
            "unavailable", "weights of fake are not here: given /home/me/fake.pt; wanted fake.pt (fetch it)"
        )

    lacking = fake(measure)
    assert plots.why_unavailable(lacking) == "weights of fake are not here: wanted fake.pt (fetch it)"
    here = fake(lambda sample: 1.0)
    assert pages.plotted([lacking, here]) == [here]
    assert plots.value(lacking, behaviour.heard(behaviour.voice())) is None


def test_a_drawing_is_the_same_bytes_each_time_and_has_gaps_where_nothing_is_defined() -> None:
    def measure(sample: Sample) -> float:
        if np.abs(sample.estimate).max() < 0.01:
            raise Undefined("estimate_silent", "too quiet")
        return float(np.abs(sample.estimate).max())

    drawn = plots.drawing([fake(measure)])
    assert drawn == plots.drawing([fake(measure)]) and "<svg" in drawn
    assert plots.value(fake(measure), behaviour.GAIN.asked(-40.0)) is None
