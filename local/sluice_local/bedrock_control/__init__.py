"""Bedrock's control plane for moto: foundation models and inference profiles, which moto itself does not have.

`install()` makes `mock_aws` and moto's server answer these operations; `catalog` is what they answer from.
"""


def install() -> None:
    """Make moto's `bedrock` service answer with this control plane; a second call changes nothing.

    Accounts that moto already holds for Bedrock are emptied by the first call, so install before the first request.
    """
    # moto takes most of a second to import, and who only wants the catalog should not wait for it.
    from sluice_local.bedrock_control.models import replace_backend

    replace_backend()


__all__ = ["install"]
