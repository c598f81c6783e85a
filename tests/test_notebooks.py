"""The form of every notebook: what stands where from the badge to the references, small cells, stored outputs."""

import ast
import builtins
import itertools
import re
import statistics

import pytest
from notebook_files import (
    CORES,
    FURTHER,
    LABS,
    NOTEBOOKS,
    ROOT,
    builder,
    calls,
    code,
    code_cells,
    each_notebook,
    pictures,
    read,
    said,
    tags,
    text,
)
from notebook_functions import Names

FOLDED_TAGS = {"check", "solution", "quiz", "figure"}
JUDGES = ("value", "function", "choice")
KNOWN_TAGS = {*FOLDED_TAGS, "setup", "parameters", "exercise", "nbval-check-output"}
BUILD = builder()
FORK = BUILD.fork()
DISPLAYING = re.compile(r"print|display|plot\.(show|explore)|check\.\w+")
SILENT = re.compile(r"['\"]|([\w.]*\.)?(seed_everything|seed|manual_seed|append|extend|update|sort|shuffle)\(")
OF_ONE_MACHINE = re.compile(r"0x[0-9a-f]{6,}|/(home|root|tmp|work|Users)/|\bcuda\b|\d\.\d{10,}")


def headings(path):
    """Level and title of each heading, in order."""
    outside_code = re.sub(r"(?ms)^```.*?^```", "", text(path))
    return [(len(marks), title) for marks, title in re.findall(r"^(#+) (.+)$", outside_code, re.MULTILINE)]


def checked_names(cell, *functions):
    """The exercise names (first arguments) in a cell's calls of these functions of check."""
    return [call.args[0].value for call in calls(cell.source, *(f"check.{name}" for name in functions))]


def test_the_notebooks_are_numbered_without_a_gap():
    assert [path.name[:3] for path in LABS] == [f"0{number}_" for number in range(1, 8)]
    assert len({path.stem for path in NOTEBOOKS}) == len(NOTEBOOKS)


@pytest.mark.parametrize("path", CORES, ids=lambda path: path.stem)
def test_a_core_is_one_sitting_in_which_one_decides(path):
    assert sum(words for _, words, _ in BUILD.sections(read(path))) <= 2700
    assert BUILD.minutes(BUILD.sections(read(path))) <= 100
    shown = [cell.source for cell in code_cells(path) if not FOLDED_TAGS & set(tags(cell))]
    assert len([line for source in shown for line in source.splitlines() if line.strip()]) <= 320
    assert len(code_cells(path, "exercise")) == 5
    assert len(code_cells(path, "quiz")) == 4
    assert len([cell for cell in code_cells(path, "check") if calls(cell.source, "check.choice")]) >= 2
    assert read(path).metadata["coursekit"]["seconds"] <= 40
    deeper = [
        title for other in FURTHER if other.name[:2] == path.name[:2] for title, *_ in BUILD.numbered(read(other))
    ]
    going_further = text(path).partition("## Going further")[2].partition("\n## ")[0]
    assert [title for title in deeper if title.partition(". ")[2] not in going_further] == []


@pytest.mark.parametrize("path", FURTHER, ids=lambda path: path.stem)
def test_a_further_section_is_short_has_an_exercise_and_needs_none_before_it(path):
    assert [part for part in BUILD.numbered(read(path)) if not 10 <= BUILD.minutes([part]) <= 30] == []
    parts = [[]]  # what comes before the first section, then the sections
    for cell in read(path).cells:
        if cell.cell_type == "markdown" and re.search(r"(?m)^## \d+\. ", cell.source):
            parts.append([])
        elif cell.cell_type == "markdown" and re.search(r"(?m)^## What this", cell.source):
            break
        parts[-1] += [cell] if cell.cell_type == "code" else []
    assert len(parts) == len(BUILD.numbered(read(path))) + 1
    start, *sections = [Names("\n".join(cell.source for cell in part)) for part in parts]
    for part, section in zip(parts[1:], sections, strict=True):
        assert [cell for cell in part if "exercise" in tags(cell)]
        assert section.used - start.set - set(dir(builtins)) == set()


