# %% [markdown]
# # 5. Convolutional networks
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
# - compute a convolution and a pooling by hand, and predict the size of what comes out;
# - explain why a convolution is a fully connected layer with few, shared weights, and count them;
# - train a convolutional network on handwritten digits, and report its accuracy with an interval and its errors;
# - read the plan of a famous network: LeNet-5, AlexNet, VGG, GoogLeNet, ResNet, DenseNet, AlphaGo;
# - measure what augmentation, batch size, depth, pruning and fine-tuning do.
#
# **Before you start** you need lab 4: layers, ReLU, softmax, cross-entropy, batch normalisation, dropout, and the
# training loop that became `train.fit`. From lab 1 you need training, validation and test rows.
#
# **Your numbers.** Processors round differently, and in a long training such differences grow. So the accuracy of a
# trained network differs from computer to computer, mostly by less than 0.02, and one training loss below was 1.05
# on one computer and 1.51 on another. The text quotes what held on all that were tried.
#
# For teaching, not for clinical use.

# %% tags=["setup"]
import sys

if "google.colab" in sys.modules:  # a local installation has the course already
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/{{owner}}/{{repository}}@{{branch}}")

# %% tags=["parameters"]
SEED = 0
SOURCE = "bundled"  # or "full": all 70,000 digits, an 11 MB download and a much longer run

# %%
import copy

import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from scipy import signal
from skimage.feature import hog
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, default_collate
from torchvision import models

from coursekit import check, data, plot, stats, train

torch.set_num_threads(1)  # networks this small gain little from more cores
train.seed_everything(SEED)

# %% [markdown]
# ## Why convolution
#
# Two kinds of picture accompany this lab. The first are handwritten digits from the MNIST collection: 28 x 28 pixels,
# 0 is paper, 255 is ink. 10,000 of them come with the course; 2,000 are put aside for the test.

# %%
if SOURCE == "full":
    (train_images, train_labels), (test_images, test_labels) = data.fetch_mnist()
else:
    images, labels = data.load_mnist_10k()
    train_images, test_images, train_labels, test_labels = train_test_split(
        images, labels, test_size=2000, stratify=labels, random_state=0
    )
print(f"{len(train_images)} digits to train on, {len(test_images)} to test on, {train_images[0].shape} pixels each")

# %% [markdown]
# The second is one slice of a real chest CT, 256 x 256 pixels in **Hounsfield units** (HU: air -1000, water 0, bone
# several hundred). We cut off 70 rows of air above the patient. You look at it from the feet, so the patient's right
# lung is on your left.

# %%
chest = data.load_chest_ct()[0]
slice_hu = chest.hu[30, 70:].astype(float)  # without the air above the patient
print(f"slice of {slice_hu.shape} pixels, {chest.spacing_mm[1]:.2f} mm each, {slice_hu.min():.0f} to", end=" ")
print(f"{slice_hu.max():.0f} HU")

# %% tags=["figure"]
# @title A pattern is smaller than the image, and it appears anywhere
digit = test_images[np.flatnonzero(test_labels == 7)[0]]
fig, axes = plt.subplots(1, 3, figsize=(9, 3), width_ratios=[1, 1, 1.35])
axes[0].imshow(digit, cmap="gray_r")
axes[0].set_title("a seven, 28 x 28")
axes[1].imshow(digit[::2, ::2], cmap="gray_r")
axes[1].set_title("every second pixel, 14 x 14")
axes[2].imshow(slice_hu, cmap="gray", vmin=-1000, vmax=400)
axes[2].set_title("chest CT, one slice")
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
# 1. **A pattern is smaller than the image.** To see that a box holds a vessel, or where a stroke bends, you need a
#    few pixels, not all of them.
# 2. **The same pattern appears anywhere.** Vessels lie in all four boxes. One detector, moved around, is enough; you
#    need not learn it anew for each place.
# 3. **Subsampling keeps the object.** With every second pixel left out the seven is still a seven, and four times
#    cheaper to process.
#
# A fully connected layer knows none of this. It has one weight for each pixel and each output, and to it the pixels
# are a list without neighbours. You can shuffle the pixels of all images in one fixed order: a dense network learns
# just as well, while you can no longer read a single digit.

# %% tags=["figure"]
# @title Three digits, and the same digits with their pixels in another fixed order
order = np.random.default_rng(SEED).permutation(784)
fig, axes = plt.subplots(1, 6, figsize=(9, 1.7))
for k, ax in enumerate(axes):
    image = train_images[k % 3]
    ax.imshow(image if k < 3 else image.ravel()[order].reshape(28, 28), cmap="gray_r")
    ax.set(xticks=[], yticks=[])
axes[0].set_title("you see")
axes[3].set_title("a dense layer might as well see")
plot.show(fig, alt="Three readable digits, and the same three as unreadable noise after one fixed shuffle of pixels.")

# %% [markdown]
# ## Convolution by hand
#
# Take a 6 x 6 image, 1 is ink. A **filter** (or kernel) is a small table of weights, here 3 x 3. Lay it on the top
# left corner, multiply each weight by the pixel beneath, add up the nine products, write down the sum. Move one pixel
# to the right and repeat. The table of sums is the **feature map**.

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
print(tiny)

# %% [markdown]
# Filter 1 has its ones on a diagonal from top left to bottom right, filter 2 in an upright line. Before you run the
# next cell: where in the image will filter 1 find what it looks for, and how large can its answer get?


# %%
def convolve2d(image, kernel, stride=1, padding=0):
    """Slide a kernel over an image; at each place multiply, add up, and write one number."""
    image = np.pad(np.asarray(image, dtype=float), padding)  # that many rings of zeros
    kernel = np.asarray(kernel, dtype=float)
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
map_1 = convolve2d(tiny, filter_1)
print(map_1.astype(int))

# %% [markdown]
# The largest answer, 3, appears where a falling diagonal of three ones begins, at the top left and at the bottom
# left. At other places ink on the weights -1 pulls the sum down. So a filter is a detector, and the map says *where*
# it has found its pattern.

# %%
map_2 = convolve2d(tiny, filter_2)
print(map_2.astype(int))

# %% [markdown]
# The upright line gets its 3 at the bottom right. Move the window and look at the nine products yourself.


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
# ### Stride
#
# The **stride** is the step of the window. With stride 2 you move by two pixels and get a quarter of the numbers.

# %%
print(convolve2d(tiny, filter_1, stride=2).astype(int))

# %% [markdown]
# One more to check on paper: a 3 x 3 image and a 2 x 2 filter.

# %%
checkered = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
small_filter = np.array([[1, 1], [0, 1]])
print(convolve2d(checkered, small_filter).astype(int))

# %% [markdown]
# ### Padding
#
# A 3 x 3 filter shrinks the image by two rows and two columns, and a pixel in the corner is looked at only once.
# **Zero padding** puts rings of zeros around the image first. Two rings turn 7 x 7 into 11 x 11.

# %%
seven = np.ones((7, 7))
print("padded:", np.pad(seven, 2).shape)
for size in (3, 5):
    kernel = np.ones((size, size))
    same = size // 2
    print(f"{size} x {size} filter: no padding {convolve2d(seven, kernel).shape}, {same} ring(s)", end=" ")
    print(convolve2d(seven, kernel, padding=same).shape)

# %% [markdown]
# One ring for a 3 x 3 filter, two for a 5 x 5: then the map is as large as the image. This choice is called
# **"same"** padding; no padding is called "valid". All sizes follow one formula, for an image side $n$, filter side
# $k$, padding $p$ and stride $s$:
#
# $$\left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1$$
#
# The half brackets mean: round down, because a window that would hang over the edge is left out.
#
# ### Your turn 5.1: the size of the map
#
# Write `output_size(n, k, stride, padding)`: the side of the feature map by the formula above, as a whole number. `a
# // b` divides and rounds down.


# %% tags=["exercise"]
def output_size(n, k, stride, padding):
    return ...


# %% tags=["check"]
# @title Check 5.1
check.function(
    "5.1 output size",
    output_size,
    lambda n, k, stride, padding: F.conv2d(
        torch.zeros(1, 1, n, n), torch.zeros(1, 1, k, k), stride=stride, padding=padding
    ).shape[-1],
    [(6, 3, 1, 0), (6, 3, 2, 0), (227, 11, 4, 0), (28, 5, 1, 2), (27, 5, 1, 2), (21, 4, 3, 0)],
    hint="n grows by the padding on both sides; subtract k, divide by the stride and round down, then add 1.",
)


# %% tags=["solution"]
# @title Solution 5.1
def output_size_solution(n, k, stride, padding):
    return (n + 2 * padding - k) // stride + 1


check.solution("5.1 output size", output_size_solution)

# %% [markdown]
# ### The same in PyTorch, and a matter of names
#
# PyTorch computes the same. It wants four axes: images, channels, rows, columns.

# %%
rng = np.random.default_rng(SEED)
gaps = []
for stride, padding in ((1, 0), (2, 1), (3, 2)):
    image, kernel = rng.normal(size=(9, 12)), rng.normal(size=(4, 3))
    by_torch = F.conv2d(torch.tensor(image)[None, None], torch.tensor(kernel)[None, None], None, stride, padding)
    gaps.append(np.abs(by_torch[0, 0].numpy() - convolve2d(image, kernel, stride, padding)).max())
print("hand and PyTorch agree to 1e-12:", max(gaps) < 1e-12)

# %% [markdown]
# Mathematicians turn the kernel by 180 degrees before they slide it, and call *that* convolution. Without the turn it
# is **cross-correlation**. Neural networks do cross-correlation and call it convolution. For a learned filter it
# makes no difference: training would learn the turned one. For a filter you type in yourself it does. See what each
# makes of an image with a single point.

# %%
one_point = np.zeros((5, 5), dtype=int)
one_point[2, 2] = 1
numbered = np.arange(1, 10).reshape(3, 3)
print(f"kernel:\n{numbered}")
print(f"cross-correlation:\n{signal.correlate2d(one_point, numbered, mode='valid')}")
print(f"convolution in mathematics:\n{signal.convolve2d(one_point, numbered, mode='valid')}")

# %% [markdown]
# ### Colour
#
# A colour image has three **channels**: red, green, blue. Its filter has three layers too, 3 x 3 x 3 = 27 weights. At
# each place all 27 products are added: **one** filter gives **one** map, however many channels go in.

