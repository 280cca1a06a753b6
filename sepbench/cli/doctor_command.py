"""``sepbench doctor``: what this installation can do, what it lacks, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import typer

from sepbench.cli import options

USAGE_ERROR = 2
LITTLE_SPACE_GB = 5.0
NO_EXTRAS_OF_THEIR_OWN = {"all", "dev"}
REQUIREMENT = re.compile(
    r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(?:>=\s*([0-9.]+))?[^;]*(?:;\s*extra\s*==\s*['\"](.+)['\"])?"
)


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``missing`` is what some work needs and others do not; ``wrong`` stops everything."""

    what: str
    state: Literal["ok", "missing", "wrong"]
    detail: str
    remedy: str = ""


def doctor(json: options.Json = False) -> None:
    """Check versions, extras, data, disk and GPU, and say what to do."""
    from sepbench.cli.output import print_json, print_table

    findings = [*_packages(), *_corpora(), *_disk(), _gpu()]
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        rows = [[finding.what, finding.state, finding.detail, finding.remedy] for finding in findings]
        print_table("sepbench doctor", ["what", "state", "found", "to do"], rows)
    if any(finding.state == "wrong" for finding in findings):
        raise typer.Exit(USAGE_ERROR)


def _packages() -> Iterator[Finding]:
    """The package's own requirements, then every extra as a whole."""
    extras: dict[str, list[Finding]] = {}
    for line in importlib.metadata.requires("sepbench") or ():
        found = REQUIREMENT.match(line)
        if found is None or found[1] == "sepbench":
            continue
        extras.setdefault(found[3] or "", []).append(_package(found[1], found[2]))
    core = extras.pop("", [])
    lacking = _lacking(core)
    detail = ", ".join(lacking) or f"{len(core)} packages, new enough"
    yield Finding("core", "wrong" if lacking else "ok", detail, "pip install sepbench" if lacking else "")
    for extra in sorted(set(extras) - NO_EXTRAS_OF_THEIR_OWN):
        lacking = _lacking(extras[extra])
        remedy = f'pip install "sepbench[{extra}]"' if lacking else ""
        yield Finding(f"extra {extra}", "missing" if lacking else "ok", ", ".join(lacking) or "complete", remedy)


def _lacking(packages: list[Finding]) -> list[str]:
    return [f"{one.what} {one.detail}" for one in packages if one.state != "ok"]


def _package(name: str, lowest: str | None) -> Finding:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding(name, "missing", "not installed")
    if lowest and _numbers(version) < _numbers(lowest):
        return Finding(name, "missing", f"{version} is older than {lowest}")
    return Finding(name, "ok", version)


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, for comparing.

    >>> _numbers("2.13.0+cpu") < _numbers("2.13.1"), _numbers("1.10") < _numbers("1.9")
    (True, False)
    """
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0]))


def _corpora() -> Iterator[Finding]:
    from sepbench.corpora.corpus import corpus_names, open_corpus
    from sepbench.errors import InvalidRecord, MissingData

    for name in corpus_names():
        try:
            clips = len(open_corpus(name).clips())
            yield Finding(f"corpus {name}", "ok", f"{clips} clips in its index")
        except MissingData as error:
            yield Finding(f"corpus {name}", "missing", error.what, error.remedy)
        except InvalidRecord as error:
            yield Finding(f"corpus {name}", "missing", str(error), error.remedy)


def _disk() -> Iterator[Finding]:
    from sepbench.search_path import cache_folder

    for what, folder in (("working folder", Path.cwd()), ("cache", cache_folder())):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(there).free / 1e9
        enough = free >= LITTLE_SPACE_GB
        detail = f"{free:.0f} GB free at {folder}"
        yield Finding(what, "ok" if enough else "missing", detail, "" if enough else "make room")


def _gpu() -> Finding:
    from sepbench.engine.device import resolve_device

    if importlib.util.find_spec("torch") is None:
        return Finding("GPU", "missing", "torch is not installed", 'pip install "sepbench[models]"')
    device = resolve_device("auto")
    if device == "cpu":
        return Finding("GPU", "missing", "torch sees none", "models run on the processor")
    import torch

    return Finding("GPU", "ok", torch.cuda.get_device_name(0))
