# %% [markdown]
# # 5. Convolutional networks
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
# - compute a convolution and a pooling by hand, and turn a wish into the weights of a filter;
# - count what a network costs and how far it sees, and choose a plan for a budget;
# - say what a convolution takes for granted about images, and test it;
# - report the accuracy of a network with an interval, look at its errors, and set a threshold for given costs;
# - judge from a table what augmentation, depth and a trained start are worth.
#
# **Before you start** you need lab 4: layers, ReLU, softmax, cross-entropy, batch normalisation, dropout, and the
# training loop that became `train.fit`. From lab 1 you need training, validation and test rows.
#
# Processors round differently, so your accuracies may differ a little. The text quotes what held on all that were
# tried.
#
# For teaching, not for clinical use.

# %% tags=["setup"]
import sys

if "google.colab" in sys.modules:  # a local installation has the course already
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/{{owner}}/{{repository}}@{{branch}}")

# %% tags=["parameters"]
SEED = 0

# %%
import copy

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from scipy import signal
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, default_collate

from coursekit import check, data, plot, stats, train

torch.set_num_threads(1)  # networks this small gain little from more cores
train.seed_everything(SEED)

# %% [markdown]
# ## Why convolution
#
# Two kinds of picture go with you through this lab: handwritten digits from the MNIST collection, 28 x 28 pixels, 0
# is paper and 255 is ink; and a slice of a real chest CT in **Hounsfield units** (HU: air -1000, water 0, bone several
# hundred). You look at it from the feet, so the patient's right lung is on your left.

# %%
images, labels = data.load_mnist_10k()
train_images, test_images, train_labels, test_labels = train_test_split(
    images, labels, test_size=2000, stratify=labels, random_state=0
)
slice_hu = data.load_chest_ct()[0].hu[30, 70:].astype(float)  # without 70 rows of air above the patient
print(f"{len(images):,} digits; a CT slice of {slice_hu.shape} pixels, {slice_hu.min():.0f} to", end=" ")
print(f"{slice_hu.max():.0f} HU")

# %% tags=["figure"]
# @title A pattern is smaller than the image, and it appears anywhere
seven = test_images[np.flatnonzero(test_labels == 7)[0]]
fig, axes = plt.subplots(1, 3, figsize=(9, 3), width_ratios=[1, 1, 1.35])
axes[0].imshow(seven, cmap="gray_r")
axes[0].set_title("a seven, 28 x 28")
axes[1].imshow(seven[::2, ::2], cmap="gray_r")
axes[1].set_title("every second pixel, 14 x 14")
axes[2].imshow(slice_hu, cmap="gray", vmin=-1000, vmax=400)
axes[2].set_title("chest CT, four vessels")
for left, top in ((93, 48), (172, 76), (183, 118), (75, 122)):
    axes[2].add_patch(plt.Rectangle((left, top), 28, 28, fill=False, color="C5", linewidth=1.5))
for ax in axes:
    ax.set(xticks=[], yticks=[])
plot.show(
    fig,
    alt="A seven, still a seven at half size, and a CT slice in which four small boxes in both lungs hold bright "
    "branching vessels.",
)

# %% [markdown]
# Three observations lead to this lab:
#
# 1. **A pattern is smaller than the image.** To see a vessel, or where a stroke bends, you need a few pixels.
# 2. **The same pattern appears anywhere.** Vessels lie in all four boxes. One detector, moved around, is enough.
# 3. **Subsampling keeps the object.** With every second pixel left out, the seven is still a seven.
#
# The **fully connected** layer of lab 4 knows none of this: it has one weight for each pixel and each output, and to
# it the pixels are a list without neighbours. (A network of such layers only is called a **dense network** here.)
#
# ## Convolution by hand
#
# Take a 6 x 6 image, 1 is ink. A **filter** (or kernel) is a small table of weights. Lay it on the top left corner,
# multiply each weight by the pixel beneath, add up the products, write down the sum. Move one pixel to the right and
# repeat. The table of sums is the **feature map**.

