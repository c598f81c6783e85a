"""For whoever sees little, sees no colours, or sees nothing: contrast, size of text, and pictures told in words."""

import ast
import base64
import difflib
import io
import itertools
import logging
import re
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import colors
from matplotlib.text import Text
from nbconvert import HTMLExporter
from notebook_files import calls, code_cells, for_each_notebook, pictures
from PIL import Image

from coursekit import plot

CYCLE = [one["color"] for one in mpl.rcParams["axes.prop_cycle"]]
TEXT_COLOURS = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor")
SMALLEST_TEXT_PX = 8
README = Path(__file__).parents[1] / "README.md"
SIZED = ("fontsize", "labelsize", "size", "titlesize", "title_fontsize")
TEXTS = ("text", "annotate", "legend", "tick_params", "suptitle", "supxlabel", "supylabel", "bar_label", "clabel")
# Says what kind of thing it is, which everybody knows, instead of what can be seen on it.
EMPTY_WORDS = re.compile(
    r"\b(image|picture|plot|figure|graph|chart|diagram)s? (of|that|which|show\w*)\b", re.IGNORECASE
)


def luminance(color):
    """Relative luminance (WCAG 2.2), 0 to 1."""
    rgb = np.array(colors.to_rgb(color))
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(a, b="white"):
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_measured_as_wcag_does():
    assert contrast("black") == pytest.approx(21)
    assert contrast("#767676") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("name", TEXT_COLOURS)
def test_text_stands_out_from_the_background(name):
    for background in ("figure.facecolor", "axes.facecolor"):
        assert contrast(mpl.rcParams[name], mpl.rcParams[background]) >= 4.5


def test_lines_stand_out_from_the_background():
    # With seven colours of 3 or more the sixth and the second can no longer be told apart by eyes without green cones
    # (a search over hues found at most 8 in CIELAB, tests ask for 10). So the two lightest come last, not too light.
    first, last = CYCLE[:5], CYCLE[5:]
    assert min(map(contrast, first)) >= 3
    assert min(map(contrast, last)) >= 2.2
    assert mpl.rcParams["lines.linewidth"] >= 2, "a wide line needs less contrast"


def text_px(points):
    return points * mpl.rcParams["savefig.dpi"] / 72


def test_the_styles_text_is_large_enough():
    fig, ax = plt.subplots()
    ax.plot([0, 1], label="a series")
    ax.set(xlabel="x", ylabel="y", title="A title")
    ax.legend(title="Legend")
    fig.canvas.draw()
    sizes = [text_px(text.get_fontsize()) for text in fig.findobj(Text) if text.get_text()]
    plt.close(fig)
    assert len(sizes) > 10
    assert min(sizes) >= 1.5 * SMALLEST_TEXT_PX


def text_arguments(path, names):
    """What the cells of a notebook give for these arguments where they write text: (value, call)."""
    for cell in code_cells(path):
        for call in (node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)):
            function = ast.unparse(call.func).rpartition(".")[2]
            if function in TEXTS or function.startswith("set"):  # set, set_title, set_xlabel, ...
                yield from ((one.value, ast.unparse(call)) for one in call.keywords if one.arg in names)


@for_each_notebook
def test_no_figure_has_smaller_text(path):
    for size, call in text_arguments(path, SIZED):
        if isinstance(size, ast.Constant):
            assert not isinstance(size.value, str), call
            assert text_px(size.value) >= SMALLEST_TEXT_PX, call


@for_each_notebook
def test_no_figure_has_paler_text(path):
    for color, call in text_arguments(path, ("color", "c", "labelcolor")):
        leaves = [color.body, color.orelse] if isinstance(color, ast.IfExp) else [color]
        for leaf in leaves:
            if isinstance(leaf, ast.Constant) and leaf.value != "white":  # white stands on a dark box or image
                assert contrast(leaf.value) >= 4.5, call


@for_each_notebook
def test_no_picture_is_so_wide_that_a_page_shrinks_its_text(path):
    widths = [Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).width for data, _ in pictures(path)]
    assert max(widths) <= 900


@for_each_notebook
def test_the_words_for_a_picture_say_what_is_on_it(path):
    texts = [data["text/plain"] for data, _ in pictures(path)]
    assert [text for text in texts if len(text.split()) < 10 or EMPTY_WORDS.search(text)] == []
    assert max(map(len, texts)) <= 400, "what takes longer belongs into the text"


@for_each_notebook
def test_no_two_pictures_have_nearly_the_same_words(path):
    seen = [(data["text/plain"], data["image/png"]) for data, _ in pictures(path)]
    for (a, image_a), (b, image_b) in itertools.combinations(seen, 2):
        alike = difflib.SequenceMatcher(None, re.sub(r"\d", "", a), re.sub(r"\d", "", b), autojunk=False).ratio()
        assert alike < 0.9 or image_a == image_b, (a, b)


def test_words_that_say_nothing_are_noticed():
    assert EMPTY_WORDS.search("A plot of the loss over ten epochs, in two colours, for both models.")
    assert EMPTY_WORDS.search("This figure shows the loss.")
    assert not EMPTY_WORDS.search("Three steps of k-means: the picture changes until no point moves.")


class Alternatives(HTMLParser):
    """The `alt` of every image in a page; None where there is none."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.found.append(dict(attributes).get("alt"))


@for_each_notebook
def test_it_becomes_a_web_page_without_a_warning_and_with_the_words(path, caplog):
    template = re.search(r"jupyter nbconvert --to html --template (\w+) ", README.read_text(encoding="utf-8"))[1]
    with caplog.at_level(logging.WARNING):
        page, _ = HTMLExporter(template_name=template).from_filename(str(path))
    assert [record.getMessage() for record in caplog.records] == []
    images = Alternatives()
    images.feed(page)
    words = [data["text/plain"] for data, _ in pictures(path)]
    assert [alt for alt in images.found if alt in words] == words
    assert all(alt and alt != "No description has been provided for this image" for alt in images.found)


@for_each_notebook
def test_a_picture_that_a_slider_draws_has_words_of_its_own(path):
    """Its text is made from the setting, so that another setting is told in other words."""
    functions = {
        node.name: node
        for cell in code_cells(path)
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.FunctionDef)
    }
    for cell in code_cells(path):
        for call in calls(cell.source, "plot.explore"):
            returned = [node.value for node in ast.walk(functions[call.args[0].id]) if isinstance(node, ast.Return)]
            assert all(isinstance(value, ast.Tuple) for value in returned)
            assert any(isinstance(node, ast.JoinedStr) for value in returned for node in ast.walk(value.elts[1])), (
                ast.unparse(call)
            )


def test_markers_are_as_many_as_colours():
    assert len(plot.MARKERS) == len(CYCLE)
