"""Exercise feedback: right only if right, and never an error, whatever the learner hands in."""

import math
import warnings
from collections import namedtuple

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from strange_answers import WRONG_ANSWERS, WRONG_FUNCTIONS

from coursekit import check

Pair = namedtuple("Pair", "low high")
NUMBER = 0.75
ARRAY = np.array([1.0, 2.0, 3.0])
EXPECTED = {"number": NUMBER, "array": ARRAY, "text": "median", "tuple": (NUMBER, "median"), "truth": True}
SUM_CASES = [(np.array([1.0, 2.0, 3.0]),), (np.array([4.0, 5.0]),)]

finite = st.floats(-1e6, 1e6)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.binary()
    | st.dates(),
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@pytest.fixture
def verdict(capsys):
    """Call a check and return what it prints."""

    def call(checker, *arguments, **options):
        capsys.readouterr()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a coroutine that nobody awaits
            checker(*arguments, **options)
        return capsys.readouterr().out

    return call


def summed(values):
    return float(np.sum(values))


@pytest.mark.parametrize("expected", EXPECTED)
@pytest.mark.parametrize("answer", WRONG_ANSWERS)
def test_a_wrong_answer_is_never_right_and_never_an_error(verdict, answer, expected):
    said = verdict(check.value, "1.1 try", WRONG_ANSWERS[answer], EXPECTED[expected], hint="Think again.")
    assert said.startswith("1.1 try: not yet. ")
    assert said.endswith("\n  Hint: Think again.\n")


@pytest.mark.parametrize("candidate", WRONG_FUNCTIONS)
def test_a_wrong_function_is_never_right_and_never_an_error(verdict, candidate):
    said = verdict(check.function, "1.2 sum", WRONG_FUNCTIONS[candidate], summed, SUM_CASES, hint="Add up.")
    assert said.startswith("1.2 sum: not yet. ")
    assert "Hint: Add up." in said
    if candidate.startswith("raises "):
        error = {"raises an error that raises": "OwnError"}.get(candidate, candidate.split()[-1])
        assert f"With the arguments ([1., 2., 3.]) it raised {error}" in said


@given(anything)
def test_arbitrary_answers_are_right_only_if_they_are_the_number(answer):
    is_number = type(answer) in (int, float)
    close = is_number and abs(answer - NUMBER) <= 1e-6
    assert judged_right(answer, NUMBER) == close


@given(hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)))
def test_arbitrary_arrays_are_right_only_if_they_are_the_array(answer):
    close = answer.dtype.kind in "iuf" and answer.shape == ARRAY.shape and bool(np.all(np.abs(answer - ARRAY) <= 1e-6))
    assert judged_right(answer, ARRAY) == close


@given(anything)
def test_a_function_that_returns_anything_constant_is_never_right(answer):
    check.function("1.2 sum", lambda *_: answer, summed, SUM_CASES)
    assert check._tasks["1.2 sum"].state != "right"


@given(hnp.arrays(float, st.integers(2, 5), elements=finite), finite)
def test_the_tolerance_decides(expected, offset):
    if np.ptp(expected) < 0.1 or np.abs(expected).max() < 0.1:
        return  # too like a constant: the author is told
    scale = max(1, abs(expected[-1]))
    near, far = expected.copy(), expected.copy()
    near[-1] += 0.9e-3 * scale
    far[-1] -= 1.1e-3 * scale
    assert judged_right(near, expected, tol=1e-3)
    assert not judged_right(far, expected, tol=1e-3)


def test_a_later_change_of_the_notebooks_array_does_not_change_the_judgement(verdict):
    expected, case = np.array([1.0, 2.0, 3.0]), np.array([3.0, 1.0])
    verdict(check.value, "1.1 try", ..., expected)
    verdict(check.function, "1.2 sorted", ..., np.sort, [(case,), (case[::-1].copy(),), (case + 5,)])
    expected[:], case[:] = 0, 0
    assert verdict(check.solution, "1.1 try", [1, 2, 3]) == "Solution 1.1 try: right.\n"
    assert verdict(check.solution, "1.2 sorted", sorted) == "Solution 1.2 sorted: right.\n"


def test_results_may_be_nested(verdict):
    expected = (0.75, ("median", [1, 2]))
    assert verdict(check.value, "1.1 try", (0.75, ("Median", [1, 2])), expected) == "1.1 try: right.\n"
    assert "not yet" in verdict(check.value, "1.1 try", (0.75, ("Median", [1, 3])), expected)


