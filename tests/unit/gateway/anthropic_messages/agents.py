"""What agents send: the keys, headers and shapes recorded from them, with other words in their place."""

from typing import Any

type Json = dict[str, Any]

MARK = {"type": "ephemeral"}

CLAUDE_CODE_HEADERS = {
    "anthropic-version": "2023-06-01",
    "anthropic-beta": (
        "claude-code-20250219,interleaved-thinking-2025-05-14,thinking-token-count-2026-05-13,"
        "context-management-2025-06-27,prompt-caching-scope-2026-01-05"
    ),
    "x-app": "cli",
    "x-claude-code-session-id": "0f5a2e4e-1111-4222-8333-444455556666",
    "content-type": "application/json",
}
_TOOLS = ("Task", "Bash", "Glob", "Grep", "Read", "Edit", "Write", "WebFetch", "mcp__docs__search-pages")


def _tool(name: str) -> Json:
    properties = {"path": {"type": "string", "description": "Absolute."}, "limit": {"type": "integer"}}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": ["path"],
        "additionalProperties": False,
    }
    return {"name": name, "description": f"{name} does what it says.", "input_schema": schema}


def claude_code(model: str, signature: str, **members: Any) -> Json:
    """Return the third request of a session: a tool was used, its result goes back.

    `signature` is the one of the thinking "I will look.".
    """
    return {
        "model": model,
        "max_tokens": 32_000,
        "stream": True,
        "system": [
            {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1"},
            {"type": "text", "text": "You are an agent.", "cache_control": {**MARK, "ttl": "1h"}},
            {"type": "text", "text": "The directory is /repo.", "cache_control": {**MARK, "scope": "global"}},
        ],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "<system-reminder>Be careful.</system-reminder>"},
                    {"type": "text", "text": "What is in README.md?"},
                ],
            },
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "I will look.", "signature": signature},
                    {"type": "text", "text": "Let me look."},
                    {"type": "tool_use", "id": "toolu_01A", "name": "Read", "input": {"path": "/repo/README.md"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "toolu_01A",
                        "content": "# Sluice",
                        "is_error": False,
                        "cache_control": MARK,
                    }
                ],
            },
        ],
        "tools": [_tool(name) for name in _TOOLS],
        "thinking": {"type": "enabled", "budget_tokens": 31_999},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "metadata": {"user_id": '{"device_id":"d1","account_uuid":"","session_id":"0f5a2e4e-1111"}'},
        **members,
    }


def pi_ai(model: str) -> Json:
    """Return what OpenClaw's agent core sends: two messages of the user in a row, eager tools, marks at the ends."""
    return {
        "model": model,
        "max_tokens": 8_192,
        "stream": True,
        "system": [{"type": "text", "text": "You are OpenClaw.", "cache_control": MARK}],
        "messages": [
            {"role": "user", "content": "Read a."},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "call_1", "name": "read", "input": {}}]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "A", "is_error": False}],
            },
            {"role": "user", "content": [{"type": "text", "text": "And now?", "cache_control": MARK}]},
        ],
        "tools": [{**_tool("read"), "eager_input_streaming": True, "cache_control": MARK}],
        "thinking": {"type": "disabled"},
    }
