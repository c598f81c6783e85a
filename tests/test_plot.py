"""Figures: stored with a text alternative, redrawn by sliders, in colours that every eye can tell apart."""

import base64
import html
import itertools
import re
import threading

import ipywidgets
import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import colors

from coursekit import plot

ALT = 'A line that rises from 1 to 3 & is called "growth" <b>'
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def _no_open_figures():
    plt.close("all")
    yield
    plt.close("all")


def draw(k=2, kind="line"):
    fig, ax = plt.subplots()
    ax.plot([1, k], "-" if kind == "line" else "o")
    return fig, f"{ALT} to the power {k} drawn as {kind}"


def explore(function, widgets, **choices):
    """Call `plot.explore`: the sliders by name, and where the live picture appears."""
    plot.explore(function, **choices)
    sliders = {widget.description: widget for widget in widgets if getattr(widget, "description", "") in choices}
    return sliders, [widget for widget in widgets if isinstance(widget, ipywidgets.HTML)][-1]


@pytest.mark.parametrize("make", [plt.figure, mpl.figure.Figure])
def test_a_figure_is_shown_once_with_its_text_and_closed(shown, make):
    plot.show(make(), alt=ALT)
    ((data, metadata),) = shown
    assert base64.b64decode(data["image/png"]).startswith(PNG)
    assert data["text/plain"] == ALT
    assert metadata == {"image/png": {"alt": ALT}}
    assert not plt.get_fignums()


def test_a_text_that_says_nothing_is_refused_and_the_figure_does_not_stay_open(shown):
    with pytest.raises(ValueError, match="alt: expected a sentence"):
        plot.show(draw()[0], alt="x" * 19 + " " * 9)
    assert not shown
    assert not plt.get_fignums()


def test_explore_shows_the_default_once_and_a_moved_slider_redraws(shown, widgets):
    sliders, live = explore(draw, widgets, k=(1, 5), kind=["line", "points"])
    (picture, metadata), (controls, _) = shown
    assert metadata["image/png"]["alt"] == picture["text/plain"] == f"{ALT} to the power 2 drawn as line"
    said = "Sliders, when the notebook runs - k: 1 to 5, now 2; kind: line / points, now line."
    assert controls["text/plain"] == said
    assert controls["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert live.value == ""
    sliders["k"].value = 4
    image = re.fullmatch(r'<img alt="([^"<>]*)" src="data:image/png;base64,([^"]+)" style=".*">', live.value)
    alt, encoded = image.groups()
    assert html.unescape(alt) == f"{ALT} to the power 4 drawn as line"
    assert base64.b64decode(encoded).startswith(PNG)
    assert encoded != picture["image/png"]
    sliders["kind"].value = "points"
    assert "power 4 drawn as points" in live.value
    sliders["k"].value, sliders["kind"].value = 2, "line"
    assert live.value == "", "the default's picture is above"
    assert len(shown) == 2
    assert not plt.get_fignums()


def test_the_default_that_a_browser_gives_back_is_not_drawn_twice(shown, widgets):
    sliders, live = explore(lambda share=0.6: draw(2 + share), widgets, share=(0.0, 1.0, 0.1))
    sliders["share"].value = 0.6000000000000001
    assert live.value == ""
    sliders["share"].value = 0.7
    assert "to the power 2.7" in live.value


def test_a_draw_that_fails_leaves_no_old_picture_and_no_open_figure(shown, widgets):
    def fails_at_3(k=1):
        figure, alt = draw(k)
        if k == 3:
            raise RuntimeError("bad setting")
        return figure, alt

    sliders, live = explore(fails_at_3, widgets, k=(1, 4))
    sliders["k"].value = 2
    assert live.value
    with pytest.raises(RuntimeError, match="bad setting"):  # which a notebook shows below the slider
        sliders["k"].value = 3
    assert live.value == ""
    assert not plt.get_fignums()


def test_two_sliders_that_move_at_once_are_drawn_one_after_the_other(shown, widgets):
    first_draws, second_draws, drawn = threading.Event(), threading.Event(), []

    def slow(k=1):
        if k == 2:
            first_draws.set()
            second_draws.wait(0.5)  # in vain, unless the other is drawn at the same time
        drawn.append((k, second_draws.is_set()))
        return draw(k)

    def quick(n=1):
        if n == 2:
            second_draws.set()
        return draw(n)

    plot.explore(slow, k=(1, 3))
    plot.explore(quick, n=(1, 3))
    first, second = (w for w in widgets if getattr(w, "description", "") in ("k", "n"))
    threads = [threading.Thread(target=setattr, args=(slider, "value", 2)) for slider in (first, second)]
    for thread in threads:
        thread.start()
        first_draws.wait(60)
    for thread in threads:
        thread.join()
    assert second_draws.is_set()
    assert drawn == [(1, False), (2, False)]


# Linear RGB seen by eyes that lack red, green or blue cones: Machado, Oliveira & Fernandes (2009), table 1.
SEEN_BY = {
    "usual eyes": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(color, seen_by):
    """CIE L*a*b* of a colour as those eyes see it; a distance of 2.3 is just noticeable."""
    from skimage.color import rgb2lab

    rgb = np.array(colors.to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(seen_by) @ linear, 0, 1)
    return rgb2lab(np.where(seen <= 0.0031308, seen * 12.92, 1.055 * seen ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_every_pair_of_colours_is_told_apart_by(eyes):
    cycle = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    assert len(set(cycle)) == len(cycle) == 7
    seen = [lab(color, SEEN_BY[eyes]) for color in [*cycle, "white"]]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 10


def test_the_distance_notices_colours_that_colour_blind_eyes_confuse():
    red, green = "#a05a3c", "#6f7538"
    assert np.linalg.norm(lab(red, SEEN_BY["deuteranopia"]) - lab(green, SEEN_BY["deuteranopia"])) < 10
    assert np.linalg.norm(lab(red, np.eye(3)) - lab(green, np.eye(3))) > 30


def test_neighbouring_lines_differ_in_dashes_and_all_markers_differ():
    _, ax = plt.subplots()
    lines = [ax.plot([0, 1])[0] for _ in range(7)]
    assert all(a.get_linestyle() != b.get_linestyle() for a, b in itertools.pairwise(lines))
    assert len({(line.get_linestyle(), line.get_color()) for line in lines}) == 7
    assert len(set(plot.MARKERS)) == len(plot.MARKERS) == 7
