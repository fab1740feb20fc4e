"""What the catalog knows of a model beyond a dialect's own fields: extra members, the same in every model list."""

from typing import Any

from sluice.model_row import ModelRow, row_members


def facts_json(row: ModelRow) -> dict[str, Any]:
    """Return the members. `context_length` is what some clients look for instead of `context_window`."""
    members = row_members(row)
    return {
        "display_name": row.name,
        "context_window": row.context_window,
        "context_length": row.context_window,
        "max_output_tokens": row.max_output_tokens,
        "input_modalities": [word.lower() for word in row.input_modalities],
        "output_modalities": [word.lower() for word in row.output_modalities],
        "aliases": row.aliases,
        "kind": row.kind,
        "region": row.region,
        "arn": row.arn,
        "base_model_id": row.base_model_id,
        "invoke_id": row.invoke_id,
        "profile_ids": row.profile_ids,
        "destinations": row.destinations,
        "streaming": row.streaming,
        "tool_use": row.tool_use,
        "structured_output": row.structured_output,
        "reasoning": members["reasoning"],
        "prompt_caching": members["prompt_caching"],
        "prices": members["prices"],
        "lifecycle": members["lifecycle"],
        "refuses": row.refuses,
        "supports": row.supports,
        "assumed": row.assumed,
    }
