"""botocore's sessions without the operator's profile, which has no say on this machine and may not even exist."""

import botocore.session


def plain_session() -> botocore.session.Session:
    """Return a session that looks at no profile: `AWS_PROFILE` may be OpenClaw's `default`, which only pretends."""
    return botocore.session.Session(session_vars={"profile": (None, None, None, None)})
