import pytest
from sluice_cli.target import read_environment


@pytest.mark.parametrize(
    ("line", "variables"),
    [
        ("AWS_REGION=us-east-1", {"AWS_REGION": "us-east-1"}),
        ("export AWS_REGION=us-east-1", {"AWS_REGION": "us-east-1"}),
        ("SLUICE_URL='http://127.0.0.1:8080/?a=b&c'", {"SLUICE_URL": "http://127.0.0.1:8080/?a=b&c"}),
        ('SLUICE_CA_BUNDLE="/home/a b/ca.pem"', {"SLUICE_CA_BUNDLE": "/home/a b/ca.pem"}),
        ("A=1 # why", {"A": "1"}),
        ("# A=1", {}),
        ("", {}),
        ("A=", {"A": ""}),
    ],
)
def test_a_line_is_read_as_a_shell_would(line, variables):
    assert read_environment([line]) == variables


def test_the_last_of_two_values_counts():
    assert read_environment(["A=1", "A=2"]) == {"A": "2"}
