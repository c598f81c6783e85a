# %% [markdown]
# # 5. Convolutional networks
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
#
# - turn a wish into the weights of a filter, and compute convolution and pooling by hand;
# - count what a network costs and how far it sees, and choose a plan for a budget;
# - test what a convolution takes for granted about images;
# - set the threshold below which a person looks, for given costs.
#
# **Before you start** you need lab 4 (layers, ReLU, softmax, the training loop, now `train.fit`) and, from lab 1,
# training, validation and test data.
#
# For teaching, not for clinical use.

# %% tags=["setup"]
import sys

if "google.colab" in sys.modules:  # a local installation has the course already
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/{{owner}}/{{repository}}@{{branch}}")

# %% tags=["parameters"]
SEED = 0

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from scipy import signal
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, default_collate
from torchvision.transforms import v2

from coursekit import check, data, plot, stats, train

torch.set_num_threads(1)  # networks this small gain little from more cores
train.seed_everything(SEED)

# %% [markdown]
# ## Convolution by hand
#
# Two kinds of picture go with you: digits of 28 x 28 pixels (0 is paper, 255 is ink), and a slice of a real chest CT in
# **Hounsfield units** (HU: air -1000, water 0), seen from the feet: the patient's left is on the right.

# %%
images, labels = data.load_mnist_10k()
train_images, test_images, train_labels, test_labels = train_test_split(
    images, labels, test_size=2000, stratify=labels, random_state=0
)
slice_hu = data.load_chest_ct()[0].hu[30, 70:].astype(float)  # without 70 rows of air above the patient

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
for left, top in ((93, 50), (78, 127), (176, 92), (167, 120)):
    axes[2].add_patch(plt.Rectangle((left, top), 28, 28, fill=False, color="C5", linewidth=1.5))
for ax in axes:
    ax.set(xticks=[], yticks=[])
plot.show(
    fig,
    alt="A seven, still a seven at half size, and a CT slice in which four small boxes, two in each lung, hold bright "
    "vessels.",
)

# %% [markdown]
# A vessel, or the bend of a stroke, is **smaller than the image**; it **appears anywhere**; and **subsampling keeps the
# object**: with every second pixel left out, the seven is still a seven.
#
# So take a small table of weights, a **filter** (kernel). Lay it on the top left corner, multiply each weight by the
# pixel beneath, and add up. Move one pixel to the right and repeat. The sums form the **feature map**.

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
# Where will filter 1, with its falling diagonal, answer most, and how much? (`stride` and `padding` come later.)


# %%
def convolve2d(image, kernel, stride=1, padding=0):
    """Slide a kernel over an image; at each place multiply, add up, and write one number.

    Mathematicians first turn the kernel by 180 degrees; without the turn they speak of cross-correlation.
    """
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
# A 3 appears where a falling diagonal begins, top left and bottom left; filter 2 finds its upright line at the bottom
# right. A filter is a detector; its map says *where* the pattern is.


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
# The window may also move two pixels at a time: its step is the **stride**. A 3 x 3 filter costs the image two rows and
# two columns. **Zero padding**, rings of zeros around the image, gives them back; with **"same"** padding the map is as
# large as the image.

# %%
print("filter 1, stride 2:", convolve2d(tiny, filter_1, stride=2).tolist())
square = np.ones((7, 7))
print("7 x 7 with two rings of zeros:", np.pad(square, 2).shape)
for side, rings in ((3, 1), (5, 2)):
    shape = convolve2d(square, np.ones((side, side)), padding=rings).shape
    print(f"{side} x {side} filter, {rings} ring(s): map {shape}")

# %% [markdown]
# Long before networks learned filters, people designed them. Four on the CT slice:

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
# @title The four filters on the CT slice
fig, axes = plt.subplots(2, 2, figsize=(8.4, 6.4))
for ax, (name, kernel) in zip(axes.flat, kernels.items(), strict=True):
    result = signal.correlate2d(slice_hu, kernel, mode="same", boundary="symm")
    low, high = (-300, 300) if "edge" in name else (-1000, 400)
    ax.imshow(result, cmap="gray", vmin=low, vmax=high)
    ax.set(xticks=[], yticks=[], title=f"{name} (black {low}, white {high} HU)")
