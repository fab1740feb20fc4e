"""The project's pages, and what stands in them: links, code, tables, headings."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[2]

_FENCE = re.compile(
    r"^(?P<fence>```+)(?P<language>[\w-]*)[^\n]*\n(?P<text>.*?)^(?P=fence)\s*$", re.MULTILINE | re.DOTALL
)
_CODE_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"!?\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#{1,6}) (.+?)\s*$", re.MULTILINE)
_ROW = re.compile(r"^\|(.+)\|\s*$")


@dataclass(frozen=True, slots=True)
class Page:
    """One Markdown file. `prose` is its text without the fenced blocks."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """The path as it is written in links from the project's root."""
        return str(self.path.relative_to(PROJECT))

    @property
    def prose(self) -> str:
        return _FENCE.sub("", self.text)

    def blocks(self, *languages: str) -> list[str]:
        """Return the fenced blocks in one of the languages; without a language: all."""
        found = _FENCE.finditer(self.text)
        return [match["text"] for match in found if not languages or match["language"] in languages]

    def code_spans(self) -> list[str]:
        return _CODE_SPAN.findall(self.prose)

    def links(self) -> list[str]:
        return _LINK.findall(_CODE_SPAN.sub("", self.prose))

    def headings(self) -> list[tuple[int, str]]:
        """Return level and text of every heading."""
        return [(len(marks), text) for marks, text in _HEADING.findall(self.prose)]

    def anchors(self) -> set[str]:
        """Return what GitHub makes of the headings."""
        anchors: set[str] = set()
        for _, text in self.headings():
            slug = _slug(text)
            copies = sum(
                anchor == slug or re.fullmatch(rf"{re.escape(slug)}-\d+", anchor) is not None for anchor in anchors
            )
            anchors.add(f"{slug}-{copies}" if copies else slug)
        return anchors

    def section(self, *titles: str) -> str:
        """Return the text below a heading, and below one within it, up to the next of the same level."""
        text, level = self.prose, 0
        for title in titles:
            heading = next(found for found in _HEADING.finditer(text) if found[2] == title and len(found[1]) > level)
            level = len(heading[1])
            rest = text[heading.end() :]
            after = next((found for found in _HEADING.finditer(rest) if len(found[1]) <= level), None)
            text = rest[: after.start()] if after else rest
        return text

    def subsections(self, title: str) -> list[str]:
        """Return the headings right below a heading."""
        found = _HEADING.findall(self.section(title))
        top = min(len(marks) for marks, _ in found)
        return [text for marks, text in found if len(marks) == top]

    def table(self, *titles: str) -> list[list[str]]:
        """Return the cells of the first table in a section, without its head."""
        lines = self.section(*titles).splitlines()
        rows = [match[1] for line in lines if (match := _ROW.match(line))]
        return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)] for row in rows[2 : 2 + _length(lines)]]


def page(name: str) -> Page:
    """Return a page by its path from the project's root."""
    return Page(PROJECT / name, (PROJECT / name).read_text(encoding="utf-8"))


@cache
def all_pages() -> tuple[Page, ...]:
    """Return every Markdown file that belongs to the project."""
    return tuple(page(name) for name in project_files() if name.endswith(".md"))


@cache
def project_files() -> tuple[str, ...]:
    """Return every file that git tracks, or would if asked to add everything."""
    command = ("git", "ls-files", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    return tuple(sorted(name for name in set(listed.splitlines()) if (PROJECT / name).is_file()))


def code(cell: str) -> str:
    """Return what a cell has in backticks; empty: nothing."""
    spans = _CODE_SPAN.findall(cell)
    return spans[0] if spans else ""


def codes(cell: str) -> list[str]:
    """Return everything that a cell or sentence has in backticks."""
    return _CODE_SPAN.findall(cell)


def shell_lines(block: str) -> Iterator[str]:
    """Yield a console block's commands, those over several lines as one."""
    yield from (line.strip() for line in re.sub(r"\\\n\s*", "", block).splitlines() if line.strip())


def _slug(heading: str) -> str:
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return words.replace(" ", "-")


def _length(lines: list[str]) -> int:
    """How many rows the first table has below its head."""
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    end = next((number for number, line in enumerate(lines[start:], start) if not line.startswith("|")), len(lines))
    return end - start - 2
