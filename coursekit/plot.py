"""Figures in one style (`coursekit.mplstyle`, applied on import), each stored with a text alternative.

What cannot be drawn or says nothing raises TypeError or ValueError, before anything is displayed.
"""

import base64
import html
import inspect
import io
import math
import threading

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from coursekit.errors import short

plt.style.use("coursekit.coursekit")
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
DRAWING = threading.RLock()  # JupyterLab moves sliders in other threads than cells run in, and pyplot knows only one


def show(fig, alt):
    """Display the matplotlib figure `fig` and close it; `alt` says in words what it shows, in 20 letters or more."""
    from IPython.display import display

    display({"image/png": _png(fig, alt), "text/plain": alt}, metadata={"image/png": {"alt": alt}}, raw=True)


def explore(draw, **sliders):
    """Display `draw` at its default setting, and sliders that redraw it below.

    The default is an ordinary picture, there without a kernel too; a moved slider draws another one below itself.

    Parameters
    ----------
    draw : callable; Takes the sliders' values as keyword arguments, each with a default; returns ``(figure, alt)``
    **sliders : For each argument of `draw`: ``(low, high)``, ``(low, high, step)``, or a list of choices
    """
    import ipywidgets
    from IPython.display import display

    arguments = inspect.signature(draw).parameters
    for name in sliders:
        if name not in arguments or arguments[name].default is inspect.Parameter.empty:
            raise ValueError(f"sliders: {name} is not an argument of draw with a default")
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
            if any(_moved(setting[name], default[name]) for name in default):
                fig, alt = _drawn(draw, setting)
                source = f"data:image/png;base64,{_png(fig, alt)}"
                live.value = f'<img alt="{html.escape(alt)}" src="{source}" style="max-width: 100%">'

    for name, control in controls.items():
        control.description, control.style.description_width = name, "initial"  # long names are not cut off
        control.observe(redraw, "value")
    box = ipywidgets.VBox([*controls.values(), errors, live])
    view = {"model_id": box.model_id, "version_major": 2, "version_minor": 0}
    span = {k: f"{c[0]} to {c[1]}" if isinstance(c, tuple) else " / ".join(map(str, c)) for k, c in sliders.items()}
    text = f"Sliders, when the notebook runs - {'; '.join(f'{k}: {span[k]}, now {default[k]}' for k in sliders)}."
    display({"text/plain": text, "application/vnd.jupyter.widget-view+json": view}, raw=True)


def _moved(value, default):  # a browser gives 0.6 back as 0.6000000000000001
    return value != default and not (isinstance(value, float) and math.isclose(value, default, abs_tol=1e-9))


def _drawn(draw, setting):
    """What `draw` returns; no figure stays open, where another cell or slider would show it."""
    with DRAWING, plt.ioff():
        before = set(plt.get_fignums())
        try:
            drawn = draw(**setting)
        finally:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)
    if isinstance(drawn, tuple) and len(drawn) == 2:
        return drawn
    raise TypeError(f"draw: expected a function that returns (figure, alt), it returned {short(drawn)}")


def _png(fig, alt):
    if not isinstance(fig, Figure):
        raise TypeError(f"fig: expected a matplotlib figure, got {type(fig).__name__}")
    try:
        if len(alt.strip()) < 20:
            raise ValueError(f"alt: expected a sentence that says what the picture shows, got {short(alt)}")
        drawn, small = io.BytesIO(), io.BytesIO()
        fig.savefig(drawn, format="png")
    finally:
        plt.close(fig)
    # A palette of 256 colours looks the same and keeps executed notebooks light: a third of the bytes.
    Image.open(drawn).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
    return base64.b64encode(small.getvalue()).decode()
