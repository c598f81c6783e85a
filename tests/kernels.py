"""Notebooks that are executed in kernels of their own."""

import os

import nbformat
from nbclient import NotebookClient

ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # more would wait for each other


def notebook(*sources):
    """A notebook with these code cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


def execute(nb, folder, environment=(), **options):
    """Execute all cells from the top, in a new kernel with a working folder."""
    options = {"startup_timeout": 120, "timeout": 300, "resources": {"metadata": {"path": str(folder)}}} | options
    NotebookClient(nb, **options).execute(env=os.environ | ONE_THREAD | dict(environment))
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