plot.show(
    fig,
    alt="The slice after four filters. Left-right edge: grey, with side borders black or white. Top-bottom edge: the "
    "same for upper and lower borders. Blur: fine vessels are gone. Sharpen: vessels and noise stand out.",
)

# %% [markdown]
# The weights of the edge filters add up to 0: even tissue answers 0, grey. Those of the others add up to 1 and keep the
# level of the HU.
#
# ### Your turn 5.1: a filter for vessels
#
# Make `vessel_filter`, a 3 x 3 NumPy array. To even tissue it answers exactly 0, whatever the HU. Where the HU rise
# evenly from left to right, it answers 0 too. To a vessel one pixel wide, running from top to bottom through an organ
# after contrast medium, 80 HU above both sides, it answers 80 (within 2). Fractions such as `1 / 7` are welcome;
# rounded ones may not add up. Try it: `convolve2d(vessel, vessel_filter)`.

# %%
even = np.full((3, 3), 40.0)  # HU
rise = np.array([[30.0, 40, 50]] * 3)  # the same row three times
vessel = np.array([[40.0, 120, 40]] * 3)


# %% tags=["figure"]
# @title For the check: what a filter answers to even tissue, air, the rise and the vessel
def answers_to(table):
    if table is ...:
        return table
    try:
        table = np.array(table, dtype=float)
    except (TypeError, ValueError):
        table = np.zeros(0)
    if table.shape != (3, 3):
        return "a filter that is no table of three rows and three columns"
    return tuple(convolve2d(window, table).item() for window in (even, even - 1040, rise, vessel))


# %% tags=["exercise"]
vessel_filter = ...

# %% tags=["check"]
# @title Check 5.1
rows_of = {
    "Two wishes hold, but the vessel crosses all three rows: it answers 240.": (-1 / 2, 1, -1 / 2),
    "Two wishes hold, but the vessel crosses all three rows: it answers 480.": (-1, 2, -1),
    "Two wishes hold, but the vessel crosses all three rows: it answers 120.": (-1 / 4, 1 / 2, -1 / 4),
    "Rounded like this a row adds up to -0.01: 40 HU answer -1.2, and air answers 30.": (-0.17, 0.33, -0.17),
    "That is filter 2: even tissue of 40 HU answers -120.": (-1, 1, -1),
    "Even tissue of 40 HU answers -40.": (-1 / 3, 1 / 3, -1 / 3),
    "Even tissue of 40 HU answers 40.": (0, 1 / 3, 0),
    "Even tissue is 0 and the vessel 80, but a rise of 10 HU a pixel answers 10.": (-1 / 3, 1 / 3, 0),
    "Even tissue is 0 and the vessel 80, but a rise of 10 HU a pixel answers -10.": (0, 1 / 3, -1 / 3),
    "The vessel answers -80.": (1 / 6, -1 / 3, 1 / 6),
    "That looks for an edge: it answers 10 to the rise, and 0 to the vessel.": (-1 / 6, 0, 1 / 6),
    "It answers 0 to the vessel too: so does a filter of zeros, or one for flat vessels.": (0, 0, 0),
}
check.value(
    "5.1 vessel filter",
    answers_to(vessel_filter),
    (0, 0, 0, 80),
    tol=0.025,
    hint="Results 1 to 4 are its answers to 40 HU, air, the rise, and the vessel, which crosses all three rows.",
    slips={text: answers_to([row] * 3) for text, row in rows_of.items()},
)

# %% tags=["solution"]
# @title Solution 5.1
# Let the columns add up to a, b, c. Even: a + b + c = 0; rise: c = a; so b = -2a; vessel: 80 b = 80. Other rows with
# these sums are right too; three like ones let the noise of three rows average out.
vessel_filter_solution = np.array([[-1 / 6, 1 / 3, -1 / 6]] * 3)
answers = [convolve2d(window, vessel_filter_solution).item() for window in (even, rise, vessel)]
assert np.allclose(answers, [0, 0, 80])
check.solution("5.1 vessel filter", answers_to(vessel_filter_solution))

