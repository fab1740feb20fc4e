"""`python -m sluice_local.bedrock_runtime`: the emulator alone, for any client, until Ctrl-C."""

import argparse
import asyncio
import signal
from pathlib import Path

from sluice_local.bedrock_runtime.authentication import DEFAULT_CREDENTIALS, AccessKey, Credentials
from sluice_local.bedrock_runtime.emulator import BedrockRuntimeEmulator, Settings
from sluice_local.certificates import ensure_certificates


def main() -> None:
    """Run the emulator as the arguments say."""
    arguments = _parser().parse_args()
    settings = Settings(
        region=arguments.region,
        credentials=_credentials(arguments.access_key, arguments.bearer_token),
        pace=1.0 / arguments.pace if arguments.pace else 0.0,
    )
    try:
        asyncio.run(_run(settings, arguments))
    except OSError as error:
        raise SystemExit(f"The emulator cannot listen: {error.strerror or error}") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sluice_local.bedrock_runtime", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="port for http; 0 takes a free one")
    parser.add_argument("--tls", type=Path, metavar="FOLDER", help="serve https too; a development CA is kept here")
    parser.add_argument("--tls-port", type=int, default=0, help="port for https; 0 takes a free one")
    parser.add_argument("--region", default="us-east-1", help="the region it stands for (us-east-1)")
    key = "ID:SECRET[:TOKEN]"
    parser.add_argument("--access-key", action="append", metavar=key, help="accept this key; may be repeated")
    parser.add_argument("--bearer-token", action="append", metavar="TOKEN", help="accept this token; may be repeated")
    parser.add_argument("--pace", type=float, default=0.0, metavar="N", help="events a second of its own answers (all)")
    return parser


def _credentials(access_keys: list[str] | None, bearer_tokens: list[str] | None) -> Credentials:
    """Return what opens the emulator: what is given, or the documented default where nothing is."""
    if not access_keys and not bearer_tokens:
        return DEFAULT_CREDENTIALS
    parts = (text.split(":", 2) for text in access_keys or ())
    return Credentials({key_id: AccessKey(*secrets) for key_id, *secrets in parts}, tuple(bearer_tokens or ()))


async def _run(settings: Settings, arguments: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    emulator = BedrockRuntimeEmulator(settings)
    try:
        await _listen(emulator, arguments)
        await stopped.wait()
    finally:
        await emulator.close()


async def _listen(emulator: BedrockRuntimeEmulator, arguments: argparse.Namespace) -> None:
    plain = await emulator.start(arguments.host, arguments.port)
    print(f"Bedrock Runtime emulator ({emulator.settings.region})")
    print(f"http   http://{arguments.host}:{plain.port}")
    if arguments.tls:
        certificates = ensure_certificates(arguments.tls)
        secure = await emulator.start(arguments.host, arguments.tls_port, certificates.server_context())
        print(f"https  https://{arguments.host}:{secure.port}  (AWS_CA_BUNDLE={certificates.ca_bundle})")
    for key_id, access_key in emulator.settings.credentials.access_keys.items():
        print(f"key    AWS_ACCESS_KEY_ID={key_id} AWS_SECRET_ACCESS_KEY={access_key.secret}")
    for token in emulator.settings.credentials.bearer_tokens:
        print(f"token  AWS_BEARER_TOKEN_BEDROCK={token}")
    print("Ctrl-C stops it.", flush=True)


if __name__ == "__main__":
    main()
