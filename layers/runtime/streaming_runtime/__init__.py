"""Response streaming for Lambda's managed Python runtime.

A function needs one name from here, `StreamResponse`. The rest is the runtime itself, started by the exec wrapper
(`streaming-runtime`) or by `python -m streaming_runtime`.
"""

from streaming_runtime.response import StreamResponse

__all__ = ["StreamResponse"]