# %% [markdown]
# ## Pooling
#
# **Pooling** makes a map smaller: of each 2 x 2 square it keeps the largest number (**max pooling**: "was the pattern
# in here?") or the mean (**average pooling**).


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
# Rough positions remain: the 3s of filter 1 stand on the left. Two more tables, on paper first:

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
        "9 + 3 + 10 + 32 is 54, and a quarter of it is 13.5: this one is right. 32 is the maximum.": (13.5, 32),
        "54 is a sum, and a quarter of it is 13.5: this one is right.": (13.5, 54),
        "Both squares with mean 3 have a sum of 12: this one is right. 12 belongs to another square.": (3, 12),
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
# A **fully connected** layer, as in lab 4, multiplies the list of its inputs by a table of weights. So does a
# convolution: the 16 numbers of the map are weighted sums of the 36 pixels, taken as one list (`.ravel()`). Column $j$
# of the table answers an image in which only pixel $j$ is 1.


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
# The table is **sparse**: each row uses 9 of 36 pixels. Its weights are **shared**: all rows use the same nine. For a
# CT slice of 256 x 256 pixels a full table has four thousand million weights, a convolution 9.
#
# ## What a network costs, and how far it sees
#
# A colour image is three tables, red, green and blue: three **channels**. Its filter has three layers too, and all
# products are added: **one** filter makes **one** map. The 25 maps of one layer are the 25 channels of the next.

# %%
for channels in (1, 3, 25):
    print(f"{channels:2d} channels: {nn.Conv2d(channels, 1, 3).weight.numel():3d} weights in one 3 x 3 filter")

# %% [markdown]
# A **convolutional network** (CNN) repeats convolution, ReLU and pooling, lays all numbers into one list (**flatten**),
# and ends with fully connected layers. Here is the lecture's network for digits. Each filter also has one **bias**,
# added to its whole map. How many parameters have the 25 filters, and how many the 50?


# %%
def block(channels, filters, side, padding=0):
    return [nn.Conv2d(channels, filters, side, padding=padding), nn.ReLU(), nn.MaxPool2d(2)]


def parameters(*layers):
    return sum(p.numel() for layer in layers for p in layer.parameters())


dense_part = [nn.Flatten(), nn.Linear(50 * 5 * 5, 100), nn.ReLU(), nn.Linear(100, 10)]
cnn = nn.Sequential(*block(1, 25, 3), *block(25, 50, 3), *dense_part)  # * puts a list's layers in its place

# %%
x, cnn_shapes = torch.zeros(1, 1, 28, 28), []  # images, channels, rows, columns
for layer in cnn:
    x = layer(x)
    cnn_shapes.append(tuple(x.shape[1:]))
    if not isinstance(layer, nn.ReLU):  # :10s and !s:14s print text in columns
        print(f"{type(layer).__name__:10s}{cnn_shapes[-1]!s:14s}{parameters(layer):>8,} parameters")
print(f"{'all':24s}{parameters(cnn):>8,} parameters")

# %% [markdown]
# Nine tenths of all parameters sit in the first *fully connected* layer.
#
# How much of the image does one number see? A 3 x 3 convolution sees 3 pixels in each direction. A pooling, side 2 and
# stride 2, adds one more: 4. From here on neighbours are 2 pixels apart, so the next 3 x 3 convolution adds 2 x 2: 8.
# In general a layer adds (side - 1) steps, and a step is as long as all strides *before* it multiplied. The result is
# the **receptive field**.


# %%
def receptive_field(layers):
    """Side of the square of pixels that one number sees; layers are pairs (window side, stride)."""
    seen, step = 1, 1
    for side, stride in layers:
        seen += (side - 1) * step
        step *= stride
    return seen


network = [(3, 1), (2, 2), (3, 1)]  # convolution, pooling, convolution
for depth in (1, 2, 3):
    print(f"after {depth} layer(s) a number sees {receptive_field(network[:depth])} pixels in each direction")

