"""Exercise and quiz feedback: right only if right, never an error, and never satisfied with a lazy answer."""

import html
import math
import re
import sys

import ipywidgets
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from coursekit import check

NUMBER = 0.75
ARRAY = np.array([1.0, 2.0, 3.0])
EXPECTED = {"number": NUMBER, "array": ARRAY, "text": "median", "tuple": (NUMBER, "median"), "truth": True}
SUM_CASES = [(np.array([1.0, 2.0, 3.0]),), (np.array([4.0, 5.0]),)]
# What learners hand in, none of it right for any of the expected values.
WRONG_ANSWERS = [
    *(None, "", "mean", "0.75", 0, 1, False, math.nan, math.inf, 0.75 + 0j, {"value": 0.75}, [], len),  # 1 is not True
    *([[1], [2, 3]], [1, 2, 3, 4], [[1], [2], [3]], [1, math.nan, 3], ["1", "2", "3"], (x for x in (1, 2, 3))),
    *(("median", 0.75), (0.75, "median", None), np.array([True, True, True]), pd.DataFrame({"a": [1, 2, 3]})),
    *(pd.Series([1, None, 3], dtype="Int64"), torch.tensor([1.0, 2.0, 4.0], requires_grad=True)),
]


def stopped(*_):
    raise KeyboardInterrupt


def recurse(*arguments):
    return recurse(*arguments)


def summed(values):
    return float(np.sum(values))


WRONG_FUNCTIONS = {
    "no function": 3,
    "none": None,
    "raises ZeroDivisionError": lambda values: 1 / 0,
    "raises SystemExit": lambda values: sys.exit(),
    "raises KeyboardInterrupt": stopped,  # an endless loop that the learner has stopped
    "raises RecursionError": recurse,
    "raises TypeError": lambda: 6,  # too few parameters
    "generator": lambda values: (yield values),
    "text": lambda values: str(np.sum(values)),
    "in a list": lambda values: [np.sum(values)],
    "right once": lambda values: 6.0,
    "its argument": lambda values: values,
    "prints instead of returning": lambda values: print(end=""),
    "builtin": len,
}


@pytest.fixture
def verdict(capsys):
    """Call a check and return what it prints."""

    def call(checker, *arguments, **options):
        capsys.readouterr()
        checker(*arguments, **options)
        return capsys.readouterr().out

    return call


def judged_right(answer, expected, **options):
    check.value("1.1 try", answer, expected, **options)
    return check._tasks["1.1 try"].state == "right"


@pytest.mark.parametrize("expected", EXPECTED)
def test_a_wrong_answer_is_never_right_and_never_an_error(verdict, expected):
    for answer in WRONG_ANSWERS:
        said = verdict(check.value, "1.1 try", answer, EXPECTED[expected], hint="Think again.")
        assert re.fullmatch(r"1\.1 try: not yet\. .+\n  Hint: Think again\.\n", said), said


@pytest.mark.parametrize("candidate", WRONG_FUNCTIONS)
def test_a_wrong_function_is_never_right_and_never_an_error(verdict, candidate):
    said = verdict(check.function, "1.2 sum", WRONG_FUNCTIONS[candidate], summed, SUM_CASES, hint="Add up.")
    assert said.startswith("1.2 sum: not yet. ")
    assert said.endswith("\n  Hint: Add up.\n")
    if candidate.startswith("raises "):
        assert f"With the arguments ([1., 2., 3.]) it raised {candidate.split()[-1]}" in said


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.tuples(inner, inner), max_leaves=4))
def test_arbitrary_answers_and_constant_functions_are_right_only_if_they_are_the_number(answer):
    assert judged_right(answer, NUMBER) == (type(answer) in (int, float) and abs(answer - NUMBER) <= 1e-6)
    check.function("1.2 sum", lambda *_: answer, summed, SUM_CASES)
    assert check._tasks["1.2 sum"].state != "right"


@given(hnp.arrays(hnp.scalar_dtypes(), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)))
def test_arbitrary_arrays_are_right_only_if_they_are_the_array(answer):
    close = answer.dtype.kind in "iuf" and answer.shape == ARRAY.shape and bool(np.all(np.abs(answer - ARRAY) <= 1e-6))
    assert judged_right(answer, ARRAY) == close


