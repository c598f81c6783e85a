# %% [markdown]
# # 7. Low-dose CT denoising
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
# - compute what an X-ray loses on its way, and rebuild a CT slice from projections with one matrix and one filter;
# - measure how noise grows as the dose falls, and why it comes in streaks;
# - train a convolutional network that cleans a low-dose image, in six named steps;
# - compare it fairly: other patient, filters tuned on the training patient, a declared HU range;
# - test what it does to what it never saw, and whether a faint lesion survives it.
#
# **Before you start** you need lab 3 (gradient descent), lab 4 (Adam, the training loop that became `train.fit`) and
# lab 5 (convolution, receptive field, counting parameters). From lab 1 you need the test set and the AUC.
#
# **Your digits.** Processors round differently, and in a long training such differences grow. So the last digits of
# what a network brings differ a little from computer to computer; the text quotes them as far as they held on
# several.
#
# For teaching, not for clinical use.

# %% tags=["setup"]
import sys

if "google.colab" in sys.modules:  # a local installation has the course already
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/{{owner}}/{{repository}}@{{branch}}")

# %% tags=["parameters"]
SEED = 0
SOURCE = "bundled"  # or "kaggle", or the path of a folder with one DICOM series for each patient

# %%
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage
from scipy.sparse.linalg import lsqr
from skimage.data import shepp_logan_phantom
from skimage.filters import gaussian
from skimage.metrics import peak_signal_noise_ratio
from skimage.restoration import denoise_bilateral, denoise_nl_means, denoise_tv_chambolle
from skimage.transform import downscale_local_mean, resize
from sklearn.metrics import roc_auc_score
from torch import nn
from torch.utils.data import DataLoader, Dataset

from coursekit import check, ct, data, plot, train

torch.set_num_threads(1)  # networks this small gain little from more cores
train.seed_everything(SEED)

# %% [markdown]
# ## From X-ray to CT
#
# ### What the patient takes away
#
# Send $I_0$ X-ray photons into a body. In each millimetre of tissue a fixed *share* of those that are left is
# absorbed or scattered away. That share (per millimetre, for very thin layers) is the **attenuation coefficient**
# $\mu$ (mu), and it depends on the tissue. What comes out after $x$ mm is the law of **Beer and Lambert**:
#
# $$I = I_0\, e^{-\mu x}$$
#
# For water and the X-rays of a CT scanner $\mu$ is about 0.02 per mm. Before you run the next cell: does twice the
# thickness let half as much through?

# %%
thickness_mm = np.array([0, 50, 100, 200, 300])
transmitted = np.exp(-0.02 * thickness_mm)
for millimetres, share in zip(thickness_mm, transmitted, strict=True):
    print(f"{millimetres:3d} mm of water let {share:.3f} of the photons through")

# %% [markdown]
# Not half, but squared: 100 mm let 0.135 through, 200 mm let $0.135^2 = 0.018$ through. After 300 mm, the width of a
# small chest, 2 photons in 1,000 are left. (In lung, which is mostly air, many more get through.)
#
# Through several tissues in a row the shares multiply, and so the exponents add up: $I = I_0\, e^{-(\mu_1 x_1 + \mu_2
# x_2 + \dots)}$. Turn this around and you have the key to CT:
#
# $$-\ln\frac{I}{I_0} = \mu_1 x_1 + \mu_2 x_2 + \dots$$
#
# The detector counts $I$. Minus its logarithm is a **line integral**: attenuation times length, added up along the
# ray. CT collects many such sums, along many lines, and works out every single $\mu$.
#
# ### Your turn 7.1: through several layers
#
# Write `transmitted_share(mus, lengths_mm)`: the share of the photons that gets through several layers in a row.
# `mus` and `lengths_mm` are arrays of equal length. `np.exp` and `np.sum` help. Do not round.


# %% tags=["exercise"]
def transmitted_share(mus, lengths_mm):
    return ...


# %% tags=["check"]
# @title Check 7.1
check.function(
    "7.1 transmitted share",
    transmitted_share,
    lambda mus, lengths_mm: np.prod([np.e ** (-mu * length) for mu, length in zip(mus, lengths_mm, strict=True)]),
    [
        (np.array([0.02, 0.004, 0.02]), np.array([30.0, 150.0, 30.0])),
        (np.array([0.02]), np.array([100.0])),
        (np.array([0.035, 0.021]), np.array([10.0, 0.0])),
    ],
    hint="Multiply each mu by its length, add up, put a minus in front, and take np.exp.",
)


# %% tags=["solution"]
# @title Solution 7.1
def transmitted_share_solution(mus, lengths_mm):
    return np.exp(-np.sum(mus * lengths_mm))


check.solution("7.1 transmitted share", transmitted_share_solution)

# %% [markdown]
# ### Hounsfield units
#
# $\mu$ depends on the energy of the X-rays, so scanners would disagree about it (for bone and contrast medium even
# the HU still depend on the tube voltage). Radiologists use a scale that is fixed at two materials everybody has: air
# is -1000 and water is 0 **Hounsfield units** (HU).
#
# $$\mathrm{HU} = 1000 \cdot \frac{\mu - \mu_\text{water}}{\mu_\text{water} - \mu_\text{air}}$$
#
# `ct.hu_to_mu` and `ct.mu_to_hu` convert, with $\mu_\text{water}$ = 0.02 and $\mu_\text{air}$ = 0.00002 per mm.

# %%
tissues = {"air": -1000, "lung": -800, "fat": -100, "water": 0, "muscle": 50, "spongy bone": 300, "dense bone": 1200}
for tissue, hu in tissues.items():
    print(f"{tissue:12s}{hu:6d} HU   mu {ct.hu_to_mu(hu):.5f} per mm")

# %% [markdown]
# (Typical values; each tissue has a range.) Muscle and water differ by 50 HU: 5 % of $\mu$. Most of what a
# radiologist looks for in the belly lies in such small differences, and that is why noise matters.
#
# ### Your turn 7.2: Hounsfield units by hand
#
# Write `to_hu(mu)` with the formula above and the two constants 0.02 and 0.00002. Do not round.


# %% tags=["exercise"]
def to_hu(mu):
    return ...


# %% tags=["check"]
# @title Check 7.2
check.function(
    "7.2 Hounsfield units",
    to_hu,
    ct.mu_to_hu,
    [(0.00002,), (0.021,), (np.array([0.02, 0.004, 0.044]),)],
    hint="(mu - 0.02) divided by (0.02 - 0.00002), times 1000.",
)


# %% tags=["solution"]
# @title Solution 7.2
def to_hu_solution(mu):
    return 1000 * (mu - 0.02) / (0.02 - 0.00002)


check.solution("7.2 Hounsfield units", to_hu_solution)

# %% [markdown]
# ### A chest from three sides
#
# Two real chest CTs come with the course, each of one adult with a tumour in the lung. A CT **volume** is a stack of
# slices: 256 x 256 pixels each, 5 mm from slice to slice.

# %%
patient_1, patient_2 = data.load_chest_ct()
for volume in (patient_1, patient_2):
    pixel_mm = volume.spacing_mm[1]
    size = f"{len(volume.hu)} slices, {256 * pixel_mm:.0f} mm wide (pixels of {pixel_mm:.2f} mm)"
    print(f"patient {volume.patient}: {size}, {volume.hu.min()} to {volume.hu.max()} HU")

# %% [markdown]
# A screen has 256 greys and an eye tells even fewer apart, but a volume has thousands of HU. A **window** picks the
# range to look at: its *center* and its *width*. Everything below is black, everything above is white.

# %%
WINDOWS = {"lung": (-600, 1500), "soft tissue": (40, 400), "bone": (400, 1800)}  # center and width in HU


def show_slice(ax, hu, window="soft tissue", title="", aspect=1):
    ax.imshow(ct.window(hu, *WINDOWS[window]), cmap="gray", vmin=0, vmax=1, aspect=aspect)
    ax.set_title(title, fontsize=10)
    ax.axis("off")


# %% [markdown]
# Cut the stack in three directions: **axial** (the slices themselves, seen from the feet, so the patient's right is
# on your left), **coronal** (seen from the front) and **sagittal** (seen from the side).

# %% tags=["figure"]
# @title Axial, coronal and sagittal view of patient 1
fig, axes = plt.subplots(1, 3, figsize=(9, 3.1))
tall = patient_1.spacing_mm[0] / patient_1.spacing_mm[1]  # a voxel is taller than it is wide
show_slice(axes[0], patient_1.hu[28, 60:], "lung", "axial: slice 28")
show_slice(axes[1], patient_1.hu[:, 150], "lung", "coronal: row 150", tall)
show_slice(axes[2], patient_1.hu[:, 60:, 80], "lung", "sagittal: column 80", tall)
plot.show(
    fig,
    alt="Patient 1 in the lung window: an axial slice with both lungs and the heart, a coronal cut from neck to "
    "diaphragm in coarse 5 mm steps, and a sagittal cut through the right lung, front on the left.",
)

# %% [markdown]
# The steps in the coronal and the sagittal view are the 5 mm from slice to slice. Now move through the body, and
# change the window. Which window do you need for a rib, which for a vessel in the lung, which for the heart?


# %%
def draw_window(window="soft tissue", slice_number=28):
    center, width = WINDOWS[window]
    fig, ax = plt.subplots(figsize=(4.4, 3.4))
    hu = patient_1.hu[slice_number, 60:]
    title = f"slice {slice_number}: {window}, {center - width / 2:.0f} to {center + width / 2:.0f} HU"
    show_slice(ax, hu, window, title)
    black, white = np.mean(hu < center - width / 2), np.mean(hu > center + width / 2)
    return fig, (
        f"Slice {slice_number} of patient 1 in the {window} window: {black:.0%} of the pixels are black, "
        f"{white:.0%} are white, the others grey."
    )


plot.explore(draw_window, window=list(WINDOWS), slice_number=(0, 47))

# %% [markdown]
# In the soft-tissue window the lungs are plain black: nothing you do there can be seen. In the lung window heart and
# muscle are one flat grey. A picture without its window says little.
#
# ### Your turn 7.3: a window by hand
#
# Write `to_grey(hu, center, width)`: 0 at the lower end of the window and below, 1 at the upper end and above, a
# straight line in between. `np.clip(x, 0, 1)` cuts off what is below 0 or above 1. Do not round.


# %% tags=["exercise"]
def to_grey(hu, center, width):
    return ...


# %% tags=["check"]
# @title Check 7.3
check.function(
    "7.3 window",
    to_grey,
    lambda hu, center, width: np.interp(hu, [center - width / 2, center + width / 2], [0, 1]),
    [
        (np.array([-1000.0, -160.0, 0.0, 40.0, 100.0, 900.0]), 40, 400),
        (np.array([-900.0, -600.0, -100.0, 1000.0]), -600, 1500),
        (patient_1.hu[20, 100].astype(float), 400, 1800),
    ],
    hint="The lower end is center - width / 2. Subtract it, divide by the width, clip.",
)


# %% tags=["solution"]
# @title Solution 7.3
def to_grey_solution(hu, center, width):
    return np.clip((hu - (center - width / 2)) / width, 0, 1)


check.solution("7.3 window", to_grey_solution)

# %% [markdown]
# ### The machine
#
# A signal goes through a chain: **X-ray -> object -> attenuated X-ray -> scintillator -> light -> photodiode ->
# electric signal**. The scintillator is a crystal that glows when an X-ray hits it; the photodiode turns the glow
# into current. The parts:
#
# | Part | What it does |
# |---|---|
# | generator | makes the high voltage (80 to 140 kV) for the X-ray tube |
# | gantry | the ring that carries tube and detector around the patient |
# | collimator | lead blades that leave only the fan of rays that is needed |
# | bow-tie filter | metal or plastic, thick at its edges: spares the thin outer parts of the body |
# | detector | rows of scintillators with photodiodes |
#
# Scanners are sorted into **generations**:
#
# | Generation | Beam | Detectors | Motion | A slice takes |
# |---|---|---|---|---|
# | 1st | pencil | 1-2 | translate, then rotate by 1 degree | 5 min |
# | 2nd | narrow fan | 20-60 | translate, then rotate by 10 degrees | 1 min |
# | 3rd | wide fan | 300-1000 | rotate-rotate: tube and detector turn together | 1-10 s |
# | 4th | wide fan | 1200-4000 | only the tube turns, the ring of detectors stands still | |
# | electron beam | fan | fixed ring | nothing turns: an electron beam sweeps over a target | 0.05-0.1 s |
# | multi-detector row | cone | many rows | as the 3rd, many slices in one turn | |
#
# Today's scanners are of the 3rd generation with many rows. What did that mean for our patient 1, with 48 slices?