# %%
colour = np.stack([tiny, 1 - tiny, tiny.T])  # (3, 6, 6): red, green, blue
colour_filter = np.stack([filter_1, filter_2, filter_1.T])
colour_map = sum(convolve2d(channel, weights) for channel, weights in zip(colour, colour_filter, strict=True))
by_torch = F.conv2d(torch.tensor(colour)[None], torch.tensor(colour_filter)[None])
print(f"{colour.shape} image, {colour_filter.size} weights -> one map of {colour_map.shape}")
print("as in PyTorch:", np.array_equal(colour_map, by_torch[0, 0]))

# %% [markdown]
# ### Filters on a CT slice
#
# Before networks learned their filters, people designed them. A **blur** averages the neighbours, an **edge** filter
# subtracts the left neighbours from the right ones, a **sharpening** filter exaggerates what differs from the
# neighbourhood. Radiology workstations offer such filters.

# %%
kernels = {
    "left-right edge": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 8,
    "top-bottom edge": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]]) / 8,
    "blur": np.ones((3, 3)) / 9,
    "blur, 9 x 9": np.ones((9, 9)) / 81,
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "nothing": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
}
for name, kernel in kernels.items():
    print(f"{name:16s} weights add up to {kernel.sum():.0f}")


# %% tags=["figure"]
# @title Slider: one filter on the CT slice
def draw_filtered(kernel="left-right edge"):
    weights = kernels[kernel]
    result = signal.correlate2d(slice_hu, weights, mode="same", boundary="symm")
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
# The weights of the edge filters add up to 0: where the tissue is even, the answer is 0, and only borders remain.
# Left and right borders of a lung have opposite signs. The weights of the others add up to 1: they keep the level of
# the HU.
#
# ### Your turn 5.2: design a filter
#
# Make `my_filter`, a 3 x 3 NumPy array that answers to *lying* lines one pixel high, as filter 2 answers to upright
# ones: ink on the middle row gives +1 for each pixel, ink above or below gives -1. Try it with `convolve2d(tiny,
# my_filter)`.

# %% tags=["exercise"]
my_filter = ...

# %% tags=["check"]
# @title Check 5.2
check.value(
    "5.2 lying line",
    my_filter,
    filter_2.T,
    hint="Three rows of three: np.array([[...], [...], [...]]). Filter 2 has its +1 in the middle column.",
)

# %% tags=["solution"]
# @title Solution 5.2
my_filter_solution = np.array([[-1, -1, -1], [1, 1, 1], [-1, -1, -1]])
check.solution("5.2 lying line", my_filter_solution)

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
    return reduce(squares, axis=(1, 3))


print("filter 1:\n", pool2d(map_1).astype(int))
print("filter 2:\n", pool2d(map_2).astype(int))

# %% [markdown]
# From 16 numbers to 4. The two 3s of filter 1 stand on the left, at the top and at the bottom: rough positions
# remain. If the drawing moves by one pixel, a maximum often stays in its square and nothing changes.

# %%
first = np.array([[9, 3, 5, 3], [10, 32, 2, 2], [1, 3, 21, 9], [2, 6, 11, 7]])
second = np.array([[1, 3, 2, 1], [2, 9, 1, 1], [1, 3, 2, 3], [5, 6, 1, 2]])
print(f"{first}\nmax {pool2d(first).tolist()}\n")
print(f"{second}\nmax {pool2d(second).tolist()}, average {pool2d(second, reduce=np.mean).tolist()}")

# %% [markdown]
# ### Your turn 5.3: spot the error
#
# A figure found in many lecture notes shows the first table and its average pooling as `13.5 3 / 3 18`. One of the
# four numbers is wrong. Give `wrong_number` (as printed in the figure) and `right_number`, computed from its four
# pixels.

# %% tags=["exercise"]
wrong_number = ...
right_number = ...

# %% tags=["check"]
# @title Check 5.3
check.value(
    "5.3 spot the error",
    (wrong_number, right_number),
    (18, F.avg_pool2d(torch.tensor(first)[None].double(), 2)[0, 1, 1].item()),
    hint="The four squares, one after the other: add up four numbers, divide by 4.",
)

# %% tags=["solution"]
# @title Solution 5.3
wrong_number_solution = 18
right_number_solution = (21 + 9 + 11 + 7) / 4  # 12: a mean of 18 would need a sum of 72
check.solution("5.3 spot the error", (wrong_number_solution, right_number_solution))

# %% [markdown]
# ## A convolution is a sparse layer with shared weights
#
# Lab 4's fully connected layer multiplies the list of inputs by a table of weights. A convolution does the same, with
# a special table. Take the 36 pixels of the small image as a list: the 16 numbers of the map are 16 weighted sums of
# 36 pixels, so the table has 16 rows and 36 columns. Column $j$ is the answer to an image in which only pixel $j$ is
# 1.


# %%
def as_matrix(kernel, side):
    """The weight table of the fully connected layer that does the same as a convolution of a square image."""
    single_pixels = np.eye(side * side).reshape(-1, side, side)
    return np.column_stack([convolve2d(pixel, kernel).ravel() for pixel in single_pixels])


matrix = as_matrix(filter_1, 6)
print("same result:", np.array_equal(matrix @ tiny.ravel(), map_1.ravel()))
print(f"{matrix.size} places in the table, {np.count_nonzero(matrix)} not zero, {filter_1.size} different weights")

# %%
fig, ax = plt.subplots(figsize=(7, 3.4))
shown = ax.imshow(matrix, cmap="coolwarm", vmin=-1.5, vmax=1.5)
ax.set(xlabel="pixel (0 to 35)", ylabel="number in the map (0 to 15)")
ax.grid(False)
fig.colorbar(shown, label="weight", ticks=[-1, 0, 1])
plot.show(fig, alt="A table of 16 rows and 36 columns, mostly zero: the same nine weights move right from row to row.")

# %% [markdown]
# Two savings are visible. The table is **sparse**: each row uses 9 of 36 pixels. And the weights are **shared**: all
# rows use the same nine numbers, shifted. A fully connected layer would have to learn 576 weights, the convolution 9.
#
# For a real image the difference decides what is possible at all. One map of the 256 x 256 CT slice with "same"
# padding:

# %%
pixels = 256 * 256
print(f"fully connected: {pixels * pixels:,} weights")
print(f"connected to a 3 x 3 neighbourhood, not shared: {9 * pixels:,} weights (a little fewer, at the border)")
print("convolution: 9 weights")

# %% [markdown]
# ### Your turn 5.4: count parameters
#
# Write `conv_parameters(channels_in, filters, k)`: the number of parameters of a convolution layer with `filters`
# filters of `k` x `k` on `channels_in` channels. Each filter has one **bias** (a number that is added to the whole
# map).


# %% tags=["exercise"]
def conv_parameters(channels_in, filters, k):
    return ...


# %% tags=["check"]
# @title Check 5.4
check.function(
    "5.4 parameters",
    conv_parameters,
    lambda c, f, k: sum(p.numel() for p in nn.Conv2d(c, f, k).parameters()),
    [(1, 25, 3), (25, 50, 3), (3, 96, 11), (48, 192, 5)],
    hint="One filter: k * k weights for each channel that goes in, plus one bias. Then times the filters.",
)


# %% tags=["solution"]
# @title Solution 5.4
def conv_parameters_solution(channels_in, filters, k):
    return filters * (channels_in * k * k + 1)


check.solution("5.4 parameters", conv_parameters_solution)

# %% [markdown]
# ## A whole network
#
# A **convolutional network** (CNN) repeats convolution, ReLU and pooling, so that the maps get smaller and more
# numerous. Then it lays all numbers into one list (**flatten**) and ends with fully connected layers. Here is one,
# layer by layer. It is for counting; the ones we train come below.


