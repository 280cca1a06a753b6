"""The masked autoencoder of HSM-TSS (arXiv 2505.21025, after MW-MAE, arXiv 2306.00561): local features of audio.

A log-mel spectrogram is cut into square patches; a transformer encodes those that are shown, a smaller one guesses the
others. Separation reads the encoder alone, with every patch shown: 64 columns of 8 patches for 10.24 s.
Patches are numbered column by column, from the lowest band up.
"""

# mypy: allow-subclassing-any

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sepbench.errors import SepbenchError
from sepbench.networks.hsm_tss_layers import Transformer, TransformerSize, grid_positions, token
from sepbench.networks.logmel import LogMel, MelRange
from sepbench.networks.spectra import Framing


@dataclass(frozen=True)
class AudioMaeSize:
    """Size of the autoencoder. The paper states 16 kHz, 512 patches for 10 s, and the decoder.

    Attributes:
        frames, bands, patch: 1024 frames of 10 ms and 128 bands in patches of 16 give the 512 that the paper draws,
            as in AudioMAE (arXiv 2207.06405).
        window, hop: of the spectrogram, in samples: 64 ms, so that the lowest filters are not empty, and 10 ms.
        low_hz, high_hz: of its filters.
        floor_db: fainter levels are this one; what LogMel gives for silence, so that by default nothing is cut.
        mean_db, deviation_db: what its decibels are standardised with; full scale is about 30, silence -100.
        width: of the encoder; the paper's second transformer has this width.
        layers, heads, feed_forward: of the encoder: ViT-B, the default of MW-MAE.
        decoder_width, decoder_layers, decoder_heads, decoder_feed_forward: the paper's; four times as wide inside.
        windows: for each head of the decoder, how many patches in a row attend to each other; 0 is all of them.
            MW-MAE takes factors of the number of patches and two heads without a window.
        hidden_share: of the patches, in training; AudioMAE's and MW-MAE's.
    """

    sample_rate: int = 16000
    frames: int = 1024
    bands: int = 128
    patch: int = 16
    window: int = 1024
    hop: int = 160
    low_hz: float = 50.0
    high_hz: float = 8000.0
    floor_db: float = -100.0
    mean_db: float = -40.0
    deviation_db: float = 30.0
    width: int = 768
    layers: int = 12
    heads: int = 12
    feed_forward: int = 3072
    decoder_width: int = 384
    decoder_layers: int = 4
    decoder_heads: int = 8
    decoder_feed_forward: int = 1536
    windows: tuple[int, ...] = (4, 8, 16, 32, 64, 128, 0, 0)
    hidden_share: float = 0.8

    @property
    def columns(self) -> int:
        """Patches in a row of time."""
        return self.frames // self.patch

    @property
    def rows(self) -> int:
        """Patches above each other."""
        return self.bands // self.patch

    @property
    def patches(self) -> int:
        """Of one window of audio.

        >>> AudioMaeSize().patches
        512
        """
        return self.columns * self.rows

    @property
    def samples(self) -> int:
        """Of one window of audio: 163840, which are 10.24 s."""
        return self.frames * self.hop

    @property
    def encoder(self) -> TransformerSize:
        """Of the encoder's layers."""
        return TransformerSize(self.width, self.layers, self.heads, self.feed_forward)

    @property
    def decoder(self) -> TransformerSize:
        """Of the decoder's layers."""
        return TransformerSize(self.decoder_width, self.decoder_layers, self.decoder_heads, self.decoder_feed_forward)


class AudioMae(nn.Module):
    """The spectrogram and the encoder."""

    positions: Tensor

    def __init__(self, size: AudioMaeSize) -> None:
        super().__init__()
        self.size = size
        framing = Framing(size.sample_rate, size.window, size.hop)
        self.logmel = LogMel(framing, MelRange(size.bands, size.low_hz, size.high_hz))
        self.embedding = nn.Linear(size.patch**2, size.width)
        positions = grid_positions(size.columns, size.rows, size.width)
        self.register_buffer("positions", positions, persistent=False)
        self.encoder = Transformer(size.encoder)

    def spectrogram(self, waveform: Tensor) -> Tensor:
        """``(batch, time)``, 10.24 s at most -> standardised decibels ``(batch, frames, bands)``, silence at the end.

        Raises:
            SepbenchError: the audio is longer.
        """
        samples = waveform.shape[-1]
        if samples > self.size.samples:
            raise SepbenchError(
                "audio too long for the autoencoder",
                given=f"{samples} samples",
                wanted=f"{self.size.samples} or fewer",
                remedy="cut longer audio into windows",
            )
        decibels = self.logmel(nn.functional.pad(waveform, (0, self.size.samples - samples)))
        audible = decibels[:, : self.size.frames].clamp_min(self.size.floor_db)
        standardised: Tensor = (audible - self.size.mean_db) / self.size.deviation_db
        return standardised

    def forward(self, spectrogram: Tensor) -> Tensor:
        """``(batch, frames, bands)`` -> features of all patches, ``(batch, patches, width)``."""
        features: Tensor = self.encoder(self._embedded(spectrogram))
        return features

    def shown(self, spectrogram: Tensor, places: Tensor) -> Tensor:
        """Features of the patches at `places` ``(batch, shown)`` alone, which hear nothing of the others."""
        features: Tensor = self.encoder(taken(self._embedded(spectrogram), places))
        return features

    def _embedded(self, spectrogram: Tensor) -> Tensor:
        embedded: Tensor = self.embedding(patches_of(spectrogram, self.size.patch)) + self.positions
        return embedded


