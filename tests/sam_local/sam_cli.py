"""`sam local invoke`, and what it prints."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sam_local.emulators import Emulators
from sam_local.engine import ADD_HOST, ARCHITECTURE

PROJECT = Path(__file__).parents[2]
BUILT_TEMPLATE = PROJECT / ".aws-sam" / ARCHITECTURE / "template.yaml"
_SAM = PROJECT / ".venv-sam/bin/sam"
_NULS = bytes(8)


class InvokeError(Exception):
    """SAM could not invoke; the message is its own log, which holds the function's too."""


@dataclass(frozen=True, slots=True)
class Streamed:
    """A streamed answer as the runtime interface emulator hands it over: prelude, eight NULs, body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class SamCli:
    """Invokes the built functions in containers, against the emulators. `folder` holds what SAM reads."""

    emulators: Emulators
    folder: Path

    def invoke(self, function: str, event: object) -> bytes:
        """Invoke a function and return what SAM prints as its result."""
        event_file, variables = self.folder / "event.json", self.folder / "variables.json"
        event_file.write_text(json.dumps(event))
        variables.write_text(json.dumps({"Parameters": self.emulators.environment}))
        environment = ("--env-vars", variables, "--add-host", ADD_HOST, "--skip-pull-image")
        template = ("--template", BUILT_TEMPLATE, "--parameter-overrides", f"Architecture={ARCHITECTURE}")
        done = subprocess.run(
            [_SAM, "local", "invoke", function, *template, "--event", event_file, *environment],
            env=self._environment(),
            cwd=PROJECT,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise InvokeError(done.stderr.decode(errors="replace"))
        return done.stdout.strip(b"\n")

    def _environment(self) -> dict[str, str]:
        # SAM takes a function's variables and credentials from the shell too: none of the developer's own.
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SLUICE_"))}
        services = self.emulators.services
        return ours | {
            "SAM_CLI_TELEMETRY": "0",
            # SAM asks STS for the account.
            "AWS_ENDPOINT_URL": services.endpoint_url,
            "AWS_REGION": services.region,
            "AWS_DEFAULT_REGION": services.region,
            "AWS_ACCESS_KEY_ID": services.access_key_id,
            "AWS_SECRET_ACCESS_KEY": services.secret_access_key,
        }


def streamed(output: bytes) -> Streamed:
    """Read a streamed answer."""
    prelude, nuls, body = output.partition(_NULS)
    assert nuls, f"not a streamed answer: {output[:500]!r}"
    head = json.loads(prelude)
    return Streamed(head["statusCode"], head["headers"], body)


def event(name: str, key: str = "") -> dict[str, Any]:
    """Return one of the events of `events/` with the API key in its place."""
    text = (PROJECT / "events" / f"{name}.json").read_text()
    read: dict[str, Any] = json.loads(text.replace("{SLUICE_API_KEY}", key))
    return read