# %% [markdown]
# ### Your turn 5.3: a plan for a hand-held probe
#
# A network in an ultrasound probe shall find gallstones in images of 64 x 64 pixels, one channel. Its parameters may
# take 200 kB (200,000 bytes), 4 bytes each. So that every stone, up to 12 pixels wide, lies whole in the sight of
# *some* number after the last pooling, each must see 20 pixels in each direction. Convolutions have "same" padding;
# each *pool*, 2 x 2, halves the side; flatten follows the last one.
#
# - A: 3 x 3 with 16 filters, pool, 3 x 3 with 32 filters, pool, 2 outputs
# - B: 3 x 3 with 16 filters, pool, 3 x 3 with 32 filters, pool, 3 x 3 with 32 filters, pool, 64 units, 2 outputs
# - C: 5 x 5 with 16 filters, pool, 5 x 5 with 32 filters, pool, 3 x 3 with 32 filters, pool, 2 outputs
# - D: 5 x 5 with 16 filters, 5 x 5 with 16 filters, pool, 2 outputs
#
# Add a cell with `receptive_field` and, for example, `parameters(nn.Conv2d(1, 16, 3), nn.Linear(100, 2))`. Set `plan`.

# %% tags=["exercise"]
plan = ...  # "A", "B", "C" or "D"


# %% tags=["check"]
# @title Check 5.3
check.choice(
    "5.3 plan",
    plan,
    "C",
    outcomes={
        "A": "It takes 85 kB, but a number after its last pooling sees 10 pixels: no number sees a stone of 12 whole.",
        "B": "It sees 22 pixels, but it takes 581 kB, three times what the probe has for them.",
        "C": "It takes 106 kB and sees 28 pixels. Filters cost little here; what costs is a fully connected layer "
        "after few poolings, or one with many units.",
        "D": "It takes 158 kB, but a number after its last pooling sees 10 pixels: no number sees a stone of 12 whole.",
    },
)

# %% tags=["solution"]
# @title Solution 5.3
plan_solution = "C"
layers = [nn.Conv2d(1, 16, 5), nn.Conv2d(16, 32, 5), nn.Conv2d(32, 32, 3), nn.Linear(32 * 8 * 8, 2)]
sees = receptive_field([(5, 1), (2, 2), (5, 1), (2, 2), (3, 1), (2, 2)])  # 5, 6, 14, 16, 24, 28
assert (4 * parameters(*layers), sees) == (4 * (416 + 12_832 + 9_248 + 4_098), 28)
check.solution("5.3 plan", plan_solution)

# %% [markdown]
# ## Three networks read digits
#
# 2,000 digits are the test, 1,500 the **validation** digits, with which the recipes were chosen.


# %%
def as_tensors(images, labels):
    """Images as (n, 1, 28, 28) with values from 0 to 1, labels as whole numbers."""
    with_channel = images[:, None]  # None puts in an axis of length one, for the single channel
    return torch.tensor(with_channel / 255, dtype=torch.float32), torch.tensor(labels)


X_test, y_test = as_tensors(test_images, test_labels)
X_fit, X_val, y_fit, y_val = train_test_split(
    *as_tensors(train_images, train_labels), test_size=1500, stratify=train_labels, random_state=1
)

# %% [markdown]
# The first network is **linear**: the pixels straight to ten outputs. The second, **dense**, has fully connected layers
# only. The third is **LeNet-5** of 1998 (after Yann LeCun; not "ReNet-5"), with today's ReLU and max pooling.


# %%
def make_linear():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10))


def make_dense():
    hidden = [nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 512), nn.ReLU()]
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(512, 10))


def make_lenet():
    hidden = [nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()]
    return nn.Sequential(*block(1, 6, 5, padding=2), *block(6, 16, 5), nn.Flatten(), *hidden, nn.Linear(84, 10))


# %% [markdown]
# One function trains them all. `augment` turns, shifts and scales each batch a little at random, so that a network
# hardly sees an image twice: **augmentation**.


# %%
def accuracy(outputs, targets):
    return (outputs.argmax(dim=1) == targets).float().mean()  # argmax: the position of the largest output


def learn(model, X, y, epochs, lr, batch_size=64, augment=None):
    def collate(rows):  # how the loader makes a batch
        batch, targets = default_collate(rows)  # as ever: the images in one tensor, the labels in another
        return (augment(batch) if augment else batch), targets

    loader = DataLoader(TensorDataset(X, y), batch_size=batch_size, shuffle=True, collate_fn=collate)
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    # the rate starts small, climbs to lr, and falls to nearly 0: total_steps counts the batches of the whole training
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=lr, total_steps=epochs * len(loader))
    loss_fn = nn.CrossEntropyLoss()
    return train.fit(model, loader, loss_fn=loss_fn, optimizer=optimizer, epochs=epochs, scheduler=schedule)


