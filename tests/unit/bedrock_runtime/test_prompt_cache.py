from typing import Any

from sluice_local.bedrock_runtime.answering.prompt_cache import InputUsage, PromptCache, count_input

LONG = "word " * 100


def point(ttl: str | None = None) -> dict[str, Any]:
    return {"cachePoint": {"type": "default", **({"ttl": ttl} if ttl else {})}}


def request(*system: dict[str, Any], question="hi", **members: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"text": question}]}], "system": list(system), **members}


def account(cache: PromptCache, asked: dict[str, Any], minimum: int | None = 10, now=0.0, model="m") -> InputUsage:
    return cache.account(asked, model, minimum, now)


def test_a_prompt_without_cache_points_is_all_input():
    asked = request({"text": LONG})
    assert account(PromptCache(), asked) == InputUsage(count_input(asked))


def test_the_first_time_writes_and_the_second_reads():
    cache, asked = PromptCache(), request({"text": LONG}, point())
    first, second = account(cache, asked), account(cache, asked)
    assert (first.read, second.written) == (0, 0)
    assert first.written == second.read >= 100
    assert first.uncached + first.written == second.uncached + second.read == count_input(asked)


def test_a_longer_prefix_reads_the_shorter_one_and_writes_the_rest():
    cache = PromptCache()
    short = account(cache, request({"text": LONG}, point()))
    longer = account(cache, request({"text": LONG}, point(), {"text": "more " * 50}, point()))
    assert longer.read == short.written
    assert longer.written >= 50


def test_another_prefix_model_or_tool_reads_nothing():
    cache = PromptCache()
    tools = {"tools": [{"toolSpec": {"name": "a", "inputSchema": {"json": {}}}}]}
    account(cache, request({"text": LONG}, point()))
    assert account(cache, request({"text": LONG + "!"}, point())).read == 0
    assert account(cache, request({"text": LONG}, point()), model="n").read == 0
    assert account(cache, request({"text": LONG}, point(), toolConfig=tools)).read == 0


def test_a_prefix_lives_for_its_ttl_from_its_last_use():
    cache = PromptCache()
    brief, lasting = request({"text": LONG}, point()), request({"text": LONG + "x"}, point("1h"))
    account(cache, brief)
    assert account(cache, brief, now=299.0).read
    assert account(cache, brief, now=598.0).read
    assert not account(cache, brief, now=899.0).read
    assert account(cache, lasting).written_for == {"1h": account(cache, lasting, now=3599.0).read}


def test_a_short_prefix_is_not_cached_and_some_models_cache_nothing():
    cache, asked = PromptCache(), request({"text": LONG}, point())
    for minimum in (1000, None):
        account(cache, asked, minimum)
        assert account(cache, asked, minimum) == InputUsage(count_input(asked))


def test_what_is_written_is_split_by_ttl():
    asked = request({"text": LONG}, point("1h"), {"text": LONG}, point("5m"))
    usage = account(PromptCache(), asked)
    assert set(usage.written_for) == {"1h", "5m"}
    assert sum(usage.written_for.values()) == usage.written


def test_pictures_and_documents_cost_tokens():
    picture = {"image": {"format": "png", "source": {"bytes": b"x"}}}
    document = {"document": {"name": "a", "format": "pdf", "source": {"bytes": bytes(5000)}}}
    assert count_input({"messages": [{"role": "user", "content": [picture]}]}) > 1000
    assert count_input({"messages": [{"role": "user", "content": [document]}]}) > 1000


def test_a_tool_s_schema_and_a_result_s_json_cost_tokens():
    tools = {"tools": [{"toolSpec": {"name": "a", "inputSchema": {"json": {"type": "object", "required": ["b"]}}}}]}
    assert count_input(request(toolConfig=tools)) > count_input(request())