# %%
def make_cnn():
    return nn.Sequential(
        *(nn.Conv2d(1, 25, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(25, 50, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(50 * 5 * 5, 100), nn.ReLU(), nn.Linear(100, 10)),
    )


# %% [markdown]
# (`*( ... )` puts the layers of one line into the list; it only groups them.) The last layer has no softmax, because
# PyTorch's `CrossEntropyLoss` takes the raw numbers (logits) and does it itself. Before you run the next cell:
# compute the sizes and the parameters of the two convolutions by your formulas.


# %%
def parameters(module):
    return sum(p.numel() for p in module.parameters())


def shape_table(model, *input_shape):
    """Send one empty image through the layers and print what comes out of each; return the shapes."""
    x, shapes = torch.zeros(1, *input_shape, device=next(model.parameters()).device), []
    for layer in model.eval():
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
        if not isinstance(layer, nn.ReLU | nn.Dropout):
            print(f"{type(layer).__name__:12s}{' x '.join(map(str, shapes[-1])):14s}{parameters(layer):>10,}")
    print(f"{'all':26s}{parameters(model):>10,} parameters")
    return shapes


cnn_shapes = shape_table(make_cnn(), 1, 28, 28)

# %%
first_layer, second_layer = make_cnn()[0], make_cnn()[3]
print("weights per filter:", first_layer.weight[0].numel(), "and", second_layer.weight[0].numel())
print("with all filters and biases:", parameters(first_layer), "and", parameters(second_layer))

# %% [markdown]
# A filter of the first layer has 9 weights, one of the second 3 x 3 x 25 = 225, because it looks at all 25 maps at
# once. 25 filters with their biases make 250 parameters, 50 make 11,300. Nine tenths of the 137,660 parameters sit in
# the first *fully connected* layer.
#
# How much of the image does a number in the second layer see? Its **receptive field**. Count from the image upwards:
# each layer adds (filter side - 1) steps, and a step is as long as all strides before it multiplied.


# %%
def receptive_field(layers):
    """Side of the square of pixels that one number sees; layers are pairs (filter side, stride)."""
    seen, step = 1, 1
    for side, stride in layers:
        seen += (side - 1) * step
        step *= stride
    return seen


print("one number after the first convolution sees", receptive_field([(3, 1)]), "pixels in each direction")
print("after the second:", receptive_field([(3, 1), (2, 2), (3, 1)]))

# %% [markdown]
# 3 x 3 pixels, then 8 x 8: the second layer can combine what the first one found into larger patterns. That is the
# idea of the **hierarchy**: edges, then shapes made of edges, then objects made of shapes. Whether our trained
# network does so, you will see below.
#
# %% [markdown]
# ## The lab: handwritten digits
#
# Now train. The test rows stay closed until all choices are made. Every choice below (epochs, learning rate,
# augmentation) was made with 1,500 **validation** digits cut out of the training rows; the three final models then
# learn from all training rows. Later cells look at the test rows again, to describe, never to choose.


# %%
def as_tensors(images, labels):
    """Images as (n, 1, 28, 28) with values from 0 to 1, labels as whole numbers."""
    return torch.tensor(images[:, None] / 255, dtype=torch.float32), torch.tensor(labels)


X_train, y_train = as_tensors(train_images, train_labels)
X_test, y_test = as_tensors(test_images, test_labels)
X_fit, X_val, y_fit, y_val = train_test_split(X_train, y_train, test_size=1500, stratify=y_train, random_state=1)
print("to train:", tuple(X_train.shape), " of these to choose:", len(X_fit), "and", len(X_val), "for validation")
print("digits 0 to 9 in the test rows:", np.bincount(y_test))

# %% tags=["figure"]
# @title Four of each digit
fig, axes = plt.subplots(4, 10, figsize=(9, 3.7), gridspec_kw={"wspace": 0.05, "hspace": 0.05})
for digit in range(10):
    for ax, image in zip(axes[:, digit], train_images[train_labels == digit][:4], strict=True):
        ax.imshow(image, cmap="gray_r")
        ax.set(xticks=[], yticks=[])
plot.show(fig, alt="Forty digits in ten columns: sevens with and without a bar, ones upright and slanted, fours open.")

# %% [markdown]
# Sevens with and without a bar, upright and slanted ones: the variety is what makes the task. About 200 test digits
# of each kind.

# %% [markdown]
# ### Augmentation
#
# 8,000 digits are few. **Augmentation** makes more of them: in each batch every digit is turned, scaled and shifted a
# little, at random, and keeps its label. So a network never sees the same image twice. All three models below learn
# with it; further down you measure what it brings.


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


# %% tags=["figure"]
# @title Slider: how far may an augmented digit move?
def draw_shaken(degrees=10, shift=0.1):
    torch.manual_seed(SEED)
    copies = X_train[:4].repeat_interleave(6, dim=0)
    moved, _ = shake(copies, None, degrees=degrees, shift=shift)
    moved[::6] = X_train[:4]
    fig, axes = plt.subplots(4, 6, figsize=(6, 4), gridspec_kw={"wspace": 0.05, "hspace": 0.05})
    for ax, image in zip(axes.flat, moved, strict=True):
        ax.imshow(image[0], cmap="gray_r")
        ax.set(xticks=[], yticks=[])
    fig.suptitle(f"left: original; then up to {degrees} degrees and {14 * shift:.1f} pixels", fontsize=11)
    return (
        fig,
        f"Four digits, each with five copies turned by up to {degrees} degrees and moved by {14 * shift:.1f} pixels.",
    )


plot.explore(draw_shaken, degrees=(0, 180, 10), shift=(0.0, 1.0, 0.1))

# %% [markdown]
# Augmentation must keep the label true. Ten degrees do. At 180 degrees a 6 becomes a 9, and its label becomes a lie.
# The same care is needed in medicine: a chest X-ray flipped left to right shows the heart on the wrong side, which in
# a real patient is a finding (situs inversus).

# %% [markdown]
# ### The first model: a dense network
#
# We begin as the course's old lab did, with a fully connected network, 784-512-512-10. There, with all 60,000
# training digits, it reached 0.979 after 5 epochs; ours has 8,000 digits.


# %%
def make_dense():
    return nn.Sequential(
        *(nn.Flatten(), nn.Linear(784, 512), nn.ReLU()),
        *(nn.Linear(512, 512), nn.ReLU(), nn.Linear(512, 10)),
    )


print(f"{parameters(make_dense()):,} parameters")

# %% [markdown]
# One more function trains any model. The optimiser is Adam. The learning rate goes up during the first third of the
# steps and then down to almost zero (`OneCycleLR`): large steps first, fine ones at the end.


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


# %%
train.seed_everything(SEED)
dense = make_dense()
learn(dense, X_train, y_train, epochs=8, lr=0.003, batch_size=128, augment=shake)
dense_outputs = train.predict(dense, X_test)
print(f"dense network: test accuracy {accuracy(dense_outputs, y_test):.3f}")

# %% [markdown]
# ### The second: LeNet-5
#
# Yann LeCun's network of 1998 read digits on cheques. (Some lecture notes call it "ReNet-5"; it is LeNet, after him.)
# We build its plan with today's parts, ReLU and max pooling, where the original had tanh-like curves, pooling with
# weights, and a sparse second convolution.


# %%
def make_lenet():
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


lenet_shapes = shape_table(make_lenet(), 1, 28, 28)

# %% [markdown]
# A tenth of the dense network's parameters.

# %%
train.seed_everything(SEED)
lenet = make_lenet()
lenet_history = learn(lenet, X_train, y_train, epochs=8, lr=0.01, augment=shake)
lenet_outputs = train.predict(lenet, X_test)
print(f"LeNet-5: test accuracy {accuracy(lenet_outputs, y_test):.3f}")

# %% [markdown]
# ### The third: a small modern CNN
#
# Three blocks of convolution ("same" padding), batch normalisation, ReLU and pooling, with 16, 32 and 64 maps;
# dropout; one fully connected layer.


# %%
def block(channels_in, maps):
    """Convolution, batch normalisation (which brings its own bias), ReLU."""
    return nn.Conv2d(channels_in, maps, 3, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU()


def make_best():
    return nn.Sequential(
        *(*block(1, 16), nn.MaxPool2d(2)),
        *(*block(16, 32), nn.MaxPool2d(2)),
        *(*block(32, 64), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * 3 * 3, 10)),
    )


best_shapes = shape_table(make_best(), 1, 28, 28)

# %% [markdown]
# Before you run the next cell: it has 29,178 parameters, the dense network 669,706. Which will be better on the test
# digits? (`channels_last` is a way to lay the numbers out in memory; with it convolutions run faster on a CPU.)

# %%
train.seed_everything(SEED)
best = make_best().to(memory_format=torch.channels_last)
best_history = learn(best, X_train, y_train, epochs=8, lr=0.01, augment=shake)
best_outputs = train.predict(best, X_test)
best_history.plot()

# %% [markdown]
# ### How good, and how sure?
#
# 2,000 test digits are a sample. `stats.bootstrap_interval` draws 2,000 of them with replacement, a thousand times,
# and gives the range that holds 95 % of the accuracies.

# %%
outputs = {"dense": dense_outputs, "LeNet-5": lenet_outputs, "small CNN": best_outputs}
test_accuracy = {}
for (name, output), model in zip(outputs.items(), (dense, lenet, best), strict=True):
    right = (output.argmax(dim=1) == y_test).numpy()
    low, high = stats.bootstrap_interval(np.mean, right)
    test_accuracy[name] = right.mean()
    print(f"{name:10s}{right.mean():.3f} ({low:.3f} to {high:.3f}) with {parameters(model):,} parameters")

# %% [markdown]
# The CNNs are better than the dense network with a tenth or less of its parameters. A second source of chance is
# the random start. Measured once, on one computer, with five starts each: 0.971 on average with a standard
# deviation (SD) of 0.001 for the dense network, 0.986 (SD 0.002) for LeNet-5, 0.988 (SD 0.001) for the small CNN.
# Dense against CNN is settled; LeNet-5 against the small CNN could be luck of 2,000 digits. For comparison: the
# course's old CNN with 597,738 parameters reached 0.987, but on 10,000 other test digits and with 60,000 to learn
# from.
#
# ### Your turn 5.5: spot the error
#
# The course's old lab showed its predictions like this, where `X_test` holds 10,000 images of 784 pixels:
#
# ```python
# predicted = np.argmax(X_test, axis=1)
# ```
#
# `np.argmax(table, axis=1)` gives, for each row, the position of the largest number. What has the author of this line
# forgotten? Write `predicted_digits(model_outputs)`: for a NumPy array with one row of ten outputs for each image,
# the predicted digits.


# %% tags=["exercise"]
def predicted_digits(model_outputs):
    return ...


# %% tags=["check"]
# @title Check 5.5
check.function(
    "5.5 predicted digits",
    predicted_digits,
    lambda rows: np.array([sorted(range(10), key=row.__getitem__)[-1] for row in rows]),
    [(np.random.default_rng(k).normal(size=(4, 10)),) for k in range(3)],
    hint="The positions must be positions among the ten outputs of the model, not among 784 pixels.",
)


# %% tags=["solution"]
# @title Solution 5.5
def predicted_digits_solution(model_outputs):
    return np.argmax(model_outputs, axis=1)


check.solution("5.5 predicted digits", predicted_digits_solution)
print("the old line gives:", np.argmax(test_images.reshape(-1, 784), axis=1)[:6], "...")  # where the ink is darkest

# %% [markdown]
# The old line never asked the model. It gave the place of the darkest pixel, a number from 0 to 783. Nobody noticed,
# because nobody looked. So look.
#
# ### Look at the errors

# %% tags=["figure"]
# @title Confusion matrix of the small CNN
best_digits = best_outputs.argmax(dim=1)
counts = confusion_matrix(y_test, best_digits)
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
# Rows are the truth, columns the answer. The diagonal is right; each coloured square is an error. Now the pictures. A
# softmax turns the ten outputs into probabilities; the worst errors are those the network was surest about.

# %% tags=["figure"]
# @title The ten worst errors
chance = F.softmax(best_outputs, dim=1)
sure = chance.max(dim=1).values
worst = torch.where(best_digits != y_test, sure, 0).argsort(descending=True)[:10]
fig, axes = plt.subplots(2, 5, figsize=(8.4, 4.2))
for ax, i in zip(axes.flat, worst, strict=True):
    ax.imshow(test_images[i], cmap="gray_r")
    ax.set(
        xticks=[],
        yticks=[],
        title=f"says {best_digits[i]}: {sure[i]:.2f}\ntrue {y_test[i]}: {chance[i, y_test[i]]:.2f}",
    )
plot.show(
    fig, alt="Ten misread digits. The first looks like a clear five but is labelled three; others have unusual strokes."
)

# %% [markdown]
# Judge for yourself: which of these would you have got right? Some labels can be doubted: the first one is labelled
# 3. And note the numbers: a network can be wrong and say 0.9 or more. A probability from a softmax is not yet a
#    promise.
#
# ### Inside: filters and feature maps
#
# The first layer's 16 filters are tables of 3 x 3 weights, which you can look at. Of deeper layers we look at the
# maps.

# %% tags=["figure"]
# @title The 16 filters of the first layer
filters = best[0].weight.detach()[:, 0]
fig, axes = plt.subplots(2, 8, figsize=(8.4, 2.3))
for ax, weights in zip(axes.flat, filters, strict=True):
    ax.imshow(weights, cmap="coolwarm", vmin=-filters.abs().max(), vmax=filters.abs().max())
    ax.set(xticks=[], yticks=[])
plot.show(fig, alt="Sixteen 3 x 3 filters: most have positive weights on one side and negative on the other, as edges.")


# %% tags=["figure"]
# @title Slider: the maps of one digit in the three layers
def draw_maps(layer=1, example=0):
    with torch.no_grad():
        maps = best[: {1: 3, 2: 7, 3: 11}[layer]](X_test[example : example + 1])[0, :16]
    fig, axes = plt.subplots(2, 9, figsize=(9, 2.3), gridspec_kw={"wspace": 0.08, "hspace": 0.08})
    axes[0, 0].imshow(test_images[example], cmap="gray_r")
    for ax, one_map in zip(axes[:, 1:].flat, maps, strict=True):
        ax.imshow(one_map, cmap="viridis")
    for ax in axes.flat:
        ax.set(xticks=[], yticks=[])
    axes[1, 0].axis("off")
    fig.suptitle(f"layer {layer}: 16 maps of {maps.shape[-1]} x {maps.shape[-1]}", fontsize=11)
    return (
        fig,
        f"16 maps of layer {layer} for a {test_labels[example]}, {maps.shape[-1]} pixels wide, each bright elsewhere.",
    )


plot.explore(draw_maps, layer=[1, 2, 3], example=(0, 40))

# %% [markdown]
# The filters were random numbers; after training many of them look like the edge detectors that you typed in by hand
# above. Nobody programmed them. In the maps of layer 1 you still see the digit with single borders bright; those of
# layer 3 have 7 x 7 numbers and no longer look like a digit: each says *that* something is there, and roughly where.
#
# ### From edges to shapes to objects
#
# What does a unit of a deeper layer look for? Ask it: show it 1,000 test digits, and cut out the places that excite
# it most. A number in layer 1 sees 3 pixels, in layer 2 it sees 8, in layer 3 it sees 18.

# %%
sights = {1: (3, 1, -1), 2: (8, 2, -3), 3: (18, 4, -7)}  # pixels seen, step and offset in pixels
with torch.no_grad():
    all_maps = {layer: best[:stop](X_test[:1000]) for layer, stop in ((1, 3), (2, 7), (3, 11))}
print("pixels seen:", [receptive_field([(3, 1), (2, 2)] * k + [(3, 1)]) for k in range(3)])


# %%
def most_exciting(layer, unit, how_many=6):
    """The patches of test digits that excite one unit most (one patch a digit), and the true digits."""
    side, step, offset = sights[layer]
    maps = all_maps[layer][:, unit]
    images = maps.amax(dim=(1, 2)).argsort(descending=True)[:how_many]
    patches = []
    for i in images:
        row, column = divmod(maps[i].argmax().item(), maps.shape[-1])
        top, left = row * step + offset + 20, column * step + offset + 20
        patches.append(np.pad(test_images[i], 20)[top : top + side, left : left + side])
    return patches, y_test[images]


# %% tags=["figure"]
# @title What excites five units of each layer most
fig, axes = plt.subplots(1, 3, figsize=(9, 3.2))
for ax, layer in zip(axes, (1, 2, 3), strict=True):
    side = sights[layer][0]
    rows = []
    for unit in range(5):
        patches, _ = most_exciting(layer, unit)
        rows.append(np.hstack([np.pad(patch, ((1, 1), (1, 1)), constant_values=90) for patch in patches]))
    ax.imshow(np.vstack(rows), cmap="gray_r")
    ax.set(xticks=[], yticks=[], title=f"layer {layer}: {side} x {side} pixels")
plot.show(
    fig, alt="Rows of six patches: bits of edges in layer 1, strokes and bends in layer 2, large parts in layer 3."
)

# %% [markdown]
# Each row is one unit. Layer 1: bits of an edge in one direction. Layer 2: strokes, bends, ends of lines. Layer 3:
# loops and large parts of a digit. That is the hierarchy. One number for it: among the 50 digits that excite a unit
# most, how large is the share of the most frequent digit? For comparison: the same for 50 digits drawn at random.

# %%
draws = [rng.choice(y_test[:1000], 50, replace=False) for _ in range(100)]
print(f"at random: most frequent digit {np.mean([np.bincount(digits).max() / 50 for digits in draws]):.2f} on average")
purity = {}
for layer, units in ((1, 16), (2, 32), (3, 64)):
    top = [most_exciting(layer, unit, how_many=50)[1] for unit in range(units)]
    purity[layer] = np.mean([np.bincount(digits).max() / 50 for digits in top])
    print(f"layer {layer}: most frequent digit {purity[layer]:.2f} on average")

# %% [markdown]
# Deeper units are more closely tied to one digit: the road from pixels to "object". Part of it comes with the larger
# field alone: an untrained network of this plan, measured once, has 0.22, 0.27 and 0.30. Training adds most in layer
# 3.
#
# ### Learned against hand-crafted features
#
# Before networks learned their filters, experts wrote **features** and gave them to a simple classifier. A good one
# is **HOG** (histogram of oriented gradients): cut the image into cells and count, in each, how much edge there is in
# each of nine directions. The rest is the logistic regression of earlier labs.


# %%
def hog_features(images):
    return np.array([hog(image, pixels_per_cell=(7, 7), cells_per_block=(2, 2)) for image in images])


by_hand = LogisticRegression(max_iter=300).fit(hog_features(train_images), train_labels)
on_pixels = LogisticRegression(C=0.1, max_iter=300).fit(train_images.reshape(-1, 784) / 255, train_labels)
hog_accuracy = by_hand.score(hog_features(test_images), test_labels)
pixel_accuracy = on_pixels.score(test_images.reshape(-1, 784) / 255, test_labels)
print(f"linear classifier on pixels: {pixel_accuracy:.3f}, on HOG features: {hog_accuracy:.3f}")

# %% [markdown]
# HOG gives 324 numbers an image, needs no training of features at all, and removes more than half of the errors that
# the same classifier makes on pixels. The CNN learned its features and its classifier together, **end to end**, from
# the labels, and removes most of what is left. What it asks for is data.
#
# ### What augmentation does
#
# With few images augmentation should matter most. Two LeNet-5 with the same start and the same 500 training digits,
# one with augmentation; judged on the validation digits.

# %%
few_accuracy = {}
for name, augment in (("plain", None), ("augmented", shake)):
    train.seed_everything(SEED)
    model = make_lenet()
    history = learn(model, X_fit[:500], y_fit[:500], epochs=24, lr=0.01, augment=augment)
    few_accuracy[name] = accuracy(train.predict(model, X_val), y_val).item()
    print(f"{name:10s}training accuracy {history['accuracy'][-1]:.3f}, validation {few_accuracy[name]:.3f}")

# %% [markdown]
# The plain network knows its 500 digits by heart and errs more on new ones. Augmentation makes the training digits
# harder and the new ones easier.
#
# ### Batch size
#
# Before you run the next cell: with two passes over 2,000 digits and the same learning rate, which batch size will
# learn most, 8, 64 or 512? Count the steps.


# %%
def try_batch(batch_size, epochs):
    """Validation accuracy of LeNet-5 after so many epochs on 2,000 digits."""
    train.seed_everything(SEED)
    model = make_lenet()
    learn(model, X_fit[:2000], y_fit[:2000], epochs=epochs, lr=0.003, batch_size=batch_size)
    return accuracy(train.predict(model, X_val), y_val).item()


# %%
batch_accuracy = {}
for batch_size, epochs in ((8, 2), (64, 2), (512, 2), (512, 16)):
    steps = epochs * int(np.ceil(2000 / batch_size))
    batch_accuracy[batch_size, epochs] = try_batch(batch_size, epochs)
    print(f"batches of {batch_size:3d}, {epochs:2d} epochs: {steps:4d} steps, validation accuracy", end=" ")
    print(f"{batch_accuracy[batch_size, epochs]:.3f}")

# %% [markdown]
# One epoch is one pass through all digits, whatever the batch size; but small batches take more steps on the way. 8
# steps are too few to learn anything (0.146). Given 64 steps, batches of 512 reach 0.873 and batches of 64 reach
# 0.810: each step is better informed, but the larger batches have looked at eight times as many digits for that.
# Small batches use images well; large ones use a graphics card well, which handles 512 images about as fast as 8. If
# you change the batch size, tune the learning rate and the epochs again.
#
# ### Your turn 5.6: steps in an epoch
#
# Write `steps_taken(n_images, batch_size, epochs)`: how many steps the optimiser takes. The last batch of an epoch
# may be smaller, and counts. `-(-a // b)` divides and rounds *up*.


# %% tags=["exercise"]
def steps_taken(n_images, batch_size, epochs):
    return ...


# %% tags=["check"]
# @title Check 5.6
check.function(
    "5.6 steps",
    steps_taken,
    lambda n, b, e: e * len(DataLoader(torch.arange(n), batch_size=b)),
    [(8000, 64, 8), (8000, 512, 1), (1000, 300, 3), (60000, 128, 5)],
    hint="Round up inside an epoch, then multiply by the epochs.",
)


# %% tags=["solution"]
# @title Solution 5.6
def steps_taken_solution(n_images, batch_size, epochs):
    return -(-n_images // batch_size) * epochs


check.solution("5.6 steps", steps_taken_solution)

# %% [markdown]
# ## Famous networks
#
# From 2010 to 2017 a yearly contest asked programs to name the object in a photograph. Its training set was a part of
# the collection **ImageNet**: 1.2 million images of 1,000 classes. The **top-5 error** is the share of test images
# whose true class is not among the program's five best guesses. You will now build the winning ideas in a few lines
# each and compare them with torchvision, the library that ships these networks.
#
# Some have 140 million parameters. On PyTorch's device **meta** a tensor has a shape but no numbers: nothing is
# stored or computed, and shapes and counts are still right.

# %%
with torch.device("meta"):
    largest = models.vgg19(weights=None)
print(f"VGG-19 has {parameters(largest):,} parameters and takes no memory here:", largest.features[0].weight.device)

# %% [markdown]
# ### AlexNet, 2012
#
# Alex Krizhevsky, Ilya Sutskever and Geoffrey Hinton: five convolutions, three fully connected layers, two graphics
# cards. The second, fourth and fifth convolution were cut in two halves (`groups=2`), one on each card. We leave out
# one step without weights (a normalisation between neighbouring maps that nobody uses any more).


# %%
def make_alexnet(maps=(96, 256, 384, 384, 256), groups=2, padding=0):
    a, b, c, d, e = maps
    return nn.Sequential(
        *(nn.Conv2d(3, a, 11, stride=4, padding=padding), nn.ReLU(), nn.MaxPool2d(3, stride=2)),
        *(nn.Conv2d(a, b, 5, padding=2, groups=groups), nn.ReLU(), nn.MaxPool2d(3, stride=2)),
        *(nn.Conv2d(b, c, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(c, d, 3, padding=1, groups=groups), nn.ReLU()),
        *(nn.Conv2d(d, e, 3, padding=1, groups=groups), nn.ReLU(), nn.MaxPool2d(3, stride=2)),
        *(nn.Flatten(), nn.Dropout(0.5), nn.Linear(e * 6 * 6, 4096), nn.ReLU()),
        *(nn.Dropout(0.5), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)),
    )


# %%
with torch.device("meta"):
    alexnet_shapes = shape_table(make_alexnet(), 3, 227, 227)

# %% [markdown]
# Read it from the top: 227 pixels become 55, pooled to 27, again to 13, and at the end to 6 x 6 x 256 = 9,216 numbers
# that go into the fully connected layers of 4,096, 4,096 and 1,000. These hold 58.6 of 61.0 million parameters. (The
# paper says that the images have 224 pixels. With 224 the arithmetic does not come out at 55 without padding; 227
# does.)
#
# torchvision's AlexNet is a later version: other numbers of maps, no halves, and padding 2 on images of 224 pixels.

# %%
with torch.device("meta"):
    ours = make_alexnet(maps=(64, 192, 384, 256, 256), groups=1, padding=2)
    theirs = models.alexnet(weights=None)
print(f"ours with these settings {parameters(ours):,}, torchvision {parameters(theirs):,}")

# %% [markdown]
# The recipe was as important as the plan: **ReLU** instead of tanh, **dropout** 0.5, augmented images, batches of
# 128, momentum 0.9, a learning rate of 1e-2 that was divided by 10 whenever the validation error stopped falling, and
# a **weight decay** (a gentle pull of all weights towards zero) of 5e-4. You know most of these words from lab 4.

# %%
with torch.device("meta"):
    optimizer = torch.optim.SGD(make_alexnet().parameters(), lr=1e-2, momentum=0.9, weight_decay=5e-4)
print({name: optimizer.defaults[name] for name in ("lr", "momentum", "weight_decay")})

# %% [markdown]
# One such network had 18.2 % top-5 error on the validation images; seven networks, averaged (two of them first
# trained on a larger collection), had 15.4 %, and 15.3 % on the test images. The best entry without a CNN had 26.2 %.
#
# ### VGG, 2014
#
# VGG uses 3 x 3 filters only, and more of them on top of each other. Before you run the next cell: two 3 x 3
# convolutions in a row see a square of what side? And how do their weights compare with one filter of that size?

# %%
channels = 64
print("two 3 x 3 layers see", receptive_field([(3, 1), (3, 1)]), "pixels, three see", receptive_field([(3, 1)] * 3))
print(f"two 3 x 3 layers, {channels} channels: {2 * 9 * channels**2:,} weights")
print(f"one 5 x 5 layer,  {channels} channels: {25 * channels**2:,} weights")

# %% [markdown]
# The same view with 28 % fewer weights, and one more ReLU in between. The plan of VGG-16 fits into a line: 13
# convolutions and 3 fully connected layers make 16 layers with weights.


# %%
def make_vgg(repeats):
    layers, channels = [], 3
    for maps, times in zip((64, 128, 256, 512, 512), repeats, strict=True):
        for _ in range(times):
            layers += [nn.Conv2d(channels, maps, 3, padding=1), nn.ReLU()]
            channels = maps
        layers.append(nn.MaxPool2d(2))
    dense = [nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)]
    return nn.Sequential(*layers, nn.Flatten(), *dense)


# %%
with torch.device("meta"):
    vgg_counts = {
        "VGG-16": (parameters(make_vgg((2, 2, 3, 3, 3))), parameters(models.vgg16(weights=None))),
        "VGG-19": (parameters(make_vgg((2, 2, 4, 4, 4))), parameters(models.vgg19(weights=None))),
    }
    vgg_output = make_vgg((2, 2, 3, 3, 3))(torch.zeros(1, 3, 224, 224)).shape
for name, (own, library) in vgg_counts.items():
    print(f"{name}: ours {own:,}, torchvision {library:,}")

# %% [markdown]
# VGG came second in 2014 with 7.3 % top-5 error. It is still used as a reading eye for other tasks, but it is heavy:
# more than twice AlexNet's parameters, most of them again in the first fully connected layer.
#
# ### GoogLeNet, 2014
#
# Which filter size is best, 1, 3 or 5? GoogLeNet's **inception block** takes all of them side by side and puts the
# maps on top of each other. To keep that cheap, **1 x 1 convolutions** first reduce the number of maps: a 1 x 1
# filter looks at one pixel only and mixes its channels.

# %%
direct = 192 * 32 * 5 * 5
reduced = 192 * 16 * 1 * 1 + 16 * 32 * 5 * 5
print(f"192 maps -> 32 maps by 5 x 5: {direct:,} weights; through 16 maps in between: {reduced:,}")


# %%
def conv_bn(channels_in, maps, k):
    return nn.Sequential(
        nn.Conv2d(channels_in, maps, k, padding=k // 2, bias=False), nn.BatchNorm2d(maps, eps=0.001), nn.ReLU()
    )


class Inception(nn.Module):
    """Four branches side by side; their maps are put on top of each other."""

    def __init__(self, n, one, reduce3, three, reduce5, five, pooled, k=5):
        super().__init__()
        self.branch1 = conv_bn(n, one, 1)
        self.branch2 = nn.Sequential(conv_bn(n, reduce3, 1), conv_bn(reduce3, three, 3))
        self.branch3 = nn.Sequential(conv_bn(n, reduce5, 1), conv_bn(reduce5, five, k))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv_bn(n, pooled, 1))

    def forward(self, x):
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1)


# %%
plan = (192, 64, 96, 128, 16, 32, 32)  # the first inception block of the paper
with torch.device("meta"):
    googlenet = models.googlenet(weights=None, init_weights=False)
    print("28 x 28 with 192 maps ->", tuple(Inception(*plan)(torch.zeros(1, 192, 28, 28)).shape[1:]))
    print(f"with 5 x 5 as in the paper {parameters(Inception(*plan)):,} parameters")
    print(f"with 3 x 3 instead         {parameters(Inception(*plan, k=3)):,}")
print(f"torchvision's block        {parameters(googlenet.inception3a):,}")

# %% [markdown]
# torchvision's block has a 3 x 3 filter where the paper has 5 x 5: an old mistake that was kept so that published
# weights still fit. With that in mind, count the network. How many parameters does GoogLeNet have?

# %%
with torch.device("meta"):
    without_heads = models.googlenet(weights=None, init_weights=False, aux_logits=False)
print(f"torchvision as built:               {parameters(googlenet):>10,}")
print(f"without the two auxiliary heads:    {parameters(without_heads):>10,}")
print(f"and without the last, 1000-class, layer: {parameters(without_heads) - parameters(without_heads.fc):,}")
print("layers with weights in a row:", 1 + 2 + 9 * 2 + 1)

# %% [markdown]
# 13.0 million as built, because two **auxiliary heads** (small extra classifiers half way, used in training only) are
# counted. Without them 6.6 million. The "about 5 million" of many notes may come from the paper's remark that it has
# twelve times fewer parameters than AlexNet (60 / 12), or from leaving out the last layer (5.6 million). Before you
# quote a count, say what is counted. 22 layers: one convolution, two more, nine inception blocks of depth two, one
# classifier. GoogLeNet won in 2014 with 6.7 %.
#
# ### ResNet, 2015
#
# If 22 layers are better than 8, why not 150? Because *plain* deep networks get worse, and not by overfitting:
# already their **training** error is higher. In principle a deeper net could copy what the shallow one does and let
# the extra layers pass their input through. Gradient descent does not find that. A **residual block** builds it in:
# it computes $x + F(x)$, so that the layers need only learn the change $F$. If they learn nothing, $x$ still arrives.


# %%
class Residual(nn.Module):
    """x + F(x), where F is convolution, batch normalisation, ReLU, convolution, batch normalisation."""

    def __init__(self, channels):
        super().__init__()
        self.change = nn.Sequential(
            *(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()),
            *(nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)),
        )

    def forward(self, x):
        return F.relu(x + self.change(x))