# %% [markdown]
# All three get the same 6,500 digits and augmentation. The dense network has eleven times as many parameters as
# LeNet-5. Which will win?

# %%
shake = v2.RandomAffine(10, translate=(0.05, 0.05), scale=(0.9, 1.1), interpolation=v2.InterpolationMode.BILINEAR)
recipes = {"linear": (make_linear, 0.003, 128), "dense": (make_dense, 0.003, 128), "LeNet-5": (make_lenet, 0.01, 64)}
trained = {}
for name, (make, lr, batch_size) in recipes.items():
    train.seed_everything(SEED)
    trained[name] = make()
    learn(trained[name], X_fit, y_fit, epochs=8, lr=lr, batch_size=batch_size, augment=shake)

# %% [markdown]
# The range behind each accuracy holds 95 % of what other samples of test digits would give. It says nothing of other
# starts, nor of new writers: the same hand may stand in training and test.

# %%
test_accuracy = {}
for name, model in trained.items():
    right = (train.predict(model, X_test).argmax(dim=1) == y_test).numpy()
    low, high = stats.bootstrap_interval(np.mean, right)
    test_accuracy[name] = right.mean()
    print(f"{name:8s}{right.mean():.3f} ({low:.3f} to {high:.3f}) with {parameters(model):>7,} parameters")

# %% [markdown]
# On these digits LeNet-5 makes fewer errors, with a tenth of the weights.
#
# Is LeNet-5 ahead with 500 digits too, without augmentation? Two rates, tenfold apart, make it fair:


# %%
def as_written(X):
    return X


def with_500(make, lr, view):
    """Validation accuracy after training on 500 digits."""
    train.seed_everything(SEED)
    model = make()
    learn(model, view(X_fit[:500]), y_fit[:500], epochs=12, lr=lr)
    return accuracy(train.predict(model, view(X_val)), y_val).item()


# %%
rates = (0.003, 0.03)
usual = {}
for name, make in (("dense", make_dense), ("LeNet-5", make_lenet)):
    usual[name] = [with_500(make, lr, as_written) for lr in rates]
    print(f"{name:8s}rate {rates[0]}: {usual[name][0]:.2f}, rate {rates[1]}: {usual[name][1]:.2f}")

# %% [markdown]
# The dense network hardly depends on the rate. LeNet-5 is level with it at the small one, ahead at the large one.
#
# ### Your turn 5.4: what does it take for granted?
#
# Now all digits get their 784 pixels in one and the same new order; no number is lost. Write down what you expect. Then
# add a cell and train both at the large rate, such as `with_500(make_lenet, 0.03, reordered)`. Which sentence do your
# numbers support?
#
# - A: LeNet-5 does not depend on the order: it stays ahead by 0.02 or more.
# - B: LeNet-5 gains from neighbours: without them the two are level within 0.05.
# - C: LeNet-5 relies on neighbours: without them it is behind by more than 0.05.
# - D: Both networks need the order: without it each loses more than 0.05.

# %%
order = torch.tensor(np.random.default_rng(0).permutation(784))


def reordered(X):
    return X.flatten(1)[:, order].view(-1, 1, 28, 28)  # each image as a list, in the new order, as an image again


# %% tags=["figure"]
# @title Slider: three digits, as written and reordered
def draw_orders(first=0):
    some = X_fit[first : first + 3]
    fig, axes = plt.subplots(1, 6, figsize=(9, 1.8))
    for ax, image in zip(axes, [*some, *reordered(some)], strict=True):
        ax.imshow(image[0], cmap="gray_r")
        ax.set(xticks=[], yticks=[])
    axes[1].set_title("as written")
    axes[4].set_title("reordered")
    digits = ", ".join(str(int(label)) for label in y_fit[first : first + 3])
    return fig, f"The digits {digits}, readable, and the same three as noise after one fixed shuffle of pixels."


plot.explore(draw_orders, first=(0, 30))

# %% tags=["exercise"]
sentence = ...  # "A", "B", "C" or "D"

