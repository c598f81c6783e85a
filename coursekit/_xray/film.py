"""From attenuation to a picture: the film, its display, and what stands on it beside the patient."""

import numpy as np

SHORTCUTS = ("marker", "border", "size")


def develop(attenuation, random):
    """Turn attenuation into a grey picture from 0 to 1: scatter, noise, logarithm, display, local contrast."""
    from scipy import ndimage
    from skimage import exposure

    size = len(attenuation)
    scatter, photons, contrast, gamma = random.uniform((0.05, 3.3, 0.006, 0.8), (0.22, 4.4, 0.014, 1.2))
    signal = np.exp(-attenuation)
    signal = (1 - scatter) * signal + scatter * ndimage.gaussian_filter(signal, size / 10)
    counts = random.poisson(np.minimum(signal / np.median(signal), 50) * 10**photons)
    film = ndimage.gaussian_filter(-np.log(np.maximum(counts, 1.0)), 0.003 * size)
    film += 0.8 * (film - ndimage.gaussian_filter(film, 0.015 * size))  # edges enhanced, as on digital films
    body = film[attenuation > 0.5]
    low, high = np.percentile(body, (1, 99.5))
    low -= 0.15 * (high - low)
    grey = np.clip((film - low) / (high - low), 0, 1) ** gamma
    return exposure.equalize_adapthist(grey, kernel_size=size // 4, clip_limit=contrast)


def nuisances(image, random, label, shortcut):
    """Paint side marker and collimation border onto a picture from 0 to 1; return where they are."""
    present = random.random(2) < 0.5
    if shortcut in SHORTCUTS[:2]:
        present[SHORTCUTS.index(shortcut)] = bool(label)
    letter, brightness = _letter(len(image), random), random.uniform(0.9, 1)
    opening = _opening(len(image), random)
    if present[1]:
        image *= opening
    if present[0]:  # last: an annotation is stamped onto the finished picture
        image += letter * (brightness - image)
    return (letter > 0.1) & present[0], (opening < 0.5) & present[1]


def _letter(size, random):
    """Opacity of an R or an L beside the chest on the right side: the patient's right is the picture's left."""
    from PIL import Image, ImageDraw, ImageFont

    fine = 4 * size
    picture = Image.new("L", (fine, fine))
    left = random.random() < 0.5
    height, inwards, down = random.uniform((0.11, 0.03, 0.04), (0.14, 0.06, 0.14)) * fine
    ImageDraw.Draw(picture).text(
        (fine - inwards if left else inwards, down),
        "L" if left else "R",
        fill=255,
        font=ImageFont.load_default(height),
        anchor="rt" if left else "lt",
        stroke_width=round(0.05 * height),  # bold
    )
    return np.asarray(picture.resize((size, size), Image.Resampling.BOX)) / 255


def _opening(size, random):
    """Transparency of the collimator: 1 inside, nearly 0 in a border of varied width and slant."""
    widths, slants = random.uniform(0.01, 0.07, 4), random.uniform(-0.02, 0.02, 4)
    along = (np.arange(size) + 0.5) / size
    across = along[:, None]
    sides = (across, along), (1 - across, along), (along, across), (1 - along, across)
    opening = np.ones((size, size))
    for (inwards, sideways), width, slant in zip(sides, widths, slants, strict=True):
        opening = opening * np.clip((inwards - width - slant * (sideways - 0.5)) * size + 0.5, 0.05, 1)
    return opening
