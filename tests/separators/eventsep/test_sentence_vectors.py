"""Texts to vectors, with a text encoder of the published layout and of random weights."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("sentence_transformers")
import torch
from transformers import BertConfig, BertModel, BertTokenizerFast

from sepbench.errors import SepbenchError
from sepbench.separators.eventsep.sentence_vectors import (
    FILES,
    Remembering,
    letter_vectors,
    sentence_network,
    sentence_vectors,
)

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "dog", "bark", "##ing", "rain", "a"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the published folder holds, smaller, and nothing else."""
    made, place = (tmp_path_factory.mktemp(name) for name in ("made", "minilm"))
    torch.manual_seed(0)
    size = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 24}
    BertModel(BertConfig(vocab_size=len(WORDS), max_position_embeddings=300, **size)).save_pretrained(made)
    (made / "vocab.txt").write_text("\n".join(WORDS))
    BertTokenizerFast(str(made / "vocab.txt")).save_pretrained(made)
    for name in FILES:
        (place / name).write_bytes((made / name).read_bytes())
    return place


def test_vectors_are_means_over_tokens_of_unit_length(folder: Path) -> None:
    network = sentence_network(*(folder / name for name in FILES), "cpu")
    found = sentence_vectors(network)(["a dog barking", "Rain"])
    bert = BertModel.from_pretrained(folder).eval()
    for vector, tokens in zip(found, ([2, 9, 5, 6, 7, 3], [2, 8, 3]), strict=True):
        with torch.no_grad():
            mean = bert(input_ids=torch.tensor([tokens])).last_hidden_state[0].mean(dim=0).numpy()
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-6)


def test_files_that_lie_apart_are_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({}))
    with pytest.raises(SepbenchError, match="lie apart"):
        sentence_network(tmp_path / "config.json", folder / FILES[1], folder / FILES[2], "cpu")


def test_each_text_is_embedded_once() -> None:
    asked: list[str] = []

    def embed(texts: list[str]) -> np.ndarray:
        asked.extend(texts)
        return letter_vectors(texts)

    remembering = Remembering(embed)  # type: ignore[arg-type]
    remembering(["dog", "rain", "dog"])
    again = remembering(["rain", "cow", "dog"])
    assert asked == ["dog", "rain", "cow"]
    np.testing.assert_array_equal(again, letter_vectors(["rain", "cow", "dog"]))
