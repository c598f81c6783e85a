"""Figures: stored with a text alternative, and redrawn by sliders."""

import base64
import html
import math
import re
import threading

import ipywidgets
import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

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
    with pytest.raises(RuntimeError, match="bad setting"):  # which a notebook shows below the slider
        slider.value = 3
    assert live.value == ""
    assert not plt.get_fignums()


def test_no_figure_is_open_for_others_while_its_picture_is_made(explored, monkeypatch):
    sliders, live, _ = explored
    made, opened = mpl.figure.Figure.savefig, []

    def save(figure, *arguments, **options):
        opened.append(plt.get_fignums())
        made(figure, *arguments, **options)

    monkeypatch.setattr(mpl.figure.Figure, "savefig", save)
    sliders["k"].value = 3
    assert "power 3" in live.value
    assert opened == [[]]


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