# %%
tiny = np.array(
    [
        [1, 0, 0, 0, 0, 1],
        [0, 1, 0, 0, 1, 0],
        [0, 0, 1, 1, 0, 0],
        [1, 0, 0, 0, 1, 0],
        [0, 1, 0, 0, 1, 0],
        [0, 0, 1, 0, 1, 0],
    ]
)
filter_1 = np.array([[1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
filter_2 = np.array([[-1, 1, -1], [-1, 1, -1], [-1, 1, -1]])

# %% [markdown]
# Filter 1 has its ones on a falling diagonal, filter 2 on an upright line. Before you run the next cells: where in
# the image will filter 1 find what it looks for, and how large can its answer get? (`stride` is the step of the
# window; `padding` is the number of rings of zeros that are put around the image first.)


# %%
def convolve2d(image, kernel, stride=1, padding=0):
    """Slide a kernel over an image; at each place multiply, add up, and write one number."""
    image, kernel = np.pad(np.asarray(image, dtype=float), padding), np.asarray(kernel, dtype=float)
    height, width = kernel.shape
    rows = (image.shape[0] - height) // stride + 1
    columns = (image.shape[1] - width) // stride + 1
    output = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = image[i * stride : i * stride + height, j * stride : j * stride + width]
            output[i, j] = np.sum(window * kernel)
    return output


# %%
map_1, map_2 = convolve2d(tiny, filter_1), convolve2d(tiny, filter_2)
print(f"filter 1:\n{map_1.astype(int)}\nfilter 2:\n{map_2.astype(int)}")

# %% [markdown]
# The largest answer of filter 1, a 3, appears where a falling diagonal of three ones begins, at the top left and at
# the bottom left. Elsewhere ink under the weights -1 pulls the sum down. Filter 2 finds its upright line at the bottom
# right. So a filter is a detector, and its map says *where* the pattern is.


# %% tags=["figure"]
# @title Slider: the window, the nine products and their sum
def draw_window(step=1, filter_number=1):
    kernel = filter_1 if filter_number == 1 else filter_2
    i, j = divmod(step - 1, 4)
    product = tiny[i : i + 3, j : j + 3] * kernel
    output = convolve2d(tiny, kernel)
    shown = np.where(np.arange(16).reshape(4, 4) < step, output, np.nan)
    fig, axes = plt.subplots(1, 4, figsize=(9, 2.6), width_ratios=[6, 3, 3, 4])
    titles = ("image", f"filter {filter_number}", f"products, sum {product.sum()}", "feature map")
    for ax, table, title in zip(axes, (tiny, kernel, product, shown), titles, strict=True):
        ax.imshow(table, cmap="coolwarm", vmin=-4, vmax=4)
        for (row, column), number in np.ndenumerate(table):
            ax.text(column, row, "" if np.isnan(number) else f"{number:.0f}", ha="center", va="center")
        ax.set(xticks=[], yticks=[], title=title)
    axes[0].add_patch(plt.Rectangle((j - 0.5, i - 0.5), 3, 3, fill=False, linewidth=3))
    axes[3].add_patch(plt.Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, linewidth=3))
    return fig, f"Window {step} of 16 under filter {filter_number}: nine products that add up to {product.sum()}."


plot.explore(draw_window, step=(1, 16), filter_number=[1, 2])

# %% [markdown]
# With **stride** 2 the window moves by two pixels. The second table is one more to check on paper: a 3 x 3 image under
# a 2 x 2 filter.

# %%
checkered = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
small_filter = np.array([[1, 1], [0, 1]])
print(convolve2d(tiny, filter_1, stride=2).astype(int))
print(convolve2d(checkered, small_filter).astype(int))

# %% [markdown]
# A 3 x 3 filter shrinks the image by two rows and two columns. **Zero padding** prevents it: rings of zeros around the
# image. Two rings turn 7 x 7 into 11 x 11.

# %%
square = np.ones((7, 7))
print("with two rings:", np.pad(square, 2).shape)
for size in (3, 5):
    kernel, rings = np.ones((size, size)), size // 2
    without, same = convolve2d(square, kernel).shape, convolve2d(square, kernel, padding=rings).shape
    print(f"{size} x {size} filter: map {without} without padding, {same} with {rings} ring(s)")

# %% [markdown]
# A map as large as the image is called **"same"** padding. For an image side $n$, filter side $k$, padding $p$ and
# stride $s$ the side of the map is
#
# $$\left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1$$
#
# where the half brackets mean: round down.
#
# ### Colour
#
# A colour image is three tables: red, green, blue. Each is a **channel**. Its filter has three layers too, 3 x 3 x 3 =
# 27 weights, and at each place all 27 products are added. So **one** filter gives **one** map, however many channels
# go in. PyTorch wants four axes, (images, channels, rows, columns); `[None]` puts an axis of length one in front.

# %%
colour = np.stack([tiny, 1 - tiny, tiny.T])  # (3, 6, 6): red, green, blue
colour_filter = np.stack([filter_1, filter_2, filter_1.T])
colour_map = sum(convolve2d(channel, weights) for channel, weights in zip(colour, colour_filter, strict=True))
by_torch = F.conv2d(torch.tensor(colour)[None], torch.tensor(colour_filter)[None])
print(f"{colour.shape}, {colour_filter.size} weights -> by hand {colour_map.shape}, PyTorch {tuple(by_torch.shape)}")
print("the same numbers:", np.array_equal(colour_map, by_torch[0, 0]))

# %% [markdown]
# A matter of names: mathematicians turn the kernel by 180 degrees before they slide it, and call *that* convolution.
# What networks do is **cross-correlation**; they would learn the turned weights just as well.
#
# ### Filters on a CT slice
#
# People designed filters long before networks learned them. An **edge** filter subtracts one side from the other, a
# **blur** averages, a **sharpening** filter exaggerates what differs from the neighbours.

# %%
kernels = {
    "left-right edge": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8,
    "top-bottom edge": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]) / 8,
    "blur, 9 x 9": np.ones((9, 9)) / 81,
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
}
for name, kernel in kernels.items():
    print(f"{name:16s} weights add up to {kernel.sum():.0f}")


# %% tags=["figure"]
# @title Slider: one filter on the CT slice
def draw_filtered(kernel="left-right edge"):
    result = signal.correlate2d(slice_hu, kernels[kernel], mode="same", boundary="symm")
    low, high = (-300, 300) if "edge" in kernel else (-1000, 400)
    fig, axes = plt.subplots(1, 2, figsize=(9, 3.2))
    axes[0].imshow(slice_hu, cmap="gray", vmin=-1000, vmax=400)
    axes[0].set_title("CT slice (HU)")
    shown = axes[1].imshow(result, cmap="gray", vmin=low, vmax=high)
    axes[1].set_title(f"after '{kernel}'")
    fig.colorbar(shown, ax=axes[1], label="HU per pixel" if "edge" in kernel else "HU")
    for ax in axes:
        ax.set(xticks=[], yticks=[])
    flat = np.mean(np.abs(result) < 20)
    return fig, f"The slice after the filter '{kernel}': {flat:.0%} of the pixels are within 20 HU of zero."


plot.explore(draw_filtered, kernel=list(kernels))

# %% [markdown]
# The weights of the edge filters add up to 0: where the tissue is even they answer 0, and only borders remain, with
# opposite signs on the left and on the right of a lung. The others add up to 1: they keep the level of the HU.
#
# ### Your turn 5.1: a filter for small bright spots
#
# You look for specks of calcium, single pixels brighter than the tissue around them. Make `spot_filter`, a 3 x 3 NumPy
# array: in even tissue it answers 0, whatever the HU; all eight neighbours count alike; and one pixel that stands 80
# HU above even neighbours gives the answer 80. Try it on small tables of your own.

# %% tags=["exercise"]
spot_filter = ...

# %% tags=["check"]
# @title Check 5.1
speck = np.pad([[1.0]], 1)
check.value(
    "5.1 spot filter",
    spot_filter,
    9 / 8 * speck - 1 / 8,
    hint="Two unknowns, the middle weight and that of a neighbour, and two conditions: np.full((3, 3), 40.0) gives 0, "
    "and with 120 in the middle it gives 80.",
    slips={
        "Even tissue of 40 HU would answer -280. In which sum must all nine weights end?": 2 * speck - 1,
        "Even tissue is 0, well. But a speck that stands 80 HU above its neighbours answers 640.": 9 * speck - 1,
        "That is the blur: it answers 40 in even tissue of 40 HU, and 49 on the speck.": np.ones((3, 3)) / 9,
        "Even tissue of 40 HU would answer 4.4. How many neighbours has a pixel?": 10 / 9 * speck - 1 / 9,
        "Even tissue is 0, well. But the speck answers -80: turn all signs.": 1 / 8 - speck * 9 / 8,
    },
)

# %% tags=["solution"]
# @title Solution 5.1
spot_filter_solution = np.full((3, 3), -1 / 8)  # the pixel minus the mean of its neighbours
spot_filter_solution[1, 1] = 1  # all nine add up to 0, and only the middle weight meets the speck's 80 HU
check.solution("5.1 spot filter", spot_filter_solution)

