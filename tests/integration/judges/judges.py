"""The SDKs' own helpers and the frameworks on top of them, which judge what the dialects say.

Each asks and reads in its own way; what is asked is the same for all. The scripts are in `python` beside this file and
in `tests/integration/node`.
"""

from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

from integration.clients.outcome import Outcome, Target
from integration.clients.servants import Servant, node_servant, python_servant


@dataclass(frozen=True, slots=True)
class Judge:
    """One way of a script to ask: `client` is the script's name for it."""

    script: str
    client: str

    @property
    def name(self) -> str:
        """Return the name under which tests speak of it."""
        stem = self.script.rpartition(".")[0].removeprefix("ask").strip("-_")
        return f"{stem}-{self.client}".replace("_", "-")

    @property
    def is_native(self) -> bool:
        """Tell whether it speaks Bedrock's own API, in which Sluice translates nothing."""
        return self.client in ("converse", "invoke")


_CLIENTS = {
    "ask_boto3.py": ["converse"],
    "ask_langchain.py": ["chat", "responses", "messages", "converse", "invoke"],
    "ask_litellm.py": ["chat", "responses", "messages", "converse"],
    "ask_pydantic_ai.py": ["chat", "responses", "messages", "converse"],
    "ask-ai-sdk.mjs": ["chat", "responses", "compatible", "messages", "converse"],
    "ask-anthropic.mjs": ["messages"],
    "ask-aws-sdk.mjs": ["converse"],
    "ask-openai.mjs": ["chat", "responses"],
}
JUDGES = [Judge(script, client) for script, clients in _CLIENTS.items() for client in clients]


class Court:
    """Puts questions to judges; a script's process starts with its first question."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._servants: dict[str, Servant] = {}
        self._closing = ExitStack()

    def ask(self, judge: Judge, model: str, *prompts: str, **members: Any) -> Outcome:
        """Ask a judge; `members` are further ones of the question."""
        target = self._target
        gateway = {"url": target.url, "tls_url": target.tls_url, "ca_bundle": target.ca_bundle, "key": target.key}
        question = {**gateway, "client": judge.client, "model": model, "prompts": prompts, **members}
        return self._servant(judge.script).ask(question)

    def close(self) -> None:
        """End the processes."""
        self._closing.close()

    def _servant(self, script: str) -> Servant:
        if script not in self._servants:
            is_python = script.endswith(".py")
            servant = python_servant(script) if is_python else node_servant(script, self._target.ca_bundle)
            self._servants[script] = self._closing.enter_context(closing(servant))
        return self._servants[script]
