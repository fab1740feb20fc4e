from sluice_local.bedrock_runtime.answering.drafting import Draft, HiddenThought, Speech, Thought, ToolCall, draft
from sluice_local.bedrock_runtime.answering.tokens import pieces
from sluice_local.bedrock_runtime.assembly import assemble

SENTENCE = "One two three, four five."
ARGUMENTS = {"city": "Paris", "days": [1, 2]}
PARTS = [Thought("Let me think.", "sig"), Speech(SENTENCE), ToolCall("t1", "look", ARGUMENTS)]


def said(written: Draft) -> list[dict]:
    return assemble(written.events)["output"]["message"]["content"]


def test_a_draft_says_all_its_parts_in_order():
    written = draft(PARTS, max_tokens=1000)
    assert said(written) == [
        {"reasoningContent": {"reasoningText": {"text": "Let me think.", "signature": "sig"}}},
        {"text": SENTENCE},
        {"toolUse": {"toolUseId": "t1", "name": "look", "input": ARGUMENTS}},
    ]
    assert written.stop_reason == "tool_use"


def test_words_alone_end_the_turn():
    assert draft([Speech(SENTENCE)], max_tokens=1000).stop_reason == "end_turn"


def test_output_tokens_are_counted():
    written = draft([Speech(SENTENCE)], max_tokens=1000)
    assert written.output_tokens == len(pieces(SENTENCE)) == len(written.events) - 1


def test_a_draft_stops_at_any_number_of_tokens():
    whole = draft(PARTS, max_tokens=1000)
    for limit in range(1, whole.output_tokens):
        written = draft(PARTS, max_tokens=limit)
        assert (written.stop_reason, written.output_tokens) == ("max_tokens", limit)
        deltas = [event for event in written.events if event.type == "contentBlockDelta"]
        signatures = [event for event in deltas if "signature" in event.payload["delta"].get("reasoningContent", {})]
        assert len(deltas) - len(signatures) == limit
    exact = draft(PARTS, max_tokens=whole.output_tokens)
    assert (exact.stop_reason, exact.events) == ("tool_use", whole.events)


def test_a_tool_use_that_is_cut_has_no_arguments_in_a_message():
    thought_and_words = draft(PARTS[:2], max_tokens=1000).output_tokens
    assert said(draft(PARTS, max_tokens=thought_and_words + 3))[2]["toolUse"]["input"] == {}


def test_a_thought_that_is_cut_is_not_signed():
    [thought] = said(draft(PARTS, max_tokens=2))
    assert thought == {"reasoningContent": {"reasoningText": {"text": "Let me"}}}


def test_the_first_stop_sequence_ends_the_text_before_it():
    written = draft([Speech(SENTENCE)], max_tokens=1000, stop_sequences=["four", " three", "absent"])
    assert said(written) == [{"text": "One two"}]
    assert (written.stop_reason, written.stop_sequence) == ("stop_sequence", " three")


def test_a_stop_sequence_at_the_beginning_leaves_no_block():
    written = draft([Speech(SENTENCE)], max_tokens=1000, stop_sequences=["One"])
    assert written.events == ()
    assert written.stop_reason == "stop_sequence"


def test_stop_sequences_do_not_stop_thoughts_and_tools():
    written = draft([PARTS[0], PARTS[2]], max_tokens=1000, stop_sequences=["think", "Paris"])
    assert written.stop_reason == "tool_use"


def test_max_tokens_comes_before_a_stop_sequence_that_is_never_reached():
    assert draft([Speech(SENTENCE)], max_tokens=2, stop_sequences=["five"]).stop_reason == "max_tokens"


def test_a_tool_without_arguments_has_no_delta():
    written = draft([ToolCall("t1", "now", {})], max_tokens=10)
    assert [event.type for event in written.events] == ["contentBlockStart", "contentBlockStop"]


def test_hidden_reasoning_is_one_delta_and_costs_tokens():
    written = draft([HiddenThought(b"\x00"), Speech("So.")], max_tokens=1000)
    assert said(written)[0] == {"reasoningContent": {"redactedContent": "AA=="}}
    assert written.output_tokens > len(pieces("So."))
