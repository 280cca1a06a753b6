"""A narrow Cnn14 of one's own: which classes of the training side sound in a mixture.

It bears the official names, so that ``panns:own`` reads it: KL divergences over its tags are the column
``kl_softmax@own``, whose signature holds the file's hash. They are no KL of any paper, nor the other way round.
The 527 outputs stay; the training side's classes are the first of them, in alphabetic order, the rest are never on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from recipes.tagger.settings import Settings
from recipes.training.clips import TrainingClip, training_side
from recipes.training.command import Order
from recipes.training.mixtures import Drawing, draw_mixtures, generator
from recipes.training.schedule import Schedule
from recipes.training.stages import Keeping, run_stages
from recipes.training.weights import export
from sepbench.errors import SepbenchError
from sepbench.networks.cnn14 import CLASSES, Cnn14
from sepbench.networks.cnn14_trunk import PANNS_16K, ConvBlock
from sepbench.networks.norms import stored_norm
from sepbench.records import load_toml

FINISHED = "tagger.safetensors"
MEASURED_MIXTURES = 30


@dataclass(frozen=True)
class TagStage:
    """Which classes sound, in equal shares of a softmax: the column takes that of tags, PANNs' training does not."""

    side: tuple[TrainingClip, ...]
    classes: tuple[str, ...]
    drawing: Drawing
    schedule: Schedule
    network: Cnn14
    device: str

    name = "tagger"

    def learning(self) -> Sequence[nn.Module]:
        """The network."""
        return (self.network,)

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Cross-entropy, meaned over mixtures."""
        drawn = draw_mixtures(self.side, self.drawing, self.schedule.batch, rng)
        waveforms = torch.from_numpy(np.stack([one.rendered.mixture for one in drawn])).to(self.device)
        true = torch.zeros(len(drawn), CLASSES, device=self.device)
        for row, one in zip(true, drawn, strict=True):
            row[[self.classes.index(label) for clip in one.clips for label in clip.clip.labels]] = 1
        shares = true / true.sum(dim=1, keepdim=True)
        return nn.functional.cross_entropy(self.network(waveforms).logits, shares)


def train(order: Order) -> None:
    """Run what is left of a recipe; the finished weights are ``tagger.safetensors``.

    Raises:
        SepbenchError: the recipe cannot be read, nothing can be learnt from, or the folder is another recipe's.
    """
    settings = load_toml(Settings, order.config)
    stage = prepared(settings, order.device)
    keeping = Keeping(order.out, settings.log_every, settings.save_every, order.stop_after)
    if run_stages([stage], {"": stage.network}, keeping, seed=settings.seed):
        export({"": stage.network}, order.out / FINISHED)
        print(f"finished: {order.out / FINISHED}")


def prepared(settings: Settings, device: str) -> TagStage:
    """Clips read, the network drawn from the seed, its norms set to what they meet.

    Raises:
        SepbenchError: more classes than outputs.
    """
    torch.manual_seed(settings.seed)
    network = Cnn14(PANNS_16K, widths=settings.widths)
    nn.init.zeros_(network.fc_audioset.weight)
    side = training_side(settings.suite, sample_rate=PANNS_16K.framing.sample_rate, per_label=settings.per_label)
    classes = tuple(sorted({label for one in side for label in one.clip.labels}))
    if len(classes) > CLASSES:
        raise SepbenchError("more classes than the tagger has", given=str(len(classes)), wanted=f"{CLASSES} or fewer")
    measured = draw_mixtures(side, settings.drawing, MEASURED_MIXTURES, generator(settings.seed, "norms"))
    begin_norms(network, torch.from_numpy(np.stack([one.rendered.mixture for one in measured])))
    return TagStage(side, classes, settings.drawing, settings.schedule, network.to(device), device)


def begin_norms(network: Cnn14, waveforms: Tensor) -> None:
    """Set every norm to mean and variance of what reaches it, one after the other: here they never measure again.

    Args:
        waveforms: ``(batch, time)`` of usual audio.
    """
    with torch.no_grad():
        x = network.logmel(waveforms).transpose(1, 2)[..., None]
        x = _measured(network.bn0, x).permute(0, 3, 2, 1)
        for number in range(1, network.blocks + 1):
            block: ConvBlock = getattr(network, f"conv_block{number}")
            for norm, convolution in ((block.bn1, block.conv1), (block.bn2, block.conv2)):
                x = nn.functional.relu_(_measured(norm, convolution(x)))
            x = nn.functional.avg_pool2d(x, 2) if number < network.blocks else x


def _measured(norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    """``(batch, channels, ...)`` through a norm that takes its numbers from there."""
    norm.running_mean, norm.running_var = x.mean((0, 2, 3)), x.var((0, 2, 3))
    return stored_norm(norm, x)
