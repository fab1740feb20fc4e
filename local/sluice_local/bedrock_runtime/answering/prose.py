"""What the emulator says: an answer to the question where it is an easy one, a few kind sentences about it where not.

The same question always gets the same answer.
"""

import ast
import hashlib
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sluice_local.bedrock_runtime.answering import phrases

_MOST_WORDS = 20_000
_MOST_NUMBERS = 2_000

_LONGEST_QUOTE = 12
_LONGEST_SUBJECT = 5
_LONGEST_EXPRESSION = 200


@dataclass(frozen=True, slots=True)
class Conversation:
    """What an answer is made from: the question, what was asked before it, and who is asked."""

    question: str
    earlier: tuple[str, ...] = ()
    model: str = "a model"
    model_id: str = ""

    @property
    def quoted(self) -> str:
        """The question's first words, in quotation marks."""
        words = self.question.split()
        shortened = " ".join(words[:_LONGEST_QUOTE]) + (" …" if len(words) > _LONGEST_QUOTE else "")
        return f"“{shortened}”"


def answer(conversation: Conversation) -> str:
    """Return the answer to the last question of a conversation."""
    for pattern, respond in _RESPONSES:
        if match := pattern.search(conversation.question):
            said = respond(match, conversation)
            if said:
                return said
    return _essay(conversation)


def thoughts(conversation: Conversation, *, thorough: bool) -> str:
    """Return what is thought before the answer; thorough thinking takes more sentences."""
    sentences = phrases.THOUGHTS if thorough else (phrases.THOUGHTS[0], *phrases.THOUGHTS[-2:])
    return "".join(_filled(sentence, conversation) for sentence in sentences)


def chosen(options: Sequence[str], seed: str) -> str:
    """Return one of the options, always the same for a seed."""
    return options[int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4]) % len(options)]


def _echo(match: re.Match[str], _: Conversation) -> str:
    return match["said"].strip()


