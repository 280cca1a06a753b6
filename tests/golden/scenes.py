"""Labelled scenes for class-aware metrics, deterministic: references and estimates by label, and their mixture.

Six of two seconds at 32 kHz have one sound a label; three more have several.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.golden.signals import add_at, chirp_and_hiss, generator, tones_and_bursts

RATE, SECONDS = 32000, 2.0

Sounds = dict[str, list[np.ndarray]]


@dataclass(frozen=True)
class Scene:
    references: Sounds
    estimates: Sounds
    mixture: np.ndarray


def scenes() -> dict[str, Scene]:
    """Every scene by name."""
    speech = tones_and_bursts(SECONDS, RATE, 0)
    percussion = chirp_and_hiss(SECONDS, RATE, 0).astype(np.float32)
    pour = (0.05 * generator(0, 2).standard_normal(len(speech))).astype(np.float32)
    found = [_noisy(*one) for one in ((speech, 12.0, 0), (percussion, 6.0, 1), (pour, 0.0, 2))]
    names = ("Speech", "Percussion", "Pour")
    there, given = (
        {name: [one] for name, one in zip(names, s, strict=True)} for s in ((speech, percussion, pour), found)
    )
    all_three, two, nothing = speech + percussion + pour, speech + percussion, np.zeros_like(speech)
    other = tones_and_bursts(SECONDS, RATE, 1)
    talk, babble = speech + other, speech + other + pour
    voices = [_noisy(other, 9.0, 3), _noisy(speech, 3.0, 4)]
    return {
        "all_true_positive": Scene(there, given, all_three),
        "one_false_negative": Scene(there, _only(given, "Speech", "Percussion"), all_three),
        "one_false_positive": Scene(_only(there, "Speech", "Percussion"), given, two),
        "label_swap": Scene(_only(there, "Speech"), {"Pour": [found[0]]}, two),
        "silence_slot": Scene(_only(there, "Speech"), {"Speech": [found[0]], "silence": [nothing]}, two),
        "nothing_to_find": Scene({"silence": [nothing]}, {"silence": [nothing]}, pour),
        "two_of_a_class_swapped": Scene({"Speech": [speech, other]}, {"Speech": voices}, talk),
        "one_of_two_found": Scene({"Speech": [speech, other], "Pour": [pour]}, {"Speech": voices[:1]}, babble),
        "one_too_many": Scene({"Speech": [speech]}, {"Speech": voices, "Pour": [found[2]]}, two),
        "only_invented": Scene({"silence": [nothing]}, {"Speech": voices}, pour),
    }


def _noisy(signal: np.ndarray, snr_db: float, number: int) -> np.ndarray:
    return add_at(signal, generator(0, 5, number).standard_normal(len(signal)), snr_db).astype(np.float32)


def _only(sounds: Sounds, *names: str) -> Sounds:
    return {name: sounds[name] for name in names}
