"""Every cell of every notebook: small, executed in order, with outputs stored and pictures described."""

import ast
import base64
import re
import statistics

import pytest
from notebook_files import calls, code_cells, for_each_notebook, pictures, text

DISPLAYING = re.compile(r"print|display|plot\.(show|explore)|check\.\w+")
SILENT = {"seed_everything", "seed", "manual_seed", "append", "extend", "update", "sort", "shuffle"}  # return None
GENERIC_ALT = re.compile(r"(an? |the )?(plot|figure|image|picture|graph|chart|output)s?\b", re.IGNORECASE)


def displays(source):
    """Whether a cell's code shows something when it is run, not counting the bodies of functions."""
    nodes = list(ast.parse(source).body)
    last = nodes[-1] if nodes else None
    if isinstance(last, ast.Expr) and not isinstance(last.value, ast.Constant):
        function = last.value.func if isinstance(last.value, ast.Call) else None
        if ast.unparse(function).rpartition(".")[2] not in SILENT if function else True:
            return True
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call) and DISPLAYING.fullmatch(ast.unparse(node.func)):
            return True
        nodes += ast.iter_child_nodes(node)
    return False


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1", False),
        ("x = 1\nx", True),
        ("table.head()", True),
        ("train.seed_everything(0)", False),
        ("for i in range(3):\n    print(i)", True),
        ("def f():\n    print(1)", False),
        ("plot.show(fig, alt='')", True),
        ("x = f(lambda: print(1))", False),
        ("", False),
    ],
)
def test_displaying_cells_are_recognised(source, expected):
    assert displays(source) == expected


@for_each_notebook
def test_cells_are_executed_once_from_top_to_bottom(path):
    cells = code_cells(path)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    results = [o for cell in cells for o in cell.outputs if o.output_type == "execute_result"]
    assert all(output.execution_count for output in results)


@for_each_notebook
def test_cells_that_display_something_have_stored_outputs(path):
    # nbval compares nothing where nothing is stored
    assert [cell.source for cell in code_cells(path) if displays(cell.source) and not cell.outputs] == []


@for_each_notebook
def test_no_output_is_an_error_or_a_warning(path):
    for cell in code_cells(path):
        assert all(output.output_type != "error" for output in cell.outputs), cell.source
        assert all(output.get("name") != "stderr" for output in cell.outputs), cell.source
    source = "\n".join(cell.source for cell in code_cells(path))
    assert "filterwarnings" not in source
    assert "simplefilter" not in source


@for_each_notebook
def test_no_output_depends_on_the_machine(path):
    for cell in code_cells(path):
        texts = [o.get("text", "") + str(o.get("data", {}).get("text/plain", "")) for o in cell.outputs]
        assert not re.search(r"0x[0-9a-f]{6,}|/(home|root|tmp|work|Users)/|\bcuda\b|\d\.\d{10,}", "".join(texts)), texts


@for_each_notebook
def test_cells_are_small(path):
    sizes = [len([line for line in cell.source.splitlines() if line.strip()]) for cell in code_cells(path)]
    assert [cell.source for cell in code_cells(path) if len(cell.source.splitlines()) > 25] == []
    assert statistics.median(sizes) <= 8
    assert min(sizes) > 0


@for_each_notebook
def test_no_line_ends_with_a_semicolon(path):
    # IPython hides the output of such a line from a learner, nbval does not
    assert [c.source for c in code_cells(path) if re.search(r";\s*$", c.source, re.MULTILINE)] == []


@for_each_notebook
def test_every_picture_is_a_png_that_a_sentence_describes(path):
    assert len(pictures(path)) >= 3
    alts = []
    for data, metadata in pictures(path):
        assert [mime for mime in data if mime.startswith("image/")] == ["image/png"]
        assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
        alts.append(metadata.get("image/png", {}).get("alt", ""))
        assert data["text/plain"] == alts[-1]
    assert [alt for alt in alts if len(alt) < 20 or GENERIC_ALT.match(alt)] == []
    assert len(alts) == len(set(alts))


@for_each_notebook
def test_pictures_in_the_text_are_described_too(path):
    for alt in re.findall(r"!\[(.*?)\]\(", text(path)):
        assert len(alt) >= 20 or alt == "Open in Colab"
    assert "<img" not in text(path)


@for_each_notebook
def test_every_figure_goes_through_plot(path):
    source = "\n".join(cell.source for cell in code_cells(path))
    assert not calls(source, "plt.show", "fig.show", "display")
    assert len(calls(source, "plot.show", "plot.explore")) >= 3


@for_each_notebook
def test_the_file_is_small(path):
    assert path.stat().st_size < 1_500_000
