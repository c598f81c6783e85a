"""A newcomer's day in a real JupyterLab and a real browser, by mouse and by keyboard: lab 1, a slider of each other.

nbval runs all cells of all labs already; here it is their widgets that are tried.
"""

import base64
import copy
import io
import os
import re
import shutil

import nbformat
import pytest
from lab_page import AT_END, CELLS, CONTROLS, LIMIT_MS, jupyterlab, opened
from notebook_files import LABS, pictures, read
from notebook_functions import cells_for, text_cells
from PIL import Image
from playwright.sync_api import expect, sync_playwright

pytestmark = pytest.mark.browser
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
LIVE = ".jupyter-widgets img"
CUT_OFF = f"""output => [...output.querySelectorAll(".widget-label, {LIVE}")].filter(it =>
    it.scrollWidth > it.clientWidth || it.getBoundingClientRect().right > output.getBoundingClientRect().right
).map(it => it.textContent || it.alt)"""
LOADED = "() => [...document.querySelectorAll('.jp-OutputArea-output img')].every(i => i.complete && i.naturalWidth)"
TAKES_LONG = re.compile(r"\.fit\(|learn\(|simulate_chest_xrays\(")
FEWER_FILMS = "simulate_chest_xrays(1400", "simulate_chest_xrays(140"  # else a minute


def one_slider(path):
    """The cells that one slider of a lab needs: the one that needs the least."""
    sliders = [cell.source for cell in text_cells(path.stem) if "plot.explore(" in cell.source]
    return min((cells_for(path.stem, source) for source in sliders), key=work)


def work(cells):
    return len(TAKES_LONG.findall("\n".join(cell.source for cell in cells))), len(cells)


