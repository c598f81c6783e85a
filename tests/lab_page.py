"""One notebook in JupyterLab, and what a learner does with it by mouse and keys."""

import contextlib
import re

from notebook_files import read, tags
from playwright.sync_api import expect

LIMIT_MS = 90_000  # a waiting time is a limit, never a sleep: everything below goes on as soon as it can
LAB_LIMIT_MS = 600_000  # for all cells of one notebook, on a machine that is busy with other tests
CELLS = ".jp-Notebook .jp-Cell"
ACTIVE = re.compile(r"\bjp-mod-active\b")
ERRORS = ", ".join(f'{CELLS} [data-mime-type="application/vnd.jupyter.{kind}"]' for kind in ("error", "stderr"))
TROUBLE = f"{ERRORS}, .jp-Dialog"  # a dialog says that the kernel has died
# All code cells that are not folded bear a number, or something failed and the rest was given up. Cells outside the
# window count: JupyterLab attaches every cell (see LabPage), it only does not paint them.
FINISHED = """([cells, trouble]) => {
    const prompts = [...document.querySelectorAll(`${cells}.jp-CodeCell .jp-InputArea-prompt`)].map(p => p.textContent)
    const numbered = prompts.every(text => /\\d/.test(text))
    return !prompts.includes("[*]:") && (numbered || document.querySelector(trouble) !== null)
}"""
CONTROLS = ".noUi-handle, .widget-dropdown select"  # sliders, and lists of choices
AT_END = "it => it.length ? it.selectedIndex === it.length - 1 : it.ariaValueNow === it.ariaValueMax"


@contextlib.contextmanager
def opened(browser, server, path):
    """A stored notebook in a page of its own; in the end it closes, and its kernel, which would live on."""
    page = browser.new_page()
    try:
        yield LabPage(page, server(f"lab/tree/{path.name}"), path)
    finally:
        page.close()
        for session in browser.request.get(server("api/sessions")).json():
            expect(browser.request.delete(server(f"api/sessions/{session['id']}"))).to_be_ok()


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

    def choose(self, command, entry):
        """Click a command in a menu."""
        self.page.get_by_role("menuitem", name=command, exact=True).click()
        self.page.get_by_role("menuitem", name=entry, exact=True).click()

    def run_all(self):
        """Run all cells and wait for the last, or for the first error."""
        self.choose("Edit", "Clear Outputs of All Cells")
        self.choose("Run", "Run All Cells")
        self.page.wait_for_function(FINISHED, arg=[CELLS, TROUBLE], timeout=LAB_LIMIT_MS)

    def errors(self):
        """All that stands in errors, in warnings and on stderr, and in a dialog, which nobody has asked for."""
        return self.trouble.all_text_contents()

    def move(self, control, by=1):
        """Move a slider, or choose in a list, with keys alone: one forwards, or with `by` -1 backwards."""
        keys = ("ArrowRight" if by > 0 else "ArrowLeft",)
        if (
            control.evaluate("it => it.tagName") == "SELECT"
        ):  # opened: the notebook takes most arrow keys of a closed one
            keys = ("Space", "ArrowDown" if by > 0 else "ArrowUp", "Enter")
        control.focus()
        for key in keys:
            self.page.keyboard.press(key)

    def select(self, number):
        """Click beside a cell, or, where it is folded, on what it has written; the keys then belong to the notebook."""
        cell = self.cell(number)
        if cell.locator(".jp-Placeholder").count():
            cell.locator(".jp-OutputArea-output").first.click(position={"x": 3, "y": 3})
        else:
            cell.locator(".jp-InputPrompt").click()
        expect(cell).to_have_class(ACTIVE)
        self.page.keyboard.press("Escape")

    def walk_to(self, number):
        """Go down to a cell by keys alone: arrows pass over folded cells, only Shift+Enter steps into one."""
        folded = [cell.metadata.get("jupyter", {}).get("source_hidden", False) for cell in self.stored[: number + 1]]
        while (active := self.active()) < number:
            self.page.keyboard.press("Shift+Enter" if all(folded[active + 1 :]) else "ArrowDown")
            expect(self.cell(active)).not_to_have_class(ACTIVE)
        assert active == number

    def active(self):
        return int(self.page.locator(f"{CELLS}.jp-mod-active").get_attribute("data-windowed-list-index"))

    def run(self, number):
        self.select(number)
        self.page.keyboard.press("Control+Enter")

    def rewrite(self, number, source):
        """Replace a cell's code, and run it."""
        self.select(number)
        for key in ("Enter", "Control+a"):
            self.page.keyboard.press(key)
        self.page.keyboard.insert_text(source)
        expect(self.cell(number).locator(".cm-content")).to_have_text(source)
        self.page.keyboard.press("Control+Enter")
