import pytest
from gateway.converse.conversation import tool_result, tool_use
from gateway.errors import InvalidRequest
from sluice.traits import ModelTraits
from unit.gateway.converse.drafts import messages_of, talk

POINT = {"cachePoint": {"type": "default"}}
IMAGE = {"image": {"format": "png", "source": {"bytes": "aaaa"}}}
DOCUMENT = {"document": {"format": "pdf", "name": "a", "source": {"bytes": "aaaa"}}}


def text(words):
    return {"text": words}


def reasoning(words, signature=None):
    signed = {"signature": signature} if signature else {}
    return {"reasoningContent": {"reasoningText": {"text": words, **signed}}}


REDACTED = {"reasoningContent": {"redactedContent": "YWJj"}}


def kinds(message):
    return [next(iter(block)) for block in message["content"]]


def test_messages_of_one_role_in_a_row_become_one():
    assert messages_of(("user", "a"), ("user", "b"), ("assistant", "c"), ("assistant", "d"), ("user", "e")) == [
        {"role": "user", "content": [text("a"), text("b")]},
        {"role": "assistant", "content": [text("c"), text("d")]},
        {"role": "user", "content": [text("e")]},
    ]


def test_a_conversation_that_the_assistant_begins_gets_a_user_before():
    assert messages_of(("assistant", "Hi"), ("user", "b"))[0] == {"role": "user", "content": [text(".")]}


def test_a_conversation_of_instructions_alone_gets_a_user():
    conversation = talk(("system", "Say hello."))
    assert conversation.finish(ModelTraits()) == [{"role": "user", "content": [text(".")]}]
    assert conversation.system == [text("Say hello.")]


@pytest.mark.parametrize("blank", ["", " ", "\n\t "])
def test_blank_texts_are_dropped_and_so_is_a_turn_of_nothing_else(blank):
    assert messages_of(("user", "a"), ("assistant", blank), ("user", blank), ("user", "b")) == [
        {"role": "user", "content": [text("a"), text("b")]}
    ]


def test_a_document_alone_gets_the_text_that_must_stand_beside_it():
    assert messages_of(("user", [DOCUMENT])) == [{"role": "user", "content": [DOCUMENT, text(".")]}]


def test_an_empty_tool_result_says_so():
    assert tool_result("t", [text(" ")])["toolResult"]["content"] == [text("(no output)")]


def test_an_assistants_reasoning_comes_before_its_text_before_its_tool_uses():
    use = tool_use("t", "f", {})
    [_, message, _] = messages_of(("user", "a"), ("assistant", [use, text("x"), reasoning("r", "s")]), ("user", "b"))
    assert kinds(message) == ["reasoningContent", "text", "toolUse"]


def test_tool_results_come_in_one_user_message_before_all_else():
    [*_, last] = messages_of(
        ("user", "a"),
        ("assistant", [tool_use("1", "f", {}), tool_use("2", "f", {})]),
        ("user", [tool_result("1", [text("x")])]),
        ("user", "Meanwhile"),
        ("user", [tool_result("2", [text("y")])]),
    )
    assert kinds(last) == ["toolResult", "toolResult", "text"]


def test_a_tool_use_or_result_that_is_sent_twice_counts_once():
    [_, uses, results] = messages_of(
        ("user", "a"),
        ("assistant", [tool_use("1", "f", {}), tool_use("1", "f", {})]),
        ("user", [tool_result("1", [text("x")]), tool_result("1", [text("x")])]),
    )
    assert (len(uses["content"]), len(results["content"])) == (1, 1)


def test_a_cache_point_moves_with_the_block_it_follows():
    [*_, last] = messages_of(
        ("user", "a"),
        ("assistant", [tool_use("1", "f", {})]),
        ("user", [text("b"), tool_result("1", [text("x")]), POINT]),
    )
    assert kinds(last) == ["toolResult", "cachePoint", "text"]


def test_a_cache_point_after_nothing_is_dropped_and_a_second_in_a_row_too():
    assert messages_of(("user", [text(" "), POINT, text("a"), POINT, POINT])) == [
        {"role": "user", "content": [text("a"), POINT]}
    ]


def test_a_last_assistant_turn_loses_the_white_space_at_its_end():
    assert messages_of(("user", "a"), ("assistant", "The answer is \n"))[-1]["content"] == [text("The answer is")]


def test_a_model_that_takes_no_prefill_is_told_to_go_on():
    traits = ModelTraits(prefill=False)
    assert messages_of(("user", "a"), ("assistant", "So"), traits=traits)[-1] == {
        "role": "user",
        "content": [text("Continue.")],
    }


def test_instructions_in_mid_conversation_stay_where_they_are():
    turns = [("system", "A"), ("user", "b"), ("system", "C"), ("assistant", "d"), ("user", "e")]
    knows = messages_of(*turns, traits=ModelTraits(mid_conversation_system=True))
    assert [message["role"] for message in knows] == ["user", "system", "assistant", "user"]
    does_not = messages_of(*turns)
    assert [message["role"] for message in does_not] == ["user", "assistant", "user"]
    assert "C" in does_not[0]["content"][1]["text"]


def test_instructions_between_a_tool_use_and_its_result_come_after_the_result():
    turns = [
        ("user", "a"),
        ("assistant", [tool_use("1", "f", {})]),
        ("system", "Hurry."),
        ("user", [tool_result("1", [text("x")])]),
    ]
    assert kinds(messages_of(*turns)[-1]) == ["toolResult", "text"]
    [*_, results, system] = messages_of(*turns, traits=ModelTraits(mid_conversation_system=True))
    assert (kinds(results), system["role"]) == (["toolResult"], "system")


