"""Bedrock Runtime: signs a request, sends it, and hands over the answer as it arrives."""

from collections.abc import Callable, Mapping

from gateway.aws.connection import Endpoint, PendingResponse
from gateway.aws.credentials import CredentialSource
from gateway.aws.sigv4 import signed_headers


class BedrockRuntime:
    """Calls Bedrock Runtime with the function's own credentials, or with a Bedrock API key where one is given.

    `endpoint` is that of `region`; `endpoint_in` makes the one of another region.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        credentials: CredentialSource,
        region: str,
        clock: Callable[[], float],
        endpoint_in: Callable[[str], Endpoint],
        api_key: str = "",
    ) -> None:
        self._endpoints = {region: endpoint}
        self._endpoint_in = endpoint_in
        self._credentials = credentials
        self._region = region
        self._clock = clock
        self._api_key = api_key

    def send(self, path: str, headers: Mapping[str, str], body: bytes, region: str = "") -> PendingResponse:
        """Post to an operation: `path` is encoded already, `headers` are passed on as they are.

        Without a region it is the gateway's own that is asked.

        Raises:
            UpstreamUnreachable: Bedrock cannot be reached.
            InternalFailure: there are no credentials.
        """
        region = region or self._region
        endpoint = self._endpoint_of(region)
        path = endpoint.path_prefix + path
        complete = {"host": endpoint.host_header, "content-type": "application/json", **headers}
        return endpoint.send("POST", path, self._authorized(path, complete, body, region), body)

    def _endpoint_of(self, region: str) -> Endpoint:
        if region not in self._endpoints:
            self._endpoints[region] = self._endpoint_in(region)
        return self._endpoints[region]

    def _authorized(self, path: str, headers: Mapping[str, str], body: bytes, region: str) -> Mapping[str, str]:
        if self._api_key:
            return {**headers, "authorization": f"Bearer {self._api_key}"}
        return signed_headers(
            "POST",
            path,
            headers,
            body,
            self._credentials(),
            service="bedrock",
            region=region,
            now=self._clock(),
        )