# %%
step_degrees = {"1st": 1, "2nd": 10}
seconds_a_slice = {"1st": (300, 300), "2nd": (60, 60), "3rd": (1, 10), "electron beam": (0.05, 0.1)}
stops = {name: 180 // step for name, step in step_degrees.items()}
chest_minutes = {name: np.array(seconds) * len(patient_1.hu) / 60 for name, seconds in seconds_a_slice.items()}
print("stops in half a turn:", stops)
for name, (fastest, slowest) in chest_minutes.items():
    unit, factor = ("minutes", 1) if slowest > 1 else ("seconds", 60)
    span = " to ".join(f"{value * factor:g}" for value in np.unique([fastest, slowest]))
    print(f"{name:14s}48 slices in {span} {unit}")

# %% [markdown]
# Four hours in the first generation, 48 minutes in the second, at most 8 minutes in the third. The electron beam
# needs 2.4 to 4.8 seconds for all slices; 0.05 seconds for one are fast enough to freeze a beating heart.
#
# ### Projections: sums along rays
#
# Now the mathematics. Take an image of 4 x 4 pixels and send rays straight down its columns (angle 0), then straight
# along its rows (angle 90 degrees). Each detector element gets one sum. All sums of one angle are a **projection**.

# %%
tiny = np.array([[0, 1, 2, 0], [1, 5, 3, 1], [2, 1, 1, 2], [0, 2, 1, 0]])
column_sums, row_sums = tiny.sum(axis=0), tiny.sum(axis=1)
print(tiny)
print("down the columns:", column_sums)
print("along the rows:  ", row_sums)

# %% [markdown]
# A ray is a weighted sum of pixels, and so all rays together are *one matrix*: a row for each ray, a column for each
# pixel, and in it the length of that ray in that pixel. Sinogram = matrix @ image. For slanted rays we do what Joseph
# proposed in 1982: a ray crosses each row of pixels between two of them (or each column, if the ray is flatter than
# 45 degrees) and its length there is shared between the two, more for the nearer one.


# %%
def ray_matrix(size, n_angles):
    """Length of each ray in each pixel; a row for each ray, a column for each pixel."""
    middle = (size - 1) / 2
    lengths = np.zeros((n_angles, size, size, size))  # angle, ray, row, column
    for number, angle in enumerate(np.pi * np.arange(n_angles) / n_angles):
        cos, sin = np.cos(angle), np.sin(angle)
        steep = abs(cos) >= abs(sin)
        for ray, line in np.ndindex(size, size):  # where does this ray cross this row (or column)?
            t, s = ray - middle, line - middle
            place = middle + ((t + s * sin) / cos if steep else (s * cos - t) / sin)
            left = int(np.floor(place))
            for pixel, share in ((left, left + 1 - place), (left + 1, place - left)):
                row, column = (line, pixel) if steep else (pixel, line)
                if np.hypot(row - middle, column - middle) <= size / 2:  # the scanner sees a circle only
                    lengths[number, ray, row, column] = share / max(abs(cos), abs(sin))
    return lengths.reshape(n_angles * size, size * size)


# %%
by_hand = ray_matrix(4, 2)
print((by_hand @ tiny.ravel()).reshape(2, 4).round(3))

largest_gaps = []
for size, n_angles in ((4, 2), (9, 12), (16, 7)):
    library = ct.Projector(size, n_angles)
    largest_gaps.append(abs(ray_matrix(size, n_angles) - library.matrix.toarray()).max())
print("same matrix as ct.Projector:", max(largest_gaps) < 1e-6)

# %% [markdown]
# At 0 degrees the column sums, at 90 degrees the row sums from bottom to top (the detector has turned with the
# gantry). `ct.Projector` makes the same matrix, for real sizes. It stores only what is not zero, a **sparse** matrix:

# %%
projector = ct.Projector(128, 180, pixel_mm=2.0)
rays, pixels = projector.matrix.shape
print(f"{rays:,} rays x {pixels:,} pixels = {rays * pixels / 1e6:.0f} million entries")
print(f"of these {projector.matrix.nnz / (rays * pixels):.2%} are not zero")

# %% [markdown]
# ### The sinogram
#
# Put the projections of all angles under each other and you get the **sinogram**. Before you run the next cell: think
# of a single bright dot away from the middle. While the gantry turns, where does its shadow fall? Which curve does it
# draw?

# %%
dot = np.zeros((128, 128), dtype=np.float32)
dot[40, 90] = 1
chest_mu = ct.hu_to_mu(downscale_local_mean(np.maximum(patient_1.hu[28], -1000), (2, 2))).astype(np.float32)
dot_sinogram, chest_sinogram = projector.forward(dot), projector.forward(chest_mu)
print("one row for each angle, one column for each detector element:", chest_sinogram.shape)
largest = chest_sinogram.max()
print(f"largest line integral {largest:.2f}: exp(-{largest:.2f}) = {np.exp(-largest):.4f} of the photons get through")

# %% tags=["figure"]
# @title Sinograms of a dot and of a chest
fig, axes = plt.subplots(1, 2, figsize=(8, 3.2))
for ax, sinogram, title in zip(axes, (dot_sinogram, chest_sinogram), ("a dot", "a chest"), strict=True):
    shown = ax.imshow(sinogram, cmap="gray", aspect="auto", extent=(0, 128, 180, 0))
    ax.set(xlabel="detector element", ylabel="angle (degrees)", title=title)
    ax.grid(visible=False)
fig.colorbar(shown, label="line integral (chest)")
plot.show(
    fig, alt="The sinogram of a dot is half a sine wave; that of a chest is a bundle of such waves, one for each pixel."
)

# %% [markdown]
# A dot draws a sine wave (half of one, as the gantry turns half a circle), which gave the sinogram its name. A chest
# is many dots, so its sinogram is many sine waves on top of each other. This is all the scanner measures. The rest is
# computation.
#
# ### Back-projection
#
# How to go back? The plainest idea: each projection only says how much lay on each ray, not where. So smear each
# value evenly along its ray, for all angles, and add up. In matrix words: multiply by the *transposed* matrix, which
# hands each ray's value to every pixel that the ray has met. Before you run it: is the sum of all smears the image?

# %%
smears = {"4 angles": np.arange(0, 180, 45), "12 angles": np.arange(0, 180, 15), "180 angles": np.arange(180)}
smeared = {}
for name, angles_used in smears.items():
    only_these = np.zeros_like(dot_sinogram)
    only_these[angles_used] = dot_sinogram[angles_used]
    smeared[name] = projector.back(only_these)
smeared["180 angles, a chest"] = projector.back(chest_sinogram)

# %% tags=["figure"]
# @title Back-projection without a filter
fig, axes = plt.subplots(1, 4, figsize=(9, 2.6))
for ax, (name, picture) in zip(axes, smeared.items(), strict=True):
    top = picture.max() * (0.25 if "chest" not in name else 1)
    ax.imshow(picture, cmap="gray", vmin=0, vmax=top)
    ax.set_title(name, fontsize=10)
    ax.axis("off")
plot.show(
    fig,
    alt="A dot comes back as a star of 4 or 12 rays, and with 180 angles as a spot with a wide halo; the chest comes "
    "back so blurred that only lungs and spine can be guessed.",
)

# %%
row = smeared["180 angles"][40, 90:]  # from the dot to the right
for d in (2, 4, 8, 16):
    print(f"{d:2d} pixels from the dot: brightness {row[d]:.1f}, times the distance {row[d] * d:.1f}")

# %% [markdown]
# The dot comes back with a halo, because every ray through it also brightens all other pixels on its way. The halo
# falls off like 1 / distance: brightness times distance stays the same. With a halo around *every* pixel the chest is
# a blur.
#
# (In the star of 4 angles one diagonal is thin and bright, the other broad and dim: there the dot's shadow falls
# between two detector elements, and both get a share. The dots are shown with white at a quarter of their maximum.)
#
# ### Your turn 7.4: smear back by hand
#
# Two angles only. Write `smear_back(column_sums, row_sums)`: an image in which the pixel in row `r` and column `c` is
# `row_sums[r] + column_sums[c]` (rows here from top to bottom). Both arguments are arrays. `row_sums[:, None]` turns
# an array into a column, and NumPy adds a column and a row to a table. Try it on paper for the single dot
# `[0, 1, 0]`, `[0, 0, 1]`: a cross.


# %% tags=["exercise"]
def smear_back(column_sums, row_sums):
    return ...


# %% tags=["check"]
# @title Check 7.4
check.function(
    "7.4 smear back",
    smear_back,
    lambda columns, rows: np.outer(np.ones(len(rows)), columns) + np.outer(rows, np.ones(len(columns))),
    [(np.array([0, 1, 0]), np.array([0, 0, 1])), (column_sums, row_sums), (np.array([1.0, 2.0]), np.array([5.0, 0.5]))],
    hint="row_sums[:, None] + column_sums. In the cross, the crossing itself holds 2.",
)


# %% tags=["solution"]
# @title Solution 7.4
def smear_back_solution(column_sums, row_sums):
    return row_sums[:, None] + column_sums


check.solution("7.4 smear back", smear_back_solution)

# %% [markdown]
# ### Filtered back-projection
#
# The halo can be computed, so it can be undone *before* smearing: sharpen each projection so that the halos of all
# angles cancel. The right sharpening is a convolution with this kernel, the **ramp filter** (called so because it
# amplifies each frequency in proportion to its height): 1/4 in the middle, $-1/(\pi k)^2$ at odd distances $k$, 0 at
# even ones. **FBP**, filtered back-projection, is: filter, smear, and take the mean over the angles (the sum, divided
# by how much of the rays each pixel has met), times $\pi$, divided by the width of a pixel.

# %%
distance = np.arange(-127, 128)
odd = distance % 2 == 1
ramp = np.where(distance == 0, 0.25, 0.0)
ramp[odd] = -1 / (np.pi * distance[odd]) ** 2
print("the middle of the kernel:", ramp[124:131].round(4))

# a convolution of 128 with 255 values has 382; keep the 128 that lie above the detector
filtered_rows = np.array([np.convolve(row, ramp)[127:255] for row in chest_sinogram])
seen = np.maximum(projector.back(np.ones_like(chest_sinogram)), 1e-6)  # how much of the rays each pixel has met
fbp_by_hand = projector.back(filtered_rows) / seen * np.pi / 2.0  # pi: half a turn of angles; 2.0: mm per pixel
fbp_gap = abs(fbp_by_hand - projector.fbp(chest_sinogram)).max()
print("same image as projector.fbp:", fbp_gap < 1e-5)

# %% tags=["figure"]
# @title One projection, the same filtered, and the slice that comes out
fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3), width_ratios=(1.5, 1))
left.plot(chest_sinogram[90] / chest_sinogram[90].max(), label="projection at 90 degrees")
left.plot(filtered_rows[90] / filtered_rows[90].max(), label="filtered")
left.set(xlabel="detector element", ylabel="relative to its maximum")
left.legend(fontsize=9)
show_slice(right, ct.mu_to_hu(fbp_by_hand)[30:], "soft tissue", "FBP from 180 angles")
plot.show(
    fig,
    alt="The filtered projection swings below zero at each edge; smeared back it gives a sharp chest slice, with a "
    "fine hatching in the soft tissue at its sides.",
)

# %% [markdown]
# The filtered projection dips below zero beside everything bright: that eats the halo. (The blue curve does not begin
# at 0: the patient lies low, and the back reaches the rim of the field of view. The slice is shown without the air
# above.) But a filter that amplifies high frequencies amplifies noise too. Remember that for the section on dose.
# **Window functions** (`shepp-logan`, `hann`) tame the ramp at high frequencies: less noise for less detail.
#
# The fine hatching in the outer soft tissue is no anatomy. It comes from the pixel grid and the sharp ramp, which
# amplifies the finest pattern most. Do more angles remove it, or a window? Measure the finest pattern, the diagonal
# differences within each 2 x 2 pixels. Make a guess first.

# %%
slices = {"the slice itself": ct.mu_to_hu(chest_mu)}
for n_angles, window in ((180, "ramp"), (400, "ramp"), (180, "hann")):
    scanner = ct.Projector(128, n_angles, pixel_mm=2.0)
    slices[f"{n_angles} angles, {window}"] = ct.mu_to_hu(scanner.fbp(scanner.forward(chest_mu), window))
hatching = {}
for name, hu in slices.items():
    diagonal = hu[::2, ::2] - hu[::2, 1::2] - hu[1::2, ::2] + hu[1::2, 1::2]
    hatching[name] = np.median(abs(diagonal[ct.in_circle(64)]))
    print(f"{name:18s}median diagonal difference {hatching[name]:.1f} HU")

# %% [markdown]
# More than twice as many angles leave most of it (30.9 of 36.8 HU). With `hann` it is nearly gone: 14.8 HU, where the
# slice itself has 14.0.
#
# ### No inverse crime
#
# Whoever simulates with the same matrix with which they reconstruct deceives themselves. The sinogram then *is*
# matrix @ image, and a program that solves this equation finds the image back, far better than any scanner could: the
# **inverse crime**. Real bodies do not consist of small squares. `ct.scan` therefore integrates along rays on a grid
# twice as fine, two rays for each detector element, and averages their *intensities*, as a detector does.
#
# We catch the crime with a small image (32 x 32 pixels) and `lsqr`, which finds the image whose sinogram fits best.


# %%
fov_mm = 256 * patient_1.spacing_mm[1]  # the width of a slice: the field of view
slice_256 = np.where(ct.in_circle(256), np.maximum(patient_1.hu[28], -1000), -1000).astype(np.float32)
slice_64 = downscale_local_mean(slice_256, (4, 4))
slice_32 = np.where(ct.in_circle(32), downscale_local_mean(slice_64, (2, 2)), -1000)

small = ct.Projector(32, 180, fov_mm / 32)
measured = {"crime": small.forward(ct.hu_to_mu(slice_32)), "honest": ct.scan(slice_64, fov_mm=fov_mm, size=32)}
crime_error = {}
for name, sinogram in measured.items():
    solved = lsqr(small.matrix * small.pixel_mm, sinogram.ravel(), iter_lim=300)[0].reshape(32, 32)
    crime_error[name] = abs(ct.mu_to_hu(solved) - slice_32)[ct.in_circle(32)].mean()
    print(f"{name:8s}mean error {crime_error[name]:.1f} HU, without any noise")

