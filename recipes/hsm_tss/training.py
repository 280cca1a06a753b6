"""From a recipe file to finished weights of HSM-TSS."""

from __future__ import annotations

import torch
from torch import nn

from recipes.hsm_tss.books import begin_books
from recipes.hsm_tss.code_stages import CodecStage, CodeStage
from recipes.hsm_tss.feature_stages import AudioMaeStage, QAudioStage
from recipes.hsm_tss.learner import Learner
from recipes.hsm_tss.separation_stages import GlobalStage, JointStage, LocalStage
from recipes.hsm_tss.settings import Settings
from recipes.training.clips import training_side
from recipes.training.command import Order
from recipes.training.stages import Keeping, Stage, run_stages
from recipes.training.weights import start_from, write_tensors
from sepbench.errors import SepbenchError
from sepbench.networks.audiomae import AudioMaeDecoder
from sepbench.networks.dac import CodecSize, Encoder
from sepbench.networks.flowsep_text import Tokens, byte_tokens, official_tokens
from sepbench.networks.hsm_tss import HsmTss, checkpoint_tensors
from sepbench.networks.qaudio import QAudioHeads
from sepbench.networks.spectral_codec import LevelEncoder, SpectralCodecSize
from sepbench.records import load_toml
from sepbench.weights import weights_folder

FINISHED = "hsm_tss.safetensors"


def train(order: Order) -> None:
    """Run what is left of a recipe; the finished weights are ``hsm_tss.safetensors``, which the adapter reads.

    Raises:
        SepbenchError: the recipe cannot be read, nothing can be learnt from, or the folder is another recipe's.
    """
    settings = load_toml(Settings, order.config)
    learner = prepared(settings, order.device)
    keeping = Keeping(order.out, settings.log_every, settings.save_every, order.stop_after)
    if run_stages(stages(settings, learner), parts(learner), keeping, seed=settings.seed):
        write_tensors(checkpoint_tensors(learner.network), order.out / FINISHED)
        print(f"finished: {order.out / FINISHED}")


def prepared(settings: Settings, device: str) -> Learner:
    """Clips read, networks drawn from the seed or taken from the checkpoint to start from."""
    torch.manual_seed(settings.seed)
    size = settings.size
    learner = Learner(
        side=training_side(settings.suite, sample_rate=size.codec.sample_rate, per_label=settings.per_label),
        drawing=settings.drawing,
        remove_share=settings.remove_share,
        network=HsmTss(size),
        decoder=AudioMaeDecoder(size.audiomae),
        heads=QAudioHeads(size.qaudio, text=size.text.width),
        encoder=Encoder(size.codec) if isinstance(size.codec, CodecSize) else LevelEncoder(size.codec),
        tokens=tokens(settings),
        device=device,
    )
    if settings.codec is not None:
        if not isinstance(size.codec, SpectralCodecSize):
            raise SepbenchError(
                "a stage for a codec that has to come trained",
                given="the stage codec, and a codec of waveforms",
                wanted="a spectral codec",
                remedy="leave the stage out and name a codec's file under start",
            )
        begin_books(learner.network.codec.quantizer, size.codec, settings.codec.words)
    below = {f"{name}.": part for name, part in learner.network.named_children()}
    start_from({**below, "dac_encoder.": learner.encoder}, settings.start)
    for part in parts(learner).values():
        part.to(device)
    return learner


def parts(learner: Learner) -> dict[str, nn.Module]:
    """Everything that has weights, by the names that the state has for them."""
    return {
        "network": learner.network,
        "decoder": learner.decoder,
        "heads": learner.heads,
        "encoder": learner.encoder,
    }


def tokens(settings: Settings) -> Tokens:
    """Bytes, or FLAN-T5's from the folder of weights."""
    if settings.tokens == "bytes":
        return byte_tokens
    return official_tokens(weights_folder() / "flan-t5-base" / "tokenizer.json")


def stages(settings: Settings, learner: Learner) -> list[Stage]:
    """Those that the recipe has, in their order."""
    found: list[Stage] = []
    if settings.codec is not None:
        found.append(CodecStage(learner, settings.codec))
    if settings.audiomae is not None:
        found.append(AudioMaeStage(learner, settings.audiomae))
    if settings.qaudio is not None:
        found.append(QAudioStage(learner, settings.qaudio, settings.text_moves))
    if settings.global_stage is not None:
        found.append(GlobalStage(learner, settings.global_stage))
    if settings.local_stage is not None:
        found.append(LocalStage(learner, settings.local_stage))
    if settings.joint is not None:
        found.append(JointStage(learner, settings.joint))
    if settings.codes is not None:
        found.append(CodeStage(learner, settings.codes))
    return found