@given(hnp.arrays(float, st.integers(2, 5), elements=st.floats(-1e6, 1e6)))
def test_the_tolerance_is_relative_to_the_expected_number_and_at_least_absolute(expected):
    if np.ptp(expected) < 0.1 or np.abs(expected).max() < 0.1:
        return  # too like a constant: the author is told
    near, far, scale = expected.copy(), expected.copy(), max(1, abs(expected[-1]))
    near[-1] += 0.9e-3 * scale
    far[-1] -= 1.1e-3 * scale
    assert judged_right(near, expected, tol=1e-3)
    assert not judged_right(far, expected, tol=1e-3)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (3, 3.0),
        (np.float32(0.1), 0.1),
        (torch.tensor(0.75, requires_grad=True), 0.75),
        (np.True_, True),
        (range(1, 4), ARRAY),
        (ARRAY, [1, 2, 3]),
        (pd.Series([1, 2, 3], index=list("abc")), ARRAY),
        ([torch.tensor(float(i), requires_grad=True) for i in (1, 2, 3)], ARRAY),
        (torch.tensor([1.0, 2.0], requires_grad=True), (1.0, 2.0)),
        ("\u1112\u1161\u11ab\u3000", "\ud55c"),  # a Korean syllable, typed in parts
        (np.array([True, False]), [True, False]),
        ("  Median. ", "median"),
        ((0.75, ("Median", [1, 2])), (0.75, ("median", [1, 2]))),
    ],
    ids=repr,
)
def test_a_right_answer_in_another_form_is_right(verdict, answer, expected):
    assert verdict(check.value, "1.1 try", answer, expected, hint="unused") == "1.1 try: right.\n"


@pytest.mark.parametrize("candidate", [summed, np.sum, sum, lambda v: torch.tensor(v).sum(), lambda v, axis=0: v.sum()])
def test_a_right_function_of_another_form_is_right(verdict, candidate):
    assert verdict(check.function, "1.2 sum", candidate, summed, SUM_CASES) == "1.2 sum: right.\n"


@pytest.mark.parametrize(
    ("answer", "expected", "complaint"),
    [
        (0.5, NUMBER, "Got 0.5, which is too small."),
        (1.0, NUMBER, "Got 1, which is too large."),
        (math.nan, NUMBER, "Got nan, which is not a number."),
        ([0.75], NUMBER, "The shape () is expected, got (1,)."),
        (True, NUMBER, "A number is expected, got True."),
        (1, True, "True or False is expected, got 1."),
        ("x" * 200, NUMBER, f"A number is expected, got '{'x' * 76}...."),
        ([[1, 2], [9, 9]], [[1, 2], [3, 4]], "Got 9 at position [1, 0], which is too large."),
        ((0.75, "mean"), (0.75, "median"), "Result 2: Got 'mean'."),
        (0.75, (0.75, "median"), "2 results are expected, got 0.75."),
    ],
)
def test_a_wrong_answer_hears_why_but_not_the_expected_number(verdict, answer, expected, complaint):
    assert verdict(check.value, "1.1 try", answer, expected) == f"1.1 try: not yet. {complaint}\n"


def test_a_likely_slip_is_named_instead_of_the_hint(verdict):
    slips, hint = {"That is the share.": 0.5, "You subtracted.": [3, 2, 1]}, "Think."
    for answer, expected, words in ((0.5, NUMBER, "That is the share."), (0.6, NUMBER, "Hint: Think.")):
        said = verdict(check.value, "1.1 try", answer, expected, hint=hint, slips=slips)
        assert said == f"1.1 try: not yet. Got {answer}, which is too small.\n  {words}\n"
    slips = {"That is the mean.": np.mean, "You took the last.": lambda values: values[-1]}
    for answer, words in ((np.mean, "That is the mean."), (max, "You took the last."), (len, "Hint: Think.")):
        said = verdict(check.function, "1.2 sum", answer, summed, SUM_CASES, hint=hint, slips=slips)
        assert said.splitlines()[1:] == [f"  {words}"]


def test_a_decision_hears_what_comes_of_it(verdict):
    outcomes = {"Now": "He is cured.", "later": "It grows.", "never": "He dies."}
    for answer in (" now", "NOW", "Later ", "never"):
        right, words = answer.strip().lower() == "now", outcomes[answer.strip().lower().replace("now", "Now")]
        said = verdict(check.choice, "1.1 when", answer, "Now", outcomes)
        assert said == f"1.1 when: {'right.' + chr(10) + ' ' if right else 'not yet.'} {words}\n"
    for answer in WRONG_ANSWERS:
        assert verdict(check.choice, "1.1 when", answer, "Now", outcomes).startswith(
            "1.1 when: not yet. Choose one of ['Now', 'later', 'never'], as a text; got "
        )
    assert verdict(check.choice, "1.1 when", ..., "Now", outcomes) == "1.1 when: not tried yet.\n"
    assert verdict(check.solution, "1.1 when", "now") == "Solution 1.1 when: right.\n"


def test_the_first_failing_case_is_shown_with_expected_and_got(verdict):
    said = verdict(check.function, "1.2 sum", lambda v: len(v) * 2.0, summed, SUM_CASES)
    assert "With the arguments ([4., 5.]): expected 9, got 4." in said
    assert "Is a `return` missing?" in verdict(check.function, "1.2 sum", lambda v: None, summed, SUM_CASES)


