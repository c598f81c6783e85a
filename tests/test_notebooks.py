"""The anatomy of every notebook: what stands where, from the badge to the references."""

import ast
import itertools
import re
import tomllib

from notebook_files import (
    NOTEBOOKS,
    ROOT,
    builder,
    calls,
    checked_names,
    code_cells,
    for_each_notebook,
    headings,
    printed,
    read,
    tags,
    text,
)

KNOWN_TAGS = {
    *("setup", "parameters", "exercise", "check", "solution", "quiz", "figure", "nbval-check-output"),
}
FOLDED_TAGS = {"check", "solution", "quiz", "figure"}
FORK = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["coursekit"]


def test_the_notebooks_are_numbered_without_a_gap():
    assert [int(path.name.partition("_")[0]) for path in NOTEBOOKS] == list(range(1, 8))


@for_each_notebook
def test_one_title_in_the_first_cell_with_the_notebooks_number(path):
    assert [title for level, title in headings(path) if level == 1] == [read(path).cells[0].source.splitlines()[0][2:]]
    assert read(path).cells[0].source.startswith(f"# {int(path.name[:2])}. ")


@for_each_notebook
def test_heading_levels_never_jump(path):
    levels = [level for level, _ in headings(path)]
    assert all(below <= above + 1 for above, below in itertools.pairwise(levels))
    titles = [title for _, title in headings(path)]
    assert len(titles) == len(set(titles))


@for_each_notebook
def test_the_badge_opens_this_notebook(path):
    address = "https://colab.research.google.com/github/{owner}/{repository}/blob/{branch}/notebooks/".format(**FORK)
    assert re.findall(r"https://colab\.research\.google\.com/github/[^)\s]*", text(path)) == [address + path.name]
    assert f"]({address}{path.name})" in read(path).cells[0].source


@for_each_notebook
def test_the_budget_is_the_measured_one(path):
    measured = read(path).metadata["coursekit"]
    assert set(measured) == {"seconds", "memory_mb", "code_sha256"}
    assert 0 < measured["seconds"] <= 150
    assert 0 < measured["memory_mb"] <= 4000
    build = builder()
    assert build.budget(measured, build.uses_gpu(read(path))) in read(path).cells[0].source.splitlines()


@for_each_notebook
def test_the_aims_and_what_to_know_before_come_first(path):
    first = read(path).cells[0].source
    assert first.index("**After this lab you can**") < first.index("**Before you start**")
    aims = first.partition("**After this lab you can**")[2].partition("**Before you start**")[0]
    assert 3 <= len(re.findall(r"^[-*] \w", aims, re.MULTILINE)) <= 5


@for_each_notebook
def test_the_setup_is_the_same_everywhere_and_installs_this_fork(path):
    (setup,) = code_cells(path, "setup")
    assert setup is code_cells(path)[0]
    assert setup.source == code_cells(NOTEBOOKS[0], "setup")[0].source
    assert "git+https://github.com/{owner}/{repository}@{branch}".format(**FORK) in setup.source
    assert not setup.outputs


@for_each_notebook
def test_at_most_four_parameters_follow(path):
    (parameters,) = code_cells(path, "parameters")
    assert parameters is code_cells(path)[1]
    nodes = ast.parse(parameters.source).body
    assert all(isinstance(node, ast.Assign) and len(node.targets) == 1 for node in nodes)
    names = [node.targets[0].id for node in nodes]
    assert 1 <= len(names) <= 4
    assert all(name.isupper() for name in names)


@for_each_notebook
def test_every_tag_is_known_and_folded_cells_are_folded_everywhere(path):
    for cell in read(path).cells:
        assert set(tags(cell)) <= KNOWN_TAGS
        folded = cell.metadata.get("jupyter", {}).get("source_hidden"), cell.metadata.get("cellView")
        assert folded == ((True, "form") if FOLDED_TAGS & set(tags(cell)) else (None, None))
        if FOLDED_TAGS & set(tags(cell)):
            assert re.match(r"# @title \S+", cell.source)
        else:
            assert "@title" not in cell.source


