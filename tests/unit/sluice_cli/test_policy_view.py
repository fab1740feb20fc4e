from sluice.policy import Budget, Policy, policy_to_json
from sluice_cli.policy_view import Taken, outcome, policy_facts, policy_object
from unit.sluice_cli import policies

FULL = policy_to_json(policies.FULL)


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
        "budget": {"usd_per_day": 5.0, "usd_per_month": 99.99, "at_limit": "warn"},
        "guardrail": {"identifier": "abc123", "version": "2"},
        "attribution": True,
    }


def test_no_restriction_is_said_to_be_none():
    assert policy_facts("") == [("May do", "everything")]
    assert policy_object("") == {}


def test_a_budget_blocks_where_nothing_else_is_said():
    budget = policy_to_json(Policy(budget=Budget(nano_usd_per_day=1)))
    assert policy_facts(budget) == [("Budget per day", "$0.000000001"), ("When it is spent", "requests are refused")]


def test_what_is_taken_of_a_budget_stands_beside_it():
    facts = dict(policy_facts(FULL, Taken(1_500_000_000, 0)))
    assert facts["Budget per day"] == "$5, of which $1.5 is spent or set aside"
    assert facts["Budget per month"] == "$99.99, of which $0 is spent or set aside"


def test_a_policy_of_a_newer_version_allows_nothing():
    ((label, said),) = policy_facts('{"moon_phase":"full"}')
    assert (label, said.split(":")[0]) == ("May do", "nothing")
    assert "moon_phase" in policy_object('{"moon_phase":"full"}')["unreadable"]


def test_a_change_says_when_it_holds():
    assert outcome(has_changed=True) == "It holds everywhere within 30 seconds."
    assert outcome(has_changed=False) == "Nothing had to change."
