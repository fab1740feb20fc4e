"""What the pages name exists: files, modules, make targets, commands; and nothing that only one machine has."""

import ast
import importlib.util
import re
import shlex
from fnmatch import fnmatch
from pathlib import Path

import click
import pytest
from docs.pages import PROJECT, Page, all_pages, project_files, shell_lines
from sluice_cli.main import cli

IDS = [found.name for found in all_pages()]
PACKAGES = ("catalog_refresh", "gateway", "sluice", "sluice_bench", "sluice_cli", "sluice_local", "streaming_runtime")
CONSOLE = ("console", "sh", "bash")
# Made by make, by the local stack or by whoever follows the page, and so in no checkout.
MADE = re.compile(r"\.(venv|venv-sam|venv-judges|uv|aws-sam|local)(/|$)|node_modules/|variables\.json")
PATH = re.compile(r"[\w.@*-]+(?:/[\w.@*-]+)*/?")
SUFFIXES = (".json", ".md", ".mk", ".py", ".svg", ".toml", ".txt", ".yaml")


@pytest.mark.parametrize("found", all_pages(), ids=IDS)
def test_files_that_are_named_exist(found: Page) -> None:
    assert [span for span in found.code_spans() if _is_a_path(span) and not _exists(found, span)] == []


@pytest.mark.parametrize("found", all_pages(), ids=IDS)
def test_modules_that_are_named_exist(found: Page) -> None:
    dotted = re.compile(rf"(?:{'|'.join(PACKAGES)})(?:\.\w+)+")
    assert [span for span in found.code_spans() if dotted.fullmatch(span) and not _is_importable(span)] == []


@pytest.mark.parametrize("found", all_pages(), ids=IDS)
def test_make_targets_that_are_named_exist(found: Page) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    lines = [*found.code_spans(), *(line for block in found.blocks(*CONSOLE) for line in shell_lines(block))]
    named = {word for line in lines if line.startswith("make ") for word in _targets_in(line)}
    assert named - targets == set()


@pytest.mark.parametrize("found", all_pages(), ids=IDS)
def test_commands_of_sluice_are_such_as_it_takes(found: Page) -> None:
    for block in found.blocks(*CONSOLE):
        for line in shell_lines(block):
            if match := re.match(r"(?:uv run |\.venv/bin/)?sluice (.+)", line):
                _parse(shlex.split(match[1]))
    for span in found.code_spans():
        if re.match(r"sluice [a-z]", span):
            _resolve(shlex.split(span)[1:])


@pytest.mark.parametrize("found", all_pages(), ids=IDS)
def test_no_page_names_a_path_of_one_machine(found: Page) -> None:
    assert re.findall(r"(?<![\w.:}])/(?:home|root|tmp|work|Users|mnt)/\S*", found.text) == []


def test_a_misspelled_option_of_sluice_is_noticed() -> None:
    with pytest.raises(click.UsageError):
        _parse(["keys", "create", "--stack", "sluice", "--nam", "me"])


def test_numbers_of_decisions_in_the_code_have_pages() -> None:
    numbers = {path.name[:4] for path in (PROJECT / "docs/decisions").glob("[0-9]*.md")}
    named = {
        number
        for name in project_files()
        if name.endswith((".py", ".yaml", ".toml", ".mk")) and not name.startswith("tests/docs/")
        for number in re.findall(r"docs/decisions/(\d{4})", (PROJECT / name).read_text(encoding="utf-8"))
    }
    assert named
    assert named - numbers == set()


def _is_a_path(span: str) -> bool:
    """A path from the project's root, or anything that ends like a file of ours below some folder."""
    if not PATH.fullmatch(span) or "/" not in span or MADE.match(span):
        return False
    top = span.partition("/")[0]
    return top in {name.partition("/")[0] for name in project_files()} or span.endswith(SUFFIXES)


def _exists(found: Page, span: str) -> bool:
    places = (found.path.parent.relative_to(PROJECT) / span, Path(span))
    wanted = {str(place).rstrip("/") for place in places}
    folders = {str(parent) for name in project_files() for parent in Path(name).parents}
    return any(fnmatch(name, place) for place in wanted for name in (*project_files(), *folders))


def _is_importable(dotted: str) -> bool:
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        if _spec(".".join(parts[:length])):
            return length == len(parts) or (length == len(parts) - 1 and _defines(".".join(parts[:length]), parts[-1]))
    return False


def _spec(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _defines(module: str, name: str) -> bool:
    spec = importlib.util.find_spec(module)
    assert spec
    assert spec.origin
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return name in names | {getattr(alias, "name", "") for node in tree.body for alias in getattr(node, "names", ())}


def _targets_in(line: str) -> list[str]:
    words = shlex.split(line)[1:]
    return [word for word in words if re.fullmatch(r"[a-z][a-z-]*", word)]


def _resolve(arguments: list[str]) -> tuple[click.Command, click.Context, list[str]]:
    """Follow the names of subcommands as far as they go."""
    command: click.Command = cli
    context = click.Context(cli, info_name="sluice")
    while isinstance(command, click.Group) and arguments:
        name, found, arguments = command.resolve_command(context, arguments)
        assert found, f"there is no command {name}"
        command, context = found, click.Context(found, parent=context, info_name=name)
    return command, context, arguments


def _parse(arguments: list[str]) -> None:
    command, context, rest = _resolve(arguments)
    assert not isinstance(command, click.Group), f"sluice {' '.join(arguments)} is a group of commands"
    command.parse_args(context, ["a" * 16 if word == "KEY_ID" else word for word in rest])