@for_each_notebook
def test_exercises_have_a_task_a_check_and_a_solution_of_one_number(path):
    cells = read(path).cells
    places = [i for i, cell in enumerate(cells) if "exercise" in tags(cell)]
    assert len(places) >= 4
    assert [len(code_cells(path, tag)) for tag in ("check", "solution")] == [len(places)] * 2
    for number, place in enumerate(places, start=1):
        task = next(cell for cell in reversed(cells[:place]) if cell.cell_type == "markdown")
        check, solution = cells[place + 1 : place + 3]
        label = f"{int(path.name[:2])}.{number}"
        assert re.search(rf"^### Your turn {re.escape(label)}: \S", task.source, re.MULTILINE)
        assert (tags(check), tags(solution)) == (["check"], ["solution"])
        assert check.source.startswith(f"# @title Check {label}\n")
        assert solution.source.startswith(f"# @title Solution {label}\n")
        names = checked_names(check, "value", "function")
        assert checked_names(solution, "solution") == names
        assert names
        assert all(name.startswith(f"{label} ") for name in names)
        assert printed(check).splitlines() == [f"{name}: not tried yet." for name in names]
        verdicts = [line for line in printed(solution).splitlines() if line.startswith("Solution ")]
        assert verdicts == [f"Solution {name}: right." for name in names]


@for_each_notebook
def test_exercise_names_differ_and_each_has_a_hint(path):
    found = [call for cell in code_cells(path, "check") for call in calls(cell.source, "check.value", "check.function")]
    names = [call.args[0].value for call in found]
    assert len(names) == len(set(names))
    assert all(any(keyword.arg == "hint" for keyword in call.keywords) for call in found)


@for_each_notebook
def test_three_to_five_quiz_questions_whose_answer_cannot_be_guessed(path):
    questions = code_cells(path, "quiz")
    assert 3 <= len(questions) <= 5
    assert (2, "Quiz") in headings(path)
    answers, longest = [], []
    for number, cell in enumerate(questions, start=1):
        assert cell.source.startswith(f"# @title Q{number}\n")
        (call,) = calls(cell.source, "check.quiz")
        given = dict(zip(("name", "question", "options", "answer", "why"), call.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in call.keywords}
        name, question, options, answer, why = (ast.literal_eval(given[k]) for k in given)
        assert name == f"Q{number}"
        assert len(why) == len(options) == len(set(why))
        answers.append(answer)
        longest.append(max(range(len(options)), key=lambda i: len(options[i])) == answer)
        assert cell.outputs[0].data["text/plain"].startswith(f"{name}. {question}\n  a) {options[0]}")
    assert len(set(answers)) > 1
    assert not all(longest)


@for_each_notebook
def test_the_claims_are_asserted_in_the_last_code_cell(path):
    last = code_cells(path)[-1]
    assert tags(last) == ["nbval-check-output"]
    assert code_cells(path, "nbval-check-output") == [last]
    nodes = list(ast.walk(ast.parse(last.source)))
    assert any(isinstance(node, ast.Assert) for node in nodes)
    comparisons = sum(isinstance(node, ast.Compare) for node in nodes)
    assert comparisons + len(calls(last.source, "np.allclose", "np.isclose", "all", "any")) >= 5
    assert printed(last).strip()
    assert (2, "What this lab has shown") in headings(path)


@for_each_notebook
def test_summary_words_and_references_end_the_notebook(path):
    assert len([cell for cell in code_cells(path) if calls(cell.source, "check.summary")]) == 1
    titles = [title for level, title in headings(path) if level == 2]
    assert titles[-3:] == ["Summary", "New words", "References"]
    words = text(path).partition("\n## New words")[2].partition("\n## References")[0]
    korean = [line for line in words.splitlines() if re.search(r"[A-Za-z]{2}.*[\uac00-\ud7a3]", line)]
    assert 8 <= len(korean) <= 30
    summary = text(path).partition("\n## Summary")[2].partition("\n## New words")[0]
    assert summary.strip()
    assert text(path).partition("\n## References")[2].strip()


@for_each_notebook
def test_labs_with_patients_say_what_they_are_not_for(path):
    source = "\n".join(cell.source for cell in code_cells(path))
    if calls(source, "data.load_chest_ct", "data.load_pima_diabetes"):
        assert "For teaching, not for clinical use" in text(path)


@for_each_notebook
def test_at_least_two_pictures_can_be_moved(path):
    source = "\n".join(cell.source for cell in code_cells(path))
    assert len(calls(source, "plot.explore")) >= 2
