"""A fuzzer that looks for new paths through the code, by coverage: `make fuzz`. It ends where it finds a fault.

https://github.com/google/atheris
"""

import contextlib
import importlib
import io
import os
import pkgutil
import random
import sys
import tempfile
import time
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gateway", "sluice"], enable_loader_override=False):
    import gateway
    from gateway.messages import Request
    from gateway.settings import read_settings
    from gateway.wiring import build_application

    # The gateway imports its dialects when they are asked for, which is too late for the instruments.
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if module.name != "gateway.handler":
            importlib.import_module(module.name)

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

        # The logger keeps the stream that it finds first.
        log = io.StringIO()

        @settings(deadline=None)
        @given(METHODS, HEADERS, BODIES, QUERIES)
        def ask(method: str, headers: dict[str, str], asked: tuple[str, bytes], query: str) -> None:
            path, body = asked
            with_key = {**headers, "x-api-key": keys[len(body) % 2]}
            request = Request(method, path, with_key, body, "r", time.monotonic() + 30, query=query)
            log.seek(0)
            log.truncate()
            with contextlib.redirect_stdout(log):
                response = application.handle(request)
                text = b"".join(response.body)
                response.body.close()  # type: ignore[attr-defined] - it is a LoggedBody
            if not 200 <= response.status < 500 or b"Sluice failed" in text or b"Traceback" in text:
                raise AssertionError(f"{request}\n{response.status}: {text!r}\n{log.getvalue()}")

        # hypothesis makes nothing of a few bytes, with which the fuzzer would begin.
        corpus = Path(tempfile.mkdtemp())
        chance = random.Random(1)
        for number in range(64):
            (corpus / str(number)).write_bytes(chance.randbytes(2_048))
        limits = ["-max_len=8192", "-len_control=0", str(corpus)]
        fuzz_one_input = ask.hypothesis.fuzz_one_input  # type: ignore[attr-defined] - `given` has added it
        atheris.Setup([*sys.argv, *limits], atheris.instrument_func(fuzz_one_input))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
