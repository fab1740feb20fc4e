"""`python -m sluice_local.bedrock_runtime`, as somebody starts it in a shell."""

import re
import signal
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from integration.bedrock_runtime.clients import BODY

COMMAND = [sys.executable, "-m", "sluice_local.bedrock_runtime"]


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen, list[str]]]:
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        lines = []
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.startswith("Ctrl-C"):
                break
        try:
            yield process, lines
        finally:
            process.kill()


def test_it_serves_http_and_https_until_it_is_stopped(tmp_path):
    arguments = ("--tls", str(tmp_path), "--access-key", "AKIDX:s", "--bearer-token", "mine", "--pace", "500")
    with started(*arguments) as (process, lines):
        text = "\n".join(lines)
        urls = re.findall(r"https?://\S+", text)
        assert [url.partition(":")[0] for url in urls] == ["http", "https"]
        assert "AWS_ACCESS_KEY_ID=AKIDX AWS_SECRET_ACCESS_KEY=s" in text
        assert "AWS_BEARER_TOKEN_BEDROCK=mine" in text
        trust = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        for url in urls:
            request = urllib.request.Request(
                f"{url}/model/emulator.text/converse",
                BODY,
                {"authorization": "Bearer mine", "content-type": "application/json"},
            )
            with urllib.request.urlopen(request, context=trust if url.startswith("https") else None) as response:
                assert b"Streams run" in response.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(5) == 0
        assert process.stderr.read() == ""


def test_a_port_in_use_is_said_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "address already in use" in done.stderr.lower()
