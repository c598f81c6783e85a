"""`build.py --check` passes, and fails as soon as a notebook is not what its source makes; stamps, merges, seeds."""

import json
import re
import subprocess
import sys

import nbformat
import pytest
from notebook_files import ROOT, builder, code_cells, each_notebook, printed

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
IN_SOURCE, STORED = "notebooks/source/01_tiny.py", "notebooks/01_tiny.ipynb"


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
    (tmp_path / IN_SOURCE).write_text(SOURCE)
    build = builder(tmp_path / "notebooks" / "build.py")
    build.save(build.convert(build.sources()[0], {"seconds": 5, "memory_mb": 300}), tmp_path / STORED)
    (tmp_path / "README.md").write_text(build.readme())
    assert build.check() == []
    return tmp_path, build


def stored(root):
    return nbformat.read(root / STORED, as_version=4)


def edit(change):
    """A change of the stored notebook."""

    def edited(root):
        notebook = stored(root)
        change(notebook)
        (root / STORED).write_text(json.dumps(notebook))

    return edited


def replace(name, old, new):
    def replaced(root):
        text = (root / name).read_text()
        assert old in text
        (root / name).write_text(text.replace(old, new))

    return replaced


CHANGES = {
    "a line of the source": replace(IN_SOURCE, "1 + 1", "1 + 2"),
    "a tag in the source": replace(IN_SOURCE, '"quiz"', '"check"'),
    "a source more": lambda root: (root / "notebooks" / "source" / "02_new.py").write_text(SOURCE),
    "a notebook less": lambda root: (root / STORED).unlink(),
    "a line of the notebook": edit(lambda n: n.cells[3].update(source="print(1 + 2)")),
    "a tag more": edit(lambda n: n.cells[3].metadata.update(tags=["nbval-skip"])),
    "the folding of a cell": edit(lambda n: n.cells[2].metadata.pop("cellView")),
    "the kernel": edit(lambda n: n.metadata.kernelspec.update(name="conda")),
    "the budget's figure": edit(lambda n: n.metadata.coursekit.update(seconds=1)),
    "the fork": replace("pyproject.toml", 'branch = "main"', 'branch = "other"'),
    "the README's table": replace("README.md", "5 s", "6 s"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_check_notices_a_change_of(tree, change):
    CHANGES[change](tree[0])
    assert [text for text in tree[1].check() if re.search(r"01_tiny\.ipynb|02_new\.ipynb|README\.md", text)] != []


def test_stamping_renews_text_and_fork_and_keeps_outputs_and_how_far_they_move(tree):
    root, build = tree
    edit(lambda n: n.cells[3].metadata.update(moved={"0": ["2", "3"]}))(root)
    edit(lambda n: n.cells[3].update(outputs=said("2\n"), execution_count=3))(root)
    assert build.check() == [], "outputs are not compared here"
    replace(IN_SOURCE, "# # 1. Tiny", "# # 1. Small\n\n# %% [markdown]\n# A cell more.")(root)
    for old, new in (("owner", "clinic"), ("repository", "labs"), ("branch", "spring")):
        replace("pyproject.toml", f'{old} = "{build.fork()[old]}"', f'{old} = "{new}"')(root)
    assert build.check()
    build.stamp(build.sources()[0])
    (root / "README.md").write_text(build.readme())
    assert build.check() == []
    first, more, setup, _, last = stored(root).cells
    for text in (first.source + more.source, build.readme()):
        assert "github/clinic/labs/blob/spring/notebooks/01_tiny.ipynb" in text
    assert setup.source == 'address = "clinic/labs@spring"'
    assert (last.outputs[0].text, last.execution_count, last.metadata.moved) == ("2\n", 3, {"0": ["2", "3"]})


def test_what_cannot_be_done_is_said(tree):
    root, build = tree
    with pytest.raises(SystemExit, match=r"No such notebook: \['99_none'\]\. There are: \['01_tiny'\]"):
        build.sources(["99_none"])
    replace(IN_SOURCE, "1 + 1", "1 + 2")(root)
    with pytest.raises(SystemExit, match=r"The code of 01_tiny\.py has changed since it was executed"):
        build.stamp(build.sources()[0])
    assert build.check()[0].startswith("01_tiny.ipynb")
    (root / "README.md").write_text("# Course\n")
    with pytest.raises(SystemExit, match=r"README\.md: the lines <!-- labs -->"):
        build.readme()
    (root / STORED).unlink()
    done = subprocess.run([sys.executable, "notebooks/build.py", "--check"], cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stdout.splitlines()[:1]) == (1, ["01_tiny.ipynb is missing"])


PRINTS = "import os\n\nprint('AUC', os.environ.get('PLAYED', 0.5), 'of 9')"
WIDGETS = "import ipywidgets\n\n[ipywidgets.IntSlider() for _ in range(9)][0]"


def test_building_measures_keeps_how_far_numbers_move_and_repeats_to_the_letter(tree, monkeypatch, capsys):
    root, build = tree
    replace(IN_SOURCE, "print(1 + 1)", f"{PRINTS}\n\n# %%\n{WIDGETS}")(root)
    results = []
    for others in ({"another machine": {"PLAYED": "0.75"}}, {}):
        monkeypatch.setattr(build.machines, "OTHERS", others)
        build.build(build.sources()[0])
        assert build.stale(build.sources()[0]) == ""
        built = stored(root)
        moved = built.cells[3].metadata.pop("moved", {})
        assert moved == ({"0": ["0.5", "0.75"]} if others else {})
        outputs = built.cells[3].pop("outputs")  # one or more: a busy kernel sends a line in parts
        assert "".join(output.text for output in outputs) == "AUC 0.5 of 9\n"
        measured = built.metadata.pop("coursekit")
        results.append(json.dumps(built).replace(build.budget(measured, built), ""))
    assert results[0] == results[1]
    assert ", 1 of 3 numbers moved\n" in capsys.readouterr().out
    assert [cell.execution_count for cell in built.cells[1:]] == [1, 2, 3, 4]
    assert (measured["seconds"] % 5, measured["memory_mb"] % 100) == (0, 0)
    assert min(measured["seconds"], measured["memory_mb"]) > 0
    (model_id,) = re.findall(r'"model_id": "(\w+)"', results[0])
    assert int(model_id, 16) < 100, "no random name"


def test_what_another_computer_has_printed_is_merged_if_code_and_words_are_the_same(tree):
    root, build = tree
    there = root / "there" / "01_tiny.ipynb"
    there.parent.mkdir()
    edit(lambda n: n.cells[3].update(outputs=said("AUC 0.5 of 9\n")))(root)
    for text in ("AUC 0.75 of 9", "AUC 0.25 of 9"):
        notebook = stored(root)
        notebook.cells[3].outputs = said(text)
        nbformat.write(notebook, there)
        build.merge(there)
    assert stored(root).cells[3].metadata["moved"] == {"0": ["0.25", "0.75"]}
    before = (root / STORED).read_bytes()
    replace("there/01_tiny.ipynb", "0.25 of 9", "0.25 from 9")(root)
    with pytest.raises(SystemExit, match=r"cell 3 .*: the words differ"):
        build.merge(there)
    replace("there/01_tiny.ipynb", "1 + 1", "1 + 2")(root)
    with pytest.raises(SystemExit, match=r"01_tiny\.ipynb has other code than the stored notebook"):
        build.merge(there)
    assert (root / STORED).read_bytes() == before


def test_building_stores_nothing_where_words_are_others_elsewhere_or_the_source_changes_meanwhile(tree, monkeypatch):
    root, build = tree
    before = (root / STORED).read_bytes()
    monkeypatch.setattr(build.machines, "OTHERS", {"another machine": {"PLAYED": "none"}})
    replace(IN_SOURCE, "print(1 + 1)", PRINTS)(root)
    with pytest.raises(SystemExit, match=r"(?s)01_tiny on the machine 'another machine', cell 3 .*AUC 0\.5.*AUC none"):
        build.build(build.sources()[0])
    monkeypatch.setattr(build.machines, "OTHERS", {})
    source = root / IN_SOURCE
    source.write_text(SOURCE + f"\nwith open({str(source)!r}, 'a') as file:\n    file.write('later = 1')\n")
    with pytest.raises(SystemExit, match="changed while it was executed"):
        build.build(source)
    assert (root / STORED).read_bytes() == before


CLAIMS = """
# %% tags=["parameters"]
SEED = 7

# %% tags=["nbval-check-output"]
claims = [0.5 < 1 + SEED <= 2, {1} <= {1, SEED}, "a" == "a", min(2, 5 - SEED) > 1.5]
assert all(claims)
"""


def test_seeds_show_the_least_margin_of_each_comparison(tree):
    root, build = tree
    (root / IN_SOURCE).write_text(SOURCE + CLAIMS)
    first, *lines = build.claims.margins(build.convert, build.sources()[0], 3)
    assert first == "01_tiny, 3 seeds: claims fail with seeds [2]; least margins, as a share and as such:"
    found = {line.split("  ")[-1]: float(line.split()[1]) for line in lines}
    assert found == {"0.5 < 1 + SEED <= 2": -1, "min(2, 5 - SEED) > 1.5": 0.5}
    assert build.stale(build.sources()[0]), "nothing is stored"


@each_notebook
def test_what_moved_is_a_number_and_what_is_stored_lies_within(path):
    for cell in code_cells(path):
        numbers = printed.numbers(cell.outputs)
        for place, (low, high) in cell.metadata.get("moved", {}).items():
            assert printed.value(low) <= printed.value(numbers[int(place)]) <= printed.value(high) > printed.value(low)


def test_the_course_itself_is_fresh():
    assert builder().check() == []
