"""Requests to a deployed gateway as a key with a policy."""

import time
from contextlib import closing
from typing import Any

from integration.clients.raw import Reply, request
from integration.deployment import Deployment, dynamodb_of
from sluice.access_items import usage_partition
from sluice.policy import Guardrail, Policy, policy_to_json
from sluice.usage import UsageRow, usage_from_item
from sluice_local.lambda_service import RunningFunctionUrl

NOVA = "us.amazon.nova-pro-v1:0"
SONNET = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
GUARDRAIL = Guardrail("gr0123456789", "1")
HELLO: Any = [{"role": "user", "content": "Hello!"}]
NATIVE_HELLO: Any = [{"role": "user", "content": [{"text": "Hello!"}]}]
# One request in each dialect, streamed where the dialect says so in its body.
PATHS: dict[str, tuple[str, Any]] = {
    "openai": ("/v1/chat/completions", {"model": NOVA, "messages": HELLO}),
    "responses": ("/v1/responses", {"model": NOVA, "input": HELLO}),
    "anthropic": ("/v1/messages", {"model": NOVA, "messages": HELLO, "max_tokens": 100}),
    "native": (f"/model/{NOVA}/converse", {"messages": NATIVE_HELLO, "inferenceConfig": {"maxTokens": 100}}),
}


class Asker:
    """Asks a gateway as one key."""

    def __init__(self, deployment: Deployment, gateway: RunningFunctionUrl, policy: Policy) -> None:
        self.deployment = deployment
        self.gateway = gateway
        self.key = deployment.make_key(policy_json=policy_to_json(policy))
        self.key_id = self.key.split("_")[1]

    def __call__(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Reply:
        method = "GET" if body is None else "POST"
        bearer = {"authorization": f"Bearer {self.key}"}
        return request(self.gateway.url, method, path, {**bearer, **(headers or {})}, body)

    def sent(self) -> Any:
        """Return what Bedrock was sent last."""
        return self.deployment.upstream.requests[-1].json

    def used(self, requests: int = 1) -> list[UsageRow]:
        """Return the key's rows of usage, once they have so many requests: they are written after the answer."""
        with closing(dynamodb_of(self.deployment.aws)) as dynamodb:
            for _ in range(200):
                found = dynamodb.query(
                    TableName=self.deployment.aws.access_table,
                    KeyConditionExpression="pk = :pk",
                    ExpressionAttributeValues={":pk": {"S": usage_partition(self.key_id)}},
                )
                rows = [usage_from_item(item) for item in found["Items"]]
                if sum(row.used.requests for row in rows) >= requests:
                    return rows
                time.sleep(0.02)
        raise AssertionError(f"no row has {requests} requests: {rows}")


def logged(gateway: RunningFunctionUrl, words: str, number: int = 1) -> list[str]:
    """Return the lines of the log with these words, once there are so many: they are written after the answer."""
    for _ in range(200):
        lines = [line for line in gateway.logs if words in line]
        if len(lines) >= number:
            return lines
        time.sleep(0.02)
    raise AssertionError(f"the log has {len(lines)} lines with {words}")
