"""What is printed once the stack runs: where it is, and lines to copy for each kind of client."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Access:
    """What a client needs."""

    url: str
    tls_url: str
    api_key: str
    ca_bundle: Path
    model: str


def announcement(access: Access, environment_file: Path, log_file: Path) -> str:
    """Return the text."""
    return f"""
  URL      {access.url}
  TLS      {access.tls_url}   (CA: {access.ca_bundle})
  Key      {access.api_key}
  Also in  {environment_file}   Log: {log_file}

curl
  curl -N {access.url}/v1/chat/completions -H 'Authorization: Bearer {access.api_key}' \\
    -d '{{"model": "{access.model}", "stream": true, "messages": [{{"role": "user", "content": "Hello!"}}]}}'

OpenAI SDK (Python)
  from openai import OpenAI
  client = OpenAI(base_url="{access.url}/v1", api_key="{access.api_key}")
  for chunk in client.chat.completions.create(model="{access.model}", stream=True,
                                              messages=[{{"role": "user", "content": "Hello!"}}]):
      print(chunk.choices[0].delta.content or "", end="", flush=True)

Anthropic SDK (Python)
  from anthropic import Anthropic
  client = Anthropic(base_url="{access.url}", api_key="{access.api_key}")
  with client.messages.stream(model="{access.model}", max_tokens=1000,
                              messages=[{{"role": "user", "content": "Hello!"}}]) as stream:
      for text in stream.text_stream:
          print(text, end="", flush=True)

boto3 (sends bearer keys over https only)
  import os, boto3
  os.environ["AWS_BEARER_TOKEN_BEDROCK"] = "{access.api_key}"
  client = boto3.client("bedrock-runtime", region_name="us-east-1", endpoint_url="{access.tls_url}",
                        verify="{access.ca_bundle}")
  for event in client.converse_stream(modelId="{access.model}",
                                      messages=[{{"role": "user", "content": [{{"text": "Hello!"}}]}}])["stream"]:
      print(event.get("contentBlockDelta", {{}}).get("delta", {{}}).get("text", ""), end="", flush=True)

OpenClaw (set both variables where it runs; its config file takes the provider block)
  export AWS_BEARER_TOKEN_BEDROCK={access.api_key} AWS_BEDROCK_FORCE_HTTP1=1
  models.providers["amazon-bedrock"] = {{ baseUrl: "{access.url}", api: "bedrock-converse-stream", auth: "aws-sdk",
    models: [{{ id: "{access.model}", name: "Through Sluice" }}] }}

Ctrl-C stops it.
"""
