"""Checking a submission: every claim is held against the suite, the rows and the sampled answers themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import eq
from pathlib import Path
from tempfile import TemporaryDirectory

from sepbench.engine.config import RunConfig
from sepbench.engine.plan import Coverage, coverage
from sepbench.errors import MissingData, SepbenchError
from sepbench.results.key_index import KeyIndex
from sepbench.results.row_table import Rows, RowTable
from sepbench.results.rows import Key, iter_rows
from sepbench.results.run_folder import ESTIMATES, ROWS, STATS, SUMMARY, estimate_path, read_json
from sepbench.submission.claimed import claimed_run, false_claims
from sepbench.submission.claims import Claims, read_claims
from sepbench.submission.contents import Contents, file_faults, read_contents
from sepbench.submission.opening import unpacked
from sepbench.submission.recomputing import differences, recomputed
from sepbench.submission.rescoring import falsely_refused, rescore
from sepbench.submission.row_facts import row_faults, statistic_faults
from sepbench.submission.sample import drawn
from sepbench.submission.verdict import Check, Verification, check


@dataclass(frozen=True)
class Submission:
    """An unpacked archive whose files are those of its list; `config` is the run, as this machine would make it."""

    folder: Path
    contents: Contents
    claims: Claims
    rows: Rows
    config: RunConfig

    def files_in(self, folder: str) -> set[str]:
        """Names of the archive's files below a folder."""
        return {name for name in self.contents.files if name.startswith(f"{folder}/")}

    def sample(self) -> dict[Key, str]:
        """Model and item of every answer that must be there, with its file's name."""
        rows_sha256 = self.contents.files[ROWS].sha256
        answered = [(row.model, row.item) for row in self.rows if row.status == "ok"]
        chosen = drawn(answered, suite_hash=self.config.suite.hash, rows_sha256=rows_sha256)
        return {key: estimate_path(Path(ESTIMATES), *key).as_posix() for key in sorted(chosen)}


def verify(
    archive: Path, manifests: Sequence[Path] = (), adapters: Sequence[Path] = (), *, without_data: bool = False
) -> Verification:
    """Check an archive of `sepbench submit pack`.

    Args:
        manifests, adapters: folders to look in, besides those of the search path.
        without_data: leave out those sampled answers whose mixtures cannot be built here.

    Raises:
        MissingData: there is no such archive or suite, or clips of the sample are not here.
        NothingComparable: the suite or a metric is another one here.
    """
    if not archive.is_file():
        raise MissingData("no such archive", given=str(archive), remedy="check the path")
    with TemporaryDirectory() as name:
        folder = Path(name)
        try:
            there = unpacked(archive, folder)
            contents = read_contents(folder)
            files = check(
                "files", file_faults(folder, contents, there), f"{len(contents.files)} files, each with its sha256"
            )
            if files.outcome == "failed":
                return Verification(archive.name, (files,))
            claims, table = read_claims(folder), RowTable(iter_rows(folder / ROWS))
            KeyIndex(table)  # refuses two rows of one item
        except SepbenchError as error:
            return Verification(archive.name, (Check("files", "failed", str(error)),))
        config = claimed_run(claims, folder, manifests)
        submission = Submission(folder, contents, claims, table.all(), config)
        checks = (files, *_checks(submission, adapters, without_data))
        return Verification(archive.name, checks, config.suite.suite.name, tuple(claims.summary.models))


def _checks(submission: Submission, adapters: Sequence[Path], without_data: bool) -> Iterator[Check]:
    here = coverage(submission.config.suite)
    yield _models(submission, adapters)
    yield _whole(submission, here)
    of_rows = check("rows", _row_faults(submission), f"{len(submission.rows)} rows are of the suite's items")
    yield of_rows
    sample = submission.sample()
    yield check("sample", _sample_faults(submission, sample), f"{len(sample)} answers, those that the rows draw")
    yield _summary(submission) if of_rows.outcome == "passed" else Check("summary", "not done", "the rows do not hold")
    yield _scores(submission, sample, here, without_data)


def _models(submission: Submission, adapters: Sequence[Path]) -> Check:
    found, unknown = [], []
    declined = Counter(submission.rows.where("status", partial(eq, "not_applicable")).coded("model"))
    for model in submission.config.models:
        false = false_claims(model, declined[model.name], adapters)
        unknown += [model.name] if false is None else []
        found += [f"{model.name}: {one}" for one in false or ()]
    if unknown and not found:
        names = ", ".join(unknown)
        return Check("models", "not done", f"no adapter of that revision here, taken at their word: {names}")
    return check("models", found, "their facts are those of the adapters here")


def _whole(submission: Submission, here: Coverage) -> Check:
    """A sender without some clips leaves their items out; one that is asked here had better be answered there too."""
    held = set(submission.rows.items())
    left_out = [item.name for item in here.buildable if item.name not in held]
    found = ["the run is partial"] if submission.claims.summary.suite.partial else []
    found += [f"{len(left_out)} items have no row, though they can be built here: {left_out[0]}"] if left_out else []
    return check("coverage", found, f"{len(held)} of the suite's {len(submission.config.suite.items())} items")


def _row_faults(submission: Submission) -> Iterator[str]:
    yield from row_faults(submission.config, submission.rows)
    yield from statistic_faults(submission.rows, submission.files_in(STATS))


def _sample_faults(submission: Submission, sample: dict[Key, str]) -> Iterator[str]:
    kept, wanted = submission.files_in(ESTIMATES), set(sample.values())
    yield from (f"{name} was drawn and is not there" for name in sorted(wanted - kept))
    yield from (f"{name} was not drawn" for name in sorted(kept - wanted))


def _summary(submission: Submission) -> Check:
    try:
        claimed = read_json(submission.folder / SUMMARY)
        found = recomputed(submission.config, submission.folder, submission.rows)
    except SepbenchError as error:
        return Check("summary", "failed", str(error))
    return check("summary", differences(claimed, found), "every number is that of the rows")


def _scores(submission: Submission, sample: dict[Key, str], here: Coverage, without_data: bool) -> Check:
    there = {key for key, name in sample.items() if name in submission.contents.files}
    buildable = {item.name: item for item in here.buildable}
    lacking = {item for _, item in there} - buildable.keys()
    if lacking and not without_data:
        raise MissingData(
            f"{len(lacking)} mixtures of the sample cannot be built here",
            given="; ".join(here.reasons[:3]),
            remedy="make the corpora available, or verify the rest with --without-data",
        )
    wanted = {key for key in there if key[1] in buildable}
    refused = set(submission.rows.where("status", partial(eq, "refused")).items()) & buildable.keys()
    if not wanted and not refused:
        return Check("scores", "not done", f"none of {len(sample)} answers can be scored here")
    rows = {(row.model, row.item): row for row in submission.rows if (row.model, row.item) in wanted}
    items = [buildable[name] for name in sorted({item for _, item in wanted})]
    found = rescore(submission.config, items, rows, _unclaimed(submission))
    faults = [*found.faults, *falsely_refused(submission.config, [buildable[name] for name in sorted(refused)])]
    left = f"; not scored again: {', '.join(found.unmeasured)}" if found.unmeasured else ""
    return check("scores", faults, f"{found.answers} of {len(sample)} answers score what their rows say{left}")


def _unclaimed(submission: Submission) -> frozenset[str]:
    """Metrics that the run could not measure, by its own word: in no row."""
    names = (metric.name for metric in submission.config.metrics)
    return frozenset(name for name in names if set(submission.rows.statuses(name)) <= {"unavailable", None})
