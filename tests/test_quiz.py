"""Quiz questions: every option says why, the summary counts, and the text is there without widgets."""

import html
import re

import ipywidgets
import pytest

from coursekit import check

QUESTION = "Which is < 3 & even?"
OPTIONS = ["1", "2", "<b>4</b>"]
WHY = ["1 is odd.", "2 < 3 and 2 is even.", "4 > 3."]


@pytest.fixture
def quiz(shown, widgets):
    check.quiz("Q1", QUESTION, OPTIONS, 1, WHY)
    buttons = next(widget for widget in widgets if isinstance(widget, ipywidgets.RadioButtons))
    verdict, question = (widget for widget in widgets if isinstance(widget, ipywidgets.HTML))
    return buttons, question, verdict


def summary(capsys):
    capsys.readouterr()
    check.summary()
    return capsys.readouterr().out.split("\n", 1)[1]


def test_a_new_question_is_unanswered(quiz, capsys):
    buttons, question, verdict = quiz
    assert buttons.value is None
    assert verdict.value == ""
    assert html.escape(QUESTION) in question.value
    assert summary(capsys) == "Quiz questions: 0 of 1 right.\n  not tried yet: Q1\n"


@pytest.mark.parametrize("choice", [0, 1, 2])
def test_each_choice_says_its_own_why(quiz, capsys, choice):
    buttons, _, verdict = quiz
    buttons.value = OPTIONS[choice]
    verb = "Right." if choice == 1 else "Not this one."
    words = re.fullmatch(r'<span role="alert">([^<]*)</span>', verdict.value)[1]
    assert html.unescape(words) == f"{verb} {WHY[choice]}"
    state = "1 of 1 right.\n" if choice == 1 else "0 of 1 right.\n  not yet: Q1\n"
    assert summary(capsys) == f"Quiz questions: {state}"


def test_the_last_choice_counts(quiz, capsys):
    buttons, _, verdict = quiz
    for option in ("2", "1"):
        buttons.value = option
    assert "1 is odd." in verdict.value
    assert "0 of 1 right" in summary(capsys)
    buttons.value = "2"
    assert "1 of 1 right" in summary(capsys)


def test_the_question_is_there_as_text_and_does_not_tell_the_answer(quiz, shown):
    ((bundle, _),) = shown
    assert bundle["text/plain"] == f"Q1. {QUESTION}\n  a) 1\n  b) 2\n  c) <b>4</b>"
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert not any(why in str(bundle) for why in WHY)


def test_an_answer_given_as_text_is_no_position():
    with pytest.raises(ValueError, match="answer"):
        check.quiz("Q1", QUESTION, OPTIONS, "2", WHY)
