"""Exercise and quiz feedback: "not tried yet", "right", or what is wrong and a hint.

A check judges whatever the learner hands it - `None`, text, `NaN`, a function that raises - and never raises itself.
Only a mistake of the notebook's author (an empty hint, cases that a constant function would pass) raises.
"""

import copy
import html
from collections.abc import Callable
from dataclasses import dataclass

from coursekit._compare import (
    difference,
    lazy_answers,
    require_comparable,
    require_text,
    require_tolerance,
)
from coursekit._shown import shown, shown_error

_NOT_TRIED = "not tried yet"
_RIGHT = "right"
_WRONG = "not yet"
_ALOUD = '<span role="alert">{}</span>'  # a screen reader says it when it appears


@dataclass
class _Task:
    """One exercise (`judge` returns a complaint, empty if right) or quiz question, and how it stands."""

    kind: str
    judge: Callable[[object], str]
    hint: str = ""
    state: str = _NOT_TRIED


_tasks: dict[str, _Task] = {}


def value(name, answer, expected, tol=1e-6, hint=""):
    """Judge a number, an array of numbers or a text.

    Parameters
    ----------
    name : str
        Number and name of the exercise, such as ``"1.1 precision"``.
    answer : object
        The learner's answer. ``...`` counts as not tried.
    expected : float, array_like of float, str, or tuple of these
        The right answer. Text is compared without case, outer spaces and a closing full stop.
    tol : float
        Largest accepted distance, relative to ``max(1, |expected|)``.
    hint : str
        Shown with a wrong answer.

    Raises
    ------
    ValueError, TypeError
        If `expected` is not finite, is all zero or constant (a lazy answer would pass), or another argument is wrong.
    """
    require_text(name=name, hint=hint)
    require_tolerance(tol)
    require_comparable(expected)
    expected = copy.deepcopy(expected)  # the notebook may change its array later
    task = _Task("exercise", lambda given: difference(given, expected, tol), hint)
    for lazy in (None, "", 0, *lazy_answers(expected)):
        if not task.judge(lazy):
            raise ValueError(f"expected: the lazy answer {shown(lazy)} would pass; ask for something else or lower tol")
    _tasks[name] = task
    task.state = _report(name, task, answer)


def function(name, candidate, reference, cases, tol=1e-6, hint=""):
    """Judge a function by comparing it with a reference on several cases.

    Parameters
    ----------
    name : str
        Number and name of the exercise.
    candidate : object
        The learner's function. One that returns ``...`` counts as not tried.
    reference : callable
        Gives the right result for each case: numbers, arrays, text, or a tuple of these.
    cases : sequence of tuple
        Positional arguments, one tuple a case. Each call gets its own copy.
    tol : float
        As in `value`.
    hint : str
        Shown with a wrong answer.

    Raises
    ------
    ValueError, TypeError
        If `cases` is empty or so poor that a function returning a constant, zeros or its own argument would pass,
        or another argument is wrong.
    """
    require_text(name=name, hint=hint)
    require_tolerance(tol)
    if not callable(reference):
        raise TypeError(f"reference: expected a function, got {shown(reference)}")
    if not isinstance(cases, list | tuple) or not cases or not all(isinstance(case, tuple) for case in cases):
        raise ValueError(f"cases: expected a non-empty list of tuples of arguments, got {shown(cases)}")
    cases = copy.deepcopy(cases)
    expected = [copy.deepcopy(reference(*copy.deepcopy(case))) for case in cases]
    for result in expected:
        require_comparable(result, "reference: expected results")
    task = _Task("exercise", lambda given: _first_failing_case(given, cases, expected, tol), hint)
    constants = [lambda *_, c=c: c for c in (None, 0, 1, expected[0], *lazy_answers(expected[0]))]
    echoes = [lambda *arguments, i=i: arguments[i] for i in range(max(map(len, cases)))]
    only_zeros = all(any(not difference(zeros, r, tol) for zeros in lazy_answers(r)[:1]) for r in expected)
    if only_zeros or not all(map(task.judge, (*constants, *echoes))):
        raise ValueError("cases: a function that returns a constant or its argument would pass; add other cases")
    _tasks[name] = task
    task.state = _report(name, task, candidate)


def solution(name, answer):
    """Judge the notebook's own solution as the learner's answer was judged, without counting it.

    Parameters
    ----------
    name : str
        Name of an exercise whose check has run.
    answer : object
        The solution's value or function.

    Raises
    ------
    ValueError, TypeError
        If `name` is not a non-empty text.
    """
    require_text(name=name)
    if name not in _tasks:
        print(f"Solution {name}: run the check of this exercise first.")
    else:
        _report(f"Solution {name}", _tasks[name], answer)