# %% [markdown]
# ## Pooling
#
# **Pooling** makes a map smaller without weights. Cut it into 2 x 2 squares and keep one number of each: the largest
# (**max pooling**: "was the pattern anywhere in here?") or the mean (**average pooling**).


# %%
def pool2d(table, size=2, reduce=np.max):
    """Cut a table into squares of this size and reduce each to one number."""
    table = np.asarray(table)
    rows, columns = table.shape[0] // size, table.shape[1] // size
    squares = table[: rows * size, : columns * size].reshape(rows, size, columns, size)
    return reduce(squares, axis=(1, 3))  # over the pixels within each square


print("filter 1:\n", pool2d(map_1).astype(int))
print("filter 2:\n", pool2d(map_2).astype(int))

# %% [markdown]
# Rough positions remain: the two 3s of filter 1 stand on the left, at the top and at the bottom. If the drawing moves
# by one pixel, a maximum often stays in its square, and nothing changes.

# %%
first = np.array([[9, 3, 5, 3], [10, 32, 2, 2], [1, 3, 21, 9], [2, 6, 11, 7]])
second = np.array([[1, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]])
print(f"{first}\nmax {pool2d(first).tolist()}\n")
print(f"{second}\nmax {pool2d(second).tolist()}, average {pool2d(second, reduce=np.mean).tolist()}")

# %% [markdown]
# ### Your turn 5.2: spot the error
#
# A figure in many lecture notes shows the first table and its average pooling as `13.5 3 / 3 18`. One of the four
# numbers is wrong. Give `wrong_number`, as printed in the figure, and `right_number`, from its four pixels.

# %% tags=["exercise"]
wrong_number = ...
right_number = ...

# %% tags=["check"]
# @title Check 5.2
check.value(
    "5.2 spot the error",
    (wrong_number, right_number),
    (18, F.avg_pool2d(torch.tensor(first)[None].double(), 2)[0, 1, 1].item()),
    hint="The four squares, one after the other: add up four numbers, divide by 4.",
    slips={
        "The right number, but give the wrong one as the figure prints it, first.": (12, 18),
        "That is the sum of the square; a mean also divides by 4.": (18, 48),
        "That is the maximum of the square. The figure shows averages.": (18, 21),
        "9 + 3 + 10 + 32 is 54, and a quarter of it is 13.5: this one is right.": (13.5, 32),
    },
)

# %% tags=["solution"]
# @title Solution 5.2
wrong_number_solution = 18
right_number_solution = (21 + 9 + 11 + 7) / 4  # a mean of 18 would need a sum of 72
assert pool2d(first, reduce=np.mean).tolist() == [[13.5, 3], [3, right_number_solution]]
check.solution("5.2 spot the error", (wrong_number_solution, right_number_solution))

# %% [markdown]
# ## A convolution is a sparse layer with shared weights
#
# A fully connected layer multiplies the list of its inputs by a table of weights. A convolution does the same, with a
# special table. The 16 numbers of the map are weighted sums of the 36 pixels, taken as a list (`.ravel()`): so the
# table has 16 rows and 36 columns. Column $j$ is the answer to an image in which only pixel $j$ is 1.


# %%
def as_matrix(kernel, side):
    """The weight table of the fully connected layer that does the same as a convolution of a square image."""
    single_pixels = np.eye(side * side).reshape(-1, side, side)
    return np.column_stack([convolve2d(pixel, kernel).ravel() for pixel in single_pixels])


matrix = as_matrix(filter_1, 6)
print("same result:", np.array_equal(matrix @ tiny.ravel(), map_1.ravel()))
print(f"{matrix.size} places in the table, {np.count_nonzero(matrix)} not zero, {filter_1.size} different weights")

# %% tags=["figure"]
# @title The table of weights
fig, ax = plt.subplots(figsize=(7, 3.4))
shown = ax.imshow(matrix, cmap="coolwarm", vmin=-1.5, vmax=1.5)
ax.set(xlabel="pixel (0 to 35)", ylabel="number in the map (0 to 15)")
ax.grid(False)
fig.colorbar(shown, label="weight", ticks=[-1, 0, 1])
plot.show(fig, alt="A table of 16 rows and 36 columns, mostly zero: the same nine weights move right from row to row.")

# %% [markdown]
# The table is **sparse**: each row uses 9 of 36 pixels. And its weights are **shared**: all rows use the same nine
# numbers, shifted. For a real image that decides what is possible at all. One map as large as a CT slice:

# %%
pixels = 256 * 256
print(f"fully connected: {pixels * pixels:,} weights")
print(f"each number linked with 3 x 3 pixels, weights not shared: about {9 * pixels:,}")
print("convolution: 9 weights")

# %% [markdown]
# ## A whole network
#
# A **convolutional network** (CNN) repeats convolution, ReLU and pooling: the maps get smaller and more numerous. Then
# it lays all numbers into one list (**flatten**) and ends with fully connected layers. Here is the lecture's network
# for digits. (`*( ... )` only groups the layers of one line.)