def _calculate(match: re.Match[str], _: Conversation) -> str:
    expression = match[0].strip(" ?=.")
    plain = expression.replace("\u00d7", "*").replace("x", "*").replace("\u00f7", "/").replace("^", "**")
    if len(plain) > _LONGEST_EXPRESSION:
        return ""
    try:
        result = _evaluate(ast.parse(plain, mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError):
        return ""
    shown = int(result) if result == int(result) else round(result, 6)
    return f"{expression} = {shown}. I checked it twice, which for an emulator is the same as once."


def _count(match: re.Match[str], _: Conversation) -> str:
    first, last = int(match["first"] or 1), int(match["last"])
    step = 1 if last >= first else -1
    return ", ".join(str(number) for number in range(first, last + step, step)[:_MOST_NUMBERS])


def _long(match: re.Match[str], conversation: Conversation) -> str:
    wanted = min(int(match["words"]), _MOST_WORDS)
    words: list[str] = []
    for sentence in _endless(conversation):
        words += sentence.split(" ")
        if len(words) >= wanted:
            break
    return " ".join(words[:wanted]).rstrip(",;:.") + "."


def _haiku(match: re.Match[str], conversation: Conversation) -> str:
    return chosen(phrases.HAIKU, conversation.question).format(subject=_subject(match["subject"]) or "silence")


def _list(match: re.Match[str], _: Conversation) -> str:
    count = min(int(match["count"]), len(phrases.MIDDLES))
    return "\n".join(f"{at}. {sentence}" for at, sentence in enumerate(phrases.MIDDLES[:count], 1))


def _code(match: re.Match[str], _: Conversation) -> str:
    name = "_".join(re.findall(r"\w+", _subject(match["subject"]).lower()))
    return phrases.CODE.replace("{name}", name or "answer")


def _name(_: re.Match[str], conversation: Conversation) -> str:
    for text in reversed(conversation.earlier):
        if found := re.search(r"\b(?:my name is|i am called|call me)\s+(?P<name>\w+)", text, re.IGNORECASE):
            return f"You told me: your name is {found['name']}."
    return phrases.UNKNOWN_NAME


def _earlier(_: re.Match[str], conversation: Conversation) -> str:
    return f"Before this you said: “{conversation.earlier[-1]}”" if conversation.earlier else ""


def _identity(_: re.Match[str], conversation: Conversation) -> str:
    return phrases.IDENTITY.format(model=conversation.model, model_id=conversation.model_id)


def _greeting(_: re.Match[str], conversation: Conversation) -> str:
    return chosen(phrases.GREETINGS, conversation.question).format(model=conversation.model)


_RESPONSES: Sequence[tuple[re.Pattern[str], Callable[[re.Match[str], Conversation], str]]] = (
    (
        re.compile(
            r"\b(?:say|reply|respond|answer|repeat|echo|output|write|print)\b[^\"“'`\n]{0,40}[\"“'`](?P<said>[^\"”'`]+)[\"”'`]",
            re.IGNORECASE,
        ),
        _echo,
    ),
    (
        re.compile(
            r"\b(?:repeat after me|(?:reply|respond|answer) with (?:exactly|only|just)(?: the words?)?|echo)[:,]?\s+"
            r"(?P<said>\S[^\n]{0,400})",
            re.IGNORECASE,
        ),
        _echo,
    ),
    (re.compile(r"^\s*(?:please )?say[:,]? (?P<said>\S[^\n?]{0,400})$", re.IGNORECASE), _echo),
    (re.compile(r"(?<![\w.])-?[(\d][\d.() ]*(?:\s*[-+*/x\u00d7\u00f7^]\s*-?[(\d][\d.() ]*)+"), _calculate),
    (re.compile(r"\bcount(?: up| down)?(?: from (?P<first>\d{1,6}))? to (?P<last>\d{1,6})", re.IGNORECASE), _count),
    (re.compile(r"(?P<words>\d{1,6})[ -]words?\b", re.IGNORECASE), _long),
    (re.compile(r"\b(?:haiku|poem|verse)s?\b(?P<subject>[^.?!\n]*)", re.IGNORECASE), _haiku),
    (re.compile(r"\b(?:list|name|give me|tell me)\s+(?:the\s+)?(?P<count>[1-9]\d?)\b", re.IGNORECASE), _list),
    (
        re.compile(
            r"\b(?:write|show|give|implement|create)\b.{0,40}\b(?:function|code|program|script|class)\b"
            r"(?P<subject>[^.?!\n]*)",
            re.IGNORECASE,
        ),
        _code,
    ),
    (re.compile(r"\bmy name\b", re.IGNORECASE), _name),
    (re.compile(r"\bdid i (?:just )?(?:say|ask|tell)|\bprevious (?:message|question)", re.IGNORECASE), _earlier),
    (re.compile(r"\b(?:who|what) are you\b|\b(?:what|which) model\b|\byour name\b", re.IGNORECASE), _identity),
    (re.compile(r"^\s*(?:hello|hi|hey|good (?:morning|day|evening)|ping|test)\b[^?]{0,30}$", re.IGNORECASE), _greeting),
)


def _essay(conversation: Conversation) -> str:
    sentences = list(_endless(conversation))[: 2 + len(conversation.question) % 3]
    closing = chosen(phrases.CLOSINGS, conversation.question + ".")
    return " ".join([*sentences, closing])


def _endless(conversation: Conversation) -> Iterator[str]:
    """Yield an opening, then every middle in an order of the question's own, again and again up to a limit."""
    yield _filled(chosen(phrases.OPENINGS, conversation.question), conversation)
    order = sorted(
        phrases.MIDDLES, key=lambda sentence: hashlib.sha256((conversation.question + sentence).encode()).digest()
    )
    for at in range(_MOST_WORDS // 8):
        yield order[at % len(order)]


def _filled(sentence: str, conversation: Conversation) -> str:
    words = str(len(conversation.question.split()))
    return sentence.replace("{question}", conversation.quoted).replace("{words}", words)


def _subject(phrase: str) -> str:
    """Return a few words without the one that leads to them (` about the rain`: rain)."""
    words = re.sub(r"^\s*(?:(?:about|on|of|that|which|to|for|in|the|an?)\s+)*", "", phrase, flags=re.IGNORECASE).split()
    return " ".join(words[:_LONGEST_SUBJECT])


_OPERATORS: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _evaluate(node: ast.expr) -> float:
    """Return the value of an arithmetic expression. Raises ValueError for anything else."""
    match node:
        case ast.Constant(int() | float() as value):
            return float(value)
        case ast.UnaryOp(ast.USub(), operand):
            return -_evaluate(operand)
        case ast.BinOp(left, ast.Pow(), ast.Constant(int() as exponent)) if exponent <= 64:
            return _evaluate(left) ** exponent
        case ast.BinOp(left, kind, right) if type(kind) in _OPERATORS:
            return _OPERATORS[type(kind)](_evaluate(left), _evaluate(right))
        case _:
            raise ValueError("not arithmetic")
