"""Make the notebooks that learners open from their text sources.

python notebooks/build.py [02_clustering ...]   convert, execute, measure and store (all of them without a name)
python notebooks/build.py --stamp               renew badges, install lines and the README's table, without executing
python notebooks/build.py --check               fail if a notebook is not what its source makes, without executing

Contributors edit notebooks/source/*.py (jupytext py:percent). A fork changes owner, repository and branch in
[tool.coursekit] of pyproject.toml and runs --stamp.
"""

import argparse
import hashlib
import json
import math
import os
import re
import sys
import tempfile
import time
import tomllib
from pathlib import Path
from unittest.mock import patch

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
FOLDED_TAGS = {"check", "solution", "quiz", "figure"}
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
PEAK_MEMORY_CELL = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
STAMP = re.compile(r"\{\{(\w+)\}\}")
LABS_TABLE = re.compile(r"(<!-- labs -->\n).*?(<!-- /labs -->)", re.DOTALL)


def sources(names=()):
    """Paths of all sources, or of the named ones, in order."""
    paths = sorted((FOLDER / "source").glob("[0-9]*.py"))
    unknown = set(names) - {path.stem for path in paths}
    if unknown:
        raise SystemExit(f"No such notebook: {sorted(unknown)}. There are: {[path.stem for path in paths]}.")
    return [path for path in paths if not names or path.stem in names]


def stored_path(source):
    """Where the notebook of a source is kept."""
    return FOLDER / f"{source.stem}.ipynb"


def convert(source, measured):
    """Make the unexecuted notebook of a source.

    Parameters
    ----------
    source : pathlib.Path
        A py:percent file.
    measured : dict
        ``seconds`` and ``memory_mb`` of the last execution, for the budget line.

    Returns
    -------
    nbformat.NotebookNode
        Stamped, folded, with stable cell ids and no outputs.
    """
    raw = jupytext.read(source)
    stamps = {**fork(), "notebook": source.stem, "badge": badge(source.stem), "budget": budget(measured, uses_gpu(raw))}
    cells = []
    for number, cell in enumerate(raw.cells):
        if unknown := set(STAMP.findall(cell.source)) - set(stamps):
            raise ValueError(f"{source.name}: unknown stamp {unknown}")
        text = STAMP.sub(lambda match: stamps[match[1]], cell.source)
        tags = cell.metadata.get("tags", [])
        make = nbformat.v4.new_markdown_cell if cell.cell_type == "markdown" else nbformat.v4.new_code_cell
        metadata = {"tags": tags} if tags else {}
        if FOLDED_TAGS & set(tags):  # JupyterLab reads the first, Colab the second
            metadata |= {"jupyter": {"source_hidden": True}, "cellView": "form"}
        cells.append(make(text, metadata=metadata, id=f"{source.stem[:2]}-{number:03d}"))
    kept = {**measured, "source_sha256": source_hash(source)}
    return nbformat.v4.new_notebook(cells=cells, metadata={**NOTEBOOK_METADATA, "coursekit": kept})


def source_hash(source):
    """Checksum of a source's text, so that a stored notebook can tell which text it was executed from."""
    return hashlib.sha256(source.read_text(encoding="utf-8").encode()).hexdigest()


