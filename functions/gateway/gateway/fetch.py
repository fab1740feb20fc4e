"""The edge that gets files which a request names by URL, and nothing that the public internet could not get.

The URL comes from a client, the connection from inside the deployment: so a name is resolved once, every address it has
must be a public one, the connection goes to an address that was checked, and each redirect is checked the same way.
"""

import base64
import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from urllib.parse import SplitResult, urljoin, urlsplit

from gateway.errors import InvalidRequest

# More than the largest file that Bedrock takes as bytes.
MOST_BYTES = 5_242_880
MOST_FILES = 20
SECONDS = 10.0
_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_READ_SIZE = 65_536
_HEADERS = {"user-agent": "sluice", "accept": "*/*", "accept-encoding": "identity"}
# IPv6 addresses that carry an IPv4 one to which they lead: NAT64, 6to4, Teredo.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: Address) -> bool:
    """Tell whether anyone on the internet could reach the address: not private, loopback, link-local or metadata."""
    if isinstance(address, ipaddress.IPv6Address) and (inner := _carried(address)) is not None:
        return is_public(inner)
    return address.is_global and not (address.is_multicast or address.is_reserved)


class RemoteFiles:
    """Gets the files of one request: at most 20, each of at most 5 MB, all within 10 seconds."""

    def __init__(
        self,
        *,
        is_allowed: Callable[[Address], bool] = is_public,
        tls: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._is_allowed = is_allowed
        self._tls = tls
        self._seconds = seconds
        self._until: float | None = None
        self._files = 0

    def fetch(self, url: str, path: str) -> tuple[str, str]:
        """Return media type and base64 text of the file at an https URL; `path` is the field that named it.

        Raises:
            InvalidRequest: it cannot be had, or must not.
        """
        self._files += 1
        if self._files > MOST_FILES:
            raise InvalidRequest(f"`{path}`: Sluice gets {MOST_FILES} files by URL for a request.", path)
        if self._until is None:
            self._until = time.monotonic() + self._seconds
        try:
            for _ in range(_MOST_REDIRECTS + 1):
                media_type, content = self._get(url, path)
                if content is not None:
                    return media_type, base64.b64encode(content).decode()
                url = urljoin(url, media_type)
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = (isinstance(error, OSError) and error.strerror) or error
            raise InvalidRequest(f"`{path}` cannot be fetched: {reason}.", path) from error
        raise InvalidRequest(f"`{path}` redirects more than {_MOST_REDIRECTS} times.", path)

    def _get(self, url: str, path: str) -> tuple[str, bytes | None]:
        """Return media type and content, or for a redirect its target and None."""
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.username is not None:
            raise InvalidRequest(f"`{path}` must lead to an https URL without credentials, or be a data: URL.", path)
        connection = _Connection(parts, self._addresses(parts, path), self._context(), self._left())
        try:
            target = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
            connection.request("GET", target, headers={**_HEADERS, "host": parts.netloc})
            response = connection.getresponse()
            if response.status in _REDIRECTS and (location := response.getheader("location")):
                return location, None
            if response.status != 200:
                raise InvalidRequest(f"`{path}` cannot be fetched: its server answered {response.status}.", path)
            return response.getheader("content-type", ""), self._content(connection, response, path)
        finally:
            connection.close()

    def _addresses(self, parts: SplitResult, path: str) -> list[str]:
        """Resolve the host, once, and return its addresses: the only ones that are connected to."""
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
        addresses = [str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found]
        if not addresses or not all(self._is_allowed(ipaddress.ip_address(address)) for address in addresses):
            raise InvalidRequest(f"`{path}` leads to an address that is not public.", path)
        return addresses

    def _content(self, connection: "_Connection", response: http.client.HTTPResponse, path: str) -> bytes:
        pieces, size = [], 0
        while piece := response.read1(_READ_SIZE):
            pieces.append(piece)
            size += len(piece)
            if size > MOST_BYTES:
                raise InvalidRequest(f"`{path}` has more than {MOST_BYTES} bytes.", path)
            connection.patience(self._left())
        if response.length:
            raise InvalidRequest(f"`{path}` cannot be fetched: its server hung up in the middle.", path)
        return b"".join(pieces)

    def _left(self) -> float:
        left = (self._until or 0.0) - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"it took longer than {self._seconds:g} seconds")
        return left

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


class _Connection(http.client.HTTPConnection):
    """A TLS connection to an address that was checked, which proves to be the host that was asked for."""

    def __init__(self, parts: SplitResult, addresses: list[str], tls: ssl.SSLContext, timeout: float) -> None:
        super().__init__(parts.hostname or "", parts.port or 443, timeout=timeout)
        self._addresses = addresses
        self._tls = tls

    def connect(self) -> None:
        """Connect to the first address that answers; nothing is resolved again."""
        raw = self._first_connection()
        try:
            self.sock = self._tls.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise

    def _first_connection(self) -> socket.socket:
        *others, last = self._addresses
        for address in others:
            try:
                return socket.create_connection((address, self.port), self.timeout)
            except OSError:
                continue
        return socket.create_connection((last, self.port), self.timeout)

    def patience(self, seconds: float) -> None:
        """Set how long the next read may take."""
        if self.sock is not None:
            self.sock.settimeout(seconds)


def _carried(address: ipaddress.IPv6Address) -> Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    # Also ::a.b.c.d, long deprecated, and still read by some stacks.
    if address in _NAT64 or int(address) >> 32 == 0:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
