"""The messages of a Converse request, in the order and shape that models take.

Roles alternate, the first is the user's, tool results of a turn come before what else the user says, an assistant's
reasoning before its text before its tool uses where the dialect has lost their order. Later turns never change what was
made of earlier ones, so that a history which is sent again begins with the same bytes and finds its prompt cached.
"""

from collections.abc import Iterable, Iterator
from typing import Literal

from sluice.traits import ModelTraits

from gateway.converse.content import NO_OUTPUT, PLACEHOLDER, Block, text_block
from gateway.errors import InvalidRequest

Role = Literal["user", "assistant"]

# Images have the limits of the models only (bedrock/latest/userguide/inference-api-restrictions.html).
_MOST_DOCUMENTS = 5
_CONTINUE = "Continue."
_UNDERSTOOD = "Understood."
_SYSTEM_NOTE = "[A system message, not the user's words] "

_ASSISTANT_ORDER = {"reasoningContent": 0, "toolUse": 2}


class _Turn:
    def __init__(self, role: Role, path: str) -> None:
        self.role: Role = role
        self.path = path
        self.blocks: list[Block] = []
        self.system: list[Block] = []


class Conversation:
    """Collects messages as a dialect reads them; `finish` makes Converse's `messages` of them.

    A cachePoint block stays behind the block that it follows, wherever that goes. `keeps_order`: the dialect has an
    assistant's blocks in the model's own order, which models that reason between their tool uses want back.
    """

    def __init__(self, *, keeps_order: bool = False) -> None:
        self.system: list[Block] = []
        self._keeps_order = keeps_order
        self._turns: list[_Turn] = []

    def add(self, role: Role, blocks: Iterable[Block], path: str = "messages") -> None:
        """Add a message's blocks, to the turn before where that has the same role."""
        if kept := _without_blanks(blocks):
            self._turn(role, path).blocks.extend(kept)

    def add_system(self, blocks: Iterable[Block], path: str = "messages") -> None:
        """Add instructions: to the system prompt before any turn, else where they stand in the conversation."""
        if not self._turns:
            self.system.extend(_without_blanks(blocks))
        elif kept := _without_blanks(blocks):
            self._turn("user", path).system.extend(kept)

    def add_to_last(self, blocks: Iterable[Block]) -> None:
        """Add blocks to the last turn, whoever's it is."""
        if self._turns:
            self._turns[-1].blocks.extend(blocks)

    def finish(self, traits: ModelTraits) -> list[Block]:
        """Return Converse's `messages`.

        Raises:
            InvalidRequest: a turn has more documents than Bedrock takes.
        """
        messages: list[Block] = []
        for turn in self._turns:
            for message in _messages_of(turn, traits, keeps_order=self._keeps_order):
                if messages and messages[-1]["role"] == message["role"]:
                    messages[-1]["content"] += message["content"]
                else:
                    messages.append(message)
        if not messages or messages[0]["role"] != "user":
            messages.insert(0, {"role": "user", "content": [text_block(PLACEHOLDER)]})
        _end_well(messages, traits)
        return messages if traits.mixed_turns else [part for message in messages for part in _unmixed(message)]

    def _turn(self, role: Role, path: str) -> _Turn:
        if not self._turns or self._turns[-1].role != role:
            self._turns.append(_Turn(role, path))
        return self._turns[-1]


def tool_use(tool_use_id: str, name: str, arguments: object) -> Block:
    """Return a tool use of the assistant's; arguments that are no object become an empty one."""
    return {
        "toolUse": {"toolUseId": tool_use_id, "name": name, "input": arguments if isinstance(arguments, dict) else {}}
    }


def tool_result(tool_use_id: str, blocks: Iterable[Block], *, failed: bool | None = None) -> Block:
    """Return what a tool gave back; `failed` None: not said."""
    content = _without_blanks(blocks) or [text_block(NO_OUTPUT)]
    result: Block = {"toolUseId": tool_use_id, "content": content}
    if failed is not None:
        result["status"] = "error" if failed else "success"
    return {"toolResult": result}


def kind_of(block: Block) -> str:
    """Return a block's key."""
    return next(iter(block), "")


def _messages_of(turn: _Turn, traits: ModelTraits, *, keeps_order: bool) -> Iterator[Block]:
    groups = _deduplicated(_grouped(turn.blocks))
    if turn.role == "assistant":
        groups = [kept for group in groups if (kept := _remembered(group, traits))]
        if not keeps_order:
            groups.sort(key=lambda group: _ASSISTANT_ORDER.get(kind_of(group[0]), 1))
    else:
        groups = [part for group in groups for part in _carried(group, traits)]
        groups.sort(key=lambda group: kind_of(group[0]) != "toolResult")
    blocks, system = [block for group in groups for block in group], turn.system
    if not traits.mid_conversation_system or not blocks:
        # The role `system` may only follow a user's turn: where it cannot stand, it becomes part of one.
        blocks, system = blocks + [_note(block) for block in system], []
    if blocks:
        yield {"role": turn.role, "content": _with_text(blocks, turn.path)}
    if system:
        yield {"role": "system", "content": system}