# %%
def make_cnn():
    return nn.Sequential(
        *(nn.Conv2d(1, 25, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(25, 50, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(50 * 5 * 5, 100), nn.ReLU(), nn.Linear(100, 10)),
    )


# %% [markdown]
# A filter has $k \times k$ weights for each channel that goes in, and one **bias**, a number that is added to its
# whole map. Before you run the next cell: compute the sides of the maps and the parameters of both convolutions.


# %%
def parameters(module):
    return sum(p.numel() for p in module.parameters())


def shape_table(model, *input_shape):
    """Send one empty image through the layers and print what comes out of each; return the shapes."""
    x, shapes = torch.zeros(1, *input_shape), []
    for layer in model.eval():
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
        if not isinstance(layer, nn.ReLU):
            print(f"{type(layer).__name__:12s}{' x '.join(map(str, shapes[-1])):14s}{parameters(layer):>10,}")
    print(f"{'all':26s}{parameters(model):>10,} parameters")
    return shapes


cnn_shapes = shape_table(make_cnn(), 1, 28, 28)

# %%
first_layer, second_layer = make_cnn()[0], make_cnn()[3]
print("weights per filter:", first_layer.weight[0].numel(), "and", second_layer.weight[0].numel())

# %% [markdown]
# A filter of the second layer has 3 x 3 x 25 = 225 weights, because it looks at all 25 maps at once. With their biases
# the 25 filters make 250 parameters, the 50 make 11,300. Nine tenths of all parameters sit in the first *fully
# connected* layer.
#
# How much of the image does one number see? Count from the image upwards: each layer adds (window side - 1) steps, and
# a step is as long as all strides before it multiplied. A pooling is a window too, with side 2 and stride 2. The
# answer is the **receptive field**.


# %%
def receptive_field(layers):
    """Side of the square of pixels that one number sees; layers are pairs (window side, stride)."""
    seen, step = 1, 1
    for side, stride in layers:
        seen += (side - 1) * step
        step *= stride
    return seen


print("a number after the first convolution sees", receptive_field([(3, 1)]), "pixels in each direction")
print("after the pooling", receptive_field([(3, 1), (2, 2)]), "- after the second convolution", end=" ")
print(receptive_field([(3, 1), (2, 2), (3, 1)]))

# %% [markdown]
# So the second layer can combine what the first has found into larger patterns. That is the idea of a **hierarchy**:
# edges, then shapes made of edges, then objects made of shapes.
#
# ### Your turn 5.3: a plan for a hand-held probe
#
# A network in an ultrasound probe shall say whether a 64 x 64 image (one channel) holds a gallstone. It may take 200
# kB, at 4 bytes a parameter. A stone is up to 16 pixels wide, and one number of the last map should see it whole,
# because the layers after it can only weigh what the maps report. All convolutions have "same" padding and biases,
# each *pool* is 2 x 2, and after the last one comes flatten.
#
# | plan | layers |
# |---|---|
# | A | 3 x 3 with 16 filters, pool, 3 x 3 with 32 filters, pool, 2 outputs |
# | B | 3 x 3 with 16 filters, pool, 3 x 3 with 32 filters, pool, 3 x 3 with 32 filters, pool, 64 units, 2 outputs |
# | C | 5 x 5 with 16 filters, pool, 5 x 5 with 32 filters, pool, 3 x 3 with 32 filters, pool, 2 outputs |
# | D | 3 x 3 with 16 filters, 3 x 3 with 16 filters, pool, 3 x 3 with 16 filters, pool, 2 outputs |
#
# Which do you build? Add a cell, compute, and set `plan` to a letter, such as `"A"`.

# %% tags=["exercise"]
plan = ...


# %% tags=["check"]
# @title Check 5.3
check.choice(
    "5.3 plan",
    plan,
    "C",
    outcomes={
        "A": "It takes 85 kB, but a number of its last map sees 10 pixels. A stone of 16 pixels is never seen whole; "
        "the two outputs must guess it from bits of its edge.",
        "B": "Its last map sees 22 pixels, but it takes 581 kB, three times what the probe has, and cannot be loaded. "
        "Nine tenths of that is the layer of 64 units.",
        "C": "It takes 106 kB, and a number of its last map sees 28 pixels. Larger filters cost little here; what "
        "costs is a fully connected layer after few poolings.",
        "D": "It takes 52 kB, but a number of its last map sees 12 pixels. Three convolutions do not see far if only "
        "two poolings lengthen their steps.",
    },
)

# %% tags=["solution"]
# @title Solution 5.3
plan_solution = "C"
layers = [nn.Conv2d(1, 16, 5), nn.Conv2d(16, 32, 5), nn.Conv2d(32, 32, 3), nn.Linear(32 * 8 * 8, 2)]
sees = receptive_field([(5, 1), (2, 2), (5, 1), (2, 2), (3, 1), (2, 2)])  # 5, 6, 14, 16, 24, 28
assert (sum(map(parameters, layers)), sees) == (416 + 12_832 + 9_248 + 4_098, 28)
check.solution("5.3 plan", plan_solution)

# %% [markdown]
# ## Three networks read digits
#
# Now train. 2,000 digits are the test. Of the others, 1,500 are **validation** digits, with which the learning rates
# and epochs below were chosen. `images[:, None]` puts in the axis of the channels.


# %%
def as_tensors(images, labels):
    """Images as (n, 1, 28, 28) with values from 0 to 1, labels as whole numbers."""
    return torch.tensor(images[:, None] / 255, dtype=torch.float32), torch.tensor(labels)


X_test, y_test = as_tensors(test_images, test_labels)
X_fit, X_val, y_fit, y_val = train_test_split(
    *as_tensors(train_images, train_labels), test_size=1500, stratify=train_labels, random_state=1
)
print("to learn:", tuple(X_fit.shape), "to choose:", tuple(X_val.shape), "to test:", tuple(X_test.shape))

# %% [markdown]
# The first network is **linear**: the pixels straight to ten outputs. The second is dense, as in an earlier version of
# this course. The third is **LeNet-5** of 1998, in which Yann LeCun's group used tanh-like curves and pooling with
# weights, and we use ReLU and max pooling. (Some notes write "ReNet-5"; it is LeNet, after him.)


# %%
def make_linear():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def make_dense():
    return nn.Sequential(
        *(nn.Flatten(), nn.Linear(784, 512), nn.ReLU()),
        *(nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)),
    )


def make_lenet():
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


# %% [markdown]
# One function trains them all, with Adam. The learning rate rises during the first third of the steps and then falls
# to almost zero (`OneCycleLR`): large steps first, fine ones at the end.


# %%
def accuracy(outputs, targets):
    return (outputs.argmax(dim=1) == targets).float().mean()


def learn(model, X, y, epochs, lr, batch_size=64, augment=None, val=None):
    """Train with Adam and a learning rate that rises and falls; return the history."""
    collate = (lambda rows: augment(*default_collate(rows))) if augment else None
    loader = DataLoader(TensorDataset(X, y), batch_size=batch_size, shuffle=True, collate_fn=collate)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=epochs * len(loader))
    return train.fit(
        model,
        loader,
        val,
        loss_fn=nn.CrossEntropyLoss(),
        optimizer=optimizer,
        epochs=epochs,
        metrics={"accuracy": accuracy},
        scheduler=schedule,
    )


# %% [markdown]
# ### Augmentation first
#
# **Augmentation** changes the training images a little at random, in each batch anew, and keeps their labels: here
# every digit is turned, scaled and shifted. So a network never sees the same image twice.


# %%
def shake(images, targets, degrees=10, scale=0.1, shift=0.1):
    """Turn, scale and shift each image at random (shift as a share of half the image side)."""
    n = len(images)
    angle = torch.deg2rad(torch.empty(n).uniform_(-degrees, degrees))
    size = 1 + torch.empty(n).uniform_(-scale, scale)
    right, down = torch.empty(2, n).uniform_(-shift, shift)
    cos, sin = size * angle.cos(), size * angle.sin()
    theta = torch.stack([cos, -sin, right, sin, cos, down], dim=1).view(n, 2, 3)
    grid = F.affine_grid(theta, images.shape, align_corners=False)  # where each new pixel looks in the old image
    return F.grid_sample(images, grid, align_corners=False), targets


