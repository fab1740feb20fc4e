"""The index of decisions is complete, and each page has its number and its shape."""

import re

import pytest
from docs.pages import PROJECT, Page, page

PATHS = sorted((PROJECT / "docs/decisions").glob("[0-9]*.md"))
PAGES = [page(str(path.relative_to(PROJECT))) for path in PATHS]
INDEX = page("docs/decisions/README.md")


def test_the_index_lists_every_page_with_its_title_in_order() -> None:
    listed = re.findall(r"^(\d+)\. \[(.+)\]\((.+)\)$", INDEX.text, re.MULTILINE)
    titles = [re.fullmatch(r"# (\d+)\. (.+)", found.text.splitlines()[0]) for found in PAGES]
    expected = [(title[1], title[2], path.name) for title, path in zip(titles, PATHS, strict=True) if title]
    assert listed == expected


def test_the_numbers_are_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in PATHS] == list(range(1, len(PATHS) + 1))


@pytest.mark.parametrize("found", PAGES, ids=[path.stem for path in PATHS])
def test_a_decision_says_why_what_and_what_follows(found: Page) -> None:
    sections = [text for level, text in found.headings() if level == 2]
    assert sections[:2] == ["Context", "Decision"]
    assert "Consequences" in sections
