"""Files that a request names by URL, from a real TLS server on the loopback interface."""

import base64
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from gateway.errors import InvalidRequest
from gateway.fetch import MOST_BYTES, MOST_FILES, Address, RemoteFiles, is_public
from sluice_local.certificates import Certificates, ensure_certificates

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100


class Files(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))  # type: ignore[attr-defined] # set by the fixture
        match self.path.partition("?")[0].split("/")[1:]:
            case ["file"]:
                self._answer(200, PNG)
            case ["hop", left] if left != "0":
                self._answer(302, b"", location=f"../hop/{int(left) - 1}")
            case ["hop", _]:
                self._answer(200, PNG)
            case ["away"]:
                self._answer(302, b"", location=self.path.partition("?")[2])
            case ["large"]:
                self._answer(200, b"x" * (MOST_BYTES + 1))
            case ["cut"]:
                self.send_response(200)
                self.send_header("content-length", "1000")
                self.end_headers()
                self.wfile.write(PNG)
                self.close_connection = True
            case ["slow"]:
                self.server.ending.wait(20)  # type: ignore[attr-defined] # set by the fixture
            case _:
                self._answer(404, b"nothing")

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-type": "image/png", "content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the client had enough

    def log_message(self, *_: object) -> None:
        """Write nothing."""


class Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Files)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.ending = threading.Event()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return ensure_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server(certificates: Certificates) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    with Server() as server:
        # Each handler shakes hands in its own thread, so that a client that hangs up stops nobody.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.ending.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def url(server: Server) -> str:
    return f"https://localhost:{server.server_address[1]}"


def is_loopback(address: Address) -> bool:
    return address.is_loopback


@pytest.fixture
def files(certificates: Certificates) -> RemoteFiles:
    return files_with(certificates.ca_bundle)


def files_with(ca_bundle: Path, seconds: float = 10.0) -> RemoteFiles:
    tls = ssl.create_default_context(cafile=ca_bundle)
    return RemoteFiles(is_allowed=is_loopback, tls=tls, seconds=seconds)


def refusal_of(files: RemoteFiles, url: str) -> str:
    with pytest.raises(InvalidRequest) as caught:
        files.fetch(url, "messages[0]")
    assert caught.value.param == "messages[0]"
    return str(caught.value)


def test_a_file_comes_with_its_media_type(files: RemoteFiles, server: Server, url: str) -> None:
    assert files.fetch(f"{url}/file?a=b#c", "x") == ("image/png", base64.b64encode(PNG).decode())
    [(path, headers)] = server.asked
    assert path == "/file?a=b"
    assert headers["host"] == url.removeprefix("https://")
    assert not {"authorization", "cookie"} & {name.lower() for name in headers}


@pytest.mark.parametrize("hops", [1, 3])
def test_a_few_redirects_are_followed(files: RemoteFiles, url: str, hops: int) -> None:
    assert files.fetch(f"{url}/hop/{hops}", "x")[0] == "image/png"


def test_many_redirects_are_not(files: RemoteFiles, url: str) -> None:
    assert "more than 3 times" in refusal_of(files, f"{url}/hop/4")


@pytest.mark.parametrize(
    "target", ["http://localhost/file", "https://169.254.169.254/latest/meta-data/", "file:///etc/passwd"]
)
def test_a_redirect_is_checked_like_the_first_url(files: RemoteFiles, server: Server, url: str, target: str) -> None:
    refusal_of(files, f"{url}/away?{target}")
    assert len(server.asked) == 1


@pytest.mark.parametrize("url", ["http://localhost/x", "https://user:secret@localhost/x", "https:///x", "ftp://a/b"])
def test_other_schemes_and_credentials_are_refused(files: RemoteFiles, url: str) -> None:
    assert "https URL" in refusal_of(files, url)


def test_a_file_that_is_too_large_is_refused(files: RemoteFiles, url: str) -> None:
    assert f"more than {MOST_BYTES} bytes" in refusal_of(files, f"{url}/large")


def test_a_file_that_was_cut_is_refused(files: RemoteFiles, url: str) -> None:
    refusal_of(files, f"{url}/cut")


def test_a_status_other_than_200_is_told(files: RemoteFiles, url: str) -> None:
    assert "404" in refusal_of(files, f"{url}/nothing")


def test_a_slow_server_is_given_up(certificates: Certificates, url: str) -> None:
    files = files_with(certificates.ca_bundle, seconds=0.3)
    assert "cannot be fetched" in refusal_of(files, f"{url}/slow")
    assert "longer than 0.3 seconds" in refusal_of(files, f"{url}/file")


def test_too_many_files_are_refused(files: RemoteFiles, url: str) -> None:
    for _ in range(MOST_FILES):
        files.fetch(f"{url}/file", "x")
    assert f"{MOST_FILES} files" in refusal_of(files, f"{url}/file")


def test_a_server_must_prove_to_be_the_host_that_was_asked_for(files: RemoteFiles, url: str) -> None:
    assert "cannot be fetched" in refusal_of(files, url.replace("localhost", "localhost.localdomain") + "/file")
    with pytest.raises(InvalidRequest, match="CERTIFICATE_VERIFY_FAILED"):
        RemoteFiles(is_allowed=is_loopback, tls=ssl.create_default_context()).fetch(f"{url}/file", "x")


def test_nothing_is_connected_to_at_an_address_that_is_not_public(server: Server, url: str) -> None:
    assert "not public" in refusal_of(RemoteFiles(), f"{url}/file")
    assert server.asked == []


def test_a_name_with_one_bad_address_among_good_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # The resolver is the one thing that a test cannot have answer like this.
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    assert "not public" in refusal_of(RemoteFiles(), "https://rebinding.example/x")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("169.254.170.2", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00:ec2::254", False),
        ("ff02::1", False),
        ("::ffff:169.254.169.254", False),
        ("::ffff:93.184.215.14", True),
        ("::127.0.0.1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b:1::a9fe:a9fe", False),
        ("2002:a9fe:a9fe::1", False),
        ("2001:0:a9fe:a9fe::1", False),
    ],
)
def test_only_what_the_internet_can_reach_is_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public
