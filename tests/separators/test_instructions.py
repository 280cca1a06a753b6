"""Instructions: a table of what people say, thousands of captions that ask for nothing, and a stand-in for a model."""

from __future__ import annotations

import contextlib
import csv
import json
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from sepbench.errors import SepbenchError
from sepbench.separators.instruction_endpoint import Endpoint, ask_endpoint, endpoint_from_environment
from sepbench.separators.instructions import LONGEST, Instruction, parse_instruction

TABLE = tomllib.loads((Path(__file__).parent / "instructions.toml").read_text(encoding="utf-8"))
ROWS = [(text, mode, description) for mode, rows in TABLE.items() for text, description in rows.items()]
LISTS = Path(__file__).parent.parent.parent.parent / "shared" / "data" / "metadata"


def captions() -> list[str]:
    """Of AudioCaps's test and validation sets, and of Clotho's."""
    if not LISTS.is_dir():
        pytest.skip("needs the published lists beside the project (shared/data/metadata)")
    files = ("audiocaps/test.csv", "audiocaps/val.csv", "audiosep/clotho_eval.csv")
    found = set()
    for file in files:
        with (LISTS / file).open(encoding="utf-8", newline="") as lines:
            found |= {row["caption"] for row in csv.DictReader(lines)}
    return sorted(found)


def plain(text: str) -> str:
    return " ".join(text.split()).rstrip(" .!?")


@pytest.mark.parametrize(("text", "mode", "description"), ROWS)
def test_table(text: str, mode: str, description: str) -> None:
    found = parse_instruction(text)
    assert (found.mode, found.description) == (mode, description)


@pytest.mark.parametrize("shape", [str.lower, str.upper, "  {}\n ".format, "{} ".format])
def test_case_and_blanks_change_nothing_but_themselves(shape: Callable[[str], str]) -> None:
    for text, mode, description in ROWS:
        found = parse_instruction(shape(text))
        assert (found.mode, found.description.lower()) == (mode, description.lower()), text


@pytest.mark.parametrize("around", ["Hello! {}", "Hi there. {}", "Thanks! {}"])
def test_a_greeting_changes_nothing(around: str) -> None:
    orders = [row for row in ROWS if row[2] != plain(row[0])]
    assert len(orders) > 250
    for text, mode, description in orders:
        found = parse_instruction(around.format(text))
        assert (found.mode, found.description) == (mode, description), text


def test_thanks_change_nothing() -> None:
    orders = [row for row in ROWS if row[2] != plain(row[0]) and ":" not in row[0]]
    for text, mode, description in orders:
        found = parse_instruction(f"{plain(text)}, thank you.")
        assert (found.mode, found.description) == (mode, description), text


def test_any_words_have_some_meaning() -> None:
    words = sorted({word for text, _, _ in ROWS for word in text.split() if any(map(str.isalnum, word))})
    rng = np.random.default_rng(1)
    for _ in range(1000):
        text = " ".join(rng.choice(words, rng.integers(1, 12)))
        found = parse_instruction(text)
        assert found.mode in ("extract", "remove") and found.description.strip(), text


def test_curly_marks_are_marks() -> None:
    for text, mode, description in ROWS:
        assert parse_instruction(text.replace("'", "\u2019")).mode == mode
        if text.count('"') == 2:
            assert parse_instruction(text.replace('"', "\u201c", 1).replace('"', "\u201d")).description == description


def test_a_caption_asks_for_nothing() -> None:
    found = captions()
    assert len(found) > 10_000
    misread = [text for text in found if parse_instruction(text) != Instruction("extract", plain(text))]
    assert misread == []


@pytest.mark.parametrize(
    ("template", "mode"), [("Extract: {}", "extract"), ("Separate: {}", "extract"), ("Remove: {}", "remove")]
)
def test_a_template_gives_its_caption_back(template: str, mode: str) -> None:
    for caption in captions()[::5]:
        found = parse_instruction(template.format(caption))
        assert (found.mode, found.description) == (mode, plain(caption))


@pytest.mark.parametrize("text", ["", " \n", "?!", "a" * (LONGEST + 1)])
def test_what_is_no_instruction_is_refused(text: str) -> None:
    with pytest.raises(SepbenchError, match="an instruction that cannot be read"):
        parse_instruction(text)


@pytest.mark.parametrize("part", ["a ", "i want ", "only ", "everything but ", "can you ", "and ", "a, ", "not a but "])
def test_no_text_takes_long(part: str) -> None:
    began = time.process_time()
    parse_instruction((f"remove {part * LONGEST}")[:LONGEST])
    assert time.process_time() - began < 1.0


# A language model


