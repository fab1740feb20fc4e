"""Bedrock Runtime: signs a request, sends it, and hands over the answer as it arrives."""

from collections.abc import Callable, Mapping

from gateway.aws.connection import Endpoint, PendingResponse
from gateway.aws.credentials import CredentialSource
from gateway.aws.sigv4 import signed_headers


class BedrockRuntime:
    """Calls Bedrock Runtime with the function's own credentials, or with a Bedrock API key where one is given."""

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: CredentialSource,
        region: str,
        clock: Callable[[], float],
        api_key: str = "",
    ) -> None:
        self._endpoint = endpoint
        self._credentials = credentials
        self._region = region
        self._clock = clock
        self._api_key = api_key

    def send(self, path: str, headers: Mapping[str, str], body: bytes) -> PendingResponse:
        """Post to an operation: `path` is encoded already, `headers` are passed on as they are.

        Raises:
            UpstreamUnreachable: Bedrock cannot be reached.
            InternalFailure: there are no credentials.
        """
        path = self._endpoint.path_prefix + path
        complete = {"host": self._endpoint.host_header, "content-type": "application/json", **headers}
        return self._endpoint.send("POST", path, self._authorized(path, complete, body), body)

    def _authorized(self, path: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        if self._api_key:
            return {**headers, "authorization": f"Bearer {self._api_key}"}
        return signed_headers(
            "POST",
            path,
            headers,
            body,
            self._credentials(),
            service="bedrock",
            region=self._region,
            now=self._clock(),
        )
