"""Make the notebooks that learners open from their text sources.

python notebooks/build.py [02_clustering ...]   convert, execute on several machines, measure and store (all without a
                                                name)
python notebooks/build.py --merge FILE          note how far the numbers of a notebook lie apart that another computer
                                                has executed; to be repeated after each build
python notebooks/build.py --seeds 5 [NAME ...]  execute with five seeds and print how nearly the lesson's claims fail
python notebooks/build.py --stamp [NAME ...]    renew text, badges, install lines and the README's table, without
                                                executing: enough where no code has changed
python notebooks/build.py --check               fail if a notebook is not what its source makes, without executing

Contributors edit notebooks/source/*.py and notebooks/source/further/*.py (jupytext py:percent). A fork changes owner,
repository and branch in [tool.coursekit] of pyproject.toml and runs --stamp.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import tomllib
from pathlib import Path

import claims
import jupytext
import machines
import nbformat
import printed

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
FOLDED_TAGS = {"check", "solution", "quiz", "figure"}
WORDS_A_MINUTE, MINUTES_AN_EXERCISE = 60, 14  # fit thirteen readings, with all cells and pictures, best
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
STAMP = re.compile(r"\{\{(\w+)\}\}")
STAMPED = re.compile(r"(?m)^(\{\{\w+\}\}|\[!\[.+|\*\*Time:.+|\d+\. .+: about \d+ minutes)$")  # lines, also as stamps
LABS_TABLE = re.compile(r"(<!-- labs -->\n).*?(<!-- /labs -->)", re.DOTALL)


def sources(names=()):
    """Paths of all sources, or of the named ones, in order."""
    paths = [*sorted((FOLDER / "source").glob("[0-9]*.py")), *sorted((FOLDER / "source/further").glob("[0-9]*.py"))]
    unknown = set(names) - {path.stem for path in paths}
    if unknown:
        raise SystemExit(f"No such notebook: {sorted(unknown)}. There are: {[path.stem for path in paths]}.")
    return [path for path in paths if not names or path.stem in names]


def stored_path(source):
    """Where the notebook of a source is kept."""
    return FOLDER / source.relative_to(FOLDER / "source").with_suffix(".ipynb")


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
    stamps = {**fork(), "badge": badge(stored_path(source)), "budget": budget(measured, raw), "sections": contents(raw)}
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
    kept = {**measured, "code_sha256": code_hash(raw)}
    return nbformat.v4.new_notebook(cells=cells, metadata={**NOTEBOOK_METADATA, "coursekit": kept})


def code_hash(raw):
    """Checksum of all code in a source, so that a stored notebook can tell from which code its outputs come."""
    code = [cell.source for cell in raw.cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps(code).encode()).hexdigest()


def fork():
    """Owner, repository and branch that the badges and install lines point at."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["coursekit"]


def badge(path):
    """Markdown of the button that opens a stored notebook in Colab."""
    address = "https://colab.research.google.com/github/{owner}/{repository}/blob/{branch}/".format(**fork())
    address += path.relative_to(ROOT).as_posix()
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({address})"


def sections(notebook):
    """Title, words and exercises of each section of a notebook up to its summary; the first has no title."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    body = re.split(r"(?m)^## (?:Summary|New words)$", STAMPED.sub("", text))[0]
    parts = re.split(r"(?m)^## (.+)$", body)
    titles = ["", *parts[1::2]]
    return [(t, len(p.split()), p.count("### Your turn ")) for t, p in zip(titles, parts[::2], strict=True)]


def minutes(parts):
    """Minutes that a learner needs for some sections, in steps of five."""
    needed = sum(words / WORDS_A_MINUTE + MINUTES_AN_EXERCISE * exercises for _, words, exercises in parts)
    return max(5, 5 * round(needed / 5))


def numbered(notebook):
    """Those sections that have a number."""
    return [part for part in sections(notebook) if re.match(r"\d+\. ", part[0])]


def contents(notebook):
    """Markdown list of a notebook's numbered sections with their minutes."""
    return "\n".join(f"{part[0]}: about {minutes([part])} minutes" for part in numbered(notebook))


