"""The program: starts the stack, streams one answer as proof, says where it is, runs until Ctrl-C."""

import asyncio
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import uvloop

from sluice_local.stack.announcement import Access, announcement
from sluice_local.stack.callers_credentials import require_credentials
from sluice_local.stack.environment_file import environment_file
from sluice_local.stack.errors import StackError
from sluice_local.stack.first_answer import QUESTION, choose_model, stream_answer
from sluice_local.stack.log import StackLog
from sluice_local.stack.options import Options, read_options
from sluice_local.stack.single_instance import only_instance
from sluice_local.stack.stack import Stack, running_stack


def main(arguments: Sequence[str]) -> int:
    """Run until stopped; returns the process's exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = read_options(arguments)
    try:
        with only_instance(options.folder), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(options))
    except StackError as error:
        print(f"sluice: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


async def _run(options: Options) -> None:
    log_path = options.folder / "sluice.log"
    log = StackLog(log_path)
    serving = asyncio.create_task(_serve(options, log, log_path))

    def stop() -> None:
        # Once: a second signal must not keep the parts from ending.
        if not serving.cancelling():
            print("Stopping.", flush=True)
            log.quiet = True
            serving.cancel()

    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop)
    try:
        with suppress(asyncio.CancelledError):
            await serving
    finally:
        log.close()


async def _serve(options: Options, log: StackLog, log_path: Path) -> None:
    """Start, prove and announce the stack; then run until cancelled, which may be at any moment before, too."""
    started = time.monotonic()
    if not options.is_offline:
        await asyncio.to_thread(require_credentials)
    async with running_stack(options, log) as stack:
        models = await stack.refresh_catalog()
        print(f"The catalog has {models} models.")
        api_key = await asyncio.to_thread(stack.make_key, "local")
        model = await asyncio.to_thread(choose_model, stack.url, api_key, options.model)
        await _prove(options, stack, api_key, model)
        print(f"\n(ready {time.monotonic() - started:.1f} s after the start)")
        access = Access(stack.url, stack.tls_url, api_key, stack.certificates.ca_bundle.resolve(), model)
        with environment_file(options.folder, _variables(stack, access)) as path:
            print(announcement(access, path, log_path), flush=True)
            if not options.once:
                await asyncio.Event().wait()
        print("Stopping.")
        log.quiet = True


async def _prove(options: Options, stack: Stack, api_key: str, model: str) -> None:
    print(f"Asking {model}: {QUESTION}\n", flush=True)

    def show() -> None:
        for text in stream_answer(stack.url, api_key, model):
            print(text, end="", flush=True)
        print()

    try:
        await asyncio.to_thread(show)
    except StackError as error:
        if options.is_offline or options.once:
            raise
        # A real upstream may refuse this model, and answer the next one.
        print(f"\nsluice: {error}\nThe stack runs all the same.", file=sys.stderr)


def _variables(stack: Stack, access: Access) -> dict[str, str]:
    return {
        "SLUICE_URL": access.url,
        "SLUICE_TLS_URL": access.tls_url,
        "SLUICE_API_KEY": access.api_key,
        "SLUICE_CA_BUNDLE": str(access.ca_bundle),
        "SLUICE_MODEL": access.model,
        "SLUICE_BEDROCK_RUNTIME_URL": stack.bedrock_runtime_url,
        "SLUICE_REFRESH_FUNCTION": stack.refresh.spec.name,
        "AWS_ENDPOINT_URL_LAMBDA": stack.lambda_url,
        **stack.aws.environment(),
    }
