"""What Colab's Python is to a notebook: no course yet, google.colab already imported, %pip that reaches no network.

Run as `python -S colab_kernel.py SITE_PACKAGES WHEEL FOLDER NOTEBOOK...`: -S keeps this checkout off the path. Prints
one line of JSON for each notebook, which runs in a process of its own from the setup to the first text.
"""

import importlib.util
import json
import os
import subprocess
import sys
import types
from pathlib import Path

ASKED = []  # each question to google.colab.userdata opens a dialogue in which the learner must give leave


def first_cells(path):
    """The code from the setup to the first text below it."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    start = next(i for i, cell in enumerate(cells) if "setup" in cell["metadata"].get("tags", []))
    end = next(i for i in range(start, len(cells)) if cells[i]["cell_type"] == "markdown")
    return ["".join(cell["source"]) for cell in cells[start:end]]


def run(notebook, wheel, folder):
    """Run the first cells of a notebook in an empty working folder; say what happened."""
    from IPython.core.interactiveshell import InteractiveShell

    packages, work = folder / "packages", folder / "content"
    for place in (packages, work):
        place.mkdir(parents=True)
    sys.path.insert(1, str(packages))
    os.chdir(work)
    shell, lines = InteractiveShell.instance(), []

    def pip(line):
        lines.append(line)
        install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", packages, wheel]
        subprocess.run(install, check=True, capture_output=True)

    shell.register_magic_function(pip, "line", "pip")
    spec = importlib.util.find_spec("coursekit")  # an editable installation leaves a folder without code there
    before = spec is not None and spec.origin is not None
    for source in first_cells(notebook):
        shell.run_cell(source, store_history=True).raise_error()
    import coursekit

    home = Path(coursekit.__file__).resolve().parents[1] == packages.resolve()
    return {"before": before, "pip": lines, "home": home, "asked": ASKED, "left": os.listdir(work)}


if __name__ == "__main__":
    site, wheel, folder, *notebooks = sys.argv[1:]
    sys.path.append(site)
    colab, userdata = types.ModuleType("google.colab"), types.ModuleType("google.colab.userdata")
    userdata.get = ASKED.append
    colab.userdata = userdata
    sys.modules |= {"google.colab": colab, "google.colab.userdata": userdata}
    for name in ("matplotlib.pyplot", "pandas", "sklearn.ensemble", "torchvision"):
        importlib.import_module(name)  # once, for all the children
    for notebook in notebooks:
        if child := os.fork():
            if code := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
                sys.exit(f"{notebook}: {code}")
        else:
            print(json.dumps(run(notebook, wheel, Path(folder) / Path(notebook).stem)), flush=True)
            os._exit(0)
