"""LiteLLM as a client: `chat` and `responses` (its provider openai), `messages` (anthropic), `converse` (bedrock)."""

import json
import os
from typing import Any

# What it would fetch from GitHub.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = os.environ["LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS"] = "True"
import litellm
from serving import Answer, City, Delta, Question, get_weather, serve

litellm.suppress_debug_info = True
litellm.telemetry = False

WEATHER = {
    "name": "get_weather",
    "description": "Get the weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def ask(question: Question, delta: Delta) -> Answer:
    """Hold the conversation."""
    return _responses(question, delta) if question.client == "responses" else _completions(question, delta)


def _options(question: Question) -> dict[str, Any]:
    options: dict[str, Any] = {"num_retries": 0, "max_retries": 0, "api_key": question.key}
    match question.client:
        case "chat" | "responses":
            options |= {"model": f"openai/{question.model}", "api_base": f"{question.url}/v1"}
        case "messages":
            options |= {"model": f"anthropic/{question.model}", "api_base": question.url, "max_tokens": 8_000}
        case "converse":
            os.environ["SSL_CERT_FILE"] = question.ca_bundle
            options |= {"model": f"bedrock/converse/{question.model}", "aws_bedrock_runtime_endpoint": question.tls_url}
            options |= {"aws_region_name": "us-east-1", "max_tokens": 8_000}
    if question.reasons:
        options["reasoning_effort"] = "low"
    if question.reasons and question.client != "converse":
        # Of OpenAI and Anthropic it knows which models reason, and these are none by their names.
        options["allowed_openai_params"] = ["reasoning_effort"]
    return options


def _completions(question: Question, delta: Delta) -> Answer:
    answer, history = Answer(), _beginning(question)
    options = _options(question)
    if question.tools:
        options["tools"] = [{"type": "function", "function": WEATHER}]
    if question.parses:
        options["response_format"] = City
    for at, prompt in enumerate(question.prompts):
        history.append({"role": "user", "content": _content(prompt, question.image if at == 0 else "")})
        while True:
            message = _said(answer, history, options, question, delta)
            history.append(message)
            if not message.tool_calls:
                break
            history += [_result(answer, call) for call in message.tool_calls]
        if not question.stream:
            delta(message.content)
    if question.parses:
        answer.city = City.model_validate_json(message.content).model_dump()
    return answer


def _beginning(question: Question) -> list[Any]:
    if not question.system:
        return []
    mark = {"cache_control": {"type": "ephemeral"}} if question.caches else {}
    return [{"role": "system", "content": [{"type": "text", "text": question.system, **mark}]}]


def _content(prompt: str, image: str) -> Any:
    text = {"type": "text", "text": prompt}
    return [text, {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}}] if image else prompt


def _said(answer: Answer, history: list[Any], options: dict[str, Any], question: Question, delta: Delta) -> Any:
    if question.stream:
        chunks = []
        for chunk in litellm.completion(
            messages=history, stream=True, stream_options={"include_usage": True}, **options
        ):
            if chunk.choices and chunk.choices[0].delta.content:
                delta(chunk.choices[0].delta.content)
            chunks.append(chunk)
        reply = litellm.stream_chunk_builder(chunks, messages=history)
    else:
        reply = litellm.completion(messages=history, **options)
    [choice] = reply.choices
    answer.stop_reason = choice.finish_reason
    answer.usage = reply.usage.prompt_tokens, reply.usage.completion_tokens
    details = reply.usage.prompt_tokens_details
    answer.cached = (details and details.cached_tokens) or 0
    answer.reasoning += getattr(choice.message, "reasoning_content", None) or ""
    return choice.message


def _result(answer: Answer, call: Any) -> dict[str, Any]:
    arguments = json.loads(call.function.arguments)
    answer.calls.append(arguments["city"])
    return {"role": "tool", "tool_call_id": call.id, "content": get_weather(**arguments)}


def _responses(question: Question, delta: Delta) -> Answer:
    answer, history, options = Answer(), [], _responses_options(question)
    for at, prompt in enumerate(question.prompts):
        history.append({"role": "user", "content": _parts(prompt, question.image if at == 0 else "")})
        while True:
            response = _response(answer, history, options, question, delta)
            history += [item.model_dump(exclude_none=True) for item in response.output]
            calls = [item for item in response.output if item.type == "function_call"]
            if not calls:
                break
            history += [_output(answer, call) for call in calls]
        if question.parses:
            answer.city = City.model_validate_json(response.output_text).model_dump()
        elif not question.stream:
            delta(response.output_text)
    return answer


def _responses_options(question: Question) -> dict[str, Any]:
    options = _options(question)
    if question.system:
        options["instructions"] = question.system
    if question.tools:
        options["tools"] = [{"type": "function", **WEATHER}]
    if question.parses:
        options["text_format"] = City
    if options.pop("reasoning_effort", None):
        options["reasoning"] = {"effort": "low", "summary": "auto"}
    return options


def _parts(prompt: str, image: str) -> list[Any]:
    picture = {"type": "input_image", "image_url": f"data:image/png;base64,{image}"}
    return [{"type": "input_text", "text": prompt}, *([picture] if image else [])]


def _response(answer: Answer, history: list[Any], options: dict[str, Any], question: Question, delta: Delta) -> Any:
    response = litellm.responses(
        input=history, store=False, include=["reasoning.encrypted_content"], stream=question.stream, **options
    )
    if question.stream:
        for event in response:
            if event.type == "response.output_text.delta":
                delta(event.delta)
            if event.type in ("response.completed", "response.incomplete"):
                response = event.response
    answer.stop_reason = response.status
    answer.usage = response.usage.input_tokens, response.usage.output_tokens
    answer.cached = response.usage.input_tokens_details.cached_tokens
    for item in response.output:
        if item.type == "reasoning":
            answer.reasoning += "".join(part.text for part in item.summary)
    return response


def _output(answer: Answer, call: Any) -> dict[str, Any]:
    arguments = json.loads(call.arguments)
    answer.calls.append(arguments["city"])
    return {"type": "function_call_output", "call_id": call.call_id, "output": get_weather(**arguments)}


serve(ask)
