"""Weights of one's own: a file that an environment variable names, instead of the published one."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from sepbench.embeddings.embedder import About
from sepbench.errors import MissingData
from sepbench.weights import Weight


def with_own_file(about: About, variable: str, layout: str) -> About:
    """The facts with the file that the variable names; its hash stands in the embedder's identity.

    Args:
        about: of an embedder without published weights.
        variable: of the environment.
        layout: whose names the file's tensors bear, for the error.

    Raises:
        MissingData: the variable is not set. Whether the file is there is `sepbench.weights.find`'s question.
    """
    given = os.environ.get(variable)
    if not given:
        raise MissingData(
            f"no weights of your own for {about.name}",
            given=f"{variable} is not set",
            wanted=f"a file of weights in {layout}'s layout",
            remedy=f"set {variable}=FILE",
        )
    path = Path(given).absolute()
    return replace(about, weights=(Weight(about.name, path.as_uri(), str(path), None, None, about.licence),))
