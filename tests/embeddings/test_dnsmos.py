"""DNSMOS: windows, polynomials and averages around a network of the same form, and what is said without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sepbench import measure
from sepbench.embeddings.dnsmos import NAME, RATE, WINDOW, heard
from sepbench.embeddings.registry import opened
from sepbench.errors import MissingExtra, SepbenchError

NAMES = ["dnsmos_sig", "dnsmos_bak", "dnsmos_ovrl"]
NOISE = 0.1 * np.random.Generator(np.random.PCG64(0)).standard_normal(13 * RATE, np.float32)


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the file is looked for; it is not there yet."""
    monkeypatch.setenv("SEPBENCH_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("SEPBENCH_CACHE", str(tmp_path / "cache"))
    opened.cache_clear()
    path = tmp_path / "weights" / "dnsmos" / "sig_bak_ovr.onnx"
    path.parent.mkdir(parents=True)
    return path


def write_network(path: Path) -> None:
    """A network of the published one's inputs and outputs: 30, 20 and 10 times a window's mean magnitude."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    kind = onnx.TensorProto.FLOAT
    constants = [
        onnx.helper.make_tensor("factors", kind, [1, 3], [30.0, 20.0, 10.0]),
        onnx.helper.make_tensor("axes", onnx.TensorProto.INT64, [1], [1]),
    ]
    nodes = [
        onnx.helper.make_node("Abs", ["input_1"], ["magnitude"]),
        onnx.helper.make_node("ReduceMean", ["magnitude", "axes"], ["mean"], keepdims=1),
        onnx.helper.make_node("MatMul", ["mean", "factors"], ["Identity:0"]),
    ]
    graph = onnx.helper.make_graph(
        nodes,
        "ratings",
        [onnx.helper.make_tensor_value_info("input_1", kind, [None, WINDOW])],
        [onnx.helper.make_tensor_value_info("Identity:0", kind, [None, 3])],
        constants,
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9)
    path.write_bytes(model.SerializeToString())


def in_words(clip: np.ndarray) -> list[float]:
    """The rule, said again: windows that begin at whole seconds, each through the three parabolas, then the mean."""
    while len(clip) < 9.01 * RATE:
        clip = np.append(clip, clip)
    ratings = []
    for second in range(int(np.floor(len(clip) / RATE) - 9.01) + 1):
        mean = float(np.abs(clip[second * RATE :][:144160]).mean())
        signal, background, overall = 30 * mean, 20 * mean, 10 * mean
        ratings.append(
            [
                -0.08397278 * signal**2 + 1.22083953 * signal + 0.0052439,
                -0.13166888 * background**2 + 1.60915514 * background - 0.39604546,
                -0.06766283 * overall**2 + 1.11546468 * overall + 0.04602535,
            ]
        )
    return [float(value) for value in np.mean(ratings, axis=0)]


@pytest.mark.parametrize("seconds", [1.0, 4.7, 9.01, 10.0, 13.0])
def test_ratings_are_averages_over_seconds(weights: Path, seconds: float) -> None:
    write_network(weights)
    clip = NOISE[: round(seconds * RATE)] * np.linspace(0.2, 2, round(seconds * RATE), dtype=np.float32)
    scores = measure(estimate=clip, reference=clip, sample_rate=RATE, metrics=NAMES)
    assert [scores[name].value for name in NAMES] == pytest.approx(in_words(clip), abs=1e-5)


def test_windows_follow_each_other_by_a_second() -> None:
    windows = heard(NOISE)
    assert [len(window) for window in windows] == [WINDOW] * 4
    np.testing.assert_array_equal(windows[3], NOISE[3 * RATE : 3 * RATE + WINDOW])
    with pytest.raises(SepbenchError, match="empty clip"):
        heard(NOISE[:0])


def test_without_the_file_there_is_no_number(weights: Path) -> None:
    scores = measure(estimate=NOISE, reference=NOISE, sample_rate=RATE, metrics=[*NAMES, "nisqa_mos"])
    assert {score.status for score in scores.values()} == {"unavailable"}


def test_without_the_package_its_command_is_named(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    weights.write_bytes(b"anything")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtra, match="onnxruntime") as missing:
        opened(NAME)
    assert missing.value.remedy == 'pip install "sepbench[dnsmos]"'


def test_a_damaged_file_is_named(weights: Path) -> None:
    pytest.importorskip("onnxruntime")
    weights.write_bytes(b"anything")
    with pytest.raises(SepbenchError, match="not a readable network of dnsmos:p835"):
        opened(NAME)


@pytest.mark.parametrize(
    ("estimate", "query", "status"),
    [
        (0 * NOISE, "speech", "estimate_silent"),
        (NOISE[: RATE - 1], "speech", "too_short"),
        (NOISE, "rain on a roof", "not_applicable"),
    ],
)
def test_what_is_not_asked(estimate: np.ndarray, query: str, status: str) -> None:
    found = measure(
        estimate=estimate, reference=NOISE[: len(estimate)], sample_rate=RATE, metrics=["dnsmos_ovrl"], query=query
    )
    assert found["dnsmos_ovrl"].status == status
