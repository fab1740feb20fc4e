import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_local.bedrock_runtime.answering.prose import Conversation, answer, thoughts


def asked(question: str, *earlier: str) -> str:
    return answer(Conversation(question, earlier, "Claude", "anthropic.claude"))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Say 'pong'", "pong"),
        ('Reply with exactly "OK 42" and nothing else', "OK 42"),
        ("Respond with only the word: ready", "ready"),
        ("Please say good night", "good night"),
        ("count to 5", "1, 2, 3, 4, 5"),
        ("Count down from 3 to 1!", "3, 2, 1"),
        ("Did I just say that?", None),
    ],
)
def test_simple_orders_are_followed(question, said):
    assert said is None or asked(question) == said


@pytest.mark.parametrize(
    ("question", "result"),
    [
        ("What is 6 * 7?", "6 * 7 = 42."),
        ("2 + 2 * (3 - 1)", "2 + 2 * (3 - 1) = 6."),
        ("How much is 7 / 2 please", "7 / 2 = 3.5."),
        ("Compute 2 ^ 10", "2 ^ 10 = 1024."),
        ("12 x 12", "12 x 12 = 144."),
    ],
)
def test_arithmetic_is_right(question, result):
    assert asked(question).startswith(result)


@pytest.mark.parametrize("question", ["What is 1 / 0?", "9 ^ 9999", "call 555 - - 5", "((1 + 2)"])
def test_arithmetic_that_has_no_result_is_talked_about(question):
    assert len(asked(question)) > 40


def test_it_remembers_a_name():
    assert asked("What is my name?", "Hello, my name is Ada.") == "You told me: your name is Ada."
    assert "not told me" in asked("What is my name?")


def test_it_remembers_what_was_said():
    assert asked("What did I just say?", "first", "second") == "Before this you said: “second”"


def test_it_knows_who_it_is():
    assert "playing Claude (anthropic.claude)" in asked("Who are you?")
    assert "Claude" in asked("hello")


@pytest.mark.parametrize("words", [5, 30, 500])
def test_it_writes_as_many_words_as_asked(words):
    assert len(asked(f"Write {words} words about bread").split()) == words


def test_a_list_has_as_many_lines():
    assert len(asked("List 4 reasons to sleep").splitlines()) == 4


def test_a_haiku_has_three_lines_and_its_subject():
    lines = asked("Write a haiku about rain").splitlines()
    assert len(lines) == 3
    assert any("rain" in line for line in lines)


def test_code_is_named_after_what_it_is_for():
    assert "def sort_a_list(values):" in asked("Write a Python function to sort a list")


def test_any_other_question_is_talked_about():
    said = asked("Why is the sky blue?")
    assert "“Why is the sky blue?”" in said
    assert said.endswith(".")


def test_the_same_question_has_the_same_answer_and_others_have_others():
    questions = [f"What about the number {word}?" for word in ("one", "two", "three", "four", "five", "six")]
    assert [asked(question) for question in questions] == [asked(question) for question in questions]
    assert len({asked(question).replace(question, "") for question in questions}) > 3


def test_thinking_harder_takes_longer():
    conversation = Conversation("Why?")
    assert len(thoughts(conversation, thorough=True)) > len(thoughts(conversation, thorough=False)) > 20


@given(st.text(max_size=200))
def test_it_always_says_something(question):
    assert asked(question).strip()