def fork():
    """Owner, repository and branch that the badges and install lines point at."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["coursekit"]


def badge(name):
    """Markdown of the button that opens a notebook in Colab."""
    address = "https://colab.research.google.com/github/{owner}/{repository}/blob/{branch}/notebooks/".format(**fork())
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({address}{name}.ipynb)"


def uses_gpu(notebook):
    """Whether a notebook trains with `coursekit.train`, which takes a GPU where there is one."""
    return any("train.fit(" in cell.source for cell in notebook.cells if cell.cell_type == "code")


def budget(measured, gpu):
    """Say what one run costs, in one line."""
    gigabytes = measured["memory_mb"] / 1000
    return (
        f"**Budget, measured:** {measured['seconds']} s on 2 CPU cores, {gigabytes:.1f} GB of memory, no download. "
        + (
            "It trains on a GPU where there is one, and needs none; its time on a T4 has not been measured."
            if gpu
            else "This lab does not use a GPU, so a T4 makes no difference."
        )
    )


def execute(notebook):
    """Run all cells in place and return what it took.

    Returns
    -------
    dict
        ``seconds``, rounded up to the next 5, and ``memory_mb``, the kernel's peak rounded up to the next 100.
    """
    os.environ["TQDM_DISABLE"] = "1"  # progress bars do not belong into what is stored
    notebook.cells.append(nbformat.v4.new_code_cell(PEAK_MEMORY_CELL))
    client = NotebookClient(notebook, timeout=600, record_timing=False, resources={"metadata": {"path": str(FOLDER)}})
    with tempfile.TemporaryDirectory() as home, patch.dict(os.environ, COURSEKIT_DATA=home):  # a newcomer's: empty
        start = time.perf_counter()
        client.execute()
        seconds = time.perf_counter() - start
    memory_mb = int(notebook.cells.pop().outputs[0]["text"])
    return {"seconds": math.ceil(seconds / 5) * 5, "memory_mb": math.ceil(memory_mb / 100) * 100}


def build(source):
    """Convert, execute and store one notebook."""
    notebook = convert(source, {"seconds": 0, "memory_mb": 0})
    measured = execute(notebook)
    made = convert(source, measured)
    if made.metadata["coursekit"]["source_sha256"] != notebook.metadata["coursekit"]["source_sha256"]:
        raise SystemExit(f"{source.name} changed while it was executed; nothing is stored. Build it again.")
    for cell, stamped in zip(notebook.cells, made.cells, strict=True):
        cell.source = stamped.source
    notebook.metadata |= made.metadata  # the kernel has added its version
    save(notebook, stored_path(source))
    print(f"{source.stem}: {measured['seconds']} s, {measured['memory_mb']} MB")


def save(notebook, path):
    """Write a notebook, with widget ids that depend on nothing but their order."""
    text = nbformat.writes(notebook)
    state = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    for number, model_id in enumerate(state):
        text = text.replace(model_id, f"{number:032x}")
    stable = nbformat.reads(text, as_version=4)
    nbformat.validate(stable)
    half_written = path.with_suffix(".tmp")
    half_written.write_text(nbformat.writes(stable) + "\n", encoding="utf-8")  # written anew: sorted by the new ids
    os.replace(half_written, path)


def without_outputs(notebook):
    """What `convert` is responsible for, as plain data that can be compared."""
    cells = [{k: v for k, v in cell.items() if k not in ("outputs", "execution_count")} for cell in notebook.cells]
    metadata = {k: v for k, v in notebook.metadata.items() if k != "widgets"}
    return json.loads(json.dumps({"cells": cells, "metadata": metadata}))


def stale(source):
    """Say how a stored notebook differs from what its source makes; empty if it does not."""
    path = stored_path(source)
    if not path.exists():
        return f"{path.name} is missing"
    try:
        stored = nbformat.read(path, as_version=4)
        is_, should = without_outputs(stored), without_outputs(convert(source, stored.metadata["coursekit"]))
    except (ValueError, KeyError, AttributeError, OSError) as error:
        return f"{path.name} cannot be compared with its source ({error}); build it again"
    if is_["metadata"] != should["metadata"]:
        return f"{path.name}: the notebook's metadata differs"
    for number, (a, b) in enumerate(zip(is_["cells"], should["cells"], strict=False)):
        if a != b:
            return f"{path.name}: cell {number} ({b['source'][:40]!r}) differs"
    return "" if len(is_["cells"]) == len(should["cells"]) else f"{path.name}: the number of cells differs"


def stamp(source):
    """Renew what depends on the fork or on measured values, keeping the outputs; refuse if the source has changed."""
    stored = nbformat.read(stored_path(source), as_version=4)
    if stored.metadata["coursekit"].get("source_sha256") != source_hash(source):
        raise SystemExit(
            f"{source.name} has changed since it was executed; run: python notebooks/build.py {source.stem}"
        )
    for cell, stamped in zip(stored.cells, convert(source, stored.metadata["coursekit"]).cells, strict=True):
        cell.source = stamped.source
    save(stored, stored_path(source))


def readme():
    """The README as it should be: its table of labs renewed from the notebooks."""
    rows = ["| Lab | Open | 2 CPU cores | Memory |", "|---|---|---|---|"]
    for source in filter(lambda path: stored_path(path).exists(), sources()):
        stored = nbformat.read(stored_path(source), as_version=4)
        title = stored.cells[0].source.splitlines()[0].lstrip("# ")
        cost = stored.metadata["coursekit"]
        link = f"[{title}](notebooks/{source.stem}.ipynb)"
        rows.append(f"| {link} | {badge(source.stem)} | {cost['seconds']} s | {cost['memory_mb'] / 1000:.1f} GB |")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    if not LABS_TABLE.search(text):
        raise SystemExit("README.md: the lines <!-- labs --> and <!-- /labs --> are missing")
    table = "\n".join(rows)
    return LABS_TABLE.sub(lambda match: f"{match[1]}{table}\n{match[2]}", text)


def check():
    """List everything that is stale."""
    complaints = [complaint for source in sources() if (complaint := stale(source))]
    kept = {stored_path(source).name for source in sources()}
    complaints += [f"{path.name} has no source" for path in sorted(FOLDER.glob("*.ipynb")) if path.name not in kept]
    if not complaints and readme() != (ROOT / "README.md").read_text(encoding="utf-8"):
        complaints.append("README.md: the table of labs differs")
    return complaints


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="such as 02_clustering; all without")
    parser.add_argument("--stamp", action="store_true", help="renew stamps only")
    parser.add_argument("--check", action="store_true", help="execute nothing, fail if something is stale")
    options = parser.parse_args()
    if options.check:
        complaints = check()
        print("\n".join(complaints) or "All notebooks are what their sources make.")
        sys.exit(bool(complaints))
    for source in sources(options.names):
        stamp(source) if options.stamp else build(source)
    (ROOT / "README.md").write_text(readme(), encoding="utf-8")


if __name__ == "__main__":
    main()
