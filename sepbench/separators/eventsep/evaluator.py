"""What EventSep's evaluation scripts do instead of its own pipeline; its tables may come from here.

The scripts split prompts at commas, give up on those that name voices, drums or bass, always take the soft mask, rescue
none, and blend in the time domain at 32 kHz. Only for comparison with the published numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sepbench.audio import Audio
from sepbench.separators.eventsep.frame_masks import Scores, soft, stretch
from sepbench.separators.eventsep.label_mapping import Embed, map_prompt

SAMPLE_RATE = 32000
FILTER_ORDER = 6
KEYWORDS = {
    "vocals": ("vocal", "voice", "singing", "singer"),
    "drums": ("drum", "snare", "kick", "percussion"),
    "bass": ("bass",),
}
"""Parts of a prompt that make it one of a music separator's stems."""


def targets(prompt: str, labels: Sequence[str], *, embed: Embed) -> tuple[int | str, ...]:
    """One class index or stem for each part of a prompt between commas.

    >>> targets("dog, lead singer", ["Cat", "Dog"], embed=lambda texts: np.eye(3))
    (1, 'vocals')
    """
    parts = [part for part in prompt.split(",") if part.strip()] or [prompt]
    return tuple(stem_of(part) or map_prompt(part, labels, label_map="paper", embed=embed).index for part in parts)


def stem_of(prompt: str) -> str | None:
    """The stem whose keyword stands in the prompt, or None."""
    asked = prompt.lower()
    return next((stem for stem, words in KEYWORDS.items() if any(word in asked for word in words)), None)


def soft_mask(scores: Scores, *, threshold: float, samples: int) -> Audio:
    """The soft mask at every sample, not rescued."""
    return stretch(soft(scores, np.float32(threshold)), samples)


def blend(first: Audio, second: Audio, *, rate: float) -> Audio:
    """The weighted sum, ``(time,)``: what the scripts call ``ensemble_a``."""
    return np.asarray((1 - rate) * first + rate * second, dtype=np.float32)


def split(first: Audio, second: Audio, *, cutoff_hz: float) -> Audio:
    """What lies below the cutoff of the first and above it of the second: whatever else the scripts are asked for.

    Args:
        first: ``(time,)`` at 32 kHz.
        second: as long.
        cutoff_hz: of two Butterworth filters of order 6, run forwards and backwards.
    """
    from scipy.signal import butter, filtfilt

    low = butter(FILTER_ORDER, cutoff_hz, "low", fs=SAMPLE_RATE)
    high = butter(FILTER_ORDER, cutoff_hz, "high", fs=SAMPLE_RATE)
    mixed = filtfilt(*low, first.astype(np.float64)) + filtfilt(*high, second.astype(np.float64))
    return np.asarray(mixed, dtype=np.float32)
