"""Stand-ins for packages that other environments hold: their names and calls, and arithmetic that a test can repeat."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

BANDS = 4
MSCLAP = '''
"""As the package's clap module: a network asked for by these names, a text tower asked of the hub."""
import os
import sys
import torch

print("prints on stdout are nobody's answer")
AutoModel = None


class CLAP(torch.nn.Module):
    def __init__(self, audioenc_name, sample_rate, window_size, hop_size, mel_bins, fmin, fmax, classes_num, out_emb,
                 text_model, transformer_embed_dim, d_proj):
        super().__init__()
        assert (text_model, AutoModel.config.model_type) == ("gpt2", "gpt2")
        self.heard = torch.nn.Linear(BANDS, d_proj)
        self.read = torch.nn.Linear(BANDS, d_proj)

    def audio_encoder(self, waves):
        assert not self.training and waves.dtype == torch.float32
        if (waves == 0.25).all():
            os._exit(3)
        if (waves == 0.75).all():
            waves = waves * float("nan")
        print("working")
        return self.heard(waves.reshape(len(waves), BANDS, -1).pow(2).mean(dim=-1)), None

    def caption_encoder(self, tokens):
        ids, mask = tokens["input_ids"].float(), tokens["attention_mask"].float()
        return self.read(torch.stack([ids[:, 0], ids[:, 1], mask.sum(dim=1), ids.amax(dim=1)], dim=1))
'''
SETTINGS = """
text_model: 'gpt2'
text_len: 8
transformer_embed_dim: 768
audioenc_name: 'HTSAT'
out_emb: 768
sampling_rate: 44100
fmin: 50
fmax: 8000
hop_size: 320
mel_bins: 64
window_size: 1024
d_proj: 1024
num_classes: 527
"""
LAION_CLAP = '''
"""As the package: three tokenizers and torchvision on import, a text tower of the hub when built."""
import torch
from torchvision.ops.misc import FrozenBatchNorm2d
from PIL import Image
from transformers import BartTokenizer, BertTokenizer, RobertaTokenizer

bert, bart = BertTokenizer.from_pretrained("bert-base-uncased"), BartTokenizer.from_pretrained("facebook/bart-base")


class CLAP_Module(torch.nn.Module):
    def __init__(self, enable_fusion, device, amodel):
        super().__init__()
        assert (enable_fusion, amodel) == (True, "HTSAT-tiny")
        self.model = torch.nn.Linear(BANDS, 512).to(device)
        self.tokenize = RobertaTokenizer.from_pretrained("roberta-base")

    def get_audio_embedding_from_data(self, x, use_tensor):
        assert use_tensor and all(len(wave) <= 480000 for wave in x)
        return self.model(torch.stack([wave.reshape(BANDS, -1).pow(2).mean(dim=-1) for wave in x]))

    def get_text_embedding(self, texts, use_tensor):
        tokens = self.tokenize(texts, padding="max_length", max_length=8, truncation=True, return_tensors="pt")
        return self.model(tokens["input_ids"][:, :BANDS].float())
'''
AF1_EXAMPLES = '''
"""As the authors' examples."""
from types import SimpleNamespace
import torch


class Tokenizer:
    def encode(self, text):
        return [2, 7] if text == "<audio>" else [2, 3]


def prepare_tokenizer(model_config):
    assert model_config["cache_dir"] is None and model_config["tokenizer_path"] == "opt"
    return Tokenizer()


class Network(torch.nn.Module):
    def __init__(self, weight):
        super().__init__()
        self.weight = weight
        self.lang_encoder = SimpleNamespace(config=SimpleNamespace())

    def forward(self, audio_x, audio_x_mask, lang_x):
        assert self.lang_encoder.config.output_hidden_states
        level = audio_x.pow(2).mean(dim=(0, 2))[audio_x_mask[0] > 0].mean()
        states = [scale * level * lang_x[0].float()[:, None] * self.weight for scale in (1.0, 10.0, 100.0)]
        return SimpleNamespace(hidden_states=[state[None] for state in states])


def prepare_model(model_config, clap_config, checkpoint_path, device_id):
    assert clap_config["checkpoint"].endswith("clapcap_weights_2023.pth")
    assert clap_config["config_root"].endswith("inference/my_ms_clap/src/configs")
    return Network(torch.load(checkpoint_path, weights_only=True)["weight"])
'''
AF1_DATA = '''
"""As the authors' data module: a file, a prefix and a prompt become windows, a mask and tokens."""
import soundfile
import torch


class AudioTextDataProcessor:
    def __init__(self, data_root, clap_config, tokenizer, max_tokens):
        assert clap_config["window_length"] == 7.0

    def process(self, item):
        assert item["prefix"] == "The task is audio captioning."
        assert item["prompt"] == "Describe the sound in a sentence."
        wave, rate = soundfile.read(item["name"], dtype="float32")
        assert rate == 44100
        windows = torch.zeros(2, len(wave))
        windows[0] = torch.from_numpy(wave)
        tokens = torch.tensor([[2, 5, 7, 4, 6]])
        return item["name"], windows, torch.tensor([1.0, 0.0]), tokens, torch.ones_like(tokens)
'''
AF1_SETTINGS = """
clap_config:
  checkpoint: YOUR_DATA_ROOT_DIR/clapcap_weights_2023.pth
  config_root: YOUR_REPO_ROOT_DIR
  window_length: 7.0
model_config:
  cache_dir: YOUR_DATA_ROOT_DIR
  tokenizer_path: opt
"""


def write_packages(folder: Path) -> None:
    """Packages msclap and laion_clap."""
    for name, content in {
        "msclap/__init__.py": "",
        "msclap/models/__init__.py": "",
        "msclap/models/clap.py": MSCLAP.replace("BANDS", str(BANDS)),
        "msclap/configs/config_2023.yml": SETTINGS,
        "laion_clap/__init__.py": LAION_CLAP.replace("BANDS", str(BANDS)),
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def write_audio_flamingo_1(folder: Path) -> None:
    """The repository, as far as it is used."""
    (folder / "inference" / "configs").mkdir(parents=True)
    (folder / "inference" / "inference_examples.py").write_text(AF1_EXAMPLES)
    (folder / "inference" / "data.py").write_text(AF1_DATA)
    (folder / "inference" / "configs" / "foundation.yaml").write_text(AF1_SETTINGS)


def write_tokenizer(folder: Path) -> None:
    """Byte-level files as those of GPT-2 and RoBERTa, of single letters."""
    folder.mkdir(parents=True)
    letters = [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "<mask>",
        "!",
        "Ġ",
        *map(chr, range(ord("a"), ord("z") + 1)),
        "<|endoftext|>",
    ]
    (folder / "vocab.json").write_text(json.dumps({letter: index for index, letter in enumerate(letters)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")


def write_interpreter(path: Path, packages: Path) -> None:
    """An interpreter that has these packages beside our own."""
    path.write_text(f'#!/bin/sh\nPYTHONPATH="{packages}" exec "{sys.executable}" "$@"\n')
    path.chmod(0o755)


def powers(clip: np.ndarray) -> np.ndarray:
    """What the stand-ins hear: the mean square of each quarter."""
    power: np.ndarray = (clip.astype(np.float64).reshape(BANDS, -1) ** 2).mean(axis=1)
    return power
