"""HSM-TSS (Yin et al., arXiv 2505.21025): a sound is made anew from what a text leaves of a mixture's features.

Three stages: the mixture's one global feature becomes the wanted sound's; that and the text turn the mixture's local
features into the wanted sound's; an autoregressive decoder makes codec tokens of these, and the codec a waveform. The
authors released neither program nor weights: this is written from the paper, and what that leaves open is a field of a
size (`sepbench.networks.hsm_tss_size`).
The paper's codec, TF-Codec, is not public; DAC stands in, as the paper allows: 12 books of 10 bits at 50 frames a
second are its 6 kbit/s. A small one takes `sepbench.networks.spectral_codec`.

**A checkpoint** is one safetensors file that holds ``HsmTss(size).state_dict()`` as `checkpoint_tensors` gives it, by
part: ``audiomae.``, ``text.``, ``qaudio.``, ``global_stage.``, ``local_stage.``, ``code_stage.``, ``codec.``.
``codec.`` is what `Codes` keeps of a `sepbench.networks.dac.Dac`: all but its encoder. A file without ``text.`` leaves
FLAN-T5 to google's own file. `AudioMaeDecoder`, `QAudioHeads` and Dac's encoder are for training alone and not in it.
The size is not in the file: the adapter's settings hold it, and weights of another size are refused.
Numbers may be float16 there; networks stay float32.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from sepbench.manifest import QueryMode
from sepbench.networks.audiomae import AudioMae
from sepbench.networks.dac import CodecSize, Decoder
from sepbench.networks.dac_quantiser import ResidualQuantiser, Stage
from sepbench.networks.flowsep_text import T5Text, Tokens
from sepbench.networks.flowsep_transformer import Text
from sepbench.networks.hsm_tss_choices import Choose
from sepbench.networks.hsm_tss_codes import CodeDecoder
from sepbench.networks.hsm_tss_size import HsmTssSize
from sepbench.networks.hsm_tss_stages import Condition, GlobalStage, LocalStage
from sepbench.networks.qaudio import QAudio
from sepbench.networks.spectral_codec import LevelDecoder, SpectralCodecSize
from sepbench.networks.state_dict import load_weights

TEXT_PREFIX = "text.model."
TIED, TABLE = "encoder.embed_tokens.weight", "shared.weight"
"""T5's embeddings go by two names."""

POSITIONS = ".positions.pe"
"""Tables that the size determines."""


@dataclass(frozen=True)
class Words:
    """Texts as numbers of tokens ``(texts, tokens)``; `mask` is True for tokens and False for padding."""

    tokens: Tensor
    mask: Tensor


class Codes(nn.Module):
    """What of the codec makes a waveform: keys are `sepbench.networks.dac.Dac`'s without its encoder."""

    def __init__(self, size: CodecSize | SpectralCodecSize) -> None:
        super().__init__()
        self.quantizer = ResidualQuantiser(size.channels, size.stages)
        self.decoder = Decoder(size) if isinstance(size, CodecSize) else LevelDecoder(size)

    def tables(self) -> Tensor:
        """The words of all books, ``(books, 1024, 8)``."""
        return torch.stack([cast("Stage", one).codebook.weight for one in self.quantizer.quantizers])

    def forward(self, codes: Tensor) -> Tensor:
        """``(batch, books, steps)`` -> ``(batch, time)``."""
        waveform: Tensor = self.decoder(self.quantizer.from_codes(codes))
        return waveform[:, 0]


