"""Small records for tests: a mixture of noise bursts that needs no corpus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sepbench.audio import Recording
from sepbench.manifest import Mixture, Query, Source, with_id

RATE = 16000
SAMPLES = 8000


def source(clip: str, role: str, *, gain_db: float | None = None, group: str = "", samples: int = SAMPLES) -> Source:
    return Source(
        corpus="test",
        clip=clip,
        start=0,
        samples=samples,
        labels=(clip,),
        group=group or f"rec:{clip}",
        role="target" if role == "target" else "noise",
        gain_db=gain_db,
    )


def mixture(**changes: object) -> Mixture:
    """Two sources at 3 dB, gains to be solved; any field may be replaced."""
    row = Mixture(
        id="",
        sources=(source("dog", "target"), source("rain", "noise")),
        queries=(
            Query("label", "extract", (0,), text="dog"),
            Query("label", "remove", (0,), text="dog"),
            Query("label", "extract", (), text="siren"),
        ),
        sample_rate=RATE,
        samples=SAMPLES,
        snr_mode="power",
        clip_rule="peak_0.9_if_gt_1",
        resampler="soxr_hq",
        snr_db=3.0,
    )
    return with_id(replace(row, **changes))  # type: ignore[arg-type]


def recording(seed: int, *, level: float = 0.1, samples: int = SAMPLES, rate: int = RATE) -> Recording:
    """White noise of a stated RMS."""
    noise = np.random.Generator(np.random.PCG64(seed)).standard_normal(samples)
    return Recording((level * noise / np.sqrt(np.mean(noise**2))).astype(np.float32), rate)
