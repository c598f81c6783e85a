"""A notebook author's mistakes in an exercise raise, and say which argument is wrong and why."""

import numpy as np
import pytest

from coursekit import check


def double(x):
    return 2 * x


@pytest.mark.parametrize(
    "expected",
    [0, 0.0, False, [0, 0], [5, 5, 5], np.full((2, 2), 0.5), 1e-9, (0, 0), (0, 0.0)],
    ids=repr,
)
def test_an_expected_value_that_a_lazy_answer_equals_is_refused(expected):
    with pytest.raises(ValueError, match=r"expected: the lazy answer .* would pass"):
        check.value("1.1 try", ..., expected)


def test_a_tolerance_that_lets_zero_pass_is_refused():
    with pytest.raises(ValueError, match=r"expected: the lazy answer 0 would pass; .* lower tol"):
        check.value("1.1 try", ..., 0.5, tol=0.6)


@pytest.mark.parametrize(
    ("reference", "cases"),
    [
        (double, [(1,)]),
        (double, [(0,), (0,)]),
        (lambda x: x, [(1,), (2,)]),
        (lambda x: 7, [(1,), (2,)]),
        (np.zeros_like, [(np.ones(3),), (np.ones(2),)]),
        (np.asarray, [([1, 2],), ([3, 4],)]),
        (max, [(1, 2), (3, 4)]),
        (lambda: 5, [()]),
        (lambda x: "a", [(1,), (2,)]),
    ],
)
def test_cases_that_a_lazy_function_passes_are_refused(reference, cases):
    with pytest.raises(ValueError, match="cases: a function that returns a constant or its argument would pass"):
        check.function("1.2 try", ..., reference, cases)


def test_a_refused_exercise_is_not_counted(capsys):
    with pytest.raises(ValueError, match="lazy"):
        check.value("1.1 try", 0, 0)
    check.summary()
    assert "0 of 0 right" in capsys.readouterr().out


@pytest.mark.parametrize("result", [None, {}, "", np.nan, [], (), [1, np.inf], object, 1j], ids=repr)
def test_a_reference_whose_result_cannot_be_compared_is_refused(result):
    with pytest.raises((TypeError, ValueError), match="expected"):
        check.function("1.2 try", ..., lambda x: result, [(1,), (2,)])


@pytest.mark.parametrize(
    ("reference", "cases"),
    [
        (double, [(1,), (2,)]),
        (max, [(1, 2), (4, 3)]),
        (lambda text: text * 2, [("a",), ("b",)]),
        (np.sign, [(-2,), (0,), (5,)]),
    ],
)
def test_good_cases_are_accepted(capsys, reference, cases):
    check.function("1.2 try", ..., reference, cases)
    assert capsys.readouterr().out == "1.2 try: not tried yet.\n"
