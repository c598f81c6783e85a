"""A newcomer's day: the notebooks in a real JupyterLab and a real browser, by mouse and by keyboard."""

import base64
import io
import os
import re
import shutil

import pytest
from lab_page import CELLS, LIMIT_MS, LabPage
from lab_server import jupyterlab
from notebook_files import NOTEBOOKS, for_each_notebook, pictures, read
from PIL import Image
from playwright.sync_api import expect, sync_playwright

pytestmark = pytest.mark.browser
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
LIVE = ".jupyter-widgets img"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with jupyterlab(tmp_path_factory.mktemp("learner")) as address:
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


@for_each_notebook
def test_a_notebook_opens_with_title_pictures_and_what_stands_for_its_sliders(browser, server, path):
    page = browser.new_page()
    opened = LabPage(page, server(path.name), path)
    expect(page.locator(f"{CELLS} h1")).to_contain_text(read(path).cells[0].source.splitlines()[0].lstrip("# "))
    images = page.locator(f"{CELLS} .jp-OutputArea-output img")
    expect(images).to_have_count(len(pictures(path)))
    page.wait_for_function(
        "() => [...document.querySelectorAll('.jp-OutputArea-output img')].every(i => i.complete && i.naturalWidth)"
    )
    assert opened.errors() == []
    moved = [number for number, cell in enumerate(opened.stored) if "plot.explore(" in cell.get("source", "")]
    for number in moved:
        expect(opened.output(number)).to_contain_text("Sliders, when the notebook runs - ")
    page.close()


@pytest.fixture(scope="module")
def lab(browser, server):
    """Lab 1, all cells run; the tests below touch different cells of it."""
    opened = LabPage(browser.new_page(), server(NOTEBOOKS[0].name), NOTEBOOKS[0])
    opened.run_all()
    yield opened
    opened.page.close()


def test_all_cells_run_and_the_claims_hold(lab):
    assert lab.errors() == []
    claims = lab.find("nbval-check-output", "assert")
    expect(lab.output(claims)).to_contain_text("All claims hold.")
    expect(lab.page.locator(f"{CELLS} .noUi-handle").first).to_be_attached()


def pixels(image):
    """The picture that an <img> shows."""
    encoded = image.get_attribute("src").partition("base64,")[2]
    return Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB").tobytes()


def test_a_moved_slider_draws_another_picture_and_says_so(lab):
    number = next(i for i, cell in enumerate(lab.stored) if "plot.explore(draw_fit" in cell.source)
    output = lab.output(number)
    default, live, handle = output.locator("img").first, output.locator(LIVE), output.locator(".noUi-handle")
    start = handle.get_attribute("aria-valuetext")
    handle.focus()
    lab.page.keyboard.press("ArrowRight")
    live.wait_for()
    first, first_alt = pixels(live), live.get_attribute("alt")
    assert first != pixels(default)
    output.locator(".noUi-connects").click(position={"x": 2, "y": 1})  # with the mouse, to the left end
    expect(live).not_to_have_attribute("alt", first_alt)
    assert pixels(live) not in (first, pixels(default))
    assert len(first_alt) > 20
    for _ in range(int(start) - int(handle.get_attribute("aria-valuetext"))):
        handle.press("ArrowRight")
    expect(live).to_have_count(0)  # the default's picture is above


def test_an_exercise_is_judged_wrong_then_right_and_counted(lab):
    exercise, check = lab.find("exercise", "def line_through("), lab.find("check", "1.1 line through two points")
    summary = next(i for i, cell in enumerate(lab.stored) if cell.source.startswith("check.summary()"))
    expect(lab.output(check)).to_contain_text("1.1 line through two points: not tried yet.")
    lab.rewrite(exercise, "line_through = lambda x1, y1, x2, y2: (y2 - y1, y1)")
    lab.run(check)
    for part in ("1.1 line through two points: not yet.", "expected", "got", "Hint: First the slope"):
        expect(lab.output(check)).to_contain_text(part)
    lab.run(summary)
    expect(lab.output(summary)).to_contain_text("Exercises: 0 of ")
    lab.rewrite(
        exercise, "line_through = lambda *points: np.linalg.solve([[points[0], 1], [points[2], 1]], points[1::2])"
    )
    lab.run(check)
    expect(lab.output(check)).to_have_text("1.1 line through two points: right.\n")
    lab.run(summary)
    expect(lab.output(summary)).to_contain_text("Exercises: 1 of ")


def test_the_folded_solution_unfolds(lab):
    solution = lab.cell(lab.find("solution", "def line_through_solution"))
    code = solution.locator(".cm-content")
    expect(solution.locator(".jp-Placeholder")).to_contain_text("# @title Solution 1.1")
    expect(code).not_to_be_visible()
    solution.locator(".jp-Placeholder-content").click()
    expect(code).to_contain_text("return a, y1 - a * x1")


def question(lab, name):
    """Its number, its options, and where the verdict is written."""
    number = lab.find("quiz", f'"{name}"')
    return number, lab.output(number).locator("input[type=radio]"), lab.output(number).locator(".widget-html").last


def test_a_question_is_answered_with_the_mouse(lab):
    _, options, verdict = question(lab, "Q1")
    expect(verdict).to_have_text("")
    for option, words in ((0, "Not this one. Supervised learning uses only the 50"), (2, "Right. It uses the labels")):
        options.nth(option).locator("xpath=..").click()  # its label
        expect(verdict).to_contain_text(words)
    assert_counted(lab, "Q1")


def test_a_question_is_answered_with_the_keyboard_alone(lab):
    number, options, verdict = question(lab, "Q3")
    lab.select(0)
    lab.walk_to(number)
    for option, words in ((0, "Not this one. High bias"), (1, "Right. It fits its own sample closely")):
        for _ in range(10):
            if options.nth(option).evaluate("option => option === document.activeElement"):
                break
            lab.page.keyboard.press("Tab")
        lab.page.keyboard.press("Space")
        expect(verdict).to_contain_text(words)
    assert_counted(lab, "Q3")


def assert_counted(lab, name):
    """The summary, run again, has a question among the right ones."""
    summary = next(i for i, cell in enumerate(lab.stored) if cell.source.startswith("check.summary()"))
    lab.run(summary)
    # In one condition: between the old output and the new there is none
    counted = re.compile(rf"^(?!.*\b{name}\b).*Quiz questions: [1-9] of \d right", re.DOTALL)
    expect(lab.output(summary)).to_have_text(counted)