# %%
own, library = Residual(64).eval(), models.resnet.BasicBlock(64, 64).eval()
own.load_state_dict(dict(zip(own.state_dict(), library.state_dict().values(), strict=True)))  # copy the weights
x = torch.randn(2, 64, 14, 14)
with torch.no_grad():
    residual_gap = (own(x) - library(x)).abs().max().item()
print(f"{parameters(own):,} and {parameters(library):,} parameters; same output: {residual_gap < 1e-5}")

# %% [markdown]
# With torchvision's weights copied into it, our block gives torchvision's numbers. The largest ResNet of the contest
# has 152 layers. Count them:

# %%
with torch.device("meta"):
    resnets = {name: getattr(models, name)(weights=None) for name in ("resnet18", "resnet50", "resnet152")}
for name, network in resnets.items():
    layers = [m for n, m in network.named_modules() if isinstance(m, nn.Conv2d | nn.Linear) and "downsample" not in n]
    print(f"{name:10s}{len(layers):4d} layers {parameters(network):>12,} parameters")

# %% [markdown]
# 152 layers with less than half of VGG-16's parameters. An ensemble of such networks won in 2015 with 3.57 % top-5
# error. One trained person, who tried, had about 5 %.
# %% [markdown]
# Now run it small: 1,500 digits at 14 x 14 pixels, stacks of 3 x 3 convolutions with 8 maps, with batch
# normalisation, with and without the shortcut. We look at the **training** loss. Before you run it: order the four
# networks.


