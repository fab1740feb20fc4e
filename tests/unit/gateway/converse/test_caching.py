import pytest
from gateway.converse.caching import Caching, cache_point
from gateway.converse.content import text_block
from gateway.converse.tools import Tool
from sluice.traits import ModelTraits
from unit.gateway.converse.drafts import body_of

POINT = cache_point()
LONG = "word " * 1000
CACHES = ModelTraits(cache_minimum=1000)
LATER = [("assistant", "b"), ("user", "c")]


def points(body):
    """Where the cachePoints of a body are."""
    where = []
    if any("cachePoint" in tool for tool in body.get("toolConfig", {}).get("tools", ())):
        where.append("tools")
    if any("cachePoint" in block for block in body.get("system", ())):
        where.append("system")
    for number, message in enumerate(body["messages"]):
        where += [number for block in message["content"] if "cachePoint" in block]
    return where


def test_a_long_system_prompt_is_cached_by_itself_and_a_conversation_from_its_second_turn():
    first = [("system", LONG), ("user", "a")]
    assert points(body_of(CACHES, *first)) == ["system"]
    assert points(body_of(CACHES, *first, *LATER)) == ["system", 2]


def test_tools_are_cached_where_there_is_no_system_prompt():
    tools = [Tool("f", LONG)]
    assert points(body_of(CACHES, ("user", "a"), tools=tools)) == ["tools"]
    assert points(body_of(ModelTraits(cache_minimum=1000, cache_tools=False), ("user", "a"), tools=tools)) == []


def test_a_prompt_shorter_than_the_model_caches_is_not():
    assert points(body_of(CACHES, ("system", "short"), ("user", "a"), *LATER)) == []


@pytest.mark.parametrize("traits", [ModelTraits(), ModelTraits(cache_points=False, cache_minimum=1)])
def test_a_model_that_is_not_known_to_cache_gets_no_points(traits):
    assert points(body_of(traits, ("system", LONG), ("user", "a"), *LATER)) == []


def test_a_client_can_ask_for_none_or_for_a_longer_time():
    turns = [("system", LONG), ("user", "a")]
    assert points(body_of(CACHES, *turns, caching=Caching(automatic=False))) == []
    body = body_of(CACHES, *turns, caching=Caching(ttl="1h"))
    assert body["system"][1] == {"cachePoint": {"type": "default", "ttl": "1h"}}
    short = ModelTraits(cache_minimum=1000, cache_ttls=frozenset({"5m"}))
    assert body_of(short, *turns, caching=Caching(ttl="1h"))["system"][1] == POINT


def test_points_the_client_set_are_the_only_ones():
    turns = [("system", LONG), ("user", [text_block("a"), cache_point("1h")]), *LATER]
    assert points(body_of(CACHES, *turns)) == [0]


def test_a_ttl_the_model_does_not_take_is_left_out():
    traits = ModelTraits(cache_ttls=frozenset({"5m"}))
    body = body_of(traits, ("user", [text_block("a"), cache_point("1h"), text_block("b"), cache_point("5m")]))
    assert body["messages"][0]["content"][1] == POINT
    assert body["messages"][0]["content"][3] == cache_point("5m")


def test_at_most_four_points_are_sent_and_the_earliest_messages_lose_theirs():
    marked = [text_block("x"), POINT]
    turns = [("system", marked), *[(role, marked) for role in ("user", "assistant", "user", "assistant", "user")]]
    body = body_of(ModelTraits(), *turns, tools=[Tool("f", cache_point=POINT)])
    assert points(body) == ["tools", "system", 3, 4]


def test_points_are_taken_away_where_the_model_refuses_them():
    marked = [text_block("x"), POINT]
    traits = ModelTraits(cache_points=False)
    assert points(body_of(traits, ("system", marked), ("user", marked), tools=[Tool("f", cache_point=POINT)])) == []
    nova = ModelTraits(cache_tools=False)
    assert points(body_of(nova, ("user", marked), tools=[Tool("f", cache_point=POINT)])) == [0]