def turn_any_way(images, targets):
    return shake(images, targets, degrees=180)


# %% tags=["figure"]
# @title Slider: how far may an augmented digit be turned?
def draw_shaken(degrees=10):
    torch.manual_seed(SEED)
    copies = torch.cat([X_fit[y_fit == digit][:1] for digit in (2, 5, 6, 9)]).repeat_interleave(6, dim=0)
    moved, _ = shake(copies, None, degrees=degrees)
    moved[::6] = copies[::6]
    fig, axes = plt.subplots(4, 6, figsize=(6, 4), gridspec_kw={"wspace": 0.05, "hspace": 0.05})
    for ax, image in zip(axes.flat, moved, strict=True):
        ax.imshow(image[0], cmap="gray_r")
        ax.set(xticks=[], yticks=[])
    fig.suptitle(f"left: original; then turned by up to {degrees} degrees, scaled, shifted", fontsize=11)
    return fig, f"A 2, a 5, a 6 and a 9, each with five copies that are turned by up to {degrees} degrees."


plot.explore(draw_shaken, degrees=(0, 180, 10))

# %% [markdown]
# Move the slider to 180: at which angle does a label become a lie? Before you run the next cell, order its three
# recipes. Each trains LeNet-5 on the same 500 digits from the same start; each is judged on the validation digits.

# %%
few_accuracy = {}
for name, augment in (("plain", None), ("shaken", shake), ("turned any way", turn_any_way)):
    train.seed_everything(SEED)
    model = make_lenet()
    history = learn(model, X_fit[:500], y_fit[:500], epochs=12, lr=0.01, augment=augment)
    few_accuracy[name] = accuracy(train.predict(model, X_val), y_val).item()
    print(f"{name:15s}training accuracy {history['accuracy'][-1]:.3f}, validation {few_accuracy[name]:.3f}")

# %% [markdown]
# Without augmentation the network knows its 500 digits nearly by heart, and errs more on new ones. Turning them any way
# is a disaster: the network must call one and the same picture sometimes a 6 and sometimes a 9, and learn each digit
# at angles that never come. Augment by what happens to *real* images, and no further.
#
# ### Linear, dense, convolutional
#
# All three get the same 6,500 digits, shaken, for 8 epochs, each with the learning rate and batch size that suit it.
# Before you run it: the dense network has eleven times as many parameters as LeNet-5. Which wins?

# %%
recipes = {"linear": (make_linear, 0.003, 128), "dense": (make_dense, 0.003, 128), "LeNet-5": (make_lenet, 0.01, 64)}
trained = {}
for name, (make, lr, batch_size) in recipes.items():
    train.seed_everything(SEED)
    trained[name] = make()
    val = [(X_val, y_val)] if name == "LeNet-5" else None  # one batch of 1,500 digits
    history = learn(trained[name], X_fit, y_fit, 8, lr, batch_size, augment=shake, val=val)
history.plot()

# %% [markdown]
# This is LeNet-5. Its training digits are shaken and its validation digits are not, so validation looks better. The
# test digits are a sample: `stats.bootstrap_interval` draws 2,000 of them with replacement, a thousand times, and
# gives the range that holds 95 % of the accuracies.

# %%
test_outputs = {name: train.predict(model, X_test) for name, model in trained.items()}
test_accuracy = {}
for name, outputs in test_outputs.items():
    right = (outputs.argmax(dim=1) == y_test).numpy()
    low, high = stats.bootstrap_interval(np.mean, right)
    test_accuracy[name] = right.mean()
    print(f"{name:8s}{right.mean():.3f} ({low:.3f} to {high:.3f}) with {parameters(trained[name]):>7,} parameters")

# %% [markdown]
# LeNet-5 errs on about one digit in 75, the dense network on one in 30, the linear one on one in 9. The earlier
# version of this course had 0.979 (dense) and 0.987 (a CNN of 597,738 parameters) on other test digits, and learned
# from 60,000.
#
# ### Your turn 5.4: predict, then run
#
# Put the 784 pixels of *every* digit, in training and in validation, into one and the same new order. No number is
# lost. Train the dense network and LeNet-5 anew on 500 such digits: first write down what you expect, then add a cell
# with `reordered(X_fit[:500])`, `y_fit[:500]`, 12 epochs, no augmentation, learning rate 0.003 for `make_dense()` and
# 0.01 for `make_lenet()`; validate on `reordered(X_val)`. Compare with digits as written. Whose accuracy falls by more
# than three points? Set `who_falls` to `"dense"`, `"LeNet-5"`, `"both"` or `"neither"`.

# %% tags=["figure"]
# @title reordered() puts all pixels into one new order: three digits, before and after
order = torch.tensor(np.random.default_rng(0).permutation(784))


def reordered(X):
    return X.flatten(1)[:, order].view(-1, 1, 28, 28)


fig, axes = plt.subplots(1, 6, figsize=(9, 1.8))
for ax, image in zip(axes, [*X_fit[:3], *reordered(X_fit[:3])], strict=True):
    ax.imshow(image[0], cmap="gray_r")
    ax.set(xticks=[], yticks=[])
axes[1].set_title("as written")
axes[4].set_title("reordered")
plot.show(fig, alt="Three readable digits, and the same three as unreadable noise after one fixed shuffle of pixels.")

# %% tags=["exercise"]
who_falls = ...


# %% tags=["check"]
# @title Check 5.4
def with_500(make, lr, X, X_check):
    train.seed_everything(SEED)
    model = make()
    learn(model, X[:500], y_fit[:500], 12, lr)
    return accuracy(train.predict(model, X_check), y_val).item()


mixed_digits = reordered(X_fit), reordered(X_val)
written = {"dense": with_500(make_dense, 0.003, X_fit, X_val), "LeNet-5": few_accuracy["plain"]}
mixed = {"dense": with_500(make_dense, 0.003, *mixed_digits), "LeNet-5": with_500(make_lenet, 0.01, *mixed_digits)}
told = {name: f"from {written[name]:.2f} to {mixed[name]:.2f}" for name in written}
check.choice(
    "5.4 reordered",
    who_falls,
    "LeNet-5",
    outcomes={
        "LeNet-5": f"{mixed['LeNet-5']:.2f} instead of {written['LeNet-5']:.2f}, against {mixed['dense']:.2f} instead "
        f"of {written['dense']:.2f}: neighbourhood was the whole advantage, and without it the order is reversed.",
        "dense": f"It goes {told['dense']}: each of its units has its own weight for each pixel, wherever that stands.",
        "both": f"One goes {told['LeNet-5']}, the other {told['dense']}: to that one the pixels are a list.",
        "neither": f"One of them goes {told['LeNet-5']}: strokes are torn apart, so no 5 x 5 window can hold one.",
    },
)

