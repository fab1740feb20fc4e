"""What a key's policy forbids, caps, adds and counts, through the gateway as it is deployed."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from integration.clients.raw import Reply, request
from integration.deployment import Deployment, dynamodb_of
from integration.gateway.asking import GUARDRAIL, HELLO, NATIVE_HELLO, NOVA, PATHS, SONNET, Asker
from sluice.access_items import POLICY_KEY, budget_key, day_of
from sluice.cost import NANO_USD
from sluice.policy import Budget, Limits, Policy, policy_to_json
from sluice.residency import Residency
from sluice_local.bedrock_runtime.scenarios.faults import midstream_exception
from sluice_local.bedrock_runtime.scenarios.library import library_scenario
from sluice_local.bedrock_runtime.scenarios.scenario import Scenario, Wait
from sluice_local.lambda_service import RunningFunctionUrl

every_path = pytest.mark.parametrize(("path", "body"), PATHS.values(), ids=PATHS)


# --- what may be asked -----------------------------------------------------------------------------------------------


@every_path
def test_only_allowed_models_are_invoked(ask_as: Any, deployment: Deployment, path: str, body: Any) -> None:
    answer = ask_as(Policy(allowed_models=("provider:anthropic",)))(path, body)
    assert answer.status == 403
    assert f"You may not use the model {NOVA}. Allowed: provider:anthropic." in answer.text
    assert deployment.upstream.requests == []
    assert ask_as(Policy(allowed_models=("*nova-pro*",)))(path, body).status == 200


def test_lists_show_what_the_key_may_use_and_nothing_else(ask_as: Any) -> None:
    ask = ask_as(Policy(allowed_models=("provider:anthropic",)))
    owners = {model["id"] for model in ask("/v1/models", None).json["data"]}
    assert owners
    assert all("anthropic" in model_id or "claude" in model_id for model_id in owners)
    assert ask(f"/v1/models/{NOVA}", None).status == 404
    found = ask("/foundation-models", None).json["modelSummaries"]
    assert {model["providerName"] for model in found} == {"Anthropic"}


def test_an_unknown_name_leads_to_no_model_that_the_key_may_not_use(ask_as: Any) -> None:
    body = {"model": "claude-sonet-4-5", "messages": HELLO}
    assert "claude-sonnet-4-5" in ask_as(Policy(attribution=True))("/v1/chat/completions", body).text
    told = ask_as(Policy(allowed_models=("provider:amazon",)))("/v1/chat/completions", body)
    assert told.status == 404
    assert "claude-sonnet-4-5" not in told.text


@pytest.mark.parametrize(
    ("policy", "path", "words"),
    [
        (Policy(allowed_dialects=("openai",)), "anthropic", "You may not use this API (anthropic). Allowed: openai."),
        (
            Policy(allowed_operations=("chat-completions", "list-models")),
            "responses",
            "You may not use this operation (responses). Allowed: chat-completions, list-models.",
        ),
    ],
    ids=["dialect", "operation"],
)
def test_only_allowed_dialects_and_operations_are_served(ask_as: Any, policy: Policy, path: str, words: str) -> None:
    ask = ask_as(policy)
    refused = ask(*PATHS[path])
    assert refused.status == 403
    assert words in refused.text
    assert ask(*PATHS["openai"]).status == 200


def test_a_keys_own_residency_holds_inside_the_operators(ask_as: Any) -> None:
    ask = ask_as(Policy(residency=Residency(("eu",))))
    answer = ask("/v1/chat/completions", {"model": NOVA, "messages": HELLO})
    assert answer.status == 403
    assert "could be worked on outside eu" in answer.text
    listed = [model["id"] for model in ask("/v1/models", None).json["data"]]
    assert not [model_id for model_id in listed if model_id.startswith(("us.", "global.", "apac."))]


@every_path
def test_a_body_may_have_so_many_bytes(ask_as: Any, path: str, body: Any) -> None:
    size = len(json.dumps(body))
    assert ask_as(Policy(limits=Limits(max_request_bytes=size)))(path, body).status == 200
    refused = ask_as(Policy(limits=Limits(max_request_bytes=size - 1)))(path, body)
    assert refused.status == 413
    assert f"The body has {size} bytes; yours may have {size - 1} at most." in refused.text


def test_an_expired_key_opens_nothing(deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    key = deployment.make_key(expires_at=int(time.time()) - 1)
    answer = request(gateway.url, "GET", "/v1/models", {"x-api-key": key})
    assert (answer.status, "The API key has expired." in answer.text) == (401, True)


# --- what a request is made of ---------------------------------------------------------------------------------------


def test_a_cap_on_output_tokens_is_put_where_a_client_says_none(ask_as: Any) -> None:
    ask = ask_as(Policy(limits=Limits(max_output_tokens=77)))
    assert ask("/v1/chat/completions", {"model": NOVA, "messages": HELLO}).status == 200
    assert ask.sent()["inferenceConfig"] == {"maxTokens": 77}
    body = {"model": NOVA, "messages": HELLO, "max_completion_tokens": 50}
    assert ask("/v1/chat/completions", body).status == 200
    assert ask.sent()["inferenceConfig"] == {"maxTokens": 50}


@every_path
def test_more_output_than_the_cap_is_a_400_in_every_dialect(
    ask_as: Any, deployment: Deployment, path: str, body: Any
) -> None:
    larger = {
        "/v1/chat/completions": {"max_tokens": 78},
        "/v1/responses": {"max_output_tokens": 78},
        "/v1/messages": {"max_tokens": 78},
    }.get(path, {"inferenceConfig": {"maxTokens": 78}})
    answer = ask_as(Policy(limits=Limits(max_output_tokens=77)))(path, {**body, **larger})
    assert answer.status == 400
    assert "You may ask for 77 output tokens at most in one request." in answer.text
    assert deployment.upstream.requests == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/model/{NOVA}/converse", {"messages": NATIVE_HELLO}),
        (f"/model/{NOVA}/converse-stream", {"messages": NATIVE_HELLO}),
        (f"/model/{SONNET}/invoke", {"anthropic_version": "bedrock-2023-05-31", "messages": HELLO}),
    ],
    ids=["converse", "converse-stream", "invoke"],
)
def test_a_native_body_that_names_no_limit_is_refused_and_never_changed(
    ask_as: Any, deployment: Deployment, path: str, body: Any
) -> None:
    answer = ask_as(Policy(limits=Limits(max_output_tokens=77)))(path, body)
    assert answer.status == 400
    assert answer.headers["x-amzn-errortype"] == "ValidationException"
    assert "Sluice does not change what AWS's clients send" in answer.json["message"]
    assert deployment.upstream.requests == []


@pytest.mark.parametrize(
    "trick",
    [
        b'{"inferenceConfig": {"maxTokens": 9999}, "inferenceConfig": {"maxTokens": 5}, "messages": []}',
        b'{"inferenceConfig": {"maxTokens": 9999, "maxTokens": 5}, "messages": []}',
        b'{"inferenceConfig": {"maxTokens": 5}, "additionalModelRequestFields": {"max_tokens": 9999}, "messages": []}',
        b'{"inferenceConfig": {"maxTokens": 5.5}, "messages": []}',
        b'{"inferenceConfig": {"maxTokens": true}, "messages": []}',
        b'{"inferenceConfig": {"maxTokens": "9999"}, "messages": []}',
        b'{"inferenceConfig": [{"maxTokens": 5}], "messages": []}',
        b"[" * 100_000,
        '{"inferenceConfig": {"maxTokens": 5}}'.encode("utf-16"),
        b"not json",
    ],
    ids=range(10),
)
def test_no_trick_gets_more_output_than_the_cap(ask_as: Any, deployment: Deployment, trick: bytes) -> None:
    answer = ask_as(Policy(limits=Limits(max_output_tokens=77)))(f"/model/{NOVA}/converse", trick)
    assert answer.status == 400
    assert deployment.upstream.requests == []


def test_a_native_body_within_the_cap_passes_byte_for_byte(ask_as: Any, deployment: Deployment) -> None:
    body = b'{ "messages" : [{"role":"user","content":[{"text":"Hi \\u00e9"}]}],"inferenceConfig":{"maxTokens":7e1} }'
    body = body.replace(b"7e1", b"70")
    assert ask_as(Policy(limits=Limits(max_output_tokens=77)))(f"/model/{NOVA}/converse", body).status == 200
    assert deployment.upstream.requests[-1].body == body


@every_path
def test_an_enforced_guardrail_is_on_every_request(ask_as: Any, path: str, body: Any) -> None:
    ask = ask_as(Policy(guardrail=GUARDRAIL))
    assert ask(path, body).status == 200
    config = ask.sent()["guardrailConfig"]
    assert (config["guardrailIdentifier"], config["guardrailVersion"]) == (GUARDRAIL.identifier, GUARDRAIL.version)


@pytest.mark.parametrize("named", [{"guardrailIdentifier": "gr9", "guardrailVersion": "1"}, {"guardrailVersion": "2"}])
def test_an_enforced_guardrail_cannot_be_replaced(ask_as: Any, deployment: Deployment, named: Any) -> None:
    body = {"messages": NATIVE_HELLO, "guardrailConfig": named}
    answer = ask_as(Policy(guardrail=GUARDRAIL))(f"/model/{NOVA}/converse", body)
    assert answer.status == 403
    assert "which cannot be replaced" in answer.json["message"]
    assert deployment.upstream.requests == []


def test_an_enforced_guardrail_is_in_the_headers_of_invoke_model(ask_as: Any, deployment: Deployment) -> None:
    ask = ask_as(Policy(guardrail=GUARDRAIL))
    body = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": HELLO}
    assert ask(f"/model/{SONNET}/invoke", body).status == 200
    sent = deployment.upstream.requests[-1]
    assert sent.header("x-amzn-bedrock-guardrailidentifier") == GUARDRAIL.identifier
    other = {"x-amzn-bedrock-guardrailidentifier": "gr9", "x-amzn-bedrock-guardrailversion": "1"}
    assert ask(f"/model/{SONNET}/invoke", body, other).status == 403


@every_path
def test_attribution_tells_bedrock_the_keys_id(ask_as: Any, path: str, body: Any) -> None:
    ask = ask_as(Policy(attribution=True))
    assert ask(path, body).status == 200
    assert ask.sent()["requestMetadata"] == {"sluice_caller": ask.key_id}


def test_attribution_cannot_be_forged_and_leaves_the_rest(ask_as: Any, deployment: Deployment) -> None:
    ask = ask_as(Policy(attribution=True))
    body = {"messages": NATIVE_HELLO, "requestMetadata": {"sluice_caller": "somebody", "team": "a"}}
    assert ask(f"/model/{NOVA}/converse", body).status == 200
    assert ask.sent()["requestMetadata"] == {"sluice_caller": ask.key_id, "team": "a"}
    invoke = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": HELLO}
    assert ask(f"/model/{SONNET}/invoke", invoke).status == 200
    metadata = deployment.upstream.requests[-1].header("x-amzn-bedrock-request-metadata")
    assert json.loads(metadata or "") == {"sluice_caller": ask.key_id}


# --- how much --------------------------------------------------------------------------------------------------------


def test_requests_over_the_rate_are_429_with_the_headers_openai_clients_read(ask_as: Any) -> None:
    ask = ask_as(Policy(limits=Limits(requests_per_minute=2)))
    first, second, third = _in_one_minute(ask, *PATHS["openai"], 3)
    assert (first.status, second.status, third.status) == (200, 200, 429)
    assert [answer.headers["x-ratelimit-remaining-requests"] for answer in (first, second, third)] == ["1", "0", "0"]
    assert first.headers["x-ratelimit-limit-requests"] == "2"
    assert third.json["error"]["type"] == "rate_limit_error"
    assert third.headers["retry-after"] == third.headers["x-ratelimit-reset-requests"].removesuffix("s")
    assert 1 <= int(third.headers["retry-after"]) <= 60
    assert "You may make 2 requests a minute" in third.json["error"]["message"]


def test_requests_over_the_rate_are_429_with_the_headers_anthropic_clients_read(ask_as: Any) -> None:
    ask = ask_as(Policy(limits=Limits(requests_per_minute=1)))
    first, second = _in_one_minute(ask, *PATHS["anthropic"], 2)
    assert (first.status, second.status) == (200, 429)
    assert first.headers["anthropic-ratelimit-requests-limit"] == "1"
    assert second.headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert second.json["error"]["type"] == "rate_limit_error"
    assert "retry-after" in second.headers


def test_a_rate_limit_is_throttling_to_boto3(ask_as: Any, deployment: Deployment, gateway: RunningFunctionUrl) -> None:
    ask = ask_as(Policy(limits=Limits(requests_per_minute=1)))
    _in_one_minute(ask, *PATHS["openai"], 1)
    refused = ask(*PATHS["native"])
    assert (refused.status, refused.headers["x-amzn-errortype"]) == (429, "ThrottlingException")


def _in_one_minute(ask: Asker, path: str, body: Any, number: int) -> list[Reply]:
    """Ask so often, all in the same minute of the clock."""
    if (left := 60 - time.time() % 60) < 5:
        time.sleep(left + 0.1)
    return [ask(path, body) for _ in range(number)]


def test_tokens_over_the_rate_are_429(ask_as: Any) -> None:
    ask = ask_as(Policy(limits=Limits(tokens_per_minute=60)))
    body = {"model": NOVA, "messages": HELLO, "max_tokens": 40}
    first, second = _in_one_minute(ask, "/v1/chat/completions", body, 2)
    assert (first.status, second.status) == (200, 429)
    assert "You may use 60 tokens a minute" in second.text
    assert second.headers["x-ratelimit-limit-tokens"] == "60"


def test_a_stream_holds_its_slot_until_it_is_over(ask_as: Any) -> None:
    ask = ask_as(Policy(limits=Limits(concurrent_streams=1)))
    slow = {"model": "emulator.paced-100", "messages": HELLO, "stream": True}
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(ask, "/v1/chat/completions", slow)
        time.sleep(0.4)
        beside = ask(*PATHS["openai"])
        assert running.result().status == 200
    assert beside.status == 429
    assert "You may have 1 requests under way at the same time" in beside.text
    for _ in range(100):
        if ask(*PATHS["openai"]).status == 200:
            break
        time.sleep(0.05)
    else:
        pytest.fail("the slot was not given back")


def test_the_deployments_limits_hold_for_all_keys_together(deployment: Deployment) -> None:
    policy = Policy(limits=Limits(requests_per_minute=3))
    with closing(dynamodb_of(deployment.aws)) as dynamodb:
        table = deployment.aws.access_table
        dynamodb.put_item(TableName=table, Item={**POLICY_KEY, "policy": {"S": policy_to_json(policy)}})
        try:
            with deployment.gateway() as gateway:
                keys = [Asker(deployment, gateway, Policy()) for _ in range(2)]
                if (left := 60 - time.time() % 60) < 5:
                    time.sleep(left + 0.1)
                answers = [ask(*PATHS["openai"]) for _ in range(2) for ask in keys]
        finally:
            dynamodb.delete_item(TableName=table, Key=POLICY_KEY)
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert "All callers of this deployment together may make 3 requests a minute" in answers[-1].text


# --- what it costs ---------------------------------------------------------------------------------------------------


def test_a_whole_answer_tells_its_cost_and_the_table_has_it(ask_as: Any) -> None:
    ask = ask_as(Policy())
    for number, path in enumerate(("openai", "responses", "anthropic", "native"), 1):
        answer = ask(*PATHS[path])
        cost = float(answer.headers["x-sluice-cost-usd"])
        assert cost > 0
        if path != "native":
            assert answer.json["usage"]["cost_usd"] == pytest.approx(cost)
        (row,) = ask.used(number)
    assert (row.caller, row.model, row.day) == (ask.key_id, NOVA, day_of(time.time()))
    assert (row.used.requests, row.used.failed_requests, row.used.unpriced_requests) == (4, 0, 0)
    assert row.used.output_tokens > 0


def test_the_cost_is_tokens_times_prices(ask_as: Any) -> None:
    ask = ask_as(Policy())
    usage = ask(*PATHS["native"]).json["usage"]
    (row,) = ask.used()
    # US dollars for a million tokens of Nova Pro, by the catalog.
    pricing = ask(f"/v1/models/{NOVA}", None).json
    assert pricing["id"] == NOVA
    assert (row.used.input_tokens, row.used.output_tokens) == (usage["inputTokens"], usage["outputTokens"])
    expected = usage["inputTokens"] * 800 + usage["outputTokens"] * 3_200
    assert row.used.cost_nano_usd == expected


@pytest.mark.parametrize("path", ["openai", "responses", "anthropic"])
def test_a_stream_tells_its_cost_in_its_last_usage(ask_as: Any, path: str) -> None:
    ask = ask_as(Policy())
    where, body = PATHS[path]
    answer = ask(where, {**body, "stream": True})
    costs = [data for line in answer.text.splitlines() if '"cost_usd"' in line and (data := json.loads(line[6:]))]
    (usage,) = (_usage_in(data) for data in costs)
    (row,) = ask.used()
    assert usage["cost_usd"] * NANO_USD == pytest.approx(row.used.cost_nano_usd)
    assert "x-sluice-cost-usd" not in answer.headers


def _usage_in(event: Any) -> Any:
    return event.get("usage") or event["response"]["usage"]


def test_an_unknown_price_is_unknown_and_never_zero(ask_as: Any) -> None:
    ask = ask_as(Policy())
    answer = ask("/v1/chat/completions", {"model": "emulator.text", "messages": HELLO})
    assert (answer.status, answer.headers["x-sluice-cost-usd"]) == (200, "unknown")
    assert answer.json["usage"]["cost_usd"] is None
    (row,) = ask.used()
    assert (row.used.requests, row.used.unpriced_requests, row.used.cost_nano_usd) == (1, 1, 0)


def test_a_stream_that_breaks_is_metered_as_an_estimate(ask_as: Any, deployment: Deployment) -> None:
    ask = ask_as(Policy())
    steps = midstream_exception("throttlingException")
    deployment.upstream.script(Scenario("breaks", (*steps[:-1], Wait(0.3), steps[-1])))
    answer = ask("/v1/chat/completions", {"model": NOVA, "messages": HELLO, "stream": True})
    assert (answer.status, "rate_limit_error" in answer.text) == (200, True)
    (row,) = ask.used()
    assert (row.used.requests, row.used.failed_requests, row.used.estimated_requests) == (1, 1, 1)
    assert row.used.input_tokens > 0
    assert row.used.output_tokens > 0
    assert row.used.cost_nano_usd > 0


def test_a_stream_that_is_refused_in_its_first_frame_costs_nothing(ask_as: Any) -> None:
    ask = ask_as(Policy())
    answer = ask("/v1/chat/completions", {"model": "emulator.exception-first", "messages": HELLO, "stream": True})
    assert answer.status >= 400
    ask(*PATHS["openai"])
    (row,) = ask.used()
    assert (row.model, row.used.requests) == (NOVA, 1)


def test_what_bedrock_refuses_costs_nothing(ask_as: Any, deployment: Deployment) -> None:
    ask = ask_as(Policy(budget=Budget(nano_usd_per_day=NANO_USD)))
    deployment.upstream.script(library_scenario("throttled"))
    assert ask(*PATHS["openai"]).status == 429
    assert ask(*PATHS["openai"]).status == 200
    (row,) = ask.used()
    assert row.used.requests == 1


@every_path
def test_a_spent_budget_refuses_and_says_when_it_begins_anew(ask_as: Any, path: str, body: Any) -> None:
    answer = ask_as(Policy(budget=Budget(nano_usd_per_day=1)))(path, body)
    assert answer.status == (400 if "/model/" in path else 429)
    assert "You may spend $0.000000001 a day, of which $0.000000001 is left; this request may cost $0.0" in answer.text
    assert answer.headers.get("x-should-retry", "") == ("" if "/model/" in path else "false")
    assert "retry-after" not in answer.headers


def test_a_spent_budget_is_an_exception_that_boto3_does_not_retry(
    deployment: Deployment, gateway: RunningFunctionUrl, ask_as: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = ask_as(Policy(budget=Budget(nano_usd_per_day=1)))
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", ask.key)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(deployment.folder / "ca.pem"))
    client = boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url=gateway.tls_url)
    with closing(client), pytest.raises(ClientError) as raised:
        client.converse(modelId=NOVA, messages=NATIVE_HELLO)
    assert raised.value.response["Error"]["Code"] == "ServiceQuotaExceededException"
    assert raised.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_a_budget_is_settled_with_what_was_used(ask_as: Any, deployment: Deployment) -> None:
    ask = ask_as(Policy(budget=Budget(nano_usd_per_month=NANO_USD)))
    assert ask(*PATHS["openai"]).status == 200
    (row,) = ask.used()
    month = day_of(time.time())[:7]
    with closing(dynamodb_of(deployment.aws)) as dynamodb:
        key = budget_key(f"KEY#{ask.key_id}", month)
        item = dynamodb.get_item(TableName=deployment.aws.access_table, Key=key, ConsistentRead=True)["Item"]
    held = sum(int(value["S"].split("|")[2]) for name, value in item.items() if name.startswith("lease_"))
    assert int(item["month"]["N"]) == row.used.cost_nano_usd + held


def test_under_a_budget_a_model_without_a_price_is_refused(ask_as: Any, deployment: Deployment) -> None:
    body = {"model": "emulator.text", "messages": HELLO}
    refused = ask_as(Policy(budget=Budget(nano_usd_per_day=NANO_USD)))("/v1/chat/completions", body)
    assert refused.status == 403
    assert "The price of this model is not known" in refused.text
    warned = ask_as(Policy(budget=Budget(nano_usd_per_day=NANO_USD, at_limit="warn")))("/v1/chat/completions", body)
    assert warned.status == 200


def test_a_budget_that_warns_serves_and_says_so(ask_as: Any) -> None:
    ask = ask_as(Policy(budget=Budget(nano_usd_per_day=1, at_limit="warn")))
    answer = ask(*PATHS["openai"])
    assert (answer.status, answer.headers["x-sluice-over-budget"]) == (200, "true")


def test_a_key_sees_its_own_use(ask_as: Any) -> None:
    policy = Policy(limits=Limits(requests_per_minute=600), budget=Budget(nano_usd_per_month=20 * NANO_USD))
    ask = ask_as(policy)
    ask(*PATHS["openai"])
    (row,) = ask.used()
    told = ask("/v1/usage", None).json
    assert (told["caller"], told["month"]) == (ask.key_id, day_of(time.time())[:7])
    assert told["total"]["requests"] == 1
    assert told["total"]["cost_usd"] == pytest.approx(row.used.cost_nano_usd / NANO_USD)
    assert [day["day"] for day in told["days"]] == [row.day]
    assert [model["model"] for model in told["models"]] == [NOVA]
    assert told["limits"]["requests_per_minute"] == 600
    assert told["budget"]["usd_per_month"] == 20
    assert ask("/v1/usage?month=2020-01", None).json["total"]["requests"] == 0
    assert ask("/v1/usage?month=May", None).status == 400
