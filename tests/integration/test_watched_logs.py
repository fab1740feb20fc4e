"""The watch over the logs finds what it is for, and the suite starts no function without it."""

import json
from pathlib import Path

import pytest
from integration.watched_logs import WATCHED, WatchedLogs
from sluice.keys import new_key

TESTS = Path(__file__).parents[1]
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
PROMPT = "What is the airspeed of an unladen swallow?"


def findings(*lines: str, **told: object) -> list[str]:
    watched = WatchedLogs()
    watched.forbid("an AWS secret", SECRET)
    watched.forbid_prompts({"messages": [{"content": [{"text": PROMPT}]}], "guardrail": {"arn": "arn:aws:bedrock:::a"}})
    watched.watch("it", lambda: [*lines, *([json.dumps({"message": "request", **told})] if told else [])])
    return watched.findings()


def a_key() -> str:
    text, _ = new_key(b"secret of a deployment")
    return text


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (f"failed for {a_key()}", "a key"),
        (f"failed for {a_key().rpartition('_')[2]}", "the secret of a key"),
        ("headers: {'authorization': 'Bearer abcdefghij'}", "a bearer token"),
        ("AWS4-HMAC-SHA256 Credential=AKIA/20261129/us-east-1/bedrock/aws4_request", "an AWS signature"),
        (f"environ: {SECRET}", "an AWS secret"),
        (json.dumps({"exception": f"ValueError: {PROMPT!r}"}), "a prompt"),
        (PROMPT, "a prompt"),
    ],
)
def test_what_no_log_may_hold_is_found_and_not_repeated(line: str, what: str) -> None:
    found = findings("START RequestId: 1", line)
    assert found
    assert any(f"it logged {what}: " in finding for finding in found)
    assert not any(text in finding for finding in found for text in (PROMPT, SECRET))


def test_a_prompt_is_found_behind_jsons_escapes() -> None:
    watched = WatchedLogs()
    watched.forbid_prompts({"text": 'She said "naïve" to the sea'})
    watched.watch("it", lambda: [json.dumps({"cause": 'in: She said "naïve" to the sea'})])
    assert len(watched.findings()) == 1


def test_one_line_of_a_long_prompt_is_enough() -> None:
    watched = WatchedLogs()
    watched.forbid_prompts({"text": f"Hello!\n{PROMPT}\n{'x' * 500}"})
    watched.watch("it", lambda: [PROMPT])
    watched.watch("another", lambda: ["x" * 100])
    assert len(watched.findings()) == 2


@pytest.mark.parametrize("told", [{"model": "tell me"}, {"ignored_fields": ["store", "tell me"]}])
def test_words_in_a_requests_line_are_found_whatever_they_say(told: dict[str, object]) -> None:
    [member] = told
    assert findings(**told) == [f"it logged words in `{member}` of a request's line"]


def test_an_ordinary_log_holds_nothing() -> None:
    told = {
        "timestamp": "2026-11-29 02:00:00,000+0000",
        "model": "us.amazon.nova-pro-v1:0",
        "location": "log_request:1",
    }
    assert findings("START RequestId: 7d2c Version: $LATEST", "REPORT RequestId: 7d2c\tDuration: 3.00 ms", **told) == []


def test_what_is_logged_after_it_is_watched_is_looked_through_too() -> None:
    watched, lines = WatchedLogs(), ["START"]
    watched.watch("it", lambda: lines)
    assert watched.findings() == []
    lines.append(a_key())
    assert len(watched.findings()) == 1


def test_the_suite_forbids_what_it_asks_and_what_is_answered() -> None:
    assert "a reply" in WATCHED.forbidden.values()


def test_no_test_starts_our_functions_behind_the_watchs_back() -> None:
    here = Path(__file__).with_name("watched_logs.py")
    starters = [path for path in TESTS.rglob("*.py") if "node_modules" not in path.parts and path != here]
    unwatched = {
        str(path.relative_to(TESTS))
        for path in starters
        if "running_function_url(" in (text := path.read_text()) and ("gateway_spec" in text or "refresh_spec" in text)
    }
    assert unwatched == {str(Path(__file__).relative_to(TESTS))}
