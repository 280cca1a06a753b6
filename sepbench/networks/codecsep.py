"""CodecSep (arXiv 2509.11717): a codec's latent, masked for what a text tells, and decoded.

The text's embedding comes from the CLAP text tower in CodecSep's own file (see `split_weights` and `embed_prompts`). No
public CLAP stands in for it: the file's tower need not be any released one.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sepbench.errors import SepbenchError
from sepbench.networks.clap_text import UNUSED, ClapText, Tokenizer, embed_texts
from sepbench.networks.codecsep_masker import Masker, shifts
from sepbench.networks.dac import SDCODEC_16K, CodecSize, Decoder, Encoder
from sepbench.networks.latent_masker import MaskerSize
from sepbench.networks.state_dict import load_weights, without_prefix
from sepbench.networks.weight_norm import baked

CODECSEP_MASKER = MaskerSize()
CONDITION = 512
PROMPT_TOKENS = 77
TEXT_PREFIX = "text_encoder.model."
UNUSED_PARTS = ("audio_branch.", "audio_projection.", "audio_transform.", "text_transform.", "logit_scale_")
"""Parts of the file's CLAP that no prompt passes through."""

ALIAS, LAYERS = "transformer_encoder.", "separator.block."
"""The file holds the transformer twice."""


class CodecSep(nn.Module):
    """The separator without its text tower.

    Args:
        codec: its size; a smaller `encoder_width` makes a small network.
        masker: its size; as many channels as the codec's latent.
        condition: length of the text embedding.
    """

    def __init__(
        self,
        codec: CodecSize = SDCODEC_16K,
        masker: MaskerSize = CODECSEP_MASKER,
        *,
        condition: int = CONDITION,
    ) -> None:
        super().__init__()
        self.encoder = Encoder(codec)
        self.decoder = Decoder(codec)
        self.separator = Masker(masker)
        self.film = shifts(masker, condition)

    def mask(self, latent: Tensor, condition: Tensor) -> Tensor:
        """``(batch, 1024, frames)`` and ``(batch, 512)`` of unit length -> ``(batch, 1024, frames)``, of any size.

        Raises:
            SepbenchError: more than 2500 frames, which are 50 s.
        """
        mask: Tensor = self.separator(latent, self.film, condition)
        return mask

    def forward(self, mixture: Tensor, condition: Tensor) -> Tensor:
        """Separate what the condition tells.

        Args:
            mixture: ``(batch, 1, time)`` at 16 kHz, at most 50 s.
            condition: ``(batch, 512)``, the text's embedding of unit length.

        Returns:
            ``(batch, 1, time)`` within full scale.

        Raises:
            SepbenchError: the mixture is longer than that.
        """
        latent = self.encoder(mixture)
        estimate: Tensor = self.decoder(latent * self.mask(latent, condition))
        return estimate[..., : mixture.shape[-1]]


@dataclass(frozen=True)
class CodecSepWeights:
    """The official file's tensors: `separator` for `CodecSep`, `text` for `sepbench.networks.clap_text.ClapText`."""

    separator: Mapping[str, Tensor]
    text: Mapping[str, Tensor]


def split_weights(tensors: Mapping[str, Tensor]) -> CodecSepWeights:
    """Both halves of the official file, the unused parts of its CLAP left out.

    Raises:
        SepbenchError: it has no CLAP.

    >>> clap = ("text_projection.0.bias", "audio_projection.0.bias", "logit_scale_a")
    >>> parts = split_weights({name: torch.zeros(1) for name in ("film.beta1.bias", *(TEXT_PREFIX + n for n in clap))})
    >>> list(parts.separator), list(parts.text)
    (['film.beta1.bias'], ['text_projection.0.bias'])
    """
    clap = without_prefix(tensors, TEXT_PREFIX)
    return CodecSepWeights(
        separator={key: value for key, value in tensors.items() if not key.startswith(TEXT_PREFIX)},
        text={key: value for key, value in clap.items() if key not in UNUSED and not key.startswith(UNUSED_PARTS)},
    )


def embed_prompts(network: ClapText, prompts: Sequence[str], tokenizer: Tokenizer) -> Tensor:
    """Embeddings ``(prompts, 512)`` of unit length, as in training: in lower case, cut after 77 tokens."""
    return embed_texts(network, [prompt.lower() for prompt in prompts], tokenizer, max_tokens=PROMPT_TOKENS)


def load_codecsep(network: CodecSep, tensors: Mapping[str, Tensor]) -> None:
    """Fill the separator.

    Raises:
        SepbenchError: keys are unknown, missing or of another shape, or the two copies of the transformer differ.
    """
    load_weights(network, baked(_without_copies(tensors)))


def _without_copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """All but the second copy of the transformer, or what of it has no like in the first."""
    rest = dict(tensors)
    for copy in [key for key in tensors if key.startswith(ALIAS)]:
        original = LAYERS + copy.removeprefix(ALIAS)
        if original not in tensors:
            continue
        if not torch.equal(tensors[copy], tensors[original]):
            raise SepbenchError(
                "two copies of CodecSep's transformer that differ",
                given=f"{copy} is not {original}",
                wanted="the same numbers in both",
                remedy="write the file anew from one trained model",
            )
        del rest[copy]
    return rest