def quiz(name, question, options, answer, why):
    """Show a multiple-choice question; each option, once chosen, says why it is right or wrong.

    Parameters
    ----------
    name : str
        Such as ``"Q1"``.
    question : str
        The question.
    options : sequence of str
        Two or more different answers.
    answer : int
        Position of the right option, counted from 0.
    why : sequence of str
        One explanation for each option.

    Raises
    ------
    ValueError, TypeError
        If an argument does not have this form.
    """
    require_text(name=name, question=question)
    for label, texts in (("options", options), ("why", why)):
        if not isinstance(texts, list | tuple) or not all(isinstance(text, str) and text.strip() for text in texts):
            raise TypeError(f"{label}: expected a list of non-empty texts, got {shown(texts)}")
    if len(set(options)) < max(2, len(options)) or len(why) != len(options):
        raise ValueError("options: expected two or more different texts, with one `why` each")
    if isinstance(answer, bool) or not isinstance(answer, int) or not 0 <= answer < len(options):
        raise ValueError(f"answer: expected a position from 0 to {len(options) - 1}, got {shown(answer)}")

    def judge(choice):
        return "" if choice == answer else why[choice]

    task = _tasks[name] = _Task("quiz", judge)

    def respond(choice):
        complaint = task.judge(choice)
        task.state = _WRONG if complaint else _RIGHT
        return f"Not this one. {complaint}" if complaint else f"Right. {why[answer]}"

    _show_quiz(f"{name}. {question}", options, respond)


def summary():
    """Print how many exercises and quiz questions the learner has right so far; solutions do not count."""
    for kind, label in (("exercise", "Exercises"), ("quiz", "Quiz questions")):
        tasks = {name: task for name, task in _tasks.items() if task.kind == kind}
        right = sum(task.state == _RIGHT for task in tasks.values())
        print(f"{label}: {right} of {len(tasks)} right.")
        for state in (_WRONG, _NOT_TRIED):
            names = [name for name, task in tasks.items() if task.state == state]
            if names:
                print(f"  {state}: {', '.join(names)}")


def _show_quiz(question, options, respond):
    """Radio buttons where widgets work, the same question as text where they do not."""
    import ipywidgets
    from IPython.display import display

    options, verdict = list(options), ipywidgets.HTML()
    buttons = ipywidgets.RadioButtons(options=options, value=None, layout={"width": "max-content"})

    def chosen(change):
        if change["new"] is not None:
            verdict.value = _ALOUD.format(html.escape(respond(options.index(change["new"]))))

    buttons.observe(chosen, names="value")
    box = ipywidgets.VBox([ipywidgets.HTML(f"<b>{html.escape(question)}</b>"), buttons, verdict])
    letters = "\n".join(f"  {chr(ord('a') + i)}) {option}" for i, option in enumerate(options))
    view = {"model_id": box.model_id, "version_major": 2, "version_minor": 0}
    display({"text/plain": f"{question}\n{letters}", "application/vnd.jupyter.widget-view+json": view}, raw=True)


def _report(name, task, answer):
    """Judge, print the verdict, return the state. Nothing that the answer does may raise through here."""
    try:
        complaint = _NOT_TRIED if _is_blank(answer) else task.judge(answer)
    except BaseException as error:
        complaint = f"the answer could not be judged ({shown_error(error)})"
    if complaint == _NOT_TRIED:
        print(f"{name}: {_NOT_TRIED}.")
        return _NOT_TRIED
    if not complaint:
        print(f"{name}: {_RIGHT}.")
        return _RIGHT
    print(f"{name}: {_WRONG}. {complaint}" + (f"\n  Hint: {task.hint}" if task.hint else ""))
    return _WRONG


def _is_blank(answer):
    return answer is ... or (type(answer) in (list, tuple) and any(part is ... for part in answer))


def _first_failing_case(candidate, cases, expected, tol):
    """Complaint about the first case in which `candidate` does not give the expected result, or an empty text."""
    if not callable(candidate):
        return f"A function is expected, got {shown(candidate)}."
    for case, wanted in zip(cases, expected, strict=True):
        call = f"With the arguments ({', '.join(shown(argument) for argument in case)})"
        try:
            got = candidate(*copy.deepcopy(case))
            if _is_blank(got):
                return _NOT_TRIED
            complaint = difference(got, wanted, tol)
        except BaseException as error:  # also sys.exit() and an interrupted endless loop
            return f"{call} it raised {shown_error(error)}."
        if complaint:
            missing = " Is a `return` missing?" if got is None else ""
            return f"{call}: expected {shown(wanted)}, got {shown(got)}.{missing}"
    return ""
