"""The same signal metrics as a user would compute them today: other libraries' functions, and papers' recipes re-stated
with the calls that they make. Both log-spectral distances are here a second time, with calls to torch that nobody
publishes: what a user could write who wants them faster. Each is given the float32 samples of one pair."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.util import find_spec
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Pair:
    """An estimate and its reference, float32 ``(time,)``."""

    estimate: np.ndarray
    reference: np.ndarray
    rate: int


@dataclass(frozen=True)
class Alternative:
    """Another way to some of our metrics: the package it needs, how far its values may be from ours, and whether
    somebody publishes it."""

    metrics: tuple[str, ...]
    library: str
    call: Callable[[Pair], tuple[float, ...]]
    tolerance: float
    published: bool = True

    @property
    def here(self) -> bool:
        """Whether the package is installed."""
        return find_spec(self.library) is not None


def alternatives(rate: int) -> list[Alternative]:
    """Every way at one rate, 16000 or 32000 Hz."""
    lsd, mel = "lsd@audioldm-o0", f"psnr_mel@audioldm-{rate // 1000}k"
    return [
        Alternative(
            ("si_sdr",), "torchmetrics", partial(_torchmetrics, "scale_invariant_signal_distortion_ratio"), 1e-3
        ),
        Alternative(("sdr",), "torchmetrics", partial(_torchmetrics, "signal_noise_ratio"), 1e-3),
        Alternative(("sdr_bss512",), "torchmetrics", partial(_torchmetrics, "signal_distortion_ratio"), 1e-3),
        Alternative(("sdr_bss512",), "fast_bss_eval", _fast_bss_eval, 1e-3),
        Alternative(("sdr_bss512",), "mir_eval", _mir_eval, 1e-3),
        Alternative(("stoi", "estoi"), "pystoi", _pystoi, 1e-9),
        Alternative(("lsd",), "librosa", partial(_lsd, _librosa_powers), 1e-3),
        Alternative(("lsd",), "torch", partial(_lsd, _torch_powers), 1e-3, published=False),
        Alternative((lsd,), "librosa", partial(_lsd_audioldm, _librosa_powers), 2e-3),
        Alternative((lsd,), "torch", partial(_lsd_audioldm, _torch_powers), 2e-3, published=False),
        Alternative((mel,), "librosa", _psnr_mel, 2e-3),
    ]


def _torchmetrics(function: str, pair: Pair) -> tuple[float]:
    import torch
    from torchmetrics.functional import audio

    estimate, reference = torch.from_numpy(pair.estimate), torch.from_numpy(pair.reference)
    return (float(getattr(audio, function)(estimate, reference)),)


def _fast_bss_eval(pair: Pair) -> tuple[float]:
    import fast_bss_eval

    reference, estimate = (signal.astype(np.float64)[None] for signal in (pair.reference, pair.estimate))
    return (float(np.squeeze(fast_bss_eval.sdr(reference, estimate))),)


def _mir_eval(pair: Pair) -> tuple[float]:
    import warnings

    import mir_eval

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        found = mir_eval.separation.bss_eval_sources(pair.reference[None], pair.estimate[None], False)
    return (float(found[0][0]),)


def _pystoi(pair: Pair) -> tuple[float, float]:
    from pystoi import stoi

    reference, estimate = (signal.astype(np.float64) for signal in (pair.reference, pair.estimate))
    return (float(stoi(reference, estimate, pair.rate)), float(stoi(reference, estimate, pair.rate, extended=True)))


def _librosa_powers(signal: np.ndarray, window: int, hop: int) -> np.ndarray:
    import librosa

    return np.square(np.abs(librosa.stft(signal, n_fft=window, hop_length=hop, pad_mode="constant")))


def _torch_powers(signal: np.ndarray, window: int, hop: int) -> Any:
    spectrum = _torch_stft(signal, window, hop, "constant")
    return spectrum.real.square() + spectrum.imag.square()


def _torch_stft(signal: np.ndarray, window: int, hop: int, padding: str) -> Any:
    import torch

    weights = torch.hann_window(window)
    return torch.stft(torch.from_numpy(signal), window, hop, window=weights, pad_mode=padding, return_complex=True)


def _lsd(powers: Callable[[np.ndarray, int, int], Any], pair: Pair) -> tuple[float]:
    """Our definition, written with these calls; arrays of numpy and of torch both know them."""
    window, hop = round(0.032 * pair.rate), round(0.008 * pair.rate)
    wanted, found = (powers(signal, window, hop) for signal in (pair.reference, pair.estimate))
    floor = float(wanted.max()) * 1e-8
    audible = (wanted > floor).any(0)
    ratio = _library(wanted).log10(wanted[:, audible].clip(min=floor) / found[:, audible].clip(min=floor))
    return (float(((ratio**2).mean(0) ** 0.5).mean()),)


def _lsd_audioldm(powers: Callable[[np.ndarray, int, int], Any], pair: Pair) -> tuple[float]:
    centred = [signal - signal.mean() for signal in (pair.reference, pair.estimate)]
    window, hop = int(2048 * pair.rate / 44100), pair.rate // 100
    wanted, found = (powers(signal / np.abs(signal).max(), window, hop) for signal in centred)
    ratio = _library(wanted).log10(wanted / (found**0.5 + 1e-12) ** 2 + 1e-12)
    return (float(((ratio**2).mean(0) ** 0.5).mean()),)


def _library(array: Any) -> Any:
    if isinstance(array, np.ndarray):
        return np
    import torch

    return torch


def _psnr_mel(pair: Pair) -> tuple[float]:
    images = [_image(np.clip(signal - signal.mean(), -1, 1), pair.rate) for signal in (pair.estimate, pair.reference)]
    return (float(-10 * ((images[0] - images[1]) ** 2).mean().log10()),)


def _image(signal: np.ndarray, rate: int) -> Any:
    window, hop = rate * 512 // 16000, rate // 100
    mel = _mel_basis(rate, window) @ _torch_stft(signal, window, hop, "reflect").abs()
    return ((20 * mel.clip(min=1e-5).log10() - 20 + 100) / 100).clip(0, 1)


@lru_cache
def _mel_basis(rate: int, window: int) -> Any:
    import librosa
    import torch

    top = {16000: 8000, 32000: 14000}[rate]
    return torch.from_numpy(librosa.filters.mel(sr=rate, n_fft=window, n_mels=64, fmin=50, fmax=top))
