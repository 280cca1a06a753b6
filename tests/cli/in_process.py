"""The program without a process of its own: a second saved for each call that needs none."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from pathlib import Path
from unittest import mock

from sepbench.cli.app import main


def sepbench_here(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Exit code and output of ``sepbench WORDS`` in that folder."""
    out, errors = io.StringIO(), io.StringIO()
    code: object = 0
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(errors),
        mock.patch.object(sys, "argv", ["sepbench", *words]),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    assert isinstance(code, int)
    return subprocess.CompletedProcess(["sepbench", *words], code, out.getvalue(), errors.getvalue())
