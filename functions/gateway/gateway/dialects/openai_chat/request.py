"""Chat Completions requests → Converse requests.

A feature that cannot be carried is refused with the path of its field; a tuning knob that Bedrock has no place for, and
fields nobody knows, are ignored (docs/dialects.md lists them).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.errors import InvalidRequest

type Json = dict[str, Any]

# Converse takes 0 to 1; OpenAI clients may send up to 2.
_MAX_TEMPERATURE = 1.0
_SYSTEM_ROLES = frozenset({"system", "developer"})
_TALKING_ROLES = frozenset({"user", "assistant"})
# Fields that change what is answered and are not carried: each with the values that ask for nothing.
_REFUSED: dict[str, tuple[object, ...]] = {
    "audio": (None,),
    "function_call": (None, "none"),
    "functions": (None, []),
    "logprobs": (None, False),
    "n": (None, 1),
    "prediction": (None,),
    "response_format": (None, {"type": "text"}),
    "tools": (None, []),
    "web_search_options": (None,),
}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a client asked: `converse` is the Converse request's body, without the model id."""

    model: str
    stream: bool
    include_usage: bool
    converse: Json


def read_request(body: bytes) -> ChatRequest:
    """Translate the body of a Chat Completions request.

    Raises:
        InvalidRequest: it is malformed, or asks for what is not carried.
    """
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(f"The body is not valid JSON: {error}.") from error
    if not isinstance(request, dict):
        raise InvalidRequest("The body must be a JSON object.")
    for name, harmless in _REFUSED.items():
        if request.get(name) not in harmless:
            raise InvalidRequest(f"Sluice does not carry `{name}` = {_shown(request[name])} here.", name)
    stream_options = _optional(request, "stream_options", dict) or {}
    return ChatRequest(
        model=_model(request),
        stream=bool(_optional(request, "stream", bool)),
        include_usage=bool(_optional(stream_options, "include_usage", bool, "stream_options.include_usage")),
        converse=_converse(request),
    )


def _converse(request: Json) -> Json:
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InvalidRequest("`messages` must be a list of at least one message.", "messages")
    system: list[Json] = []
    turns: list[Json] = []
    for index, message in enumerate(messages):
        _read_message(message, f"messages[{index}]", system, turns)
    if not turns or turns[0]["role"] != "user":
        raise InvalidRequest(
            "The first message that is not a system message must be the user's, and hold text.", "messages"
        )
    _trim_prefill(turns)
    converse: Json = {"messages": turns}
    if system:
        converse["system"] = system
    if inference := _inference_config(request):
        converse["inferenceConfig"] = inference
    return converse


def _read_message(message: object, path: str, system: list[Json], turns: list[Json]) -> None:
    if not isinstance(message, dict):
        raise InvalidRequest(f"`{path}` must be an object.", path)
    role = message.get("role")
    if message.get("tool_calls"):
        raise InvalidRequest(f"Sluice does not carry `{path}.tool_calls`.", f"{path}.tool_calls")
    blocks = [{"text": text} for text in _texts(message.get("content"), f"{path}.content") if text.strip()]
    if role in _SYSTEM_ROLES:
        system.extend(blocks)
    elif role not in _TALKING_ROLES:
        raise InvalidRequest(
            f"`{path}.role` is {_shown(role)}; Sluice carries system, developer, user and assistant.", f"{path}.role"
        )
    elif turns and turns[-1]["role"] == role:
        # Converse wants the roles to alternate; agents often send several messages of one role.
        turns[-1]["content"].extend(blocks)
    elif blocks:
        turns.append({"role": role, "content": blocks})


def _texts(content: object, path: str) -> Iterator[str]:
    """Yield a message's texts: `content` is a string, a list of parts, or null."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for index, part in enumerate(content):
            yield _part_text(part, f"{path}[{index}]")
    elif content is not None:
        raise InvalidRequest(f"`{path}` must be a string or a list of parts.", path)


def _part_text(part: object, path: str) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(part, dict) or kind not in ("text", "refusal"):
        raise InvalidRequest(f"`{path}.type` is {_shown(kind)}; Sluice carries text parts here.", f"{path}.type")
    text = part.get(kind)
    if not isinstance(text, str):
        raise InvalidRequest(f"`{path}.{kind}` must be a string.", f"{path}.{kind}")
    return text


def _trim_prefill(turns: list[Json]) -> None:
    """Models refuse a last assistant turn that ends in white space."""
    if turns[-1]["role"] == "assistant":
        last = turns[-1]["content"][-1]
        last["text"] = last["text"].rstrip()


def _inference_config(request: Json) -> Json:
    config: Json = {}
    for name in ("max_completion_tokens", "max_tokens"):
        if (limit := _number(request, name)) is not None:
            if limit != int(limit) or limit < 1:
                raise InvalidRequest(f"`{name}` must be a whole number of at least 1.", name)
            config["maxTokens"] = int(limit)
            break
    if (temperature := _number(request, "temperature")) is not None:
        config["temperature"] = min(temperature, _MAX_TEMPERATURE)
    if (top_p := _number(request, "top_p")) is not None:
        config["topP"] = top_p
    if stop := _stop_sequences(request.get("stop")):
        config["stopSequences"] = stop
    return config


def _stop_sequences(stop: object) -> list[str]:
    sequences = [stop] if isinstance(stop, str) else stop or []
    if not isinstance(sequences, list) or not all(isinstance(sequence, str) for sequence in sequences):
        raise InvalidRequest("`stop` must be a string or a list of strings.", "stop")
    # Converse refuses an empty one, and models one of white space only.
    return [sequence for sequence in sequences if sequence.strip()]


def _model(request: Json) -> str:
    model = request.get("model")
    if not isinstance(model, str) or not model.strip():
        raise InvalidRequest("`model` must be the id of a Bedrock model or inference profile.", "model")
    return model.strip()


def _number(request: Json, name: str) -> float | None:
    value = request.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise InvalidRequest(f"`{name}` must be a number of at least 0.", name)
    return value


def _optional[T](request: Json, name: str, kind: type[T], path: str = "") -> T | None:
    value = request.get(name)
    if value is not None and not isinstance(value, kind):
        raise InvalidRequest(f"`{path or name}` must be a {kind.__name__}.", path or name)
    return value


def _shown(value: object) -> str:
    """Show a short value; a long one might be a prompt."""
    text = orjson.dumps(value).decode()
    return text if len(text) <= 40 else f"a {type(value).__name__}"
