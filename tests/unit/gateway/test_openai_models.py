"""OpenAI's model objects say what the catalog knows."""

import orjson
from gateway.dialects.openai_models.reply import model_list, single_model
from sluice.model_row import Lifecycle, ModelRow, Price, PromptCaching, Reasoning

ARN = "arn:aws:bedrock:us-east-1::foundation-model/maker.model-v1:0"
ROW = ModelRow(
    model_id="maker.model-v1:0",
    kind="foundation-model",
    region="us-east-1",
    name="Model",
    provider="Maker",
    arn=ARN,
    base_model_id="maker.model-v1:0",
    invoke_id="us.maker.model-v1:0",
    profile_ids=("us.maker.model-v1:0",),
    destinations=("us-east-1", "us-west-2"),
    aliases=("model",),
    input_modalities=("TEXT", "IMAGE"),
    reasoning=Reasoning("reasoning_effort", ("low", "high")),
    prompt_caching=PromptCaching(1024),
    prices=(Price(input=1.0, output=5.0),),
    lifecycle=Lifecycle("ACTIVE", 1_700_000_000),
    refuses=("top_k",),
    assumed=("context_window",),
    discovered_at=1_750_000_000,
)
OTHER = ModelRow("model", "manual", "us-east-1", "Other", "Somebody")


def body(response):
    return orjson.loads(b"".join(response.body))


def test_a_model_says_all_that_its_row_knows():
    assert body(single_model(ROW)) == {
        "id": "maker.model-v1:0",
        "object": "model",
        "created": 1_750_000_000,
        "owned_by": "Maker",
        "display_name": "Model",
        "context_window": 32_000,
        "context_length": 32_000,
        "max_output_tokens": 4_096,
        "input_modalities": ["text", "image"],
        "output_modalities": ["text"],
        "aliases": ["model"],
        "kind": "foundation-model",
        "region": "us-east-1",
        "arn": ARN,
        "base_model_id": "maker.model-v1:0",
        "invoke_id": "us.maker.model-v1:0",
        "profile_ids": ["us.maker.model-v1:0"],
        "destinations": ["us-east-1", "us-west-2"],
        "streaming": True,
        "tool_use": True,
        "structured_output": False,
        "reasoning": {
            "asked_by": "reasoning_effort",
            "efforts": ["low", "high"],
            "takes_budget": False,
            "always_on": False,
        },
        "prompt_caching": {"min_tokens": 1024, "ttls": ["5m"]},
        "prices": [
            {
                "input": 1.0,
                "output": 5.0,
                "cache_read": None,
                "cache_write": None,
                "cache_write_1h": None,
                "tier": "default",
                "above_input_tokens": 0,
            }
        ],
        "lifecycle": {
            "status": "ACTIVE",
            "started_at": 1_700_000_000,
            "legacy_at": 0,
            "end_of_life_at": 0,
            "extended_access_at": 0,
        },
        "refuses": ["top_k"],
        "supports": [],
        "assumed": ["context_window"],
    }


def test_the_list_has_the_same_objects_in_the_catalogs_order():
    listed = body(model_list([ROW, OTHER]))
    assert listed["object"] == "list"
    assert listed["data"] == [body(single_model(row)) for row in (ROW, OTHER)]
