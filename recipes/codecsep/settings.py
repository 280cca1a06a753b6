"""What a recipe file of CodecSep says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from recipes.training.losses import WaveWeights
from recipes.training.mixtures import Drawing
from recipes.training.schedule import Schedule
from sepbench.manifest import STRICT
from sepbench.networks.clap_text import TextSize
from sepbench.networks.dac import CodecSize
from sepbench.networks.latent_masker import MaskerSize

Part = Literal["codec", "masker"]


@dataclass(frozen=True)
class TextLearning:
    """A text tower of one's own: texts and sounds of a class are brought together, as CLAP was trained."""

    schedule: Schedule
    temperature: float
    sound_width: int


@dataclass(frozen=True)
class CodecLearning:
    """Sounds through encoder and decoder, without code books: CodecSep masks continuous latents."""

    schedule: Schedule
    weights: WaveWeights


@dataclass(frozen=True)
class LatentLearning:
    """Latents of mixtures and texts to latents of sources, with no decoder in the way; the paper has no such stage.

    A codec that begins as an orthonormal transform keeps distances and sums, so that a latent's ratio of signal to
    error is nearly the waveform's, and latents of clips can be kept and mixed: at a tenth of a step's cost.
    """

    schedule: Schedule
    weights: WaveWeights
    absent_share: float


@dataclass(frozen=True)
class MaskerLearning:
    """Mixtures and texts to sources.

    Attributes:
        moves: parts whose weights move; the paper's codec is frozen.
        mix_weight: how much the sum of all masked latents, decoded, counts as an estimate of the mixture.
        absent_share: how often a mixture is also asked for a sound that is not there.
    """

    schedule: Schedule
    weights: WaveWeights
    moves: tuple[Part, ...]
    mix_weight: float
    absent_share: float


@dataclass(frozen=True)
class Settings:
    """A whole recipe.

    Attributes:
        suite: whose training side is learnt from.
        per_label: at most so many clips of a label.
        start: files below the folder of weights to start from: any of the parts, by the names of the official file.
        tokens: ``bytes``, or roberta-base's from the folder of weights.
        begin: ``drawn`` at random, or as in `recipes.codecsep.beginning`.
        text, codec, latent, masker: the stages, in this order; one that is left out is not run.
        log_every, save_every: steps.
    """

    __pydantic_config__: ClassVar = STRICT

    suite: str
    seed: int
    per_label: int
    network: CodecSize
    masker_size: MaskerSize
    text_size: TextSize
    drawing: Drawing
    log_every: int
    save_every: int
    start: tuple[str, ...] = ()
    tokens: Literal["bytes", "roberta-base"] = "bytes"
    begin: Literal["drawn", "transform"] = "drawn"
    text: TextLearning | None = None
    codec: CodecLearning | None = None
    latent: LatentLearning | None = None
    masker: MaskerLearning | None = None
