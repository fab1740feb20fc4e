"""A policy that restricts everything, and the options that make it."""

from sluice.policy import Budget, Guardrail, Limits, Policy
from sluice.residency import Residency

EVERY_OPTION = (
    *("--allow-model", "anthropic.*", "--allow-model", "provider:amazon"),
    *("--allow-dialect", "openai", "--allow-operation", "chat-completions", "--allow-operation", "list-models"),
    *("--residency", "eu,us-east-1"),
    *("--requests-per-minute", "60", "--tokens-per-minute", "100000", "--concurrent-streams", "3"),
    *("--max-output-tokens", "4096", "--max-request-bytes", "1000000"),
    *("--budget-per-day", "5", "--budget-per-month", "99.99", "--at-limit", "warn"),
    *("--guardrail", "abc123:2", "--attribution"),
)
FULL = Policy(
    allowed_models=("anthropic.*", "provider:amazon"),
    allowed_dialects=("openai",),
    allowed_operations=("chat-completions", "list-models"),
    residency=Residency(("eu", "us-east-1")),
    limits=Limits(60, 100_000, 3, 4_096, 1_000_000),
    budget=Budget(5_000_000_000, 99_990_000_000, "warn"),
    guardrail=Guardrail("abc123", "2"),
    attribution=True,
)