def uses_gpu(notebook):
    """Whether a notebook trains with `coursekit.train`, which takes a GPU where there is one unless told otherwise."""
    fits = [cell.source for cell in notebook.cells if cell.cell_type == "code" and "train.fit(" in cell.source]
    return any('device="cpu"' not in source for source in fits)


def budget(measured, notebook):
    """Say how long a learner needs, and what one run costs, in one line."""
    gigabytes, gpu = measured["memory_mb"] / 1000, uses_gpu(notebook)
    return (
        f"**Time:** about {minutes(sections(notebook))} minutes to work through. "
        f"**Machine, measured:** {measured['seconds']} s on 2 CPU cores, {gigabytes:.1f} GB of memory, no download. "
        + (
            "It trains on a GPU where there is one, and needs none; its time on a T4 has not been measured."
            if gpu
            else "This lab does not use a GPU, so a T4 makes no difference."
        )
    )


def build(source):
    """Convert, execute on all machines, and store one notebook with the outputs of the plain one."""
    notebook = convert(source, {"seconds": 0, "memory_mb": 0})
    measured = machines.execute(notebook)
    others = machines.others()
    unexecuted = [convert(source, {"seconds": 0, "memory_mb": 0}) for _ in others]
    for name, other in zip(others, machines.execute_each(unexecuted, others.values()), strict=True):
        widen(notebook, other, f"{source.stem} on the machine '{name}'")
    made = convert(source, measured)
    if made.metadata["coursekit"]["code_sha256"] != notebook.metadata["coursekit"]["code_sha256"]:
        raise SystemExit(f"{source.name} changed while it was executed; nothing is stored. Build it again.")
    fill(made, notebook)
    save(made, stored_path(source))
    print(f"{source.stem}: {measured['seconds']} s, {measured['memory_mb']} MB, {share_moved(notebook)}")


def widen(notebook, other, name):
    """Note in each code cell how far the numbers of another machine lie apart."""
    theirs = iter([cell for cell in other.cells if cell.cell_type == "code"])
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            there = next(theirs)
            try:
                printed.widen(cell, there.outputs)
            except ValueError as error:
                raise SystemExit(f"{name}, cell {number} ({cell.source[:60]!r}): {error}") from None


