"""Ways around a key's policy, through the gateway as it is deployed. Each must end before Bedrock is asked."""

import json
from contextlib import closing
from typing import Any

import pytest
from integration.clients.raw import Reply, request
from integration.deployment import Deployment, dynamodb_of
from integration.gateway.asking import GUARDRAIL, HELLO, NATIVE_HELLO, NOVA, PATHS, SONNET, logged
from sluice.cost import NANO_USD
from sluice.keys import key_of
from sluice.policy import Budget, Limits, Policy
from sluice.residency import Residency
from sluice_local.lambda_service import RunningFunctionUrl

ACCOUNT_ARN = "arn:aws:bedrock:us-east-1:123456789012"
CAP = Policy(limits=Limits(max_output_tokens=77))
BUDGET = Policy(budget=Budget(nano_usd_per_day=NANO_USD // 100))
LLAMA = "us.meta.llama3-3-70b-instruct-v1:0"
GPT_OSS = "openai.gpt-oss-120b-1:0"


def refused(deployment: Deployment, answer: Reply, *statuses: int) -> None:
    assert answer.status in statuses, answer.text
    assert deployment.upstream.requests == []


# --- models ----------------------------------------------------------------------------------------------------------

OTHER_NAMES = [
    "amazon.nova-pro-v1:0",
    "amazon.nova-pro-v1",
    "amazon.nova-pro-v1:0:0",
    "AMAZON.Nova-Pro-V1:0",
    "nova-pro-v1",
    "nova-pro",
    "us.amazon.nova-pro-v1:0",
    "US.AMAZON.NOVA-PRO-V1:0",
    "eu.amazon.nova-pro-v1:0",
    "global.amazon.nova-pro-v1:0",
    "amazon-bedrock/amazon.nova-pro-v1:0",
    "amazon-bedrock/amazon-bedrock/amazon.nova-pro-v1:0",
    "anthropic.claude/../amazon.nova-pro-v1:0",
    "anthropic.claude@amazon.nova-pro-v1:0",
    "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
    "arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0",
    "arn:aws-cn:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0",
    f"{ACCOUNT_ARN}:inference-profile/us.amazon.nova-pro-v1:0",
    "arn:aws:bedrock:us-east-1:999999999999:inference-profile/us.amazon.nova-pro-v1:0",
    "arn:aws:bedrock:us-east-1:999999999999:application-inference-profile/abcdefghijkl",
    f"{ACCOUNT_ARN}:application-inference-profile/anthropic.claude-haiku",
    f"{ACCOUNT_ARN}:custom-model/x:foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
    f"{ACCOUNT_ARN}:default-prompt-router/anthropic.claude:1",
    f"{ACCOUNT_ARN}:prompt/ABCDEFGHIJ:1",
    f"{ACCOUNT_ARN}:provisioned-model/anthropic.claude",
    "arn:aws:sagemaker:us-east-1:123456789012:endpoint/anthropic.claude",
]


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_no_name_leads_to_a_model_that_is_not_allowed(ask_as: Any, deployment: Deployment, name: str) -> None:
    ask = ask_as(Policy(allowed_models=("anthropic.claude-haiku-4-5*", "provider:mistral*")))
    for operation in ("converse", "converse-stream", "invoke", "invoke-with-response-stream", "count-tokens"):
        for spelling in (name, name.replace("/", "%2F").replace(":", "%3A"), name.replace("a", "%61", 1)):
            answer = ask(f"/model/{spelling}/{operation}", {"messages": NATIVE_HELLO})
            refused(deployment, answer, 400, 403, 404)
    for path in ("/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/messages/count_tokens"):
        body = {"model": name, "messages": HELLO, "input": "Hello!", "max_tokens": 9}
        refused(deployment, ask(path, {key: value for key, value in body.items() if fits(path, key)}), 400, 403, 404)
    refused(deployment, ask("/v1/embeddings", {"model": name, "input": "Hello!"}), 400, 403, 404)


def fits(path: str, member: str) -> bool:
    return member not in {
        "/v1/responses": ("messages", "max_tokens"),
        "/v1/messages/count_tokens": ("max_tokens",),
    }.get(path, ()) and (member != "input" or path == "/v1/responses")


def test_a_model_in_the_body_does_not_count_beside_the_one_in_the_path(ask_as: Any, deployment: Deployment) -> None:
    ask = ask_as(Policy(allowed_models=("*haiku*",)))
    body = {
        "messages": NATIVE_HELLO,
        "modelId": "anthropic.claude-haiku-4-5-20251001-v1:0",
        "model": "claude-haiku-4-5",
    }
    headers = {"x-amzn-bedrock-modelid": "anthropic.claude-haiku-4-5-20251001-v1:0"}
    for query in ("", "?modelId=anthropic.claude-haiku-4-5-20251001-v1:0"):
        refused(deployment, ask(f"/model/{NOVA}/converse{query}", body, headers), 403)


# --- dialects and operations -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        f"/model/{NOVA}/converse",
        f"/model/{NOVA}/invoke",
        f"/model/{NOVA}/count-tokens",
        "/guardrail/gr0123456789/version/1/apply",
        "/v1/messages",
        "/v1/messages/",
        "/v1/messages/count_tokens",
        "/v1/embeddings",
        "/v1/responses",
    ],
)
def test_a_key_for_chat_completions_opens_nothing_else(ask_as: Any, deployment: Deployment, path: str) -> None:
    ask = ask_as(Policy(allowed_operations=("chat-completions",)))
    refused(deployment, ask(path, {}), 403)
    for other in (
        f"/{path}",
        path.replace("/", "//"),
        f"{path};x=/v1/chat/completions",
        f"/v1/chat/completions/..{path}",
    ):
        refused(deployment, ask(other, {}), 403, 404, 400)
    headers = {"x-http-method-override": "GET", "x-original-url": "/v1/chat/completions", "x-rewrite-url": "/health"}
    refused(deployment, ask(path, {}, headers), 403)