def _without_blanks(blocks: Iterable[Block]) -> list[Block]:
    """Drop blank texts, which models refuse, and cachePoints with nothing before them."""
    kept: list[Block] = []
    for block in blocks:
        if not (("text" in block and not block["text"].strip()) or ("cachePoint" in block and not kept)):
            kept.append(block)
    return kept


def _grouped(blocks: Iterable[Block]) -> list[list[Block]]:
    """Keep each cachePoint with the block before it; a second one in a row is dropped."""
    groups: list[list[Block]] = []
    for block in blocks:
        if "cachePoint" not in block:
            groups.append([block])
        elif groups and len(groups[-1]) == 1:
            groups[-1].append(block)
    return groups


def _deduplicated(groups: list[list[Block]]) -> list[list[Block]]:
    """Drop what the turn has already.

    Agents send tool uses and results twice after a retry, and reasoning comes both by itself and in the ids of calls.
    """
    seen: set[tuple[str, str]] = set()
    kept = []
    for group in groups:
        if identity := _identity(group[0]):
            if identity in seen:
                continue
            seen.add(identity)
        kept.append(group)
    return kept


def _identity(block: Block) -> tuple[str, str] | None:
    """Return what no second block of a turn may share; None for a block that may come again."""
    kind = kind_of(block)
    if kind in ("toolUse", "toolResult"):
        return kind, block[kind]["toolUseId"]
    if kind == "reasoningContent":
        reasoning = block[kind]
        proof = reasoning.get("redactedContent") or reasoning.get("reasoningText", {}).get("signature")
        return (kind, proof) if proof else None
    return None


def _remembered(group: list[Block], traits: ModelTraits) -> list[Block]:
    """Return a group as the model takes its own earlier words back: reasoning only in the form it allows."""
    reasoning = group[0].get("reasoningContent")
    if reasoning is None or traits.reasoning_history == "any":
        return group
    text = reasoning.get("reasoningText")
    if text is None:
        return group if traits.redacted_history else []
    if traits.reasoning_history == "signed":
        return group if text.get("signature") else []
    if traits.reasoning_history == "none" or not text["text"].strip():
        return []
    return [{"reasoningContent": {"reasoningText": {"text": text["text"]}}}, *group[1:]]


def _carried(group: list[Block], traits: ModelTraits) -> list[list[Block]]:
    """Return a user's group as the model takes it: images beside a tool's result where they may not be inside."""
    result = group[0].get("toolResult")
    if result is None:
        return [group]
    if "status" in result and not traits.tool_result_status:
        result = {name: value for name, value in result.items() if name != "status"}
    images = [] if traits.tool_result_images else [block for block in result["content"] if "image" in block]
    if images:
        rest = [block for block in result["content"] if "image" not in block]
        result = {**result, "content": rest or [text_block("(The image follows.)")]}
    return [[{"toolResult": result}, *group[1:]], *([image] for image in images)]


def _note(block: Block) -> Block:
    return text_block(_SYSTEM_NOTE + block["text"]) if "text" in block else block


def _with_text(blocks: list[Block], path: str) -> list[Block]:
    """Give documents the text that must stand beside them, and count what Bedrock limits."""
    kinds = [kind_of(block) for block in blocks]
    if (count := kinds.count("document")) > _MOST_DOCUMENTS:
        raise InvalidRequest(f"`{path}` has {count} documents; Bedrock takes {_MOST_DOCUMENTS} in a message.", path)
    return [*blocks, text_block(PLACEHOLDER)] if "document" in kinds and "text" not in kinds else blocks


def _unmixed(message: Block) -> list[Block]:
    """Divide a turn in which tools stand beside other things: some models take them only in turns of their own."""
    of_tools: list[Block] = []
    others: list[Block] = []
    for group in _grouped(message["content"]):
        (of_tools if kind_of(group[0]) in ("toolUse", "toolResult") else others).extend(group)
    if not of_tools or not others:
        return [message]
    role, other = message["role"], "user" if message["role"] == "assistant" else "assistant"
    first, second, between = (others, of_tools, _CONTINUE) if role == "assistant" else (of_tools, others, _UNDERSTOOD)
    return [
        {"role": role, "content": first},
        {"role": other, "content": [text_block(between)]},
        {"role": role, "content": second},
    ]


def _end_well(messages: list[Block], traits: ModelTraits) -> None:
    """Models refuse a last assistant turn that ends in white space, and some refuse any: those are told to go on."""
    last = messages[-1]
    if last["role"] != "assistant":
        return
    at = max((at for at, block in enumerate(last["content"]) if "text" in block), default=None)
    if at is not None:
        last["content"][at] = text_block(last["content"][at]["text"].rstrip())
    if not traits.prefill:
        messages.append({"role": "user", "content": [text_block(_CONTINUE)]})
