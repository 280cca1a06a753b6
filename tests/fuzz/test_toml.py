"""Damaged suites, recipes and adapter files: 1,400 inputs. A record within its bounds, or a line that says why not."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sepbench.errors import SepbenchError
from sepbench.protocols.dispatch import protocol_of
from sepbench.protocols.recipe import load_recipe
from sepbench.protocols.robustness.absent import AbsentRecipe
from sepbench.protocols.robustness.recipe import load_robustness_recipe
from sepbench.results.run_folder import estimate_path
from sepbench.separators.spec import load_model, separation_key
from sepbench.suite import drawn_from, load_suite, overview
from tests.fuzz.guarding import assert_well_ended, command, each, result_of, writing_only_in
from tests.fuzz.mutations import altered, batches, damaged, toml_text
from tests.fuzz.originals import ADAPTER, RECIPE, SUITE

SUITES, RECIPES, ADAPTERS, COMMANDS = batches(150, 350), batches(100, 250), batches(150, 350), batches(10, 40)


def written(random: Random, table: dict[str, Any]) -> bytes:
    """Other values two times of three, other bytes else."""
    return damaged(random, toml_text(table)) if random.randrange(3) == 0 else toml_text(altered(random, table))


@pytest.mark.parametrize("seeds", SUITES)
def test_suites(originals: Path, tmp_path: Path, seeds: range) -> None:
    """Loaded and counted alike; its name can be a folder's below ``results/runs``, its rate a recording's."""
    folder = tmp_path / "suite"
    shutil.copytree(originals, folder)

    def check(seed: int) -> bool:
        random = Random(f"suite {seed}")
        (folder / "fuzzed.toml").write_bytes(written(random, SUITE))
        whole = result_of(lambda: load_suite(folder / "fuzzed.toml"))
        counted = result_of(lambda: overview(folder / "fuzzed.toml"))
        if isinstance(whole, SepbenchError) or isinstance(counted, SepbenchError):
            assert str(whole) == str(counted)
            return False
        assert (counted.hash, counted.items) == (whole.hash, len(whole.items()))
        assert 1000 <= whole.suite.scoring_rate <= 768_000 and whole.suite.metrics
        assert stays_below(Path("runs") / whole.suite.name.replace("/", "-"), Path("runs"))
        return True

    with writing_only_in(folder, tmp_path):
        each(seeds, check, share=0.05)


@pytest.mark.parametrize("seeds", RECIPES)
def test_recipes(tmp_path: Path, seeds: range) -> None:
    """Of drawn lists and of robustness lists; a suite that names one reads it in passing."""
    more = {"protocol": "absent", "pairs": 3}
    kept = ("schema", "name", "seed", "corpora", "split", "sample_rate", "seconds", "gains", "snr_db", "notes")
    robustness = {key: RECIPE[key] for key in kept} | more
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "small.toml").write_bytes(toml_text(SUITE))

    def check(seed: int) -> bool:
        random = Random(f"recipe {seed}")
        path = tmp_path / "own" / "small.recipe.toml"
        absent = seed % 3 == 0
        path.write_bytes(written(random, robustness if absent else RECIPE))
        for read in (protocol_of, drawn_from):
            result_of(lambda read=read: read(path))
        result_of(lambda: load_suite(path.with_name("small.toml")))
        if absent:
            found = result_of(lambda: load_robustness_recipe(AbsentRecipe, path))
        else:
            found = result_of(lambda: load_recipe(path))
        if isinstance(found, SepbenchError):
            return False
        assert 1 <= found.samples <= 1 << 28 and found.snr_db is not None and found.snr_db[0] <= found.snr_db[1]
        return True

    with writing_only_in(tmp_path / "own", tmp_path):
        each(seeds, check, share=0.05)


def stays_below(path: Path, folder: Path) -> bool:
    """Whether the path leads to something inside the folder, by its words alone."""
    whole = Path("/", path)
    return ".." not in whole.parts and whole.is_relative_to(Path("/", folder)) and whole != Path("/", folder)


@pytest.mark.parametrize("seeds", ADAPTERS)
def test_adapters(tmp_path: Path, seeds: range) -> None:
    """Every variant's estimates and log stay inside the run folder, and its settings have a hash."""
    folder = tmp_path / "half"
    folder.mkdir()

    def check(seed: int) -> bool:
        random = Random(f"adapter {seed}")
        (folder / "adapter.toml").write_bytes(written(random, ADAPTER))
        found = result_of(lambda: load_model(folder))
        if isinstance(found, SepbenchError):
            return False
        for variant in found.file.variants:
            model = load_model(folder, variant)
            assert stays_below(estimate_path(Path("run"), model.name, "item"), Path("run"))
            assert len(separation_key(model, "", "item")) == 16
            json.dumps(model.config, allow_nan=False)
        assert found.file.sample_rate is None or 1000 <= found.file.sample_rate <= 768_000
        return True

    with writing_only_in(folder, tmp_path):
        each(seeds, check, share=0.05)


