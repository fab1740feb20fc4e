import pytest
from sluice.usage import Used
from sluice_cli.usage_view import used_object, used_words


@pytest.mark.parametrize(
    ("used", "said"),
    [
        (Used(), "nothing"),
        (Used(requests=1, input_tokens=1, cost_nano_usd=1), "1 request, 1 token, $0.000000001"),
        (
            Used(
                requests=1_200,
                input_tokens=1_000,
                output_tokens=200,
                cache_read_tokens=30,
                cache_write_tokens=4,
                cost_nano_usd=1_500_000_000,
            ),
            "1,200 requests, 1,234 tokens, $1.5",
        ),
        (Used(requests=2, unpriced_requests=2), "2 requests, 0 tokens, at an unknown cost"),
        (Used(requests=1, failed_requests=1), "1 request, 0 tokens, $0"),
        (
            Used(requests=3, unpriced_requests=1, cost_nano_usd=5),
            "3 requests, 0 tokens, $0.000000005 and 1 request of unknown cost",
        ),
    ],
)
def test_a_line_for_what_was_used(used, said):
    assert used_words(used) == said


def test_an_unknown_cost_is_null_for_programs_and_never_zero():
    assert used_object(Used(requests=2, unpriced_requests=2))["cost_usd"] is None
    assert used_object(Used(requests=2, unpriced_requests=1, cost_nano_usd=10**9))["cost_usd"] == 1
    assert used_object(Used(requests=1))["cost_usd"] == 0
