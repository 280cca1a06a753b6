"""Suites of any size from files on disk, so that a benchmark measures the harness and not the synthesis of sounds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sepbench import audio
from sepbench.corpora.corpus import open_corpus
from sepbench.manifest import SCHEMA, Meta, Mixture, Query, Source, save, with_id


def recordings(folder: Path, *, count: int, seconds: float, sample_rate: int) -> None:
    """Write so many WAVs of synthesised sounds, laid end to end to the wanted length, and point the corpus at them."""
    synthetic = open_corpus("synthetic")
    clips = [clip for clip in synthetic.clips() if clip.split == "test"][:: max(1, 312 // count)][:count]
    rows = ["path,label,caption,group"]
    for number, clip in enumerate(clips):
        recording = synthetic.read(clip.id)
        sound = audio.resample(recording.audio, recording.sample_rate, sample_rate)
        wanted = round(seconds * sample_rate)
        whole = [sound] * -(-wanted // len(sound))
        audio.write(folder / f"{number}.wav", np.concatenate(whole)[:wanted], sample_rate)
        rows.append(f"{number}.wav,{clip.labels[0]},,bench:{number}")
    (folder / "clips.csv").write_text("\n".join([*rows, ""]))
    os.environ["SEPBENCH_DATA_FOLDER"] = str(folder)
    open_corpus.cache_clear()


def suite(folder: Path, *, items: int, seconds: float, sample_rate: int, metrics: Sequence[str]) -> Path:
    """A suite of so many pairs of the recordings, gains to be solved."""
    clips = open_corpus("folder").clips()
    samples = round(seconds * sample_rate)

    def mixture(number: int) -> Mixture:
        chosen = clips[number % len(clips)], clips[(number + 1 + number // len(clips)) % len(clips)]
        roles = ("target", "noise")
        sources = tuple(
            Source("folder", clip.id, 0, samples, clip.labels, clip.group, role)  # type: ignore[arg-type]
            for clip, role in zip(chosen, roles, strict=True)
        )
        query = Query("label", "extract", (0,), text=chosen[0].labels[0])
        row = Mixture(
            "", sources, (query,), sample_rate, samples, "power", "none", audio.RESAMPLER, snr_db=number * 1e-5
        )
        return with_id(row)

    name = f"bench{items}"
    save(folder / f"{name}.jsonl", map(mixture, range(items)), Meta(SCHEMA, name, "bench", 0, 0, "", {}, {}, {}))
    named = ", ".join(f'"{metric}"' for metric in metrics)
    (folder / f"{name}.toml").write_text(
        f'schema = 1\nname = "{name}"\ntitle = "{items} pairs"\ndescription = "For benchmarks"\n'
        f'manifests = ["{name}"]\nscoring_rate = {sample_rate}\nmetrics = [{named}]\nslices = []\n'
    )
    return folder / f"{name}.toml"
