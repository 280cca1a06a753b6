"""What a recipe file of CodecSep says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from recipes.codecsep.losses import WaveWeights
from recipes.training.mixtures import Drawing
from recipes.training.schedule import Schedule
from recipes.training.weights import Start
from sepbench.manifest import STRICT
from sepbench.networks.clap_text import TextSize
from sepbench.networks.dac import CodecSize
from sepbench.networks.latent_masker import MaskerSize

Half = Literal["encoder", "decoder"]
Part = Half | Literal["masker"]


@dataclass(frozen=True)
class TextLearning:
    """A text tower of one's own: texts and sounds of a class are brought together, as CLAP was trained."""

    schedule: Schedule
    temperature: float
    sound_width: int


@dataclass(frozen=True)
class CodecLearning:
    """Sounds through encoder and decoder, without code books: CodecSep masks continuous latents.

    Attributes:
        moves: the half or halves that learn.
    """

    schedule: Schedule
    weights: WaveWeights
    moves: tuple[Half, ...]


@dataclass(frozen=True)
class LatentMasking:
    """Mixtures and texts to sources, heard before the decoder: the codec is frozen, and latents of clips are mixed.

    A codec whose encoder is an orthonormal transform keeps distances and sums, so that a latent's ratio of signal to
    error is the waveform's, for a sixth of a step's cost.

    Attributes:
        absent_share: how often a mixture is also asked for a sound that is not there.
    """

    heard: Literal["latents"]
    schedule: Schedule
    weights: WaveWeights
    absent_share: float


@dataclass(frozen=True)
class WaveMasking:
    """Mixtures and texts to sources, decoded.

    Attributes:
        moves: parts whose weights move; the paper's codec is frozen.
        mix_weight: how much the sum of all masked latents, decoded, counts as an estimate of the mixture.
        absent_share: how often a mixture is also asked for a sound that is not there.
    """

    heard: Literal["waveforms"]
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
        start: files of others' weights for any of the parts, by the names of the official file.
        tokens: ``bytes``, or roberta-base's from the folder of weights.
        begin: ``drawn`` at random, or as in `recipes.codecsep.beginning`.
        text, codec, masker: the stages, in this order; one that is left out is not run.
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
    start: tuple[Start, ...] = ()
    tokens: Literal["bytes", "roberta-base"] = "bytes"
    begin: Literal["drawn", "transform"] = "drawn"
    text: TextLearning | None = None
    codec: CodecLearning | None = None
    masker: Annotated[LatentMasking | WaveMasking, Field(discriminator="heard")] | None = None