@pytest.fixture(scope="module")
def sliders(tmp_path_factory):
    """A notebook with a slider of each lab but the first, unfolded, as stored."""
    cells = [copy.deepcopy(cell) for path in LABS[1:] for cell in one_slider(path)]
    for cell in cells:
        cell.metadata.pop("jupyter", None)
        cell.source = cell.source.replace(*FEWER_FILMS)
    path = tmp_path_factory.mktemp("sliders") / "sliders.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=read(LABS[1]).metadata), path)
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory, sliders):
    with jupyterlab(tmp_path_factory.mktemp("learner"), [LABS[0], sliders]) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    """Not for the whole session: as long as it is open, no other test can run an event loop of its own."""
    program = next(filter(None, map(shutil.which, (os.environ.get("CHROMIUM", ""), *NAMES))), None)
    if program is None:
        pytest.skip(f"no Chromium: none of {', '.join(NAMES)} is installed, and CHROMIUM names no program")
    expect.set_options(timeout=LIMIT_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        context = chromium.new_context(viewport={"width": 1200, "height": 1000})
        context.set_default_timeout(LIMIT_MS)
        yield context
        chromium.close()


def assert_shown_as_stored(lab, path):
    """All stored pictures, and what stands for sliders where nothing runs."""
    expect(lab.page.locator(f"{CELLS} .jp-OutputArea-output img")).to_have_count(len(pictures(path)))
    lab.page.wait_for_function(LOADED)
    assert lab.trouble.all_text_contents() == []
    for number in explored(lab):
        expect(lab.output(number)).to_contain_text("Sliders, when the notebook runs - ")


def explored(lab):
    """Numbers of the cells with sliders."""
    return [number for number, cell in enumerate(lab.stored) if "plot.explore(" in cell.get("source", "")]


@pytest.fixture(scope="module")
def lab(browser, server):
    """Lab 1, looked at and then run; the tests below touch different cells of it."""
    with opened(browser, server, LABS[0]) as lab:
        title = read(LABS[0]).cells[0].source.splitlines()[0].lstrip("# ")
        expect(lab.page.locator(f"{CELLS} h1")).to_contain_text(title)
        assert_shown_as_stored(lab, LABS[0])
        lab.run_all()
        assert lab.trouble.all_text_contents() == []
        yield lab


def test_all_cells_run_and_the_claims_hold(lab):
    claims = lab.find("nbval-check-output", "assert")
    expect(lab.output(claims)).to_have_text(re.compile(r"^All (\d+ )?claims hold\.\s*$"))


def pixels(image):
    """The picture that an <img> shows."""
    encoded = image.get_attribute("src").partition("base64,")[2]
    return Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB").tobytes()


def complaints(lab, number):
    """Move the first slider of a cell by keys until it draws another picture, and back; say what is wrong."""
    output = lab.output(number)
    default, live, controls = output.locator("img").first, output.locator(LIVE), output.locator(CONTROLS)
    words, sliders = (o.data["text/plain"] for o in lab.stored[number].outputs if "data" in o)
    expect(controls).to_have_count(sliders.count(", now "))
    by = -1 if controls.first.evaluate(AT_END) else 1
    moved = 0
    while moved < 5:  # between two scores a threshold's step may change nothing
        lab.move(controls.first, by)
        moved += 1
        live.or_(lab.trouble).first.wait_for()
        assert lab.trouble.all_text_contents() == []
        lab.wait_for_kernel()
        if pixels(live) != pixels(default) and live.get_attribute("alt") != words:
            break
    wrong = [(number, "same picture")] if pixels(live) == pixels(default) else []
    wrong += [(number, "same words")] if live.get_attribute("alt") == words else []
    wrong += [(number, f"cut off: {what}") for what in output.evaluate(CUT_OFF)]
    for _ in range(moved):
        lab.move(controls.first, -by)
    expect(live).to_have_count(0)  # the default's picture is above
    lab.wait_for_kernel()
    expect(live).to_have_count(0)
    return wrong


def test_each_slider_of_lab_1_draws_another_picture_and_says_so(lab):
    assert [wrong for number in explored(lab) for wrong in complaints(lab, number)] == []


def assert_counted(lab, words):
    """The summary, run again, says so."""
    summary = next(i for i, cell in enumerate(lab.stored) if cell.source.startswith("check.summary()"))
    lab.run(summary)
    expect(lab.output(summary)).to_have_text(re.compile(words, re.DOTALL))  # between the old one and the new is none


def test_an_exercise_is_judged_wrong_then_right_and_counted(lab):
    exercise, check = lab.find("exercise", "scatter_factor"), lab.find("check", "1.1 scatter of two slopes")
    expect(lab.output(check)).to_contain_text("1.1 scatter of two slopes: not tried yet.")
    lab.rewrite(exercise, "scatter_factor = 20")
    lab.run(check)
    for part in ("1.1 scatter of two slopes: not yet.", "Got 20, which is too large.", "You divided the variances."):
        expect(lab.output(check)).to_contain_text(part)
    assert_counted(lab, "Exercises: 0 of ")
    lab.rewrite(exercise, "scatter_factor = np.sqrt(20)")
    lab.run(check)
    expect(lab.output(check)).to_have_text("1.1 scatter of two slopes: right.\n")
    assert_counted(lab, "Exercises: 1 of ")


def test_the_folded_solution_unfolds(lab):
    solution = lab.cell(lab.find("solution", "1.1 scatter of two slopes"))
    code = solution.locator(".cm-content")
    expect(solution.locator(".jp-Placeholder")).to_contain_text("# @title Solution 1.1")
    expect(code).not_to_be_visible()
    solution.locator(".jp-Placeholder-content").click()
    expect(code).to_contain_text("from_two / from_all")


def test_a_question_is_answered_by_mouse_and_by_keyboard(lab):
    number = lab.find("quiz", '"Q1"')
    options, verdict = lab.output(number).locator("input[type=radio]"), lab.output(number).locator(".widget-html").last
    expect(verdict).to_have_text("")
    options.nth(0).locator("xpath=..").click()  # its label
    expect(verdict).to_contain_text("Not this one. It falls on patients whose answers the model was given.")
    for _ in range(10):
        if options.nth(3).evaluate("option => option === document.activeElement"):
            break
        lab.press("Tab")
    lab.press("Space")
    expect(verdict).to_contain_text("Right. The measure improves with the data")
    assert_counted(lab, r"^(?!.*\bQ1\b).*Quiz questions: 1 of \d right")


def test_a_slider_of_each_other_lab_draws_another_picture_and_says_so(browser, server, sliders):
    with opened(browser, server, sliders) as lab:
        assert_shown_as_stored(lab, sliders)
        assert len(explored(lab)) == len(LABS) - 1
        first, wrong = 0, []
        for last in explored(lab):  # lab after lab: they give other things the same names
            for number in range(first, last + 1):
                lab.run(number)
            lab.output(last).locator(CONTROLS).or_(lab.trouble).first.wait_for()
            assert lab.trouble.all_text_contents() == []
            lab.wait_for_kernel()
            wrong += complaints(lab, last)
            first = last + 1
        assert wrong == []