def test_instructions_that_no_user_turn_comes_before_become_a_user_turn():
    turns = [("user", "a"), ("assistant", "b"), ("system", "C")]
    messages = messages_of(*turns, traits=ModelTraits(mid_conversation_system=True))
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ("any", [reasoning("r", "s"), reasoning("u"), REDACTED]),
        ("signed", [reasoning("r", "s"), REDACTED]),
        ("text", [reasoning("r"), reasoning("u"), REDACTED]),
        ("none", [REDACTED]),
    ],
)
def test_reasoning_comes_back_in_the_form_the_model_takes(history, expected):
    blocks = [reasoning("r", "s"), reasoning("u"), REDACTED, text("x")]
    traits = ModelTraits(reasoning_history=history)
    assert messages_of(("user", "a"), ("assistant", blocks), ("user", "b"), traits=traits)[1]["content"] == [
        *expected,
        text("x"),
    ]


def test_redacted_reasoning_goes_only_to_models_that_made_it():
    traits = ModelTraits(reasoning_history="text", redacted_history=False)
    blocks = [REDACTED, text("x")]
    assert messages_of(("user", "a"), ("assistant", blocks), ("user", "b"), traits=traits)[1]["content"] == [text("x")]


def test_images_in_a_tool_result_go_beside_it_where_they_may_not_be_inside():
    result = tool_result("1", [IMAGE])
    turns = [("user", "a"), ("assistant", [tool_use("1", "f", {})]), ("user", [result, text("b")])]
    assert kinds(messages_of(*turns)[-1]) == ["toolResult", "text"]
    last = messages_of(*turns, traits=ModelTraits(tool_result_images=False))[-1]
    assert kinds(last) == ["toolResult", "image", "text"]
    assert "image" in last["content"][0]["toolResult"]["content"][0]["text"]


def test_a_tool_results_status_goes_only_where_it_is_taken():
    turns = [
        ("user", "a"),
        ("assistant", [tool_use("1", "f", {})]),
        ("user", [tool_result("1", [text("x")], failed=True)]),
    ]
    assert messages_of(*turns)[-1]["content"][0]["toolResult"]["status"] == "error"
    last = messages_of(*turns, traits=ModelTraits(tool_result_status=False))[-1]
    assert "status" not in last["content"][0]["toolResult"]


def test_too_many_documents_are_refused_with_their_message_and_images_are_the_models_affair():
    with pytest.raises(InvalidRequest, match="5 in a message") as caught:
        messages_of(("user", [DOCUMENT] * 6))
    assert caught.value.param == "messages"
    assert messages_of(("user", [IMAGE] * 100))


def test_a_longer_history_begins_with_what_a_shorter_one_became():
    turns = [
        ("system", "S"),
        ("user", "a"),
        ("assistant", [reasoning("r", "s"), tool_use("1", "f", {"x": 1})]),
        ("user", [tool_result("1", [text("x")])]),
        ("system", "Hurry."),
        ("assistant", "b"),
        ("user", [DOCUMENT]),
        ("assistant", "c"),
        ("user", "d"),
    ]
    for traits in (ModelTraits(), ModelTraits(mid_conversation_system=True, tool_result_images=False)):
        whole = messages_of(*turns, traits=traits)
        for upto in (2, 5, 7):
            part = messages_of(*turns[:upto], traits=traits)
            assert whole[: len(part)] == part


def test_reasoning_that_comes_twice_goes_once():
    blocks = [reasoning("a", "1"), REDACTED, reasoning("a", "1"), REDACTED, reasoning("b", "2"), reasoning("c")]
    [_, assistant] = messages_of(("user", "q"), ("assistant", [*blocks, reasoning("c")]))
    assert assistant["content"] == [*blocks[:2], *blocks[4:], reasoning("c")]


def test_tools_have_turns_of_their_own_where_a_model_takes_no_mixed_ones():
    turns = [
        ("user", "What is the weather?"),
        ("assistant", [text("I will look."), tool_use("a", "f", {}), tool_use("b", "f", {})]),
        ("user", [tool_result("a", [text("1")]), tool_result("b", [text("2")])]),
        ("system", "Be brief."),
        ("user", "And?"),
    ]
    told = messages_of(*turns, traits=ModelTraits(mixed_turns=False))
    assert [(message["role"], kinds(message)) for message in told] == [
        ("user", ["text"]),
        ("assistant", ["text"]),
        ("user", ["text"]),
        ("assistant", ["toolUse", "toolUse"]),
        ("user", ["toolResult", "toolResult"]),
        ("assistant", ["text"]),
        ("user", ["text", "text"]),
    ]
    assert (told[2]["content"], told[5]["content"]) == ([text("Continue.")], [text("Understood.")])
    assert len(messages_of(*turns)) == 3


def test_a_cache_point_stays_with_its_block_when_a_turn_is_divided():
    results = ("user", [tool_result("a", [text("1")]), POINT, text("And?"), POINT])
    told = messages_of(
        ("user", "a"), ("assistant", [tool_use("a", "f", {})]), results, traits=ModelTraits(mixed_turns=False)
    )
    assert [kinds(message) for message in told[2:]] == [["toolResult", "cachePoint"], ["text"], ["text", "cachePoint"]]
