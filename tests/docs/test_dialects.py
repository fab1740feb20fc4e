"""`docs/dialects.md` says of each dialect exactly what the code's own tables say."""

import importlib.util
import json
import pkgutil
from types import ModuleType
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from anthropic.types.beta import BetaContentBlockParam
from anthropic.types.beta.beta_system_message_param import ContentBlock as SystemBlock
from anthropic.types.beta.message_create_params import MessageCreateParamsBase
from docs.pages import code, codes, page
from gateway import dialects, errors, routing
from gateway.bedrock.failures import STATUS_BY_TYPE, refused, refused_in_stream
from gateway.dialects.anthropic_messages import errors as anthropic_errors
from gateway.dialects.anthropic_messages import messages
from gateway.dialects.anthropic_messages.ending import STOP_REASONS
from gateway.dialects.native import reply as native_reply
from gateway.dialects.native import request as native_request
from gateway.dialects.openai_chat.messages import MessageReader as ChatReader
from gateway.dialects.openai_chat.reply import FINISH_REASONS, error_json
from gateway.dialects.openai_embeddings.formats import _FORMATS
from gateway.dialects.openai_models.reply import _model
from gateway.dialects.openai_responses.items import ItemReader
from gateway.dialects.openai_responses.tools import ToolSet
from gateway.dialects.unusable import MALFORMED
from gateway.errors import GatewayError
from gateway.operations.messages import ESTIMATED_HEADER
from gateway.routing import route
from openai.types import EmbeddingCreateParams
from openai.types.chat import ChatCompletionContentPartParam
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from openai.types.responses import ResponseInputItemParam
from openai.types.responses.response_create_params import ResponseCreateParamsBase
from openai.types.responses.response_input_content_param import ResponseInputContentParam
from pydantic import BaseModel
from sluice.model_row import ModelRow

DIALECTS = page("docs/dialects.md")
CHAT = "OpenAI Chat Completions"
EMBEDDINGS = "OpenAI embeddings"
# A dialect's package → its section. A package whose `request` tells what it carries must stand here.
SECTIONS = {
    "anthropic_messages": "Anthropic Messages",
    "openai_chat": CHAT,
    "openai_embeddings": EMBEDDINGS,
    "openai_responses": "OpenAI Responses",
}
# What the official SDK of a dialect can send, what is in beta included.
SENT = {
    "anthropic_messages": MessageCreateParamsBase,
    "openai_chat": CompletionCreateParamsBase,
    "openai_embeddings": EmbeddingCreateParams,
    "openai_responses": ResponseCreateParamsBase,
}


def _requests() -> dict[str, ModuleType]:
    packages = [package.name for package in pkgutil.iter_modules(dialects.__path__) if package.ispkg]
    found = {name: f"gateway.dialects.{name}.request" for name in packages}
    modules = {name: importlib.import_module(path) for name, path in found.items() if importlib.util.find_spec(path)}
    return {name: module for name, module in modules.items() if hasattr(module, "CARRIED")}


REQUESTS = _requests()


def test_every_operation_stands_in_the_table_with_its_path() -> None:
    rows = {(code(name), method, dialect) for name, method, _, dialect in DIALECTS.table("Operations")}
    assert rows == {(row.operation, row.method, row.dialect) for row in routing._ROUTES}


@pytest.mark.parametrize("row", DIALECTS.table("Operations"), ids=lambda row: code(row[0]))
def test_every_path_leads_to_its_operation(row: list[str]) -> None:
    name, method, path, dialect = row
    filled = code(path).format(modelId="amazon.nova-lite-v1:0", guardrail="g1", version="DRAFT", id="an-id")
    where = route(method, filled)
    assert (where.operation, where.dialect) == (code(name), dialect)


def test_every_dialect_that_translates_has_its_section() -> None:
    assert REQUESTS.keys() <= SECTIONS.keys()


