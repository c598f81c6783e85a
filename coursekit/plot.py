"""Figures in one style, each stored with a text alternative.

Importing this module applies the course's matplotlib style (`coursekit.mplstyle`).
"""

import base64
import html
import inspect
import io
import math
import threading
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from coursekit._shown import shown

plt.style.use(Path(__file__).with_name("coursekit.mplstyle"))

MARKERS = ("o", "^", "s", "D", "v", "P", "X")
DRAWING = threading.RLock()  # JupyterLab moves sliders in other threads than cells run in, and pyplot knows only one


def show(fig, alt):
    """Display a figure with a text alternative, and close it.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        The figure.
    alt : str
        What the picture shows, for whoever does not see it; at least 20 characters.

    Raises
    ------
    TypeError
        If `fig` is not a figure or `alt` not a text.
    ValueError
        If `alt` is too short to say anything.
    """
    from IPython.display import display

    png = _png(fig, alt)
    data = {"image/png": base64.b64encode(png).decode(), "text/plain": alt}
    display(data, metadata={"image/png": {"alt": alt}}, raw=True)


def explore(draw, **sliders):
    """Display `draw` at its default setting, and sliders that redraw it below.

    The default is an ordinary picture, so it is there without a running kernel; the live picture
    appears under the sliders once a setting differs from the default.

    Parameters
    ----------
    draw : callable
        Takes the sliders' values as keyword arguments, each with a default; returns ``(figure, alt)``.
    **sliders
        For each argument of `draw`: ``(low, high)``, ``(low, high, step)``, or a list of choices.

    Raises
    ------
    TypeError
        If `draw` is not callable.
    ValueError
        If a slider does not belong to an argument of `draw` that has a default, or cannot be set to that default.
    """
    import ipywidgets
    from IPython.display import display

    if not callable(draw):
        raise TypeError(f"draw: expected a function, got {type(draw).__name__}")
    try:
        arguments = inspect.signature(draw).parameters
    except ValueError as error:  # of some functions that are not written in Python
        raise TypeError(f"draw: expected a function whose arguments are known ({error})") from error
    for name, choice in sliders.items():
        if name not in arguments or arguments[name].default is inspect.Parameter.empty:
            raise ValueError(f"sliders: {name} is not an argument of draw with a default")
        _require_choice(name, choice, arguments[name].default)
    if not sliders:
        raise ValueError("sliders: expected at least one")
    default = {name: arguments[name].default for name in sliders}
    show(*_drawn(draw, default))

    live, errors = ipywidgets.HTML(), ipywidgets.Output()
    # Not ipywidgets.interact: after each move it shows all figures that are open, also those of a cell that is running.
    controls = {name: ipywidgets.interactive.widget_from_abbrev(sliders[name], default[name]) for name in sliders}

    def redraw(_):
        setting = {name: control.value for name, control in controls.items()}
        live.value = ""  # no old picture under a new setting, also if draw raises
        errors.clear_output()
        with errors:
            if not all(_same(setting[name], default[name]) for name in default):
                live.value = _html_image(*_drawn(draw, setting))

    for name, control in controls.items():
        control.description, control.style.description_width = name, "initial"  # long names are not cut off
        control.observe(redraw, "value")
    box = ipywidgets.VBox([*controls.values(), errors, live])
    view = {"model_id": box.model_id, "version_major": 2, "version_minor": 0}
    ranges = "; ".join(f"{name}: {_describe(choice)}, now {default[name]}" for name, choice in sliders.items())
    text = f"Sliders, when the notebook runs - {ranges}."
    display({"text/plain": text, "application/vnd.jupyter.widget-view+json": view}, raw=True)


def _drawn(draw, setting):
    """What `draw` returns, if it is a pair; no figure stays open, where another cell or slider would show it."""
    with DRAWING, plt.ioff():
        before = set(plt.get_fignums())
        try:
            fig, alt = draw(**setting)
        except BaseException as error:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)
            if isinstance(error, TypeError | ValueError) and "unpack" in str(error):
                raise TypeError("draw: expected a function that returns (figure, alt)") from error
            raise
        if isinstance(fig, Figure):
            plt.close(fig)
    return fig, alt


def _require_choice(name, choice, default):
    numbers = isinstance(choice, tuple) and len(choice) in (2, 3) and all(map(_is_number, choice))
    if not isinstance(choice, list) and not numbers:
        raise TypeError(
            f"sliders: {name} takes (low, high), (low, high, step) or a list of choices, got {shown(choice)}"
        )
    if not numbers:
        fits = any(type(option) is type(default) and option == default for option in choice)
    else:
        low, high, step = (*choice, 1)[:3]
        whole = all(isinstance(number, int) for number in choice)
        fits = step > 0 and _is_number(default) and low <= default <= high and (isinstance(default, int) or not whole)
        if fits and (whole or len(choice) == 3):
            fits = math.isclose(round((default - low) / step), (default - low) / step, abs_tol=1e-6)
    if not fits:
        raise ValueError(f"sliders: {name} cannot be set to its default {shown(default)}, got {shown(choice)}")


def _is_number(thing):
    return isinstance(thing, int | float) and not isinstance(thing, bool) and math.isfinite(thing)


def _same(one, other):
    """Whether two settings are one: a browser gives 0.6 back as 0.6000000000000001."""
    return one == other or (_is_number(one) and _is_number(other) and math.isclose(one, other, abs_tol=1e-9))


def _describe(choice):
    if isinstance(choice, tuple):
        return f"{choice[0]} to {choice[1]}"
    return " / ".join(str(option) for option in choice)


def _html_image(fig, alt):
    encoded = base64.b64encode(_png(fig, alt)).decode()
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{encoded}" style="max-width: 100%">'


def _png(fig, alt):
    if not isinstance(fig, Figure):
        raise TypeError(f"fig: expected a matplotlib figure, got {type(fig).__name__}")
    try:
        if not isinstance(alt, str):
            raise TypeError(f"alt: expected a text, got {type(alt).__name__}")
        if len(alt.strip()) < 20:
            raise ValueError(f"alt: expected a sentence that says what the picture shows, got {shown(alt)}")
        drawn, small = io.BytesIO(), io.BytesIO()
        fig.savefig(drawn, format="png")
    finally:
        plt.close(fig)
    # A palette of 256 colours looks the same and keeps executed notebooks light: a third of the bytes.
    Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    return small.getvalue()
