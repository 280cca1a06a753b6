"""Larynx and mouth: the source-filter model (Fant, 1960) shared by speech, cries and the calls of animals.

The source is a pulse train whose treble grows with loudness, plus breath noise; the filter is a set of formants, which
may move. Animals differ from people by length of tract (formants scale inversely) and by how regular the larynx is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sepbench.corpora.synthesis.envelopes import Signal, wander
from sepbench.corpora.synthesis.noise import equalised, unit
from sepbench.corpora.synthesis.oscillators import pulse_train
from sepbench.corpora.synthesis.resonators import resonances


@dataclass(frozen=True)
class Tract:
    """A mouth.

    Attributes:
        formants: Hz; one tuple per moment, evenly spread over the call, each with one centre per formant.
        bandwidths: Hz, one per formant.
        decibels: level of each formant.
        open_path: linear share of the source that passes beside the formants and keeps the spectrum from gaping.
    """

    formants: tuple[tuple[float, ...], ...]
    bandwidths: tuple[float, ...]
    decibels: tuple[float, ...]
    open_path: float = 0.05

    def scaled(self, factor: float) -> Tract:
        """The same mouth, shorter by `factor`: all resonances higher."""
        formants = tuple(tuple(centre * factor for centre in moment) for moment in self.formants)
        return Tract(formants, tuple(width * factor for width in self.bandwidths), self.decibels, self.open_path)


@dataclass(frozen=True)
class Larynx:
    """A source.

    Attributes:
        roll_off: Hz over which the harmonics fall by one neper at full loudness.
        breath: RMS of the noise relative to the pulses.
        roughness: relative random wander of the pitch from period to period.
        tremor: relative depth of amplitude modulation.
        tremor_rate: its rate in Hz.
    """

    roll_off: float = 1800.0
    breath: float = 0.05
    roughness: float = 0.005
    tremor: float = 0.0
    tremor_rate: float = 9.0


def call(
    rng: np.random.Generator, pitch: Signal, loudness: Signal, sample_rate: int, tract: Tract, larynx: Larynx
) -> Signal:
    """One voiced sound of unit RMS.

    Args:
        rng: for breath and roughness.
        pitch: Hz, shape (time,).
        loudness: 0 to 1, shape (time,); also opens the treble.
        sample_rate: in Hz.
        tract: the mouth.
        larynx: the source.
    """
    samples = len(pitch)
    rough = 1.0 + larynx.roughness * wander(rng, samples, sample_rate, 120.0)
    flutter = np.sin(2.0 * np.pi * larynx.tremor_rate * np.arange(samples) / sample_rate + rng.uniform(0.0, 6.28))
    source = pulse_train(pitch * rough, sample_rate, larynx.roll_off * (0.35 + 0.65 * loudness))
    source += larynx.breath * rng.standard_normal(samples)
    source *= loudness * (1.0 - larynx.tremor * (0.5 + 0.5 * flutter))
    gains = [10.0 ** (level / 20.0) for level in tract.decibels]
    spoken = resonances(source, sample_rate, tract.formants, tract.bandwidths, gains)
    # No vocal sound carries below its own pitch: there, only the microphone's rumble would be left.
    floor = 0.8 * float(pitch.min())
    return unit(equalised(spoken + tract.open_path * source, sample_rate, ((floor, 0.0), (sample_rate / 2, 0.0))))
