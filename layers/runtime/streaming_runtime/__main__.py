"""The runtime's process: puts the function's code on the path and runs awslambdaric's loop with our client.

The exec wrapper runs this folder in place of the managed bootstrap, whose part of `sys.path` falls to us then. It
relies on the interpreter it is run by and on `_HANDLER`; Lambda reserves the other variables read here.
"""

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

PACKAGE: Final = __file__.rpartition("/")[0]
LAYER: Final = PACKAGE.rpartition("/")[0]


def search_path(inherited: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """`sys.path` of a function: this layer, what the managed bootstrap would put there, the interpreter's own.

    The layer comes first so that its awslambdaric is found before the older one of the managed runtime.
    """
    layers = [f"/opt/python/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages", "/opt/python"]
    if "PYTHONPATH" in environment:
        layers = []  # the managed bootstrap leaves them out too: whoever sets the variable says what is searched
    # The managed bootstrap lies in the runtime's own folder, which is searched for that reason alone.
    managed = [environment["LAMBDA_RUNTIME_DIR"]] if "LAMBDA_RUNTIME_DIR" in environment else []
    # The folder that is run must not be searched itself, or its modules could be imported under a second name.
    rest = [entry for entry in inherited if entry != PACKAGE]
    return list(dict.fromkeys([LAYER, environment.get("LAMBDA_TASK_ROOT", "/var/task"), *layers, *managed, *rest]))


def main() -> None:
    """Take invocations until the process is ended; `SystemExit` when it cannot begin."""
    sys.path[:] = search_path(sys.path, os.environ)
    # What is imported stays. Collecting among it would take milliseconds of the start and find next to nothing; the
    # client turns the collector on when it asks for the first invocation.
    gc.disable()
    # Only now can these be found, and in the right place.
    from awslambdaric import bootstrap
    from awslambdaric.lambda_config import LambdaConfigProvider

    from streaming_runtime.client import StreamingRuntimeClient

    for name in ("_HANDLER", "AWS_LAMBDA_RUNTIME_API"):
        if name not in os.environ:
            sys.exit(f"streaming-runtime: {name} is not set; Lambda sets it, and so must its stand-in")
    config = LambdaConfigProvider([PACKAGE, os.environ["_HANDLER"]])
    client = StreamingRuntimeClient(config.api_address)
    if config.is_multi_concurrent:
        # awslambdaric forks one process per concurrent invocation then, and posts through another class.
        message = "the streaming runtime takes one invocation at a time and does not run on Lambda Managed Instances"
        client.post_init_error(bootstrap.make_error(message, "Runtime.ManagedInstancesUnsupported", []))
        sys.exit(f"streaming-runtime: {message}")
    bootstrap.run(config.handler, client)


if __name__ == "__main__":
    main()
