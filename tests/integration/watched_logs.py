"""What the functions of a test run have logged, looked through for what no log may hold: keys, signatures, secrets,
prompts, replies.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sluice.keys import KEY_PATTERN
from sluice_local.bedrock_runtime.answering import phrases
from sluice_local.bedrock_runtime.scenarios.samples import PLAIN_PIECES, REASONING_PIECES
from sluice_local.lambda_service import FunctionSpec, RunningFunctionUrl, running_function_url

type Findings = list[str]

PATTERNS: Mapping[str, re.Pattern[str]] = {
    "a key": KEY_PATTERN,
    "the secret of a key": re.compile(r"\b[a-z2-7]{52}\b"),
    "a bearer token": re.compile(r"\bbearer\s+\S{8,}", re.IGNORECASE),
    "an AWS signature": re.compile(r"AWS4-HMAC-SHA256|\bSignature=[0-9a-f]{8,}|X-Amz-Signature", re.IGNORECASE),
    "an AWS session token": re.compile(r"\bX-Amz-Security-Token\b", re.IGNORECASE),
}
# Shorter texts occur by chance: "a", "text", "end_turn".
_SHORTEST_TEXT = 20
# Longer ones would be cut in a log if anything of them were there.
_LONGEST_TEXT = 80
# Bodies name betas, guardrails and profiles, which logs may name too.
_NAME = re.compile(r"arn:\S+|[\w.:-]{1,60}")
# What has a space in a request's line by right (`cause` is the table's, not its own): the rest is names and numbers.
_WORDED = {"timestamp", "cause"}


@dataclass(slots=True)
class WatchedLogs:
    """Logs by the name of who wrote them, and texts that none of them may hold, by what they are."""

    logs: list[tuple[str, Callable[[], Iterable[str]]]] = field(default_factory=list)
    forbidden: dict[str, str] = field(default_factory=dict)

    def watch(self, name: str, read: Callable[[], Iterable[str]]) -> None:
        """Look through these lines too, when it is time."""
        self.logs.append((name, read))

    def forbid(self, what: str, *texts: str) -> None:
        """Let no log hold any of these texts, or a line of them; short ones are passed over."""
        for text in texts:
            for line in text.splitlines():
                if len(line.strip()) >= _SHORTEST_TEXT:
                    self.forbidden[line.strip()[:_LONGEST_TEXT]] = what

    def forbid_prompts(self, body: Any) -> None:
        """Let no log hold any text of a request's body."""
        self.forbid("a prompt", *(text for text in _strings(body) if not _NAME.fullmatch(text)))

    def findings(self) -> Findings:
        """Return what was found, in words that do not repeat it whole."""
        found: Findings = []
        for name, read in self.logs:
            found += _findings_in(name, list(read()), self.forbidden)
        return found


# The one of this test run.
WATCHED = WatchedLogs()
WATCHED.forbid("a reply", "".join(PLAIN_PIECES), "".join(REASONING_PIECES), *phrases.TOOL_INTRODUCTIONS)
WATCHED.forbid("a reply", *(part for thought in phrases.THOUGHTS for part in re.split(r"\{\w+\}", thought)))


@contextmanager
def watched_function_url(spec: FunctionSpec, *arguments: Any, **options: Any) -> Iterator[RunningFunctionUrl]:
    """Run a function as `running_function_url` does, and have its log looked through at the end of the test run."""
    with running_function_url(spec, *arguments, **options) as running:
        WATCHED.watch(spec.name, lambda: running.logs)
        yield running


def _findings_in(name: str, lines: list[str], forbidden: Mapping[str, str]) -> Findings:
    texts = [text for line in lines for text in _texts(line)]
    # What a text is found in is looked for only where there is one.
    everything = "\n".join(texts)
    found = [f"{name} logged {what}: {_around(everything, match)}" for what, match in _matches(everything)]
    found += [f"{name} logged {what}: {text[:12]}…" for text, what in forbidden.items() if text in everything]
    for line in lines:
        found += [f"{name} logged words in `{member}` of a request's line" for member in _wordy_members(line)]
    return found


def _matches(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    for what, pattern in PATTERNS.items():
        if match := pattern.search(text):
            yield what, match


def _around(text: str, match: re.Match[str]) -> str:
    line = text[text.rfind("\n", 0, match.start()) + 1 : match.start() + 8]
    return f"{line[-80:]}…"


def _texts(line: str) -> Iterator[str]:
    """Return a line's texts: as it stands, and as JSON means them, without escapes."""
    yield line
    if entry := _json(line):
        yield from _strings(entry)


def _wordy_members(line: str) -> list[str]:
    """Return the members of a request's line that hold more than a word: nothing that belongs there does."""
    entry = _json(line)
    if entry.get("message") != "request":
        return []
    told = {name: value for name, value in entry.items() if name not in _WORDED}
    return [name for name, value in told.items() if any(re.search(r"\s", text) for text in _strings(value))]


def _json(line: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}


def _strings(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for member in value.values():
                yield from _strings(member)
        case list():
            for member in value:
                yield from _strings(member)
