"""A verdict for the machines and pages around a gate: JUnit XML, GitHub's annotations, Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree

from sepbench.errors import on_one_line
from sepbench.gate.verdict import Check, Moved, Verdict
from sepbench.report.escaping import markdown_text

COLUMNS = ("", "model", "check", "change", "interval", "tolerance", "items", "why")
MARKS = {"passed": "✅", "failed": "❌", "not comparable": "⚠️"}


def junit_xml(verdict: Verdict) -> str:
    """A test suite with a case for every check: regressions are failures, what could not be compared is an error."""
    outcomes = [check.outcome for check in verdict.checks]
    counts = {
        "tests": str(len(outcomes)),
        "failures": str(outcomes.count("failed")),
        "errors": str(outcomes.count("not comparable")),
    }
    suites = ElementTree.Element("testsuites", {"name": "sepbench gate", **counts})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": on_one_line(verdict.suite), **counts})
    for check in verdict.checks:
        names = {"classname": on_one_line(f"{verdict.suite}.{check.model}"), "name": on_one_line(check.name)}
        case = ElementTree.SubElement(suite, "testcase", names)
        if check.outcome != "passed":
            kind = "failure" if check.outcome == "failed" else "error"
            told = ElementTree.SubElement(case, kind, {"message": on_one_line(check.why), "type": check.outcome})
            told.text = "\n".join(on_one_line(_moved_line(one)) for one in check.moved)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def github_annotations(verdict: Verdict) -> Iterator[str]:
    """A workflow command for every check that did not pass, which GitHub shows beside the change."""
    for check in verdict.checks:
        if check.outcome != "passed":
            title = _property(f"{verdict.suite}: {check.model}, {check.name}: {check.outcome}")
            lines = [on_one_line(line) for line in (check.why, *map(_moved_line, check.moved))]
            yield f"::error title={title}::{_data(chr(10).join(lines))}"


def markdown(verdict: Verdict) -> str:
    """A heading, a table of all checks and, of those that failed, the items that moved most."""
    lines = [
        f"## sepbench gate: {verdict.outcome}",
        "",
        f"Suite {markdown_text(verdict.suite)} `{verdict.suite_hash[:12]}`",
        "",
    ]
    lines += ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    lines += [
        "| " + " | ".join([MARKS[check.outcome], *map(markdown_text, check_cells(check))]) + " |"
        for check in verdict.checks
    ]
    for check in verdict.checks:
        if check.outcome == "failed" and check.moved:
            lines += [
                "",
                f"### {markdown_text(check.model)}, {markdown_text(check.name)}",
                "",
                "| item | value | before | now |",
            ]
            lines += ["| --- | --- | --- | --- |"]
            lines += ["| " + " | ".join(map(markdown_text, moved_cells(one))) + " |" for one in check.moved]
    lines += ["", *(f"- {markdown_text(note)}" for note in verdict.notes)] if verdict.notes else []
    return "\n".join(lines) + "\n"


def check_cells(check: Check) -> list[str]:
    """Model, name, change, interval, tolerance, items and why, as they are shown."""
    bounds = "" if check.interval is None else f"{check.interval[0]:+.4g} to {check.interval[1]:+.4g}"
    change = "" if check.change is None else f"{check.change:+.4g}"
    items = str(check.items) if check.items else ""
    return [check.model, check.name, change, bounds, check.tolerance, items, check.why]


def moved_cells(moved: Moved) -> list[str]:
    """Item, metric, and the values before and now: to the last digit, since they may differ in no other."""
    return [moved.item, moved.metric, str(moved.before), str(moved.after)]


def _cells(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _moved_line(moved: Moved) -> str:
    item, metric, before, after = moved_cells(moved)
    return f"{item} {metric}: {before} before, {after} now"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(on_one_line(text)).replace(":", "%3A").replace(",", "%2C")
