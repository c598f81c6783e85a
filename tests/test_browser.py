"""A newcomer's day: the notebooks in a real JupyterLab and a real browser, by mouse and by keyboard."""

import base64
import io
import os
import re
import shutil

import pytest
from lab_page import AT_END, CELLS, CONTROLS, LIMIT_MS, opened
from lab_server import jupyterlab
from notebook_files import NOTEBOOKS, for_each_notebook, pictures, read
from PIL import Image
from playwright.sync_api import expect, sync_playwright

pytestmark = pytest.mark.browser
NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
LIVE = ".jupyter-widgets img"
CUT_OFF = f"""output => [...output.querySelectorAll(".widget-label, {LIVE}")].filter(it =>
    it.scrollWidth > it.clientWidth || it.getBoundingClientRect().right > output.getBoundingClientRect().right
).map(it => it.textContent || it.alt)"""


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
    with opened(browser, server, path) as lab:
        title = read(path).cells[0].source.splitlines()[0].lstrip("# ")
        expect(lab.page.locator(f"{CELLS} h1")).to_contain_text(title)
        expect(lab.page.locator(f"{CELLS} .jp-OutputArea-output img")).to_have_count(len(pictures(path)))
        lab.page.wait_for_function(
            "() => [...document.querySelectorAll('.jp-OutputArea-output img')].every(i => i.complete && i.naturalWidth)"
        )
        assert lab.errors() == []
        for number in explored(lab):
            expect(lab.output(number)).to_contain_text("Sliders, when the notebook runs - ")


def explored(lab):
    """Numbers of the cells with sliders."""
    return [number for number, cell in enumerate(lab.stored) if "plot.explore(" in cell.get("source", "")]


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def lab(browser, server, request):
    """A notebook, all cells run; the tests below touch different cells of it."""
    with opened(browser, server, request.param) as lab:
        lab.run_all()
        assert lab.errors() == []
        yield lab


in_lab_1 = pytest.mark.parametrize("lab", NOTEBOOKS[:1], ids=lambda path: path.stem, indirect=True)


def test_all_cells_run_and_the_claims_hold(lab):
    claims = lab.find("nbval-check-output", "assert")
    expect(lab.output(claims)).to_have_text(re.compile(r"^All (\d+ )?claims hold\.\s*$"))


def pixels(image):
    """The picture that an <img> shows."""
    encoded = image.get_attribute("src").partition("base64,")[2]
    return Image.open(io.BytesIO(base64.b64decode(encoded))).convert("RGB").tobytes()


@in_lab_1
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


def test_the_first_slider_of_each_picture_draws_another_and_says_so(lab):
    wrong = []
    for number in explored(lab):
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
            assert lab.errors() == []
            lab.wait_for_kernel()
            if pixels(live) != pixels(default) and live.get_attribute("alt") != words:
                break
        wrong += [(number, "same picture")] if pixels(live) == pixels(default) else []
        wrong += [(number, "same words")] if live.get_attribute("alt") == words else []
        wrong += [(number, f"cut off: {what}") for what in output.evaluate(CUT_OFF)]
        for _ in range(moved):
            lab.move(controls.first, -by)
        expect(live).to_have_count(0)  # the default's picture is above
        lab.wait_for_kernel()
        wrong += [(number, "the default is drawn twice")] if live.count() else []
    assert wrong == []


@in_lab_1
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


@in_lab_1
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


@in_lab_1
def test_a_question_is_answered_with_the_mouse(lab):
    _, options, verdict = question(lab, "Q1")
    expect(verdict).to_have_text("")
    for option, words in ((0, "Not this one. Supervised learning uses only the 50"), (2, "Right. It uses the labels")):
        options.nth(option).locator("xpath=..").click()  # its label
        expect(verdict).to_contain_text(words)
    assert_counted(lab, "Q1")


@in_lab_1
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
