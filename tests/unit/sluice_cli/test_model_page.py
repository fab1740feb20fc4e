"""All that is known of one model, for people."""

from sluice.model_row import Lifecycle, ModelRow, Price, PromptCaching, Reasoning
from sluice_cli.model_page import model_page

OPUS = ModelRow(
    model_id="anthropic.claude-opus-9",
    kind="foundation-model",
    region="us-east-1",
    name="Claude Opus 9",
    provider="Anthropic",
    arn="arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-9",
    base_model_id="anthropic.claude-opus-9",
    invoke_id="us.anthropic.claude-opus-9",
    profile_ids=("us.anthropic.claude-opus-9", "global.anthropic.claude-opus-9"),
    destinations=("us-east-1", "*"),
    aliases=("claude-opus-9",),
    listed=True,
    input_modalities=("TEXT", "IMAGE"),
    reasoning=Reasoning("thinking.adaptive", ("low", "high"), takes_budget=True, always_on=True),
    prompt_caching=PromptCaching(1_024, ("5m", "1h")),
    structured_output=True,
    context_window=200_000,
    max_output_tokens=64_000,
    prices=(
        Price(input=5.5, output=27.5, cache_read=0.55),
        Price(input=2.75, output=13.75, tier="batch", above_input_tokens=200_000),
    ),
    lifecycle=Lifecycle("LEGACY", 1_700_000_000, 1_750_000_000, 1_800_000_000, 1_775_000_000),
    refuses=("top_p", "top_k"),
    supports=("tool_choice",),
    assumed=("prices",),
    manual=True,
    discovered_at=1_790_000_000,
)


def test_a_page_has_a_line_for_each_thing_that_is_known():
    assert model_page(OPUS, ["eu-west-1"]) == (
        "anthropic.claude-opus-9\n"
        "\n"
        "  Name               Claude Opus 9\n"
        "  Provider           Anthropic\n"
        "  Kind               foundation model\n"
        "  Shown in lists     yes\n"
        "  Region             us-east-1, also eu-west-1\n"
        "  Invoked as         us.anthropic.claude-opus-9\n"
        "  Profiles           us.anthropic.claude-opus-9, global.anthropic.claude-opus-9\n"
        "  Worked on in       us-east-1, anywhere\n"
        "  ARN                arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-9\n"
        "  Aliases            claude-opus-9\n"
        "  Input              text, image\n"
        "  Output             text\n"
        "  Streaming          yes\n"
        "  Context window     200,000 tokens\n"
        "  Most output        64,000 tokens\n"
        "  Tools              yes\n"
        "  Structured output  yes\n"
        "  Reasoning          by thinking.adaptive; efforts low, high; takes a budget too; always on\n"
        "  Prompt caching     for 5m or 1h, from 1,024 tokens\n"
        "  Price              $5.5 in, $27.5 out, $0.55 cache read for 1M tokens\n"
        "                     batch: $2.75 in, $13.75 out for 1M tokens, above 200,000 tokens of input\n"
        "  Refuses            top_p, top_k\n"
        "  Supports           tool_choice\n"
        "  Lifecycle          LEGACY, since 2023-11-14, legacy from 2025-06-15, extended access from 2026-03-31, "
        "ends 2027-01-15\n"
        "  Found              2026-09-21 14:13 UTC\n"
        "  From the file      yes\n"
        "  Only assumed       prices"
    )


def test_what_is_not_known_has_no_line():
    row = ModelRow(model_id="a.b", kind="foundation-model", region="us-east-1", name="B", provider="A")
    assert model_page(row) == (
        "a.b\n"
        "\n"
        "  Name               B\n"
        "  Provider           A\n"
        "  Kind               foundation model\n"
        "  Shown in lists     no\n"
        "  Region             us-east-1\n"
        "  Invoked as         nothing: it has no throughput on demand, and no profile\n"
        "  Input              text\n"
        "  Output             text\n"
        "  Streaming          yes\n"
        "  Context window     32,000 tokens\n"
        "  Most output        4,096 tokens\n"
        "  Tools              yes\n"
        "  Structured output  no\n"
        "  Reasoning          no\n"
        "  Prompt caching     no\n"
        "  Lifecycle          ACTIVE"
    )
