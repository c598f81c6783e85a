"""`build.py --check` passes, and fails as soon as a notebook is not what its source makes."""

import json
import re
import subprocess
import sys
import time

import nbformat
import pytest
from notebook_files import ROOT, builder, code_cells, for_each_notebook
from test_notebook_comparison import printed

SOURCE = """# %% [markdown]
# # 1. Tiny
#
# {{badge}}
#
# {{budget}}

# %% tags=["setup"]
address = "{{owner}}/{{repository}}@{{branch}}"

# %% tags=["quiz"]
# @title Q1
print("question")

# %%
print(1 + 1)
"""
MEASURED = {"seconds": 5, "memory_mb": 300}


def said(text):
    return [nbformat.v4.new_output("stream", name="stdout", text=text)]


@pytest.fixture
def tree(tmp_path):
    """A copy of what build.py needs, with one small notebook; its builder."""
    (tmp_path / "notebooks" / "source").mkdir(parents=True)
    beside = [f"notebooks/{name}.py" for name in ("build", "claims", "machines", "printed")]
    for name in ("pyproject.toml", *beside):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "README.md").write_text("# Course\n\n<!-- labs -->\n<!-- /labs -->\n")
    (tmp_path / "notebooks" / "source" / "01_tiny.py").write_text(SOURCE)
    build = builder(tmp_path / "notebooks" / "build.py")
    build.save(build.convert(build.sources()[0], MEASURED), tmp_path / "notebooks" / "01_tiny.ipynb")
    (tmp_path / "README.md").write_text(build.readme())
    assert build.check() == []
    return tmp_path, build


def edit_notebook(change):
    def edit(root):
        path = root / "notebooks" / "01_tiny.ipynb"
        notebook = nbformat.read(path, as_version=4)
        change(notebook)
        path.write_text(json.dumps(notebook))

    return edit


def replace(name, old, new):
    def edit(root):
        path = root / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return edit


