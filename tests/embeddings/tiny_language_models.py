"""Audio language models of the real architectures with a few thousand random weights, saved as the hub keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

Kind = Literal["audioflamingo3", "musicflamingo", "qwen2_audio"]
KINDS: tuple[Kind, ...] = ("audioflamingo3", "musicflamingo", "qwen2_audio")
VARIABLES = {
    "audioflamingo3": "SEPBENCH_EMBEDDER_AF3",
    "musicflamingo": "SEPBENCH_EMBEDDER_MUSIC_FLAMINGO",
    "qwen2_audio": "SEPBENCH_EMBEDDER_QWEN2_AUDIO",
}
NAMES = {
    "audioflamingo3": "audio-flamingo-3:hf",
    "musicflamingo": "music-flamingo:2601-hf",
    "qwen2_audio": "qwen2-audio:7b-instruct",
}
CHUNK_SECONDS = 2
MOST_SECONDS = {"audioflamingo3": 6, "musicflamingo": 6, "qwen2_audio": CHUNK_SECONDS}
DIM = 24
LAYERS = 3
PLACEHOLDER = {
    "audioflamingo3": "<sound>",
    "musicflamingo": "<sound>",
    "qwen2_audio": "<|audio_bos|><|AUDIO|><|audio_eos|>",
}
SPECIAL = {
    "audioflamingo3": ["<sound>"],
    "musicflamingo": ["<sound>", "<|sound_bos|>", "<|sound_eos|>"],
    "qwen2_audio": ["<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>"],
}
WORDS = ["<unk>", "<pad>", "user", "assistant", "describe", "the", "sound", "in", "a", "sentence", "."]
TEMPLATE = (
    "{% for turn in messages %}<|im_start|>{{ turn['role'] }}\n"
    "{% for part in turn['content'] %}"
    "{% if part['type'] == 'audio' %}PLACEHOLDER{% else %}{{ part['text'] }}{% endif %}"
    "{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEXT = {
    "model_type": "qwen2",
    "vocab_size": 64,
    "hidden_size": DIM,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 1024,
}
EARS = {
    "num_mel_bins": 16,
    "encoder_layers": 2,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "d_model": 16,
    "max_source_positions": 50 * CHUNK_SECONDS,
}


def save(kind: Kind, folder: Path, *, seed: int = 0) -> Any:
    """Save a model and its processor; returns the model, whole with its language head."""
    import torch
    import transformers

    processor = _processor(kind)
    token = processor.tokenizer.convert_tokens_to_ids
    names = {"audioflamingo3": "AudioFlamingo3", "musicflamingo": "MusicFlamingo", "qwen2_audio": "Qwen2Audio"}
    ears = EARS | {"model_type": "qwen2_audio_encoder" if kind == "qwen2_audio" else "audioflamingo3_encoder"}
    ids = {"audio_token_id": token(SPECIAL[kind][0])}
    if kind == "musicflamingo":
        ids |= {"audio_bos_token_id": token("<|sound_bos|>"), "audio_eos_token_id": token("<|sound_eos|>")}
    if kind == "qwen2_audio":
        ids = {"audio_token_index": ids["audio_token_id"]}
    config = getattr(transformers, f"{names[kind]}Config")(audio_config=ears, text_config=TEXT, **ids)
    torch.manual_seed(seed)
    model = getattr(transformers, f"{names[kind]}ForConditionalGeneration")(config).eval()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return model


def _processor(kind: Kind) -> Any:
    import transformers
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = Tokenizer(models.WordLevel({word: index for index, word in enumerate(WORDS)}, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=words,
        unk_token="<unk>",
        pad_token="<pad>",
        additional_special_tokens=["<|im_start|>", "<|im_end|>", *SPECIAL[kind]],
    )
    ears = transformers.WhisperFeatureExtractor(feature_size=16, chunk_length=CHUNK_SECONDS)
    template = TEMPLATE.replace("PLACEHOLDER", PLACEHOLDER[kind])
    if kind == "qwen2_audio":
        return transformers.Qwen2AudioProcessor(ears, tokenizer, chat_template=template)
    makers = {"audioflamingo3": "AudioFlamingo3Processor", "musicflamingo": "MusicFlamingoProcessor"}
    maker = getattr(transformers, makers[kind])
    return maker(ears, tokenizer, chat_template=template, max_audio_len=MOST_SECONDS[kind])
