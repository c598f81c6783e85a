"""How nearly a lab's claims fail: its asserts, taken apart into comparisons, and executed with several seeds."""

import ast
import json

import machines
import nbformat

INEQUALITIES = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
MARGIN_CELL = """
import json as _json
import operator as _operator

import numpy as _np

_margins = {}
_signs = {"<": _operator.lt, "<=": _operator.le, ">": _operator.gt, ">=": _operator.ge}

def _margin(text, *chain):
    holds = True
    for left, sign, right in zip(chain[:-2:2], chain[1::2], chain[2::2]):
        answer = _signs[sign](left, right)
        if _np.ndim(answer):  # of each element of a table: no claim
            return answer
        gap = float(left - right if ">" in sign else right - left)
        share = gap / max(abs(float(left)), abs(float(right)), 1e-12)
        _margins[text] = min(_margins.get(text, [share, gap]), [share, gap])
        holds = holds and bool(answer)
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
    """The code of a cell that also measures how far each of its comparisons is from failing."""
    return ast.unparse(ast.fix_missing_locations(_Measured().visit(ast.parse(source))))


def with_seed(notebook, seed):
    """Give a notebook another seed, as papermill does, and let its cells with asserts measure their margins."""
    code = nbformat.v4.new_code_cell
    (place,) = (i for i, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", []))
    for cell in notebook.cells[place:]:
        if cell.cell_type == "code" and any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(cell.source))):
            cell.source = measured(cell.source)
            cell.metadata["tags"] = ["raises-exception"]  # the next one is asked, too
    notebook.cells[place + 1 : place + 1] = [code(f"SEED = {seed}"), code(MARGIN_CELL)]
    notebook.cells.append(code("print(_json.dumps(_margins))"))
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
        outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
        failing += [seed] if any(output.output_type == "error" for output in outputs) else []
        written = "".join(output.get("text", "") for output in notebook.cells[-1].outputs)  # a busy kernel sends parts
        for text, margin in json.loads(written).items():
            least[text] = min(least.get(text, margin), margin)
    verdict = f"claims fail with seeds {failing}" if failing else "all claims hold"
    lines = [f"  {share:8.3f} {gap:10.4g}  {text}" for text, (share, gap) in sorted(least.items(), key=lambda t: t[1])]
    return [f"{source.stem}, {seeds} seeds: {verdict}; least margins, as a share and as such:", *lines]
