"""A gateway with a refresh function of its own and a catalog table that is empty at first."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from copy import replace
from dataclasses import dataclass

from integration.clients.raw import Reply, request
from integration.deployment import Deployment, dynamodb_of, make_table
from integration.watched_logs import watched_function_url
from sluice.catalog_items import POINTER_KEY
from sluice_local.bedrock_runtime import AccessKey, Credentials
from sluice_local.lambda_service import RunningFunctionUrl
from sluice_local.stack.functions import refresh_spec

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
        make_table(dynamodb, table)
    key_id, secret = (deployment.environment[name] for name in KEYS)
    changes = {"SLUICE_CATALOG_TABLE": table, **environment}
    spec = replace(refresh_spec({**deployment.environment, **changes}), init_timeout=60)
    with watched_function_url(spec, invokers=Credentials({key_id: AccessKey(secret)})) as refresh:
        lambdas = {"SLUICE_REFRESH_FUNCTION": spec.name, "AWS_ENDPOINT_URL_LAMBDA": refresh.invoke_url}
        with deployment.gateway(**{**lambdas, **changes}) as gateway:
            yield Fresh(gateway, refresh, deployment, table)
