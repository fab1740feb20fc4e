"""Bedrock's control plane for moto: foundation models and inference profiles, which moto itself does not have.

`install()` makes `mock_aws` and moto's server answer these operations; `catalog` is what they answer from.
"""

from collections.abc import Mapping
from typing import Any


def install() -> None:
    """Make moto's `bedrock` service answer with this control plane; a second call changes nothing.

    Accounts that moto already holds for Bedrock are emptied by the first call, so install before the first request.
    """
    # moto takes most of a second to import, and who only wants the catalog should not wait for it.
    from sluice_local.bedrock_control.models import replace_backend

    replace_backend()


def add_account_model(
    operation: str, summary: Mapping[str, Any], region: str = "us-east-1", account_id: str = "123456789012"
) -> None:
    """Let a list operation (`ListImportedModels`, …) show one of the account's models, in the operation's own shape."""
    from sluice_local.bedrock_control import models

    models.add_account_model(operation, summary, region, account_id)


__all__ = ["add_account_model", "install"]
