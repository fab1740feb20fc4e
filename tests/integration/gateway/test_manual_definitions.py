"""What the operator's file says of a model is what its requests look like."""

from pathlib import Path

from integration.clients.raw import request
from integration.deployment import Deployment
from integration.fresh_catalog import fresh

MODEL = "anthropic.claude-opus-4-8"
FILE = """
{
  models: {
    providers: {
      "amazon-bedrock": {
        models: [{ id: "MODEL", reasoning: false, contextWindow: 1000 }, { id: "acme.own-v1:0", name: "Our own" }],
      },
    },
  },
}
"""


def test_a_model_that_the_file_says_does_not_reason_is_not_asked_to(deployment: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "openclaw.json5"
    file.write_text(FILE.replace("MODEL", MODEL))
    with fresh(deployment, "defined", SLUICE_CONFIG=str(file)) as it:
        assert "acme.own-v1:0" in {model["id"] for model in it.models()}
        asked = []
        # The file speaks of the model by that id; its profile is as it was discovered.
        for name in (MODEL, "claude-opus-4-8", f"us.{MODEL}"):
            body = {"model": name, "reasoning_effort": "high", "messages": [{"role": "user", "content": "Hello!"}]}
            reply = request(it.gateway.url, "POST", "/v1/chat/completions", it.bearer(), body)
            assert reply.status == 200, reply.text
            sent = deployment.upstream.requests[-1]
            assert sent.path.startswith(f"/model/us.{MODEL}/")
            asked.append("thinking" in sent.json.get("additionalModelRequestFields", {}))
    assert asked == [False, False, True]
