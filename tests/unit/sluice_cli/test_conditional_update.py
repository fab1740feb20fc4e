from sluice_cli.conditional_update import changing

ONE, TWO = {"S": "1"}, {"S": "2"}


def test_what_differs_is_written_while_it_is_what_it_was():
    before = {"same": ONE, "changed": ONE, "removed": ONE}
    after = {"same": ONE, "changed": TWO, "added": ONE}
    assert changing(before, after) == {
        "UpdateExpression": "SET #0 = :new0, #1 = :new1 REMOVE #2",
        "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(#0) AND #1 = :old1 AND #2 = :old2",
        "ExpressionAttributeNames": {"#0": "added", "#1": "changed", "#2": "removed"},
        "ExpressionAttributeValues": {":new0": ONE, ":new1": TWO, ":old1": ONE, ":old2": ONE},
    }


def test_where_there_was_nothing_there_must_be_nothing_still():
    update = changing({}, {"added": ONE})
    assert update["ConditionExpression"] == "attribute_not_exists(pk) AND attribute_not_exists(#0)"


def test_nothing_that_differs_is_nothing_to_do():
    assert changing({"same": ONE}, {"same": ONE}) is None
