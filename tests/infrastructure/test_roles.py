"""The roles: each may do what its function does, and nothing else."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from infrastructure.expansion import ACCOUNT, Stack, expand

STACK = expand()
ROLES = sorted(STACK.of_type("AWS::IAM::Role"))
INVOKE = {"bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"}
LISTS = {
    "bedrock:ListCustomModelDeployments",
    "bedrock:ListCustomModels",
    "bedrock:ListFoundationModels",
    "bedrock:ListImportedModels",
    "bedrock:ListInferenceProfiles",
    "bedrock:ListMarketplaceModelEndpoints",
    "bedrock:ListPromptRouters",
    "bedrock:ListProvisionedModelThroughputs",
}


def documents(stack: Stack) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every policy document in the stack, wherever SAM or we put it."""
    for name, resource in stack.resources.items():
        yield from ((name, found) for found in _documents_in(resource["Properties"]))


def _documents_in(node: Any) -> Iterator[dict[str, Any]]:
    match node:
        case {"Statement": _}:
            yield node
        case dict():
            for child in node.values():
                yield from _documents_in(child)
        case list():
            for child in node:
                yield from _documents_in(child)
        case _:
            pass


def allowed(role: str, stack: Stack = STACK) -> dict[str, list[Any]]:
    """The resources that a role may use, by action."""
    found: dict[str, list[Any]] = {}
    for policy in stack.properties(role)["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            for action in _listed(statement["Action"]):
                found.setdefault(action, []).extend(_listed(statement["Resource"]))
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def matches(pattern: str, arn: str) -> bool:
    """IAM's own rule: `*` is any run of characters, the empty one too."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), arn) is not None


def test_every_policy_names_its_version() -> None:
    # Without it IAM takes the language of 2008, which knows no policy variables; SAM adds none.
    checked = [(name, document.get("Version")) for name, document in documents(STACK)]
    assert len(checked) >= 2 * len(ROLES)
    assert [name for name, version in checked if version != "2012-10-17"] == []


def test_the_functions_have_no_other_role_than_ours() -> None:
    assert ROLES == ["GatewayRole", "RefreshRole", "ScheduleRole"]
    roles = {name: function["Role"] for name, function in STACK.of_type("AWS::Lambda::Function").items()}
    assert roles == {
        "GatewayFunction": {"Fn::GetAtt": ["GatewayRole", "Arn"]},
        "RefreshFunction": {"Fn::GetAtt": ["RefreshRole", "Arn"]},
    }
    assert not [name for name in ROLES if "ManagedPolicyArns" in STACK.properties(name)]


def test_what_a_role_may_do_is_all_there_is() -> None:
    assert {role: sorted(allowed(role)) for role in ROLES} == {
        "GatewayRole": [
            "bedrock:ApplyGuardrail",
            "bedrock:CountTokens",
            "bedrock:InvokeModel",
            "bedrock:InvokeModelWithResponseStream",
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            "lambda:InvokeFunction",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "sagemaker:InvokeEndpoint",
            "sagemaker:InvokeEndpointWithResponseStream",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
        ],
        "RefreshRole": [
            "bedrock:GetInferenceProfile",
            *sorted(LISTS),
            "dynamodb:BatchWriteItem",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:UpdateItem",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "sqs:SendMessage",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
        ],
        "ScheduleRole": ["lambda:InvokeFunction", "sqs:SendMessage"],
    }


def test_only_actions_that_know_no_resource_may_use_every_resource() -> None:
    everywhere = {action for role in ROLES for action, resources in allowed(role).items() if "*" in resources}
    assert everywhere == LISTS | {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}


def test_each_list_can_be_taken_away_alone() -> None:
    (policy,) = [
        policy for policy in STACK.properties("RefreshRole")["Policies"] if policy["PolicyName"] == "ListModels"
    ]
    statements = [_listed(statement["Action"]) for statement in policy["PolicyDocument"]["Statement"]]
    assert sorted(statements) == sorted([action] for action in LISTS | {"bedrock:GetInferenceProfile"})


@pytest.mark.parametrize(
    ("choice", "action", "resource", "variable"),
    [
        (
            {"ConfigParameter": "/sluice/config"},
            "ssm:GetParameter",
            f"arn:aws:ssm:eu-central-1:{ACCOUNT}:parameter/sluice/config",
            "ssm:/sluice/config",
        ),
        (
            {"ConfigObject": "bucket/sluice/config.json5"},
            "s3:GetObject",
            "arn:aws:s3:::bucket/sluice/config.json5",
            "s3://bucket/sluice/config.json5",
        ),
    ],
)
def test_the_refresh_may_read_the_configuration_that_it_is_given_and_nothing_beside(
    choice: dict[str, str], action: str, resource: str, variable: str
) -> None:
    stack = expand(**choice)
    usual = allowed("RefreshRole")
    more = {name: resources for name, resources in allowed("RefreshRole", stack).items() if name not in usual}
    assert more == {action: [resource]}
    assert stack.properties("RefreshFunction")["Environment"]["Variables"]["SLUICE_CONFIG"] == variable


@pytest.mark.parametrize("action", sorted(INVOKE))
@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:bedrock:eu-central-1::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
        "arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-lite-v1:0",
        "arn:aws:bedrock:::foundation-model/anthropic.claude-sonnet-4-5-20250929-v1:0",
        f"arn:aws:bedrock:eu-central-1:{ACCOUNT}:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0",
        f"arn:aws:bedrock:eu-central-1:{ACCOUNT}:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/abcdefghijkl",
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:provisioned-model/abcdefghijkl",
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:custom-model-deployment/abcdefghijkl",
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:imported-model/abcdefghijkl",
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:default-prompt-router/anthropic.claude:1",
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:prompt-router/abcdefghijkl",
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:marketplace/model-endpoint/all-access",
    ],
)
def test_the_gateway_may_call_every_kind_of_model(action: str, arn: str) -> None:
    assert any(matches(pattern, arn) for pattern in allowed("GatewayRole")[action])


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:bedrock:us-east-1:999988887777:application-inference-profile/abcdefghijkl",
        "arn:aws:bedrock:us-east-1:999988887777:provisioned-model/abcdefghijkl",
        f"arn:aws:bedrock:us-east-1:{ACCOUNT}:agent/abcdefghijkl",
        f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/model",
    ],
)
def test_the_gateway_may_call_nothing_of_another_account_or_kind(arn: str) -> None:
    assert not any(matches(pattern, arn) for action in INVOKE for pattern in allowed("GatewayRole")[action])


def test_an_endpoint_of_the_marketplace_is_asked_by_bedrock_only() -> None:
    policies = [policy["PolicyDocument"]["Statement"] for policy in STACK.properties("GatewayRole")["Policies"]]
    statements = [statement for policy in policies for statement in policy]
    (statement,) = [found for found in statements if "sagemaker:InvokeEndpoint" in found["Action"]]
    assert statement["Resource"] == f"arn:aws:sagemaker:*:{ACCOUNT}:endpoint/*"
    assert statement["Condition"] == {
        "StringEquals": {
            "aws:CalledViaLast": "bedrock.amazonaws.com",
            "aws:ResourceTag/sagemaker-sdk:bedrock": "compatible",
        }
    }


def test_only_the_gateway_may_call_models() -> None:
    assert [role for role in ROLES if INVOKE & allowed(role).keys()] == ["GatewayRole"]


def test_the_gateway_reads_keys_one_by_one_and_never_lists_them() -> None:
    tables = allowed("GatewayRole")
    access, catalog = ({"Fn::GetAtt": [table, "Arn"]} for table in ("AccessTable", "CatalogTable"))
    assert tables["dynamodb:BatchGetItem"] == [access]
    assert tables["dynamodb:GetItem"] == [catalog]
    assert sorted(map(str, tables["dynamodb:Query"])) == sorted(map(str, [catalog, access]))


@pytest.mark.parametrize(
    ("action", "partitions"),
    [
        ("dynamodb:UpdateItem", ["RATE#*", "SLOTS#*", "BUDGET#*", "USAGE#*"]),
        ("dynamodb:Query", ["USAGE#*", "BUDGET#*"]),
    ],
)
def test_the_gateway_counts_and_can_change_no_key_and_no_policy(action: str, partitions: list[str]) -> None:
    (condition,) = [
        statement["Condition"]
        for policy in STACK.properties("GatewayRole")["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if action in _listed(statement["Action"]) and "Condition" in statement
    ]
    assert condition == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": partitions},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    assert not any(re.match(pattern.replace("*", ".*"), "KEY#abc") for pattern in partitions)


@pytest.mark.parametrize("role", ["GatewayRole", "ScheduleRole"])
def test_the_refresh_is_the_only_function_that_a_role_may_invoke(role: str) -> None:
    assert allowed(role)["lambda:InvokeFunction"] == [{"Fn::GetAtt": ["RefreshFunction", "Arn"]}]


def test_the_refresh_writes_the_catalog_and_never_sees_a_key() -> None:
    tables = {action: found for action, found in allowed("RefreshRole").items() if action.startswith("dynamodb:")}
    assert all(resources == [{"Fn::GetAtt": ["CatalogTable", "Arn"]}] for resources in tables.values())


@pytest.mark.parametrize(
    ("role", "log_group"), [("GatewayRole", "GatewayLogGroup"), ("RefreshRole", "RefreshLogGroup")]
)
def test_a_function_writes_to_its_own_log_group_only(role: str, log_group: str) -> None:
    assert allowed(role)["logs:PutLogEvents"] == [{"Fn::GetAtt": [log_group, "Arn"]}]


def test_the_scheduler_takes_its_role_for_this_account_only() -> None:
    (statement,) = STACK.properties("ScheduleRole")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
