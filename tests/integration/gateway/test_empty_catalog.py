"""The gateway where nothing was discovered, or where nothing is cached: it has the refresh function run, as in AWS."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

import pytest
from integration.clients.raw import Reply, request
from integration.deployment import Deployment, dynamodb_of
from sluice.catalog_items import POINTER_KEY
from sluice_local.bedrock_runtime import AccessKey, Credentials
from sluice_local.lambda_service import RunningFunctionUrl, running_function_url
from sluice_local.stack.functions import refresh_spec

# Bedrock's emulator offers it in us-east-1 through profiles only.
OPUS = "anthropic.claude-opus-4-8"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass(frozen=True, slots=True)
class Fresh:
    """A gateway, its refresh function, and their catalog table, which is empty at first."""

    gateway: RunningFunctionUrl
    refresh: RunningFunctionUrl
    deployment: Deployment
    table: str

    def models(self) -> list[dict[str, object]]:
        reply = request(self.gateway.url, "GET", "/v1/models", self.bearer())
        assert reply.status == 200, reply.text
        models: list[dict[str, object]] = reply.json["data"]
        return models

    def ask(self, model: str) -> Reply:
        body = {"model": model, "messages": [{"role": "user", "content": "Hello!"}]}
        return request(self.gateway.url, "POST", "/v1/chat/completions", self.bearer(), body)

    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.deployment.api_key}"}

    def refreshes(self) -> int:
        return sum(line.startswith("START") for line in self.refresh.logs)

    def is_filled(self) -> bool:
        with closing(dynamodb_of(self.deployment.aws)) as dynamodb:
            item = dynamodb.get_item(TableName=self.table, Key=POINTER_KEY).get("Item", {})
        return "snapshot_id" in item


@contextmanager
def fresh(deployment: Deployment, table: str, **environment: str) -> Iterator[Fresh]:
    with closing(dynamodb_of(deployment.aws)) as dynamodb:
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
    key_id, secret = (deployment.environment[name] for name in KEYS)
    changes = {"SLUICE_CATALOG_TABLE": table, **environment}
    spec = replace(refresh_spec({**deployment.environment, **changes}), init_timeout=60)
    with running_function_url(spec, invokers=Credentials({key_id: AccessKey(secret)})) as refresh:
        lambdas = {"SLUICE_REFRESH_FUNCTION": spec.name, "AWS_ENDPOINT_URL_LAMBDA": refresh.invoke_url}
        with deployment.gateway(**{**lambdas, **changes}) as gateway:
            yield Fresh(gateway, refresh, deployment, table)


def test_the_first_list_of_a_new_deployment_waits_for_what_is_discovered(deployment: Deployment) -> None:
    with fresh(deployment, "filled-by-a-list") as it:
        models = it.models()
        assert OPUS in {model["id"] for model in models}
        assert not any("availability" in str(model["assumed"]) for model in models)
        assert it.models() == models
        assert it.refreshes() == 1


def test_a_request_for_a_model_waits_for_nothing_and_has_the_catalog_filled(deployment: Deployment) -> None:
    with fresh(deployment, "filled-by-a-request") as it:
        assert it.ask("claude-opus-4-8").status == 200
        assert deployment.upstream.requests[-1].path.startswith(f"/model/us.{OPUS}/")
        until = time.monotonic() + 30
        while not it.is_filled():
            assert time.monotonic() < until
            time.sleep(0.05)


def test_with_an_interval_of_zero_every_list_is_live(deployment: Deployment) -> None:
    with fresh(deployment, "never-cached", SLUICE_REFRESH_INTERVAL="0") as it:
        for count in (1, 2, 3):
            assert len(it.models()) > 30
            assert it.refreshes() == count
        assert it.ask("amazon.nova-lite-v1:0").status == 200
        assert it.refreshes() == 3


@pytest.mark.parametrize("function", ["", "nobody"])
def test_where_nobody_fills_the_catalog_well_known_models_stand_in(deployment: Deployment, function: str) -> None:
    with fresh(deployment, f"never-filled-{function}", SLUICE_REFRESH_FUNCTION=function) as it:
        models = it.models()
        assert OPUS in {model["id"] for model in models}
        assert all("availability" in str(model["assumed"]) for model in models)
        assert it.ask("claude-opus-4-8").status == 200
        warned = [line for line in it.gateway.logs if "The catalog could not be refreshed" in line]
        assert len(warned) == bool(function)
        assert it.refreshes() == 0
