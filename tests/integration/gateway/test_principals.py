"""IAM principals and their policies under AWS_IAM, through the gateway as it is deployed."""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from integration.clients.raw import Reply
from integration.deployment import Deployment, dynamodb_of
from integration.gateway.asking import NATIVE_HELLO, NOVA, PATHS
from integration.gateway.events import ask_by_event, event
from sluice.access_items import principal_key
from sluice.policy import Limits, Policy, policy_to_json
from sluice_local.lambda_service import RunningFunctionUrl

ACCOUNT = "123456789012"
PATH = f"/model/{NOVA}/converse"
BODY = {"messages": NATIVE_HELLO, "inferenceConfig": {"maxTokens": 9}}


class Principals:
    """Asks as principals that Lambda has found out about."""

    def __init__(self, deployment: Deployment, gateway: RunningFunctionUrl) -> None:
        self.deployment = deployment
        self.gateway = gateway

    def ask(self, arn: str, path: str = PATH, body: Any = BODY, headers: dict[str, str] | None = None) -> Reply:
        return ask_by_event(self.gateway, event("GET" if body is None else "POST", path, headers, body or b"", arn))

    def put(self, arn: str, policy: str) -> None:
        with closing(dynamodb_of(self.deployment.aws)) as dynamodb:
            item = {**principal_key(arn), "policy": {"S": policy}}
            dynamodb.put_item(TableName=self.deployment.aws.access_table, Item=item)


@pytest.fixture(scope="module")
def principals(deployment: Deployment) -> Iterator[Principals]:
    with deployment.gateway(SLUICE_URL_AUTH="AWS_IAM") as gateway:
        yield Principals(deployment, gateway)


def role(name: str, session: str = "") -> str:
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}" + (f"/{session}" if session else "")


def test_a_roles_policy_holds_for_all_its_sessions(principals: Principals) -> None:
    principals.put(role("readers"), policy_to_json(Policy(allowed_models=("anthropic.*",))))
    for session in ("one", "two", "a@b.example", "i-0123456789abcdef0"):
        answer = principals.ask(role("readers", session))
        assert answer.status == 403
        assert f"You may not use the model {NOVA}" in answer.text
    assert principals.deployment.upstream.requests == []
    assert principals.ask(role("readers2", "one")).status == 200
    assert principals.ask("arn:aws:sts::999999999999:assumed-role/readers/one").status == 200


def test_sessions_of_a_role_are_counted_together(principals: Principals) -> None:
    principals.put(role("counted"), policy_to_json(Policy(limits=Limits(requests_per_minute=2))))
    if (left := 60 - time.time() % 60) < 5:
        time.sleep(left + 0.1)
    statuses = [principals.ask(role("counted", session)).status for session in ("one", "two", "three")]
    assert statuses == [200, 200, 429]


def test_a_sessions_own_policy_takes_the_place_of_its_roles(principals: Principals) -> None:
    principals.put(role("people"), policy_to_json(Policy(allowed_operations=("list-models",))))
    principals.put(role("people", "ada@example.com"), policy_to_json(Policy(attribution=True)))
    assert principals.ask(role("people", "bob@example.com")).status == 403
    assert principals.ask(role("people", "ada@example.com")).status == 200
    [sent] = principals.deployment.upstream.requests
    assert sent.json["requestMetadata"] == {"sluice_caller": role("people", "ada@example.com")}


@pytest.mark.parametrize(
    "name", ["ada@example.com", "../people/ada@example.com", "people/ada@example.com", "ADA@example.com", "*"]
)
def test_no_other_principal_has_a_persons_policy(principals: Principals, name: str) -> None:
    principals.put(role("strict"), policy_to_json(Policy(allowed_operations=("list-models",))))
    principals.put(role("strict", "ada@example.com"), policy_to_json(Policy()))
    is_ada = name == "ada@example.com"
    assert principals.ask(role("strict") + "/" + name).status == (200 if is_ada else 403)


def test_who_has_no_policy_may_do_everything_that_iam_lets_him(principals: Principals) -> None:
    for arn in (f"arn:aws:iam::{ACCOUNT}:user/alice", f"arn:aws:iam::{ACCOUNT}:root", role("free", "x")):
        assert principals.ask(arn).status == 200


def test_a_users_use_is_his_own(principals: Principals) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:user/{time.time_ns()}"
    assert principals.ask(arn).status == 200
    told = principals.ask(arn, "/v1/usage", None).json
    assert (told["caller"], told["total"]["requests"]) == (arn, 1)
    assert principals.ask(arn + "0", "/v1/usage", None).json["total"]["requests"] == 0


def test_without_a_principal_no_key_and_no_signature_opens_anything(principals: Principals) -> None:
    key = principals.deployment.api_key
    signature = "AWS4-HMAC-SHA256 Credential=AKIA/20261124/us-east-1/lambda/aws4_request, Signature=ab"
    for headers in ({}, {"x-api-key": key}, {"authorization": f"Bearer {key}"}, {"authorization": signature}):
        for path, body in PATHS.values():
            assert principals.ask("", path, body, headers).status == 401
    assert principals.deployment.upstream.requests == []


def test_headers_make_nobody_another_principal(principals: Principals) -> None:
    principals.put(role("poor"), policy_to_json(Policy(allowed_operations=("list-models",))))
    rich = role("free", "x")
    headers = {
        **dict.fromkeys(("x-amzn-iam-user-arn", "x-amz-user-arn", "x-caller", "authorizer"), rich),
        "x-amzn-request-context": f'{{"authorizer": {{"iam": {{"userArn": "{rich}"}}}}}}',
    }
    assert principals.ask(role("poor", "x"), headers=headers).status == 403


def test_a_principals_policy_that_cannot_be_understood_opens_nothing(principals: Principals) -> None:
    principals.put(role("broken"), '{"allowed_models": "*"}')
    assert principals.ask(role("broken", "x")).status == 503
    assert principals.deployment.upstream.requests == []
