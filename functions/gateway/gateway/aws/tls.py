"""The TLS context of the gateway's connections to AWS, made in a thread.

Reading a full CA bundle takes some 25 ms, nearly all of them without the interpreter's lock, so that everything else
can be imported meanwhile.
"""

import ssl
from functools import lru_cache
from threading import Thread

from gateway.settings import SettingsError


class TlsContext:
    """A client's TLS context, in the making from the moment that this object is made.

    `ca_bundle` is a PEM file to trust instead of the system's; empty: the system's.
    """

    def __init__(self, ca_bundle: str) -> None:
        self._ca_bundle = ca_bundle
        self._context: ssl.SSLContext | None = None
        self._error: OSError | None = None
        self._thread = Thread(target=self._make, name="tls-context", daemon=True)
        self._thread.start()

    def get(self) -> ssl.SSLContext:
        """Wait until it is made, and return it.

        Raises:
            SettingsError: the bundle cannot be read.
        """
        self._thread.join()
        if self._context is None:
            reason = self._error and (self._error.strerror or self._error)
            raise SettingsError(
                f"AWS_CA_BUNDLE is {self._ca_bundle!r}, which cannot be read: {reason}"
            ) from self._error
        return self._context

    def _make(self) -> None:
        try:
            context = ssl.create_default_context(cafile=self._ca_bundle or None)
        except OSError as error:
            self._error = error
            return
        context.set_alpn_protocols(["http/1.1"])
        self._context = context


@lru_cache(maxsize=1)
def tls_context(ca_bundle: str) -> TlsContext:
    """Return the bundle's context; the first call begins to make it."""
    return TlsContext(ca_bundle)
