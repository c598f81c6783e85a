"""A real JupyterLab on a loopback port, and what a learner does with a notebook in it by mouse and keys."""

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import time

from notebook_files import read, tags
from playwright.sync_api import expect

LIMIT_MS = 90_000  # a limit, never a sleep: everything below goes on as soon as it can
CELLS = ".jp-Notebook .jp-Cell"
ACTIVE = re.compile(r"\bjp-mod-active\b")
ERRORS = ", ".join(f'{CELLS} [data-mime-type="application/vnd.jupyter.{kind}"]' for kind in ("error", "stderr"))
TROUBLE = f"{ERRORS}, .jp-Dialog"  # a dialog says that the kernel has died
# All code cells that are not folded bear a number, or something failed and the rest was given up.
FINISHED = """([cells, trouble]) => {
    const prompts = [...document.querySelectorAll(`${cells}.jp-CodeCell .jp-InputArea-prompt`)].map(p => p.textContent)
    const numbered = prompts.every(text => /\\d/.test(text))
    return !prompts.includes("[*]:") && (numbered || document.querySelector(trouble) !== null)
}"""
CONTROLS = ".noUi-handle, .widget-dropdown select"  # sliders, and lists of choices
AT_END = "it => it.length ? it.selectedIndex === it.length - 1 : it.ariaValueNow === it.ariaValueMax"
PLACES = {
    **{"HOME": "home", "COURSEKIT_DATA": "data", "XDG_CACHE_HOME": "cache", "IPYTHONDIR": "ipython"},
    **{"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "share", "JUPYTER_RUNTIME_DIR": "runtime"},
    **{"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces"},
}
NO_NEWS = '{"fetchNews": "false", "checkForUpdates": false}'  # nothing is asked of the network


@contextlib.contextmanager
def jupyterlab(folder, notebooks):
    """Serve copies of notebooks in an empty folder; gives a function from a path on the server to its address."""
    (folder / "notebooks").mkdir()
    for path in notebooks:
        shutil.copy(path, folder / "notebooks")
    token = secrets.token_hex(16)
    options = {"ip": "127.0.0.1", "port": 0, "open_browser": False, "allow_root": True, "root_dir": "notebooks"}
    command = [sys.executable, "-m", "jupyterlab", f"--IdentityProvider.token={token}"]
    command += [f"--ServerApp.{name}={value}" for name, value in options.items()]
    with open(folder / "server.log", "w") as log:
        server = subprocess.Popen(command, cwd=folder, env=learner(folder), stdout=log, stderr=log)
        try:
            address = listening(server, folder)
            yield lambda path: f"{address}{path}?token={token}&reset"  # JupyterLab forgets what was open before
        finally:
            server.terminate()  # it ends its kernels, then itself
            server.wait(60)


def learner(folder):
    """Environment of somebody whose settings, caches and downloads are empty."""
    for place in PLACES.values():
        (folder / place).mkdir()
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(NO_NEWS)
    own = {name: str(folder / place) for name, place in PLACES.items()}
    return os.environ | own | {"PYTHONUNBUFFERED": "1", "TQDM_DISABLE": "0"}  # learners see progress bars


def listening(server, folder, limit_s=180):
    """The server's address, once it has written where it listens."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(FileNotFoundError, ValueError):  # not there yet, or half written
            return json.loads((folder / "runtime" / f"jpserver-{server.pid}.json").read_text())["url"]
        time.sleep(0.1)
    raise RuntimeError("JupyterLab does not start:\n" + (folder / "server.log").read_text()[-2000:])


@contextlib.contextmanager
def opened(browser, server, path):
    """A stored notebook in a page of its own."""
    with contextlib.closing(browser.new_page()) as page:
        yield LabPage(page, server(f"lab/tree/{path.name}"), path)


class LabPage:
    """A stored notebook, opened; cells are counted from 0, as in the file."""

    def __init__(self, page, address, path):
        self.page, self.stored, self.trouble = page, read(path).cells, page.locator(TROUBLE)
        page.goto(address, wait_until="domcontentloaded")
        expect(page.locator(CELLS)).to_have_count(len(self.stored))  # they are attached one after another
        self.wait_for_kernel()

    def wait_for_kernel(self):
        expect(self.page.locator("#jp-main-statusbar")).to_contain_text("Idle")

    def cell(self, number):
        return self.page.locator(CELLS).nth(number)

    def output(self, number):
        return self.cell(number).locator(".jp-Cell-outputArea")

    def find(self, tag, source):
        """Number of the cell with this tag whose code holds a text."""
        (number,) = (i for i, cell in enumerate(self.stored) if tag in tags(cell) and source in cell.source)
        return number

    def run_all(self):
        """Run all cells and wait for the last, or for the first error."""
        for command, entry in (("Edit", "Clear Outputs of All Cells"), ("Run", "Run All Cells")):
            self.page.get_by_role("menuitem", name=command, exact=True).click()
            self.page.get_by_role("menuitem", name=entry, exact=True).click()
        self.page.wait_for_function(FINISHED, arg=[CELLS, TROUBLE], timeout=4 * LIMIT_MS)

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def move(self, control, by=1):
        """Move a slider, or choose in a list, with keys alone: one forwards, or with `by` -1 backwards."""
        control.focus()
        if control.evaluate("it => it.tagName") == "SELECT":  # the notebook takes most arrow keys of a closed one
            self.press("Space", "ArrowDown" if by > 0 else "ArrowUp", "Enter")
        else:
            self.press("ArrowRight" if by > 0 else "ArrowLeft")

    def select(self, number):
        """Click beside a cell, or, where it is folded, on what it has written; the keys then belong to the notebook."""
        cell = self.cell(number)
        if cell.locator(".jp-Placeholder").count():
            cell.locator(".jp-OutputArea-output").first.click(position={"x": 3, "y": 3})
        else:
            cell.locator(".jp-InputPrompt").click()
        expect(cell).to_have_class(ACTIVE)
        self.press("Escape")

    def run(self, number):
        self.select(number)
        self.press("Control+Enter")

    def rewrite(self, number, source):
        """Replace a cell's code, and run it."""
        self.select(number)
        self.press("Enter", "Control+a")
        self.page.keyboard.insert_text(source)
        expect(self.cell(number).locator(".cm-content")).to_have_text(source)
        self.press("Control+Enter")
