"""What a recipe file of HSM-TSS says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from recipes.training.mixtures import Drawing
from recipes.training.schedule import Schedule
from recipes.training.weights import Start
from sepbench.manifest import STRICT
from sepbench.networks.hsm_tss_size import HsmTssSize

Distance = Literal["l1", "l2"]
"""Mean absolute or mean square; of a sound that may be there or not, the one tells the likelier, the other the mean."""


@dataclass(frozen=True)
class CodecLearning:
    """Code books of a spectral codec.

    Attributes:
        words: of a book's 1024 that are used: fewer are told sooner.
    """

    schedule: Schedule
    words: int


@dataclass(frozen=True)
class Learning:
    """A stage that its schedule alone describes."""

    schedule: Schedule


@dataclass(frozen=True)
class LocalLearning:
    """The second transformer.

    Attributes:
        distance: of local features; the paper's is L1.
    """

    schedule: Schedule
    distance: Distance = "l1"


@dataclass(frozen=True)
class JointLearning:
    """Both transformers together.

    Attributes:
        distance: of local features.
        true_share: how often the second one still hears the true global feature.
        global_weight, local_weight: of the two losses.
    """

    schedule: Schedule
    distance: Distance = "l1"
    true_share: float = 0.1
    global_weight: float = 0.1
    local_weight: float = 1.0


@dataclass(frozen=True)
class CodeLearning:
    """The decoder of codes.

    Attributes:
        predicted_share: how often it hears what the stages before it make of a mixture, rather than true features.
        noise_share: how many of the words before a step are random ones: a small decoder that hears true ones tells the
            next step from the last and not from the features, and alone it goes astray.
        every: only each so many-th step, from one drawn, counts in the loss: logits of 1024 words are most of the cost.
    """

    schedule: Schedule
    predicted_share: float
    noise_share: float
    every: int


@dataclass(frozen=True)
class Settings:
    """A whole recipe.

    Attributes:
        suite: whose training side is learnt from.
        per_label: at most so many clips of a label.
        remove_share: how often a query removes.
        start: files of others' weights for parts of a checkpoint.
        tokens: ``bytes``, or FLAN-T5's from the folder of weights.
        text_moves: whether the text encoder learns with Q-Audio; the paper's is FLAN-T5, frozen.
        codec and the others: the stages, in this order; one that is left out is not run.
        log_every, save_every: steps.
    """

    __pydantic_config__: ClassVar = STRICT

    suite: str
    seed: int
    per_label: int
    size: HsmTssSize
    drawing: Drawing
    remove_share: float
    log_every: int
    save_every: int
    text_moves: bool
    start: tuple[Start, ...] = ()
    tokens: Literal["bytes", "flan-t5"] = "bytes"
    codec: CodecLearning | None = None
    audiomae: Learning | None = None
    qaudio: Learning | None = None
    global_stage: Learning | None = None
    local_stage: LocalLearning | None = None
    joint: JointLearning | None = None
    codes: CodeLearning | None = None