@dataclass(frozen=True)
class Reconstruction:
    """What was guessed: `guessed` and `true` ``(batch, patches, patch * patch)``, `hidden` ``(batch, patches)``."""

    guessed: Tensor
    true: Tensor
    hidden: Tensor

    def error(self) -> Tensor:
        """Mean square over the hidden patches; what was shown does not count."""
        return (self.guessed - self.true).square().mean(dim=-1)[self.hidden].mean()


class AudioMaeDecoder(nn.Module):
    """Guesses hidden patches; only the autoencoder's own training needs it. Each head hears windows of its own size."""

    positions: Tensor
    heard: Tensor

    def __init__(self, size: AudioMaeSize) -> None:
        super().__init__()
        self.size = size
        self.narrowing = nn.Linear(size.width, size.decoder_width)
        self.unknown = token(size.decoder_width)
        self.decoder = Transformer(size.decoder)
        self.patch = nn.Linear(size.decoder_width, size.patch**2)
        positions = grid_positions(size.columns, size.rows, size.decoder_width)
        self.register_buffer("positions", positions, persistent=False)
        self.register_buffer("heard", windowed(size.windows, size.patches), persistent=False)

    def forward(self, encoder: AudioMae, spectrogram: Tensor, chance: Tensor) -> Reconstruction:
        """Hide patches and guess them.

        Args:
            encoder: of the same size.
            spectrogram: ``(batch, frames, bands)``.
            chance: ``(batch, patches)``, any numbers without order; the patches of the largest ones are hidden.
        """
        size = self.size
        shown = chance.argsort(dim=1)[:, : round(size.patches * (1 - size.hidden_share))]
        known = self.narrowing(encoder.shown(spectrogram, shown))
        places = shown[..., None].expand(-1, -1, size.decoder_width)
        everything = self.unknown.expand(len(chance), size.patches, -1).scatter(1, places, known)
        guessed = self.patch(self.decoder(everything + self.positions, self.heard))
        hidden = torch.ones_like(chance, dtype=torch.bool).scatter(1, shown, False)
        return Reconstruction(guessed, patches_of(spectrogram, size.patch), hidden)


def patches_of(spectrogram: Tensor, patch: int) -> Tensor:
    """``(batch, frames, bands)`` -> ``(batch, patches, patch * patch)``, frame after frame within each patch.

    >>> patches_of(torch.arange(8).reshape(1, 2, 4), 2)
    tensor([[[0, 1, 4, 5],
             [2, 3, 6, 7]]])
    """
    batch, frames, bands = spectrogram.shape
    cut = spectrogram.reshape(batch, frames // patch, patch, bands // patch, patch)
    return cut.transpose(2, 3).reshape(batch, -1, patch**2)


def spectrogram_of(patches: Tensor, size: AudioMaeSize) -> Tensor:
    """The inverse of `patches_of`: ``(batch, patches, patch * patch)`` -> ``(batch, frames, bands)``."""
    cut = patches.reshape(-1, size.columns, size.rows, size.patch, size.patch)
    return cut.transpose(2, 3).reshape(-1, size.frames, size.bands)


def taken(sequence: Tensor, places: Tensor) -> Tensor:
    """``(batch, all, width)`` at ``(batch, some)`` -> ``(batch, some, width)``."""
    return sequence.gather(1, places[..., None].expand(-1, -1, sequence.shape[-1]))


def windowed(windows: tuple[int, ...], places: int) -> Tensor:
    """Which places each head hears, ``(heads, places, places)``: those of the same window.

    >>> windowed((0, 2), 4).int()[:, 0]
    tensor([[1, 1, 1, 1],
            [1, 1, 0, 0]], dtype=torch.int32)
    """
    numbers = torch.arange(places)
    return torch.stack([(block := numbers // (window or places))[:, None] == block for window in windows])
