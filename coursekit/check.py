"""Feedback: "not tried yet", "right", or what is wrong and a hint; only a slip of the author raises: ValueError."""

import copy
import html
import unicodedata
from types import SimpleNamespace

import numpy as np

from coursekit.errors import short

_NOT_TRIED, _RIGHT, _WRONG = "not tried yet", "right", "not yet"
_RAISED = (Exception, SystemExit, KeyboardInterrupt)  # also exit(), and an endless loop that was interrupted
_tasks = {}  # name -> kind (as in the summary), state, and of an exercise its hint and judge: complaint, "" if right


def value(name, answer, expected, tol=1e-6, hint="", slips=None):
    """Judge a number, an array of numbers or a text.

    Parameters
    ----------
    name, hint : str; Number and name of the exercise, such as ``"1.1 precision"``; what is shown with a wrong answer
    answer : object; The learner's answer. ``...`` counts as not tried
    expected : float, array_like of float, str, or tuple of these
        The right answer. Text is compared without case, outer spaces and a closing full stop.
    tol : float; Largest accepted distance, relative to ``max(1, |expected|)``
    slips : dict of str to object, optional; Likely wrong answers by what to say of each, instead of the hint
    """
    expected, slips = copy.deepcopy((expected, slips or {}))  # the notebook may change its arrays later
    said = {text: lambda given, wrong=wrong: _difference(given, wrong, tol) for text, wrong in slips.items()}
    _exercise(name, answer, lambda given: _difference(given, expected, tol), hint, said)


def function(name, candidate, reference, cases, tol=1e-6, hint="", slips=None):
    """Judge a function by comparing it with a reference on several cases.

    Parameters
    ----------
    name, tol, hint, slips : As in `value`; a slip is a wrong function
    candidate : object; The learner's function. One that returns ``...`` counts as not tried
    reference : callable; Gives the right result for each case: numbers, arrays, text, or a tuple of these
    cases : list of tuple; Positional arguments, one tuple a case. Each call gets its own copy
    """
    cases = copy.deepcopy(cases)
    expected = [copy.deepcopy(reference(*copy.deepcopy(case))) for case in cases]
    results = {text: [wrong(*copy.deepcopy(case)) for case in cases] for text, wrong in (slips or {}).items()}
    said = {text: lambda f, r=r: _first_failing_case(f, cases, r, tol) for text, r in results.items()}
    _exercise(name, candidate, lambda f: _first_failing_case(f, cases, expected, tol), hint, said)


def choice(name, answer, right, outcomes):
    """Judge a decision, and say what comes of it: for a patient, a budget or a result.

    Parameters
    ----------
    name, answer : As in `value`; the learner's choice
    right : str; The best choice
    outcomes : dict of str to str; What comes of each of three or more choices, said of the one that was made
    """
    known = {option.casefold(): text for option, text in outcomes.items()}

    def judge(given):
        made = given.strip().casefold() if isinstance(given, str) else None
        if made not in known:
            return f"Choose one of {short(list(outcomes))}, as a text; got {short(given)}."
        return "" if made == right.casefold() else known[made]

    _exercise(name, answer, judge, praise=outcomes[right])


def _exercise(name, answer, judge, hint="", slips=(), praise=""):
    task = _tasks[name] = SimpleNamespace(kind="Exercises", judge=judge, hint=hint, slips=slips)
    task.state = _report(name, task, answer)
    if praise and task.state == _RIGHT:  # not with a solution: what it prints is stored in an open cell
        print(f"  {praise}")


def solution(name, answer):
    """Judge the notebook's own `answer` as the learner's answer to exercise `name`, without counting it."""
    if name in _tasks:
        _report(f"Solution {name}", _tasks[name], answer)
    else:
        print(f"Solution {name}: run the check of this exercise first.")


def quiz(name, question, options, answer, why):
    """Show a multiple-choice question; each option, once chosen, says why it is right or wrong.

    Parameters
    ----------
    name, question : str; Such as ``"Q1"``, and what is asked
    options, why : list of str; Two or more different answers, and an explanation for each
    answer : int; Position of the right option, counted from 0
    """
    import ipywidgets
    from IPython.display import display

    task = _tasks[name] = SimpleNamespace(kind="Quiz questions", state=_NOT_TRIED)
    letters = "".join(f"\n  {chr(ord('a') + i)}) {option}" for i, option in enumerate(options))
    text, verdict = f"{name}. {question}", ipywidgets.HTML()
    buttons = ipywidgets.RadioButtons(options=options, value=None, layout={"width": "max-content"})

    def choose(change):  # a screen reader says an alert when it appears
        task.state = _RIGHT if change["new"] == answer else _WRONG
        words = f"{'Right.' if task.state == _RIGHT else 'Not this one.'} {why[change['new']]}"
        verdict.value = f'<span role="alert">{html.escape(words)}</span>'

    buttons.observe(choose, names="index")
    box = ipywidgets.VBox([ipywidgets.HTML(f"<b>{html.escape(text)}</b>"), buttons, verdict])
    view = {"model_id": box.model_id, "version_major": 2, "version_minor": 0}  # the text is for where it does not work
    display({"text/plain": text + letters, "application/vnd.jupyter.widget-view+json": view}, raw=True)


