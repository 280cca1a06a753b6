"""The same question to a language model: any server that speaks OpenAI's ``POST {base_url}/chat/completions``.

Only where it is asked for, and never in silence in the place of the rules: what a model answers may change from day to
day. The key goes into one header and nowhere else; it is in no error, no log and no record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sepbench.errors import SepbenchError
from sepbench.manifest import STRICT, QueryMode
from sepbench.records import parse_json
from sepbench.separators.instructions import Instruction, require_words

if TYPE_CHECKING:
    from pydantic import ConfigDict

URL, MODEL, KEY = "SEPBENCH_LLM_URL", "SEPBENCH_LLM_MODEL", "SEPBENCH_LLM_KEY"
MOST_ANSWER_BYTES = 1 << 20
SHOWN = 300
TASK = (
    "You are told what to do with a recording of several sounds. Say whether a sound is to be extracted or removed, "
    'and which. Answer with one JSON object and nothing else: {"mode": "extract" or "remove", "description": "..."}. '
    "The description names the sound without articles; several sounds are joined by commas. Everything but X "
    "is a removal of X; a removal of everything but X extracts X. A mere description is to be extracted."
)


@dataclass(frozen=True)
class Endpoint:
    """Where a model answers.

    Attributes:
        base_url: up to ``/v1``, as its documentation gives it.
        key: empty for a server of one's own that wants none.
    """

    base_url: str
    model: str
    key: str = field(default="", repr=False)
    timeout_seconds: float = 60.0


@dataclass(frozen=True)
class _Answer:
    """What the model has to say: the two fields, and no others."""

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    mode: QueryMode
    description: str


@dataclass(frozen=True)
class _Message:
    content: str


@dataclass(frozen=True)
class _Choice:
    message: _Message


@dataclass(frozen=True)
class _Completion:
    choices: tuple[_Choice, ...]


def endpoint_from_environment(variables: Mapping[str, str] = os.environ) -> Endpoint:
    """The endpoint of ``SEPBENCH_LLM_URL``, ``SEPBENCH_LLM_MODEL`` and, where it wants one, ``SEPBENCH_LLM_KEY``.

    Raises:
        SepbenchError: one of the first two is missing.
    """
    for name in (URL, MODEL):
        if not variables.get(name):
            raise SepbenchError(
                "no language model to ask",
                given=f"{name} is not set",
                wanted=f"{URL} (as https://host/v1) and {MODEL}",
                remedy="set them, or use the rules: sepbench.separators.instructions.parse_instruction",
            )
    return Endpoint(variables[URL], variables[MODEL], variables.get(KEY, ""))


def ask_endpoint(endpoint: Endpoint, text: str) -> Instruction:
    """What a language model takes an instruction to mean.

    Raises:
        SepbenchError: no words; no answer in time; an answer that is not the two fields.
    """
    require_words(text)
    content = {
        "model": endpoint.model,
        "temperature": 0,
        "messages": [{"role": "system", "content": TASK}, {"role": "user", "content": text}],
    }
    place = f"answer of {endpoint.model}"
    completion = parse_json(_Completion, _post(endpoint, json.dumps(content).encode()), place=place)
    if not completion.choices:
        raise SepbenchError(f"{place} is empty", remedy="ask again, or another model")
    said = completion.choices[0].message.content
    answer = parse_json(_Answer, _unfenced(said), place=place)
    if not answer.description.strip():
        raise SepbenchError(f"{place} names no sound", given=said[:SHOWN], remedy="say which sound is meant")
    return Instruction(answer.mode, answer.description.strip())


def _unfenced(said: str) -> str:
    """Without the fence that models put around JSON; anything else beside it is an error of theirs."""
    return said.strip().removeprefix("```json").removeprefix("```").removesuffix("```").strip()


def _post(endpoint: Endpoint, body: bytes) -> bytes:
    """The body of the server's answer.

    Redirects are not followed: the key is for the named server alone.
    """
    import http.client
    import urllib.error
    import urllib.request

    class Stay(urllib.request.HTTPRedirectHandler):
        """Sends the key nowhere else."""

        def redirect_request(self, *_: object) -> None:
            """Leave the redirect as the error that it is here."""

    url = f"{endpoint.base_url.rstrip('/')}/chat/completions"
    if not url.startswith(("https://", "http://")):
        raise SepbenchError("not the address of a server", given=url, wanted="https://host/v1", remedy=f"correct {URL}")
    headers = {"Content-Type": "application/json"}
    if not (endpoint.key.isascii() and endpoint.key.isprintable()):
        raise SepbenchError("a key that cannot be sent", given="not printable ASCII", remedy=f"correct {KEY}")
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=endpoint.timeout_seconds) as answer:
            found: bytes = answer.read(MOST_ANSWER_BYTES)
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(MOST_ANSWER_BYTES).decode(errors="replace")
        if endpoint.key:
            said = said.replace(endpoint.key, "(the key)")  # some servers repeat it
        raise _unanswered(url, f"status {error.code}: {said[:SHOWN]}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _unanswered(url, str(getattr(error, "reason", error))) from None
    return found


def _unanswered(url: str, given: str) -> SepbenchError:
    return SepbenchError(
        f"{url} does not answer", given=given, wanted="a completion", remedy=f"check {URL}, {MODEL} and {KEY}"
    )
