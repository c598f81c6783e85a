"""Figures: stored with a text alternative, redrawn by sliders, and in a style that every eye can read."""

import base64
import html
import itertools
import math
import re

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


@pytest.fixture
def explored(shown, widgets):
    plot.explore(draw, k=(1, 5), kind=["line", "points"])
    sliders = {widget.description: widget for widget in widgets if getattr(widget, "description", "") in ("k", "kind")}
    live = next(widget for widget in widgets if isinstance(widget, ipywidgets.HTML))
    return sliders, live, shown


def test_a_figure_is_shown_once_with_its_text_and_closed(shown):
    fig, _ = draw()
    plot.show(fig, alt=ALT)
    ((data, metadata),) = shown
    assert base64.b64decode(data["image/png"]).startswith(PNG)
    assert data["text/plain"] == ALT
    assert metadata == {"image/png": {"alt": ALT}}
    assert not plt.get_fignums()


def test_a_figure_made_without_pyplot_is_shown_too(shown):
    fig = mpl.figure.Figure()
    fig.subplots().plot([1, 2])
    plot.show(fig, alt=ALT)
    assert base64.b64decode(shown[0][0]["image/png"]).startswith(PNG)


@pytest.mark.parametrize("alt", ["", "A plot.", " " * 30, "x" * 19])
def test_a_text_that_says_nothing_is_refused(shown, alt):
    with pytest.raises(ValueError, match="alt: expected a sentence"):
        plot.show(draw()[0], alt=alt)
    assert not shown


def test_explore_shows_the_default_once_as_an_ordinary_picture(explored):
    _, live, shown = explored
    (picture, metadata), (controls, _) = shown
    assert metadata["image/png"]["alt"] == picture["text/plain"] == f"{ALT} to the power 2 drawn as line"
    assert controls["text/plain"] == (
        "Sliders, when the notebook runs - k: 1 to 5, now 2; kind: line / points, now line."
    )
    assert controls["application/vnd.jupyter.widget-view+json"]["model_id"]
    assert live.value == ""
    assert not plt.get_fignums()


def test_a_moved_slider_redraws_and_the_default_clears(explored):
    sliders, live, shown = explored
    sliders["k"].value = 4
    match = re.fullmatch(
        r'<img alt="([^"<>]*)" src="data:image/png;base64,([^"]+)" style="max-width: 100%">', live.value
    )
    assert match
    assert html.unescape(match[1]) == f"{ALT} to the power 4 drawn as line"
    assert base64.b64decode(match[2]).startswith(PNG)
    sliders["kind"].value = "points"
    assert "power 4 drawn as points" in live.value
    sliders["k"].value, sliders["kind"].value = 2, "line"
    assert live.value == ""
    assert len(shown) == 2
    assert not plt.get_fignums()


def test_the_default_that_a_browser_gives_back_is_not_drawn_twice(shown, widgets):
    plot.explore(lambda share=0.6: draw(2 + share), share=(0.0, 1.0, 0.1))
    (slider,) = (widget for widget in widgets if getattr(widget, "description", "") == "share")
    live = next(widget for widget in widgets if isinstance(widget, ipywidgets.HTML))
    slider.value = 0.6000000000000001
    assert live.value == ""
    slider.value = 0.7
    assert "to the power 2.7" in live.value


@pytest.mark.parametrize("sliders", [{}, {"unknown": (1, 2)}])
def test_sliders_must_be_arguments_of_draw(shown, sliders):
    with pytest.raises(ValueError, match="sliders: "):
        plot.explore(draw, **sliders)
    assert not shown


@pytest.mark.parametrize("choice", [3, "abc", (1,), (5, 1), (3, 5), (1, "a"), [], ["points"], None], ids=repr)
def test_a_slider_must_have_a_range_or_choices_that_hold_the_default(shown, choice):
    name = "kind" if isinstance(choice, list) else "k"
    with pytest.raises((TypeError, ValueError), match=f"sliders: {name}"):
        plot.explore(draw, **{name: choice})
    assert not shown


@pytest.mark.parametrize(
    ("default", "choice"),
    [
        (2.5, (0, 10)),
        (3, (0, 10, 2)),
        (3, (0, math.inf)),
        (3, (0, 10, 0)),
        (None, (0, 1)),
        ("a", (0, 1)),
        (True, (0, 1)),
    ],
    ids=repr,
)
def test_a_slider_that_cannot_stand_at_the_default_is_refused(shown, default, choice):
    with pytest.raises((TypeError, ValueError), match="sliders: k "):
        plot.explore(lambda k=default: draw(2), k=choice)
    assert not shown


def test_a_draw_that_fails_leaves_no_old_picture_and_no_open_figure(shown, widgets):
    def fails_at_3(k=1):
        figure, alt = draw(k)
        if k == 3:
            raise RuntimeError("bad setting")
        return figure, alt

    plot.explore(fails_at_3, k=(1, 4))
    live = next(widget for widget in widgets if isinstance(widget, ipywidgets.HTML))
    slider = next(widget for widget in widgets if getattr(widget, "description", "") == "k")
    slider.value = 2
    assert live.value
    slider.value = 3
    assert live.value == ""
    assert not plt.get_fignums()


@pytest.mark.parametrize("returned", [None, 3, (1, 2, 3)])
def test_a_draw_that_returns_no_pair_is_named(shown, returned):
    with pytest.raises(TypeError, match=r"draw: expected a function that returns \(figure, alt\)"):
        plot.explore(lambda k=1: returned, k=(1, 2))


def test_a_refused_figure_does_not_stay_open():
    figure, _ = plt.subplots()
    with pytest.raises(ValueError, match="alt: "):
        plot.show(figure, alt="short")
    assert not plt.get_fignums()


def test_an_argument_without_default_gets_no_slider(shown):
    with pytest.raises(ValueError, match="sliders: k is not an argument of draw with a default"):
        plot.explore(lambda k: draw(k), k=(1, 2))


def test_a_draw_that_returns_no_figure_is_named(shown):
    with pytest.raises(TypeError, match="fig: expected a matplotlib figure, got str"):
        plot.explore(lambda k=1: ("figure", ALT), k=(1, 2))


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
    red_and_green = [lab(color, SEEN_BY["deuteranopia"]) for color in ("#a05a3c", "#6f7538")]
    assert np.linalg.norm(np.subtract(*red_and_green)) < 10
    assert np.linalg.norm(np.subtract(*(lab(color, np.eye(3)) for color in ("#a05a3c", "#6f7538")))) > 30


def test_neighbouring_lines_differ_in_dashes_and_all_markers_differ():
    _, ax = plt.subplots()
    lines = [ax.plot([0, 1])[0] for _ in range(7)]
    dashes = [line.get_linestyle() for line in lines]
    assert all(a != b for a, b in itertools.pairwise(dashes))
    assert len({(line.get_linestyle(), line.get_color()) for line in lines}) == 7
    assert len(set(plot.MARKERS)) == len(plot.MARKERS) == 7
