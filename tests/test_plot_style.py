"""The style of the figures: colours, dashes and markers that every eye can tell apart."""

import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib import colors

from coursekit import plot

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
    plt.close()