# %% tags=["solution"]
# @title Solution 5.4
who_falls_solution = "LeNet-5"
assert abs(mixed["dense"] - written["dense"]) < 0.03 < written["LeNet-5"] - mixed["LeNet-5"] - 0.05
assert mixed["LeNet-5"] < mixed["dense"]  # with its assumption broken it is the worse of the two
check.solution("5.4 reordered", who_falls_solution)

# %% [markdown]
# ## Look at the errors
#
# The earlier version of this course, with images as rows of 784 pixels, showed its predictions by one line:
# `np.argmax(X_test, axis=1)`, for each row the position of the largest number. What do these numbers say?

# %%
rows = X_test.flatten(1).numpy()
print("'predicted':", np.argmax(rows, axis=1)[:8])
print("true:       ", y_test[:8].numpy())

# %% [markdown]
# They are the places of the darkest pixel, from 0 to 783. The model was never asked. Nobody noticed, because nobody
# looked. The right line takes the largest of the model's ten outputs:

# %%
lenet_outputs = test_outputs["LeNet-5"]
predicted = lenet_outputs.argmax(dim=1)
print("predicted:  ", predicted[:8].numpy())

# %% tags=["figure"]
# @title Confusion matrix of LeNet-5
counts = confusion_matrix(y_test, predicted)
fig, ax = plt.subplots(figsize=(5, 4.4))
ax.imshow(np.where(np.eye(10), 0, counts), cmap="Oranges", vmax=8)
for (row, column), count in np.ndenumerate(counts):
    if count:
        ax.text(column, row, count, ha="center", va="center", color="0.4" if row == column else "black")
ax.set(xlabel="the network says", ylabel="true digit", xticks=range(10), yticks=range(10))
ax.grid(False)
plot.show(
    fig,
    alt=f"Confusion matrix: a share of {np.trace(counts) / counts.sum():.3f} lies on the diagonal, the few errors are "
    "scattered.",
)

# %% [markdown]
# Each coloured square is an error. Now see the worst ones, of which the network was surest: a softmax turns its ten
# outputs into probabilities.

# %% tags=["figure"]
# @title The ten worst errors
chance = F.softmax(lenet_outputs, dim=1)
sure = chance.max(dim=1).values
worst = torch.where(predicted != y_test, sure, 0).argsort(descending=True)[:10]
fig, axes = plt.subplots(2, 5, figsize=(8.4, 4.2))
for ax, i in zip(axes.flat, worst, strict=True):
    ax.imshow(test_images[i], cmap="gray_r")
    title = f"says {predicted[i]}: {sure[i]:.2f}\ntrue {y_test[i]}: {chance[i, y_test[i]]:.2f}"
    ax.set(xticks=[], yticks=[], title=title)
plot.show(fig, alt="Ten misread digits with unusual strokes; some labels could be doubted too.")

# %% [markdown]
# Which of these would you have got right? A network can be wrong and say 0.9 or more. Still, its probabilities are of
# use: where they are low, ask a person.
#
# ### Your turn 5.5: when should a person look?
#
# LeNet-5 reads handwritten patient numbers for an archive. If its largest probability for a digit is below a
# threshold, a person reads that digit, without error, for 4 cents. A wrong digit that gets through costs 1 euro until
# it is mended. Which `threshold` is cheapest: `"0"` (trust the network always), `"0.9"`, `"0.99"`, `"0.9999"`, or `"2"`
# (a person reads all)? It is a choice, so use the validation digits. In the next cell `.values` are the largest
# probabilities, `.indices` the digits.

# %%
largest = F.softmax(train.predict(trained["LeNet-5"], X_val), dim=1).max(dim=1)
is_wrong = largest.indices != y_val
print("validation digits:", len(y_val), "wrong if all are trusted:", int(is_wrong.sum()))

# %% tags=["exercise"]
threshold = ...


# %% tags=["check"]
# @title Check 5.5
def bill(border):
    """Euros for the validation digits, and in words."""
    by_person = int((largest.values < border).sum())
    let_through = int((is_wrong & (largest.values >= border)).sum())
    euros = 0.04 * by_person + let_through
    return euros, f"{euros:.2f} euros for 1,500 digits; wrong and let through: {let_through}, reread: {by_person}"


bills = {text: bill(float(text)) for text in ("0", "0.9", "0.99", "0.9999", "2")}
cheapest = min(bills, key=bills.get)
check.choice(
    "5.5 threshold",
    threshold,
    cheapest,
    outcomes={
        "0": f"{bills['0'][1]}. Most of that money pays for digits of which the network itself was unsure.",
        "0.9": f"{bills['0.9'][1]}. A person would find more of them, for less than they cost.",
        "0.99": f"{bills['0.99'][1]}.",
        "0.9999": f"{bills['0.9999'][1]}. By now the person's time costs more than the few errors it finds.",
        "2": f"{bills['2'][1]}. Safe, and many times as dear as the cheapest.",
    },
)

# %% tags=["solution"]
# @title Solution 5.5
# If the probabilities were true, asking would pay where the chance of an error exceeds 4 / 100: below 0.96.
threshold_solution = min(("0", "0.9", "0.99", "0.9999", "2"), key=lambda text: bill(float(text))[0])
assert bills["2"][0] > 1.2 * bills["0"][0] and bills["0"][0] > 1.2 * bills[cheapest][0]
check.solution("5.5 threshold", threshold_solution)

# %% [markdown]
# ## Depth
#
# A deeper network should be no worse: it could copy what the small one does, and let its other layers pass their input
# through. Try it with 1,500 digits at 14 x 14 pixels and 3 x 3 convolutions with 8 maps and batch normalisation. In a
# **plain** network each layer gets the result of the one before. In a **residual** one, the idea of ResNet (2015),
# every two layers compute a change $F$ that is *added* to their input: $x + F(x)$. If they learn nothing, $x$ still
# arrives.


# %%
def conv_norm(channels_in, maps):
    """Convolution and batch normalisation, which brings its own bias."""
    return nn.Conv2d(channels_in, maps, 3, padding=1, bias=False), nn.BatchNorm2d(maps)


