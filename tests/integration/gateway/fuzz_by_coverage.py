"""The fuzzer that looks for new paths through the gateway's code, by coverage: `make fuzz`. It ends where it finds a fault.

https://github.com/google/atheris
"""

import contextlib
import io
import os
import sys
import tempfile
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gateway", "sluice"], enable_loader_override=False):
    from gateway.messages import Request
    from gateway.settings import read_settings
    from gateway.wiring import build_application

from hypothesis import given, settings
from integration.deployment import running_deployment
from integration.gateway.asking import GUARDRAIL
from integration.gateway.fuzzing import BODIES, HEADERS, METHODS, QUERIES
from sluice.policy import Limits, Policy, policy_to_json


def main() -> None:
    """Run until a fault is found or the runs of the command line (`-runs=20000`) are over."""
    with running_deployment(Path(tempfile.mkdtemp())) as deployment:
        os.environ.update(deployment.environment)
        application = build_application(read_settings(os.environ))
        policy = Policy(limits=Limits(max_output_tokens=3_000), guardrail=GUARDRAIL, attribution=True)
        keys = (deployment.api_key, deployment.make_key(policy_json=policy_to_json(policy)))

        @settings(deadline=None)
        @given(METHODS, HEADERS, BODIES, QUERIES)
        def ask(method: str, headers: dict[str, str], asked: tuple[str, bytes], query: str) -> None:
            path, body = asked
            with_key = {**headers, "x-api-key": keys[len(body) % 2]}
            request = Request(method, path, with_key, body, "r", time.monotonic() + 30, query=query)
            with contextlib.redirect_stdout(io.StringIO()):
                response = application.handle(request)
                text = b"".join(response.body)
                response.body.close()  # type: ignore[attr-defined] - it is a LoggedBody
            if not 200 <= response.status < 500 or b"Sluice failed" in text or b"Traceback" in text:
                raise AssertionError(f"{response.status}: {text!r}")

        atheris.Setup(sys.argv, atheris.instrument_func(ask.hypothesis.fuzz_one_input))  # type: ignore[attr-defined]
        atheris.Fuzz()


if __name__ == "__main__":
    main()
