import pytest
from botocore.validate import ParamValidator
from sluice_local.bedrock_runtime.assembly import assemble
from sluice_local.bedrock_runtime.scenarios import blocks
from sluice_local.bedrock_runtime.scenarios.library import library_names, library_scenario
from sluice_local.bedrock_runtime.scenarios.scenario import Event
from sluice_local.bedrock_runtime.service_model import output_shape

# Their streams lack what an answer must have, on purpose.
INCOMPLETE = (
    "no-message-stop",
    "no-metadata",
    "no-events",
    "cut-before-stop",
    "exception-first",
    "reset-before-first-event",
    "unknown-events",
)
WHOLE = [
    name.replace("-N", "-9")
    for name in library_names()
    if name not in INCOMPLETE
    and not name.startswith("midstream-")
    and not (library_scenario(name) or library_scenario("text")).refusal
]


def events(name: str) -> list[Event]:
    return [step for step in library_scenario(name).steps if isinstance(step, Event)]


@pytest.mark.parametrize("name", WHOLE)
def test_every_reply_of_the_library_is_a_converse_answer(name):
    report = ParamValidator().validate(assemble(events(name)), output_shape("Converse"))
    assert not report.has_errors(), report.generate_report()


def test_interleaved_blocks_come_out_in_order():
    content = assemble(events("tool-use-parallel"))["output"]["message"]["content"]
    assert [block["toolUse"]["input"]["city"] for block in content] == ["Paris", "Lisbon", "Oslo"]


def test_a_tool_use_that_was_cut_has_no_arguments():
    [block] = assemble(events("tool-use-cut"))["output"]["message"]["content"]
    assert block["toolUse"]["input"] == {}


def test_reasoning_keeps_its_signature():
    [thought, _] = assemble(events("reasoning"))["output"]["message"]["content"]
    assert set(thought["reasoningContent"]["reasoningText"]) == {"text", "signature"}


def test_cited_text_becomes_citations_content():
    [block] = assemble(events("citations"))["output"]["message"]["content"]
    assert block["citationsContent"]["content"] == [{"text": "Revenue grew by 12 %."}]
    assert block["citationsContent"]["citations"][0]["title"] == "Annual report"


def test_a_block_that_only_began_is_nothing():
    assert assemble([blocks.block_stop(0), blocks.delta(1, {"hologram": {}})])["output"]["message"]["content"] == []


def test_the_stop_and_the_metadata_are_part_of_the_answer():
    answer = assemble(events("guardrail"))
    assert answer["stopReason"] == "guardrail_intervened"
    assert {"usage", "metrics", "trace"} <= set(answer)
