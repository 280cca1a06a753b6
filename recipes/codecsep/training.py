"""From a recipe file to finished weights of CodecSep."""

from __future__ import annotations

import torch

from recipes.codecsep.beginning import begin_masker, begin_text
from recipes.codecsep.codec_beginning import begin_codec
from recipes.codecsep.latent_stage import LatentMaskerStage
from recipes.codecsep.learner import Learner
from recipes.codecsep.settings import LatentMasking, Settings, WaveMasking
from recipes.codecsep.sound_tower import SoundTower
from recipes.codecsep.stages import CodecStage, WaveMaskerStage
from recipes.codecsep.text_stage import TextStage
from recipes.training.clips import training_side
from recipes.training.command import Order
from recipes.training.stages import Keeping, Stage, run_stages
from recipes.training.weights import export, start_from
from sepbench.networks.clap_text import EMBEDDING, ClapText, Tokenizer
from sepbench.networks.codecsep import TEXT_PREFIX, CodecSep
from sepbench.networks.roberta_tokens import byte_tokens, roberta_tokens
from sepbench.records import load_toml
from sepbench.weights import weights_folder

FINISHED = "codecsep.safetensors"


def train(order: Order) -> None:
    """Run what is left of a recipe; the finished weights are ``codecsep.safetensors``, which the adapter reads.

    Raises:
        SepbenchError: the recipe cannot be read, nothing can be learnt from, or the folder is another recipe's.
    """
    settings = load_toml(Settings, order.config)
    learner = prepared(settings, order.device)
    parts = {"": learner.separator, TEXT_PREFIX: learner.text, "sounds.": learner.sounds}
    keeping = Keeping(order.out, settings.log_every, settings.save_every, order.stop_after)
    if run_stages(stages(settings, learner), parts, keeping, seed=settings.seed):
        export({"": learner.separator, TEXT_PREFIX: learner.text}, order.out / FINISHED)
        print(f"finished: {order.out / FINISHED}")


def prepared(settings: Settings, device: str) -> Learner:
    """Clips read, networks drawn from the seed or taken from the file to start from."""
    torch.manual_seed(settings.seed)
    separator = CodecSep(settings.network, settings.masker_size)
    learner = Learner(
        side=training_side(
            settings.suite,
            sample_rate=settings.network.sample_rate,
            per_label=settings.per_label,
        ),
        drawing=settings.drawing,
        separator=separator,
        text=ClapText(settings.text_size),
        sounds=SoundTower(settings.text.sound_width if settings.text else 1, EMBEDDING),
        tokenizer=tokenizer(settings),
        device=device,
    )
    if settings.begin == "transform":
        begin_codec(separator.encoder, separator.decoder, settings.network)
        begin_masker(separator)
        begin_text(learner.text)
    below = {f"{name}.": part for name, part in separator.named_children()}
    start_from({**below, TEXT_PREFIX: learner.text}, settings.start)
    for network in (learner.separator, learner.text, learner.sounds):
        network.to(device)
    return learner


def tokenizer(settings: Settings) -> Tokenizer:
    """Bytes, or roberta-base's from the folder of weights."""
    if settings.tokens == "bytes":
        return byte_tokens()
    folder = weights_folder() / "roberta-base"
    return roberta_tokens(folder / "vocab.json", folder / "merges.txt")


def stages(settings: Settings, learner: Learner) -> list[Stage]:
    """Those that the recipe has, in their order."""
    found: list[Stage] = []
    if settings.text is not None:
        found.append(TextStage(learner, settings.text))
    if settings.codec is not None:
        found.append(CodecStage(learner, settings.codec))
    if isinstance(settings.masker, LatentMasking):
        found.append(LatentMaskerStage(learner, settings.masker))
    if isinstance(settings.masker, WaveMasking):
        found.append(WaveMaskerStage(learner, settings.masker))
    return found