class Step(nn.Module):
    """Two convolutions; with `shortcut` the input is added to their result."""

    def __init__(self, shortcut):
        super().__init__()
        self.change = nn.Sequential(*conv_norm(8, 8), nn.ReLU(), *conv_norm(8, 8))
        self.shortcut = shortcut

    def forward(self, x):
        return F.relu(x + self.change(x) if self.shortcut else self.change(x))


def make_deep(n_steps, shortcut):
    steps = [Step(shortcut) for _ in range(n_steps)]
    return nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(), *steps, nn.Flatten(), nn.Linear(392, 10))


# %% [markdown]
# Before you run it: order the four networks by their **training** loss.

# %%
depth_loss = {}
small_images = F.avg_pool2d(X_fit[:1500], 2)
for n_steps, shortcut in ((2, False), (12, False), (2, True), (12, True)):
    train.seed_everything(SEED)
    model = make_deep(n_steps, shortcut).to(memory_format=torch.channels_last)  # faster on a CPU
    kind = f"{2 * n_steps + 2:2d} layers, {'residual' if shortcut else 'plain'}"
    depth_loss[kind] = learn(model, small_images, y_fit[:1500], epochs=4, lr=0.003)["loss"]
    print(f"{kind:20s} training loss after 4 epochs {depth_loss[kind][-1]:.2f}")

# %% tags=["figure"]
# @title The training loss by epoch
fig, ax = plt.subplots()
for (kind, losses), marker in zip(depth_loss.items(), plot.MARKERS, strict=False):
    ax.plot(range(1, len(losses) + 1), losses, marker=marker, label=kind)
ax.set(xlabel="epoch", ylabel="training loss", xticks=range(1, 5))
ax.legend()
plot.show(fig, alt="The deep plain network's training loss stays highest; with shortcuts the deep one falls lowest.")

# %% [markdown]
# The deep plain network is far behind, and not by overfitting: this is the training loss. Its curve still falls, so it
# learns, but slowly. With 6 layers the shortcut changes almost nothing; with it the 26 layers are best of all. So
# ResNet could have 152 layers.
#
# ## Fine-tuning: start from a trained network
#
# With few labels one starts from a network that has learned another task, gives it a new last layer, and trains on:
# **fine-tuning**. (In 2006 the first part was done layer by layer, without labels, by restricted Boltzmann machines.)
# Either the old layers stay **frozen** and only the last one learns, or all learn on. The old task here is digits 0 to
# 4, thousands of images; the new one digits 5 to 9, *one* image of each.


# %%
def make_small(outputs):
    layers, channels = [], 1
    for maps in (16, 32, 64):
        layers += [*conv_norm(channels, maps), nn.ReLU(), nn.MaxPool2d(2)]
        channels = maps
    return nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * 3 * 3, outputs))


train.seed_everything(SEED)
old = y_fit < 5  # True for the rows of the old task
pretrained = make_small(5).to(memory_format=torch.channels_last)
learn(pretrained, X_fit[old], y_fit[old], epochs=2, lr=0.01)
X_new, y_new = X_val[y_val > 4], y_val[y_val > 4] - 5
old_accuracy = accuracy(train.predict(pretrained, X_val[y_val < 5]), y_val[y_val < 5]).item()
print(f"old task: accuracy {old_accuracy:.2f}")


# %%
def scratch(X, y):
    model = make_small(5)
    learn(model, X, y, epochs=80, lr=0.005, batch_size=5)
    return train.predict(model, X_new)


def frozen(X, y):
    features, last = pretrained[:-1], nn.Linear(576, 5)  # only the last layer learns
    learn(last, train.predict(features, X), y, epochs=160, lr=0.01, batch_size=5)
    return train.predict(last, train.predict(features, X_new))


def fine_tuned(X, y):
    model = copy.deepcopy(pretrained)
    model[-1] = nn.Linear(576, 5)
    learn(model, X, y, epochs=80, lr=0.002, batch_size=5)  # small steps, to keep what it knows
    return train.predict(model, X_new)


# %% [markdown]
# With so few images it matters which, so each way is tried with three sets of five; SD is the standard deviation.

# %%
tuned_accuracy = {}
for way in (scratch, frozen, fine_tuned):
    results = []
    for draw in range(3):
        few = torch.cat([(y_fit == digit).nonzero()[draw : draw + 1, 0] for digit in range(5, 10)])
        train.seed_everything(SEED + draw)
        results.append(accuracy(way(X_fit[few], y_fit[few] - 5), y_new).item())
    tuned_accuracy[way.__name__] = np.mean(results)
    print(f"{way.__name__:11s}accuracy {np.mean(results):.2f}, SD of the three {np.std(results, ddof=1):.2f}")