class HsmTss(nn.Module):
    """The separator, all parts of it."""

    def __init__(self, size: HsmTssSize | None = None) -> None:
        super().__init__()
        self.size = size = size or HsmTssSize()
        self.audiomae = AudioMae(size.audiomae)
        self.text = T5Text(size.text)
        self.qaudio = QAudio(size.qaudio, patches=size.audiomae.width, text=size.text.width)
        self.global_stage = GlobalStage(size)
        self.local_stage = LocalStage(size)
        self.code_stage = CodeDecoder(size.code_stage, size.grid)
        self.codec = Codes(size.codec)

    def features(self, waveform: Tensor) -> Tensor:
        """Local features: ``(batch, time)``, 10.24 s at most -> ``(batch, patches, width)``.

        Raises:
            SepbenchError: the audio is longer.
        """
        found: Tensor = self.audiomae(self.audiomae.spectrogram(waveform))
        return found

    def embedded(self, words: Words) -> Text:
        """T5's embeddings of tokens, which no layer has passed."""
        return Text(self.text.model.shared(words.tokens), words.mask)

    def condition(self, captions: Words, tasks: Words) -> Condition:
        """What queries say, a caption and a task word each."""
        read = self.text(captions.tokens, captions.mask)
        return Condition(self.qaudio.caption(read).tokens, self.embedded(tasks))

    def separated(self, features: Tensor, condition: Condition) -> Tensor:
        """The first two stages: local features of a mixture to those of the wanted sound, shape kept."""
        wanted = self.global_stage(self.qaudio.audio(features), condition)
        local: Tensor = self.local_stage(features, wanted, condition)
        return local

    def forward(self, mixture: Tensor, condition: Condition, choose: Choose) -> Tensor:
        """Make what the condition tells.

        Args:
            mixture: ``(batch, time)``, 10.24 s at most.
            condition: of the same batch.
            choose: a word out of its logits.

        Returns:
            ``(batch, time)`` within full scale. Codecs with an odd stride may fall a few samples short of their
            frames; these are zeros.

        Raises:
            SepbenchError: the mixture is longer.
        """
        samples = mixture.shape[-1]
        local = self.separated(self.features(mixture), condition)
        codes = self.code_stage.generate(local, -(-samples // self.size.codec.hop), choose)
        waveform: Tensor = self.codec(codes)[..., :samples]
        return nn.functional.pad(waveform, (0, samples - waveform.shape[-1]))


def words_of(texts: Sequence[str], tokens: Tokens) -> Words:
    """Texts as tokens, padded to the longest.

    >>> from sepbench.networks.flowsep_text import byte_tokens
    >>> words_of(["ah", "a"], byte_tokens).mask
    tensor([[ True,  True,  True],
            [ True,  True, False]])
    """
    numbers = [torch.tensor(tokens(text)) for text in texts]
    mask = [torch.ones_like(each, dtype=torch.bool) for each in numbers]
    return Words(nn.utils.rnn.pad_sequence(numbers, True), nn.utils.rnn.pad_sequence(mask, True))


def task_words(modes: Sequence[QueryMode], tokens: Tokens) -> Words:
    """The task words of queries, without the end that follows a text.

    They are the modes' names, as in the paper's templates ``Extract: C`` and ``Remove: C``.
    """
    return words_of(modes, lambda text: tokens(text)[:-1])


def checkpoint_tensors(network: HsmTss) -> dict[str, Tensor]:
    """What a checkpoint holds: every tensor once, and none that the size determines."""
    derived = _derived(network.state_dict())
    return {key: tensor for key, tensor in network.state_dict().items() if key not in derived}


def load_hsm_tss(network: HsmTss, tensors: Mapping[str, Tensor], flan_t5: Mapping[str, Tensor] | None = None) -> None:
    """Fill the separator.

    Args:
        network: what to fill.
        tensors: of a checkpoint.
        flan_t5: of google's file, for a checkpoint without ``text.``; its decoder is not read.

    Raises:
        SepbenchError: keys are unknown, missing or of another shape.
    """
    read = {key: value for key, value in (flan_t5 or {}).items() if key == TABLE or key.startswith("encoder.")}
    whole = {**tensors, **{TEXT_PREFIX + key: value for key, value in read.items()}}
    derived = _derived(network.state_dict())
    if TEXT_PREFIX + TABLE in whole:
        derived[TEXT_PREFIX + TIED] = whole[TEXT_PREFIX + TABLE]
    load_weights(network, {**whole, **derived})


def _derived(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key: value for key, value in tensors.items() if key == TEXT_PREFIX + TIED or key.endswith(POSITIONS)}
