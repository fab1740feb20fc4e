"""Runs the local stack once and draws what its terminal showed, at the pace at which it came (streamed-answer.svg).

    .venv/bin/python docs/images/streamed_answer.py

Waits of more than a second are drawn as one second. Who has no animations, or wants none, sees all of it
at once.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from xml.sax.saxutils import escape

PICTURE = Path(__file__).with_name("streamed-answer.svg")
COLUMNS = 96
FONT_SIZE, LINE_HEIGHT, CHARACTER, PADDING, BAR = 14, 21, 8.43, 20, 34
LONGEST_WAIT = 1.0
# What follows is a key, and paths of this machine.
LAST_LINE = "  URL"

STYLE = """
  text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #d6deeb; white-space: pre }
  .typed { fill: #7fdbca }
  .quiet { fill: #8a9bb0 }
  tspan { animation: appear 1ms linear both }
  @keyframes appear { from { fill-opacity: 0 } to { fill-opacity: 1 } }
  @media (prefers-reduced-motion: reduce) { tspan { animation: none } }
"""

# What is not the answer.
ASIDES = ("The catalog", "Asking", "(ready")

# A character and when it came, in seconds.
type Character = tuple[str, float]
# A line, and whether it is only aside.
type Line = tuple[list[Character], bool]


def recorded() -> list[Character]:
    """Run the stack and return what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-u", "-m", "sluice_local", "--once", "--folder", folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "COLUMNS": str(COLUMNS)})
        pipe = process.stdout
        assert pipe
        seen, undecoded = [], b""
        while data := os.read(pipe.fileno(), 65_536):
            undecoded += data
            # A character of several bytes may come in two reads.
            text = undecoded.decode(errors="ignore")
            undecoded = undecoded[len(text.encode()) :]
            seen += [(character, time.monotonic()) for character in text]
        pipe.close()
        assert process.wait() == 0, "the stack did not run"
    return seen


def paced(characters: Sequence[Character]) -> list[Character]:
    """Begin at 0 and shorten the long waits."""
    now, last, out = 0.8, characters[0][1], []
    for character, at in characters:
        now += min(at - last, LONGEST_WAIT)
        last = at
        out.append((character, now))
    return out


def lines_of(characters: Sequence[Character]) -> Iterator[Line]:
    """Yield the terminal's lines up to the last one wanted, without the requests' log, wrapped at words."""
    line: list[Character] = []
    for character in characters:
        if character[0] != "\n":
            line.append(character)
            continue
        text = "".join(one for one, _ in line)
        if not text.startswith("200  "):
            yield from ((part, text.startswith(ASIDES)) for part in wrapped(line))
        if text.startswith(LAST_LINE):
            return
        line = []


def wrapped(line: list[Character]) -> Iterator[list[Character]]:
    while len(line) > COLUMNS:
        cut = max(place for place, (character, _) in enumerate(line[: COLUMNS + 1]) if character == " ")
        yield line[:cut]
        line = line[cut + 1 :]
    yield line


def drawn(lines: Sequence[Line]) -> str:
    width, height = round(COLUMNS * CHARACTER) + 2 * PADDING, BAR + (len(lines) + 1) * LINE_HEIGHT + PADDING
    rows = "\n".join(row(line, is_aside, number) for number, (line, is_aside) in enumerate(lines, 1))
    dots = "".join(f'<circle cx="{20 + 18 * place}" cy="17" r="5.5" fill="#33475f"/>' for place in range(3))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">
<title>make local: a model's answer streams through Sluice</title>
<style>{STYLE}</style>
<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="9" fill="#0b1a2b" stroke="#33475f"/>
{dots}
<text x="{PADDING}" y="{BAR + LINE_HEIGHT}" class="typed">$ make local</text>
{rows}
</svg>
"""


def row(line: Sequence[Character], is_aside: bool, number: int) -> str:
    pieces = (("".join(text for text, _ in piece), at) for at, piece in groupby(line, key=lambda one: one[1]))
    spans = "".join(f'<tspan style="animation-delay:{at:.2f}s">{escape(text)}</tspan>' for text, at in pieces)
    return f'<text x="{PADDING}" y="{BAR + (number + 1) * LINE_HEIGHT}"{' class="quiet"' * is_aside}>{spans}</text>'


def main() -> None:
    lines = list(lines_of(paced(recorded())))
    PICTURE.write_text(drawn(lines), encoding="utf-8")
    print(f"{PICTURE}: {len(lines)} lines")


if __name__ == "__main__":
    main()