@pytest.mark.parametrize("seeds", COMMANDS)
def test_commands(originals: Path, tmp_path: Path, seeds: range) -> None:
    """A run of a damaged suite, or of a damaged adapter: a result, or exit code 2 or 3 and two lines."""
    suite, adapters = tmp_path / "suite", tmp_path / "suite" / "adapters"
    shutil.copytree(originals, suite)
    (adapters / "half").mkdir(parents=True)

    def check(seed: int) -> bool:
        random = Random(f"command {seed}")
        damage_suite = seed % 2 == 0
        fuzzed = written(random, SUITE if damage_suite else ADAPTER)
        (suite / "small.toml").write_bytes(fuzzed if damage_suite else toml_text(SUITE))
        (adapters / "half" / "adapter.toml").write_bytes(toml_text(ADAPTER) if damage_suite else fuzzed)
        model = "mixture" if damage_suite else random.choice(("half", "half:soft", "half:../../../evil"))
        shutil.rmtree(suite / "run", ignore_errors=True)
        words = ["run", "--models", model, "--suite", str(suite / "small.toml"), "--adapters", str(adapters)]
        ended = command([*words, "--out", str(suite / "run"), "--limit", "1", "--keep-audio", "all"], tmp_path)
        assert_well_ended(ended)
        return ended.code == 0

    with writing_only_in(suite, tmp_path):
        each(seeds, check)


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("x = " + "[" * 3000 + "]" * 3000, "nested too deeply"),
        ("x = " + "{a=" * 2000 + "1" + "}" * 2000, "nested too deeply"),
        ("a" + ".a" * 900 + " = 1", "recursion limit exceeded"),
        ("a" + ".a" * 3000 + " = 1", "too much for a TOML file: given 6052 characters, 3000 dots in one line"),
        ("sample_rate = " + "1" * 5000, "not valid TOML: given Exceeds the limit"),
        ("sample_rate = -1", "field sample_rate: given -1; wanted 1000 to 768000 Hz"),
        ("timeout_seconds = 1e308", "timeout_seconds"),
        ("[config]\nx = nan", "not valid TOML: given nan is not a finite number"),
        ("[config]\nx = 1e999", "not valid TOML: given 1e999 is not a finite number"),
        ('[variants."../../../x"]\ngain = 1', "field variants"),
        ('"a\\nb" = 1', r"line 1: field a\\nb: given 1"),
        ("\n" * 50_000 + "more = 1", "line 50004: field more"),
    ],
)
def test_what_once_was_a_traceback(tmp_path: Path, line: str, match: str) -> None:
    """Each of these was one, a hang, or was taken as it is."""
    (tmp_path / "adapter.toml").write_text(f'title = "T"\nparadigm = "mask"\nlicence = "MIT"\n{line}\n')
    found = result_of(lambda: load_model(tmp_path))
    assert isinstance(found, SepbenchError)
    with pytest.raises(SepbenchError, match=match):
        raise found


@pytest.mark.parametrize("name", ["..", "/tmp/x", "a=b", "a\nb", "x" * 300, "a/../../b"])
def test_a_suite_is_named_like_a_folder(originals: Path, name: str) -> None:
    path = originals / "named.toml"
    path.write_bytes(toml_text({**SUITE, "name": name}))
    with pytest.raises(SepbenchError, match="field name"):
        load_suite(path)
    path.unlink()


@pytest.mark.parametrize("text", ["= bad", "rows = nan", "rows = 'x'", "x = " + "[" * 3000, "corpora = 3"])
def test_a_suites_recipe_is_read_as_strictly_as_the_suite(tmp_path: Path, text: str) -> None:
    (tmp_path / "small.toml").write_bytes(toml_text(SUITE))
    (tmp_path / "small.recipe.toml").write_text(text)
    with pytest.raises(SepbenchError, match=r"small\.recipe\.toml"):
        if isinstance(load_suite(tmp_path / "small.toml").unbuilt[0].rows, int | None):
            drawn_from(tmp_path / "small.recipe.toml")


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    """A pipe, a folder, a link in a circle, a device that never ends."""
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "circle.toml").symlink_to("circle.toml")
    (tmp_path / "endless.toml").symlink_to("/dev/zero")
    for name in ("pipe", "folder", "circle", "endless"):
        found = result_of(lambda name=name: load_suite(tmp_path / f"{name}.toml"))
        assert isinstance(found, SepbenchError) and "file cannot be read" in found.what
