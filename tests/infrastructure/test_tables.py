"""The tables: the catalog may be lost, the access table may not."""

import pytest
from infrastructure.expansion import expand
from sluice.keys import KeyRow, to_item


@pytest.mark.parametrize("table", ["CatalogTable", "AccessTable"])
def test_a_table_has_the_keys_that_the_code_reads_and_costs_nothing_idle(table: str) -> None:
    properties = expand().properties(table)
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    assert properties["AttributeDefinitions"] == [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
    ]


def test_the_catalog_forgets_by_itself_and_goes_with_its_stack() -> None:
    stack = expand()
    assert stack.properties("CatalogTable")["TimeToLiveSpecification"] == {
        "AttributeName": "expires_at",
        "Enabled": True,
    }
    assert stack.resources["CatalogTable"]["DeletionPolicy"] == "Delete"


def test_the_access_table_forgets_what_was_counted_and_never_a_key_or_a_policy() -> None:
    attribute = expand().properties("AccessTable")["TimeToLiveSpecification"]["AttributeName"]
    assert attribute == "expires_at"
    assert attribute not in to_item(KeyRow("a" * 16, "", "alice", 1, expires_at=2))


def test_the_access_table_can_be_restored_and_outlives_its_stack() -> None:
    stack = expand()
    properties = stack.properties("AccessTable")
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert stack.resources["AccessTable"]["DeletionPolicy"] == "Retain"
    assert stack.resources["AccessTable"]["UpdateReplacePolicy"] == "Retain"


def test_the_access_table_is_protected_unless_the_operator_says_otherwise() -> None:
    assert expand().properties("AccessTable")["DeletionProtectionEnabled"] == "true"
    assert expand(DeletionProtection="false").properties("AccessTable")["DeletionProtectionEnabled"] == "false"