def test_neither_a_function_nor_a_later_change_touches_the_notebooks_and_the_checks_arrays(verdict):
    values = np.array([1.0, 2.0])

    def sorted_sum(given):
        total = float(given.sum())
        given[:] = -1
        return total

    for _ in range(2):
        said = verdict(check.function, "1.2 sum", sorted_sum, summed, [(values,), (values + 1,)])
        assert said == "1.2 sum: right.\n"
        assert verdict(check.solution, "1.2 sum", summed) == "Solution 1.2 sum: right.\n"
    assert values.tolist() == [1.0, 2.0]
    expected = ARRAY.copy()
    check.value("1.1 try", ..., expected)
    check.function("1.3 sorted", ..., np.sort, [(expected[::-1],), (expected + 5,), (expected[[1, 0, 2]],)])
    expected[:] = 0
    assert verdict(check.solution, "1.1 try", [1, 2, 3]) == "Solution 1.1 try: right.\n"
    assert verdict(check.solution, "1.3 sorted", sorted) == "Solution 1.3 sorted: right.\n"


@pytest.mark.parametrize("blank", [..., [..., ...], (0.75, ...)], ids=repr)
def test_dots_are_not_tried_yet(verdict, blank):
    for expected in (NUMBER, (NUMBER, "median")):
        assert verdict(check.value, "1.1 try", blank, expected) == "1.1 try: not tried yet.\n"
    for candidate in (blank, lambda v: blank):
        assert verdict(check.function, "1.2 sum", candidate, summed, SUM_CASES) == "1.2 sum: not tried yet.\n"


def test_the_summary_counts_the_last_answer_and_no_solution(verdict):
    check.value("1.1 try", NUMBER, NUMBER)
    check.value("1.2 again", 0.5, NUMBER)
    check.value("1.3 later", ..., NUMBER)
    check.function("1.4 sum", lambda v: ..., summed, SUM_CASES)
    for name, answer in (("1.2 again", NUMBER), ("1.3 later", NUMBER), ("1.4 sum", summed), ("1.1 try", 0)):
        assert verdict(check.solution, name, answer).startswith(f"Solution {name}: {'right' if answer else 'not yet'}.")
    assert verdict(check.solution, "9.9 none", 1) == "Solution 9.9 none: run the check of this exercise first.\n"
    states = "  not yet: 1.2 again\n  not tried yet: 1.3 later, 1.4 sum\n"
    assert verdict(check.summary) == f"Exercises: 1 of 4 right.\n{states}"
    check.value("1.2 again", NUMBER, NUMBER)
    check.value("1.1 try", 0.5, NUMBER)
    assert "1 of 4 right.\n  not yet: 1.1 try\n" in verdict(check.summary)


QUESTION, OPTIONS, RIGHT = "Which is < 3 & even?", ["1", "2", "<b>4</b>"], 1
WHY = ["1 is odd.", "2 < 3 and 2 is even.", "4 > 3."]


@pytest.fixture
def quiz(shown, widgets):
    """The radio buttons, the question and the verdict of a quiz question."""
    check.quiz("Q1", QUESTION, OPTIONS, RIGHT, WHY)
    (buttons,) = (widget for widget in widgets if isinstance(widget, ipywidgets.RadioButtons))
    verdict, question = (widget for widget in widgets if isinstance(widget, ipywidgets.HTML))
    return buttons, question, verdict


def test_a_new_question_is_unanswered_and_its_text_does_not_tell_the_answer(quiz, shown, verdict):
    buttons, question, said = quiz
    assert (buttons.value, said.value) == (None, "")
    assert html.escape(QUESTION) in question.value
    assert verdict(check.summary).endswith("Quiz questions: 0 of 1 right.\n  not tried yet: Q1\n")
    ((bundle, _),) = shown
    assert bundle["text/plain"] == f"Q1. {QUESTION}\n  a) 1\n  b) 2\n  c) <b>4</b>"
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert not any(why in str(bundle) for why in WHY)


def test_each_choice_says_its_own_why_and_the_last_one_counts(quiz, verdict):
    buttons, _, said = quiz
    for choice in (0, 1, 2, 1, 0):
        buttons.value = OPTIONS[choice]
        words = re.fullmatch(r'<span role="alert">([^<]*)</span>', said.value)[1]
        assert html.unescape(words) == f"{'Right.' if choice == RIGHT else 'Not this one.'} {WHY[choice]}"
        state = "1 of 1 right.\n" if choice == RIGHT else "0 of 1 right.\n  not yet: Q1\n"
        assert verdict(check.summary).endswith(f"Quiz questions: {state}")
