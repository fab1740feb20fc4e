from gateway.bedrock.grammar import (
    BlockDelta,
    BlockStart,
    BlockStop,
    GrammarReader,
    MessageStart,
    MessageStop,
    TextDelta,
)
from gateway.bedrock.sequence import OneAtATime
from unit.gateway import recordings


def tool(index, name):
    return BlockStart(index, "toolUse", {"name": name})


def piece(index, text):
    return BlockDelta(index, "toolUse", {"input": text})


def stop(index):
    return BlockStop(index, "toolUse")


def test_interleaved_tool_uses_are_told_one_after_the_other():
    events = [tool(0, "a"), piece(0, "1"), tool(1, "b"), piece(1, "2"), piece(0, "3"), stop(0), piece(1, "4"), stop(1)]
    assert OneAtATime().read(events) == [
        *[tool(0, "a"), piece(0, "1"), piece(0, "3"), stop(0)],
        *[tool(1, "b"), piece(1, "2"), piece(1, "4"), stop(1)],
    ]


def test_a_tool_use_that_waited_goes_on_as_it_comes_once_it_is_its_turn():
    reader = OneAtATime()
    assert reader.read([tool(0, "a"), tool(1, "b"), piece(1, "1")]) == [tool(0, "a")]
    assert reader.read([stop(0)]) == [stop(0), tool(1, "b"), piece(1, "1")]
    assert reader.read([piece(1, "2")]) == [piece(1, "2")]


def test_tool_uses_that_are_over_before_their_turn_are_told_whole():
    reader = OneAtATime()
    reader.read([tool(0, "a"), tool(1, "b"), tool(2, "c"), piece(2, "3"), stop(1), stop(2)])
    assert reader.read([stop(0)]) == [stop(0), tool(1, "b"), stop(1), tool(2, "c"), piece(2, "3"), stop(2)]


def test_what_does_not_overlap_passes_at_once():
    events = [MessageStart(), BlockStart(0, "text", {}), TextDelta(0, "Hi"), BlockStop(0, "text"), tool(1, "a")]
    reader = OneAtATime()
    assert [reader.read([event]) for event in events] == [[event] for event in events]


def test_nothing_of_a_reply_with_parallel_tool_uses_is_lost():
    events = GrammarReader().feed(b"".join(recordings.library("tool-use-parallel")))
    told = OneAtATime().read(events)
    assert sorted(map(repr, told)) == sorted(map(repr, events))
    assert isinstance(told[-1], MessageStop)
