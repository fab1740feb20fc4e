"""The ARNs of IAM principals, as Lambda tells them to the gateway. Pure.

Who has assumed a role is `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` there, without the role's path; what all
sessions of the role have in common is the ARN without the session.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

import re

_NAME = r"[\w+=,.@-]+"
_ROLE = re.compile(rf"arn:(aws[a-z-]*):iam::([0-9]{{12}}):role/(?:[!-~]+/)?({_NAME})", re.ASCII)
_ASSUMED = re.compile(rf"arn:aws[a-z-]*:sts::[0-9]{{12}}:assumed-role/{_NAME}", re.ASCII)
_ONE = re.compile(
    rf"arn:aws[a-z-]*:(?:iam::[0-9]{{12}}:(?:root|user/(?:[!-~]+/)?{_NAME})"
    rf"|sts::[0-9]{{12}}:(?:federated-user/{_NAME}|assumed-role/{_NAME}/{_NAME}))",
    re.ASCII,
)


def principal_arn(text: str) -> str:
    """Read the ARN of a user, of a role, of a role's session or of an account's root.

    A role's own ARN becomes the one that its sessions have in common.

    Raises:
        ValueError: it is none of these.
    """
    arn = text.strip()
    if role := _ROLE.fullmatch(arn):
        return f"arn:{role[1]}:sts::{role[2]}:assumed-role/{role[3]}"
    if _ASSUMED.fullmatch(arn) or _ONE.fullmatch(arn):
        return arn
    raise ValueError(f"{text!r} is not the ARN of an IAM user, of a role, or of a role's session")


def is_role(arn: str) -> bool:
    """Tell whether an ARN that `principal_arn` returned is that of all sessions of a role."""
    return _ASSUMED.fullmatch(arn) is not None