@dataclass
class Stub:
    """A server on this machine, and what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b""
    delay: float = 0.0
    location: str = ""
    asked: list[tuple[str, str | None, dict[str, object]]] = field(default_factory=list)

    def says(self, content: str) -> None:
        self.body = json.dumps({"id": "x", "choices": [{"index": 0, "message": {"content": content}}]}).encode()


@pytest.fixture
def stub() -> Iterator[Stub]:
    found = Stub()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found.asked.append((self.path, self.headers["Authorization"], content))
            time.sleep(found.delay)
            with contextlib.suppress(OSError):  # whoever asked may have gone
                self.send_response(found.status)
                if found.location:
                    self.send_header("Location", found.location)
                self.end_headers()
                self.wfile.write(found.body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False  # so that closing it waits for its answers
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_model_is_asked_as_openai_says(stub: Stub) -> None:
    stub.says('{"mode": "remove", "description": "train horn"}')
    found = ask_endpoint(Endpoint(stub.url + "/", "some-model", "secret-7"), "no train horns please")
    assert found == Instruction("remove", "train horn")
    ((path, authorization, content),) = stub.asked
    assert (path, authorization) == ("/v1/chat/completions", "Bearer secret-7")
    assert content["model"] == "some-model" and content["temperature"] == 0
    assert isinstance(content["messages"], list)
    assert [message["role"] for message in content["messages"]] == ["system", "user"]
    assert content["messages"][1]["content"] == "no train horns please"


def test_fenced_json_is_json_and_no_key_is_no_header(stub: Stub) -> None:
    stub.says('```json\n{"mode": "extract", "description": " rain "}\n```')
    assert ask_endpoint(Endpoint(stub.url, "m"), "rain") == Instruction("extract", "rain")
    assert stub.asked[0][1] is None


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("I think you want the rain.", "answer of m: field .*Invalid JSON"),
        ('{"mode": "keep", "description": "rain"}', "field mode: given 'keep'"),
        ('{"mode": "extract"}', "field description: given nothing"),
        ('{"mode": "extract", "description": "rain", "why": "so"}', "field why"),
        ('{"mode": "extract", "description": ["rain"]}', "field description"),
        ('{"mode": "extract", "description": " "}', "answer of m names no sound"),
    ],
)
def test_an_answer_that_is_not_the_two_fields_is_an_error(stub: Stub, content: str, match: str) -> None:
    stub.says(content)
    with pytest.raises(SepbenchError, match=match):
        ask_endpoint(Endpoint(stub.url, "m"), "rain")


@pytest.mark.parametrize(
    ("body", "match"),
    [(b"<html>", "Invalid JSON"), (b'{"error": {}}', "field choices: given nothing"), (b'{"choices": []}', "is empty")],
)
def test_an_answer_of_another_kind_is_an_error(stub: Stub, body: bytes, match: str) -> None:
    stub.body = body
    with pytest.raises(SepbenchError, match=match):
        ask_endpoint(Endpoint(stub.url, "m"), "rain")


def test_no_error_holds_the_key(stub: Stub) -> None:
    stub.status, stub.body = 401, b"bad key: secret-7"
    endpoint = Endpoint(stub.url, "m", "secret-7")
    with pytest.raises(SepbenchError, match=r"does not answer: given status 401: bad key: \(the key\)") as caught:
        ask_endpoint(endpoint, "rain")
    assert "secret-7" not in f"{caught.value!r} {caught.value} {caught.value.remedy} {endpoint!r}"
    with pytest.raises(SepbenchError, match="a key that cannot be sent: given not printable ASCII"):
        ask_endpoint(Endpoint(stub.url, "m", "secret-7\n"), "rain")


def test_a_redirect_is_not_followed(stub: Stub) -> None:
    stub.status, stub.location = 307, f"{stub.url}/elsewhere"
    with pytest.raises(SepbenchError, match="given status 307"):
        ask_endpoint(Endpoint(stub.url, "m", "secret-7"), "rain")
    assert len(stub.asked) == 1


def test_a_server_that_is_slow_or_not_there_is_an_error(stub: Stub) -> None:
    stub.delay = 0.5
    with pytest.raises(SepbenchError, match="does not answer: given timed out"):
        ask_endpoint(Endpoint(stub.url, "m", timeout_seconds=0.1), "rain")
    with pytest.raises(SepbenchError, match=r"does not answer: given .*refused"):
        ask_endpoint(Endpoint("http://127.0.0.1:9/v1", "m"), "rain")
    with pytest.raises(SepbenchError, match="not the address of a server: given file:///v1/chat"):
        ask_endpoint(Endpoint("file:///v1", "m"), "rain")


def test_the_endpoint_stands_in_the_environment() -> None:
    named = {"SEPBENCH_LLM_URL": "https://a.example/v1", "SEPBENCH_LLM_MODEL": "m"}
    assert endpoint_from_environment(named) == Endpoint("https://a.example/v1", "m")
    assert endpoint_from_environment(named | {"SEPBENCH_LLM_KEY": "k"}).key == "k"
    with pytest.raises(SepbenchError, match="no language model to ask: given SEPBENCH_LLM_MODEL is not set"):
        endpoint_from_environment({"SEPBENCH_LLM_URL": "https://a.example/v1"})


def test_empty_words_are_not_sent(stub: Stub) -> None:
    with pytest.raises(SepbenchError, match="cannot be read"):
        ask_endpoint(Endpoint(stub.url, "m"), " ")
    assert stub.asked == []
