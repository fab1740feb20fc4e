"""A function: its environments, started on demand, reused, as many as there are requests at once."""

import asyncio
import json
import sys
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from sluice_local.lambda_service.environment import ExecutionEnvironment
from sluice_local.lambda_service.errors import TIMED_OUT, InitFailed, Throttled
from sluice_local.lambda_service.function_spec import FunctionSpec
from sluice_local.lambda_service.invocation import Invocation, InvokeResult, WholeAnswer
from sluice_local.lambda_service.pace import Pace

# Called with the function's name and one line of what an environment prints, or of what the platform says about it.
Log = Callable[[str, str], None]

# A runtime asks for its next invocation a moment after its answer's last byte. A request that comes in between waits
# that moment instead of starting a process, or being throttled.
_REUSE_PATIENCE_SECONDS = 1.0
LAMBDAS_PACE = Pace()


def log_to_stderr(function_name: str, line: str) -> None:
    """Print one line of a function's log."""
    print(f"[{function_name}] {line}", file=sys.stderr, flush=True)


class LambdaFunction:
    """A function that can be invoked. `pace` limits streamed answers as Lambda does; None does not limit them."""

    def __init__(self, spec: FunctionSpec, log: Log = log_to_stderr, pace: Pace | None = LAMBDAS_PACE) -> None:
        self.spec = spec
        self.environments: list[ExecutionEnvironment] = []
        self._log = log
        self._pace = pace
        self._idle: list[ExecutionEnvironment] = []
        self._waiting: deque[asyncio.Future[bool]] = deque()
        self._closing: set[asyncio.Task[None]] = set()

    async def invoke(self, event: object, *, client_context: str | None = None) -> InvokeResult:
        """Invoke with any JSON value and wait for the answer. Raises `Throttled`."""
        answer = WholeAnswer()
        await self.run(Invocation(json.dumps(event).encode(), answer, client_context=client_context))
        return answer.result

    async def run(self, invocation: Invocation) -> None:
        """Run an invocation until its answer is over; what becomes of it, its receiver learns. Raises `Throttled`."""
        try:
            environment = await self._acquire()
        except InitFailed as failure:
            self.say(f"Init failed: {failure}")
            invocation.fail(failure.error)
            return
        environment.invoke(invocation, self.spec.timeout)
        await invocation.outcome()

    def kill_busy(self) -> int:
        """Kill each environment that is serving a request, as a failure of the platform would; return how many."""
        busy = [environment for environment in self.environments if environment.is_serving]
        for environment in busy:
            environment.kill()
        return len(busy)

    def say(self, line: str) -> None:
        """Write a line to the function's log."""
        self._log(self.spec.name, line)

    async def close(self) -> None:
        """End all environments; no process is left on return."""
        await asyncio.gather(*(environment.close() for environment in list(self.environments)))
        await asyncio.gather(*self._closing)

    async def _acquire(self) -> ExecutionEnvironment:
        while not self._idle:
            if not await self._one_becomes_free():
                if len(self.environments) >= self.spec.max_concurrency:
                    raise Throttled
                return await self._start()
        return self._idle.pop()  # the one used last, as on Lambda: the others may be let go

    async def _one_becomes_free(self) -> bool:
        ending = sum(environment.is_ending_invocation for environment in self.environments)
        if ending <= len(self._waiting):
            return False
        loop = asyncio.get_running_loop()
        freed: asyncio.Future[bool] = loop.create_future()
        self._waiting.append(freed)
        patience = loop.call_later(_REUSE_PATIENCE_SECONDS, _settle, freed, False)
        try:
            return await freed
        finally:
            patience.cancel()
            if freed in self._waiting:
                self._waiting.remove(freed)

    async def _start(self) -> ExecutionEnvironment:
        try:
            return await self._start_within(self.spec.init_timeout)
        except InitFailed as failure:
            if failure.error.kind != TIMED_OUT:
                raise
            # As on Lambda: an init that takes too long is done again as a part of the invocation.
            self.say(f"INIT_REPORT Phase: init Status: timeout ({failure}); init starts again under the timeout")
            return await self._start_within(self.spec.timeout)

    async def _start_within(self, seconds: float) -> ExecutionEnvironment:
        environment = ExecutionEnvironment(self.spec, self._pace, self.say, self._freed, self._gone)
        self.environments.append(environment)
        try:
            await environment.start(seconds)
        except BaseException:
            self._gone(environment)
            raise
        return environment

    def _freed(self, environment: ExecutionEnvironment) -> None:
        self._idle.append(environment)
        if self._waiting:
            _settle(self._waiting.popleft(), True)

    def _gone(self, environment: ExecutionEnvironment) -> None:
        if environment not in self.environments:
            return
        self.environments.remove(environment)
        if environment in self._idle:
            self._idle.remove(environment)
        self._close_later(environment.close())

    def _close_later(self, closing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(closing)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


def _settle(future: asyncio.Future[bool], result: bool) -> None:
    if not future.done():
        future.set_result(result)