def summary():
    """Print how many exercises and quiz questions the learner has right so far; solutions do not count."""
    for kind in sorted({task.kind for task in _tasks.values()}):
        states = {name: task.state for name, task in _tasks.items() if task.kind == kind}
        print(f"{kind}: {list(states.values()).count(_RIGHT)} of {len(states)} right.")
        for state in (_WRONG, _NOT_TRIED):
            if names := [name for name in states if states[name] == state]:
                print(f"  {state}: {', '.join(names)}")


def _report(name, task, answer):
    """Judge, print the verdict, return the state. Nothing that the answer does may raise through here."""
    try:
        complaint = _NOT_TRIED if _is_blank(answer) else task.judge(answer)
    except _RAISED as error:
        complaint = f"the answer could not be judged ({type(error).__name__}: {error})"
    state = {_NOT_TRIED: _NOT_TRIED, "": _RIGHT}.get(complaint, _WRONG)
    print(f"{name}: {state}." + (f" {complaint}" if state == _WRONG else ""))
    slips = [text for text in task.slips if state == _WRONG and not task.slips[text](answer)]
    wrong = slips[0] if slips else f"Hint: {task.hint}" if task.hint else ""
    if state == _WRONG and wrong:
        print(f"  {wrong}")
    return state


def _first_failing_case(candidate, cases, expected, tol):
    """Complaint about the first case in which `candidate` does not give the expected result, or an empty text."""
    if not callable(candidate):
        return f"A function is expected, got {short(candidate)}."
    for case, wanted in zip(cases, expected, strict=True):
        call = f"With the arguments ({', '.join(map(short, case))})"
        try:
            got = candidate(*copy.deepcopy(case))
        except _RAISED as error:
            return f"{call} it raised {type(error).__name__}: {error}".rstrip(": ") + "."
        if _is_blank(got):
            return _NOT_TRIED
        if _difference(got, wanted, tol):
            missing = " Is a `return` missing?" if got is None else ""
            return f"{call}: expected {short(wanted)}, got {short(got)}.{missing}"
    return ""


def _is_blank(answer):
    return answer is ... or (isinstance(answer, list | tuple) and any(part is ... for part in answer))


def _difference(answer, expected, tol):
    """Say in words how `answer` differs from `expected`, without giving the expected number away; empty if equal."""
    if isinstance(expected, str):
        if not isinstance(answer, str):
            return f"A text is expected, got {short(answer)}."
        bare = {unicodedata.normalize("NFC", text.casefold()).strip().rstrip(". ") for text in (answer, expected)}
        return f"Got {short(answer)}." if len(bare) > 1 else ""  # NFC: Korean typed in parts is the same word
    if isinstance(expected, tuple):
        answer = list(answer) if getattr(answer, "ndim", 0) else answer  # an array or tensor of results
        if not isinstance(answer, tuple | list) or len(answer) != len(expected):
            return f"{len(expected)} results are expected, got {short(answer)}."
        parts = (_difference(a, e, tol) for a, e in zip(answer, expected, strict=True))
        return next((f"Result {i}: {part}" for i, part in enumerate(parts, start=1) if part), "")
    got, wanted = _numbers(answer), _numbers(expected)
    if got is None or (got.dtype == bool) != (wanted.dtype == bool):
        kind = "True or False is" if wanted.dtype == bool else "Numbers are" if wanted.shape else "A number is"
        return f"{kind} expected, got {short(answer)}."
    if got.shape != wanted.shape:
        return f"The shape {wanted.shape} is expected, got {got.shape}."
    got, wanted = got.astype(float), wanted.astype(float)
    wrong = ~(np.abs(got - wanted) <= tol * np.maximum(1, np.abs(wanted)))  # a NaN is never close
    if not wrong.any():
        return ""
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    way = "not a number" if np.isnan(got[first]) else "too large" if got[first] > wanted[first] else "too small"
    return f"Got {got[first]:.6g}{f' at position {list(first)}' if first else ''}, which is {way}."


def _numbers(thing):
    """`thing` as an array of bool, int or float; None for anything else."""
    if isinstance(thing, list | tuple):
        thing = [_numbers(part) if hasattr(part, "detach") else part for part in thing]
    try:
        array = np.asarray(thing.detach().cpu() if hasattr(thing, "detach") else thing)
    except Exception:  # whatever NumPy says of what is no array
        return None
    return array if array.dtype.kind in "biuf" else None