@each_notebook
def test_the_first_cell_has_title_badge_budget_aims_and_what_to_know_before(path):
    first = read(path).cells[0].source
    assert [f"# {title}" for level, title in headings(path) if level == 1] == [first.splitlines()[0]]
    assert first.startswith(f"# {int(path.name[:2])}. ")
    address = "https://colab.research.google.com/github/{owner}/{repository}/blob/{branch}/".format(**FORK)
    address += path.relative_to(ROOT).as_posix()
    assert re.findall(r"https://colab\.research\.google\.com/github/[^)\s]*", text(path)) == [address]
    assert f"]({address})" in first
    measured = read(path).metadata["coursekit"]
    assert set(measured) == {"seconds", "memory_mb", "code_sha256"}
    assert 0 < measured["seconds"] <= 150
    assert 0 < measured["memory_mb"] <= 4000
    assert BUILD.budget(measured, read(path)) in first.splitlines()
    if path in FURTHER:
        assert BUILD.contents(read(path)) in first
        return
    aims = re.search(r"\*\*After this lab you can\*\*(.*)\*\*Before you start\*\*", first, re.DOTALL)[1]
    assert 3 <= len(re.findall(r"^[-*] \w", aims, re.MULTILINE)) <= 5


@each_notebook
def test_headings_never_jump_and_the_end_is_summary_words_and_references(path):
    levels, titles = zip(*headings(path), strict=True)
    assert all(below <= above + 1 for above, below in itertools.pairwise(levels))
    assert len(titles) == len(set(titles))
    lab = path in LABS
    ends = ["Quiz", "What this lab has shown", "Summary"] if lab else ["What this notebook has shown"]
    last = [title for level, title in headings(path) if level == 2]
    assert [title for title in last if title in {*ends, "New words", "References"}] == [
        *ends,
        "New words",
        "References",
    ]
    words, references = re.split(r"\n## References", text(path).partition("\n## New words")[2])
    korean = [line for line in words.splitlines() if re.search(r"[A-Za-z]{2}.*[\uac00-\ud7a3]", line)]
    assert (8 if lab else 3) <= len(korean) <= 30
    assert references.strip()
    assert len(calls(code(path), "check.summary")) == 1
    if calls(code(path), "data.load_chest_ct", "data.load_pima_diabetes"):
        assert "For teaching, not for clinical use" in text(path)


@each_notebook
def test_the_setup_is_the_same_everywhere_and_at_most_four_parameters_follow(path):
    (setup,), (parameters,) = code_cells(path, "setup"), code_cells(path, "parameters")
    assert [setup, parameters] == code_cells(path)[:2]
    assert setup.source == code_cells(NOTEBOOKS[0], "setup")[0].source
    assert "git+https://github.com/{owner}/{repository}@{branch}".format(**FORK) in setup.source
    assert not setup.outputs
    nodes = ast.parse(parameters.source).body
    assert all(isinstance(node, ast.Assign) and node.targets[0].id.isupper() for node in nodes)
    assert 1 <= len(nodes) <= 4


@each_notebook
def test_every_tag_is_known_and_folded_cells_are_folded_everywhere(path):
    for cell in read(path).cells:
        assert set(tags(cell)) <= KNOWN_TAGS
        folded = cell.metadata.get("jupyter", {}).get("source_hidden"), cell.metadata.get("cellView")
        assert folded == ((True, "form") if FOLDED_TAGS & set(tags(cell)) else (None, None))
        assert bool(re.match(r"# @title \S+", cell.source)) == bool(FOLDED_TAGS & set(tags(cell)))


@each_notebook
def test_exercises_have_a_task_a_check_with_a_hint_and_a_solution_of_one_number(path):
    cells, all_names = read(path).cells, []
    places = [i for i, cell in enumerate(cells) if "exercise" in tags(cell)]
    assert [len(code_cells(path, tag)) for tag in ("check", "solution")] == [len(places)] * 2
    for number, place in enumerate(places, start=6 if path in FURTHER else 1):  # further ones count on
        task = next(cell for cell in reversed(cells[:place]) if cell.cell_type == "markdown")
        check, solution = cells[place + 1 : place + 3]
        label = f"{int(path.name[:2])}.{number}"
        assert re.search(rf"^### Your turn {re.escape(label)}: \S", task.source, re.MULTILINE)
        assert (tags(check), tags(solution)) == (["check"], ["solution"])
        assert check.source.startswith(f"# @title Check {label}\n")
        assert solution.source.startswith(f"# @title Solution {label}\n")
        names = checked_names(check, *JUDGES)
        all_names += names
        assert checked_names(solution, "solution") == names != []
        assert all(name.startswith(f"{label} ") for name in names)
        assert said(check).splitlines() == [f"{name}: not tried yet." for name in names]
        verdicts = [line for line in said(solution).splitlines() if line.startswith("Solution ")]
        assert verdicts == [f"Solution {name}: right." for name in names]
        judging = calls(check.source, "check.value", "check.function")  # of a choice, the outcome says more
        assert all(any(keyword.arg == "hint" for keyword in call.keywords) for call in judging)
    assert len(all_names) == len(set(all_names))


