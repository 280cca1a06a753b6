"""A summary and a run record as `sepbench run` writes them, small and with every special case."""

from __future__ import annotations

from typing import Any

METRICS: dict[str, dict[str, str]] = {
    "si_sdri": {"label": "SI-SDRi", "unit": "dB", "better": "higher"},
    "lsd": {"label": "LSD", "unit": "", "better": "lower"},
    "silent_output_rate": {"label": "Silent outputs", "unit": "", "better": "lower"},
    "sdr@audiosep": {"label": "SDR (AudioSep)", "unit": "dB", "better": "higher"},
}


def entry(value: float | None, low: float = 0.0, high: float = 0.0, *, n: int = 10, missing: int = 0) -> dict[str, Any]:
    return {
        "value": value,
        "ci95": None if value is None else [low, high],
        "median": value,
        "n": n if value is not None else 0,
        "n_undefined": missing,
        "undefined": {"estimate_silent": missing} if missing else {},
        "over_mixture": None,
    }


def model(paradigm: str, si_sdri: dict[str, Any], lsd: dict[str, Any], **changes: Any) -> dict[str, Any]:
    metrics = {
        "si_sdri": si_sdri,
        "lsd": lsd,
        "silent_output_rate": entry(0.125, 0, 0.25),
        "sdr@audiosep": entry(1.0, 0, 2),
    }
    bins = {"-5..0": {"si_sdri": si_sdri}, "0..5": {"si_sdri": si_sdri}}
    return {
        "title": "A title",
        "paradigm": paradigm,
        "needs": [],
        "revision": "0123456789abcdef",
        "native_removal": True,
        "trained_on": [],
        "coverage": {"items": 10, "ok": 10, "failed": 0, "errors": {}},
        "metrics": metrics,
        "slices": {"snr_bin": bins, "mode": {"extract": {"si_sdri": si_sdri}, "remove": {"si_sdri": si_sdri}}},
        "cost": {},
        "flags": [],
    } | changes


def summary(**models: dict[str, Any]) -> dict[str, Any]:
    facts = {
        name: {"signature": f"{name}|v1|rate:native", "scope": "present", "source": "a source"} for name in METRICS
    }
    return {
        "schema": 1,
        "suite": {
            "name": "small",
            "title": "Small",
            "description": "For tests",
            "hash": "ab" * 32,
            "items": 12,
            "mixtures": 5,
            "scored_items": 10,
            "missing_items": 2,
            "refused_items": 0,
            "partial": False,
            "limit": None,
            "scoring_rate": 16000,
            "averaging": "mean",
            "manifests": {"small": "cd" * 32},
            "metric_order": list(METRICS),
            "metrics": {name: METRICS[name] | facts[name] for name in METRICS},
        },
        "models": models
        or {
            "good": model("mask", entry(6.0, 5.0, 7.0), entry(1.2, 1.0, 1.4)),
            "close": model("mask", entry(5.5, 4.5, 6.5), entry(1.0, 0.9, 1.1), flags=["below_mixture:lsd"]),
            "far": model("mask", entry(1.0, 0.5, 1.5), entry(3.0, 2.9, 3.1)),
            "anew": model("generative", entry(9.0, 8.0, 9.9), entry(0.5, 0.4, 0.6)),
            "mixture": model("control", entry(0.0), entry(1.1, 1.0, 1.2), flags=["control"]),
            "silence": model("control", entry(None, missing=10), entry(3.0, 2.0, 4.0), flags=["control"]),
            "oracle": model("oracle", entry(20.0, 19, 21), entry(0.1, 0, 0.2), needs=["references"]),
        },
    }


RUN = {
    "schema": 1,
    "sepbench": "0.1.0",
    "python": "3.11.7",
    "platform": "Linux",
    "hardware": {"cores": 2},
    "device": "cpu",
    "batch": 1,
    "started": "2026-01-01T00:00:00+00:00",
    "finished": None,
    "git": None,
    "packages": {"numpy": "2.4.6"},
}