# %% tags=["check"]
# @title Check 5.4
mixed = {"dense": with_500(make_dense, 0.03, reordered)}
mixed["LeNet-5"] = [with_500(make_lenet, lr, reordered) for lr in rates]
told = (
    f"At the rate 0.03 the dense network goes from {usual['dense'][1]:.2f} to {mixed['dense']:.2f}, LeNet-5 from "
    f"{usual['LeNet-5'][1]:.2f} to {mixed['LeNet-5'][1]:.2f}"
)
check.choice(
    "5.4 sentence",
    sentence,
    "C",
    outcomes={
        "A": f"LeNet-5 goes from {usual['LeNet-5'][1]:.2f} to {mixed['LeNet-5'][1]:.2f} at the rate 0.03. A reviewer "
        "who repeats the run sends the paper back.",
        "B": f"{told}: not level. A reviewer who repeats the run sends the paper back.",
        "C": f"{told}; at 0.003 to {mixed['LeNet-5'][0]:.2f}. What it takes for granted helps where it is true, and "
        "harms where it is not. (One start, 500 digits, one new order.)",
        "D": f"The dense network goes from {usual['dense'][1]:.2f} to {mixed['dense']:.2f} at the rate 0.03: to it a "
        "pixel's place is only a number in a list. A reviewer sends the paper back.",
    },
)

# %% tags=["solution"]
# @title Solution 5.4
sentence_solution = "C"  # the order is all that has changed
assert abs(mixed["dense"] - usual["dense"][1]) < 0.04 and max(mixed["LeNet-5"]) < mixed["dense"] - 0.06
check.solution("5.4 sentence", sentence_solution)

# %% [markdown]
# ## Look at the errors
#
# A script for this lab, with images as rows of 784 pixels, once printed as its predictions `np.argmax(X_test, axis=1)`:
# in each row the position of the largest number. What do these numbers say?

# %%
print("'predicted':", np.argmax(X_test.flatten(1).numpy(), axis=1)[:8])
print("true:       ", y_test[:8].numpy())

# %% [markdown]
# They are places of the darkest pixel, from 0 to 783. Nobody noticed that the model was never asked, because nobody
# looked. Ask it now; a softmax turns its ten outputs into probabilities.

# %%
answer = F.softmax(train.predict(trained["LeNet-5"], X_test), dim=1).max(dim=1)  # of each digit's ten numbers:
# answer.values are the largest ones, answer.indices their positions, the digits
print("predicted:  ", answer.indices[:8].numpy())

# %% tags=["figure"]
# @title The ten errors of which the network was surest
worst = torch.where(answer.indices != y_test, answer.values, 0).argsort(descending=True)[:10]
fig, axes = plt.subplots(2, 5, figsize=(8.4, 4.2))
for ax, i in zip(axes.flat, worst, strict=True):
    ax.imshow(test_images[i], cmap="gray_r")
    ax.set(xticks=[], yticks=[], title=f"says {answer.indices[i]}: {answer.values[i]:.2f}\ntrue {y_test[i]}")
plot.show(fig, alt="Ten misread digits with unusual strokes; some labels could be doubted too.")

# %% [markdown]
# A network can be wrong and quite sure. More often it errs when less sure: there a person could look.
#
# ### Your turn 5.5: when should a person look?
#
# LeNet-5 reads record numbers in an old archive. If its largest probability for a digit is below a threshold, a person
# reads that digit, without error, for 10 cents. A wrong digit that gets through costs 1 euro. Which threshold is
# cheapest: `"0"` (the network alone), `"0.9"`, `"0.999"`, `"0.99999"` or `"2"` (a person reads all)? Use the validation
# digits, in a cell of your own.

# %%
on_val = F.softmax(train.predict(trained["LeNet-5"], X_val), dim=1).max(dim=1)
sure, is_wrong = on_val.values, on_val.indices != y_val
# (sure < 0.5).sum() counts digits; (is_wrong & (sure < 0.5)).sum() counts those for which both are true
print("validation digits:", len(y_val), "wrong with the network alone:", int(is_wrong.sum()))

# %% tags=["exercise"]
threshold = ...  # a text, such as "0"


# %% tags=["check"]
# @title Check 5.5
def bill(border, largest=sure, wrong=is_wrong):
    """Euros, and in words."""
    by_person, let_through = int((largest < border).sum()), int((wrong & (largest >= border)).sum())
    euros = 0.1 * by_person + let_through
    return euros, f"{euros:.2f} euros for {len(wrong):,} digits, {by_person} reread, {let_through} wrong let through"


