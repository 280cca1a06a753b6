"""What the weightless baselines share: band spectra of labelled clips, and a mixture explained by two dictionaries.

Spectra have shape ``(frames, bands)``: square roots of mel band powers on windows of 64 ms. A dictionary has shape
``(atoms, bands)``, rows of unit sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sepbench.audio import Audio, Recording, resample
from sepbench.corpora.corpus import training_clips
from sepbench.manifest import Clip
from sepbench.mel_bank import mel_bank
from sepbench.separators.label_matching import Matcher
from sepbench.separators.masking import Mask, Transform, apply_mask
from sepbench.separators.separator import Estimate, Request

Spectra = NDArray[np.float64]
Dictionary = NDArray[np.float64]

ACTIVE_AMPLITUDE = 1e-2
"""Training frames more than 40 dB below their class's loudest tell more of the recording than of the class."""
TINY = 1e-12


@dataclass(frozen=True)
class BandAnalysis:
    """Mel band spectra at one rate, and the way back from a mask of bands to a mask of bins."""

    sample_rate: int
    bands: int

    @cached_property
    def transform(self) -> Transform:
        """The transform masks are applied in."""
        return Transform.at(self.sample_rate)

    @cached_property
    def bank(self) -> NDArray[np.float64]:
        """``(bands, bins)``."""
        return mel_bank(self.sample_rate, self.transform.window, self.bands)

    def spectra(self, audio: Audio) -> Spectra:
        """``(time,)`` -> ``(frames, bands)``."""
        powers: Spectra = np.abs(self.transform.forward(audio)) ** 2 @ self.bank.T
        return np.sqrt(powers)

    def to_bins(self, mask: Mask) -> Mask:
        """Each bin gets the mean of its bands' values, by their weight at it; bins outside all bands the nearest's."""
        weight = self.bank / np.maximum(self.bank.sum(axis=0), TINY)
        spread: Mask = mask @ weight
        inside = np.flatnonzero(self.bank.sum(axis=0) > TINY)
        spread[:, : inside[0]] = spread[:, inside[0], None]
        spread[:, inside[-1] + 1 :] = spread[:, inside[-1], None]
        return spread


@dataclass(frozen=True)
class LearnedClasses:
    """Everything the clips taught: unit-sum frames per label, and the words that speak of it."""

    frames: Mapping[str, Spectra]
    matcher: Matcher


def learn_classes(training: Mapping[str, Any], analysis: BandAnalysis, *, clips_per_label: int) -> LearnedClasses:
    """Read the clips a suite leaves for learning.

    Args:
        training: what the harness gives for ``needs = ["training_clips"]``: corpora, excluded_groups, sample_rate.
        analysis: at the training's sample rate.
        clips_per_label: at most so many per label.
    """
    clips = training_clips(training["corpora"], excluded_groups=training["excluded_groups"], per_label=clips_per_label)
    return gather(clips, analysis)


def gather(clips: Iterable[tuple[Clip, Recording]], analysis: BandAnalysis) -> LearnedClasses:
    """Frames and texts of labelled clips."""
    spectra: dict[str, list[Spectra]] = {}
    texts: dict[str, dict[str, None]] = {}
    for clip, recording in clips:
        label = clip.labels[0]
        audio = resample(recording.audio, recording.sample_rate, analysis.sample_rate)
        spectra.setdefault(label, []).append(analysis.spectra(audio))
        texts.setdefault(label, {}).update(dict.fromkeys(clip.captions))
    frames = {label: active_frames(np.concatenate(parts)) for label, parts in sorted(spectra.items())}
    return LearnedClasses(frames, Matcher.of({label: list(texts[label]) for label in frames}))


def active_frames(spectra: Spectra) -> Spectra:
    """The frames in which the class sounds, each brought to unit sum."""
    level = spectra.sum(axis=1)
    active = spectra[level > max(ACTIVE_AMPLITUDE * level.max(initial=0.0), TINY)]
    return np.asarray(active / active.sum(axis=1, keepdims=True))


@dataclass(frozen=True)
class Decomposition:
    """How a mixture is explained and what is made of it.

    Attributes:
        iterations: multiplicative updates of the activations.
        background_penalty: what the background's activations cost beyond their fit: it knows every class but one and
            would otherwise explain the target too.
        background_weight: how much of the background counts against the target in the mask.
    """

    iterations: int
    background_penalty: float
    background_weight: float


def target_mask(spectra: Spectra, target: Dictionary, background: Dictionary, how: Decomposition) -> Mask:
    """Share of the target in each band and frame, 0 to 1.

    Activations minimise the Kullback-Leibler divergence from the spectra (Lee and Seung 2001) with both dictionaries
    fixed.

    Returns:
        ``(frames, bands)``.
    """
    atoms = np.concatenate([target, background])
    cost = np.ones(len(atoms))
    cost[len(target) :] += how.background_penalty
    heard = spectra + TINY
    activations = np.repeat(heard.sum(axis=1, keepdims=True) / len(atoms), len(atoms), axis=1)
    for _ in range(how.iterations):
        activations *= (heard / (activations @ atoms + TINY)) @ atoms.T / cost
    wanted = activations[:, : len(target)] @ target
    rest = how.background_weight * (activations[:, len(target) :] @ background)
    mask: Mask = wanted / (wanted + rest + TINY)
    return mask


@dataclass(frozen=True)
class DictionaryBaseline:
    """A separator that knows every learnt class as a dictionary, and for each the dictionary of everything else."""

    analysis: BandAnalysis
    matcher: Matcher
    dictionaries: Mapping[str, tuple[Dictionary, Dictionary]]
    how: Decomposition

    @classmethod
    def learn(
        cls,
        config: Mapping[str, Any],
        *,
        own: Callable[[Spectra], Dictionary],
        background: Callable[[Dictionary], Dictionary],
    ) -> DictionaryBaseline:
        """Learn from the clips a suite leaves for it.

        Args:
            config: the adapter's settings, with ``training`` from the harness.
            own: a class's frames -> its dictionary.
            background: the atoms of all other classes together -> the background's dictionary.
        """
        training = config["training"]
        analysis = BandAnalysis(training["sample_rate"], config["bands"])
        learnt = learn_classes(training, analysis, clips_per_label=config["clips_per_label"])
        atoms = {label: own(frames) for label, frames in learnt.frames.items()}
        dictionaries = {
            label: (known, background(np.concatenate([other for name, other in atoms.items() if name != label])))
            for label, known in atoms.items()
            if len(atoms) > 1
        }
        how = Decomposition(config["iterations"], config["background_penalty"], config["background_weight"])
        return cls(analysis, learnt.matcher, dictionaries, how)

    def separate(self, requests: Sequence[Request]) -> list[Estimate]:
        """One estimate per request."""
        return [self._separate(request) for request in requests]

    def _separate(self, request: Request) -> Estimate:
        """The class's share of the mixture, or, to remove it, the rest.

        A query that speaks of no learnt class gets the untouched mixture back, whichever way it asks: the baseline
        abstains.
        """
        label = self.matcher.match(request.query)
        if label is None or label not in self.dictionaries:
            return Estimate(request.item, request.mixture, request.sample_rate)
        heard = resample(request.mixture, request.sample_rate, self.analysis.sample_rate)
        mask = target_mask(self.analysis.spectra(heard), *self.dictionaries[label], self.how)
        kept = self.analysis.to_bins(mask if request.mode == "extract" else 1 - mask)
        separated = apply_mask(heard, kept, self.analysis.transform)
        return Estimate(request.item, separated, self.analysis.sample_rate)