# %% [markdown]
# With the crime the slice comes back almost exactly; with the honest scan the same program is about a hundred HU off
# (the pixels are 9 mm wide here). Every method looks brilliant on criminal data. From here on all measurements are
# honest.
#
# `ct.reconstruct` is FBP in HU. Here is our slice at 128 x 128 pixels of 2.3 mm, which we use from now on.

# %%
circle = ct.in_circle(128)
chest_true = np.where(circle, downscale_local_mean(slice_256, (2, 2)), -1000)
chest_scan = ct.scan(slice_256, n_angles=180, fov_mm=fov_mm, size=128)
chest_fbp = ct.reconstruct(chest_scan, fov_mm)
error = abs(chest_fbp - chest_true)
print(f"FBP without noise: median error {np.median(error[circle]):.1f} HU, mean error {error[circle].mean():.1f} HU")

# %% [markdown]
# The mean is larger than the median: a few pixels, those at edges, are far off. With too few angles it gets worse.
# Move the sliders: how few angles are enough for you, and what does the filter change?

# %%
angle_choices = [12, 18, 36, 60, 90, 180]


def draw_angles(angles=36, filter="ramp"):
    image = ct.reconstruct(chest_scan[:: 180 // angles], fov_mm, filter)
    error = abs(image - chest_true)[circle].mean()
    fig, ax = plt.subplots(figsize=(4.4, 3.4))
    show_slice(ax, image[30:], "soft tissue", f"{angles} angles, {filter} filter: mean error {error:.0f} HU")
    return fig, f"A chest slice from {angles} angles with the {filter} filter, {error:.0f} HU off on average."


plot.explore(draw_angles, angles=angle_choices, filter=["ramp", "shepp-logan", "hann"])

# %% [markdown]
# With few angles the rays of the star of the dot do not cancel and draw streaks across the image. `hann` blurs edges,
# and takes the fine hatching with them.
#
# ### One bad detector
#
# In the third generation tube and detector turn together, so each detector element always sees rays at the *same
# distance* from the centre. Before you run the next cell: one element reads 3 % of its photons too few, at all
# angles. What does the image show? (In a full turn the element meets both sides, so we spoil both.)

# %%
spoiled = chest_scan.copy()
spoiled[:, [84, 43]] += -np.log(0.97)  # 3 % of the photons missing
ring = ct.reconstruct(spoiled, fov_mm) - chest_fbp
from_middle = np.hypot(*np.mgrid[-63.5:64, -63.5:64])
on_ring = abs(from_middle - 20.5) < 0.7
print(f"on a circle of radius 20.5 pixels: {ring[on_ring].mean():.0f} HU, elsewhere {ring[~on_ring].mean():.1f} HU")

# %% tags=["figure"]
# @title A ring artefact
fig, axes = plt.subplots(1, 2, figsize=(7.2, 3))
show_slice(axes[0], ct.reconstruct(spoiled, fov_mm)[30:], "soft tissue", "one element 3 % off")
axes[1].imshow(ring[30:], cmap="gray", vmin=-150, vmax=150)
axes[1].set_title("difference, -150 to 150 HU", fontsize=10)
axes[1].axis("off")
plot.show(fig, alt="A bright ring around the centre of the image, drawn by the one faulty detector element.")

# %% [markdown]
# A **ring artefact**, the well-known weakness of the third generation. The fourth did not have it, but needed
# thousands of detectors; in the end it was easier to calibrate the detectors well.
#
# ## Dose and noise
#
# X-rays come as single photons. If a detector element should get $N$ photons on average, it counts a random number
# from the **Poisson distribution**, whose standard deviation (sd) is $\sqrt N$. More photons: more noise in the
# count, but *less* noise relative to the count.

# %%
rng = np.random.default_rng(SEED)
for photons in (100, 10_000, 1_000_000):
    counts = rng.poisson(photons, size=200_000)
    print(f"{photons:9,d} photons: sd {counts.std():7.1f}, that is {counts.std() / photons:.2%} of the count")

# %% [markdown]
# A hundred times the photons, a tenth of the relative noise. At the same tube voltage the dose to the patient is
# proportional to the number of photons. The **effective dose** in millisievert (mSv) weighs the energy that each
# organ takes up by its risk: about 8 mSv for a chest CT, about 1.5 mSv for a low-dose screening CT (numbers of the
# National Lung Screening Trial); nature gives about 2.4 mSv a year. Less dose is better, as long as the question can
# still be answered.
#
# Now measure it in an image: a disc of water, scanned with 2,500 to 160,000 photons per ray. We subtract the image
# without noise; what is left is noise. Before you run it: four times the photons, and the sd in HU becomes ...?

# %%
fine_distance = np.hypot(*np.mgrid[-127.5:128, -127.5:128])
water_scan = ct.scan(np.where(fine_distance < 90, 0.0, -1000.0), fov_mm=300, size=128)
eight = np.repeat(water_scan[None], 8, axis=0)  # eight measurements of the same disc
centre = from_middle < 20
dose_photons = 2500 * 4 ** np.arange(4)
noise_sd = []
for photons in dose_photons:
    noise = ct.reconstruct(ct.noisy_sinogram(eight, photons, seed=SEED), 300) - ct.reconstruct(water_scan, 300)
    noise_sd.append(noise[:, centre].std())
    print(f"{photons:7,d} photons: noise sd {noise_sd[-1]:.1f} HU")
slope = np.polyfit(np.log(dose_photons), np.log(noise_sd), 1)[0]
print(f"slope in a log-log plot: {slope:.3f}")

# %% [markdown]
# Each step quadruples the photons and halves the noise: sd ~ $1/\sqrt{\text{dose}}$, a line of slope -1/2 when both
# axes are logarithmic. Turned round: half the noise costs four times the dose. That is the bargain a denoiser tries
# to improve.
#
# ### Your turn 7.5: what does less noise cost?
#
# Write `photons_needed(photons, sd_now, sd_wanted)`: with `photons` per ray the noise is `sd_now` HU; how many
# photons per ray give `sd_wanted` HU? Do not round.


# %% tags=["exercise"]
def photons_needed(photons, sd_now, sd_wanted):
    return ...


# %% tags=["check"]
# @title Check 7.5
check.function(
    "7.5 photons needed",
    photons_needed,
    lambda photons, now, wanted: np.exp(np.log(photons) + 2 * (np.log(now) - np.log(wanted))),
    [(10_000, 60.0, 30.0), (10_000, 50.0, 10.0), (100_000, 20.0, 35.0)],
    hint="The noise goes with one over the root of the photons; so the photons go with one over the noise squared.",
)


# %% tags=["solution"]
# @title Solution 7.5
def photons_needed_solution(photons, sd_now, sd_wanted):
    return photons * (sd_now / sd_wanted) ** 2


check.solution("7.5 photons needed", photons_needed_solution)

# %% [markdown]
# ### Why the noise is streaky
#
# Now a real slice: the shoulders of patient 2, at 10,000 photons per ray. A ray from shoulder to shoulder passes some
# 30 cm of muscle and bone; a ray from front to back much less.

# %%
fov_2 = 256 * patient_2.spacing_mm[1]
shoulders = np.where(ct.in_circle(256), np.maximum(patient_2.hu[3], -1000), -1000)
shoulder_scan = ct.scan(shoulders, fov_mm=fov_2, size=128)
arriving = 10_000 * np.exp(-shoulder_scan)  # photons, on average
print(f"front to back  (0 degrees):  at least {arriving[0].min():.0f} of 10,000 photons arrive")
print(f"side to side (90 degrees): at least {arriving[90].min():.0f} of 10,000 photons arrive")

# %% [markdown]
# Ten photons give a count with 30 % noise. The logarithm carries it on, the ramp filter amplifies it, and
# back-projection smears each wrong value along its ray, across the whole image: a **streak**. The noise of one pixel
# is therefore tied to that of its neighbours. Compare it with **white noise** of the same sd, in which every pixel is
# independent. The **correlation** between a pixel and its neighbour is 0 for white noise.

# %%
clean = ct.reconstruct(shoulder_scan, fov_2)
noisy_shoulders = ct.reconstruct(ct.noisy_sinogram(shoulder_scan, 10_000, seed=SEED), fov_2)
ct_noise = noisy_shoulders - clean
white_noise = np.random.default_rng(SEED).normal(0, ct_noise[circle].std(), ct_noise.shape)


def neighbour_correlation(noise, rows, columns):
    """Correlation of the pixels in the middle with those so many rows and columns away."""
    here = noise[44:84, 24:104]
    there = noise[44 + rows : 84 + rows, 24 + columns : 104 + columns]
    return np.corrcoef(here.ravel(), there.ravel())[0, 1]


for name, noise in (("CT noise", ct_noise), ("white noise", white_noise)):
    beside, below = neighbour_correlation(noise, 0, 1), neighbour_correlation(noise, 1, 0)
    print(f"{name:12s}neighbour beside {beside:+.2f}, neighbour below {below:+.2f}")

# %% tags=["figure"]
# @title Streaks through the shoulders
fig, axes = plt.subplots(1, 3, figsize=(9, 3))
show_slice(axes[0], noisy_shoulders, "soft tissue", "10,000 photons per ray")
for ax, noise, title in ((axes[1], ct_noise, "its noise"), (axes[2], white_noise, "white noise, same sd")):
    ax.imshow(np.where(circle, noise, 0), cmap="gray", vmin=-300, vmax=300)
    ax.set_title(title, fontsize=10)
    ax.axis("off")
plot.show(
    fig,
    alt="The noise of the shoulder slice is drawn out into horizontal streaks between the shoulders, while white noise "
    "of the same size is even grain.",
)

# %% [markdown]
# Sideways neighbours agree, because they lie on the same starved rays; the neighbours above and below swing the other
# way, because the ramp filter puts a negative value beside each positive one. A filter that assumes white noise takes
# such streaks for structure. A network can learn what they look like.
#
# Turn the dose down yourself.


# %%
def draw_dose(photons=10_000, window="soft tissue"):
    image = ct.reconstruct(ct.noisy_sinogram(chest_scan, photons, seed=SEED), fov_mm)
    sd = (image - chest_fbp)[circle].std()
    fig, ax = plt.subplots(figsize=(4.4, 3.4))
    show_slice(ax, image[30:], window, f"{photons:,} photons per ray: noise sd {sd:.0f} HU")
    return fig, f"A chest slice at {photons:,} photons per ray, {window} window; the noise has an sd of {sd:.0f} HU."


plot.explore(draw_dose, photons=[1000, 3000, 10_000, 30_000, 100_000], window=list(WINDOWS))

# %% [markdown]
# In the lung window 10,000 photons are nearly enough; in the soft-tissue window they are not. How much dose is needed
# depends on the question.
#
# From here on 100,000 photons per ray are the **full dose**, and 10,000, a tenth, the **low dose**.
#
# ## How close are two images?
#
# **PSNR**, the peak signal-to-noise ratio, turns the mean squared error (MSE) into decibels (dB). $R$ is the range of
# values that counts:
#
# $$\mathrm{PSNR} = 10 \log_{10} \frac{R^2}{\mathrm{MSE}}$$
#
# 10 dB more is a tenth of the MSE; 3 dB more is half of it. **SSIM**, the structural similarity, compares means,
# spreads and correlation in small neighbourhoods: 1 is equal, 0 unrelated. Both need the range, and here papers play
# tricks without wanting to. `ct.psnr(image, truth, hu_range)` first clips both images to the range and counts only
# the field of view. Before you run it: the same two images, three ranges. Same score?

# %%
low = ct.reconstruct(ct.noisy_sinogram(chest_scan, 10_000, seed=SEED), fov_mm)
ranges = {"everything": (-1000, 3000), "air to dense bone": (-1000, 1000), "soft tissue": (-160, 240)}
range_psnr = {name: ct.psnr(low, chest_true, hu_range) for name, hu_range in ranges.items()}
for name, hu_range in ranges.items():
    print(f"{name:18s}{hu_range!s:14s} PSNR {range_psnr[name]:.1f} dB, SSIM {ct.ssim(low, chest_true, hu_range):.3f}")

# %% [markdown]
# The same image has 36, 30 or 20 dB. A PSNR without its range says nothing, and two papers with different ranges
# cannot be compared. We declare: **PSNR over -1000 to 1000 HU, SSIM in the soft-tissue window (-160 to 240 HU), both
# inside the field of view, against the truth, mean over the slices.**
#
# ### Your turn 7.6: PSNR by hand
#
# Write `my_psnr(image, truth, low, high)`: clip both arrays to `low` ... `high` with `np.clip(x, low, high)`, take
# the MSE over all pixels and return the PSNR in dB. `np.log10` is the logarithm. Do not round.


# %% tags=["exercise"]
def my_psnr(image, truth, low, high):
    return ...


# %% tags=["check"]
# @title Check 7.6
check.function(
    "7.6 PSNR",
    my_psnr,
    lambda image, truth, low, high: peak_signal_noise_ratio(
        truth.clip(low, high), image.clip(low, high), data_range=high - low
    ),
    [
        (np.array([0.0, 50.0, 2000.0]), np.array([10.0, 50.0, 1200.0]), -1000, 1000),
        (low[60], chest_true[60], -160, 240),
        (low, chest_true, -1000, 3000),
    ],
    hint="R is high - low. Clip, then the mean of the squared differences, then 10 * np.log10(R**2 / MSE).",
)


# %% tags=["solution"]
# @title Solution 7.6
def my_psnr_solution(image, truth, low, high):
    mse = np.mean((np.clip(image, low, high) - np.clip(truth, low, high)) ** 2)
    return 10 * np.log10((high - low) ** 2 / mse)


check.solution("7.6 PSNR", my_psnr_solution)

# %% [markdown]
# ## The task: a function from image to image
#
# In lab 1 you were given five pairs of numbers, and found the function behind them.

# %%
x, y = np.array([2, 3, 4, 5, 6]), np.array([6, 8, 10, 12, 14])
slope_found, intercept_found = np.polyfit(x, y, 1)
print(f"y = {slope_found:.2f} x + {intercept_found:.2f}")

# %% [markdown]
# $y = f(x)$ with $f(x) = 2x + 2$: two parameters, found from pairs. Denoising is the same task. Only now $x$ is a
# low-dose slice with 16,384 pixels, $y$ the same slice as it should be, and $f$ a network with a hundred thousand
# parameters, found from pairs. Six steps, always the same:
#
# **load the data, pack it, make the model, define the loss, define the optimiser, train.**
#
# ## Step 1: load the data
#
# We need pairs of a low-dose slice and the truth. With a real patient you have one scan and no truth, and nobody may
# scan a patient twice for a course. So we take the two real volumes as the *truth* and simulate their measurement at
# any dose. The simulation has simple physics (parallel rays, one energy, no scatter), but real anatomy.
#
# **The split is by patient**: patient 1 trains, patient 2 tests. Neighbouring slices of one patient show nearly the
# same anatomy; with some of them in training and others in the test, you would measure memory.


# %%
class Patient(NamedTuple):
    hu: np.ndarray  # (slices, 256, 256), HU
    fov_mm: float
    low_hu: np.ndarray | None = None  # a real low-dose scan of the same slices, if there is one


def to_256(hu):
    """Slices of 256 x 256 pixels, with air outside the field of view."""
    if hu.shape[1:] != (256, 256):
        hu = resize(hu.astype(np.float32), (len(hu), 256, 256), order=1, preserve_range=True, anti_aliasing=True)
    return np.where(ct.in_circle(256), np.maximum(hu, -1000), -1000).astype(np.float32)


# %% [markdown]
# `SOURCE` at the top chooses the volumes. `"bundled"` are our two patients. `"kaggle"` downloads 100 real chest
# slices of different patients. The path of a folder reads one DICOM series for each patient, or pairs of a full-dose
# and a low-dose series where the folder holds such pairs (then the full-dose scan plays the truth). Two thirds of the
# patients train. All numbers in the text below belong to the two bundled patients.


# %%
def read_volumes(source):
    """All volumes of a source, each with its low-dose partner or None."""
    if source == "bundled":
        return [(volume, None) for volume in data.load_chest_ct()]
    if source == "kaggle":
        entries = sorted((data.fetch_ct_slices() / "dicom_dir").glob("*.dcm"))
    else:
        try:
            return [ct.read_dose_pairs(*folders) for folders in ct.find_dose_pairs(source).values()]
        except data.DataError:  # no pairs: one series in each folder, or one slice in each file
            entries = [path for path in sorted(Path(source).iterdir()) if path.is_dir() or path.suffix == ".dcm"]
    return [(ct.read_dicom_series(entry), None) for entry in entries]


# %%
volumes = read_volumes(SOURCE)
names = sorted({str(volume.patient) for volume, _ in volumes})
if SOURCE != "bundled":
    np.random.default_rng(SEED).shuffle(names)
if len(names) < 2:
    raise ValueError(f"SOURCE must hold at least two patients, one to train on and one to test on, got {len(names)}")
training_names = names[: 2 * len(names) // 3]

groups = {"train": [], "test": []}
for volume, partner in volumes:
    few = slice(None, None, max(1, len(volumes) * len(volume.hu) // 300))  # not too many slices in all
    width_mm = volume.hu.shape[2] * volume.spacing_mm[2]
    patient = Patient(to_256(volume.hu[few]), width_mm, partner and to_256(partner.hu[few]))
    groups["train" if str(volume.patient) in training_names else "test"].append(patient)
for name, group in groups.items():
    print(f"{name:6s}patients {len(group)}, slices {sum(len(patient.hu) for patient in group)}")

# %% [markdown]
# The truth is the slice on the grid of 128 x 128 pixels on which we reconstruct. `scan_group` scans a whole group,
# `image` adds the noise of a dose and reconstructs. `wider` stretches the patients: a body scanned as if it were 1.2
# times as wide lets far fewer photons through. We shall need that, because the patients to come will not all be as
# slim as patient 1.


# %%
def true_slices(group):
    small = np.concatenate([downscale_local_mean(patient.hu, (1, 2, 2)) for patient in group])
    return np.where(circle, small, -1000).astype(np.float32)


def scan_group(group, wider=1.0):
    """The sinograms of each patient, without noise, and the width of the field of view."""
    widths = [patient.fov_mm * wider for patient in group]
    return [(ct.scan(patient.hu, fov_mm=mm, size=128), mm) for patient, mm in zip(group, widths, strict=True)]


def image(scans, photons, seed, window="ramp"):
    """What the scanner shows at that dose."""
    noisy = [(ct.noisy_sinogram(sinogram, photons, seed=seed + k), mm) for k, (sinogram, mm) in enumerate(scans)]
    return np.concatenate([ct.reconstruct(sinogram, mm, window) for sinogram, mm in noisy])


# %%
FULL, LOW = 100_000, 10_000  # photons per ray
truth = {name: true_slices(group) for name, group in groups.items()}
scans = {name: scan_group(group) for name, group in groups.items()}
full_dose = {name: image(scans[name], FULL, seed=SEED + 1) for name in groups}
low_dose = {name: image(scans[name], LOW, seed=SEED + 2) for name in groups}
for name, group in groups.items():
    if group[0].low_hu is not None:  # real low-dose scans instead of simulated ones
        low_dose[name] = true_slices([patient._replace(hu=patient.low_hu) for patient in group])

# %%
RANGE, SOFT = (-1000, 1000), (-160, 240)  # HU


def scores(images, truth):
    """PSNR in dB and SSIM in the soft-tissue window, mean over the slices."""
    return ct.psnr(images, truth, RANGE).mean(), ct.ssim(images, truth, SOFT).mean()


for name in groups:
    for dose, images in (("low dose", low_dose), ("full dose", full_dose)):
        print("{:6s}{:10s} PSNR {:.2f} dB, SSIM {:.3f}".format(name, dose, *scores(images[name], truth[name])))

# %% [markdown]
# Look at the low dose: 30.5 dB in the training patient, 26.2 dB in the test patient, with the same number of photons.
# Patient 2 is bigger, fewer photons arrive, and the image is far noisier. A fair test is rarely a copy of the
# training set.
#
# ## Step 2: pack it
#
# A **Dataset** knows how many samples there are and hands out one of them by its number. A **DataLoader** is the bag
# that is filled with them: it shuffles and hands out batches. Lab 5 used a ready Dataset; here we write our own:
# `len(dataset)` calls `__len__`, and `dataset[7]` calls `__getitem__`. Ours draws a random patch of 64 x 64 pixels
# out of the pair and flips it at random, so that no two epochs are alike. HU are divided by 100, to have numbers of
# about the size 1.


# %%
def to_tensor(hu):
    return torch.tensor(hu[:, None] / 100, dtype=torch.float32)  # (slices, 1 channel, rows, columns)


class Patches(Dataset):
    """Pairs of a noisy patch and its target, each with the same random cut and flips."""

    def __init__(self, noisy, target, size=64):
        self.pairs = torch.cat([to_tensor(noisy), to_tensor(target)], dim=1)
        self.size = size

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, number):
        row, column = torch.randint(0, 128 - self.size + 1, (2,)).tolist()
        patch = self.pairs[number, :, row : row + self.size, column : column + self.size]
        patch = patch.flip([axis for axis in (1, 2) if torch.rand(()) < 0.5])
        return patch[:1], patch[1:]


# %%
bag = DataLoader(Patches(low_dose["train"], truth["train"]), batch_size=4, shuffle=True)
noisy_batch, target_batch = next(iter(bag))
print(f"{len(bag.dataset)} pairs in {len(bag)} batches; one batch: {tuple(noisy_batch.shape)}")

# %% tags=["figure"]
# @title What comes out of the bag
fig, axes = plt.subplots(2, 4, figsize=(7.6, 3.9))
for column, (noisy_patch, target_patch) in enumerate(zip(noisy_batch, target_batch, strict=True)):
    show_slice(axes[0, column], 100 * noisy_patch[0].numpy(), title="noisy" if column == 0 else "")
    show_slice(axes[1, column], 100 * target_patch[0].numpy(), title="target" if column == 0 else "")
plot.show(fig, alt="Four patches of 64 x 64 pixels, above with noise and streaks, below the same patches without.")

# %% [markdown]
# ## Step 3: make the model
#
# The bricks are the convolution of lab 5 and, after it, the **leaky ReLU**: positive values pass, negative ones are
# multiplied by 0.1. (ReLU would set them to 0; then nothing is learned through a unit that is negative everywhere.)

# %%
print(nn.LeakyReLU(0.1)(torch.tensor([-2.0, 0.0, 3.0])))


def convolutions(*channels):
    """3 x 3 convolutions from each number of channels to the next, a leaky ReLU after each."""
    layers = []
    for before, after in pairwise(channels):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.LeakyReLU(0.1)]
    return nn.Sequential(*layers)


# %% [markdown]
# Two ideas shape the model.
#
# - **Residual**: most of a denoised image *is* the noisy image. So the network computes only the noise, and the
#   output is input minus noise. You know the idea from ResNet. Our last layer starts with zeros: at first the network
#   changes nothing at all (`start_at_zero`).
# - **U-Net**: to tell a streak from an edge you must see far. On the way down, pooling halves the image twice, so
#   that each pixel there stands for a wide view; on the way up, a **transposed convolution** doubles it again; and at
#   each height a **skip connection** hands over the details that pooling has thrown away. In the end each output
#   pixel depends on a square of about 40 pixels, 10 cm.


# %%
def start_at_zero(layer):
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


# %%
class UNet(nn.Module):
    """Input minus the noise that a small U-Net finds in it."""

    def __init__(self, width=16):
        super().__init__()
        self.down_1 = convolutions(1, width)
        self.down_2 = convolutions(width, 2 * width, 2 * width)
        self.bottom = convolutions(2 * width, 4 * width, 4 * width)
        self.double_2 = nn.ConvTranspose2d(4 * width, 2 * width, 2, stride=2)
        self.up_2 = convolutions(4 * width, 2 * width, 2 * width)
        self.double_1 = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.up_1 = convolutions(2 * width, width)
        self.last = start_at_zero(nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, noisy):
        fine = self.down_1(noisy)
        middle = self.down_2(F.max_pool2d(fine, 2))
        bottom = self.bottom(F.max_pool2d(middle, 2))
        middle = self.up_2(torch.cat([self.double_2(bottom), middle], dim=1))
        fine = self.up_1(torch.cat([self.double_1(middle), fine], dim=1))
        return noisy - self.last(fine)


# %% [markdown]
# A second, plainer model to compare with: a **residual CNN**, seven convolutions in a row without any pooling.


# %%
class ResidualCNN(nn.Module):
    """Input minus the noise that seven convolutions in a row find in it."""

    def __init__(self, width=16):
        super().__init__()
        self.noise = convolutions(1, width, width, width, width, width, width)
        self.last = start_at_zero(nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, noisy):
        return noisy - self.last(self.noise(noisy))


# %%
train.seed_everything(SEED)
model = UNet()
n_parameters = sum(p.numel() for p in model.parameters())
print(f"U-Net: {n_parameters:,} parameters; (1, 1, 128, 128) -> {tuple(model(torch.zeros(1, 1, 128, 128)).shape)}")
unchanged = torch.equal(model(noisy_batch), noisy_batch)
print("untrained, it changes nothing:", unchanged)

# %% [markdown]
# ### Your turn 7.7: how many parameters, how wide a view?
#
# For the residual CNN above (seven 3 x 3 convolutions: from 1 to 16 channels, five times from 16 to 16, from 16 to 1,
# each with a bias for every output channel) give `cnn_parameters`, the number of its parameters, and `cnn_view`, the
# side in pixels of its receptive field: the first convolution sees 3 pixels, each further one adds 2.

# %% tags=["exercise"]
cnn_parameters = ...
cnn_view = ...

# %% tags=["check"]
# @title Check 7.7
probe = torch.zeros(1, 1, 41, 41, requires_grad=True)
layers = [nn.Conv2d(a, b, 3, padding=1) for a, b in ((1, 16), *[(16, 16)] * 5, (16, 1))]
nn.Sequential(*layers)(probe)[0, 0, 20, 20].backward()
check.value(
    "7.7 parameters and view",
    (cnn_parameters, cnn_view),
    (sum(p.numel() for p in ResidualCNN().parameters()), int((probe.grad[0, 0] != 0).any(dim=0).sum())),
    hint="A convolution has 9 x channels in x channels out weights. The view: 3, 5, 7, ... after each layer.",
)

# %% tags=["solution"]
# @title Solution 7.7
cnn_parameters_solution = (9 * 1 * 16 + 16) + 5 * (9 * 16 * 16 + 16) + (9 * 16 * 1 + 1)
cnn_view_solution = 3 + 6 * 2
check.solution("7.7 parameters and view", (cnn_parameters_solution, cnn_view_solution))

# %% [markdown]
# ## Step 4: define the loss
#
# How wrong is an output image? Two usual answers are the **MSE**, the mean of the squared differences, and **L1**,
# the mean of the absolute differences. MSE is what PSNR measures, so we begin with it and compare with L1 below.
#
# In some introductions the loss of an image network is **binary cross-entropy** (BCE), lab 4's cross-entropy of one
# probability: it asks how surprised a probability is by a yes or no. It can be applied to images scaled to 0 ... 1.
# Before you run the next cell: what loss should a *perfect* output have? And should the same error cost the same in
# the lung, which is nearly black, as in muscle, which is mid-grey?

# %%
bce, mse = nn.BCELoss(), nn.MSELoss()
for grey in (0.05, 0.5):
    target = torch.tensor([grey])
    perfect, slip = bce(target, target), bce(target + 0.04, target)
    print(f"target {grey:.2f}: BCE of a perfect output {perfect:.3f}, of 0.04 too much {slip - perfect:.4f} more")
    extra = mse(target + 0.04, target)
    print(f"             MSE of a perfect output {mse(target, target):.3f}, of 0.04 too much {extra:.4f} more")

# %% [markdown]
# With BCE a perfect output still has a loss, up to 0.693 for mid-grey, and the same error costs several times more
# near black than in mid-grey. Its lowest point is at the right output, so it would train after a fashion; but a HU is
# an amount, not the probability of a yes, and outside 0 ... 1 (every pixel brighter than the chosen white) BCE does
# not exist. So here: MSE.

# %%
loss_fn = nn.MSELoss()

# %% [markdown]
# ## Step 5: define the optimiser
#
# **Adam** from lab 4, with a learning rate that rises to 0.003 and then falls to zero (OneCycle). Gradients whose
# norm (the length of the vector of all slopes) exceeds 1 are shortened to 1: one starved slice must not throw the
# weights off.
#
# The training pairs come first, because the schedule needs to know the number of steps. What must the network be
# ready for? Not one dose: patients differ in width, and we do not know the next one. So we measure the training
# patient as is and stretched, up to the width of a large adult, with new noise each time.


# %%
def training_pairs(group, widths, photons=LOW, repeats=2):
    """Noisy images at each width, several times with new noise, and the truth for each of them."""
    noisy = []
    for wider in widths:
        scans = scan_group(group, wider)
        noisy += [image(scans, photons, seed=int(1000 * wider) + 100 * k) for k in range(repeats)]
    return np.concatenate(noisy), np.concatenate([true_slices(group)] * len(noisy))


if groups["train"][0].low_hu is None:
    noisy_train, target_train = training_pairs(groups["train"], widths=(1, 1.2, 1.4, 1.6))
else:  # real pairs cannot be stretched
    noisy_train, target_train = low_dose["train"], truth["train"]
print(f"{len(noisy_train)} training pairs")

# %%
bag = DataLoader(Patches(noisy_train, target_train), batch_size=4, shuffle=True)
epochs = max(1, round(1800 / len(bag)))
model = model.to(memory_format=torch.channels_last)  # convolutions on a CPU are about twice as fast so
optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.003, total_steps=epochs * len(bag), pct_start=0.2)
print(f"{epochs} epochs of {len(bag)} steps")

# %% [markdown]
# ## Step 6: train
#
# `train.fit` is the loop you wrote in lab 4. This is the long cell of the lab.

# %%
train.seed_everything(SEED)
history = train.fit(model, bag, loss_fn=loss_fn, optimizer=optimizer, scheduler=schedule, epochs=epochs, clip_norm=1.0)
training_psnr = 10 * np.log10(2000**2 / (100**2 * np.array(history["loss"])))  # over 2000 HU
print(f"PSNR of the training patches: first epoch {training_psnr[0]:.1f} dB, last epoch {training_psnr[-1]:.1f} dB")

# %% tags=["figure"]
# @title The course of the training
fig, ax = plt.subplots(figsize=(5.6, 3))
ax.plot(np.arange(1, epochs + 1), 100 * np.sqrt(history["loss"]))
ax.set(xlabel="epoch", ylabel="error of a pixel (HU)", ylim=(0, None))
ax.xaxis.get_major_locator().set_params(integer=True)
plot.show(
    fig, alt="The error of a pixel, the root of the loss, falls from 93 to 53 HU in five epochs, then slowly to 44 HU."
)

# %% [markdown]
# The error falls steeply, then slowly. It says nothing yet about another patient. (Nor can this PSNR be compared with
# the one we declared: it is computed over patches, without clipping, and with the air around the patient.)
#
# ## Filters without training
#
# Before we celebrate, the competition. Denoising is older than networks, and scikit-image has the classics:
#
# - **Gaussian**: a weighted mean of the neighbours; blurs edges too.
# - **Bilateral**: a mean of those neighbours that have a *similar value*.
# - **Total variation (TV)**: the image closest to the noisy one that has little up and down in all; likes flat
#   patches.
# - **Non-local means (NLM)**: a mean of pixels whose surroundings look alike, also far away.
# - **Wavelets**: split the image into means and differences at several scales, pull small differences to zero, put it
#   together again. We write this one ourselves, with the simplest wavelet (Haar).
#
# (BM3D, often the best of the classics, is in none of the libraries that this course installs.)


# %%
def haar(image, threshold, levels=2):
    """Shrink the differences within each 2 x 2 pixels by the threshold; the same with their means, and so on."""
    a, b, c, d = image[::2, ::2], image[::2, 1::2], image[1::2, ::2], image[1::2, 1::2]
    mean = (a + b + c + d) / 2
    details = [(a - b + c - d) / 2, (a + b - c - d) / 2, (a - b - c + d) / 2]
    across, down, diagonal = (np.sign(x) * np.maximum(abs(x) - threshold, 0) for x in details)
    if levels > 1:
        mean = haar(mean, threshold, levels - 1)
    out = np.empty_like(image)
    out[::2, ::2], out[::2, 1::2] = (mean + across + down + diagonal) / 2, (mean - across + down - diagonal) / 2
    out[1::2, ::2], out[1::2, 1::2] = (mean + across - down - diagonal) / 2, (mean - across - down + diagonal) / 2
    return out


def wavelet(image, threshold):
    """Mean over all 16 positions of the grid of 4 x 4 pixels, so that no block edges show."""
    shifts = [(row, column) for row in range(4) for column in range(4)]
    return np.mean(
        [np.roll(haar(np.roll(image, s, (0, 1)), threshold), (-s[0], -s[1]), (0, 1)) for s in shifts], axis=0
    )


# %% [markdown]
# Each filter has a **strength**. A strength that suits patient 1 would be too weak for patient 2, whose images are
# noisier. To be fair we let all filters but the Gaussian *measure* the noise of each slice, without any truth: the
# diagonal differences within 2 x 2 pixels hold little anatomy, and their median size is a robust measure of the
# noise. The strength is then a multiple of it.


# %%
def noise_level(image):
    """Standard deviation of the noise in HU, as far as the image itself tells."""
    diagonal = (image[::2, ::2] - image[::2, 1::2] - image[1::2, ::2] + image[1::2, 1::2]) / 2
    return np.median(abs(diagonal[ct.in_circle(64)])) / 0.6745  # 0.6745: median of |x| for a normal x of sd 1


def scaled(denoise):
    """Let a filter of scikit-image work on numbers of about 0 to 1 instead of HU."""
    return lambda hu, strength: 2000 * denoise((hu.astype(np.float64) + 1000) / 2000, strength / 2000) - 1000


FILTERS = {  # name: filter of one slice with a strength, and the strengths to try
    "Gaussian": (lambda hu, sd: gaussian(hu, sd * 1.0), (0.4, 0.5, 0.6, 0.7, 0.8, 1.0)),  # pixels
    "bilateral": (
        scaled(lambda x, s: denoise_bilateral(x, sigma_color=s, sigma_spatial=1.5)),
        (0.6, 0.8, 1, 1.2, 1.4, 1.6),
    ),
    "total variation": (scaled(lambda x, s: denoise_tv_chambolle(x, weight=s)), (0.4, 0.5, 0.6, 0.7, 0.8, 1)),
    "non-local means": (
        scaled(lambda x, s: denoise_nl_means(x, h=s, patch_size=3, patch_distance=5)),
        (0.7, 0.8, 0.9, 1, 1.1, 1.2),
    ),
    "wavelet": (wavelet, (0.8, 1, 1.2, 1.4, 1.6, 2)),
}


# %%
def apply_filter(name, images, strength):
    """Filter each slice; the strength is a multiple of the slice's own noise (of a pixel for the Gaussian)."""
    denoise = FILTERS[name][0]
    units = [1 if name == "Gaussian" else noise_level(hu) for hu in images]
    filtered = np.stack([denoise(hu, strength * unit) for hu, unit in zip(images, units, strict=True)])
    return np.where(circle, filtered, -1000)


some = slice(None, None, max(1, len(truth["train"]) // 8))  # every sixth slice of the training patient
best_strength = {}
for name, (_, strengths) in FILTERS.items():
    tried = [
        ct.psnr(apply_filter(name, low_dose["train"][some], s), truth["train"][some], RANGE).mean() for s in strengths
    ]
    best_strength[name] = strengths[int(np.argmax(tried))]
    print(f"{name:16s}best strength {best_strength[name]:4.2f}: PSNR {max(tried):.2f} dB on training slices")

# %% [markdown]
# The cheapest competitor costs nothing at all: the window functions inside FBP. Before you run the next cell: is the
# same window best at both doses?

# %%
for dose, photons, seed in (("low dose", LOW, SEED + 2), ("full dose", FULL, SEED + 1)):
    for window in ("ramp", "shepp-logan", "hann"):
        windowed = image(scans["train"], photons, seed, window)
        print(f"{dose:10s}{window:12s}PSNR {ct.psnr(windowed, truth['train'], RANGE).mean():.2f} dB on training slices")

# %% [markdown]
# At the full dose the bare ramp is best (34.78 dB), and `hann` costs almost 5 dB of detail. So the full dose that we
# compare with has not been made worse than it need be. At the low dose `shepp-logan` is best (31.19 dB).
#
# All strengths were chosen on slices of patient 1, as the network's weights were.
#
# ### Your turn 7.8: a fair score
#
# A filter was tried with several strengths, on the training patient and on the test patient. Write
# `fair_score(strengths, training_psnrs, test_psnrs)`, which returns two numbers, `strength, psnr`: the strength that
# you may choose, and the PSNR in dB that you may then report as the result of the test. The arguments are three
# arrays of equal length. `np.argmax(x)` is the place of the largest value of `x`. Do not round.


# %% tags=["exercise"]
def fair_score(strengths, training_psnrs, test_psnrs):
    return ...


# %% tags=["check"]
# @title Check 7.8
check.function(
    "7.8 fair score",
    fair_score,
    lambda tried_out, tuned_on, tested_on: max(zip(tuned_on, tried_out, tested_on, strict=True))[1:],
    [
        (np.array([0.5, 1.0, 1.5]), np.array([30.2, 31.6, 31.1]), np.array([26.9, 28.8, 29.7])),
        (np.array([10.0, 20.0]), np.array([32.7, 32.1]), np.array([30.0, 30.5])),
        (np.array([1.0, 2.0, 3.0, 4.0]), np.array([29.5, 29.9, 30.4, 30.6]), np.array([28.0, 29.3, 28.9, 27.8])),
    ],
    hint="Find the best place in training_psnrs, and take what stands there in the other two arrays.",
)


# %% tags=["solution"]
# @title Solution 7.8
def fair_score_solution(strengths, training_psnrs, test_psnrs):
    best = np.argmax(training_psnrs)
    return strengths[best], test_psnrs[best]


check.solution("7.8 fair score", fair_score_solution)

# %% [markdown]
# ## The test
#
# Now, once, patient 2.
#
# `denoise` applies a network to whole slices. Because turning an image over changes nothing about what is noise, we
# let it work on all four flips of a slice and average, which costs four times the time and cancels some of its
# errors.


# %%
def denoise(network, images):
    """Mean of what the network makes of the four flips of each slice."""
    total = 0
    for axes in ((), (2,), (3,), (2, 3)):
        outputs = train.predict(network, to_tensor(images).flip(axes), batch_size=16)
        total = total + outputs.flip(axes)[:, 0].numpy() * 100 / 4
    return np.where(circle, total, -1000)


# %%
test_images = {"low dose": low_dose["test"], "full dose": full_dose["test"]}
if groups["test"][0].low_hu is None:
    test_images |= {f"FBP, {window}": image(scans["test"], LOW, SEED + 2, window) for window in ("shepp-logan", "hann")}
test_images |= {name: apply_filter(name, low_dose["test"], best_strength[name]) for name in FILTERS}
test_images["network"] = denoise(model, low_dose["test"])
test_scores = {name: scores(images, truth["test"]) for name, images in test_images.items()}
for name, (psnr, ssim) in sorted(test_scores.items(), key=lambda item: item[1][0]):
    print(f"{name:18s}PSNR {psnr:.2f} dB   SSIM {ssim:.3f}")

# %% [markdown]
# With a tenth of the dose the network comes closer to the truth (about 33.3 dB) than FBP with the full dose (32.93
# dB), and about 2.8 dB closer than the best filter, total variation: about half its squared error. Its SSIM is the
# highest, too. How can it beat the full dose? It was trained towards the truth; so it has learned to mend errors
# that FBP makes at any dose, and it knows what tissue looks like. But be fair: that full dose is raw. Below, total
# variation alone lifts it to about 34 dB. A tenth of the dose with the network beats the full dose *without*
# denoising, not the full dose with it.
#
# The `hann` window, which costs nothing, brings 28.73 dB: more than the Gaussian and the bilateral filter. But on
# patient 1 we would have chosen `shepp-logan`, 27.52 dB here. A window, like the Gaussian, cannot adapt to the noise
# of a slice.
#
# Two words of caution. This is *one* test patient: no interval worth its name can be given. And the recipe was chosen
# on slices of patient 1, but while this lab was written the score of patient 2 was seen several times (an earlier
# recipe had 32.6 dB). A test set is used up by looking.
#
# Numbers are means over a whole volume. Look at the pictures too, in all three windows.

# %% tags=["figure"]
# @title One test slice in three windows
SHOWN = ("low dose", "total variation", "network", "full dose")
chosen = len(truth["test"]) // 2


def compare(slice_number, window):
    part = np.s_[30:84, 44:108] if window == "soft tissue" else np.s_[20:112, :]  # the heart, or all of it
    fig, axes = plt.subplots(1, 5, figsize=(9.6, 1.95))
    for ax, name in zip(axes, (*SHOWN, "truth"), strict=True):
        images = truth["test"] if name == "truth" else test_images[name]
        show_slice(ax, images[slice_number][part], window, name)
    return fig


for window, finding in {
    "lung": "total variation clears the grain and wipes out fine vessels, the network keeps more of them",
    "soft tissue": "the heart is all grain at low dose; the network makes it smooth and blotchy, its bright spots fade",
    "bone": "vertebra and ribs are there in all images, without grain in those of filter and network",
}.items():
    plot.show(compare(chosen, window), alt=f"A slice of patient 2 in the {window} window: {finding}.")

# %% [markdown]
# In the lung window total variation clears the grain, and the fine vessels with it; the network keeps more of them.
# The soft-tissue window is shown around the heart. The network's heart is smooth and blotchy: what is left of the
# noise no longer looks like noise. And look into the heart of the truth: it has small bright spots at its upper and
# right edge, probably calcium in or near the coronary arteries. The full dose still shows them. In the network's
# heart the upper one is gone, and the right one is a pale blur. The PSNR has not noticed. In the bone window all four
# would do.
#
# A **difference image**, output minus truth, shows what the eye forgives. Noise should look like noise. If you
# recognise anatomy in it, the method has removed anatomy.

# %% tags=["figure"]
# @title Output minus truth
fig, axes = plt.subplots(1, 4, figsize=(9.2, 2.6))
for ax, name in zip(axes, SHOWN, strict=True):
    difference = np.where(circle, test_images[name][chosen] - truth["test"][chosen], 0)
    shown = ax.imshow(difference[20:112], cmap="gray", vmin=-200, vmax=200)
    ax.set_title(f"{name}: sd {difference[circle].std():.0f} HU", fontsize=10)
    ax.axis("off")
fig.colorbar(shown, ax=axes, label="HU", shrink=0.8)
plot.show(
    fig,
    alt="Differences from the truth: dense grain for the low dose, edges of ribs and vessels for total variation, "
    "fainter edges for the network, and fine grain with edges for the full dose.",
)

# %% [markdown]
# Total variation leaves the anatomy standing in its difference image: all vessels, all edges of bone. The network's
# error is as large as that of the full dose in all, but of another kind: faint vessels and edges instead of even
# grain. It has removed some anatomy.
#
# Move through patient 2, dose and window yourself; the network cleans each image as you go.


# %%
test_scans = [(sinogram, mm) for sinograms, mm in scans["test"] for sinogram in sinograms]


def draw_network(photons=10_000, slice_number=chosen, window="soft tissue"):
    (sinogram, mm), true = test_scans[slice_number], truth["test"][slice_number]
    noisy = ct.reconstruct(ct.noisy_sinogram(sinogram, photons, seed=SEED), mm)
    clean = denoise(model, noisy[None])[0]
    fig, axes = plt.subplots(1, 3, figsize=(8.4, 2.8))
    before, after = ct.psnr(noisy, true, RANGE), ct.psnr(clean, true, RANGE)
    show_slice(axes[0], noisy[16:116], window, f"{photons:,} photons: {before:.1f} dB")
    show_slice(axes[1], clean[16:116], window, f"network: {after:.1f} dB")
    show_slice(axes[2], true[16:116], window, "truth")
    return fig, f"Slice {slice_number}, {photons:,} photons: the network turns {before:.1f} dB into {after:.1f} dB."


# %%
choices = {"photons": [1000, 3000, 10_000, 30_000, 100_000], "window": list(WINDOWS)}
plot.explore(draw_network, slice_number=(0, len(test_scans) - 1), **choices)

# %% [markdown]
# ## Which choices matter?
#
# The network above was one choice of many. Now change one thing at a time: the loss, or the model. To save time these
# networks train for 400 steps only, and the U-Net has half as many channels. They are compared on **validation
# slices**: the last quarter of the training slices, which these networks do not train on, once as they are ("slim")
# and once stretched to 1.6 times the width ("large"). Patient 2 is not used here: whoever chooses by the test has no
# test left.

# %%
n_slices = len(truth["train"])
to_fit = np.arange(n_slices) < max(1, n_slices * 3 // 4 - 1)  # one slice between the two parts is left out
to_compare = np.arange(n_slices) >= n_slices * 3 // 4
trial_scans = [scan_group(groups["train"], wider) for wider in (1, 1.6)]  # slim and large


def trial_images(photons, seed):
    return [image(scans, photons, seed + k) for k, scans in enumerate(trial_scans)]


trial_low, trial_truth = trial_images(LOW, seed=200), [truth["train"]] * 2
print(f"{to_fit.sum()} slices to train on, {to_compare.sum()} to compare on, each slim and large")


# %%
def try_out(network, targets, loss_fn, steps=400):
    """Train a network for a few steps; return its outputs for the validation slices, slim and large."""
    train.seed_everything(SEED)
    noisy, target = (np.concatenate([part[to_fit] for part in images]) for images in (trial_low, targets))
    bag = DataLoader(Patches(noisy, target), batch_size=min(4, len(noisy)), shuffle=True, drop_last=True)
    epochs = max(1, round(steps / len(bag)))
    network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.003)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.003, total_steps=epochs * len(bag), pct_start=0.2)
    train.fit(network, bag, loss_fn=loss_fn, optimizer=optimizer, scheduler=schedule, epochs=epochs, clip_norm=1.0)
    return [denoise(network, images[to_compare]) for images in trial_low]


def trial_score(outputs, reference):
    """PSNR of the slim and of the large patient, and the mean of their SSIM."""
    both = [scores(images, true[to_compare]) for images, true in zip(outputs, reference, strict=True)]
    return both[0][0], both[1][0], (both[0][1] + both[1][1]) / 2


# %%
train.seed_everything(SEED)
trials = {
    "small U-Net, MSE": (UNet(8), nn.MSELoss()),
    "small U-Net, L1": (UNet(8), nn.L1Loss()),
    "residual CNN, MSE": (ResidualCNN(), nn.MSELoss()),
}
outputs = {"low dose": [images[to_compare] for images in trial_low]}
outputs |= {name: try_out(network, trial_truth, loss) for name, (network, loss) in trials.items()}
trial_scores = {name: trial_score(images, trial_truth) for name, images in outputs.items()}
for name, (slim, large, ssim) in trial_scores.items():
    print(f"{name:18s}PSNR slim {slim:.2f} dB, large {large:.2f} dB   SSIM {ssim:.3f}")

# %% [markdown]
# In this run L1 is ahead of MSE, even in PSNR, which is nothing but the MSE. It is one run with one seed; in other
# trials the two were level, so take it as a tie. And the plain residual CNN, with a tenth of the parameters of the
# large U-Net, is ahead of the small U-Net by 1 dB. Before you rewrite the recipe: 400 steps favour what learns fast.
# In longer trials (five times the steps, one run each, not repeated here) the U-Net with 16 channels overtook the
# residual CNN, most clearly in the widest patients. Strong noise comes in long streaks, and with a view of 15 pixels
# (the U-Net has 42) a streak looks like an edge. A short trial answers the question of the short trial.
#
# ## What should the target be?
#
# We trained towards the truth, which only a simulation knows. A hospital has at best a full-dose scan, and that is
# noisy too. Can one learn from noisy targets?
#
# Think of $y = 2x + 2$ again. Before you run the next cell: 500 pairs, but each $y$ is spoiled by noise of sd 5. What
# does the fit find?

# %%
rng = np.random.default_rng(SEED)
x = rng.uniform(0, 10, size=500)
noisy_y = 2 * x + 2 + rng.normal(0, 5, size=500)
noisy_slope, noisy_intercept = np.polyfit(x, noisy_y, 1)
print(f"y = {noisy_slope:.2f} x + {noisy_intercept:.2f}")

# %% [markdown]
# Nearly the right line, though not one of its targets was right. The mean squared error is smallest at the *mean* of
# all targets that can belong to an input, the **conditional mean**. Noise that is zero on average *whatever the
# input* (independent of the input) cancels in that mean. The same for images: the mean of many noisy scans of one
# slice approaches the scan without noise.

# %%
repeats = ct.reconstruct(ct.noisy_sinogram(np.repeat(chest_scan[None], 64, axis=0), FULL, seed=SEED), fov_mm)
for n in (1, 4, 16, 64):
    rest = (repeats[:n].mean(axis=0) - chest_fbp)[circle]
    print(f"mean of {n:2d} full-dose scans: noise sd {rest.std():.2f} HU, mean error {rest.mean():+.2f} HU")

# %% [markdown]
# Four times the scans, half the noise: 15.88 HU falls to 7.95, 3.90 and 1.94. In the mean of $n$ scans with
# independent noise it is the noise of one, divided by $\sqrt n$.
#
# ### Your turn 7.9: the best answer to noisy targets
#
# Write `best_answer(targets, sd)`. `targets` has the shape (scans, rows, columns): noisy scans of one slice, each
# with independent noise of `sd` HU. Return two things, `answer, sd_left`: the image with the smallest mean squared
# error to all these targets, and the sd in HU of the noise that is left in it. `x.mean(axis=0)`, `len` and `np.sqrt`
# help. Do not round.


# %% tags=["exercise"]
def best_answer(targets, sd):
    return ...


# %% tags=["check"]
# @title Check 7.9
check.function(
    "7.9 best answer",
    best_answer,
    lambda stack, one_sd: (
        np.linalg.lstsq(np.ones((len(stack), 1)), stack.reshape(len(stack), -1))[0].reshape(stack.shape[1:]),
        np.linalg.norm(np.full(len(stack), one_sd / len(stack))),  # variances of the shares add up
    ),
    [
        (np.array([[[0.0, 10.0]], [[4.0, 10.0]], [[2.0, 40.0]]]), 30.0),
        (np.array([[[-50.0], [7.0]], [[30.0], [9.0]], [[35.0], [70.0]], [[45.0], [2.0]]]), 40.0),
        (np.random.default_rng(SEED).exponential(20, size=(16, 2, 4)), 20.0),
    ],
    tol=1e-4,
    hint="The mean squared error is smallest at the mean over the scans, which are the first axis.",
)


# %% tags=["solution"]
# @title Solution 7.9
def best_answer_solution(targets, sd):
    return targets.mean(axis=0), sd / np.sqrt(len(targets))


check.solution("7.9 best answer", best_answer_solution)

# %% [markdown]
# The network never sees 64 scans of one slice; it sees one each of many similar patches, and averages over those. Now
# small networks with the same inputs and different targets: the truth (that one is trained already), the full-dose
# image, and a **second low-dose scan** with noise of its own, as noisy as the input. Before you run it: will the
# third one learn anything?
#
# We compare with the truth and with the noise-free FBP (a scan with a billion photons per ray), the latter also for
# the large patient.

# %%
noise_free = trial_images(10**9, seed=300)
targets = {"full dose": trial_images(FULL, seed=400), "second low dose": trial_images(LOW, seed=500)}
outputs["target: truth"] = outputs["small U-Net, MSE"]
for name, target in targets.items():
    train.seed_everything(SEED)
    outputs[f"target: {name}"] = try_out(UNet(8), target, nn.MSELoss())
target_psnr = {}
for name in ("low dose", *(name for name in outputs if name.startswith("target"))):
    (truth_slim, *_), (free_slim, free_large, _) = (trial_score(outputs[name], r) for r in (trial_truth, noise_free))
    target_psnr[name] = truth_slim, free_slim, free_large
    print("{:24s}slim: truth {:.2f}, noise-free FBP {:.2f}; large: {:.2f} dB".format(name, *target_psnr[name]))

# %% [markdown]
# Against the truth, the network trained on the truth leads. But look at the middle column: measured against FBP
# without noise all three are practically equal. The noise in the targets has cancelled, even that of targets as noisy
# as the inputs. This is called **Noise2Noise** (Lehtinen, 2018). What has not cancelled are FBP's own errors: they
# are the same in each scan, so the mean keeps them. **Noisy targets teach the mean of what the scanner shows; only
# the truth teaches what the scanner gets wrong.**
#
# Two conditions. The noise of the target must be *independent* of the input and of the noise in it: with the input
# itself as the target, the best answer is to change nothing, noise included. (Part of that happens where "low-dose"
# images were made by adding noise to the full-dose scan.) And the noise must be zero on average, which is not true
# of the logarithm of a handful of photons. (The large patient has more of such rays. Here it does little harm yet:
# about 33.3 dB with the second low dose as well as with the full dose.)
#
# ## Stress tests: what it never saw
#
# ### Another dose
#
# The network has seen 10,000 photons only (and several body widths). What does it do at other doses?

# %%
some_scans = [(sinograms[::4], mm) for sinograms, mm in scans["test"]]  # every fourth slice
some_true = np.concatenate([true_slices([patient])[::4] for patient in groups["test"]])
by_dose = {}
for photons in (1000, 3000, 10_000, 30_000, 100_000):
    unfiltered = image(some_scans, photons, seed=SEED + 3)
    tv = apply_filter("total variation", unfiltered, best_strength["total variation"])
    three = (unfiltered, tv, denoise(model, unfiltered))
    by_dose[photons] = [ct.psnr(images, some_true, RANGE).mean() for images in three]
    print("{:7,d} photons: {:.2f} dB; TV {:.2f} dB; network {:.2f} dB".format(photons, *by_dose[photons]))

# %% [markdown]
# Nothing breaks: the network gains at each dose, and more than the filter does. The stretched patients have
# prepared it for a wide range of noise. But 25.3 to 25.8 dB from 1,000 photons is less than the low dose without
# any help: what was not measured, no network brings back.
#
# ### Another part of the body
#
# Patient 1's volume ends at the top of the liver. Patient 2's goes on to the kidneys: slices the network has never
# seen the like of.

# %%
by_part = {}
if SOURCE == "bundled":
    for part, where in (("shoulders", slice(0, 8)), ("chest", slice(8, 44)), ("belly", slice(46, 61))):
        by_part[part] = {name: ct.psnr(test_images[name], truth["test"], RANGE)[where].mean() for name in SHOWN}
        print(f"{part:10s}" + "   ".join(f"{name} {psnr:.2f}" for name, psnr in by_part[part].items()) + " dB")

# %% [markdown]
# In the belly, which it has never seen, the network gains most: there the noise is strongest and the organs are large
# and smooth. At the shoulders it ties with the full dose. For a network with a view of some ten centimetres "never
# seen" is not about organs, but about edges, textures and noise, and those of a belly are like those of a chest. A
# metal hip or contrast medium in a vessel would be another matter.
#
# ### A head that is none
#
# The Shepp-Logan phantom of 1974 is a drawing of a head in ten ellipses: flat areas, sharp edges, no anatomy at all
# (its two black ventricles are filled with air, -1000 HU). A network that has learned chests meets an object that
# does not exist. Does it paint ribs into it?

# %%
drawing = resize(shepp_logan_phantom(), (256, 256), order=1, anti_aliasing=True)
head_hu = np.where(drawing > 0.6, 800, np.where(drawing > 0.02, 1000 * (drawing - 0.2), -1000))
head_hu = np.where(ct.in_circle(256), head_hu, -1000)
head_true = np.where(circle, downscale_local_mean(head_hu, (2, 2)), -1000)
head_noisy = ct.simulate_low_dose(head_hu, LOW, seed=SEED, fov_mm=240, size=128)

# %%
head_network = denoise(model, head_noisy[None])[0]
head_filtered = apply_filter("total variation", head_noisy[None], best_strength["total variation"])[0]
head_psnr = {
    name: ct.psnr(hu, head_true, RANGE)
    for name, hu in {"low dose": head_noisy, "total variation": head_filtered, "network": head_network}.items()
}
for name, psnr in head_psnr.items():
    print(f"{name:16s}{psnr:.2f} dB")

# %% tags=["figure"]
# @title The phantom
fig, axes = plt.subplots(1, 4, figsize=(9.2, 2.6))
pictures = {"low dose": head_noisy, "total variation": head_filtered, "network": head_network, "truth": head_true}
for ax, (name, hu) in zip(axes, pictures.items(), strict=True):
    show_slice(ax, hu, "soft tissue", name)
plot.show(
    fig,
    alt="The Shepp-Logan head at low dose, filtered, cleaned by the network, and as it is: the network draws no ribs "
    "into it and is blotchy where the filter is flat with specks; three small ellipses at the bottom are nearly lost.",
)

# %% [markdown]
# No ribs: the network does not paint chests, and it beats the filter by 3 dB. But look at the three small ellipses at
# the bottom of the head. They are hard to see at low dose, and hardly better after either method. That is the next
# question.
#
# ## Does a faint lesion survive?
#
# A denoiser decides what is noise. If it takes a faint lesion for noise, the image looks better and the patient is
# worse off. PSNR does not notice: a lesion is some twenty pixels among nearly a million. So we do what you should ask
# of every such product: **insert lesions we know, before the scan**, and look for them afterwards.
#
# Round lesions: 10 mm wide and 100 HU brighter in the lung, 12 mm wide and 40 HU *darker* in soft tissue, about as
# faint as a metastasis in the liver. Their places are drawn at random where the tissue is right.


# %%
def find_places(hu, lowest, highest, pixel_mm, radius_mm, rng, wanted=6):
    """Random pixels whose surroundings lie within a range of HU, far from each other and from the rim."""
    smooth = ndimage.uniform_filter(hu, 3)
    fitting = (smooth > lowest) & (smooth < highest) & (fine_distance < 108)
    depth_mm = ndimage.distance_transform_edt(fitting) * pixel_mm
    places = []
    for row, column in rng.permutation(np.argwhere(depth_mm > 1.5 * radius_mm + 2)):
        if all(np.hypot(row - r, column - c) * pixel_mm > 5 * radius_mm for r, c in places):
            places.append((row, column))
        if len(places) == wanted:
            break
    return places


def disc(row, column, radius_pixels, size=256):
    """1 inside a circle, 0 outside, something in between on its edge."""
    rows, columns = np.mgrid[:size, :size]
    return np.clip(radius_pixels - np.hypot(rows - row, columns - column) + 0.5, 0, 1)


# %%
LESIONS = {  # HU of the tissue, radius in mm, HU added
    "lung": ((-950, -700), 5, 100),
    "soft tissue": ((-20, 120), 6, -40),
}


def insert_lesions(healthy, pixel_mm):
    """The slices with lesions of both kinds, and for each lesion its slice and a mask of its core."""
    rng = np.random.default_rng(SEED)
    ill, cores = healthy.copy(), {kind: [] for kind in LESIONS}
    for number, hu in enumerate(healthy):
        for kind, ((lowest, highest), radius_mm, added) in LESIONS.items():
            for row, column in find_places(hu, lowest, highest, pixel_mm, radius_mm, rng):
                ill[number] += added * disc(row, column, radius_mm / pixel_mm)
                core = disc((row - 0.5) / 2, (column - 0.5) / 2, 0.7 * radius_mm / pixel_mm / 2, size=128) > 0.5
                cores[kind].append((number, core))
    return ill, {kind: places for kind, places in cores.items() if places}


healthy = np.concatenate([patient.hu for patient in groups["test"]])
healthy = healthy[:: max(1, len(healthy) // 10)]
test_mm = np.mean([patient.fov_mm for patient in groups["test"]])
ill, cores = insert_lesions(healthy, test_mm / 256)
for kind, places in cores.items():
    print(f"{len(places)} lesions in {kind}, in {len(healthy)} slices")

# %% [markdown]
# Each lesion gives one number, the mean HU in its core. Three questions about it:
#
# - **Contrast kept**: by how much does the core change when the lesion is inserted, compared with the change in a
#   scan without noise? 1 means all of it, 0.5 half of it.
# - **Can one tell?** A reader who knows the place and the healthy anatomy, and looks at the mean of the core: how
#   often does a core with a lesion stand out against a core without? That share is the AUC of lab 1: 1 always, 0.5
#   guessing.
# - **Scatter**: how much do the *healthy* cores vary, measured in lesions? If their standard deviation is 0.5, every
#   third healthy core is off by half a lesion or more.


# %%
def core_means(images):
    """For each kind the mean HU in the core of each lesion."""
    return {kind: np.array([images[number][core].mean() for number, core in cores[kind]]) for kind in cores}


sinograms = [ct.scan(hu, fov_mm=test_mm, size=128) for hu in (healthy, ill)]
clean_healthy, clean_ill = (core_means(ct.reconstruct(sinogram, test_mm)) for sinogram in sinograms)
inserted = {kind: (clean_ill[kind] - clean_healthy[kind]).mean() for kind in cores}
for kind, hu in inserted.items():
    print(f"{kind:12s}{hu:+.1f} HU in the core, in a scan without noise")


# %%
def survival(method, photons, repeats=3):
    """For each kind: contrast kept, AUC, scatter of the healthy cores, and the standard errors of the first two."""
    found = [{kind: [] for kind in cores} for _ in sinograms]  # without, with
    for seed in range(2 * repeats):
        noisy = ct.noisy_sinogram(sinograms[seed % 2], photons, seed=100 + seed)
        means = core_means(method(ct.reconstruct(noisy, test_mm)))
        for kind in cores:
            found[seed % 2][kind].append((means[kind] - clean_healthy[kind]) / inserted[kind])
    results = {}
    for kind in cores:
        without, with_lesion = (np.concatenate(part[kind]) for part in found)
        auc = roc_auc_score(np.repeat([0, 1], len(without)), np.concatenate([without, with_lesion]))
        wins = with_lesion[:, None] > without  # each core with a lesion against each without
        error, auc_error = (
            np.hypot(one.std(), other.std()) / np.sqrt(len(without))
            for one, other in ((with_lesion, without), (wins.mean(axis=0), wins.mean(axis=1)))
        )
        results[kind] = (with_lesion.mean() - without.mean(), auc, without.std(), error, auc_error)
    return results


# %%
LESION_DOSES = (100_000, 30_000, 10_000, 3000)
METHODS = {
    "unfiltered": lambda images: images,
    "TV": lambda images: apply_filter("total variation", images, best_strength["total variation"]),
    "network": lambda images: denoise(model, images),
}
kept = {photons: {name: survival(method, photons) for name, method in METHODS.items()} for photons in LESION_DOSES}

# %%
print("AUC: can one tell a core with a lesion from one without?")
for kind in cores:
    for photons, results in kept.items():
        line = "   ".join(f"{name} {results[name][kind][1]:.3f}" for name in METHODS)
        print(f"{kind:12s}{photons:8,d} photons   {line}")
auc_errors = [results[name][kind][4] for results in kept.values() for name in METHODS for kind in cores]
print(f"standard error of an AUC: at most {max(auc_errors, default=0):.3f}")

# %% tags=["figure"]
# @title Contrast kept, and scatter of the healthy cores, at falling dose
fig, axes = plt.subplots(1, 3, figsize=(9.4, 3.1))
panels = (
    ("lung", 0, "contrast kept: lung"),
    ("soft tissue", 0, "contrast kept: soft tissue"),
    ("soft tissue", 2, "scatter (in lesions): soft tissue"),
)
panels = [panel for panel in panels if panel[0] in cores]  # another source may have no place for a kind
for ax, (kind, number, title) in zip(axes, panels, strict=False):
    for marker, name in zip(plot.MARKERS, METHODS, strict=False):
        values = [kept[photons][name][kind][number] for photons in LESION_DOSES]
        errors = [kept[photons][name][kind][3] if number == 0 else 0 for photons in LESION_DOSES]
        ax.errorbar(LESION_DOSES, values, errors, marker=marker, label=name)
    for photons, aside in ((LESION_DOSES[0], -6), (LESION_DOSES[-1], 16), (LOW, 14)):
        value = kept[photons]["network"][kind][number]
        ax.annotate(f"{value:.2f}", (photons, value), (aside, -13), textcoords="offset points", ha="center", fontsize=9)
    ax.set(xscale="log", xlabel="photons per ray", title=title, ylim=(0, 1.2 if number == 0 else 2.4))
if panels:
    axes[0].legend(fontsize=9, loc="lower right")
plot.show(
    fig,
    alt="Lung: network and unfiltered image keep nearly all contrast down to 10,000 photons, TV about two thirds. Soft "
    "tissue: network and TV lose a fifth to a half. The scatter of healthy soft-tissue cores grows as the dose falls, "
    "most in the unfiltered image, least with the network; at the full dose TV has the least.",
)

# %% [markdown]
# - **Bright lesions in the lung** come through: from 10,000 photons up the network keeps all but a few per cent,
#   total variation only two thirds to three quarters.
# - **Faint lesions in soft tissue** lose: at 10,000 photons the network keeps two thirds of their contrast, no more
#   than total variation, while the unfiltered image keeps all of it. (The bars are standard errors, about 0.05, 0.08
#   and 0.14: the scatter times the root of 2 / 159, as 53 places are scanned 3 times. Places in one slice share
#   streaks, so the truth is rather more.) A lesion of -40 HU is shown with about -26 HU. Here the network loses.
# - And yet its **AUC** is nowhere below that of the others, because the noise has fallen even more than the contrast.
#   The network adds no information: this reader looks at nothing but the core, and the network has used the
#   surroundings for it. Whether a radiologist gains must be tried with radiologists. At 3,000 photons no method makes
#   the lesions easy to tell.
# - Compare the network at a tenth of the dose with the plain full-dose image: 33.3 against 32.9 dB in PSNR, but an
#   AUC of about 0.87 against 0.980 (each with a standard error of 0.031 at most). **By decibels the network
#   replaces the full dose; for this lesion it does not.**
# - The lower the dose, the more the healthy cores scatter: at 3,000 photons by four fifths of a whole lesion even
#   with the network (0.81 on the right, 1 would be a lesion). Such a blotch is smooth and looks like tissue, a
#   **hallucination** made of noise. In the unfiltered image it would at least look like noise.
#
# ### Your turn 7.10: contrast kept
#
# Write `contrast_kept(without, with_lesion, core, inserted)`: the mean of `with_lesion` in the core minus the mean of
# `without` in the core, divided by `inserted`. The first two arguments are images, `core` is a mask of the same shape
# (`image[core]` are the pixels inside), `inserted` the HU that were added. Do not round.


# %% tags=["exercise"]
def contrast_kept(without, with_lesion, core, inserted):
    return ...


# %% tags=["check"]
# @title Check 7.10
square = np.zeros((128, 128), dtype=bool)
square[60:66, 50:58] = True
small_core = np.array([[True, True], [False, False]])
check.function(
    "7.10 contrast kept",
    contrast_kept,
    lambda plain, changed, inside, step_hu: np.average(changed - plain, weights=inside) / step_hu,
    [
        (np.array([[10.0, 20.0], [0.0, 5.0]]), np.array([[40.0, 50.0], [0.0, 90.0]]), small_core, 40),
        (low, low + 25 * square, square, 40),
        (chest_true, low, from_middle < 6, 100),
        (chest_fbp, chest_true - 30 * (from_middle < 9), from_middle < 6, -40),
        (chest_fbp, chest_fbp - 30 * square, square, 40),
    ],
    tol=1e-4,
    hint="with_lesion[core].mean() is the mean inside the core.",
)


# %% tags=["solution"]
# @title Solution 7.10
def contrast_kept_solution(without, with_lesion, core, inserted):
    return (with_lesion[core].mean() - without[core].mean()) / inserted


check.solution("7.10 contrast kept", contrast_kept_solution)

# %% [markdown]
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "Every slice shows a perfect ring around its centre. Where in the chain X-ray -> object -> attenuated X-ray -> "
    "scintillator -> light -> photodiode -> electric signal has it arisen?",
    [
        "In the object: a round lesion in the middle of the patient's chest",
        "Behind the object: one scintillator or photodiode of a 3rd-generation scanner reads too little",
        "Before the object: the bow-tie filter is thicker at its edges",
        "Before the object: the blades of the collimator are open too wide",
    ],
    1,
    [
        "A lesion is not centred on the middle of the gantry in every slice.",
        "Tube and detector turn together, so it always sees rays at the same distance from the centre.",
        "It is so by design, to spare the thin outer parts of the body, and changes slowly from element to element.",
        "Then the patient gets dose outside the fan that is needed, but no ring.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "Streaks run from shoulder to shoulder through an axial slice. Where do they come from?",
    [
        "Few photons pass both shoulders; a wrong count is smeared back along its whole ray",
        "The slices are 5 mm apart, which shows as steps",
        "The noise of each pixel is independent of that of its neighbours",
        "The scan used a quarter of the photons, so the noise in HU is four times as large everywhere",
    ],
    0,
    [
        "The longest rays are starved, and the logarithm and the ramp filter amplify what is wrong with them.",
        "Those steps are seen in coronal and sagittal cuts, across the slices, not within an axial one.",
        "That is white noise, an even grain. Here the pixels along a ray are wrong together.",
        "A quarter of the photons doubles the noise; and only the starved rays draw streaks.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "A colleague writes down the six steps for a denoising network of HU. Which line must be changed?",
    [
        "1 and 2: load the data, split by patient; pack them into a Dataset and a DataLoader",
        "3: make the model, convolutions with leaky ReLU that find the noise in the input",
        "4: define the loss, the binary cross-entropy of the output image and the truth",
        "5 and 6: define the optimiser, Adam; train",
    ],
    2,
    [
        "Right so: slices of one patient never stand on both sides, and the DataLoader shuffles and makes batches.",
        "Right so: input minus noise is the residual network of this lab.",
        "A HU is no probability. Outside 0 ... 1 BCE does not exist, and a perfect output would still cost. Take MSE.",
        "Right so, and in this order: the optimiser must know the weights before training begins.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "You compare a network with total variation on two patients. Which plan is fair?",
    [
        "Shuffle all slices of both patients; fit network and filter on 80 %, test on the other 20 %",
        "Train the network on patient 1; set the filter's strength on patient 2, where it will be used",
        "Try twenty networks and twenty strengths on patient 2 and report the best of each",
        "Train the network and set the strength on patient 1; then test both once on patient 2",
    ],
    3,
    [
        "Next to almost every test slice lies a training slice of the same patient: too good to be true.",
        "Then the filter has seen the answers of the test, and the network has not.",
        "The best of twenty on the test is partly luck. A test set is used up by looking.",
        "Both were chosen on the same data, and the test is new to both.",
    ],
)

# %% tags=["quiz"]
# @title Q5
check.quiz(
    "Q5",
    "A vendor's denoiser has 41 dB, yours has 33 dB. You want one that keeps faint liver lesions at a tenth of the "
    "dose. What tells you most?",
    [
        "Nothing more is needed: 41 dB are better than 33",
        "Its PSNR over your HU range, against your reference, on your slices",
        "Known faint lesions, inserted into livers before a scan at that dose, and looked for afterwards",
        "That it was trained with noisy full-dose scans as targets: so it must have learned the noise",
    ],
    2,
    [
        "Not if 41 was computed over 4,000 HU and 33 over 2,000.",
        "Then the decibels can be compared, but a lesion is some twenty pixels of a slice: the PSNR hardly notices it.",
        "It tests what you want to know, in that part of the body, at that dose.",
        "Independent noise in the targets cancels in their mean. What stays are the errors of FBP.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown

# %%
basics = [
    np.isclose(transmitted[3], transmitted[2] ** 2) and round(transmitted[3], 3) == 0.018,  # Beer and Lambert
    max(largest_gaps) < 1e-6 and fbp_gap < 1e-5,  # the matrix and FBP by hand are the library's
    stops == {"1st": 180, "2nd": 18} and chest_minutes["1st"][0] == 240 and chest_minutes["2nd"][0] == 48,
    chest_minutes["3rd"].tolist() == [0.8, 8] and max(chest_minutes["electron beam"]) * 60 < 5,
    100 * crime_error["crime"] < crime_error["honest"],
    hatching["400 angles, ramp"] > 2 * hatching["180 angles, hann"] > hatching["the slice itself"],
    ring[on_ring].mean() > 10 * abs(ring[~on_ring].mean()),  # a bad detector draws a ring
    abs(slope + 0.5) < 0.05 and all(1.8 < a / b < 2.2 for a, b in pairwise(noise_sd)),  # four times the dose
    neighbour_correlation(ct_noise, 0, 1) > 0.2 > -0.1 > neighbour_correlation(ct_noise, 1, 0),  # streaks
    range_psnr["everything"] > range_psnr["air to dense bone"] + 5 > range_psnr["soft tissue"] + 10,
    unchanged and cnn_parameters_solution == 11_905 and cnn_view_solution == 15,
    abs(noisy_slope - 2) < 0.4 and abs(noisy_intercept - 2) < 2,
]
assert all(basics)
print(f"{len(basics)} claims about physics and measures hold")

# %% tags=["nbval-check-output"]
claims = []
if SOURCE == "bundled":
    best_filter, best_ssim = np.max([test_scores[name] for name in FILTERS], axis=0)
    network_psnr, network_ssim = test_scores["network"]
    teaches = {name.removeprefix("target: "): psnr for name, psnr in target_psnr.items()}
    faint = {photons: {name: results[name]["soft tissue"] for name in METHODS} for photons, results in kept.items()}
    claims = [
        test_scores["low dose"][0] < 27 and 32.5 < test_scores["full dose"][0] < 33.5,
        network_psnr > best_filter + 2,
        network_psnr > test_scores["full dose"][0],  # a tenth of the dose, closer to the truth
        network_ssim > best_ssim + 0.05 and network_ssim > test_scores["low dose"][1] + 0.15,
        teaches["second low dose"][0] > teaches["low dose"][0] + 1,  # noisy targets teach
        abs(teaches["second low dose"][0] - teaches["full dose"][0]) < 0.5,
        teaches["full dose"][1] > teaches["full dose"][0] + 2,  # FBP's own errors are learned, too
        all(network > max(low + 3, filtered) for low, filtered, network in by_dose.values()),
        by_part["belly"]["network"] > by_part["belly"]["full dose"],  # organs it never saw
        head_psnr["network"] > head_psnr["total variation"] + 1,
        kept[LOW]["network"]["lung"][0] > 0.85 and faint[LOW]["network"][0] < 0.8,  # what survives and what does not
        faint[LOW]["network"][1] > faint[LOW]["unfiltered"][1] + 0.03,
        faint[LOW]["network"][1] < faint[FULL]["unfiltered"][1] - 0.03,  # no replacement for the full dose
    ]
for number, claim in enumerate(claims, start=1):
    assert claim, f"claim {number} does not hold"
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## Summary
#
# - A scanner measures line integrals; one sparse matrix describes them, and filtered back-projection turns them into
#   HU.
# - Noise falls with one over the root of the dose and comes in streaks where few photons arrive.
# - Six steps, trained on one patient: on the other, a tenth of the dose gives about 33.3 dB, the best filter 30.48,
#   the full dose without a filter 32.93 (with one, about 34). A PSNR without its range says nothing.
# - Noisy targets teach as well as clean ones, but not what the scanner itself gets wrong.
# - At a tenth of the dose the network takes a third of a faint lesion's contrast. Decibels do not show that; inserted
#   lesions do.
#
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | attenuation | 감쇠 | the loss of X-rays on their way through matter |
# | Beer-Lambert law | 비어-람베르트 법칙 | what is left falls exponentially with the thickness |
# | line integral | 선적분 | attenuation times length, added up along a ray |
# | projection | 투영 | all line integrals at one angle |
# | sinogram | 사이노그램 | the projections of all angles under each other |
# | back-projection | 역투영 | smearing each value along its ray |
# | filtered back-projection (FBP) | 여과 역투영 | sharpen each projection, then smear back |
# | Hounsfield unit (HU) | 하운스필드 단위 | attenuation on a scale with air -1000 and water 0 |
# | window (center, width) | 윈도우(중심, 폭) | the range of HU that is shown in grey |
# | axial, coronal, sagittal | 축상면, 관상면, 시상면 | the three directions of a cut |
# | gantry | 갠트리 | the ring that carries tube and detector |
# | collimator | 콜리메이터(조준기) | blades that shape the beam |
# | bow-tie filter | 보타이 필터 | spares the thin outer parts of the body |
# | scintillator | 섬광체 | crystal that turns X-rays into light |
# | field of view | 시야 | the circle that is reconstructed |
# | ring artefact | 링 인공물 | ring drawn by a bad detector element |
# | streak artefact | 줄무늬 인공물 | streak drawn by starved rays or too few angles |
# | dose | 선량 | here: photons sent along each ray |
# | effective dose | 유효선량 | energy taken up, weighted by the risk of each organ, in millisievert (mSv) |
# | Poisson noise | 푸아송 잡음 | noise of counting photons, sd is the root of the count |
# | peak signal-to-noise ratio (PSNR) | 최대 신호 대 잡음비 | mean squared error in decibels, for a stated range |
# | structural similarity (SSIM) | 구조적 유사도 | likeness in small neighbourhoods, 1 at most |
# | U-Net | 유넷 | network that goes down, up, and across |
# | skip connection | 스킵 연결(건너뛰기 연결) | hands details from the way down to the way up |
# | transposed convolution | 전치 합성곱 | convolution that enlarges the image |
# | total variation | 전변동 | sum of all ups and downs in an image |
# | non-local means | 비국소 평균 | mean over pixels with like surroundings |
# | conditional mean | 조건부 평균 | mean of all targets that can belong to an input |
# | hallucination | 환각 | structure in the output that is not in the patient |
#
# ## References
#
# - Radon J. Über die Bestimmung von Funktionen durch ihre Integralwerte längs gewisser Mannigfaltigkeiten. *Ber.
#   Verh. Sächs. Akad. Wiss. Leipzig* 69, 1917.
# - Hounsfield GN. Computerized transverse axial scanning (tomography): part 1. *Br J Radiol* 46, 1973.
# - Shepp LA, Logan BF. The Fourier reconstruction of a head section. *IEEE Trans Nucl Sci* 21, 1974.
# - Joseph PM. An improved algorithm for reprojecting rays through pixel images. *IEEE Trans Med Imaging* 1, 1982.
# - Kak AC, Slaney M. *Principles of Computerized Tomographic Imaging*. IEEE Press, 1988.
# - Rudin LI, Osher S, Fatemi E. Nonlinear total variation based noise removal algorithms. *Physica D* 60, 1992.
# - Tomasi C, Manduchi R. Bilateral filtering for gray and color images. *ICCV*, 1998.
# - Wang Z, Bovik AC, Sheikh HR, Simoncelli EP. Image quality assessment. *IEEE Trans Image Process* 13, 2004.
# - Buades A, Coll B, Morel JM. A non-local algorithm for image denoising. *CVPR*, 2005.
# - National Lung Screening Trial Research Team. Reduced lung-cancer mortality with low-dose computed tomographic
#   screening. *N Engl J Med* 365, 2011.
# - Ronneberger O, Fischer P, Brox T. U-Net. *MICCAI*, 2015.
# - Chen H, et al. Low-dose CT with a residual encoder-decoder convolutional neural network. *IEEE Trans Med Imaging*
#   36, 2017.
# - Lehtinen J, et al. Noise2Noise: learning image restoration without clean data. *ICML*, 2018.
# - Leuschner J, et al. LoDoPaB-CT, a benchmark dataset for low-dose computed tomography reconstruction. *Sci Data* 8,
#   2021.
