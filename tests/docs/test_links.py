"""Every link inside the project leads somewhere."""

import re
from urllib.parse import unquote

import pytest
from docs.pages import PROJECT, Page, all_pages, page

IDS = [found.name for found in all_pages()]


@pytest.mark.parametrize("found", all_pages(), ids=IDS)
def test_links_lead_to_files_and_headings_that_exist(found: Page) -> None:
    broken = [link for link in found.links() if not re.match(r"[a-z]+:", link) and not _resolves(found, link)]
    assert broken == []


@pytest.mark.parametrize("found", all_pages(), ids=IDS)
def test_links_to_the_web_are_https(found: Page) -> None:
    assert [link for link in found.links() if re.match(r"[a-z]+:", link) and not link.startswith("https://")] == []


def test_every_page_of_docs_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [page("README.md")]
    while waiting:
        found = waiting.pop()
        if found.name in reached:
            continue
        reached.add(found.name)
        targets = ((found.path.parent / link.partition("#")[0]).resolve() for link in found.links() if ":" not in link)
        waiting += [page(str(path.relative_to(PROJECT))) for path in targets if path.suffix == ".md"]
    assert [found.name for found in all_pages() if found.name.startswith("docs/") and found.name not in reached] == []


def _resolves(found: Page, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (found.path.parent / unquote(file)).resolve() if file else found.path
    if not target.exists() or not target.is_relative_to(PROJECT):
        return False
    return not anchor or anchor in page(str(target.relative_to(PROJECT))).anchors()
