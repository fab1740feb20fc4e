from sluice_cli.columns import aligned, page, right_aligned


def test_a_page_leaves_out_what_is_not_known():
    assert page("x", [("Name", "y"), ("Owner", ""), ("State", "z")]) == "x\n\n  Name   y\n  State  z"


def test_numbers_stand_on_the_right():
    rows = right_aligned([["KEY", "COUNT"], ["a", "1"], ["long-key", "1,000,000"]], [1])
    assert aligned(rows) == "KEY           COUNT\na                 1\nlong-key  1,000,000"
