"""Notebooks that are executed in kernels of their own."""

import os
from contextlib import contextmanager

import nbformat
from nbclient import NotebookClient

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # more would wait for each other


def notebook(*sources):
    """A notebook with these code cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


@contextmanager
def kernel(nb, folder, environment=(), **options):
    """A kernel for a notebook in a working folder, as a function that executes the cell with a given number."""
    options = {"startup_timeout": 120, "timeout": 300, "resources": {"metadata": {"path": str(folder)}}} | options
    client = NotebookClient(nb, **options)
    with client.setup_kernel(env=os.environ | ONE_THREAD | dict(environment)):
        client.nb.metadata.setdefault("language_info", {})
        yield lambda index: client.execute_cell(nb.cells[index], index)


def execute(nb, folder, environment=(), **options):
    """Execute all cells from the top, in a new kernel."""
    with kernel(nb, folder, environment, **options) as run:
        for index, cell in enumerate(nb.cells):
            if cell.cell_type == "code":
                run(index)
    return nb


def texts(cell):
    """What a cell has written, then its results and displays as text."""
    streams, shown = {"stdout": "", "stderr": ""}, []
    for output in cell.outputs:
        if output.output_type == "stream":
            streams[output.name] += output.text
        elif output.output_type == "error":
            shown.append("\n".join(output.traceback))
        else:
            shown.append(output.data.get("text/plain", ""))
    return [streams["stdout"], streams["stderr"], *shown]