@pytest.mark.parametrize("path", LABS, ids=lambda path: path.stem)
def test_three_to_five_quiz_questions_whose_answer_cannot_be_guessed(path):
    questions, answers, longest = code_cells(path, "quiz"), set(), []
    assert 3 <= len(questions) <= 5
    for number, cell in enumerate(questions, start=1):
        assert cell.source.startswith(f"# @title Q{number}\n")
        (call,) = calls(cell.source, "check.quiz")
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        name, question, options, answer, why = map(ast.literal_eval, given)
        assert name == f"Q{number}"
        assert len(why) == len(options) == len(set(why))
        answers.add(answer)
        longest.append(max(range(len(options)), key=lambda i: len(options[i])) == answer)
        assert cell.outputs[0].data["text/plain"].startswith(f"{name}. {question}\n  a) {options[0]}")
    assert len(answers) > 1
    assert not all(longest)


@each_notebook
def test_the_claims_are_asserted_in_the_last_code_cell(path):
    last = code_cells(path)[-1]
    assert code_cells(path, "nbval-check-output") == [last]
    kinds = [type(node) for node in ast.walk(ast.parse(last.source))]
    assert ast.Assert in kinds
    assert kinds.count(ast.Compare) + len(calls(last.source, "np.allclose", "np.isclose", "all", "any")) >= 5
    assert said(last).strip()


@each_notebook
def test_every_figure_goes_through_plot_and_some_can_be_moved(path):
    assert not calls(code(path), "plt.show", "fig.show", "display")
    assert len(calls(code(path), "plot.explore")) >= (2 if path in LABS else 1)
    assert len(pictures(path)) >= 3


def displays(source):
    """Whether a cell's code shows something when it is run, not counting the bodies of functions."""
    nodes = list(ast.parse(source).body)
    last = nodes[-1] if nodes else None
    if isinstance(last, ast.Expr) and not SILENT.match(ast.unparse(last)):
        return True
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call) and DISPLAYING.fullmatch(ast.unparse(node.func)):
            return True
        nodes += ast.iter_child_nodes(node)
    return False


def test_displaying_cells_are_told_from_silent_ones():
    assert all(map(displays, ("x = 1\nx", "table.head()", "for i in range(3):\n    print(i)", "plot.show(fig)")))
    assert not any(map(displays, ("x = 1", "seed(0)", "def f():\n    print(1)", "x = f(lambda: print(1))", "")))


@each_notebook
def test_cells_are_small_executed_once_from_top_to_bottom_and_have_their_outputs_stored(path):
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    # nbval compares nothing where nothing is stored
    assert [cell.source for cell in cells if displays(cell.source) and not cell.outputs] == []
    # IPython hides the output of a line with a semicolon from a learner, nbval does not
    assert [cell.source for cell in cells if re.search(r";\s*$", cell.source, re.MULTILINE)] == []
    sizes = [len([line for line in cell.source.splitlines() if line.strip()]) for cell in cells]
    assert [cell.source for cell in cells if len(cell.source.splitlines()) > 25] == []
    assert 0 < min(sizes) <= statistics.median(sizes) <= 8
    assert path.stat().st_size < 1_500_000


@each_notebook
def test_no_output_is_an_error_or_a_warning_or_depends_on_the_machine(path):
    for cell in code_cells(path):
        assert all(output.output_type != "error" for output in cell.outputs), cell.source
        assert all(output.get("name") != "stderr" for output in cell.outputs), cell.source
        texts = [o.get("text", "") + str(o.get("data", {}).get("text/plain", "")) for o in cell.outputs]
        assert not OF_ONE_MACHINE.search("".join(texts)), texts
    assert not re.search("filterwarnings|simplefilter", code(path))