bills = {text: bill(float(text)) for text in ("0", "0.9", "0.999", "0.99999", "2")}
on_test = bill(0.9, answer.values, answer.indices != y_test)
outcomes = {text: f"{said}." for text, (_, said) in bills.items()}
outcomes["0.9"] += f" Chosen here, it must be judged elsewhere. On the test digits: {on_test[1]}."
check.choice("5.5 threshold", threshold, "0.9", outcomes={**outcomes, "2": f"{outcomes['2']} Safe, and dearest."})

# %% tags=["solution"]
# @title Solution 5.5
# Were the probabilities true, asking would pay where the chance of an error exceeds 0.10 / 1: below 0.9.
threshold_solution = min(bills, key=lambda text: bills[text][0])
assert all(euros > 1.2 * bills["0.9"][0] for text, (euros, _) in bills.items() if text != "0.9")
check.solution("5.5 threshold", threshold_solution)

# %% [markdown]
# ## Depth
#
# A deeper network should be no worse: its additional layers could pass their input through. In a **plain** network each
# layer gets the result of the one before. In a **residual** one (ResNet, 2015) every two layers compute a change $F$
# that is *added* to their input: $x + F(x)$. Where $F$ is near 0, $x$ passes through. Try both on 1,500 digits.


# %%
class Step(nn.Module):
    """Two convolutions; with `shortcut` the input is added to their result."""

    def __init__(self, shortcut):
        super().__init__()
        first, second = (nn.Conv2d(8, 8, 3, padding=1, bias=False) for _ in range(2))
        # BatchNorm2d, batch normalisation: brings each map to mean 0 and spread 1 over the batch, then to a scale and
        # a level that it learns; so the convolution needs no bias
        self.change = nn.Sequential(first, nn.BatchNorm2d(8), nn.ReLU(), second, nn.BatchNorm2d(8))
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
    print(f"{kind:20s} training loss after 4 epochs {depth_loss[kind][-1]:.1f}")

# %% tags=["figure"]
# @title The training loss by epoch
fig, ax = plt.subplots()
for (kind, losses), marker in zip(depth_loss.items(), plot.MARKERS, strict=False):
    ax.plot(range(1, len(losses) + 1), losses, marker=marker, label=kind)
ax.set(xlabel="epoch", ylabel="training loss", xticks=range(1, 5))
ax.legend()
plot.show(fig, alt="The deep plain network's training loss stays highest; with shortcuts the deep one falls lowest.")

