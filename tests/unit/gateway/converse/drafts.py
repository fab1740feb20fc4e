"""Drafts as dialects make them, and the Converse bodies that they become."""

from typing import Any

from gateway.converse.content import text_block
from gateway.converse.conversation import Conversation
from gateway.converse.draft import Draft, build
from sluice.traits import UNKNOWN_MODEL, ModelTraits

WEATHER_SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def talk(*turns: tuple[str, Any]) -> Conversation:
    """Return a conversation of (role, text or blocks)."""
    conversation = Conversation()
    for role, content in turns:
        blocks = [text_block(content)] if isinstance(content, str) else content
        if role == "system":
            conversation.add_system(blocks)
        else:
            conversation.add(role, blocks)
    return conversation


def messages_of(*turns: tuple[str, Any], traits: ModelTraits = UNKNOWN_MODEL) -> list[Any]:
    """Return Converse's messages of a conversation."""
    return talk(*turns).finish(traits)


def body_of(traits: ModelTraits = UNKNOWN_MODEL, *turns: tuple[str, Any], **members: Any) -> dict[str, Any]:
    """Return the Converse body of a draft."""
    return build(Draft(conversation=talk(*(turns or (("user", "Hello"),))), **members), traits).body
