"""What a refresh answered, in words."""

import pytest
from sluice_cli.refresh_report import reported

NO_CHANGES = {"added": [], "removed": [], "changed": {}}


def summary(status, **changes):
    return {
        "status": status,
        "regions": ["us-east-1"],
        "models": 2,
        "rows": 3,
        "served_rows": 9,
        "refreshed_at": 1_800_000_000,
        "age": 120,
        "failures": [],
        "unsupported": ["ListPromptRouters in us-east-1: Bedrock has no such list"],
        "warnings": [],
        **changes,
    }


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (summary("published"), "Published: 2 models to list, 3 in all, of us-east-1."),
        (
            summary("held"),
            (
                "Held back: 2 models to list, 3 in all, of us-east-1. That is none, or less than half of what is "
                "served. If the next refresh finds the same it is published; --force does so now. "
                "Served: 9 in all, found 2 minutes ago."
            ),
        ),
        (
            summary("superseded"),
            "Not published: a later refresh was first. Served: 9 in all, found 2 minutes ago.",
        ),
        (summary("busy", served_rows=0), "Not begun: another refresh is running. Nothing is served so far."),
        (
            summary("dry run", would_be="published", changes=NO_CHANGES),
            (
                "Would be published: 2 models to list, 3 in all, of us-east-1. Served: 9 in all, found 2 minutes ago. "
                "Nothing was written.\nNo model would change."
            ),
        ),
        (
            summary("dry run", would_be="held", changes=NO_CHANGES, regions=[]),
            (
                "Would be held back: 2 models to list, 3 in all. Served: 9 in all, found 2 minutes ago. "
                "Nothing was written.\nNo model would change."
            ),
        ),
    ],
)
def test_each_outcome_has_its_words(answer, told):
    assert reported(answer) == told


def test_what_could_not_be_listed_and_what_the_file_got_wrong_are_lines():
    lines = reported(summary("published", failures=["a is denied"], warnings=["line 4"])).splitlines()
    assert lines[1:] == ["! a is denied", "! line 4"]


def test_a_dry_run_shows_what_would_come_go_and_change():
    changes = {
        "added": ["us-east-1 a.new"],
        "removed": ["us-east-1 a.old"],
        "changed": {
            "us-east-1 a.same": {
                "context_window": [32_000, 64_000],
                "reasoning": [None, {"asked_by": "", "efforts": [], "takes_budget": False, "always_on": True}],
                "prices": [[], [{"input": 3.0, "output": None, "tier": "default", "above_input_tokens": 0}]],
                "supports": [[], ["x" * 100]],
            },
            "us-east-1 a.later": {},
        },
    }
    assert reported(summary("dry run", would_be="published", changes=changes)).splitlines()[1:] == [
        "+ a.new",
        "- a.old",
        "~ a.same",
        "    context_window: 32000 -> 64000",
        '    reasoning: null -> {"always_on": true}',
        '    prices: [] -> [{"input": 3.0, "tier": "default"}]',
        "    supports",
        "~ a.later",
    ]


def test_with_several_regions_each_change_names_its_own():
    changes = {**NO_CHANGES, "added": ["eu-west-1 arn:aws:bedrock:eu-west-1:1:custom-model/x y"]}
    answer = summary("dry run", would_be="published", changes=changes, regions=["us-east-1", "eu-west-1"])
    assert reported(answer).splitlines()[1:] == ["+ arn:aws:bedrock:eu-west-1:1:custom-model/x y (eu-west-1)"]
