"""The leaderboard in a real browser: sorted, searched, filtered, linked to, and asking nobody for anything."""

from __future__ import annotations

import json
from statistics import mean

import pytest

from tests.browser.conftest import Chromium, Made
from tests.report.run_folders import ATTACK

pytestmark = pytest.mark.browser

LSD_HEAD = ".results th.metric:nth-of-type(5)"


def names(browser: Chromium) -> list[str]:
    return [name for name, _ in browser.systems()]


def test_it_opens_without_a_complaint_and_asks_no_host(browser: Chromium, made: Made) -> None:
    browser.requests()
    browser.open(made.page, plots=True)
    browser.shoot("board")
    assert browser.errors() == []
    asked = [url for url in browser.requests() if not url.startswith(("data:", "blob:", "about:"))]
    assert asked == [f"file://{made.page}"]


def test_a_head_sorts_and_unranked_stay_last_in_either_direction(browser: Chromium, made: Made) -> None:
    browser.open(made.page)
    assert names(browser)[-1] == "anew"  # the highest value, and not comparable by it
    heads = browser.driver.find_elements("css selector", ".results th.metric")
    for _ in range(2):
        heads[0].click()
        browser.wait("return location.hash.includes('sort=si_sdri')")
        values = [float(value) for name, value in browser.systems() if name != "anew"]
        descending = "si_sdri%3Adesc" in browser.ask("return location.hash")
        assert values == sorted(values, reverse=descending) and names(browser)[-1] == "anew"
    heads[1].click()
    browser.wait("return location.hash.includes('sort=lsd%3Aasc')")
    values = [float(value) for _, value in browser.systems(1)]
    assert values == sorted(values) and names(browser)[0] == "anew"
    assert heads[1].get_attribute("aria-sort") == "ascending"
    kinds = browser.ask("return [...document.querySelectorAll('.results tr.model')].map((row) => row.classList[1])")
    assert kinds == ["systems"] * 7 + ["controls", "oracles"]


def test_places_follow_the_metric_it_is_sorted_by(browser: Chromium, made: Made) -> None:
    browser.open(made.page)

    def places() -> dict[str, str]:
        pairs = browser.ask(
            "return [...document.querySelectorAll('.results tr.model')]"
            ".map((row) => [row.dataset.model, row.querySelector('.place').textContent])"
        )
        return dict(pairs)

    assert (places()["strong"], places()["strong-twin"], places()["anew"]) == ("1=", "1=", "")
    browser.driver.find_elements("css selector", ".results th.metric")[1].click()
    browser.wait("return location.hash.includes('lsd')")
    assert places()["anew"] == "1" and places()["strong"] == places()["strong-twin"] == "2="


def test_search_and_filters_leave_what_passes(browser: Chromium, made: Made) -> None:
    browser.open(made.page)
    browser.click(".results .dt-search input")
    browser.press("twin")
    browser.wait("return document.querySelectorAll('.results tr.model').length === 1")
    assert "q=twin" in browser.ask("return location.hash")
    browser.click("#filters button[type=reset]")
    browser.wait("return document.querySelectorAll('.results tr.model').length === 9")
    browser.choose("paradigm", "generative")
    browser.wait("return document.querySelectorAll('.results tr.systems').length === 1")
    assert names(browser) == ["anew"]
    browser.choose("paradigm", "")
    browser.choose("domain", "in")
    browser.wait("return document.querySelectorAll('.results tr.systems').length === 1")
    assert names(browser) == ["strong-twin"]
    browser.choose("show", "systems")
    browser.wait("return document.querySelectorAll('.results tr.model').length === 1")


def test_one_part_shows_the_runs_own_interval(browser: Chromium, made: Made) -> None:
    browser.open(made.page)
    browser.choose("kind", "caption")
    browser.wait("return !document.querySelector('.cut-note').hidden")
    entry = json.loads((made.run / "summary.json").read_text())["models"]["small"]["slices"]["kind"]["caption"][
        "si_sdri"
    ]
    assert dict(browser.systems())["small"] == f"{entry['value']:.2f}"
    cell = browser.ask("return document.querySelector('tr[data-model=small] td.metric').textContent")
    low, high = entry["ci95"]
    assert f"{low:.2f} to {high:.2f}" in cell and f"n {entry['n']}" in cell
    browser.choose("kind", "")
    browser.wait("return document.querySelector('.cut-note').hidden")
    whole = json.loads((made.run / "summary.json").read_text())["models"]["small"]["metrics"]["si_sdri"]["value"]
    assert dict(browser.systems())["small"] == f"{whole:.2f}"


