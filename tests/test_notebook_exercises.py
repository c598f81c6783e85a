"""Every exercise as a learner meets it: lazy answers are never right, and no later cell needs an answer."""

import ast
import contextlib
import copy
import io
import re

import numpy as np
from nbformat.v4 import new_code_cell
from notebook_files import ROOT, calls, code_cells, each_notebook, tags
from notebook_functions import Names
from threadpoolctl import threadpool_limits

from coursekit import check

LAZY = {"None": None, "0": 0, "1": 1, "empty text": "", "zeros": np.zeros(3)}
LAZY |= {f"function of {name}": (lambda *_, value=value, **__: value) for name, value in LAZY.items()}


def loaded(tree):
    """All names that some code uses."""
    return [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]


def changed(source):
    """All names whose objects some code may change: `name.method()`, `name[0] = 1`."""
    return set(re.findall(r"^\s*(\w+)[.[]", source, re.MULTILINE))


def judged(cell):
    """A check cell's exercises: name -> the call that judges."""
    return {call.args[0].value: call for call in calls(cell.source, "check.value", "check.function", "check.choice")}


def alike(expected):
    """What needs no thought, in the shape of what is expected."""
    if isinstance(expected, tuple):
        return {"zeros alike": tuple(alike(part).get("zeros alike", "") for part in expected)}
    array = np.asarray(expected)
    if array.dtype.kind not in "biuf":
        return {}
    return {"zeros alike": np.zeros_like(array)} | (
        {"one number": np.full_like(array, array.flat[0])} if array.ndim else {}
    )


def lazy_and_slips(call, namespace):
    """Answers to one check that need no thought, and its slips: what is said of each -> the wrong answer."""
    given = dict(zip(("name", "answer", "expected", "cases"), call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords}
    given = {name: ast.unparse(value) for name, value in given.items()}
    slips, expected = (eval(given.get(name, "{}"), namespace) for name in ("slips", "expected"))
    expected = eval(given["reference"], namespace) if "reference" in given else expected
    if not callable(expected):
        return LAZY | alike(expected), slips
    cases = eval(given["cases"], namespace)
    results = [expected(*copy.deepcopy(case)) for case in cases]
    always = alike(results[0]) | {"the first result": results[0]}
    lazy = LAZY | {f"function of {label}": lambda *_, value=value: value for label, value in always.items()}
    return lazy | {f"argument {i}": lambda *its, i=i: its[i] for i in range(len(cases[0]))}, slips


def needed(cells):
    """The checks, and what they need, found backwards by names: training and drawing for the text is left out."""
    wanted, kept = set(), []
    trees = [ast.parse(cell.source) for cell in cells]
    modules = {alias.asname or alias.name for tree in trees for alias in ast.walk(tree) if isinstance(alias, ast.alias)}
    for cell in reversed([cell for cell in cells if "solution" not in tags(cell)]):
        tree, names = ast.parse(cell.source), Names(cell.source)
        if "check" in tags(cell) or (names.set | (changed(cell.source) - modules)) & wanted:
            kept.insert(0, cell)
            always = [node for node in tree.body if isinstance(node, ast.Assign | ast.FunctionDef | ast.ClassDef)]
            wanted = wanted - Names(ast.unparse(ast.Module(always, []))).set | names.used
    return kept


def lazy_verdicts(cells):
    """What each check says to each lazy answer, judged where the check stands in the notebook."""
    namespace, verdicts, left_open = {"__name__": "__main__"}, {}, set()
    for cell in needed(cells):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(cell.source, "<cell>", "exec"), namespace)
        left_open = Names(cell.source).set if "exercise" in tags(cell) else left_open
        for name, call in judged(cell).items() if "check" in tags(cell) else ():
            lazy, slips = lazy_and_slips(call, namespace)
            answer = ast.unparse(call.args[1])
            tried = {label: eval(answer, namespace | dict.fromkeys(left_open, lazy[label])) for label in lazy}
            for label, wrong in (tried | slips).items():
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    check.solution(name, wrong)
                verdicts[name, label] = out.getvalue()
                named = label not in slips or out.getvalue().endswith(f"\n  {label}\n")
                verdicts[name, label] += "" if named else "The slip is not named."
    return verdicts


@each_notebook
def test_lazy_answers_are_never_right(path, shown, monkeypatch):
    monkeypatch.chdir(ROOT / "notebooks")
    with threadpool_limits(1):  # clustering's threads wait for each other on shared cores
        verdicts = lazy_verdicts(code_cells(path))
    assert {name for name, _ in verdicts} == {name for cell in code_cells(path, "check") for name in judged(cell)}
    assert {place: said for place, said in verdicts.items() if ": not yet. " not in said or "not named" in said} == {}


@each_notebook
def test_stubs_hold_no_answer_and_answers_are_judged_and_used_nowhere_else(path):
    cells = code_cells(path)
    for place, cell in enumerate(cells):
        if "exercise" not in tags(cell):
            continue
        stub = ast.parse(cell.source)
        assert all(isinstance(statement, ast.Assign | ast.FunctionDef) for statement in stub.body)
        values = [node.value for node in ast.walk(stub) if isinstance(node, ast.Assign | ast.Return)]
        parts = [part for value in values for part in (value.elts if isinstance(value, ast.Tuple) else [value])]
        assert all(isinstance(part, ast.Constant) and part.value is ... for part in parts), "a stub holds no answer"
        left_open, (its_check, *later) = Names(cell.source).set, cells[place + 1 :]
        answers = [name for call in judged(its_check).values() for name in loaded(call.args[1])]
        used = [name for name in loaded(ast.parse(its_check.source)) if name in left_open]
        assert sorted(used) == sorted(name for name in answers if name in left_open), "none leans on the answer"
        assert left_open == set(used)
        for other in later:
            assert not left_open & {*loaded(ast.parse(other.source)), *Names(other.source).set}, other.source


def test_a_lazy_answer_that_passes_would_be_noticed():
    cells = [
        new_code_cell("from coursekit import check\ntotal = [1.5]"),
        new_code_cell("total.append(2.5)"),
        new_code_cell("x = ...", metadata={"tags": ["exercise"]}),
        new_code_cell("check.value('9.1 try', (x, 7), (sum(total), 7))", metadata={"tags": ["check"]}),
        new_code_cell("1 / 0"),
    ]
    assert all("not yet" in said for said in lazy_verdicts(cells).values())
    cells[1].source = "total[:] = [0, 1]"
    right = [label for (_, label), said in lazy_verdicts(cells).items() if ": right" in said]
    assert right == ["1"]
    cells[3].source = "check.value('9.1 try', x, 7, slips={'That is six.': 6, 'That is seven.': 7})"
    wrong = {label for (_, label), said in lazy_verdicts(cells).items() if ": right" in said or "not named" in said}
    assert wrong == {"That is seven."}
