"""LASS-Net (Liu et al., Interspeech 2022, arXiv 2203.15147): a text's vector shifts a U-Net that masks magnitudes.

Keys are the official ones; the published file holds them under ``model`` with the prefix ``module.``.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel  # type: ignore[import-not-found,unused-ignore]

from sepbench.networks.lassnet_unet import ConditionedUNet
from sepbench.networks.spectra import Framing, Spectra
from sepbench.networks.state_dict import load_weights

LASSNET_32K = Framing(sample_rate=32000, window=1024, hop=512)
WIDTHS = (32, 64, 128, 256, 384, 384)
UNUSED = frozenset({"text_embedder.bert_layer.embeddings.position_ids"})
"""Counts from 0 to 511 that files of older libraries hold."""


@dataclass(frozen=True)
class BertSize:
    """BERT's size; the default is bert-mini's, smaller ones make a small network."""

    vocabulary: int = 30522
    width: int = 256
    layers: int = 4
    heads: int = 4
    feed_forward: int = 1024


class TextEmbedder(nn.Module):
    """Tokens to a vector: BERT's at the first token, through a linear layer."""

    def __init__(self, size: BertSize) -> None:
        super().__init__()
        settings = BertConfig(
            vocab_size=size.vocabulary,
            hidden_size=size.width,
            num_hidden_layers=size.layers,
            num_attention_heads=size.heads,
            intermediate_size=size.feed_forward,
        )
        self.bert_layer = BertModel(settings, add_pooling_layer=False)
        self.linear_layer = nn.Sequential(nn.Linear(size.width, size.width), nn.ReLU())
        self.eval()  # BERT has dropout

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """``(texts, tokens)``, the first of each ``[CLS]``; mask 1 for tokens and 0 for padding -> ``(texts, width)``.

        Without a mask nothing is padding.
        """
        first = self.bert_layer(input_ids=tokens, attention_mask=mask).last_hidden_state[:, 0]
        vector: Tensor = self.linear_layer(first)
        return vector


class LassNet(nn.Module):
    """The separator and its text encoder, which one file holds together.

    Args:
        widths: channels after each of six encoder blocks.
        text: size of the text encoder.
    """

    def __init__(self, widths: Sequence[int] = WIDTHS, text: BertSize | None = None) -> None:
        super().__init__()
        text = text or BertSize()
        self.text_embedder = TextEmbedder(text)
        self.UNet = ConditionedUNet(widths, text.width)
        self.spectra = Spectra(LASSNET_32K)

    def forward(self, mixture: Tensor, condition: Tensor) -> Tensor:
        """Separate what the condition tells.

        Args:
            mixture: ``(batch, time)`` at 32 kHz, 513 samples or longer.
            condition: ``(batch, 256)`` from `text_embedder`.

        Returns:
            ``(batch, 512 * (time // 512))``: as far as the last frame's centre. At the mixture's level: the published
            program scales each file that it writes to a peak of 1, which is not done here.

        Raises:
            SepbenchError: the mixture is shorter than that.
        """
        spectrum = self.spectra(mixture)
        mask = torch.sigmoid(self.UNet(spectrum.abs().transpose(1, 2), condition)).transpose(1, 2)
        hop = LASSNET_32K.hop
        return self.spectra.inverse(spectrum * mask, mixture.shape[-1] // hop * hop)


def load_lassnet(network: LassNet, tensors: Mapping[str, Tensor]) -> None:
    """Fill a network from the tensors of a trained file, ``module.`` taken off.

    Raises:
        SepbenchError: keys are unknown, missing or of another shape.
    """
    load_weights(network, tensors, ignored=UNUSED)
