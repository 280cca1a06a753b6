"""CLAP's text side: the published keys, and what padding, batching and repetition may not change."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from sepbench.networks.clap_text import ClapText, TextSize, embed_texts, text_part  # noqa: E402
from tests.parity.seeded import seed  # noqa: E402

TEXTS = ["dog", "a dog barks", "rain", "dog"]
LISTED = Path(__file__).parent.parent.parent.parent / "shared" / "reference" / "state_dicts"


class Words:
    """A tokenizer with a number for each word; remembers what it was asked."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.asked: list[list[str]] = []

    def __call__(
        self, text: list[str], *, padding: str, truncation: bool, max_length: int, return_tensors: str
    ) -> Mapping[str, Any]:
        assert truncation
        assert return_tensors == "pt"
        self.asked.append(text)
        rows = [[0, *(self.known.setdefault(word, len(self.known) + 5) for word in words.split()), 2] for words in text]
        length = max_length if padding == "max_length" else max(map(len, rows))
        tokens = torch.tensor([row + [1] * (length - len(row)) for row in rows])
        return {"input_ids": tokens, "attention_mask": (tokens != 1).long()}


@pytest.fixture(scope="module")
def network() -> Any:
    return seed(ClapText(TextSize(vocabulary=40, width=24, layers=2, heads=3, feed_forward=48)))


def test_padding_to_512_changes_nothing(network: Any) -> None:
    words = Words()
    short, long = (embed_texts(network, TEXTS, words, padding=how) for how in ("longest", "max_length"))
    assert short.shape == (4, 512)
    assert (short - long).abs().max() < 1e-6


def test_vectors_have_unit_length_and_differ(network: Any) -> None:
    vectors = embed_texts(network, TEXTS, Words())
    assert (vectors.norm(dim=1) - 1).abs().max() < 1e-6
    assert (vectors[0] - vectors[1]).abs().max() > 0.01


def test_each_distinct_text_is_computed_once(network: Any) -> None:
    words = Words()
    vectors = embed_texts(network, TEXTS, words)
    assert words.asked == [["dog", "a dog barks", "rain"]]
    assert torch.equal(vectors[0], vectors[3])


def test_a_batch_gives_what_single_texts_give(network: Any) -> None:
    words = Words()
    together = embed_texts(network, TEXTS, words)
    alone = torch.cat([embed_texts(network, [text], words) for text in TEXTS])
    assert (together - alone).abs().max() < 1e-6


def test_the_order_of_words_matters(network: Any) -> None:
    one, other = embed_texts(network, ["dog barks", "barks dog"], Words())
    assert (one - other).abs().max() > 0.01


def test_the_official_size_and_keys() -> None:
    with torch.device("meta"):
        official = ClapText()
    assert sum(value.numel() for value in official.text_branch.parameters()) == 124_645_632
    assert sum(value.numel() for value in official.text_projection.parameters()) == 656_384
    path = LISTED / "audiosep_clap_htsat_base.txt"
    if not path.is_file():
        pytest.skip("needs the list of CLAP's keys beside the project (shared/reference/state_dicts)")
    listed = dict(line.split("\t")[:2] for line in path.read_text().splitlines())
    ours = {key: str(tuple(value.shape)) for key, value in official.state_dict().items()}
    assert ours == text_part(listed)


def test_counts_of_older_files_are_left_out() -> None:
    old = {
        "text_branch.embeddings.position_ids": torch.arange(514)[None],
        "text_branch.pooler.dense.bias": torch.ones(1),
    }
    assert list(text_part(old)) == ["text_branch.pooler.dense.bias"]
