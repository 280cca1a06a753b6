"""Adapters that are a command: what cannot be run says so, and what takes too long is ended with all it started."""

from __future__ import annotations

import contextlib
import os
import select
from pathlib import Path

import numpy as np
import pytest

from sepbench.errors import SeparatorFailure
from sepbench.separators.command import CommandRunner
from sepbench.separators.separator import Request
from sepbench.separators.spec import load_model

TOML = "title = 'T'\nparadigm = 'mask'\nlicence = 'MIT'\nruntime = 'command'\ncommand = '''{command}'''\n"


def ask(folder: Path, command: str, more: str = "") -> int:
    """The samples that come back for a thousand."""
    (folder / "adapter.toml").write_text(TOML.format(command=command) + more)
    request = Request("a.0", np.zeros(1000, np.float32), 16000, "a dog's {estimate}", "extract")
    with contextlib.closing(CommandRunner(load_model(folder))) as runner:
        return len(runner.separate([request])[0].audio)


def test_its_words_are_arguments_and_no_shell_reads_them(tmp_path: Path) -> None:
    (tmp_path / "separate.sh").write_text('test "$3" = "a dog\'s {estimate}" && cp "$1" "$2"')
    assert ask(tmp_path, "sh separate.sh {mixture} {estimate} {text}") == 1000


@pytest.mark.parametrize(("content", "mode"), [("#!/bin/sh\n", 0o644), ("\0no program", 0o755)])
def test_what_cannot_be_run_says_so(tmp_path: Path, content: str, mode: int) -> None:
    program = tmp_path / "separate"
    program.write_text(content)
    program.chmod(mode)
    with pytest.raises(
        SeparatorFailure, match=r"cannot be run: given \./separate \((Permission denied|Exec format error)"
    ):
        ask(tmp_path, "./separate {mixture} {estimate}")


def test_what_takes_too_long_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "held")
    reader = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(SeparatorFailure, match=r"took over 0\.5 s"):
        ask(tmp_path, "sh -c 'sleep 60 > held & wait'", "timeout_seconds = 0.5\n")
    readable, _, _ = select.select([reader], [], [], 10)  # its end: nobody can write to it any more
    os.close(reader)
    assert readable
