from sluice.policy import EVERYTHING, Budget, Guardrail, Limits, Policy
from sluice.residency import Residency
from sluice_cli.policy_view import policy_facts, policy_object

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


def test_everything_that_is_restricted_is_shown():
    assert policy_facts(FULL) == [
        ("Models", "anthropic.*, provider:amazon"),
        ("Dialects", "openai"),
        ("Operations", "chat-completions, list-models"),
        ("Residency", "eu, us-east-1"),
        ("Requests per minute", "60"),
        ("Tokens per minute", "100,000"),
        ("Concurrent streams", "3"),
        ("Max output tokens", "4,096"),
        ("Max request bytes", "1,000,000"),
        ("Budget per day", "$5"),
        ("Budget per month", "$99.99"),
        ("When it is spent", "requests go on, and are warned of"),
        ("Guardrail", "abc123, version 2"),
        ("Attribution", "Bedrock is told who calls"),
    ]


def test_programs_get_the_same():
    assert policy_object(FULL) == {
        "allowed_models": ["anthropic.*", "provider:amazon"],
        "allowed_dialects": ["openai"],
        "allowed_operations": ["chat-completions", "list-models"],
        "residency": ["eu", "us-east-1"],
        "limits": {
            "requests_per_minute": 60,
            "tokens_per_minute": 100_000,
            "concurrent_streams": 3,
            "max_output_tokens": 4_096,
            "max_request_bytes": 1_000_000,
        },
        "budget": {"usd_per_day": "5", "usd_per_month": "99.99", "at_limit": "warn"},
        "guardrail": {"identifier": "abc123", "version": "2"},
        "attribution": True,
    }


def test_no_restriction_is_said_to_be_none():
    assert policy_facts(EVERYTHING) == [("May do", "everything")]
    assert policy_object(EVERYTHING) == {}


def test_a_budget_blocks_where_nothing_else_is_said():
    facts = policy_facts(Policy(budget=Budget(nano_usd_per_day=1)))
    assert facts == [("Budget per day", "$0.000000001"), ("When it is spent", "requests are refused")]