def test_a_combination_is_averaged_from_the_items(browser: Chromium, made: Made) -> None:
    browser.open(made.page, "#kind=caption&mode=extract&source_count=2")
    rows = [row for row in made.rows() if (row["kind"], row["mode"], row["source_count"]) == ("caption", "extract", 2)]
    of = {
        name: [row["metrics"]["si_sdri"]["value"] for row in rows if row["model"] == name]
        for name in ("small", "strong")
    }
    shown = dict(browser.systems())
    for name, values in of.items():
        assert float(shown[name]) == pytest.approx(mean(values), abs=0.011)
    assert f"n {len(of['small'])}" in browser.ask(
        "return document.querySelector('tr[data-model=small] td.metric').textContent"
    )


def test_a_link_shows_the_same_page_again(browser: Chromium, made: Made) -> None:
    browser.open(made.page, "#family=spectral&sort=lsd:asc&q=strong&kind=label&metric=lsd")
    heads = browser.ask("return [...document.querySelectorAll('.results th.metric')].map((head) => head.textContent)")
    assert len(heads) == 1 and "LSD" in heads[0]
    chosen = "return [...document.querySelectorAll('#filters select')].map((one) => [one.name, one.value])"
    values = dict(browser.ask(chosen))
    assert (values["family"], values["kind"], values["metric"]) == ("spectral", "label", "lsd")
    assert browser.ask("return document.querySelector('.results .dt-search input').value") == "strong"
    assert sorted(names(browser)) == ["strong", "strong-twin"]


def test_names_sort_as_well_and_a_reset_brings_the_first_order_back(browser: Chromium, made: Made) -> None:
    browser.open(made.page)
    first = names(browser)
    browser.click(".results thead tr:last-child th.name")
    browser.wait("return location.hash.includes('sort=model')")
    assert names(browser) == sorted(first)
    browser.choose("kind", "label")
    browser.wait("return !document.querySelector('.cut-note').hidden")
    assert names(browser) == sorted(first)
    browser.click("#filters button[type=reset]")
    browser.wait("return document.querySelector('.cut-note').hidden")
    assert names(browser) == first and browser.ask("return location.hash") in ("", "#")


@pytest.mark.parametrize("hash", ["#run=run9&model=constructor", "#metric=toString&sort=constructor:asc", "#item=none"])
def test_a_link_to_nothing_opens_the_page(browser: Chromium, made: Made, hash: str) -> None:
    browser.open(made.page, hash, plots=True)
    assert len(names(browser)) == 7 and browser.errors() == []


def test_every_plot_is_drawn_and_the_front_leaves_out_what_is_beaten(browser: Chromium, made: Made) -> None:
    browser.open(made.page, plots=True)
    drawn = browser.ask(
        "return [...document.querySelectorAll('figure[data-plot]:has(svg)')].map((one) => one.dataset.plot)"
    )
    assert sorted(drawn) == ["cost", "matrix", "snr", "sources", "spread", "wording"]
    texts = browser.ask(
        "return [...document.querySelectorAll('figure[data-plot=cost] svg text')].map((one) => one.textContent)"
    )
    assert {"strong", "small", "wasteful", "anew"} <= set(texts) and "mixture" not in texts
    line = browser.ask("return document.querySelector('figure[data-plot=cost] .mark-line path').getAttribute('d')")
    assert line.count("L") == 2 * 2  # small, strong, strong-twin: a step takes two lines
    browser.choose("metric", "lsd")
    browser.wait("return document.querySelector('figure[data-plot=spread] .plotted').textContent === 'LSD'")
    assert browser.errors() == []


def test_markup_in_texts_is_text(browser: Chromium, made: Made) -> None:
    browser.open(made.page, "#items=run1", plots=True)
    browser.wait("return document.querySelectorAll('.items-table tbody tr').length > 5")
    browser.ask("location.hash = `#run=run1&model=${encodeURIComponent(arguments[0])}`", ATTACK)
    browser.wait("return document.querySelector('#model-view').open")
    assert browser.ask("return document.querySelector('#model-title').textContent") == ATTACK
    assert ATTACK in browser.ask("return document.querySelector('#model-view .content').textContent")
    assert browser.ask("return window.attacked ?? null") is None
    assert browser.ask("return document.querySelectorAll('img[src=x], [onerror]').length") == 0
    where = ("h1", ".results tbody", "h2 + .plain", ".items-table thead", ".items-table tbody")
    for selector in where:
        assert ATTACK in browser.ask("return document.querySelector(arguments[0]).textContent", selector), selector
    browser.shoot("markup_is_text")
