"""Execute a notebook as other machines would: one processor plays others by leaving out what they do not have.

PyTorch, oneDNN, MKL and OpenBLAS choose their code by the processor. Each of these variables takes that choice away
from one of them, and the same training then ends with other digits, as it does on another processor. A processor
without AVX-512 plays fewer machines; build on one that has it.
"""

import math
import os
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "MKL_CBWR": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}
OTHERS = {
    "AVX2": AVX2,  # most laptops
    "PyTorch with AVX2": {"ATEN_CPU_CAPABILITY": "avx2"},
    "PyTorch without vectors": {"ATEN_CPU_CAPABILITY": "default"},
    "oneDNN with AVX2": {"ONEDNN_MAX_CPU_ISA": "AVX2"},
    "compatible MKL, two threads": {"MKL_CBWR": "COMPATIBLE", "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
    "old": {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE", "OPENBLAS_CORETYPE": "Nehalem"},
}
USUAL = {
    "CUDA_VISIBLE_DEVICES": "",  # the stored outputs are a CPU's
    "OPENBLAS_NUM_THREADS": "1",  # two threads on shared cores wait for each other
    "TQDM_DISABLE": "1",  # progress bars do not belong into what is stored
}
PEAK_MEMORY_CELL = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"


def others():
    """All machines that this one can play, and its own graphics card where there is one."""
    import torch

    return OTHERS | (
        {"a graphics card": {"CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES", "0")}}
        if torch.cuda.is_available()
        else {}
    )


def execute(notebook, machine=()):
    """Run all cells in place and return what it took.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
    machine : dict, optional
        Environment variables that make this machine play another one.

    Returns
    -------
    dict
        ``seconds``, rounded up to the next 5, and ``memory_mb``, the kernel's peak rounded up to the next 100.
    """
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK_MEMORY_CELL))
    client = NotebookClient(notebook, timeout=1200, record_timing=False, resources={"metadata": {"path": str(FOLDER)}})
    with tempfile.TemporaryDirectory() as home:  # a newcomer's: empty
        start = time.perf_counter()
        client.execute(env=os.environ | USUAL | dict(machine) | {"COURSEKIT_DATA": home})
        seconds = time.perf_counter() - start
    memory_mb = int(notebook.cells.pop().outputs[0]["text"])
    return {"seconds": math.ceil(seconds / 5) * 5, "memory_mb": math.ceil(memory_mb / 100) * 100}


def executed(notebook, machine=()):
    """A notebook after all its cells have been run."""
    execute(notebook, machine)
    return notebook


def execute_each(notebooks, machines):
    """Execute each notebook on its machine, two at a time; yield them in order."""
    with ProcessPoolExecutor(2) as pool:
        yield from pool.map(executed, notebooks, machines)