@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_carried_is_what_is_read(name: str) -> None:
    told = {code(row[0]) for row in DIALECTS.table(SECTIONS[name], "Carried")}
    assert told == REQUESTS[name].CARRIED


@pytest.mark.parametrize("name", REQUESTS)
def test_what_is_refused_and_the_values_that_ask_for_nothing(name: str) -> None:
    told = {code(field): tuple(json.loads(value) for value in codes(values)) for field, values in _refused(name)}
    assert told == _refuses(name)


@pytest.mark.parametrize("name", REQUESTS)
def test_every_field_that_the_official_sdk_can_send_is_told_of(name: str) -> None:
    request = REQUESTS[name]
    told = codes(DIALECTS.section(SECTIONS[name], "Ignored").partition("SDK are")[2].partition(".")[0])
    # `stream` is in the subclasses of what the SDKs declare.
    sent = {*SENT[name].__annotations__, *(["stream"] if name != "openai_embeddings" else [])}
    assert sorted(told) == sorted(sent - request.CARRIED - _refuses(name).keys())


def test_the_finish_reasons() -> None:
    assert {code(stop): code(finish) for stop, finish in DIALECTS.table(CHAT, "Finish reasons")} == FINISH_REASONS


def test_the_stop_reasons_of_messages() -> None:
    told = {code(stop): code(other) for stop, other in DIALECTS.table("Anthropic Messages", "Stop reasons")}
    assert told == STOP_REASONS


@pytest.mark.parametrize("section", [(CHAT, "Finish reasons"), ("Anthropic Messages", "Stop reasons")])
def test_the_stop_reasons_that_are_errors(section: tuple[str, str]) -> None:
    told = codes(DIALECTS.section(*section).partition("but for")[2].partition("are errors")[0])
    assert sorted(told) == sorted(MALFORMED)


def kinds_of(union: object) -> set[str]:
    """Return the values of `type` in a union of an SDK's types, which may hold other unions."""
    return {kind for member in get_args(union) for kind in _kinds(member)}


def _kinds(member: object) -> set[str]:
    if not isinstance(member, type):
        return kinds_of(member)
    is_model = issubclass(member, BaseModel)
    return _literals(member.model_fields["type"].annotation if is_model else get_type_hints(member)["type"])


def _literals(hint: object) -> set[str]:
    if get_origin(hint) is Literal:
        return {*get_args(hint)}
    return {kind for inner in get_args(hint) for kind in _literals(inner)}


def no_fetch(url: str, path: str) -> tuple[str, str]:
    raise AssertionError(f"{path} names no file, and {url} is none")


def listed(section: str, before: str, after: str = ".") -> set[str]:
    """Return the code spans of what is carried in a section, from some words to others."""
    return {*codes(DIALECTS.section(section, "Carried").partition(before)[2].partition(after)[0])}


def test_the_roles_and_parts_of_chat() -> None:
    reader = ChatReader(no_fetch)
    assert listed(CHAT, "Message roles are") == reader._roles.keys()
    assert listed(CHAT, "Parts are") == reader._parts.keys()
    assert kinds_of(ChatCompletionContentPartParam) <= reader._parts.keys()


def test_the_items_and_parts_of_responses() -> None:
    reader, section = ItemReader(no_fetch, ToolSet()), SECTIONS["openai_responses"]
    carried = listed(section, "items are", " |")
    assert carried == reader._items.keys()
    assert listed(section, "those of OpenAI's SDK are") == kinds_of(ResponseInputItemParam) - carried
    assert listed(section, "Parts are", ";") == reader._parts.keys()
    assert kinds_of(ResponseInputContentParam) <= reader._parts.keys()


