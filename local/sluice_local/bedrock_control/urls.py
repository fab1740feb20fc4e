"""moto's routes of the Bedrock service, with our answers where moto's own class would answer."""

from moto.bedrock.responses import BedrockResponse
from moto.bedrock.urls import url_bases
from moto.bedrock.urls import url_paths as moto_url_paths

from sluice_local.bedrock_control.responses import ControlPlaneResponse

# The first of moto's patterns takes every path, so routes of our own are not needed; what belongs to agents stays.
url_paths = {
    pattern: ControlPlaneResponse.dispatch if handler == BedrockResponse.dispatch else handler
    for pattern, handler in moto_url_paths.items()
}

__all__ = ["url_bases", "url_paths"]
