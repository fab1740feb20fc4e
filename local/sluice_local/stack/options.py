"""What can be chosen when the stack is started, on the command line and by the AWS SDKs' own variables."""

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sluice.region import region_of

Upstream = Literal["emulator", "aws"]

_ENDPOINTS = ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL_BEDROCK")


@dataclass(frozen=True, slots=True)
class Options:
    """A start's choices. A port of 0 is any free one; `endpoints` are upstreams that the caller's environment names."""

    port: int
    tls_port: int
    bedrock_port: int
    aws_port: int
    lambda_port: int
    upstream: Upstream
    model: str
    region: str
    folder: Path
    once: bool
    endpoints: Mapping[str, str]

    @property
    def emulates_bedrock_runtime(self) -> bool:
        """Whether models are asked of our own emulator."""
        return self.upstream == "emulator" and "AWS_ENDPOINT_URL_BEDROCK_RUNTIME" not in self.endpoints

    @property
    def emulates_bedrock(self) -> bool:
        """Whether models are listed by our own emulator."""
        return self.upstream == "emulator" and "AWS_ENDPOINT_URL_BEDROCK" not in self.endpoints

    @property
    def is_offline(self) -> bool:
        """Whether nothing but this machine is asked, so that made-up credentials do."""
        return self.emulates_bedrock_runtime and self.emulates_bedrock


def read_options(arguments: Sequence[str], environ: Mapping[str, str] = os.environ) -> Options:
    """Read the command line; `--help` and mistakes end the process as argparse does."""
    given = _parser().parse_args(arguments)
    return Options(
        port=given.port,
        tls_port=given.tls_port,
        bedrock_port=given.bedrock_port,
        aws_port=given.aws_port,
        lambda_port=given.lambda_port,
        upstream=given.upstream,
        model=given.model,
        region=region_of(environ),
        folder=given.folder,
        once=given.once,
        endpoints={name: environ[name] for name in _ENDPOINTS if environ.get(name, "").strip()},
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make local ARGS='…'",
        description="Run Sluice on this machine: the real functions behind emulators of Lambda, DynamoDB and Bedrock.",
        epilog="AWS_ENDPOINT_URL_BEDROCK_RUNTIME and AWS_ENDPOINT_URL_BEDROCK name other upstreams than the emulators.",
    )
    parser.add_argument("--port", type=_port, default=7780, help="the function URL, plain HTTP (%(default)s)")
    parser.add_argument("--tls-port", type=_port, default=7443, help="the function URL, HTTPS (%(default)s)")
    parser.add_argument("--bedrock-port", type=_port, default=7781, help="Bedrock Runtime's emulator (%(default)s)")
    parser.add_argument("--aws-port", type=_port, default=7782, help="DynamoDB and the other services (%(default)s)")
    parser.add_argument("--lambda-port", type=_port, default=7783, help="Lambda's Invoke API (%(default)s)")
    parser.add_argument("--upstream", choices=("emulator", "aws"), default="emulator", help="who answers (%(default)s)")
    parser.add_argument("--model", default="", help="the model that is asked first (one of the catalog)")
    parser.add_argument("--folder", type=Path, default=Path(".local"), help="where state is kept (%(default)s)")
    parser.add_argument("--once", action="store_true", help="stop after the first answer")
    return parser


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text, re.ASCII) or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text} is not a port (0 to 65535; 0 is any free one)")
    return int(text)
