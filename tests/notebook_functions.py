"""Functions that a notebook builds by hand, taken out of it without running the rest."""

import ast

from notebook_files import ROOT, code_cells, tags

LEFT_TO_LEARNERS = {"exercise", "check", "solution"}


def functions(name, *wanted):
    """Run the imports of a notebook and the functions that are wanted, with all that these use, and nothing else.

    Parameters
    ----------
    name : str
        Such as ``"02_clustering"``.
    *wanted : str
        Names of functions or classes, each defined once in a cell of the notebook's text.

    Returns
    -------
    list of callable
        The functions, in the order of `wanted`.

    Raises
    ------
    LookupError
        If one is not defined exactly once.
    """
    cells = [c for c in code_cells(ROOT / "notebooks" / f"{name}.ipynb") if not LEFT_TO_LEARNERS & set(tags(c))]
    nodes = [node for cell in cells for node in ast.parse(cell.source).body]
    definitions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for function in wanted:
        if sum(node.name == function for node in definitions) != 1:
            raise LookupError(f"{name}: {function} is not defined exactly once")
    needed = _with_all_they_use(set(wanted), {node.name: node for node in definitions})
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    used = [node for node in definitions if node.name in needed]
    namespace = {}
    exec(compile(ast.Module([*imports, *used], type_ignores=[]), name, "exec"), namespace)
    return [namespace[function] for function in wanted]


def _with_all_they_use(names, definitions):
    used = {node.id for name in names for node in ast.walk(definitions[name]) if isinstance(node, ast.Name)}
    more = names | (used & set(definitions))
    return names if more == names else _with_all_they_use(more, definitions)