# %%
class Step(nn.Module):
    """Two convolutions; with `shortcut` the input is added to their result."""

    def __init__(self, shortcut):
        super().__init__()
        self.change = nn.Sequential(*block(8, 8), *block(8, 8)[:2])
        self.shortcut = shortcut

    def forward(self, x):
        return F.relu(x + self.change(x) if self.shortcut else self.change(x))


def make_deep(n_steps, shortcut):
    steps = [Step(shortcut) for _ in range(n_steps)]
    return nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(), *steps, nn.Flatten(), nn.Linear(392, 10))


# %%
depth_loss = {}
small_images = F.avg_pool2d(X_fit[:1500], 2)
for n_steps, shortcut in ((2, False), (12, False), (2, True), (12, True)):
    train.seed_everything(SEED)
    model = make_deep(n_steps, shortcut).to(memory_format=torch.channels_last)
    kind = f"{2 * n_steps + 2:2d} layers, {'residual' if shortcut else 'plain'}"
    depth_loss[kind] = learn(model, small_images, y_fit[:1500], epochs=4, lr=0.003)["loss"]
    print(f"{kind:20s} training loss after 4 epochs {depth_loss[kind][-1]:.2f}")

# %% tags=["figure"]
# @title The training loss by epoch
fig, ax = plt.subplots()
for kind, losses in depth_loss.items():
    ax.plot(range(1, len(losses) + 1), losses, label=kind)
