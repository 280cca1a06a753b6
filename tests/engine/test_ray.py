"""The Ray engine on a real cluster: the local engine's bytes, also when a node is lost on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sepbench.engine.run import Outcome
from sepbench.errors import RunFolderError

ray = pytest.importorskip("ray", reason="needs ray: pip install 'sepbench[ray]'")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
Score = Callable[..., Outcome]


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A head that schedules nothing and two nodes of one processor each, as processes of this machine."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    for _ in range(2):
        cluster.add_node(num_cpus=1)
    yield cluster
    cluster.shutdown()


def test_two_nodes_give_the_local_engines_bytes(score: Score, cluster: Any) -> None:
    local = score("mixture,oracle-irm,half", out="local")
    spread = score("mixture,oracle-irm,half", out="ray", workers=2, engine="ray", ray_address=cluster.address)
    assert (spread.computed, spread.failed) == (local.computed, 0)
    assert (local.folder / "summary.json").read_bytes() == (spread.folder / "summary.json").read_bytes()


def test_a_node_killed_in_the_middle_costs_nothing(score: Score, cluster: Any, tmp_path: Path) -> None:
    local = score("mixture,half,nmf", out="local")
    rows = tmp_path / "ray" / "rows.jsonl"

    def kill_one() -> None:
        while not (rows.is_file() and rows.read_bytes().count(b"\n") >= 6):
            time.sleep(0.02)
        cluster.remove_node(cluster.list_all_nodes()[-1], allow_graceful=False)

    killer = threading.Thread(target=kill_one)
    killer.start()
    spread = score("mixture,half,nmf", out="ray", workers=2, engine="ray", ray_address=cluster.address)
    killer.join()
    assert len(cluster.list_all_nodes()) == 2
    assert rows.read_bytes().count(b"\n") == spread.computed == local.computed
    assert (local.folder / "summary.json").read_bytes() == (spread.folder / "summary.json").read_bytes()


def test_no_cluster_is_an_error_with_a_remedy(score: Score) -> None:
    with pytest.raises(RunFolderError, match="no Ray cluster answers") as error:
        score("mixture", engine="ray", ray_address="127.0.0.1:1")
    assert "ray start --head" in error.value.remedy
