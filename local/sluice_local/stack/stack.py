"""Starts every part, proves that they work together, and runs until it is told to stop."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from sluice.key_issuing import draft_key, issue_key

from sluice_local.aws_services import AwsServices, start_aws_services
from sluice_local.bedrock_control.catalog import regions
from sluice_local.bedrock_runtime.authentication import AccessKey, Credentials
from sluice_local.bedrock_runtime.emulator import BedrockRuntimeEmulator, Settings
from sluice_local.certificates import Certificates, ensure_certificates
from sluice_local.lambda_service import FunctionUrlEmulator, InvokeApi, LambdaFunction
from sluice_local.sessions import plain_session
from sluice_local.stack.errors import StackError
from sluice_local.stack.functions import function_environment, gateway_spec, refresh_spec
from sluice_local.stack.log import StackLog
from sluice_local.stack.options import Options
from sluice_local.stack.ports import port_errors

_HOST = "127.0.0.1"
# Seconds between the events of the emulator's own answers: as fast as a quick model, and slow enough to be seen.
_PACE = 0.02


@dataclass(frozen=True, slots=True)
class Stack:
    """The running system."""

    url: str
    tls_url: str
    bedrock_runtime_url: str
    lambda_url: str
    certificates: Certificates
    aws: AwsServices
    refresh: LambdaFunction

    async def refresh_catalog(self) -> int:
        """Run the refresh function once, as its schedule would, and return how many models it found.

        Raises:
            StackError: it failed.
        """
        result = await self.refresh.invoke({"source": "aws.scheduler"})
        answer = json.loads(result.payload)
        if result.error:
            raise StackError(f"The catalog could not be refreshed: {answer.get('errorMessage', answer)}")
        return int(answer["models"])

    def make_key(self, name: str) -> str:
        """Make an API key in the access table and return its text."""
        import boto3  # a third of a second, while the first environment starts

        client = boto3.Session(botocore_session=plain_session()).client(
            "dynamodb",
            endpoint_url=self.aws.endpoint_url,
            region_name=self.aws.region,
            aws_access_key_id=self.aws.access_key_id,
            aws_secret_access_key=self.aws.secret_access_key,
        )
        text, _ = issue_key(client, self.aws.access_table, draft_key(name))
        client.close()
        return text


@asynccontextmanager
async def running_stack(options: Options, log: StackLog) -> AsyncIterator[Stack]:
    """Run all parts until the block ends; no process is left then.

    Raises:
        StackError: a port is in use.
    """
    async with AsyncExitStack() as parts:
        certificates = ensure_certificates(options.folder / "tls")
        with port_errors(options.aws_port, "--aws-port"):
            aws = start_aws_services(_HOST, options.aws_port, options.region)
        parts.callback(aws.close)
        bedrock_url = await _bedrock_runtime(options, aws, parts)
        environment = function_environment(options, aws, bedrock_url)
        refresh = LambdaFunction(refresh_spec(environment), log)
        parts.push_async_callback(refresh.close)
        lambda_url = await _invoke_api(options, aws, refresh, parts)
        environment |= {"AWS_ENDPOINT_URL_LAMBDA": lambda_url, "SLUICE_REFRESH_FUNCTION": refresh.spec.name}
        url, tls_url = await _gateway(options, environment, certificates, log, parts)
        yield Stack(url, tls_url, bedrock_url, lambda_url, certificates, aws, refresh)


async def _bedrock_runtime(options: Options, aws: AwsServices, parts: AsyncExitStack) -> str:
    if not options.emulates_bedrock_runtime:
        return ""
    # Models may be discovered, and are then called, in any region.
    settings = Settings(options.region, tuple(regions()), _credentials(aws), _PACE)
    emulator = BedrockRuntimeEmulator(settings)
    with port_errors(options.bedrock_port, "--bedrock-port"):
        server = await emulator.start(port=options.bedrock_port)
    parts.push_async_callback(emulator.close)
    return f"http://{_HOST}:{server.port}"


async def _invoke_api(options: Options, aws: AwsServices, refresh: LambdaFunction, parts: AsyncExitStack) -> str:
    # With a real upstream the gateway signs with credentials of the caller's, whose secrets are not known here.
    api = InvokeApi([refresh], _credentials(aws) if options.is_offline else None)
    parts.push_async_callback(api.close)
    with port_errors(options.lambda_port, "--lambda-port"):
        server = await api.start(port=options.lambda_port)
    return f"http://{_HOST}:{server.port}"


def _credentials(aws: AwsServices) -> Credentials:
    return Credentials({aws.access_key_id: AccessKey(aws.secret_access_key)})


async def _gateway(
    options: Options,
    environment: dict[str, str],
    certificates: Certificates,
    log: StackLog,
    parts: AsyncExitStack,
) -> tuple[str, str]:
    function = LambdaFunction(gateway_spec(environment), log)
    parts.push_async_callback(function.close)
    emulator = FunctionUrlEmulator(function)
    parts.push_async_callback(emulator.close)
    with port_errors(options.port, "--port"):
        plain = await emulator.start(port=options.port)
    with port_errors(options.tls_port, "--tls-port"):
        secure = await emulator.start(port=options.tls_port, tls=certificates.server_context())
    return f"http://{_HOST}:{plain.port}", f"https://localhost:{secure.port}"