# --- residency -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/model/us.amazon.nova-pro-v1:0/converse",
        "/model/global.anthropic.claude-sonnet-4-5-20250929-v1:0/converse",
        "/model/amazon.nova-pro-v1:0/converse",
        "/model/arn:aws:bedrock:us-east-1::foundation-model%2Famazon.nova-pro-v1:0/converse",
        f"/model/{ACCOUNT_ARN}:application-inference-profile%2Fabcdefghijkl/converse",
        f"/model/{ACCOUNT_ARN}:prompt%2FABCDEFGHIJ/converse",
        "/guardrail/gr0123456789/version/1/apply",
    ],
)
def test_nothing_is_worked_on_outside_a_keys_residency(ask_as: Any, deployment: Deployment, path: str) -> None:
    ask = ask_as(Policy(residency=Residency(("eu",))))
    refused(deployment, ask(path, {"messages": NATIVE_HELLO, "source": "INPUT", "content": []}), 403)


# --- guardrails ------------------------------------------------------------------------------------------------------

GUARDED = {"guardContent": {"text": {"text": "Hello!"}}}
IGNORING = [
    {"messages": [{"role": "user", "content": [GUARDED, {"text": "What the guardrail must not see"}]}]},
    {"messages": NATIVE_HELLO, "system": [GUARDED]},
    {"messages": NATIVE_HELLO, "guardrailConfig": {"streamProcessingMode": "async"}},
    {"messages": NATIVE_HELLO, "guardrailConfig": {"streamProcessingMode": "ASYNC"}},
    {"messages": NATIVE_HELLO, "additionalModelRequestFields": {"amazon-bedrock-guardrailConfig": {"tagSuffix": "x"}}},
]


@pytest.mark.parametrize("body", IGNORING, ids=range(len(IGNORING)))
@pytest.mark.parametrize("operation", ["converse", "converse-stream"])
def test_nothing_can_be_hidden_from_an_enforced_guardrail(
    ask_as: Any, deployment: Deployment, body: Any, operation: str
) -> None:
    answer = ask_as(Policy(guardrail=GUARDRAIL))(f"/model/{NOVA}/{operation}", body)
    refused(deployment, answer, 403)
    assert "would hide a part from it" in answer.text


@pytest.mark.parametrize("operation", ["invoke", "invoke-with-response-stream"])
def test_no_tag_hides_a_part_of_an_invoke_body_from_an_enforced_guardrail(
    ask_as: Any, deployment: Deployment, operation: str
) -> None:
    ask = ask_as(Policy(guardrail=GUARDRAIL))
    body = {"max_tokens": 9, "messages": HELLO, "amazon-bedrock-guardrailConfig": {"tagSuffix": "x"}}
    refused(deployment, ask(f"/model/{SONNET}/{operation}", body), 403)
    escaped = json.dumps(body).replace("amazon-bedrock-g", "\\u0061mazon-bedrock-g").encode()
    refused(deployment, ask(f"/model/{SONNET}/{operation}", escaped), 403)


