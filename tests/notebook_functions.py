"""Parts of a notebook without the rest: functions that it builds by hand, and the cells that some cells need."""

import ast
import dis
from types import CodeType

from notebook_files import NOTEBOOKS, code_cells, tags

LEFT_TO_LEARNERS = {"exercise", "check", "solution", "quiz", "setup"}


def text_cells(name):
    """The code cells of a notebook that are not about exercises."""
    (path,) = (path for path in NOTEBOOKS if path.stem == name)
    return [c for c in code_cells(path) if not LEFT_TO_LEARNERS & set(tags(c))]


def functions(name, *wanted):
    """Run the imports of a notebook (such as "02_clustering"), and functions or classes that it defines just once."""
    nodes = [node for cell in text_cells(name) for node in ast.parse(cell.source).body]
    definitions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for function in wanted:
        if sum(node.name == function for node in definitions) != 1:
            raise LookupError(f"{name}: {function} is not defined exactly once")
    needed, named = set(wanted), {node.name: node for node in definitions}
    while more := {n.id for f in needed for n in ast.walk(named[f]) if isinstance(n, ast.Name)} & set(named) - needed:
        needed |= more
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    used = [node for node in definitions if node.name in needed]
    namespace = {}
    exec(compile(ast.Module([*imports, *used], type_ignores=[]), name, "exec"), namespace)
    return [namespace[function] for function in wanted]


def cells_for(name, *words):
    """The cells of a notebook that have these words, one each, and those that they need; the parameters among them."""
    cells, wanted = text_cells(name), []
    for some in words:
        (place,) = (number for number, cell in enumerate(cells) if some in cell.source)
        wanted.append(place)
    needed, chosen = set(), []
    for number, cell in reversed(list(enumerate(cells[: max(wanted) + 1]))):
        names = Names(cell.source)
        if number in wanted or "parameters" in tags(cell) or needed & names.set:
            needed |= names.used
            chosen.insert(0, cell)
    return chosen


class Names:
    """Names that a cell sets, and those it uses without having set them, in the order in which Python meets them."""

    def __init__(self, source):
        self.set, self.used = set(), set()
        self._read(compile(source, "cell", "exec"), self.set)

    def _read(self, code, own):
        for step in dis.get_instructions(code):
            if step.opname == "STORE_NAME":
                own.add(step.argval)
            elif step.opname in ("LOAD_NAME", "LOAD_GLOBAL") and step.argval not in self.set | own:
                self.used.add(step.argval)
            elif isinstance(step.argval, CodeType):  # a function, class or comprehension: what it sets is its own
                self._read(step.argval, set())
