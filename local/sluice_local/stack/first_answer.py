"""The proof that it works: one chat completion, streamed through the function URL to the terminal as it arrives."""

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from sluice_local.stack.errors import StackError

QUESTION = "In two or three sentences: what happens between my request and the words I am reading now?"
_TIMEOUT_SECONDS = 120.0
# Asked first where the catalog has it: cheap, quick, and open to every AWS account.
_PREFERRED = ("anthropic.claude-3-haiku-20240307-v1:0", "amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0")


def choose_model(url: str, api_key: str, wanted: str) -> str:
    """Return the model to ask: the wanted one, else a preferred one, else the catalog's first.

    Raises:
        StackError: the catalog is empty or cannot be read.
    """
    if wanted:
        return wanted
    with _request(url, "GET", "/v1/models", api_key, b"") as response:
        ids = [model["id"] for model in json.loads(response.read()).get("data", [])]
    if not ids:
        raise StackError("The catalog is empty, so there is no model to ask.")
    return next((model for model in _PREFERRED if model in ids), ids[0])


def stream_answer(url: str, api_key: str, model: str) -> Iterator[str]:
    """Ask a question and yield the pieces of the answer as they come.

    Raises:
        StackError: the answer is an error, or ends without [DONE].
    """
    body = {"model": model, "stream": True, "messages": [{"role": "user", "content": QUESTION}]}
    with _request(url, "POST", "/v1/chat/completions", api_key, json.dumps(body).encode()) as response:
        for line in response:
            data = line.decode().strip().removeprefix("data: ")
            if data == "[DONE]":
                return
            if line.startswith(b"data: "):
                yield _text(json.loads(data))
    raise StackError("The answer ended without [DONE].")


def _text(chunk: dict[str, Any]) -> str:
    if "error" in chunk:
        raise StackError(f"The answer broke off: {chunk['error']['message']}")
    return str(chunk["choices"][0]["delta"].get("content") or "") if chunk["choices"] else ""


def _request(url: str, method: str, path: str, api_key: str, body: bytes) -> http.client.HTTPResponse:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request(
            method,
            parts.path + path,
            body,
            {"authorization": f"Bearer {api_key}", "content-type": "application/json", "connection": "close"},
        )
        response = connection.getresponse()
    except OSError as error:
        connection.close()
        raise StackError(f"The function URL did not answer: {error}") from error
    if response.status != 200:
        text = response.read().decode(errors="replace")
        connection.close()
        raise StackError(f"{method} {path} was answered with {response.status}: {text}")
    return response
