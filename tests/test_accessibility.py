"""For whoever sees little, sees no colours, or sees nothing: contrast, size of text, and pictures told in words."""

import ast
import base64
import difflib
import html
import io
import itertools
import logging
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import colors
from matplotlib.text import Text
from nbconvert import HTMLExporter
from notebook_files import ROOT, calls, code, code_cells, each_notebook, pictures, text
from PIL import Image

from coursekit import plot

CYCLE = [one["color"] for one in mpl.rcParams["axes.prop_cycle"]]
TEXT_COLOURS = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor")
SMALLEST_TEXT_PX = 8
SIZED = ("fontsize", "labelsize", "size", "titlesize", "title_fontsize")
TEXTS = ("text", "annotate", "legend", "tick_params", "suptitle", "supxlabel", "supylabel", "bar_label", "clabel")
# Says what kind of thing it is, which everybody knows, instead of what can be seen on it.
KIND = r"(image|picture|plot|figure|graph|chart|diagram|output)s?"
EMPTY_WORDS = re.compile(rf"^(an? |the )?{KIND}\b|\b{KIND} (of|that|which|show\w*)\b", re.IGNORECASE)


def contrast(a, b="white"):
    """Contrast of two colours by their relative luminance (WCAG 2.2), 1 to 21."""
    rgb = np.array([colors.to_rgb(a), colors.to_rgb(b)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    dark, light = sorted(linear @ [0.2126, 0.7152, 0.0722])
    return (light + 0.05) / (dark + 0.05)


def test_the_style_stands_out_from_the_background():
    assert contrast("black") == pytest.approx(21)
    assert contrast("#767676") == pytest.approx(4.54, abs=0.005)
    for name, background in itertools.product(TEXT_COLOURS, ("figure.facecolor", "axes.facecolor")):
        assert contrast(mpl.rcParams[name], mpl.rcParams[background]) >= 4.5
    # Seven colours of 3 or more cannot all be told apart by eyes without green cones: the two lightest come last.
    assert min(map(contrast, CYCLE[:5])) >= 3
    assert min(map(contrast, CYCLE[5:])) >= 2.2
    assert mpl.rcParams["lines.linewidth"] >= 2, "a wide line needs less contrast"
    assert len(plot.MARKERS) == len(CYCLE)


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
    for call in (node for node in ast.walk(ast.parse(code(path))) if isinstance(node, ast.Call)):
        function = ast.unparse(call.func).rpartition(".")[2]
        if function in TEXTS or function.startswith("set"):  # set, set_title, set_xlabel, ...
            yield from ((one.value, ast.unparse(call)) for one in call.keywords if one.arg in names)


@each_notebook
def test_no_figure_has_smaller_or_paler_text_or_is_so_wide_that_a_page_shrinks_it(path):
    for size, call in text_arguments(path, SIZED):
        if isinstance(size, ast.Constant):
            assert not isinstance(size.value, str), call
            assert text_px(size.value) >= SMALLEST_TEXT_PX, call
    for color, call in text_arguments(path, ("color", "c", "labelcolor")):
        for leaf in [color.body, color.orelse] if isinstance(color, ast.IfExp) else [color]:
            if isinstance(leaf, ast.Constant) and leaf.value != "white":  # white stands on a dark box or image
                assert contrast(leaf.value) >= 4.5, call
    widths = [Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).width for data, _ in pictures(path)]
    assert max(widths) <= 900


def test_words_that_say_nothing_are_noticed():
    assert EMPTY_WORDS.search("A plot of the loss over ten epochs, in two colours, for both models.")
    assert EMPTY_WORDS.search("This figure shows the loss.")
    assert not EMPTY_WORDS.search("Three steps of k-means: the picture changes until no point moves.")


@each_notebook
def test_every_picture_is_a_png_with_words_of_its_own_that_say_what_is_on_it(path):
    for data, metadata in pictures(path):
        words = data["text/plain"]
        assert [mime for mime in data if mime.startswith("image/")] == ["image/png"]
        assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
        assert metadata["image/png"]["alt"] == words
        assert len(words.split()) >= 10
        assert not EMPTY_WORDS.search(words)
        assert len(words) <= 400, "what takes longer belongs into the text"
    seen = [(data["text/plain"], data["image/png"]) for data, _ in pictures(path)]
    for (a, image_a), (b, image_b) in itertools.combinations(seen, 2):
        assert a != b
        matcher = difflib.SequenceMatcher(None, re.sub(r"\d", "", a), re.sub(r"\d", "", b), autojunk=False)
        alike = matcher.real_quick_ratio() >= 0.9 and matcher.quick_ratio() >= 0.9 and matcher.ratio() >= 0.9
        assert not alike or image_a == image_b, (a, b)
    for alt in re.findall(r"!\[(.*?)\]\(", text(path)):
        assert len(alt) >= 20 or alt == "Open in Colab"
    assert "<img" not in text(path)


@each_notebook
def test_it_becomes_a_web_page_without_a_warning_and_with_the_words(path, caplog):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    template = re.search(r"jupyter nbconvert --to html --template (\w+) ", readme)[1]
    with caplog.at_level(logging.WARNING):
        page, _ = HTMLExporter(template_name=template).from_filename(str(path))
    assert [record.getMessage() for record in caplog.records] == []
    images = re.findall(r"<img\b[^>]*>", page)
    found = [html.unescape(alt) for image in images for alt in re.findall(r'\balt="([^"]+)"', image)]
    assert len(found) == len(images)
    assert "No description has been provided for this image" not in found
    words = [data["text/plain"] for data, _ in pictures(path)]
    assert [alt for alt in found if alt in words] == words


@each_notebook
def test_a_picture_that_a_slider_draws_has_words_made_from_the_setting(path):
    nodes = [node for cell in code_cells(path) for node in ast.walk(ast.parse(cell.source))]
    functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
    for call in calls(code(path), "plot.explore"):
        returned = [node.value for node in ast.walk(functions[call.args[0].id]) if isinstance(node, ast.Return)]
        assert all(isinstance(value, ast.Tuple) for value in returned)
        words = [node for value in returned for node in ast.walk(value.elts[1])]
        assert any(isinstance(node, ast.JoinedStr) for node in words), ast.unparse(call)
