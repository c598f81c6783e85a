"""How nearly a lab's claims fail: its last cell, taken apart into comparisons, and executed with several seeds."""

import ast
import json

import machines
import nbformat

INEQUALITIES = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
MARGIN_CELL = """
import json as _json

import numpy as _np

_margins = {}

def _margin(text, *chain):
    holds = True
    for left, sign, right in zip(chain[:-2:2], chain[1::2], chain[2::2]):
        left, right = _np.asarray(left, dtype=float), _np.asarray(right, dtype=float)
        gap = float(_np.min(left - right if ">" in sign else right - left))
        size = float(max(_np.abs(left).max(), _np.abs(right).max(), 1e-12))
        holds = holds and bool(gap >= 0 if "=" in sign else gap > 0)
        if text not in _margins or gap / size < _margins[text][0]:
            _margins[text] = [gap / size, gap]
    return holds
"""


class _Measured(ast.NodeTransformer):
    """Replace each comparison by size with a call that also keeps how far apart the two sides are."""

    def visit_Compare(self, node):  # the name that ast asks for
        self.generic_visit(node)
        if not all(type(op) in INEQUALITIES for op in node.ops) or isinstance(node.left, ast.Set):
            return node
        arguments = [ast.Constant(ast.unparse(node)), node.left]
        for op, side in zip(node.ops, node.comparators, strict=True):
            arguments += [ast.Constant(INEQUALITIES[type(op)]), side]
        return ast.Call(ast.Name("_margin", ast.Load()), arguments, [])


def measured(source):
    """The code of a claims cell that also measures how far each of its comparisons is from failing."""
    return ast.unparse(ast.fix_missing_locations(_Measured().visit(ast.parse(source))))


def with_seed(notebook, seed):
    """Give a notebook another seed, as papermill does, and let its last code cell measure its margins."""
    (place,) = (i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
    last = max(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells[last].source = MARGIN_CELL + measured(notebook.cells[last].source)
    notebook.cells[last].metadata["tags"] = ["raises-exception"]  # the next cell says what failed
    new = nbformat.v4.new_code_cell
    notebook.cells.insert(last + 1, new("print(_json.dumps(_margins))"))
    notebook.cells.insert(place + 1, new(f"SEED = {seed}"))
    return notebook


def margins(convert, source, seeds):
    """Execute a lab with several seeds; a line for each comparison in its claims, those that nearly fail first.

    Returns
    -------
    list of str
        The least margin over all seeds, as a share of the larger side and as such, and the comparison. A comparison
        that does not hold has a negative margin.
    """
    unexecuted = [with_seed(convert(source, {"seconds": 0, "memory_mb": 0}), seed) for seed in range(seeds)]
    least, failing = {}, []
    for seed, notebook in enumerate(machines.execute_each(unexecuted, [{}] * seeds)):
        claims, printed = [cell for cell in notebook.cells if cell.cell_type == "code"][-2:]
        failing += [seed] if any(output.output_type == "error" for output in claims.outputs) else []
        for text, margin in json.loads(printed.outputs[0]["text"]).items():
            least[text] = min(least.get(text, margin), margin)
    verdict = f"claims fail with seeds {failing}" if failing else "all claims hold"
    lines = [f"  {share:8.3f} {gap:10.4g}  {text}" for text, (share, gap) in sorted(least.items(), key=lambda t: t[1])]
    return [f"{source.stem}, {seeds} seeds: {verdict}; least margins, as a share and as such:", *lines]