@pytest.mark.parametrize(
    "trick",
    [
        b'{"guardrailConfig": {"guardrailIdentifier": "gr9", "guardrailVersion": "1"}, "guardrailConfig": {}}',
        b'{"guardrailConfig": {"guardrailIdentifier": "gr9", "guardrailIdentifier": "gr0123456789"}}',
        b'{"guardrailConfig": {}, "guardr\\u0061ilConfig": {"guardrailIdentifier": "gr9", "guardrailVersion": "1"}}',
    ],
    ids=range(3),
)
def test_no_member_that_stands_twice_replaces_a_guardrail(ask_as: Any, deployment: Deployment, trick: bytes) -> None:
    refused(deployment, ask_as(Policy(guardrail=GUARDRAIL))(f"/model/{NOVA}/converse", trick), 400)


@pytest.mark.parametrize("stands_for_none", [None, "gr9", [], 5])
def test_a_guardrail_of_any_other_form_is_overwritten(ask_as: Any, stands_for_none: Any) -> None:
    ask = ask_as(Policy(guardrail=GUARDRAIL))
    ask(f"/model/{NOVA}/converse", {"messages": NATIVE_HELLO, "guardrailConfig": stands_for_none})
    assert ask.sent()["guardrailConfig"] == {"guardrailIdentifier": GUARDRAIL.identifier, "guardrailVersion": "1"}


@pytest.mark.parametrize("name", ["X-Amzn-Bedrock-GuardrailIdentifier", "X-AMZN-BEDROCK-GUARDRAILIDENTIFIER"])
@pytest.mark.parametrize(
    ("path", "body"), [*PATHS.values(), (f"/model/{SONNET}/invoke", {"max_tokens": 9, "messages": HELLO})]
)
def test_no_header_replaces_an_enforced_guardrail(ask_as: Any, name: str, path: str, body: Any) -> None:
    ask = ask_as(Policy(guardrail=GUARDRAIL))
    answer = ask(path, body, {name: "gr9", "x-amzn-bedrock-guardrailversion": "1"})
    assert answer.status in (200, 403)
    if answer.status == 200:
        # Converse takes none from headers.
        assert ask.sent()["guardrailConfig"]["guardrailIdentifier"] == GUARDRAIL.identifier


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses"])
def test_openais_dialects_hide_nothing_from_an_enforced_guardrail(
    ask_as: Any, deployment: Deployment, path: str
) -> None:
    ask = ask_as(Policy(guardrail=GUARDRAIL))
    named = {"guardrailIdentifier": GUARDRAIL.identifier, "guardrailVersion": GUARDRAIL.version}
    asynchronous = {"guardrailConfig": {**named, "streamProcessingMode": "async"}}
    member = "input" if path == "/v1/responses" else "messages"
    refused(deployment, ask(path, {"model": NOVA, "stream": True, member: HELLO, **asynchronous}), 403)
    guarded = [{"role": "user", "content": [{"type": "guarded_text", "text": "Hello!"}]}]
    refused(deployment, ask(path, {"model": NOVA, member: guarded}), 403)
    refused(
        deployment,
        ask(path, {"model": NOVA, member: HELLO, "guardrailConfig": {**named, "guardrailVersion": "2"}}),
        403,
    )


# --- output ----------------------------------------------------------------------------------------------------------

INVOKE_TRICKS = [
    (SONNET, {"max_tokens": 78}),
    (SONNET, {"max_tokens": -1}),
    (SONNET, {"max_tokens": 0}),
    (SONNET, {"max_tokens": 77.0}),
    (SONNET, {"max_tokens": "9"}),
    (SONNET, {"max_tokens": 9, "max_tokens_to_sample": 999}),
    (SONNET, {"max_gen_len": 9}),
    (NOVA, {"max_tokens": 9}),
    (NOVA, {"inferenceConfig": {"max_new_tokens": 9, "maxTokens": 99}}),
    (NOVA, {"inferenceConfig": {"max_new_tokens": -9}}),
    (NOVA, {"inferenceConfig": {"temperature": 1}}),
    (LLAMA, {"max_tokens": 9}),
    (LLAMA, {"max_gen_len": 78}),
    (GPT_OSS, {"max_gen_len": 9}),
    (GPT_OSS, {"max_completion_tokens": 9, "n": 9}),
    (GPT_OSS, {"max_tokens": 40, "num_generations": 2}),
    (GPT_OSS, {"max_tokens": 40, "n": "2"}),
    (GPT_OSS, {"max_tokens": 40, "n": -1}),
    ("cohere.command-x", {"max_tokens": 20, "numResults": 4}),
    ("unknown.model", {"prompt": "Hello!"}),
]