# %% [markdown]
# What was learned on zeros to fours helps with fives to nines: strokes and bends are the same. Frozen or not makes no
# difference that three sets could show. More labels shrink the gain: with 30 images of each digit, tried beforehand,
# all three ways had 0.96.
#
# ## Going further
#
# [More architectures](further/05_more_architectures.ipynb) has sections that need this lab, but not one another:
#
# - *What the layers look for*: filters before and after training, and what excites a unit most.
# - *Features made by hand*: how far an expert's features get, compared fairly.
# - *AlexNet, VGG, and why it worked*: the plans that began it, and the work they cost.
# - *GoogLeNet, ResNet and DenseNet*: their blocks, checked against torchvision.
# - *AlphaGo, a network without pooling*: when subsampling loses the object.
# - *Batch size*: why 512 at once may learn nothing while 8 learn much.
# - *Pruning*: how many weights a network can lose.
# - *A network that reads in order*: the recurrent family.
# - *Two networks against each other*: the generative family, and what to ask of a made image.
# - *All 60,000 digits*: and how many test digits a claim needs.
#
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "The image side doubles from 28 to 56. What happens to the parameters of LeNet-5, built for it as before?",
    [
        "None is added, because all weights are shared",
        "Only the first fully connected layer grows",
        "Each layer has four times as many",
        "Only the two convolutions grow",
    ],
    1,
    [
        "Those of the filters are; but the list after flattening is longer, and each of its numbers has weights.",
        "The filters do not know the size of the image; the flattened list does: it is nearly six times as long.",
        "A filter has k x k weights for each channel, however large the image is.",
        "More places are visited, by the same filters.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "A network shall say on which side of a chest film fluid lies. Which augmentation would harm it?",
    [
        "Turning by up to 5 degrees",
        "Brightness up or down by a tenth",
        "Shifting by up to 10 pixels",
        "Mirroring left and right",
    ],
    3,
    [
        "Patients never stand perfectly straight; such films exist, with the same label.",
        "Exposure differs from film to film, and the label stays.",
        "The patient never stands in the same place twice; the side stays.",
        "The fluid then lies on the other side and the label is false. The heart changes sides too, which in a real "
        "patient is a finding.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "A plain network of 26 layers has training accuracy 0.50 and validation accuracy 0.49, one of 6 layers 0.95 and "
    "0.92. What do you change in the deep one first?",
    [
        "More augmentation of its images",
        "Shortcuts around its layers",
        "More dropout between its layers",
        "More images to train on",
    ],
    1,
    [
        "That is for a network that knows its training images too well. This one does not know them.",
        "It fails on images that it has seen, so it is the training that gets stuck, and shortcuts free it.",
        "Dropout holds back a network that learns too much by heart; here nothing has been learned by heart.",
        "It cannot even learn those it has.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "'Our CNN has .988, with augmentation, on our 2,000 test digits. The linear model has .900, without, on the same "
    "digits. Convolution brings 8.8 points.' Which sentence is right?",
    [
        "It is fair, because both met the same 2,000 test digits",
        "It is unfair, because 2,000 digits are too few for 8.8 points",
        "It is unfair, because hidden layers and augmentation differ too",
        "It is fair once both are averaged over five random starts",
    ],
    2,
    [
        "The same test is needed and not enough: the two differ in more than convolution.",
        "With 2,000 digits the intervals are about one point wide; 8.8 points are not chance.",
        "In this lab the dense network with the same augmentation has most of the gain. Compare with that one.",
        "Averaging removes chance, but not a second cause.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown

# %%
worked = [
    map_1.tolist() == [[3, -1, -3, -1], [-3, 1, 0, -3], [-3, -3, 0, 1], [3, -2, -2, -1]],
    map_2.tolist() == [[-1, -1, -1, -1], [-1, -1, -2, 1], [-1, -1, -2, 1], [-1, 0, -4, 3]],
    convolve2d(tiny, filter_1, stride=2).tolist() == [[3, -3], [-3, 0]],
    convolve2d(checkered, small_filter).tolist() == [[2, 1], [1, 2]],
    [pool2d(map_1).tolist(), pool2d(map_2).tolist()] == [[[3, 0], [3, 1]], [[-1, 1], [0, 3]]],
    [pool2d(first).tolist(), pool2d(second).tolist()] == [[[32, 5], [6, 21]], [[9, 2], [6, 3]]],
    pool2d(second, reduce=np.mean).tolist() == [[3.75, 1.25], [3.75, 2]],
]
assert all(worked)
print(f"all {len(worked)} tables computed by hand are right")

# %% tags=["nbval-check-output"]
claims = [
    np.array_equal(matrix @ tiny.ravel(), map_1.ravel()) and np.count_nonzero(matrix) == 144,
    [cnn_shapes[k] for k in (0, 2, 3, 5, 6)] == [(25, 26, 26), (25, 13, 13), (50, 11, 11), (50, 5, 5), (1250,)],
    parameters(first_layer) == 250 and parameters(second_layer) == 11_300,
    parameters(trained["dense"]) == 669_706 and parameters(trained["LeNet-5"]) == 61_706,
    few_accuracy["shaken"] > few_accuracy["plain"] > few_accuracy["turned any way"] + 0.1,
    test_accuracy["linear"] > 0.86 and test_accuracy["dense"] > 0.95 and test_accuracy["LeNet-5"] > 0.97,
    test_accuracy["LeNet-5"] > test_accuracy["dense"] and test_accuracy["dense"] > test_accuracy["linear"] + 0.03,
    np.mean(np.argmax(rows, axis=1) == y_test.numpy()) < 0.01,  # argmax without a model
    depth_loss["26 layers, plain"][-1] > 2 * depth_loss[" 6 layers, plain"][-1],
    depth_loss["26 layers, residual"][-1] < depth_loss["26 layers, plain"][-1] / 2,
    min(tuned_accuracy["frozen"], tuned_accuracy["fine_tuned"]) > tuned_accuracy["scratch"],
]
for number, claim in enumerate(claims, start=1):
    assert claim, f"claim {number} does not hold"
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## Summary
#
# - A convolution slides one small table of weights over the image: few weights, shared by all places. Pooling keeps
#   the answer and drops the exact place.
# - A filter costs k x k weights for each channel; most parameters sit in the first fully connected layer. How far a
#   number sees depends on the windows and on the strides before them.
# - On 2,000 test digits LeNet-5 reaches about 0.99 with 61,706 parameters, the dense network about 0.97 with 669,706.
#   The gain rests on neighbourhood.
# - Augment by what happens to real images, and no further.
# - Look at predictions and errors; where a network is unsure, a person is cheap.
# - Plain depth is hard to train; shortcuts make it easy. With very few images, features learned on another task beat a
#   fresh start.
#
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | convolution | 합성곱 | slide a small table of weights over an image and add up the products |
# | cross-correlation | 교차상관 | what networks call convolution: without turning the kernel |
# | filter, kernel | 필터, 커널 | the small table of weights |
# | feature map | 특징 맵 | what a filter answers, place by place |
# | channel | 채널 | one of several layers of an image, such as red |
# | stride | 스트라이드(보폭) | the step of the window |
# | zero padding | 제로 패딩 | rings of zeros around the image |
# | pooling | 풀링 | one number for each small square: the largest or the mean |
# | weight sharing | 가중치 공유 | the same weights at every place |
# | sparse connection | 희소 연결 | most weights are zero or missing |
# | fully connected layer | 완전 연결층 | every input is linked with every output |
# | flatten | 평탄화 | lay all maps into one list |
# | receptive field | 수용 영역 | the pixels that one number depends on |
# | convolutional neural network (CNN) | 합성곱 신경망 | a network of convolutions and pooling |
# | augmentation | 데이터 증강 | random changes of the training images that keep the label |
# | confusion matrix | 혼동 행렬 | counts of truth against answer |
# | residual block | 잔차 블록 | adds its input to its result |
# | fine-tuning | 미세 조정 | training a trained network on for a new task |
# | frozen layer | 동결된 층 | a layer whose weights are not changed |
#
# ## References
#
# - LeCun Y, Bottou L, Bengio Y, Haffner P. Gradient-based learning applied to document recognition. *Proc. IEEE* 86,
#   1998.
# - Hinton GE, Osindero S, Teh YW. A fast learning algorithm for deep belief nets. *Neural Computation* 18, 2006.
# - He K, Zhang X, Ren S, Sun J. Deep residual learning for image recognition. *CVPR*, 2016 (2015).