ax.set(xlabel="epoch", ylabel="training loss", xticks=range(1, 5))
ax.legend()
plot.show(fig, alt="The deep plain network's training loss stays highest; with shortcuts the deep one falls lowest.")

# %% [markdown]
# After four epochs the deep plain network is far behind: its training loss is about four times that of the shallow
# one here, up to five and a half times on other computers. Its curve still falls, so it learns, but slowly. At 6
# layers the shortcut changes almost nothing. With shortcuts the same 26 layers have the lowest loss of all. In
# three other starts, tried beforehand with 2,000 digits, the deep plain network was always the worst.

# %% [markdown]
# ### DenseNet, 2017
#
# A residual block *adds* its input. A **dense block** keeps it: each layer gets the maps of *all* layers before it,
# and puts its own 32 new maps on top.


# %%
class DenseLayer(nn.Module):
    """Make a few new maps from all maps so far, and put them on top."""

    def __init__(self, channels, growth=32):
        super().__init__()
        self.new = nn.Sequential(
            *(nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, 4 * growth, 1, bias=False)),
            *(nn.BatchNorm2d(4 * growth), nn.ReLU(), nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)),
        )

    def forward(self, x):
        return torch.cat([x, self.new(x)], dim=1)


# %%
with torch.device("meta"):
    own = nn.Sequential(*(DenseLayer(64 + 32 * k) for k in range(6)))
    densenet = models.densenet121(weights=None)
    dense_output = tuple(own(torch.zeros(1, 64, 56, 56)).shape[1:])
    print("64 maps ->", [64 + 32 * k for k in range(1, 7)], "->", dense_output)
dense_counts = parameters(own), parameters(densenet.features.denseblock1)
print(f"six layers: ours {dense_counts[0]:,}, torchvision {dense_counts[1]:,}; all of DenseNet-121", end=" ")
print(f"{parameters(densenet):,}")

# %% [markdown]
# 121 layers with 8 million parameters. It came after the contest's best years; CheXNet, a network for chest X-rays
# that was much discussed in 2017, was a DenseNet-121.

# %% tags=["figure"]
# @title Top-5 error on ImageNet, and parameters
contest = {"AlexNet\n2012": 15.3, "VGG\n2014": 7.3, "GoogLeNet\n2014": 6.7, "ResNet\n2015": 3.57}
millions = [61.0, 138.4, 6.6, 60.2]
fig, axes = plt.subplots(1, 2, figsize=(9, 2.9))
for ax, heights in zip(axes, (contest.values(), millions), strict=True):
    ax.bar_label(ax.bar(list(contest), heights, width=0.6), padding=2)
    ax.margins(y=0.15)
axes[0].set(ylabel="top-5 error (%)", title="as submitted, several nets averaged")
axes[1].set(ylabel="parameters (millions)", title="one net (VGG-16, ResNet-152)")
plot.show(fig, alt="The error falls from 15.3 to 3.57 %, while parameters go from 61 to 138, 6.6 and 60 million.")

# %% [markdown]
# The error falls in every step. The parameters do not rise in every step: depth and plan count, not size alone.
#
# ### Your turn 5.7: read a plan
#
# A cousin of LeNet-5: image 64 x 64; convolution 5 x 5 with padding 2 and 8 filters; pooling 2 x 2; convolution 5 x 5
# without padding and 20 filters; pooling 2 x 2. Give `flat`, the length of the list after flattening, and
# `conv_total`, the number of parameters (with biases) of the two convolutions together.

# %% tags=["exercise"]
flat = ...
conv_total = ...

# %% tags=["check"]
# @title Check 5.7
cousin = nn.Sequential(nn.Conv2d(1, 8, 5, padding=2), nn.MaxPool2d(2), nn.Conv2d(8, 20, 5), nn.MaxPool2d(2))
check.value(
    "5.7 read a plan",
    (flat, conv_total),
    (cousin(torch.zeros(1, 1, 64, 64)).numel(), parameters(cousin)),
    hint="64 -> 64 -> 32 -> 28 -> 14. A filter of the second convolution looks at 8 maps.",
)

# %% tags=["solution"]
# @title Solution 5.7
flat_solution = 20 * 14 * 14
conv_total_solution = 8 * (1 * 25 + 1) + 20 * (8 * 25 + 1)
check.solution("5.7 read a plan", (flat_solution, conv_total_solution))

# %% [markdown]
# ### AlphaGo's eyes, 2016
#
# A Go board is a 19 x 19 image. AlphaGo described each point by 48 numbers (own stone, stones of the opponent, free
# neighbours, ...) and let a network say how likely an expert is to play at each of the 361 points. Its shapes: pad to
# 23, 5 x 5 filters; then eleven times pad to 21, 3 x 3 filters; k = 192 filters in each of these 12 hidden layers; at
# last one 1 x 1 filter and a softmax.