@pytest.mark.parametrize(("model", "said"), INVOKE_TRICKS, ids=range(len(INVOKE_TRICKS)))
def test_no_body_of_invoke_model_gets_more_output_than_the_cap(
    ask_as: Any, deployment: Deployment, model: str, said: Any
) -> None:
    for operation in ("invoke", "invoke-with-response-stream"):
        refused(deployment, ask_as(CAP)(f"/model/{model}/{operation}", {"messages": HELLO, **said}), 400)


@pytest.mark.parametrize(
    "said",
    [
        {"inferenceConfig": {"maxTokens": -1}},
        {"inferenceConfig": {"maxTokens": 0}},
        {"inferenceConfig": {"maxTokens": 40}, "additionalModelRequestFields": {"n": 2}},
        {"inferenceConfig": {"maxTokens": 40}, "additionalModelRequestFields": {"max_gen_len": 78}},
        {"inferenceConfig": {"maxTokens": 40}, "additionalModelRequestFields": {"inferenceConfig": {"maxTokens": 78}}},
        {"additionalModelRequestFields": {"max_tokens": 7}},
    ],
    ids=range(6),
)
def test_no_body_of_converse_gets_more_output_than_the_cap(ask_as: Any, deployment: Deployment, said: Any) -> None:
    refused(deployment, ask_as(CAP)(f"/model/{NOVA}/converse", {"messages": NATIVE_HELLO, **said}), 400)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v1/chat/completions", {"max_tokens": 9, "max_completion_tokens": 78}),
        ("/v1/chat/completions", {"max_tokens": 78, "max_completion_tokens": 9}),
        ("/v1/chat/completions", {"max_tokens": -1}),
        ("/v1/chat/completions", {"max_tokens": 9, "n": 2}),
        ("/v1/chat/completions", {"max_tokens": 9, "additionalModelRequestFields": {"max_tokens": 78}}),
        ("/v1/responses", {"max_output_tokens": 0}),
        ("/v1/messages", {"max_tokens": 78}),
        ("/v1/messages", {"max_tokens": -1}),
        ("/v1/messages", {"max_tokens": 70, "thinking": {"type": "enabled", "budget_tokens": 1024}}),
    ],
)
def test_no_other_dialect_gets_more_output_than_the_cap(
    ask_as: Any, deployment: Deployment, path: str, said: Any
) -> None:
    asked = {"model": SONNET, "input" if path == "/v1/responses" else "messages": HELLO, **said}
    answer = ask_as(CAP)(path, asked)
    if answer.status == 200:
        # One of two fields counts, and it is the lower one.
        assert deployment.upstream.requests[-1].json["inferenceConfig"]["maxTokens"] <= 77
    else:
        refused(deployment, answer, 400)


def test_embeddings_need_no_limit_of_output_tokens(ask_as: Any) -> None:
    body = {"inputText": "Hello!"}
    assert ask_as(CAP)("/model/amazon.titan-embed-text-v2:0/invoke", body).status == 200


