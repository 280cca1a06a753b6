"""A headless Chromium with a page in it, and what it asked of the network."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sepbench.report.page import write_report
from tests.report.run_folders import hostile_run

PROJECT = Path(__file__).parent.parent.parent
SCREENSHOTS = PROJECT / "reports" / "screenshots"
SWITCHES = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --mute-audio"
)
RECORDER = """
  window.sounding = { starts: [], gains: [] };
  const [source, context] = [AudioBufferSourceNode.prototype, AudioContext.prototype];
  const [start, gain] = [source.start, context.createGain];
  source.start = function (...given) {
    window.sounding.starts.push(given);
    return start.apply(this, given);
  };
  context.createGain = function () {
    const made = gain.call(this);
    window.sounding.gains.push(made);
    return made;
  };
"""
"""Run before the page's own scripts: notes when sounds are started, and with what gains."""


@dataclass
class Chromium:
    """The browser, and shorthands for what tests ask of it."""

    driver: Any

    def open(self, page: Path, hash: str = "", *, plots: bool = False) -> None:
        """Load a page anew and wait until it is ready."""
        self.driver.get("about:blank")
        self.driver.get_log("browser")
        self.driver.get(f"file://{page}{hash}")
        self.wait("return document.documentElement.dataset.ready === 'yes'")
        if plots:
            self.wait("return document.documentElement.dataset.plots === 'ready'")

    def ask(self, script: str, *given: Any) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *given)

    def wait(self, script: str, seconds: float = 20) -> Any:
        """What a script returns as soon as that is something."""
        end = time.monotonic() + seconds
        while not (found := self.ask(script)):
            assert time.monotonic() < end, f"never came: {script}"
            time.sleep(0.02)
        return found

    def click(self, selector: str) -> None:
        """Click the first element that a selector finds."""
        self.ask("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", selector)
        self.driver.find_element("css selector", selector).click()

    def choose(self, name: str, value: str) -> None:
        """Choose an option of a filter."""
        self.ask(
            "const box = document.querySelector(`select[name=${arguments[0]}]`); box.value = arguments[1];"
            "box.dispatchEvent(new Event('change'))",
            name,
            value,
        )

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()

    def systems(self, column: int = 0) -> list[tuple[str, str]]:
        """Name and value of every visible system, in the order shown."""
        return [
            (name, value)
            for name, value in self.ask(
                "return [...document.querySelectorAll('.results tr.model.systems')].map((row) => "
                "[row.dataset.model, row.querySelectorAll('td.metric .value')[arguments[0]].textContent])",
                column,
            )
        ]

    def errors(self) -> list[str]:
        """What the console complained of."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] != "INFO"]

    def requests(self) -> list[str]:
        """Every address asked for since the last question."""
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [message for message in messages if message["method"] == "Network.requestWillBeSent"]
        return [message["params"]["request"]["url"] for message in sent]

    def emulate(self, *, width: int = 1400, height: int = 1000, scheme: str = "light", media: str = "") -> None:
        """Another window, colour scheme or medium."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})

    def shoot(self, name: str) -> None:
        """Keep a picture for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / f"{name}.png").write_bytes(self.driver.get_screenshot_as_png())


@pytest.fixture(scope="session")
def driver() -> Iterator[Any]:
    """Debian's Chromium with its driver, or whatever is found under these names."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium: pip install 'sepbench[browser]'")
    found = [shutil.which("chromedriver"), shutil.which("chromium") or shutil.which("google-chrome")]
    if None in found:
        pytest.skip("needs chromium and chromedriver: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = found[1]
    for switch in SWITCHES.split():
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    made = webdriver.Chrome(options=options, service=webdriver.ChromeService(found[0]))
    made.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": RECORDER})
    yield made
    made.quit()


@pytest.fixture
def browser(driver: Any) -> Chromium:
    """The browser in its usual size and light."""
    chromium = Chromium(driver)
    chromium.emulate()
    return chromium


@dataclass(frozen=True)
class Made:
    """A page and the run it shows."""

    page: Path
    run: Path

    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (self.run / "rows.jsonl").read_text().splitlines()]

    def sounding(self) -> list[str]:
        return sorted(path.stem for path in (self.run / "estimates" / "strong").glob("*.wav"))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A page of systems, controls and oracles, where a model, a query, a class and an error are markup."""
    pytest.importorskip("itables", reason="needs the extra report")
    pytest.importorskip("vl_convert", reason="needs the extra report")
    folder = tmp_path_factory.mktemp("browser")
    run, manifests = hostile_run(PROJECT, folder)
    return Made(write_report([run], folder / "page.html", sounds=2, manifests=[manifests]), run)