# %% [markdown]
# The deep plain network is far behind, and not by overfitting: this is the *training* loss. With 6 layers the shortcut
# changes little; with 26 it makes the worst as good as the others or better, here with one rate and one start.
#
# ## Going further
#
# [More architectures](further/05_more_architectures.ipynb) has sections that do not need one another. About your
# networks: *What the layers look for*; *Augmentation: how far?*; *Fine-tuning*; *Batch size*; *Pruning*;
# *All 60,000 digits*. Famous plans: *AlexNet, VGG, and why it worked*; *GoogLeNet, ResNet and DenseNet*;
# *AlphaGo, a network without pooling*. Other ways: *Features made by hand*; *A network that reads in order*;
# *Two networks against each other*.
#
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "The image side doubles from 28 to 56. What happens to the parameters of LeNet-5, built for it as before?",
    [
        "Each layer has four times as many",
        "Only the first fully connected layer grows",
        "Only the two convolutions grow",
        "All layers keep what they have",
    ],
    1,
    [
        "A filter has k x k weights for each channel, however large the image is.",
        "The filters do not know the size of the image; the flattened list does: it has 2,304 numbers instead of 400.",
        "More places are visited, by the same filters.",
        "The filters do. But the list after flattening is longer, and each of its numbers has weights.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "In a second image the same vessel lies 8 pixels further right, on the same even tissue. How does the map change, "
    "after one convolution with stride 1 and one 2 x 2 pooling?",
    [
        "It does not change: pooling drops the place",
        "The same answers stand 8 columns further right",
        "The same answers stand 4 columns further right",
        "Other answers stand there: other weights met it",
    ],
    2,
    [
        "Pooling drops the place within a square of 2 x 2, not the place in the image.",
        "So it is after the convolution; the pooling halves the side of the map, and so the distance.",
        "All places share the weights, so the answers are the same; the pooled map counts in steps of two pixels.",
        "The weights are the same at each place: that is what shared means.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "A plain network of 26 layers has training accuracy 0.99 and validation accuracy 0.85; one of 6 layers has 0.97 "
    "and 0.94. What do you try first with the deep one?",
    [
        "Augmentation, because it fits what it has seen",
        "Shortcuts, because its layers pass too little on",
        "More epochs, because its training got stuck",
        "Larger steps, because it moves too slowly",
    ],
    0,
    [
        "It fits its training images and fails on new ones, so its images should vary more. The trouble of this lab's "
        "deep plain network was another one: it could not fit its training images.",
        "They help a network that cannot fit its training images. This one fits 99 of 100.",
        "It fits 99 of 100 training images; more epochs would raise that, not the 0.85.",
        "Its training has arrived at 0.99; the trouble is with images that it has not seen.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "A table has 10 columns, and there are 10 classes. A script prints np.argmax(X_test, axis=1) as its predictions. "
    "Which check finds the mistake?",
    [
        "Whether all of them lie from 0 to 9",
        "Whether two runs print the same",
        "Whether the training loss has fallen",
        "Whether an untrained model changes them",
    ],
    3,
    [
        "They do: these are the positions of ten columns. With 784 pixels that check would have helped.",
        "They print the same: the table does not change between runs.",
        "It has: the model was trained, it was only never asked.",
        "Put an untrained network in the place of the trained one: predictions that stay as they are never asked it.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown

# %% tags=["nbval-check-output"]
claims = [
    map_1.tolist() == [[3, -1, -3, -1], [-3, 1, 0, -3], [-3, -3, 0, 1], [3, -2, -2, -1]],
    map_2.tolist() == [[-1, -1, -1, -1], [-1, -1, -2, 1], [-1, -1, -2, 1], [-1, 0, -4, 3]],
    convolve2d([[1, 0, 1], [0, 1, 0], [1, 0, 1]], [[1, 1], [0, 1]]).tolist() == [[2, 1], [1, 2]],
    [pool2d(map_1).tolist(), pool2d(map_2).tolist()] == [[[3, 0], [3, 1]], [[-1, 1], [0, 3]]],
    np.array_equal(matrix @ tiny.ravel(), map_1.ravel()) and np.count_nonzero(matrix) == 144,
    cnn_shapes[::3] == [(25, 26, 26), (50, 11, 11), (1250,), (10,)] and parameters(cnn[0], cnn[3]) == 11_550,
    parameters(trained["dense"]) == 669_706 and parameters(trained["LeNet-5"]) == 61_706,
    test_accuracy["linear"] > 0.85 and test_accuracy["dense"] > 0.95 and test_accuracy["LeNet-5"] > 0.97,
    test_accuracy["linear"] + 0.03 < test_accuracy["dense"] < test_accuracy["LeNet-5"],
    max(usual["LeNet-5"]) > max(usual["dense"]) + 0.01,
    depth_loss["26 layers, plain"][-1] > 2 * depth_loss[" 6 layers, plain"][-1],
    depth_loss["26 layers, residual"][-1] < 0.5 * depth_loss["26 layers, plain"][-1],
]
for number, claim in enumerate(claims, start=1):
    assert claim, f"claim {number} does not hold"
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## Summary
#
# - A convolution slides one small table of weights over the image: few weights, shared by all places. Pooling keeps
#   the answer and drops the exact place.
# - A filter costs k x k weights for each channel and a bias; in the networks counted here most parameters sit in the
#   first fully connected layer. How far a number sees depends on the windows and on the strides before them.
# - On 2,000 test digits LeNet-5, with 61,706 parameters, made fewer errors than a dense network with 669,706.
# - Look at predictions and errors before you believe a number.
# - A 26-layer plain network was hard to train; with shortcuts the same depth was not (one rate, one start).
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
# | residual block | 잔차 블록 | adds its input to its result |
#
# ## References
#
# - LeCun Y, Bottou L, Bengio Y, Haffner P. Gradient-based learning applied to document recognition. *Proc. IEEE* 86,
#   1998.
# - He K, Zhang X, Ren S, Sun J. Deep residual learning for image recognition. *CVPR*, 2016 (2015).