# %%
policy = nn.ModuleList(
    [nn.Conv2d(48, 192, 5), *(nn.Conv2d(192, 192, 3) for _ in range(11)), nn.Conv2d(192, 1, 1, bias=False)]
)
board = torch.randint(0, 2, (1, 48, 19, 19)).float()  # no real position: only the shapes matter here
print("board ", tuple(board.shape[1:]))
with torch.no_grad():
    for number, layer in enumerate(policy, start=1):
        padded = F.pad(board, [layer.kernel_size[0] // 2] * 4)
        board = F.relu(layer(padded)) if number < 13 else layer(padded)
        if number in (1, 2, 12, 13):
            print(f"layer {number:2d}: padded to {padded.shape[-1]}, out {tuple(board.shape[1:])}")
chances = F.softmax(board.flatten(), dim=0)
print(f"{len(chances)} chances that add up to {chances.sum():.3f}")

# %% [markdown]
# The shapes never shrink: there is **no pooling**. Observation 3 does not hold for Go. A digit moved by a pixel is
# still that digit; a stone moved by one point is another game, and the answer must name one exact point. Ask of each
# of the three observations whether it holds for *your* images. For "is there a nodule?" pooling is welcome, for
# "outline the nodule" it costs precision. How far does one of the 361 outputs see?

# %%
policy_sees = receptive_field([(5, 1)] + [(3, 1)] * 11)
policy_parameters = parameters(policy) + 361  # the last layer had its own bias for each point
print(f"{policy_sees} x {policy_sees} points; about {policy_parameters / 1e6:.1f} million parameters")

# %% [markdown]
# 13 points in each direction: an output in the middle sees the whole board, one in a corner does not, because the far
# corner is 18 points away.
#
# ## Why it worked in the 2010s
#
# The idea is old: Fukushima's Neocognitron had layers of local, shared detectors in 1980, after Hubel and Wiesel had
# found edge-seeking cells in the cat's visual cortex, and LeNet-5 read cheques in the 1990s. Three things were
# missing:
#
# | | LeNet-5, 1998 | AlexNet, 2012 |
# |---|---|---|
# | **data** | 60,000 digits | 1.2 million photographs with labels |
# | **compute** | a workstation | two graphics cards, five to six days |
# | **algorithms** | tanh-like curves, which saturate | ReLU, dropout; soon batch normalisation |
#
# How much compute? Count the multiplications for *one* image.


# %%
def multiplications(model, *input_shape):
    """Multiplications in the convolutions and fully connected layers for one image."""
    x, total = torch.zeros(1, *input_shape, device=next(model.parameters()).device), 0
    for layer in model:
        x = layer(x)
        if isinstance(layer, nn.Conv2d | nn.Linear):
            total += layer.weight[0].numel() * x.numel()  # each output number needs one filter's weights
    return total


# %%
with torch.device("meta"):
    work = {
        "LeNet-5": multiplications(make_lenet(), 1, 28, 28),
        "AlexNet": multiplications(make_alexnet(), 3, 227, 227),
        "VGG-16": multiplications(make_vgg((2, 2, 3, 3, 3)), 3, 224, 224),
    }
for name, count in work.items():
    print(f"{name:8s}{count / 1e6:10.1f} million multiplications")

# %% [markdown]
# AlexNet does about 1,700 times LeNet-5's work for an image, VGG-16 twenty times more still, for each of a million
# images, many times over. That is why graphics cards mattered.
#
# ### Full or sparse: prune
#
# Is each weight of a trained network needed? **Pruning** sets the smallest weights to zero. How much a small network
# suffers from it is partly luck. So five LeNet-5 with different starts stand for LeNet-5 here, each trained on 2,000
# digits, and we look at their mean. Before you run the next cells: you delete the smaller *half* of all weights of
# the dense network and of these five. What is left of the accuracy?


# %%
def prune(model, share, axes=(2, 4)):
    """A copy with this share of each layer's weights, the smallest, set to zero (dense: 2 axes, filters: 4)."""
    pruned = copy.deepcopy(model)
    with torch.no_grad():
        for weights in pruned.parameters():
            if weights.ndim in axes:  # biases have one
                weights[weights.abs() < weights.abs().quantile(share)] = 0
    return pruned


# %%
def quick_lenet(seed):
    train.seed_everything(seed)
    model = make_lenet()
    learn(model, X_fit[:2000], y_fit[:2000], epochs=4, lr=0.01)
    return model


def pruned(models, share, axes):
    """Mean test accuracy of some networks without this share of their weights."""
    return np.mean([accuracy(train.predict(prune(model, share, axes), X_test), y_test).item() for model in models])


# %%
shares, lenets = [0, 0.5, 0.7, 0.8, 0.9, 0.95], [quick_lenet(SEED + start) for start in range(5)]
pruned_accuracy = {
    name: [pruned(models, share, axes) for share in shares]
    for name, models, axes in (("dense", [dense], (2,)), ("LeNet-5", lenets, (2, 4)), ("its dense part", lenets, (2,)))
}
for name, values in pruned_accuracy.items():
    print(f"{name:14s}", "  ".join(f"{share:.0%}: {value:.2f}" for share, value in zip(shares, values, strict=True)))

# %% tags=["figure"]
# @title Accuracy against the share of weights set to zero
fig, ax = plt.subplots()
for (name, values), marker in zip(pruned_accuracy.items(), plot.MARKERS, strict=False):
    ax.plot([100 * share for share in shares], values, marker=marker, label=name)
ax.set(xlabel="weights set to zero (%)", ylabel="test accuracy")
ax.legend()
plot.show(
    fig,
    alt="The dense network stays flat up to 70 % and then falls; LeNet-5 falls steeply beyond 70 %, "
    "less so if only its fully connected layers are pruned.",
)

# %% [markdown]
# Half of the weights can go in both: the dense network stays at 0.97, LeNet-5 goes from 0.95 to 0.94. (It has
# learned from fewer digits, without augmentation, so it starts below the 0.99 of above.) LeNet-5 has less to spare:
# without 80 % it errs on one digit in five, without 90 % on four in five, while the dense network without 90 %
# still reads 0.79 to 0.82 of all digits. LeNet-5's fully connected layers hold 96 % of its weights. Take 90 % of
# *these* away and leave its filters whole, and it still reads 0.61 of all digits: much of the loss comes from the
# 2,550 convolution weights, each of which is used at 100 places and more. A convolution is sparse already. Today
# one prunes step by step and trains a little in between, which allows far more.
#
# ### Feedforward or recurrent
#
# All networks so far are **feedforward**: from input to output, no way back. A **recurrent network** (RNN) reads a
# sequence step by step and carries a **state**, a list of numbers, from each step to the next, with the same weights
# at each step: sharing over time, as a convolution shares over place. ECG traces and text are sequences. We let one
# read a digit row by row, 28 rows of 28 pixels. Its cell is a **GRU**, a kind that learns what to keep and what to
# forget.


# %%
class RowReader(nn.Module):
    def __init__(self, state=64):
        super().__init__()
        self.cell = nn.GRU(input_size=28, hidden_size=state, batch_first=True)
        self.read_out = nn.Linear(state, 10)

    def forward(self, images):
        states, _ = self.cell(images[:, 0])  # (images, rows, state)
        return self.read_out(states[:, -1])  # the state after the last row


# %%
train.seed_everything(SEED)
reader = RowReader()
learn(reader, X_fit, y_fit, epochs=3, lr=0.01)
reader_accuracy = accuracy(train.predict(reader, X_val), y_val).item()
print(f"reading row by row: validation accuracy {reader_accuracy:.3f} with {parameters(reader):,} parameters")

# %% [markdown]
# Ask its read-out after each row, although it was trained for the last row only.

# %% tags=["figure"]
# @title What the recurrent network thinks after each row
with torch.no_grad():
    states, _ = reader.cell(X_val[:, 0])
    by_row = (reader.read_out(states).argmax(dim=2) == y_val[:, None]).float().mean(dim=0)
fig, ax = plt.subplots()
ax.plot(range(1, 29), by_row, marker="o", markersize=4)
ax.axhline(0.1, color="grey", linewidth=1)
ax.set(xlabel="rows read", ylabel="validation accuracy", ylim=(0, 1))
print(f"right after 10 rows {by_row[9]:.2f}, after 20 rows {by_row[19]:.2f}, after all 28 {by_row[27]:.2f}")
plot.show(fig, alt="Accuracy stays near chance for the first half of the rows, then rises and ends above 0.9.")

# %% [markdown]
# For half of the rows the answers are little better than the grey line of pure chance, because the read-out has
# never been trained on such states; most become right only in the last rows. That does not prove that the state
# knows nothing before.
#
# ### Two networks against each other
#
# In a **generative adversarial network** (GAN) one network, the **generator**, makes images from random numbers; the
# other, the **discriminator**, is trained to tell them from real ones; and the generator is trained to be taken for
# real. Ours learn from the threes alone. The loop has two steps, which `train.fit` does not know, so write it out.


# %%
def make_gan():
    generator = nn.Sequential(nn.Linear(32, 128), nn.ReLU(), nn.Linear(128, 784), nn.Sigmoid())
    discriminator = nn.Sequential(nn.Linear(784, 128), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(128, 1))
    return generator, discriminator


def gan_step(real, generator, discriminator, optimizer_g, optimizer_d):
    """One step of each network; the judge should say 1 to real images and 0 to made ones."""
    judge = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
    made = generator(torch.randn(len(real), 32))
    # 0.9 instead of 1: a judge that is too sure teaches nothing. detach: this step leaves the generator alone.
    loss_d = judge(discriminator(real), 0.9 * ones) + judge(discriminator(made.detach()), zeros)
    optimizer_d.zero_grad()
    loss_d.backward()
    optimizer_d.step()
    loss_g = judge(discriminator(made), ones)  # the generator wants to hear "real"
    optimizer_g.zero_grad()
    loss_g.backward()
    optimizer_g.step()


# %%
train.seed_everything(SEED)
generator, discriminator = make_gan()
optimizer_g = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
threes = X_train[y_train == 3].flatten(1)
fixed_noise, gallery = torch.randn(8, 32), {}
for step in range(1001):
    if step in (0, 100, 300, 1000):
        gallery[step] = generator(fixed_noise).detach().view(-1, 28, 28)
    gan_step(threes[torch.randint(len(threes), (64,))], generator, discriminator, optimizer_g, optimizer_d)
judged = F.softmax(train.predict(best, gallery[1000][:, None]), dim=1)[:, 3]
print("the small CNN takes most of the last ones for a three:", bool((judged > 0.5).float().mean() > 0.5))

# %% tags=["figure"]
# @title What the generator makes of the same eight lists of random numbers
fig, axes = plt.subplots(4, 8, figsize=(8, 4.2), gridspec_kw={"wspace": 0.05, "hspace": 0.05})
for row, (step, pictures) in zip(axes, gallery.items(), strict=True):
    for ax, picture in zip(row, pictures, strict=True):
        ax.imshow(picture, cmap="gray_r", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(f"step {step}")
plot.show(
    fig,
    alt="Eight made images at four times: noise, then eight nearly equal blurred threes, at the end different threes.",
)

# %% [markdown]
# None of these threes was written by a person. For a while all eight looked nearly the same, whatever the random
# numbers: a known weakness of GANs, called **mode collapse** when it stays so. They make training images, or turn an
# MR into a CT, and they can invent what was not there. Ask of every generated medical image: is this the patient, or
# what patients usually look like?
#
# ### Fine-tuning: start from a trained network
#
# In 2006, before ReLU and good starts, deep networks were trained layer by layer with **restricted Boltzmann
# machines** (each learned, without labels, which inputs are usual), and then *fine-tuned* with labels. Today one
# takes a network trained on a large collection, often ImageNet, replaces its last layer and trains on. The features
# come along.
#
# Run it small. The old task: digits 0 to 4, thousands of images. The new task: digits 5 to 9, with one single image
# of each. Compare a start from scratch, the old features **frozen** with a new last layer, and everything trained on.

# %%
train.seed_everything(SEED)
old = y_fit < 5
pretrained = make_best().to(memory_format=torch.channels_last)
learn(pretrained, X_fit[old], y_fit[old], epochs=3, lr=0.01)
X_new, y_new = X_val[y_val > 4], y_val[y_val > 4] - 5
old_accuracy = accuracy(train.predict(pretrained, X_val[y_val < 5]), y_val[y_val < 5]).item()
print(f"old task: accuracy {old_accuracy:.3f}")


# %% [markdown]
# The features are everything before the last layer: 576 numbers for each image. Each way is tried with five different
# sets of five images, because with so few the choice matters, and each is trained to its end: compared half way, a
# start from scratch looks worse than it is.


# %%
def scratch(X, y):
    model = make_best()
    learn(model, X, y, epochs=120, lr=0.005, batch_size=5)
    return train.predict(model, X_new)


def frozen(X, y):
    features, last = pretrained[:-1], nn.Linear(576, 5)  # only the last layer learns
    learn(last, train.predict(features, X), y, epochs=240, lr=0.01, batch_size=5)
    return train.predict(last, train.predict(features, X_new))


def fine_tuned(X, y):
    model = copy.deepcopy(pretrained)
    model[14] = nn.Linear(576, 5)
    learn(model, X, y, epochs=120, lr=0.002, batch_size=5)  # small steps, to keep what it knows
    return train.predict(model, X_new)


# %%
tuned_accuracy = {}
for way in (scratch, frozen, fine_tuned):
    results = []
    for draw in range(5):
        few = torch.cat([(y_fit == digit).nonzero()[draw : draw + 1, 0] for digit in range(5, 10)])
        train.seed_everything(SEED + draw)
        results.append(accuracy(way(X_fit[few], y_fit[few] - 5), y_new).item())
    tuned_accuracy[way.__name__] = np.mean(results)
    print(f"{way.__name__:11s}accuracy {np.mean(results):.2f}, SD of the five {np.std(results, ddof=1):.2f}")

# %% [markdown]
# Features learned on zeros to fours help with fives to nines: strokes and bends are the same. With a single image
# of each new digit they are worth several points of accuracy; with more images the gain shrinks, because a fresh
# start then learns its own. Whether they stay frozen makes hardly a difference here: a point or two, less than the
# SD of the five sets. In the next lab the trained network has seen ImageNet, and the new images are X-rays.
#
# ### Your turn 5.8: what is trained?
#
# In `frozen` only the new last layer learns. Give `frozen_trainable`, the number of parameters that learn there (576
# inputs, 5 outputs, with biases), and `frozen_share`, their share of all parameters of that network, as a number from
# 0 to 1. The layers before the last have 23,408 parameters together. Let Python divide; do not round.

# %% tags=["exercise"]
frozen_trainable = ...
frozen_share = ...

# %% tags=["check"]
# @title Check 5.8
learning, fixed = nn.Linear(576, 5), make_best()[:-1]
check.value(
    "5.8 frozen",
    (frozen_trainable, frozen_share),
    (parameters(learning), parameters(learning) / (parameters(learning) + parameters(fixed))),
    tol=1e-4,
    hint="A fully connected layer has inputs x outputs weights and one bias for each output.",
)

# %% tags=["solution"]
# @title Solution 5.8
frozen_trainable_solution = 576 * 5 + 5
frozen_share_solution = frozen_trainable_solution / (23408 + frozen_trainable_solution)
check.solution("5.8 frozen", (frozen_trainable_solution, frozen_share_solution))

# %% [markdown]
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "A colour image of 64 x 64 pixels goes through 10 filters of 3 x 3 with 'same' padding. What comes out?",
    ["30 maps of 64 x 64", "10 maps of 62 x 62", "10 maps of 64 x 64", "1 map of 64 x 64"],
    2,
    [
        "A filter adds up over the three channels, so each filter gives one map.",
        "62 would be without padding. 'Same' puts one ring of zeros around the image.",
        "One map for each filter; the ring of zeros keeps the size.",
        "One filter gives one map, and there are ten.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "The image side doubles from 28 to 56. What happens to the 250 parameters of the first convolution?",
    ["They stay 250", "They become 500", "They become 1,000", "It depends on the stride"],
    0,
    [
        "The filters are shared by all places, so their number does not depend on the size of the image.",
        "More places are visited, by the same filters.",
        "So it would be in a fully connected layer. A convolution shares its weights.",
        "The stride changes the size of the map, not the number of weights.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "You train on chest X-rays and want to augment. Which change keeps the label 'heart on the left side' true?",
    [
        "Flipping left and right",
        "Keeping only a random quarter of the image",
        "Turning by up to 180 degrees",
        "Turning by up to 5 degrees",
    ],
    3,
    [
        "Then the heart lies on the other side and the label is wrong.",
        "The quarter may hold no heart at all.",
        "Upside down the heart is on the other side of the image.",
        "Patients never stand perfectly straight; such images exist, with the same label.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "A plain network of 26 layers has a higher training loss than one of 6 layers. What is the matter?",
    [
        "It overfits",
        "Gradient descent does not find good weights for it",
        "The test set is too small",
        "It has too few parameters",
    ],
    1,
    [
        "Overfitting shows as a low training loss with a high test loss.",
        "The deep one could copy the shallow one, yet training does not get there. Shortcuts help.",
        "The training loss has nothing to do with the test set.",
        "It has more than the shallow one.",
    ],
)

# %% tags=["quiz"]
# @title Q5
check.quiz(
    "Q5",
    "You have 25 labelled images of a rare finding and a network trained on thousands of other images. Try first:",
    [
        "A new network, trained on the 25 images for a long time",
        "A deeper plain network",
        "The trained network's features with a new last layer",
        "A GAN that makes thousands of such images",
    ],
    2,
    [
        "With few images a fresh start was the worst of the three ways above.",
        "More layers need more data, and plain depth is hard to train.",
        "25 images are enough for a small last layer; the features come along.",
        "A GAN needs many images itself, and what it makes holds nothing that was not in the 25.",
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
    pool2d(first, reduce=np.mean).tolist() == [[13.5, 3], [3, 12]],
    pool2d(second, reduce=np.mean).tolist() == [[3.75, 1.25], [3.75, 2]],
]
assert all(worked)
print(f"all {len(worked)} tables computed by hand are right")

# %% tags=["nbval-check-output"]
claims = [
    np.array_equal(matrix @ tiny.ravel(), map_1.ravel()) and np.count_nonzero(matrix) == 144,
    [cnn_shapes[k] for k in (0, 2, 3, 5, 6)] == [(25, 26, 26), (25, 13, 13), (50, 11, 11), (50, 5, 5), (1250,)],
    parameters(first_layer) == 250 and parameters(second_layer) == 11_300 and parameters(dense) == 669_706,
    {(96, 55, 55), (256, 27, 27), (384, 13, 13), (256, 6, 6), (4096,), (1000,)} <= set(alexnet_shapes),
    all(own == library for own, library in vgg_counts.values()) and dense_counts[0] == dense_counts[1],
    residual_gap < 1e-5 and tuple(board.shape) == (1, 1, 19, 19),  # a residual block, and Go without pooling
    test_accuracy["dense"] >= 0.955 and test_accuracy["LeNet-5"] >= 0.975 and test_accuracy["small CNN"] >= 0.98,
    test_accuracy["small CNN"] > test_accuracy["dense"] and hog_accuracy > pixel_accuracy + 0.02,
    purity[1] < purity[2] < purity[3],  # deeper units are tied more closely to one digit
    few_accuracy["augmented"] > few_accuracy["plain"],
    batch_accuracy[8, 2] > batch_accuracy[64, 2] > batch_accuracy[512, 2],  # one rate, fewer steps
    depth_loss["26 layers, plain"][-1] > 2 * depth_loss[" 6 layers, plain"][-1],
    depth_loss["26 layers, residual"][-1] < depth_loss["26 layers, plain"][-1] / 2,
    pruned_accuracy["dense"][1] > test_accuracy["dense"] - 0.02,  # half of its weights are not needed
    reader_accuracy > 0.9 and judged.mean() > 0.7,  # the recurrent network and the generator
    min(tuned_accuracy["frozen"], tuned_accuracy["fine_tuned"]) > tuned_accuracy["scratch"] + 0.02,
]
for number, claim in enumerate(claims, start=1):
    assert claim, f"claim {number} does not hold"
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## Summary
#
# - A convolution slides one small table of weights over the image: few weights, shared by all places. Pooling keeps
#   the answer and drops the exact place.
# - On 2,000 test digits the small CNN reaches about 0.99 with 29,178 parameters, the dense network about 0.97 with
#   669,706.
# - Nobody programmed edge detectors, yet many filters of the first layer look like them; deeper units answer to
#   strokes, then to loops and large parts of a digit.
# - From AlexNet to ResNet the error fell from 15.3 to 3.57 % by depth, small filters, 1 x 1 convolutions and
#   shortcuts.
# - With very few images, features learned on another task beat a fresh start.
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
# | hand-crafted feature | 수작업 특징 | a number an expert designed, such as HOG |
# | end-to-end learning | 종단간 학습 | features and classifier learned together from labels |
# | top-5 error | 상위 5 오류율 | share of images whose class is not among five guesses |
# | inception block | 인셉션 블록 | filters of several sizes side by side |
# | residual block | 잔차 블록 | adds its input to its result |
# | dense block | 밀집 블록 | hands all earlier maps to each layer |
# | pruning | 가지치기 | setting small weights to zero |
# | recurrent neural network (RNN) | 순환 신경망 | reads a sequence and carries a state along |
# | generative adversarial network (GAN) | 생성적 적대 신경망 | a generator and a discriminator against each other |
# | fine-tuning | 미세 조정 | training a trained network on for a new task |
# | frozen layer | 동결된 층 | a layer whose weights are not changed |
#
# ## References
#
# - Fukushima K. Neocognitron. *Biological Cybernetics* 36, 1980.
# - LeCun Y, Bottou L, Bengio Y, Haffner P. Gradient-based learning applied to document recognition. *Proc. IEEE* 86,
#   1998.
# - Dalal N, Triggs B. Histograms of oriented gradients for human detection. *CVPR*, 2005.
# - Hinton GE, Osindero S, Teh YW. A fast learning algorithm for deep belief nets. *Neural Computation* 18, 2006.
# - Hubel DH, Wiesel TN. Receptive fields, binocular interaction and functional architecture in the cat's visual
#   cortex. J Physiol 1962;160:106-154.
# - Krizhevsky A, Sutskever I, Hinton GE. ImageNet classification with deep convolutional neural networks. *NIPS*,
#   2012.
# - Goodfellow I, et al. Generative adversarial nets. *NIPS*, 2014.
# - Cho K, et al. Learning phrase representations using RNN encoder-decoder. *EMNLP*, 2014 (the GRU).
# - Simonyan K, Zisserman A. Very deep convolutional networks for large-scale image recognition. *ICLR*, 2015 (2014).
# - Szegedy C, et al. Going deeper with convolutions. *CVPR*, 2015 (2014).
# - Russakovsky O, et al. ImageNet large scale visual recognition challenge. *IJCV* 115, 2015.
# - He K, Zhang X, Ren S, Sun J. Deep residual learning for image recognition. *CVPR*, 2016 (2015).
# - Silver D, et al. Mastering the game of Go with deep neural networks and tree search. *Nature* 529, 2016.
# - Huang G, Liu Z, van der Maaten L, Weinberger KQ. Densely connected convolutional networks. *CVPR*, 2017.