def test_the_blocks_of_messages() -> None:
    text = DIALECTS.section("Anthropic Messages", "Carried")
    users, assistants = text.partition("Blocks of the user are")[2].partition("Blocks of the assistant are")[::2]
    assert {*codes(users)} == {*messages._USER, *messages._IN_RESULTS}
    assert {*codes(assistants.partition(".")[0])} == {*messages._ASSISTANT}
    assert listed(SECTIONS["anthropic_messages"], "Blocks of system messages are") == kinds_of(SystemBlock)
    assert kinds_of(SystemBlock) == {"text", *messages._TOOL_CHANGES}
    known = {*messages._USER, *messages._IN_RESULTS, *messages._ASSISTANT, *messages._TOOL_CHANGES}
    refused = listed(SECTIONS["anthropic_messages"], "those of Anthropic's SDK are")
    assert refused == kinds_of(BetaContentBlockParam) - known


def test_the_header_that_marks_an_estimate() -> None:
    assert f"{ESTIMATED_HEADER}: true" in codes(DIALECTS.section("Anthropic Messages", "Token counts"))


def test_the_families_of_embeddings() -> None:
    told = {code(family): int(texts) for family, texts, _ in DIALECTS.table(EMBEDDINGS, "Families")}
    assert told == {family: form.batch for family, form in _FORMATS.items()}


def test_the_extra_fields_of_a_model() -> None:
    told = set(codes(DIALECTS.section("Model lists", "OpenAI's").partition("has ")[2]))
    row = ModelRow(model_id="m", kind="foundation-model", region="us-east-1", name="M", provider="P")
    assert told == _model(row).keys() - {"id", "object", "created", "owned_by"}


def test_the_headers_that_pass() -> None:
    cells = {name: codes(text) for name, text in DIALECTS.table("Native: Bedrock's own API")}
    assert set(cells["request headers"]) == native_request._FORWARDED | {native_request._FORWARDED_PREFIX}
    assert set(cells["response headers"]) == native_reply._DROPPED


def test_the_errors_of_sluice() -> None:
    told = {code(row[0]): (row[1], code(row[2]), *_cells(row[3:])) for row in DIALECTS.table("Errors of Sluice")}
    ours = [error("") for error in vars(errors).values() if _is_error(error)]
    assert told == {type(error).__name__: (str(error.status), error.aws_type, *_shown(error)) for error in ours}


def test_the_errors_of_bedrock() -> None:
    told = {code(row[0]): (row[1], *_cells(row[2:])) for row in DIALECTS.table("Errors of Bedrock")}
    theirs = {name: refused(status, name, "") for name, status in STATUS_BY_TYPE.items()}
    assert told == {name: (str(error.status), *_shown(error)) for name, error in theirs.items()}
    in_streams = {name: refused_in_stream(name[0].lower() + name[1:], "").status for name in STATUS_BY_TYPE}
    assert in_streams == STATUS_BY_TYPE


def _refuses(name: str) -> dict[str, tuple[object, ...]]:
    """Return the fields that a dialect refuses; embeddings know none."""
    return getattr(REQUESTS[name], "REFUSED", {})


def _refused(name: str) -> list[tuple[str, str]]:
    if not _refuses(name):
        return []
    return [(row[0], row[1]) for row in DIALECTS.table(SECTIONS[name], "Refused")]


def _is_error(found: object) -> bool:
    """An error of the tree with a status of its own; one that hands Bedrock's on has none."""
    is_of_the_tree = isinstance(found, type) and issubclass(found, GatewayError) and found is not GatewayError
    return is_of_the_tree and found is not errors.UpstreamRefused


def _cells(row: list[str]) -> tuple[str, ...]:
    """Return OpenAI's type and code, Anthropic's status and type."""
    openai_type, openai_code, anthropic_status, anthropic_type = row
    return code(openai_type), code(openai_code), anthropic_status, code(anthropic_type)


def _shown(error: GatewayError) -> tuple[str, ...]:
    openai, anthropic = error_json(error)["error"], anthropic_errors.error_json(error, "")["error"]
    return openai["type"], openai["code"] or "", str(anthropic_errors.status_of(error)), anthropic["type"]
