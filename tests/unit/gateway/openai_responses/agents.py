"""What Codex sends: the keys, headers and shapes recorded from it, with other words in their place."""

from typing import Any

type Json = dict[str, Any]

CODEX_HEADERS = {
    "accept": "text/event-stream",
    "originator": "codex_exec",
    "session-id": "0f5a2e4e-1111-4222-8333-444455556666",
    "thread-id": "0f5a2e4e-1111-4222-8333-444455556666",
    "x-client-request-id": "0f5a2e4e-1111-4222-8333-444455556666",
    "x-codex-turn-metadata": '{"session_id":"0f5a2e4e"}',
    "content-type": "application/json",
}


def _function(name: str) -> Json:
    properties = {"cmd": {"type": "string"}, "workdir": {"type": "string"}, "timeout_ms": {"type": "number"}}
    schema = {"type": "object", "properties": properties, "required": ["cmd"], "additionalProperties": False}
    return {"type": "function", "name": name, "description": "Runs.", "strict": False, "parameters": schema}


def _developer(words: str) -> Json:
    return {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": words}]}


def codex(model: str, sealed: str, **members: Any) -> Json:
    """Return the second request of a turn: a function was called, an interim message written, the output goes back.

    `sealed` is the reasoning that came before the call.
    """
    return {
        "model": model,
        "input": [
            _developer("<permissions instructions>Read only.</permissions instructions>"),
            _developer("You are an agent."),
            {
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": "<environment_context>/repo</environment_context>"}],
            },
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "What is in README.md?"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [], "content": None, "encrypted_content": sealed},
            {
                "type": "function_call",
                "id": "fc_1",
                "status": "completed",
                "name": "exec_command",
                "arguments": '{"cmd":"cat README.md"}',
                "call_id": "call_1",
            },
            {
                "type": "message",
                "id": "msg_1",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Let me look."}],
            },
            {"type": "function_call_output", "call_id": "call_1", "output": "# Sluice"},
        ],
        "tools": [
            _function("exec_command"),
            _function("update_plan"),
            {"type": "namespace", "name": "multi_agent", "description": "Agents.", "tools": [_function("spawn")]},
            {"type": "web_search", "external_web_access": False},
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "reasoning": {"summary": "auto"},
        "store": False,
        "stream": True,
        "include": ["reasoning.encrypted_content"],
        "prompt_cache_key": "0f5a2e4e-1111-4222-8333-444455556666",
        "client_metadata": {"x-codex-installation-id": "0f5a2e4e"},
        **members,
    }
