"""Neural networks of published systems, one file each, written anew in torch; the official files' keys fit as they are.

Conventions: float32 waveforms ``(batch, 1, time)`` or ``(batch, time)`` as each says, full scale 1; inference only, so
batch norm always uses its stored statistics. Short-time spectra come from `torch.stft` where originals convolve with a
DFT matrix: the same numbers to 2e-5 of the largest. Nothing here is imported before a model is loaded.
"""
