"""Repositories of others, as far as the adapters ask them: the same modules and calls, and arithmetic inside."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

CLAPSEP = {
    "model/CLAPSep.py": """
        import torch

        class Clap:
            def get_text_embedding(self, texts, tokenizer=None, use_tensor=False):
                assert use_tensor and len(texts) > 1, "some versions cannot do one"
                found = torch.zeros(len(texts), 512)
                for index, text in enumerate(texts):
                    found[index, 0] = len(text)
                return found

        class CLAPSep(torch.nn.Module):
            def __init__(self, model_config, CLAP_path, use_lora=True, rank=16, nfft=1024):
                super().__init__()
                assert model_config["d_attn"] == 640 and open(CLAP_path).read() == "clap"
                self.clap_model = Clap()
                self.frozen = torch.nn.Parameter(torch.ones(1))
                self.decoder_model = torch.nn.Linear(1, 1, bias=False)

            def inference_from_data(self, mixed, embed_pos, embed_neg):
                assert not self.training and mixed.shape == (1, 320000) and mixed.abs().max() <= 1
                heard = mixed * self.decoder_model.weight[0, 0] * (embed_pos[0, 0] + 10 * embed_neg[0, 0])
                heard[0, 0] += 1  # where a stretch begins
                return heard
        """,
}
SAM_AUDIO = {
    "sam_audio/__init__.py": """
        import os
        from types import SimpleNamespace
        import torch

        class Batch(SimpleNamespace):
            def to(self, device):
                return self

        class SAMAudioProcessor:
            audio_sampling_rate = 48000

            @classmethod
            def from_pretrained(cls, model_name_or_path):
                assert os.listdir(model_name_or_path) == ["checkpoint.pt"]
                return cls()

            def __call__(self, descriptions, audios, anchors=None, masked_videos=None):
                (audio,), (text,) = audios, descriptions
                assert audio.shape[0] == 1 and text == text.lower()
                return Batch(audio=audio[0], text=text)

        class SAMAudio(torch.nn.Module):
            @classmethod
            def from_pretrained(cls, folder):
                assert os.environ["HF_HUB_OFFLINE"] == "1"
                return cls()

            def separate(self, batch, noise=None, predict_spans=False, reranking_candidates=1):
                assert torch.is_inference_mode_enabled() and reranking_candidates == 1
                samples = len(batch.audio)
                padded = torch.nn.functional.pad(batch.audio, (0, -samples % 1920))
                share = 0.25 + 0.5 * predict_spans
                wanted = share * padded + 0.01 * torch.randn(len(padded))
                return SimpleNamespace(target=[wanted.bfloat16()], residual=[(padded - wanted).bfloat16()], noise=noise)
        """,
}
SOLOAUDIO = {
    "config/SoloAudio.yaml": """
        ddim: {v_prediction: true, diffusers: {num_train_timesteps: 1000}}
        diffwrap: {UDiT: {input_dim: 256}}
        """,
    "diffusers.py": """
        from types import SimpleNamespace

        class DDIMScheduler:
            def __init__(self, num_train_timesteps):
                assert num_train_timesteps == 1000

            def set_timesteps(self, steps):
                self.timesteps = range(steps)

            def scale_model_input(self, sample, timestep):
                return sample

            def step(self, model_output, timestep, sample, eta, generator):
                assert eta == 0
                kept = 0.0 if timestep == self.timesteps[-1] else 1.0
                return SimpleNamespace(prev_sample=model_output + kept * sample)
        """,
    "transformers.py": """
        import torch

        class AutoProcessor:
            @classmethod
            def from_pretrained(cls, name):
                return cls()

            def __call__(self, text, max_length, padding, truncation, return_tensors):
                assert (max_length, padding, truncation, return_tensors) == (10, "max_length", True, "pt")
                assert text[0] == text[0].lower() and "_" not in text[0]
                return {"input_ids": torch.full((1, 10), len(text[0])), "attention_mask": torch.ones(1, 10)}

        class ClapModel(torch.nn.Module):
            @classmethod
            def from_pretrained(cls, name):
                assert name == "laion/larger_clap_general"
                return cls()

            def get_text_features(self, input_ids, attention_mask):
                return input_ids[:, :1].float().expand(1, 512)
        """,
    "model/udit.py": """
        import torch

        class UDiT(torch.nn.Module):
            def __init__(self, input_dim):
                super().__init__()
                assert input_dim == 256
                self.weight = torch.nn.Parameter(torch.zeros(1))

            def forward(self, x, timesteps, mixture, timbre):
                assert x.shape == mixture.shape and len(x) == 2 and not self.training
                return self.weight * mixture * timbre[:, :1, None]
        """,
    "vae_modules/autoencoder_wrapper.py": """
        import torch

        class Autoencoder(torch.nn.Module):
            def __init__(self, ckpt_path, model_type="stable_vae", quantization_first=True):
                super().__init__()
                assert open(ckpt_path).read() == "vae" and model_type == "stable_vae" and quantization_first

            def forward(self, audio=None, embedding=None):
                if audio is not None:
                    assert audio.shape[:2] == (1, 1)
                    return audio.reshape(1, -1, 480).transpose(1, 2)
                return embedding.transpose(1, 2).reshape(1, 1, -1)
        """,
}
SUDO_RM_RF = {
    "sudo_rm_rf/dnn/models/improved_sudormrf.py": """
        import torch

        class SuDORMRF(torch.nn.Module):
            def __init__(self, out_channels=128, in_channels=512, num_blocks=16, upsampling_depth=4,
                         enc_kernel_size=21, enc_num_basis=512, num_sources=2):
                super().__init__()
                sizes = out_channels, in_channels, num_blocks, upsampling_depth, enc_kernel_size, enc_num_basis
                assert sizes == (256, 512, 16, 5, 41, 512)
                self.mask_net = torch.nn.Conv1d(1, num_sources, 1)

            def forward(self, input_wav):
                assert torch.is_inference_mode_enabled() and not self.training
                assert input_wav.shape[:2] == (1, 1)
                samples = input_wav.shape[-1]
                frames = (samples + -samples % 160) // 20
                assert frames % 2**4 == 0, "it fills up to 160 samples, and halves its frames four times"
                return self.mask_net(input_wav)
        """,
    "sudo_rm_rf/dnn/models/groupcomm_sudormrf_v2.py": """
        from sudo_rm_rf.dnn.models.improved_sudormrf import SuDORMRF

        class GroupCommSudoRmRf(SuDORMRF):
            def __init__(self, in_audio_channels=1, group_size=16, **sizes):
                assert (in_audio_channels, group_size) == (1, 16)
                super().__init__(**sizes)
                self.TAC = self.mask_net
                del self.mask_net

            def forward(self, input_wav):
                return self.TAC(input_wav)
        """,
    "sudo_rm_rf/dnn/experiments/utils/mixture_consistency.py": """
        def apply(pr_batch, input_mixture, mix_weights_type="uniform"):
            assert mix_weights_type == "uniform"
            return pr_batch + (input_mixture - pr_batch.sum(1, keepdim=True)) / pr_batch.shape[1]
        """,
}
ZEROSEP = {
    "code/models.py": """
        import os

        class Wrapper:
            def get_fn_STFT(self):
                return "stft"

            def get_sr(self):
                return 16000

            def vae_encode(self, x):
                return x

            def vae_decode(self, x):
                return x[0]  # of three dimensions, as some of its models give

            def decode_to_mel(self, x):
                assert x.dim() == 4
                return x.reshape(1, -1)

        def load_model(model_id, device, num_diffusion_steps):
            assert "audioldm" in model_id and os.listdir(model_id) == ["model_index.json"]
            found = Wrapper()
            found.steps = num_diffusion_steps
            return found
        """,
    "code/utils.py": """
        import soundfile
        import torch

        def set_reproducability(seed, extreme=True):
            assert not extreme
            torch.manual_seed(seed)

        def load_audio(audio_path, fn_STFT, left=0, right=0, device=None, return_wav=False, stft=False, model_sr=None):
            assert type(audio_path) is str and fn_STFT == "stft" and stft and model_sr == 16000
            samples, rate = soundfile.read(audio_path, dtype="float32")
            assert rate == 16000
            padded = torch.nn.functional.pad(torch.from_numpy(samples), (0, -len(samples) % 160 + 320))
            return padded.reshape(1, 1, -1, 160), model_sr, len(samples) / rate
        """,
    "code/ddm_inversion/inversion_utils.py": """
        import torch

        def inversion_forward_process(model, x0, etas=None, prog_bar=False, prompts=[""], cfg_scales=[3.5],
                                      num_inference_steps=50, cutoff_points=None, numerical_fix=False, duration=None):
            assert (etas, prompts, cfg_scales, numerical_fix) == (1.0, [""], [1.0], True)
            assert num_inference_steps == model.steps and abs(duration - x0.numel() / 16000) < 0.1
            noises = 0.01 * torch.randn(num_inference_steps, *x0.shape)
            return x0, noises, torch.stack([x0] * (num_inference_steps + 1)), ["extra"]

        def inversion_reverse_process(model, xT, tstart, fix_alpha=0.1, etas=0, prompts=[""], neg_prompts=[""],
                                      cfg_scales=None, prog_bar=False, zs=None, cutoff_points=None, duration=None,
                                      extra_info=None):
            assert (etas, fix_alpha, neg_prompts, cfg_scales, extra_info) == (1.0, 0.1, [""], [1.0], ["extra"])
            assert len(prompts) == 1 and tstart.tolist() == [model.steps] and len(zs) == model.steps
            return len(prompts[0]) * xT[tstart.max()] + zs[0], zs
        """,
}


def write_files(folder: Path, files: dict[str, str]) -> None:
    """Lay them out below the folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
