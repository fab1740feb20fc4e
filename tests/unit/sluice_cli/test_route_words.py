"""The command's words for routes are the gateway's."""

from gateway.routing import Dialect, Operation
from sluice_cli.route_words import DIALECTS, OPERATIONS


def test_every_dialect_has_its_word():
    assert list(DIALECTS) == list(Dialect)


def test_every_operation_that_needs_a_key_has_its_word():
    assert [*OPERATIONS] == [operation for operation in Operation if operation is not Operation.HEALTH]
