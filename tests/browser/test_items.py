"""Models and items in a real browser: worst and best, failures, and sounds that play as one."""

from __future__ import annotations

import time

import pytest

from tests.browser.conftest import Chromium, Made
from tests.report.run_folders import ATTACK

pytestmark = pytest.mark.browser


def open_item(browser: Chromium, made: Made) -> str:
    item = made.sounding()[0]
    browser.open(made.page, f"#run=run1&item={item}")
    browser.wait("return document.querySelector('#item-view').open")
    return item


def test_a_models_page_has_its_worst_items_failures_and_classes(browser: Chromium, made: Made) -> None:
    browser.open(made.page)
    browser.click('.results a[data-model="wasteful"]')
    browser.wait("return document.querySelector('#model-view').open")
    browser.shoot("model")
    rows = [row for row in made.rows() if row["model"] == "wasteful" and row["status"] == "ok"]
    worst = min(rows, key=lambda row: row["metrics"]["si_sdri"]["value"])
    first = browser.ask("return document.querySelector('[aria-label=\"Worst items\"] tbody tr').textContent")
    assert worst["item"] in first and f"{worst['metrics']['si_sdri']['value']:.2f}" in first
    failures = browser.ask("return document.querySelector('[aria-label=Failures]').textContent")
    assert failures.count(f"RuntimeError: out of memory {ATTACK}") == 3
    classes = browser.ask("return document.querySelectorAll('.classes tbody tr').length")
    assert classes == len({row["label"] for row in rows})
    browser.driver.back()
    browser.wait("return !document.querySelector('#model-view').open")


def test_an_item_is_reached_from_the_table_of_items(browser: Chromium, made: Made) -> None:
    browser.open(made.page, "#items=run1")
    browser.wait("return document.querySelectorAll('.items-table tbody tr').length > 5")
    browser.click(".items .dt-search input")
    browser.press("onerror")
    browser.wait("return document.querySelectorAll('.items-table tbody tr').length < 10")
    browser.shoot("items")
    browser.click(".items-table a[data-item]")
    browser.wait("return document.querySelector('#item-view').open")
    item = browser.ask("return document.querySelector('#item-title').textContent").removeprefix("Item ")
    values = dict(
        browser.ask(
            "return [...document.querySelectorAll('[aria-label=Values] tbody tr')]"
            ".map((row) => [row.cells[0].textContent, row.cells[1].textContent])"
        )
    )
    for row in made.rows():
        if row["item"] == item and (score := row["metrics"].get("si_sdri")) and score["value"] is not None:
            assert float(values[row["model"]]) == pytest.approx(score["value"], abs=0.006)


def test_all_sounds_start_together_and_one_is_heard(browser: Chromium, made: Made) -> None:
    open_item(browser, made)
    browser.click(".play")
    browser.wait("return window.sounding.starts.length > 0")
    starts = browser.ask("return window.sounding.starts")
    tracks = browser.ask("return document.querySelectorAll('.track').length")
    assert tracks == 10 and len(starts) == tracks and len({tuple(start) for start in starts}) == 1
    assert browser.ask("return window.sounding.gains.map((gain) => gain.gain.value)") == [1] + [0] * 9


def test_switching_keeps_the_place(browser: Chromium, made: Made) -> None:
    open_item(browser, made)
    browser.click(".play")
    browser.wait("return Number(document.querySelector('.bar input').value) > 0.5")
    before = browser.ask("return [Number(document.querySelector('.bar input').value), performance.now()]")
    browser.click(".track:nth-of-type(3) input")
    time.sleep(0.3)
    after = browser.ask("return [Number(document.querySelector('.bar input').value), performance.now()]")
    assert after[0] - before[0] == pytest.approx((after[1] - before[1]) / 1000, abs=0.12)
    assert len(browser.ask("return window.sounding.starts")) == 10  # nothing was started again
    gains = browser.ask("return window.sounding.gains.map((gain) => gain.gain.value)")
    assert gains[2] > 0.99 and max(gains[:2] + gains[3:]) < 0.01
    browser.shoot("item")


def test_seeking_and_pausing_keep_all_at_one_place(browser: Chromium, made: Made) -> None:
    open_item(browser, made)
    browser.ask(
        "const bar = document.querySelector('.bar input'); bar.max = 4; bar.value = 2;"
        "bar.dispatchEvent(new Event('input'))"
    )
    browser.wait("return document.querySelector('.bar output').textContent === '2.0 s'")
    browser.click(".play")
    browser.wait("return window.sounding.starts.length === 10")
    assert {start[1] for start in browser.ask("return window.sounding.starts")} == {2}
    browser.wait("return Number(document.querySelector('.bar input').value) > 2.2")
    browser.click(".play")
    stopped = browser.ask("return document.querySelector('.bar input').value")
    time.sleep(0.2)
    assert browser.ask("return document.querySelector('.bar input').value") == stopped
    pictures = browser.ask("return [...document.querySelectorAll('.picture img')].map((one) => one.naturalWidth)")
    assert pictures == [320] * 10


def test_an_item_without_sounds_says_how_to_get_them(browser: Chromium, made: Made) -> None:
    silent = next(row["item"] for row in made.rows() if row["item"] not in made.sounding())
    browser.open(made.page, f"#run=run1&item={silent}")
    browser.wait("return document.querySelector('#item-view').open")
    assert "--keep-audio" in browser.ask("return document.querySelector('#item-view').textContent")
    assert browser.errors() == []