def judged_right(answer, expected, **options):
    check.value("1.1 try", answer, expected, **options)
    return check._tasks["1.1 try"].state == "right"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (3, 3.0),
        (3.0, 3),
        (np.float32(0.1), 0.1),
        (np.int8(3), 3),
        (np.array(0.75), 0.75),
        (torch.tensor(0.75, requires_grad=True), 0.75),
        (True, True),
        (np.True_, True),
        ([1, 2, 3], ARRAY),
        ((1, 2, 3), ARRAY),
        (range(1, 4), ARRAY),
        (ARRAY, [1, 2, 3]),
        (pd.Series([1, 2, 3], index=list("abc")), ARRAY),
        (torch.tensor([1, 2, 3]), ARRAY),
        (torch.nn.Parameter(torch.tensor([1.0, 2.0, 3.0])), ARRAY),
        (np.ma.masked_array([1, 2, 3], mask=False), ARRAY),
        (torch.tensor(0.75, dtype=torch.bfloat16), 0.75),
        ([torch.tensor(float(i), requires_grad=True) for i in (1, 2, 3)], ARRAY),
        (torch.tensor([0 - 1j, 0 - 2j, 0 - 3j]).conj().imag, ARRAY),
        (torch.tensor([1.0, 2.0], requires_grad=True), (1.0, 2.0)),
        (Pair(1.0, 2.0), (1.0, 2.0)),
        ("\u1112\u1161\u11ab\u3000", "\ud55c"),  # a Korean syllable, typed in parts
        (pd.DataFrame([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array([True, False]), [True, False]),
        ("  Median. ", "median"),
        (np.str_("MEDIAN"), "median"),
        ((0.75, "Median"), (0.75, "median")),
        ([np.float64(0.75), "median"], (0.75, "median")),
    ],
    ids=repr,
)
def test_a_right_answer_in_another_form_is_right(verdict, answer, expected):
    assert verdict(check.value, "1.1 try", answer, expected, hint="unused") == "1.1 try: right.\n"


@pytest.mark.parametrize("candidate", [summed, np.sum, sum, lambda v: torch.tensor(v).sum(), lambda v, axis=0: v.sum()])
def test_a_right_function_of_another_form_is_right(verdict, candidate):
    assert verdict(check.function, "1.2 sum", candidate, summed, SUM_CASES) == "1.2 sum: right.\n"


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (0.5, "Got 0.5, which is too small."),
        (1.0, "Got 1, which is too large."),
        (math.nan, "Got nan, which is not a number."),
        ([0.75], "The shape () is expected, got (1,)."),
        (True, "A number is expected, got True."),
        ("x" * 200, f"A number is expected, got '{'x' * 76}...."),
    ],
)
def test_a_wrong_answer_hears_why_but_not_the_expected_number(verdict, answer, complaint):
    said = verdict(check.value, "1.1 try", answer, NUMBER)
    assert said == f"1.1 try: not yet. {complaint}\n"


def test_the_first_wrong_position_is_named(verdict):
    assert "Got 9 at position [1, 0], which is too large." in verdict(
        check.value, "a", [[1, 2], [9, 9]], [[1, 2], [3, 4]]
    )
    assert "Result 2: Got 'mean'." in verdict(check.value, "b", (0.75, "mean"), (0.75, "median"))


def test_the_first_failing_case_is_shown_with_expected_and_got(verdict):
    said = verdict(check.function, "1.2 sum", lambda v: len(v) * 2.0, summed, SUM_CASES)
    assert "With the arguments ([4., 5.]): expected 9, got 4." in said
    assert "Is a `return` missing?" in verdict(check.function, "1.2 sum", lambda v: None, summed, SUM_CASES)


def test_a_function_that_changes_its_arguments_changes_only_copies(verdict):
    values = np.array([1.0, 2.0])

    def sorted_sum(given):
        total = float(given.sum())
        given[:] = -1
        return total

    cases = [(values,), (values + 1,)]
    for _ in range(2):
        assert verdict(check.function, "1.2 sum", sorted_sum, summed, cases) == "1.2 sum: right.\n"
    assert values.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("blank", [..., [..., ...], (0.75, ...)], ids=repr)
def test_dots_are_not_tried_yet(verdict, blank):
    for expected in (NUMBER, (NUMBER, "median")):
        assert verdict(check.value, "1.1 try", blank, expected) == "1.1 try: not tried yet.\n"
    assert verdict(check.function, "1.2 sum", blank, summed, SUM_CASES) == "1.2 sum: not tried yet.\n"
    assert verdict(check.function, "1.2 sum", lambda v: blank, summed, SUM_CASES) == "1.2 sum: not tried yet.\n"


def test_the_summary_counts_the_last_answer_and_no_solution(verdict):
    check.value("1.1 try", NUMBER, NUMBER)
    check.value("1.2 again", 0.5, NUMBER)
    check.value("1.3 later", ..., NUMBER)
    check.function("1.4 sum", lambda v: ..., summed, SUM_CASES)
    for name, answer in (("1.2 again", NUMBER), ("1.3 later", NUMBER), ("1.4 sum", summed), ("1.1 try", 0)):
        assert verdict(check.solution, name, answer).startswith(f"Solution {name}: {'right' if answer else 'not yet'}.")
    assert verdict(check.summary) == (
        "Exercises: 1 of 4 right.\n  not yet: 1.2 again\n  not tried yet: 1.3 later, 1.4 sum\n"
        "Quiz questions: 0 of 0 right.\n"
    )
    check.value("1.2 again", NUMBER, NUMBER)
    check.value("1.1 try", 0.5, NUMBER)
    assert "1 of 4 right.\n  not yet: 1.1 try\n" in verdict(check.summary)


def test_a_solution_before_its_check_says_so(verdict):
    assert verdict(check.solution, "9.9 none", 1) == "Solution 9.9 none: run the check of this exercise first.\n"
