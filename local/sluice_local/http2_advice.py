"""What a client that opens with HTTP/2 is told by our HTTP/1.1 servers, on the wire and in the log.

OpenClaw and the AWS SDK for JavaScript open Bedrock connections with HTTP/2 even on plain http, and show their user
only "Protocol error" when an HTTP/1.1 server answers.
RFC 9113 §3.4 (preface), §6.5 (SETTINGS), §6.8 (GOAWAY), §7 (codes).
"""

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

ADVICE = (
    "this server speaks HTTP/1.1 only, and the client speaks HTTP/2. "
    "OpenClaw and pi-ai: set AWS_BEDROCK_FORCE_HTTP1=1 in their environment. "
    "AWS SDK for JavaScript: give the client `requestHandler: new NodeHttpHandler()` from @smithy/node-http-handler"
)

_SETTINGS, _GOAWAY = 0x4, 0x7
_HTTP_1_1_REQUIRED = 0xD


def refusal() -> bytes:
    """Return the frames that refuse an HTTP/2 connection: SETTINGS, then GOAWAY with the advice as debug data."""
    no_stream = (0).to_bytes(4)
    return _frame(_SETTINGS, b"") + _frame(_GOAWAY, no_stream + _HTTP_1_1_REQUIRED.to_bytes(4) + ADVICE.encode())


def _frame(kind: int, payload: bytes) -> bytes:
    flags, stream = b"\0", (0).to_bytes(4)
    return len(payload).to_bytes(3) + kind.to_bytes(1) + flags + stream + payload
