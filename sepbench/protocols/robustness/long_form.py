"""``long_form``: a few sounds of one class, far apart, over a background that never stops.

The background is clips of other classes laid end to end, each brought to one level (`BACKGROUND_RMS`), no clip twice
before all were used. The events are clips of the target's class, one in each of as many equal stretches of the mixture.
Each lies at the row's ratio over the background it covers; a ratio over the whole mixture would depend on how sparse
the events are. So a row states gains and no ratio, and the audio must be here when the list is built.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sepbench.audio import resample
from sepbench.manifest import Clip, Mixture, Query, Source, with_id
from sepbench.mixing import MAX_GAIN_DB, SILENT_RMS, clip_gain
from sepbench.protocols.draw import DrawnRow, compatible, label_text
from sepbench.protocols.robustness.recipe import RobustnessRecipe, Rule
from sepbench.protocols.robustness.scenes import TOO_FEW_CLIPS, Pool, by_hash, scene

BACKGROUND_RMS = 0.05
GAP_SECONDS = 0.5
"""Two events are at least so far apart."""

Signal = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LongFormRecipe(RobustnessRecipe):
    """A recipe for mixtures of `seconds` with `events` sounds of one class; of a clip at most `clip_seconds` are used.

    `snr_db` is the range of the events' level over the background that each covers.
    """

    protocol: Literal["long_form"]
    gains: Literal["frozen"]
    events: int
    clip_seconds: float

    def rules(self) -> tuple[Rule, ...]:
        """What must hold of the values beyond their types."""
        room = self.seconds >= self.events * (self.clip_seconds + GAP_SECONDS)
        return (
            *super().rules(),
            Rule("events", self.events > 0, "a positive number"),
            Rule("clip_seconds", self.clip_seconds > 0, "a positive number"),
            Rule("seconds", room, f"room for {self.events} clips {GAP_SECONDS} s apart"),
        )


@dataclass(frozen=True)
class Placed:
    """A clip with its audio, and the sample of the mixture at which it begins."""

    clip: Clip
    audio: Signal
    offset: int

    @property
    def window(self) -> slice:
        """The samples of the mixture that it covers."""
        return slice(self.offset, self.offset + len(self.audio))


def mixtures(recipe: LongFormRecipe, row: DrawnRow, pool: Pool) -> list[Mixture] | str:
    """The row's mixture, or why it cannot be made; the events are asked for together, by their label."""
    events = _events(recipe, row, pool)
    others = [clip for clip in row.noise_candidates if all(compatible(clip, event.clip) for event in events)]
    background = _background(recipe, others, pool)
    if len(events) < recipe.events or not background:
        return TOO_FEW_CLIPS
    heard = np.zeros(recipe.samples)
    background_gains = [_gain_db(BACKGROUND_RMS / _rms(part.audio)) for part in background]
    for part, gain in zip(background, background_gains, strict=True):
        heard[part.window] += part.audio * 10 ** (gain / 20)
    covered = [_rms(heard[event.window]) for event in events]
    if min(_rms(event.audio) for event in events) < SILENT_RMS or min(covered) == 0:
        return "a silent event, or one over no background"
    level = 10 ** ((row.snr_db or 0.0) / 20)
    event_gains = [_gain_db(level * rms / _rms(event.audio)) for rms, event in zip(covered, events, strict=True)]
    for event, gain in zip(events, event_gains, strict=True):
        heard[event.window] += event.audio * 10 ** (gain / 20)
    gains = [*event_gains, *background_gains]
    if max(map(abs, gains)) > MAX_GAIN_DB:
        return "gain"
    return [_row(recipe, row, [*events, *background], gains, heard)]


def _row(
    recipe: LongFormRecipe, row: DrawnRow, parts: Sequence[Placed], gains: Sequence[float], heard: Signal
) -> Mixture:
    query = Query("label", "extract", tuple(range(recipe.events)), text=label_text(row.target))
    open_gains = scene(recipe, row, [part.clip for part in parts], [query])
    placed = zip(open_gains.sources, parts, gains, strict=True)
    sources = tuple(_at(source, part, gain) for source, part, gain in placed)
    mixture = dataclasses.replace(open_gains, sources=sources, snr_mode="none", snr_db=None)
    return with_id(dataclasses.replace(mixture, common_gain=clip_gain(mixture, heard)))


def _at(source: Source, part: Placed, gain_db: float) -> Source:
    return dataclasses.replace(source, samples=len(part.audio), offset=part.offset, gain_db=gain_db)


def _events(recipe: LongFormRecipe, row: DrawnRow, pool: Pool) -> list[Placed]:
    """The target and other recordings of its class, each somewhere in its own stretch."""
    alike = [clip for clip in pool.clips if clip.labels == row.target.labels and clip.group != row.target.group]
    ordered = sorted(alike, key=lambda clip: by_hash(recipe, row.key, "event", clip.corpus, clip.id))
    stretch = recipe.samples / recipe.events
    places = row.rng.random(recipe.events)
    placed = []
    for index, clip in enumerate([row.target, *ordered][: recipe.events]):
        audio = _heard(recipe, pool, clip)
        room = stretch - GAP_SECONDS * recipe.sample_rate - len(audio)
        placed.append(Placed(clip, audio, int(index * stretch + places[index] * room)))
    return placed


def _background(recipe: LongFormRecipe, clips: Sequence[Clip], pool: Pool) -> list[Placed]:
    """Clips end to end until the mixture is full, or until what is left is too short for more than silence."""
    placed: list[Placed] = []
    filled = 0
    for clip, audio in _audible(recipe, clips, pool):
        part = audio[: recipe.samples - filled]
        if _rms(part) < SILENT_RMS:
            break
        placed.append(Placed(clip, part, filled))
        filled += len(part)
    return placed


def _audible(recipe: LongFormRecipe, clips: Sequence[Clip], pool: Pool) -> Iterator[tuple[Clip, Signal]]:
    """The clips that are not silent, over and over."""
    found = ((clip, _heard(recipe, pool, clip)) for clip in clips)
    return cycle((clip, audio) for clip, audio in found if _rms(audio) >= SILENT_RMS)


def _heard(recipe: LongFormRecipe, pool: Pool, clip: Clip) -> Signal:
    """The beginning of a clip at the recipe's rate."""
    recording = pool.corpora[clip.corpus].read(clip.id)
    whole = resample(recording.audio, recording.sample_rate, recipe.sample_rate)
    return whole[: round(recipe.clip_seconds * recipe.sample_rate)].astype(np.float64)


def _rms(signal: Signal) -> float:
    return float(np.sqrt(np.mean(signal**2))) if len(signal) else 0.0


def _gain_db(factor: float) -> float:
    return float(20 * np.log10(factor))
