"""Builds Converse requests from what any dialect can say. Pure, and knows no dialect.

A dialect reads its own JSON into a `draft.Draft`: messages go into a `conversation.Conversation`, whose blocks are
Converse content blocks already (`content`, `documents`, `capsule` help to make them); tools, output format, reasoning,
sampling and the rest are small values. `draft.build(draft, traits)` gives the Converse body and what the reply's
encoder must know (`draft.Built`). Which rule holds for which model is asked of its `sluice.traits.ModelTraits`.
"""