IN_SOURCE = "notebooks/source/01_tiny.py"
CHANGES = {
    "a line of the source": replace(IN_SOURCE, "1 + 1", "1 + 2"),
    "a word of the source's text": replace(IN_SOURCE, "Tiny", "Small"),
    "a tag in the source": replace(IN_SOURCE, '"quiz"', '"check"'),
    "a cell more in the source": replace(IN_SOURCE, "print(1 + 1)", "print(1 + 1)\n\n# %%\n2"),
    "a source less": lambda root: (root / IN_SOURCE).unlink(),
    "a notebook less": lambda root: (root / "notebooks" / "01_tiny.ipynb").unlink(),
    "a notebook more": lambda root: (root / "notebooks" / "02_new.ipynb").write_text("{}"),
    "a source more": lambda root: (root / "notebooks" / "source" / "02_new.py").write_text(SOURCE),
    "a line of the notebook": edit_notebook(lambda n: n.cells[3].update(source="print(1 + 2)")),
    "a tag in the notebook": edit_notebook(lambda n: n.cells[2].metadata.update(tags=["check"])),
    "a tag more": edit_notebook(lambda n: n.cells[3].metadata.update(tags=["nbval-skip"])),
    "the folding of a cell": edit_notebook(lambda n: n.cells[2].metadata.pop("cellView")),
    "other metadata of a cell": edit_notebook(lambda n: n.cells[3].metadata.update(editable=False)),
    "a cell id": edit_notebook(lambda n: n.cells[3].update(id="other")),
    "a cell's type": edit_notebook(lambda n: n.cells[3].update(cell_type="raw")),
    "the order of cells": edit_notebook(lambda n: n.cells.reverse()),
    "a cell less in the notebook": edit_notebook(lambda n: n.cells.pop()),
    "the kernel": edit_notebook(lambda n: n.metadata.kernelspec.update(name="conda")),
    "the budget's figure": edit_notebook(lambda n: n.metadata.coursekit.update(seconds=1)),
    "the budget's line": edit_notebook(lambda n: n.cells[0].update(source=n.cells[0].source.replace("5 s", "1 s"))),
    "the badge": edit_notebook(lambda n: n.cells[0].update(source=n.cells[0].source.replace("01_tiny", "02_tiny"))),
    "the fork": replace("pyproject.toml", 'branch = "main"', 'branch = "other"'),
    "the README's table": replace("README.md", "5 s", "6 s"),
    "half of the notebook": lambda root: (root / "notebooks" / "01_tiny.ipynb").write_text('{"cells": ['),
    "the notebook's own metadata": edit_notebook(lambda n: n.metadata.pop("coursekit")),
    "an unknown stamp": replace(IN_SOURCE, "{{badge}}", "{{badges}}"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_check_notices_a_change_of(tree, change):
    root, build = tree
    CHANGES[change](root)
    complaints = build.check()
    assert len(complaints) == 1
    assert any(name in complaints[0] for name in ("01_tiny.ipynb", "02_new.ipynb", "README.md"))


def test_the_check_does_not_mind_outputs_and_how_far_they_move(tree):
    root, build = tree
    edit_notebook(lambda n: n.cells[3].update(outputs=[], execution_count=4))(root)
    edit_notebook(lambda n: n.cells[3].metadata.update(moved={"0": ["2", "3"]}))(root)
    assert build.check() == []


def test_a_fork_is_stamped_everywhere_and_keeps_its_outputs(tree):
    root, build = tree
    edit_notebook(lambda n: n.cells[3].update(outputs=said("2\n"), execution_count=3))(root)
    for old, new in (("owner", "clinic"), ("repository", "labs"), ("branch", "spring")):
        replace("pyproject.toml", f'{old} = "{build.fork()[old]}"', f'{old} = "{new}"')(root)
    for path in build.sources():
        build.stamp(path)
    (root / "README.md").write_text(build.readme())
    stored = nbformat.read(root / "notebooks" / "01_tiny.ipynb", as_version=4)
    assert build.check() == []
    assert "github/clinic/labs/blob/spring/notebooks/01_tiny.ipynb" in stored.cells[0].source
    assert "github/clinic/labs/blob/spring/notebooks/01_tiny.ipynb" in (root / "README.md").read_text()
    assert stored.cells[1].source == 'address = "clinic/labs@spring"'
    assert stored.cells[3].outputs[0].text == "2\n"


def test_stamping_renews_the_text_and_keeps_outputs_and_how_far_they_move(tree):
    root, build = tree
    edit_notebook(lambda n: n.cells[3].metadata.update(moved={"0": ["2", "3"]}))(root)
    edit_notebook(lambda n: n.cells[3].update(outputs=said("2"), execution_count=3))(root)
    replace(IN_SOURCE, "# # 1. Tiny", "# # 1. Small\n\n# %% [markdown]\n# A cell more.")(root)
    assert build.check()
    build.stamp(build.sources()[0])
    (root / "README.md").write_text(build.readme())
    assert build.check() == []
    last = nbformat.read(root / "notebooks" / "01_tiny.ipynb", as_version=4).cells[-1]
    assert (last.outputs[0].text, last.execution_count, last.metadata.moved) == ("2", 3, {"0": ["2", "3"]})


def test_stamping_does_not_hide_that_code_has_changed(tree):
    root, build = tree
    replace(IN_SOURCE, "1 + 1", "1 + 2")(root)
    with pytest.raises(SystemExit, match=r"The code of 01_tiny\.py has changed since it was executed"):
        build.stamp(build.sources()[0])
    assert build.check()[0].startswith("01_tiny.ipynb")


def test_a_readme_without_a_table_is_named(tree):
    root, build = tree
    (root / "README.md").write_text("# Course\n")
    with pytest.raises(SystemExit, match=r"README\.md: the lines <!-- labs -->"):
        build.check()


ONE_OTHER = {"another machine": {"PLAYED": "0.75"}}
PRINTS = "import os\n\nprint('AUC', os.environ.get('PLAYED', 0.5), 'of 9')"


def executed_elsewhere(root, build, number):
    """The stored notebook, as another computer has executed it."""
    notebook = nbformat.read(root / "notebooks" / "01_tiny.ipynb", as_version=4)
    notebook.cells[3].outputs = said(f"AUC {number} of 9\n")
    (root / "elsewhere").mkdir(exist_ok=True)
    nbformat.write(notebook, root / "elsewhere" / "01_tiny.ipynb")
    return root / "elsewhere" / "01_tiny.ipynb"


def moved(root):
    return nbformat.read(root / "notebooks" / "01_tiny.ipynb", as_version=4).cells[3].metadata.get("moved")


def test_building_keeps_how_far_numbers_move_and_others_can_be_merged(tree, monkeypatch, capsys):
    root, build = tree
    monkeypatch.setattr(build.machines, "OTHERS", ONE_OTHER)
    replace(IN_SOURCE, "print(1 + 1)", PRINTS)(root)
    build.build(build.sources()[0])
    assert moved(root) == {"0": ["0.5", "0.75"]}
    assert capsys.readouterr().out.endswith(", 1 of 2 numbers moved\n")
    build.merge(executed_elsewhere(root, build, "0.25"))
    assert moved(root) == {"0": ["0.25", "0.75"]}
    assert build.stale(build.sources()[0]) == ""
    replace("elsewhere/01_tiny.ipynb", "0.25 of 9", "0.25 from 9")(root)
    with pytest.raises(SystemExit, match=r"cell 3 .*: the words differ"):
        build.merge(root / "elsewhere" / "01_tiny.ipynb")
    replace("elsewhere/01_tiny.ipynb", "'of 9'", "'of 8'")(root)
    with pytest.raises(SystemExit, match=r"01_tiny\.ipynb has other code than the stored notebook"):
        build.merge(root / "elsewhere" / "01_tiny.ipynb")
    assert moved(root) == {"0": ["0.25", "0.75"]}


def test_building_stops_where_the_words_are_others_on_another_machine(tree, monkeypatch):
    root, build = tree
    monkeypatch.setattr(build.machines, "OTHERS", {"another machine": {"PLAYED": "none"}})
    replace(IN_SOURCE, "print(1 + 1)", PRINTS)(root)
    before = (root / "notebooks" / "01_tiny.ipynb").read_bytes()
    with pytest.raises(SystemExit, match=r"(?s)01_tiny on the machine 'another machine', cell 3 .*AUC 0\.5.*AUC none"):
        build.build(build.sources()[0])
    assert (root / "notebooks" / "01_tiny.ipynb").read_bytes() == before


CLAIMS = """
# %% tags=["parameters"]
SEED = 7

# %% tags=["nbval-check-output"]
claims = [0.5 < 1 + SEED <= 2, {1} <= {1, SEED}, "a" == "a", min(2, 5 - SEED) > 1.5]
assert all(claims)
"""


@pytest.mark.parametrize(
    ("seeds", "verdict", "least"), [(2, "all claims hold", 0), (4, "claims fail with seeds [2, 3]", -2)]
)
def test_seeds_show_the_least_margin_of_each_comparison(tree, seeds, verdict, least):
    root, build = tree
    (root / IN_SOURCE).write_text(SOURCE + CLAIMS)
    first, *lines = build.claims.margins(build.convert, build.sources()[0], seeds)
    assert first == f"01_tiny, {seeds} seeds: {verdict}; least margins, as a share and as such:"
    found = {line.split("  ")[-1]: float(line.split()[1]) for line in lines}
    assert found == {"0.5 < 1 + SEED <= 2": least, "min(2, 5 - SEED) > 1.5": 0.5}
    assert build.stale(build.sources()[0]), "nothing is stored"


def test_building_executes_measures_and_repeats_to_the_letter(tree, monkeypatch):
    root, build = tree
    monkeypatch.setattr(build.machines, "OTHERS", {})
    (root / IN_SOURCE).write_text(
        SOURCE + "\n# %%\nimport ipywidgets\n\n[ipywidgets.IntSlider() for _ in range(9)][0]\n"
    )
    results = []
    for _ in range(2):
        build.build(build.sources()[0])
        stored = json.loads((root / "notebooks" / "01_tiny.ipynb").read_text())
        measured = stored["metadata"].pop("coursekit")
        budget = build.budget(measured, gpu=False)
        results.append(json.dumps(stored).replace(budget, ""))
        assert build.stale(build.sources()[0]) == ""
    assert results[0] == results[1]
    assert [cell["execution_count"] for cell in stored["cells"][1:]] == [1, 2, 3, 4]
    assert stored["cells"][3]["outputs"][0]["text"] == ["2\n"]
    assert (measured["seconds"] % 5, measured["memory_mb"] % 100) == (0, 0)
    assert min(measured["seconds"], measured["memory_mb"]) > 0
    (model_id,) = re.findall(r'"model_id": "(\w+)"', results[0])
    assert int(model_id, 16) < 100


def test_a_source_that_changes_while_it_is_executed_stores_nothing(tree, monkeypatch):
    root, build = tree
    monkeypatch.setattr(build.machines, "OTHERS", {})
    source = root / "notebooks" / "source" / "01_tiny.py"
    stored = (root / "notebooks" / "01_tiny.ipynb").read_bytes()
    source.write_text(SOURCE + f"\nwith open({str(source)!r}, 'a') as file:\n    file.write('later = 1')\n")
    with pytest.raises(SystemExit, match="changed while it was executed"):
        build.build(source)
    assert (root / "notebooks" / "01_tiny.ipynb").read_bytes() == stored


def test_an_unknown_notebook_is_named(tree):
    with pytest.raises(SystemExit, match=r"No such notebook: \['99_none'\]\. There are: \['01_tiny'\]"):
        tree[1].sources(["99_none"])


@for_each_notebook
def test_what_moved_is_a_number_and_what_is_stored_lies_within(path):
    for cell in code_cells(path):
        numbers = printed.numbers(cell.outputs)
        for place, (low, high) in cell.metadata.get("moved", {}).items():
            assert printed.value(low) <= printed.value(numbers[int(place)]) <= printed.value(high) > printed.value(low)


def test_the_course_itself_is_fresh():
    assert builder().check() == []


def test_the_command_says_so_quickly():
    start = time.perf_counter()
    command = [sys.executable, "notebooks/build.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "All notebooks are what their sources make.\n")
    assert time.perf_counter() - start < 20


def test_the_command_fails_and_says_why(tree):
    root, _ = tree
    (root / "notebooks" / "01_tiny.ipynb").unlink()
    command = [sys.executable, "notebooks/build.py", "--check"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "01_tiny.ipynb is missing\n")