# --- money -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/model/{NOVA}/converse", b'{"messages": [], "inferenceConfig": {"maxTokens": 9999, "maxTokens": 1}}'),
        (f"/model/{NOVA}/converse", {"messages": NATIVE_HELLO, "inferenceConfig": {"maxTokens": -10_000_000}}),
        (f"/model/{NOVA}/invoke", {"messages": HELLO, "inferenceConfig": {"max_new_tokens": -10_000_000}}),
        (f"/model/{NOVA}/invoke", {"messages": HELLO, "inferenceConfig": {"max_new_tokens": True}}),
    ],
    ids=range(4),
)
def test_what_cannot_be_counted_is_refused_under_a_budget(
    ask_as: Any, deployment: Deployment, path: str, body: Any
) -> None:
    refused(deployment, ask_as(BUDGET)(path, body), 400)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/model/{NOVA}/invoke", {"messages": HELLO, "max_tokens": 1}),
        (f"/model/{GPT_OSS}/invoke", {"messages": HELLO, "max_tokens": 1_000, "n": 1_000}),
        (f"/model/{SONNET}/invoke", {"max_tokens": 9, "messages": [{"role": "user", "content": "a" * 2_000_000}]}),
        (
            f"/model/{SONNET}/invoke",
            {"max_tokens": 9, "messages": HELLO, "tools": [{"input_schema": {"a" * 900_000: 1}}]},
        ),
        (
            f"/model/{NOVA}/converse",
            {
                "messages": [{"role": "user", "content": [{"video": {"source": {"s3Location": {"uri": "s3://b/v"}}}}]}],
                "inferenceConfig": {"maxTokens": 9},
            },
        ),
        (
            f"/model/{SONNET}/converse",
            {
                "messages": NATIVE_HELLO,
                "inferenceConfig": {"maxTokens": 9},
                "additionalModelRequestFields": {"tools": ["a" * 900_000]},
            },
        ),
    ],
    ids=range(6),
)
def test_no_request_looks_cheaper_than_it_may_be(ask_as: Any, deployment: Deployment, path: str, body: Any) -> None:
    answer = ask_as(BUDGET)(path, body)
    refused(deployment, answer, 400)
    assert "this request may cost" in answer.text


def test_a_guardrail_is_not_applied_under_a_budget(ask_as: Any, deployment: Deployment) -> None:
    refused(
        deployment, ask_as(BUDGET)("/guardrail/gr0123456789/version/1/apply", {"source": "INPUT", "content": []}), 403
    )


# --- attribution -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "named", ['{"team": "\\u00e9"}', '{"sluice_caller": "x", "sluice_caller": "y"}', "[1]", "null"]
)
def test_attribution_in_a_header_cannot_be_forged(ask_as: Any, deployment: Deployment, named: str) -> None:
    ask = ask_as(Policy(attribution=True))
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": HELLO}
    headers = {"x-amzn-bedrock-request-metadata": named, "X-Amzn-Bedrock-Request-Metadata-": "x"}
    assert ask(f"/model/{SONNET}/invoke", body, headers).status == 200
    sent = deployment.upstream.requests[-1].header("x-amzn-bedrock-request-metadata") or ""
    assert json.loads(sent)["sluice_caller"] == ask.key_id
    assert sent.isascii()


def test_a_metadata_header_that_is_no_json_is_a_400(ask_as: Any, deployment: Deployment) -> None:
    headers = {"x-amzn-bedrock-request-metadata": "{"}
    refused(deployment, ask_as(Policy(attribution=True))(f"/model/{SONNET}/invoke", {"max_tokens": 9}, headers), 400)


@pytest.mark.parametrize(
    "policy",
    [CAP, BUDGET, Policy(guardrail=GUARDRAIL), Policy(attribution=True)],
    ids=["cap", "budget", "guard", "name"],
)
@pytest.mark.parametrize(
    "text", [b'{"messages": "\\ud800"}', b'{"a":' * 300 + b"1" + b"}" * 300, b"[" * 50_000, b"\xff"]
)
def test_a_native_body_that_cannot_be_checked_is_a_400(
    ask_as: Any, deployment: Deployment, policy: Policy, text: bytes
) -> None:
    refused(deployment, ask_as(policy)(f"/model/{NOVA}/converse", text), 400)


# --- policies that cannot be understood ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "attribute",
    [
        {"policy": {"S": '{"allowed_models": "anthropic.*"}'}},
        {"policy": {"S": "{"}},
        {"policy": {"M": {}}},
        {"valid_until": {"S": "yesterday"}},
        {"disabled": {"S": "no"}},
    ],
    ids=range(5),
)
def test_a_row_that_cannot_be_understood_opens_nothing_and_the_log_says_which(
    deployment: Deployment, gateway: RunningFunctionUrl, attribute: Any
) -> None:
    key = deployment.make_key()
    key_id = key.split("_")[1]
    [(name, value)] = attribute.items()
    with closing(dynamodb_of(deployment.aws)) as dynamodb:
        dynamodb.update_item(
            TableName=deployment.aws.access_table,
            Key=key_of(key_id),
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )
    answer = request(gateway.url, "POST", PATHS["openai"][0], {"x-api-key": key}, PATHS["openai"][1])
    refused(deployment, answer, 503)
    assert "Your API key cannot be checked right now" in answer.text
    [line] = logged(gateway, f"KEY#{key_id}")
    assert json.loads(line)["outcome"] == "StoreUnavailable"
    assert key not in "".join(gateway.logs)