def share_moved(notebook):
    """Say how many of the printed numbers were not the same on all machines."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    moved = sum(len(cell.metadata.get("moved", {})) for cell in cells)
    return f"{moved} of {sum(len(printed.numbers(cell.outputs)) for cell in cells)} numbers moved"


def merge(path):
    """Note in the stored notebook how far the numbers of the same notebook, executed elsewhere, lie apart."""
    other = nbformat.read(path, as_version=4)
    (source,) = sources([Path(path).stem])
    stored = nbformat.read(stored_path(source), as_version=4)
    code = ([cell.source for cell in one.cells if cell.cell_type == "code"] for one in (stored, other))
    if len({json.dumps(cells) for cells in code}) > 1:
        raise SystemExit(f"{path} has other code than the stored notebook.")
    widen(stored, other, path)
    save(stored, stored_path(source))
    print(f"{source.stem}: {share_moved(stored)}")


def save(notebook, path):
    """Write a notebook, with widget ids that depend on nothing but their order."""
    text = nbformat.writes(notebook)
    state = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    for number, model_id in enumerate(state):
        text = text.replace(model_id, f"{number:032x}")
    stable = nbformat.reads(text, as_version=4)
    nbformat.validate(stable)
    half_written = path.with_suffix(".tmp")
    path.parent.mkdir(exist_ok=True)
    half_written.write_text(nbformat.writes(stable) + "\n", encoding="utf-8")  # written anew: sorted by the new ids
    os.replace(half_written, path)


def without_outputs(notebook):
    """What `convert` is responsible for, as plain data that can be compared."""
    cells = [{k: v for k, v in cell.items() if k not in ("outputs", "execution_count")} for cell in notebook.cells]
    for cell in cells:
        cell["metadata"] = {k: v for k, v in cell["metadata"].items() if k != "moved"}
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
    """Renew text, tags, and what depends on the fork or on measured values; keep the outputs, refuse new code."""
    stored = nbformat.read(stored_path(source), as_version=4)
    made = convert(source, stored.metadata["coursekit"])
    if stored.metadata["coursekit"].get("code_sha256") != made.metadata["coursekit"]["code_sha256"]:
        raise SystemExit(
            f"The code of {source.name} has changed since it was executed; run: python notebooks/build.py {source.stem}"
        )
    fill(made, stored)
    save(made, stored_path(source))


def fill(notebook, executed):
    """Take outputs and metadata over from the same code cells of an executed notebook."""
    if "widgets" in executed.metadata:
        notebook.metadata["widgets"] = executed.metadata["widgets"]
    cells = ([cell for cell in one.cells if cell.cell_type == "code"] for one in (notebook, executed))
    for cell, done in zip(*cells, strict=True):
        cell.outputs, cell.execution_count = done.outputs, done.execution_count
        if "moved" in done.metadata:
            cell.metadata["moved"] = done.metadata["moved"]


def link(path):
    """Markdown link from the README to a stored notebook by its title."""
    title = nbformat.read(path, as_version=4).cells[0].source.splitlines()[0].lstrip("# ")
    return f"[{title}]({path.relative_to(ROOT).as_posix()})"


def readme():
    """The README as it should be: its table of labs renewed from the notebooks."""
    rows = ["| Lab | Open | To work through | 2 CPU cores | Memory | Further |", "|---|---|---|---|---|---|"]
    stored = [path for path in map(stored_path, sources()) if path.exists()]
    for path in (path for path in stored if path.parent == FOLDER):
        core = nbformat.read(path, as_version=4)
        cost, long = core.metadata["coursekit"], minutes(sections(core))
        deeper = [link(other) for other in stored if other.parent != FOLDER and other.name[:2] == path.name[:2]]
        cells = [link(path), badge(path), f"{long} min", f"{cost['seconds']} s", f"{cost['memory_mb'] / 1000:.1f} GB"]
        rows.append(f"| {' | '.join([*cells, ', '.join(deeper)])} |")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    if not LABS_TABLE.search(text):
        raise SystemExit("README.md: the lines <!-- labs --> and <!-- /labs --> are missing")
    table = "\n".join(rows)
    return LABS_TABLE.sub(lambda match: f"{match[1]}{table}\n{match[2]}", text)


def check():
    """List everything that is stale."""
    complaints = [complaint for source in sources() if (complaint := stale(source))]
    kept, there = set(map(stored_path, sources())), [*FOLDER.glob("*.ipynb"), *FOLDER.glob("further/*.ipynb")]
    complaints += [f"{path.name} has no source" for path in sorted(there) if path not in kept]
    if not complaints and readme() != (ROOT / "README.md").read_text(encoding="utf-8"):
        complaints.append("README.md: the table of labs differs")
    return complaints


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="such as 02_clustering; all without")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--merge", metavar="FILE", help="a notebook that another computer has executed")
    instead.add_argument("--seeds", type=int, metavar="N", help="execute with the seeds 0 to N - 1, store nothing")
    instead.add_argument("--stamp", action="store_true", help="renew stamps only")
    instead.add_argument("--check", action="store_true", help="execute nothing, fail if something is stale")
    options = parser.parse_args()
    if options.check:
        complaints = check()
        print("\n".join(complaints) or "All notebooks are what their sources make.")
        sys.exit(bool(complaints))
    if options.merge is not None:
        merge(options.merge)
        return
    if options.seeds is not None:
        for source in sources(options.names):
            print(*claims.margins(convert, source, options.seeds), sep="\n")
        return
    for source in sources(options.names):
        stamp(source) if options.stamp else build(source)
    (ROOT / "README.md").write_text(readme(), encoding="utf-8")


if __name__ == "__main__":
    main()
