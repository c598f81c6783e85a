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


class Secrets(types.ModuleType):
    """google.colab.userdata: each question opens a dialogue in which the learner must give leave."""

    def __init__(self):
        super().__init__("google.colab.userdata")
        self.asked = []

    def get(self, name):
        self.asked.append(name)
        return "planted-secret"


def colab():
    """Put google.colab among the imported modules, as Colab's kernel does before the first cell."""
    module = types.ModuleType("google.colab")
    module.userdata = sys.modules["google.colab.userdata"] = Secrets()
    sys.modules["google.colab"] = module


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

    home = str(Path(coursekit.__file__).resolve().parents[1])
    asked = sys.modules["google.colab.userdata"].asked
    left = sorted(path.name for path in work.iterdir())
    return {"before": before, "pip": lines, "home": home == str(packages.resolve()), "asked": asked, "left": left}


def main():
    """Start each notebook in a child of one process that has imported the heavy libraries."""
    site, wheel, folder, *notebooks = sys.argv[1:]
    sys.path.append(site)
    colab()
    for name in ("matplotlib.pyplot", "pandas", "sklearn.ensemble", "torchvision"):
        importlib.import_module(name)  # once, for all the children
    for notebook in notebooks:
        if child := os.fork():
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            if code:
                sys.exit(f"{notebook}: {code}")
        else:
            said = run(notebook, wheel, Path(folder) / Path(notebook).stem)
            print(json.dumps(said), flush=True)
            os._exit(0)


if __name__ == "__main__":
    main()
