# %% [markdown]
# # 4. Neural networks
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
# - say what one neuron can decide, and what needs a hidden layer;
# - compute what a small network answers and what the answer costs, and check both against PyTorch;
# - follow a slope backwards through a network, and write a training loop;
# - find the step of a recipe that makes its score lie, and say by how much;
# - choose a threshold for a clinic, and defend it.
#
# **Before you start** you need lab 1 (training and test rows, scaler, cross-validation, AUC), lab 3 (gradient descent,
# learning rate) and the derivative of one variable. NumPy's special ways are explained where they first occur.
#
# **Your digits** should be those of the text, but an older scikit-learn grows slightly other boosted trees.
#
# For teaching, not for clinical use.

# %% tags=["setup"]
import sys

if "google.colab" in sys.modules:  # a local installation has the course already
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/{{owner}}/{{repository}}@{{branch}}")

# %% tags=["parameters"]
SEED = 0

# %%
import itertools

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import make_moons
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from coursekit import check, data, plot, train

# %%
torch.set_num_threads(1)  # networks this small run faster on one core
train.seed_everything(SEED)

# %% [markdown]
# ## 1. A neuron
#
# An artificial **neuron** multiplies each input by a **weight**, adds up, adds a **bias**, and fires, that is answers
# 1, if the sum is above zero:
#
# $$\text{answer} = 1 \text{ if } w_1 x_1 + w_2 x_2 + b > 0, \text{ else } 0$$
#
# The idea is borrowed from the brain's 86 billion nerve cells, each of which sums the signals of many others. A worm
# of one millimetre lives on 302 of them, and a program that imitates their wiring has driven a small robot.

# %%
cases = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def neuron(x, w, b):
    """1 if the weighted sum is above zero, else 0; x is one case or one case a row."""
    return (x @ w + b > 0).astype(int)


print("AND:", neuron(cases, np.array([1, 1]), -1.5), " OR:", neuron(cases, np.array([1, 1]), -0.5))

# %% [markdown]
# `x @ w` is the weighted sum of each row. Think of two radiologists who read one film: 1 means "I see a nodule". With
# the bias -1.5 the neuron fires if *both* see it (AND), with -0.5 if *at least one* does (OR).
#
# The border $w_1 x_1 + w_2 x_2 + b = 0$ is a straight line. Can you move it so that XOR comes out right, "exactly one
# sees it, so a third must read the film"?

# %% tags=["figure"]
# @title Slider: the border of one neuron
answers = {"AND": np.array([0, 0, 0, 1]), "OR": np.array([0, 1, 1, 1]), "XOR": np.array([0, 1, 1, 0])}


def draw_border(problem="XOR", w1=1.0, w2=1.0, b=-0.5):
    w, target = np.array([w1, w2]), answers[problem]
    fig, ax = plt.subplots(figsize=(4.8, 3.4))
    grid = np.stack(np.meshgrid(np.linspace(-0.6, 1.6, 150), np.linspace(-0.6, 1.6, 150)), axis=-1)
    ax.contourf(*np.moveaxis(grid, -1, 0), neuron(grid, w, b), levels=[-1, 0.5, 2], colors=["white", "#cfe3f2"])
    for value in (0, 1):
        ax.scatter(*cases[target == value].T, marker=plot.MARKERS[value], s=90, label=f"should be {value}")
    right = int(np.sum(neuron(cases, w, b) == target))
    ax.set(xlabel="reader 1", ylabel="reader 2", xticks=[0, 1], yticks=[0, 1])
    ax.set_title(f"{problem}: {right} of 4 right (blue: the neuron fires)")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    rule = f"{w1:g} x1 + {w2:g} x2 + ({b:g})"
    return fig, f"{problem}: the neuron {rule} > 0 gets {right} of four cases right; its border is one straight line."


plot.explore(draw_border, problem=list(answers), w1=(-2.0, 2.0, 0.5), w2=(-2.0, 2.0, 0.5), b=(-2.0, 2.0, 0.5))

# %% [markdown]
# For XOR three of four is the most: the cases that should fire lie on one diagonal, the two others on the other, and
# no line separates diagonals.
#
# ### Rosenblatt's rule: learn from mistakes
#
# In 1958 Frank Rosenblatt let the neuron, which he called **perceptron**, find its own weights. Show it one case after
# the other; if the answer is wrong, move the weights a little:
#
# $$w := w + \eta\,(\text{target} - \text{answer})\,x, \qquad b := b + \eta\,(\text{target} - \text{answer})$$
#
# $\eta$ (eta) is the learning rate. One pass through all cases is an **epoch**.


# %%
def perceptron(inputs, targets, eta=0.5, epochs=20):
    """Rosenblatt's rule from zero weights; returns weights, bias and the mistakes made in each epoch."""
    w, b, mistakes = np.zeros(inputs.shape[1]), 0.0, []
    for _ in range(epochs):
        wrong = 0
        for x, target in zip(inputs, targets, strict=True):
            error = target - neuron(x, w, b)
            w, b = w + eta * error * x, b + eta * error
            wrong += abs(int(error))
        mistakes.append(wrong)
    return w, b, mistakes


# %%
for problem, target in answers.items():
    w, b, mistakes = perceptron(cases, target)
    print(f"{problem:3s} mistakes in epochs 1 to 9: {mistakes[:9]}, weights {w}, bias {b}")

# %% [markdown]
# AND and OR are learned after a few epochs, XOR never. One can prove both: if a line separates the classes, the rule
# finds one; if none does, it never stops making mistakes.
#
# ### Two layers solve XOR
#
# "Exactly one" is "at least one, but not both". So let two neurons look at the inputs, one as OR, one as AND, and let
# a third look at *those two*. The two in the middle are a **hidden layer**: nobody outside sees their answers.

# %%
hidden = np.column_stack([neuron(cases, np.array([1, 1]), -0.5), neuron(cases, np.array([1, 1]), -1.5)])
output = neuron(hidden, np.array([1, -1]), -0.5)  # OR speaks for it, AND against it
for x, h, answer in zip(cases, hidden, output, strict=True):
    print(f"inputs {x} -> hidden (OR, AND) {h} -> output {answer}")

# %% tags=["figure"]
# @title What the hidden layer does to the four cases
fig, axes = plt.subplots(1, 2, figsize=(8, 3.6))
for ax, places, title in zip(axes, (cases, hidden), ("the inputs", "the hidden layer's answers"), strict=True):
    for value in (0, 1):
        ax.scatter(*places[output == value].T, marker=plot.MARKERS[value], s=110, zorder=3, label=f"XOR = {value}")
    ax.set(title=title, xlim=(-0.4, 1.6), ylim=(-0.4, 2.3), xticks=[0, 1], yticks=[0, 1])
axis = np.array([-0.4, 1.6])
axes[0].plot(axis, 0.5 - axis, color="C2", label="border of OR")
axes[0].plot(axis, 1.5 - axis, color="C3", label="border of AND")
axes[0].set(xlabel="reader 1", ylabel="reader 2")
axes[1].plot(axis, axis - 0.5, color="C4", label="border of the output")
axes[1].annotate("both (0, 1) and (1, 0)\nland here", (1, 0), (-0.3, 0.7), arrowprops={"arrowstyle": "-"}, fontsize=9)
axes[1].set(xlabel="OR neuron", ylabel="AND neuron")
for ax in axes:
    ax.legend(fontsize=9, loc="upper left", ncols=2)
plot.show(
    fig,
    alt="Left: no single line separates the XOR classes, two lines enclose one. Right: in the plane of the two hidden "
    "answers both XOR = 1 cases fall on (1, 0), and one line separates them from the others.",
)

# %% [markdown]
# The hidden layer has moved the points so that one line is enough. All networks do that, with weights that are
# learned. *How* to learn those of a hidden layer, for which no target is known, held the field up until the 1980s.
# The answer needs slopes.
#
# ### Your turn 4.1: which rule needs a hidden layer?
#
# Four radiologists read each film: the chief and a second one at hospital A, two at hospital B. Of the four rules below
# for recalling the patient, one neuron can follow three; one needs a hidden layer. Which? Think on paper first, then
# add a cell and ask `perceptron`.
#
# `sixteen` holds all possible votes, a row each. `.T` swaps rows and columns, so that `a1` is a column of True and
# False; `&` is "and", `|` is "or"; `sum(axis=1)` adds along each row.

# %%
sixteen = np.array(list(itertools.product([0, 1], repeat=4)))
# %%
a1, a2, b1, b2 = sixteen.T == 1
rules = {
    "two": sixteen.sum(axis=1) >= 2,  # at least two of the four see a nodule
    "hospital": (a1 & a2) | (b1 & b2),  # both of A see it, or both of B
    "chief": a1 | (a2 & b1 & b2),  # the chief sees it, or all the others do
    "seconded": a1 & (a2 | b1 | b2),  # the chief sees it, and at least one other does
}
voting = {name: rule.astype(int) for name, rule in rules.items()}  # 0 and 1, as perceptron takes them

# %% tags=["exercise"]
needs_layer = ...  # "two", "hospital", "chief" or "seconded"

# %% tags=["check"]
# @title Check 4.1
check.choice(
    "4.1 a hidden layer",
    needs_layer,
    "hospital",
    outcomes={
        "two": "One neuron does it: weights 1, 1, 1, 1 and bias -1.5 get all 16 votes right. You would buy a network "
        "of three neurons where one counter is enough.",
        "hospital": "The sums of (1, 1, 0, 0) and (0, 0, 1, 1) must both be above zero, those of (1, 0, 1, 0) and "
        "(0, 1, 0, 1) must not. But each pair adds up to the same: all four weights plus twice the bias. So the best "
        "single neuron has one of the 16 votes wrong, and a patient is recalled, or sent home, against the rule.",
        "chief": "Weights 3, 1, 1, 1 and bias -2.5 get all 16 right. Did you stop after 20 epochs? Rosenblatt's rule "
        "still errs then; it makes its last mistake in epoch 23. Not yet learned is not unlearnable.",
        "seconded": "Weights 3, 1, 1, 1 and bias -3.5 get all 16 right: the chief's 3 alone is not enough, and without "
        "the chief the other three are not either.",
    },
)

# %% tags=["solution"]
# @title Solution 4.1
check.solution("4.1 a hidden layer", "hospital")
for name, target in voting.items():
    last_mistake = max(epoch for epoch, wrong in enumerate(perceptron(sixteen, target, epochs=200)[2], 1) if wrong)
    print(f"{name:9s} last epoch with a mistake, out of 200: {last_mistake}")

# %% [markdown]
# ## 2. Bends, and layers as matrices
#
# A neuron that answers 0 or 1 has a slope of zero: change a weight a little, and nothing moves. Gradient descent has
# nothing to go by. So the hard step is replaced by a softer function of the weighted sum, the **activation function**.
#
# | Name | Formula | Slope |
# |---|---|---|
# | sigmoid | $1/(1+e^{-x})$ | $s(1-s)$, where $s$ is the value; at most 0.25 |
# | tanh | $(e^x-e^{-x})/(e^x+e^{-x})$ | $1-t^2$, where $t$ is the value; at most 1 |
# | ReLU (rectified linear unit) | $\max(0, x)$ | 0 or 1 |
# | leaky ReLU | $x$ if $x>0$, else $0.1x$ | 1 or 0.1 |


# %%
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# %%
activations = {  # name: (value, slope)
    "sigmoid": (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x))),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "ReLU": (lambda x: np.maximum(0, x), lambda x: np.where(x > 0, 1.0, 0.0)),
    "leaky ReLU": (lambda x: np.where(x > 0, x, 0.1 * x), lambda x: np.where(x > 0, 1.0, 0.1)),
}
print("slopes at 4:", {name: round(float(slope(4.0)), 3) for name, (_, slope) in activations.items()})


# %% tags=["figure"]
# @title Slider: four activations and their slopes at x
def draw_activations(x=-2.0):
    axis = np.linspace(-5, 5, 201)
    fig, axes = plt.subplots(1, 4, figsize=(9, 2.7), sharex=True, sharey=True)
    for ax, (name, (value, slope)) in zip(axes, activations.items(), strict=True):
        ax.plot(axis, value(axis), label="value")
        ax.plot(axis, slope(axis), linewidth=1.5, label="slope")
        near = np.array([x - 1, x + 1])
        ax.plot(near, value(x) + slope(x) * (near - x), color="black", linestyle="-", linewidth=1)
        ax.plot(x, value(x), "o", color="black", markersize=5)
        ax.set(title=f"{name}: slope {slope(x):.3f}", ylim=(-1.6, 2.6), xlabel="weighted sum x")
        ax.title.set_fontsize(10)
    axes[0].legend(fontsize=9, loc="upper left")
    slopes = ", ".join(f"{name} {slope(x):.3f}" for name, (_, slope) in activations.items())
    return fig, f"Values, slopes and tangents of four activations; the slopes at x = {x:g} are: {slopes}."


plot.explore(draw_activations, x=(-5.0, 5.0, 0.25))

# %% [markdown]
# Move `x` to 4: sigmoid and tanh are flat there, and a flat neuron hardly learns. Worse, a slope that travels back
# through ten sigmoid layers is multiplied ten times by at most 0.25, which leaves less than a millionth: the
# **vanishing gradient**. ReLU keeps the slope 1 on its right side.
#
# Neurons that look at the same inputs form a **layer**. Write the weights of each in one row of a matrix $W$, and the
# layer is $\text{activation}(W x + b)$. Its answers are the inputs of the next layer; going from the input to the
# output is the **forward pass**. Take three layers of two sigmoid neurons. On paper, first neuron, input $(1, -1)$:
# $1 \cdot 1 + (-2) \cdot (-1) + 1 = 4$, and sigmoid(4) = 0.98.

# %%
layers = [
    (np.array([[1, -2], [-1, 1]]), np.array([1, 0])),
    (np.array([[2, -1], [-2, -1]]), np.array([0, 0])),
    (np.array([[3, -1], [-1, 4]]), np.array([-2, 2])),
]


# %%
def forward_pass(layers, x):
    """The answers of every layer to the input x."""
    found = []
    for W, b in layers:
        x = sigmoid(W @ x + b)
        found.append(x)
    return found


# %%
for x in ((1, -1), (0, 0)):
    print(x, "->", " -> ".join(f"{a:.2f} {b:.2f}" for a, b in forward_pass(layers, np.array(x))))

# %% [markdown]
# In PyTorch `nn.Linear` is $Wx + b$, `nn.Sequential` chains. With our 12 weights and 6 biases it must answer the same.

# %%
network = nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 2), nn.Sigmoid())
with torch.no_grad():  # copying is no calculation that needs a slope
    for linear, (W, b) in zip(network[::2], layers, strict=True):
        linear.weight.copy_(torch.tensor(W))
        linear.bias.copy_(torch.tensor(b))
    by_torch = network(torch.tensor([[1.0, -1.0], [0.0, 0.0]])).numpy()
# %%
by_hand_pass = np.array([forward_pass(layers, np.array(x))[-1] for x in ((1, -1), (0, 0))])
print("torch.nn:", by_torch.round(4).ravel(), " by hand:", by_hand_pass.round(4).ravel())
assert np.allclose(by_torch, by_hand_pass, atol=1e-6)

# %% [markdown]
# Why a bend between the layers? Without it $W_2 (W_1 x) = (W_2 W_1)\,x$: a hundred layers are still one straight line.
#
# ## 3. From scores to a cost
#
# A network that chooses between classes ends with one number for each, a **score** (or logit), which can be anything.
# **Softmax** turns scores into probabilities, positive and adding up to 1. The cost is the **cross-entropy**: minus the
# natural logarithm of the probability that the true class got.
#
# $$p_k = \frac{e^{z_k}}{e^{z_1} + e^{z_2} + \dots} \qquad
# \text{cost of one patient} = -\sum_k y_k \ln p_k = -\ln p_\text{true}$$
#
# Here $y$ is the truth, **one-hot**: 1 for the true class, 0 for the others. The **total cost** is the mean over all
# patients. All three patients below are bacterial. Before you run it: which one costs most?


# %%
def softmax(scores):
    """Probabilities from scores, row by row; subtracting the largest score changes nothing but avoids overflow."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


# %%
scores = np.array([[2.0, 1.0, 0.1], [0.5, 2.5, 0.0], [1.0, 1.2, 0.9]])  # columns: bacterial, viral, no pneumonia
probabilities = softmax(scores)
one_hot = np.eye(3)[[0, 0, 0]]  # rows of the unit matrix: class 0 three times
costs = -np.sum(one_hot * np.log(probabilities), axis=1)
print(probabilities.round(3))
print("cost of each patient:", costs.round(3), " total cost:", costs.mean().round(3))
print(f"torch cross_entropy: {nn.functional.cross_entropy(torch.tensor(scores), torch.tensor([0, 0, 0])):.3f}")
print("cost when p_true is .99, .5, .01:", -np.log([0.99, 0.5, 0.01]).round(3))

# %% [markdown]
# The second patient: the truth got 11 %, and the network was sure of something else. Being unsure (0.5) costs 0.693,
# being sure and wrong (0.01) costs 4.605. PyTorch's `cross_entropy` takes the *scores* and does the softmax itself.
#
# With two classes one score $z$ is enough: $p = \text{sigmoid}(z)$ for "yes", which is softmax of the scores $z$ and 0.
# `BCEWithLogitsLoss` (binary cross-entropy) does it in one step.
#
# ### Your turn 4.2: ten outputs
#
# Lecture notes show a network for ten digits "with softmax" that answers `ten_outputs`. Add them up: what is wrong?
# The author must have put a sigmoid on each of the ten scores. Go back to the scores (solve $p = 1/(1+e^{-z})$ for $z$
# on paper) and do it properly: which probability `p_three` does the digit 3, index 3, get?

# %%
ten_outputs = np.array([0.1, 0.2, 0.1, 0.9, 0.1, 0.3, 0.2, 0.1, 0.2, 0.1])

# %% tags=["exercise"]
p_three = ...

# %% tags=["check"]
# @title Check 4.2
check.value(
    "4.2 ten outputs",
    p_three,
    torch.softmax(torch.logit(torch.tensor(ten_outputs)), dim=0)[3].item(),
    tol=1e-3,
    hint="z = ln(p / (1 - p)); np.log is the natural logarithm, and softmax takes ten scores at once.",
    slips={
        "That is the sigmoid's answer again. It does not look at the nine other digits.": 0.9,
        "You divided by the sum. That is softmax of ln p, but the author's scores were others: p = sigmoid(z).": 0.9
        / ten_outputs.sum(),
        "You did softmax of the outputs. Softmax takes scores: first undo the sigmoid.": softmax(ten_outputs)[3],
        "You took the logarithm to base 10; e and ln belong together.": softmax(
            np.log10(ten_outputs / (1 - ten_outputs))
        )[3],
    },
)

# %% tags=["solution"]
# @title Solution 4.2
digit_scores = np.log(ten_outputs / (1 - ten_outputs))  # the sigmoid backwards
check.solution("4.2 ten outputs", softmax(digit_scores)[3])
print(f"sum of the ten outputs: {ten_outputs.sum():.1f}; of ten probabilities that exclude each other it is 1")

# %% [markdown]
# Ten sigmoids answer ten separate questions, and are right where several answers can be true at once, such as
# findings on one film. Softmax is for classes that exclude each other.

# %% [markdown]
# ## 4. Backpropagation
#
# Training needs the slope of the cost for every weight. **Backpropagation** is the chain rule in a tidy order. Start
# with one weight: $y = \cos(w^2)$. Cut it into small steps, $u = w^2$ and $y = \cos u$. Each step knows its own slope,
# $du/dw = 2w$ and $dy/du = -\sin u$. Along a path the slopes are multiplied:
#
# $$\frac{dy}{dw} = \frac{dy}{du} \cdot \frac{du}{dw} = -\sin(w^2) \cdot 2w$$
#
# Now $y = \cos(w^2) + \sin(w^2)$. Here $w$ reaches $y$ along two paths; slopes of different paths are added:
#
# $$\frac{dy}{dw} = -2w \sin(w^2) + 2w \cos(w^2)$$
#
# We get each number in three ways: by hand, by **finite differences** (move $w$ a tiny bit to both sides), and by
# PyTorch's autograd.


# %%
def by_differences(f, w, tiny=1e-5):
    return (f(w + tiny) - f(w - tiny)) / (2 * tiny)


def by_autograd(f, w):
    w = torch.tensor(w, dtype=torch.float64, requires_grad=True)
    f(w).backward()
    return w.grad.item()


# %%
def one_path(w, lib=np):  # lib: NumPy or PyTorch
    return lib.cos(w**2)


def two_paths(w, lib=np):
    return lib.cos(w**2) + lib.sin(w**2)


# %%
for f in (one_path, two_paths):
    for w in (0.5, 1.5):
        by_hand = -2 * w * np.sin(w**2) + (2 * w * np.cos(w**2) if f is two_paths else 0)
        three = by_hand, by_differences(f, w), by_autograd(lambda w, f=f: f(w, torch), w)
        print(f"{f.__name__:9s} w = {w}:", *(f"{slope:.6f}" for slope in three))
        assert np.allclose(three, by_hand, atol=1e-8)


# %% tags=["figure"]
# @title Slider: the computation graph, forwards and backwards
def draw_graph(w=0.8):
    u = w * w
    boxes = {"w": (0, 0, w), "u = w²": (2, 0, u), "cos u": (4, 0.8, np.cos(u)), "sin u": (4, -0.8, np.sin(u))}
    boxes["y = sum"] = (6, 0, np.cos(u) + np.sin(u))
    edges = [("w", "u = w²", 2 * w), ("u = w²", "cos u", -np.sin(u)), ("u = w²", "sin u", np.cos(u))]
    edges += [("cos u", "y = sum", 1), ("sin u", "y = sum", 1)]
    fig, ax = plt.subplots(figsize=(8.6, 3.2))
    for start, end, slope in edges:
        (xa, ya, _), (xb, yb, _) = boxes[start], boxes[end]
        arrow = {"arrowstyle": "->", "color": "grey", "shrinkA": 30, "shrinkB": 30}
        ax.annotate("", (xb, yb), (xa, ya), arrowprops=arrow)
        ax.text((xa + xb) / 2, (ya + yb) / 2 + 0.12 + 0.2 * (ya != yb), f"{slope:.3f}", color="#b34700", ha="center")
    for name, (x, y, value) in boxes.items():
        look = {"boxstyle": "round,pad=0.45", "facecolor": "#eaf2f8", "edgecolor": "C0"}
        ax.text(x, y, f"{name}\n{value:.3f}", ha="center", va="center", bbox=look)
    total = 2 * w * (np.cos(u) - np.sin(u))
    ax.set(xlim=(-0.8, 6.8), ylim=(-1.4, 1.5))
    ax.set_title(f"orange: slopes. dy/dw = {2 * w:.3f} x ({-np.sin(u):.3f} + {np.cos(u):.3f}) = {total:.3f}")
    ax.axis("off")
    return fig, f"At w = {w:g} y is {np.cos(u) + np.sin(u):.3f}; the slopes along two paths add up to {total:.3f}."


plot.explore(draw_graph, w=(-2.0, 2.0, 0.1))

# %% [markdown]
# Read it forwards for the values and backwards for the slopes: begin with 1 at $y$, multiply along each arrow, add
# where two paths meet on the way back. One walk back gives the slope for *every* weight, at about the price of two
# forward passes; finite differences need two for *each* weight.
#
# ### Your turn 4.3: through one neuron
#
# A neuron answers `a = tanh(w * x)`; its cost is `(a - t) ** 2` for the target `t`. Write `slope_of_cost(w, x, t)`,
# the slope of the cost with respect to `w`; all three are numbers. Draw the boxes first; do not call autograd.


# %% tags=["exercise"]
def slope_of_cost(w, x, t):
    return ...


# %% tags=["check"]
# @title Check 4.3
check.function(
    "4.3 through one neuron",
    slope_of_cost,
    lambda w, x, t: by_autograd(lambda w: (torch.tanh(w * x) - t) ** 2, w),
    [(0.5, 2.0, 0.0), (1.5, -0.5, 1.0), (-0.3, 3.0, 0.5), (2.0, 0.7, 0.9)],
    hint="Three boxes: s = w * x, a = tanh(s), cost = (a - t) ** 2. Multiply their three slopes; np.tanh is tanh.",
    slips={
        "That is the slope with respect to the weighted sum. The last box back is w * x, with a slope of its own.": (
            lambda w, x, t: 2 * (np.tanh(w * x) - t) * (1 - np.tanh(w * x) ** 2)
        ),
        "You went straight through tanh. Its slope is 1 - a ** 2.": lambda w, x, t: 2 * (np.tanh(w * x) - t) * x,
        "The 2 of the square is missing.": lambda w, x, t: (np.tanh(w * x) - t) * (1 - np.tanh(w * x) ** 2) * x,
        "1 - t ** 2 with the t of the table, which is the value of tanh; here t is the target.": (
            lambda w, x, t: 2 * (np.tanh(w * x) - t) * (1 - t**2) * x
        ),
        "Multiply with the slope of w * x for w, which is x; w is its slope for x.": (
            lambda w, x, t: 2 * (np.tanh(w * x) - t) * (1 - np.tanh(w * x) ** 2) * w
        ),
    },
)


# %% tags=["solution"]
# @title Solution 4.3
def slope_of_cost_solution(w, x, t):
    a = np.tanh(w * x)
    return 2 * (a - t) * (1 - a**2) * x


check.solution("4.3 through one neuron", slope_of_cost_solution)

# %% [markdown]
# ## 5. A network of your own, in NumPy
#
# Now the whole thing: two measurements, 16 hidden neurons with tanh, two scores for two classes. The data are two
# interlocking crescents, invented; think of two blood values. All rows go through at once: `inputs @ W.T + b` is
# $Wx + b$ for each row $x$.

# %%
points, labels = make_moons(300, noise=0.2, random_state=SEED)
points = (points - points.mean(axis=0)) / points.std(axis=0)  # axis=0: over the rows, a mean for each column
linear_score = LogisticRegression().fit(points, labels).score(points, labels)
print(f"points {points.shape}; a straight line gets {linear_score:.3f} of them right")


# %%
def initial(n_in, n_hidden, n_out, rng):
    """Small random weights, zero biases: (W1, b1, W2, b2)."""
    W1 = rng.normal(0, n_in**-0.5, size=(n_hidden, n_in))  # equal weights would get equal slopes, and stay equal
    W2 = rng.normal(0, n_hidden**-0.5, size=(n_out, n_hidden))
    return W1, np.zeros(n_hidden), W2, np.zeros(n_out)


# %%
def forward(parameters, inputs):
    """Answers of the hidden layer, and the scores."""
    W1, b1, W2, b2 = parameters
    hidden = np.tanh(inputs @ W1.T + b1)
    return hidden, hidden @ W2.T + b2


def cross_entropy(scores, targets):
    """Mean of minus ln p_true; targets are class numbers."""
    return -np.mean(np.log(softmax(scores)[np.arange(len(targets)), targets]))  # in row i the column targets[i]


# %% [markdown]
# Backwards from the end. For softmax with cross-entropy the slope of the cost for a score is simply *probability minus
# truth*, divided by the number of rows. Then the chain rule: a slope passes back through a matrix by multiplying with
# it, through tanh by multiplying with $1 - \text{hidden}^2$. The slope of a weight is (slope behind it) times (value
# before it), added up over the rows: a matrix product does both.


# %%
def backward(parameters, inputs, targets):
    """Slope of the mean cross-entropy for each of the parameters, in their order."""
    _, _, W2, _ = parameters
    hidden, scores = forward(parameters, inputs)
    truth = np.eye(len(W2))[targets]
    slope_scores = (softmax(scores) - truth) / len(inputs)
    slope_sums = (slope_scores @ W2) * (1 - hidden**2)  # before the tanh
    return slope_sums.T @ inputs, slope_sums.sum(axis=0), slope_scores.T @ hidden, slope_scores.sum(axis=0)


# %% tags=["figure"]
# @title The shapes in slope_sums.T @ inputs
fig, ax = plt.subplots(figsize=(8.6, 2.9))
blocks = [
    ("slope_sums.T", "16 neurons", "300 points", 0.0, 4.4, 1.6, "#cfe3f2"),
    ("inputs", "300 points", "2 inputs", 5.6, 0.55, 4.4, "#f6dcc0"),
    ("slope of W1", "16 neurons", "2 inputs", 8.4, 0.55, 1.6, "#dcdcdc"),
]
for name, high, wide, left, width, height, color in blocks:
    ax.add_patch(plt.Rectangle((left, -height / 2), width, height, facecolor=color, edgecolor="black"))
    ax.text(left + width / 2, height / 2 + 0.12, f"{name}\n{wide}", ha="center", va="bottom", fontsize=10)
    ax.text(left - 0.1, 0, high, ha="right", va="center", rotation=90, fontsize=10)
ax.plot([0, 4.4], [0, 0], color="C0", linewidth=3)
ax.plot([5.87, 5.87], [-2.2, 2.2], color="C1", linewidth=3)
ax.plot([8.67], [0], marker="o", color="black", markersize=8)
ax.text(4.85, 0, "@", ha="center", va="center", fontsize=14)
ax.text(7.5, 0, "=", ha="center", va="center", fontsize=14)
ax.set(xlim=(-0.6, 9.6), ylim=(-2.4, 3.2))
ax.axis("off")
plot.show(
    fig,
    alt="A matrix of 16 neurons by 300 points times one of 300 points by 2 inputs gives 16 by 2, the shape of W1. Each "
    "of its numbers multiplies one row of the first with one column of the second and adds up over the 300 points.",
)

# %% [markdown]
# A backward pass written by hand is nearly always wrong at first. Does autograd, which sees only the forward pass,
# find the same slopes?

# %%
parameters = initial(2, 16, 2, np.random.default_rng(SEED + 1))
tensors = [torch.tensor(p, requires_grad=True) for p in parameters]
W1, b1, W2, b2 = tensors
torch_scores = torch.tanh(torch.tensor(points) @ W1.T + b1) @ W2.T + b2
nn.functional.cross_entropy(torch_scores, torch.tensor(labels)).backward()

# %%
for name, mine, tensor in zip(("W1", "b1", "W2", "b2"), backward(parameters, points, labels), tensors, strict=True):
    print(f"{name} shape {mine.shape}: same as autograd {np.allclose(mine, tensor.grad.numpy(), atol=1e-12)}")

# %% [markdown]
# Now train. **Batch** gradient descent uses all rows for each step: an exact slope, a dear step. **Stochastic**
# gradient descent uses one row: cheap and noisy. A **mini-batch** is some rows, as everybody does. One epoch is every
# row, that is every batch, once. Before you run it: with 20 epochs each, which comes lowest?


# %%
def train_numpy(parameters, inputs, targets, eta, epochs, batch_size, rng):
    """Gradient descent; the list of parameters after 0, 1, 2, ... epochs."""
    kept = [parameters]
    for _ in range(epochs):
        order = rng.permutation(len(inputs))  # every row once an epoch, in a new order
        for start in range(0, len(inputs), batch_size):
            rows = order[start : start + batch_size]
            slopes = backward(parameters, inputs[rows], targets[rows])
            parameters = tuple(p - eta * slope for p, slope in zip(parameters, slopes, strict=True))
        kept.append(parameters)
    return kept


# %%
runs, curves = {}, {}
for batch_size, eta in ((300, 0.5), (20, 0.5), (1, 0.05)):
    runs[batch_size] = train_numpy(parameters, points, labels, eta, 20, batch_size, np.random.default_rng(SEED))
    curves[batch_size] = [cross_entropy(forward(p, points)[1], labels) for p in runs[batch_size]]
    print(f"{batch_size:3d} rows a step, {6000 // batch_size:4d} steps: cost {curves[batch_size][-1]:.3f}")


# %% tags=["figure"]
# @title Slider: the border while the network learns
def draw_learning(rows_a_step=20, epoch=20):
    axis = np.linspace(-2.5, 2.5, 120)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1)
    now = runs[rows_a_step][epoch]
    probability = softmax(forward(now, grid.reshape(-1, 2))[1])[:, 1].reshape(120, 120)
    fig, (left, right_ax) = plt.subplots(1, 2, figsize=(9, 3.7))
    for (batch_size, costs), marker in zip(curves.items(), plot.MARKERS, strict=False):
        left.plot(costs, marker=marker, markersize=4, label=f"{batch_size} row{'s' * (batch_size > 1)} a step")
    left.axvline(epoch, color="black", linewidth=1, linestyle=":")
    left.set(xlabel="epoch", ylabel="cost on all rows", xticks=range(0, 21, 5), ylim=(0, None))
    left.legend()
    right_ax.pcolormesh(axis, axis, probability, cmap="Greys", vmin=0, vmax=2.2, shading="gouraud")
    right_ax.contour(axis, axis, probability, levels=[0.5], colors="black", linewidths=2)
    for value in (0, 1):
        right_ax.scatter(*points[labels == value].T, marker=plot.MARKERS[value], s=14, label=f"class {value}")
    right = np.mean(forward(now, points)[1].argmax(axis=1) == labels)
    right_ax.set(xlabel="measurement 1 (standardised)", ylabel="measurement 2 (standardised)")
    right_ax.set_title(f"{rows_a_step} a step, epoch {epoch}: {right:.3f} right")
    right_ax.legend(loc="upper right", fontsize=9, frameon=True)
    words = f"Cost by epoch: 300 rows a step fall slowly, 20 rows or one row much faster. With {rows_a_step} a step, "
    return fig, words + f"after {epoch} epochs, the border of the two crescents gets {right:.3f} of the points right."


plot.explore(draw_learning, rows_a_step=[300, 20, 1], epoch=[0, 1, 2, 5, 10, 20])

# %% [markdown]
# In the same 20 passes the small batches have made 15 or 300 times as many steps and are far lower (single rows with a
# smaller learning rate: one row is a noisy adviser). Twenty rows cost a computer little more time than one, so
# mini-batches win. And sixteen soft lines, added up, make a curve. The share is a fit, not a test.
#
# ## 6. The training loop
#
# Change one layer, and the backward pass must be worked out again. A **framework** such as PyTorch records the forward
# pass and knows the slope of every elementary step, so it walks back through *any* network. Five lines are left: clear
# the old slopes, forward, cost, backward, step. A `DataLoader` hands out batches, shuffled anew in each epoch; **Adam**
# is gradient descent with a step length for each weight.

# %%
crescents = TensorDataset(torch.tensor(points), torch.tensor(labels))  # inputs paired with targets
train_loader = DataLoader(crescents, batch_size=20, shuffle=True)
loss_fn = nn.CrossEntropyLoss()


# %%
def make_network():
    train.seed_everything(SEED)
    return nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 2)).double()  # double: 64-bit numbers


# %%
my_network = make_network()
optimizer = torch.optim.Adam(my_network.parameters(), lr=0.01)
for _ in range(5):
    losses = []
    for batch_inputs, batch_targets in train_loader:
        optimizer.zero_grad()
        outputs = my_network(batch_inputs)
        loss = loss_fn(outputs, batch_targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
print(f"epoch 5: loss of the last batch {losses[-1]:.4f}, mean of its 15 batches {np.mean(losses):.4f}")

# %% [markdown]
# From here on we use `train.fit`: **the loop you just wrote**. A claim, so test it: same seed, same data; are the
# weights equal to the last bit?

# %%
fitted = make_network()
history = train.fit(
    fitted,
    train_loader,
    loss_fn=loss_fn,
    optimizer=torch.optim.Adam(fitted.parameters(), lr=0.01),
    epochs=5,
    device="cpu",  # where your loop ran; without this line fit takes a graphics card if there is one
)
# %%
print(history)
same = [torch.equal(a, b) for a, b in zip(my_network.parameters(), fitted.parameters(), strict=True)]
print("weights of your loop and of train.fit equal to the last bit:", same)

# %% [markdown]
# ## 7. The lab: Pima diabetes
#
# 768 women of Pima heritage, 21 or older, near Phoenix, Arizona, were examined while they had no diabetes; the table
# says who developed it within five years (published 1988). Eight columns: pregnancies; glucose (mg/dl) and insulin
# (µU/ml), two hours after a glucose drink; diastolic blood pressure (mmHg); skin fold over the triceps (mm); body-mass
# index (kg/m²); a score for diabetes among relatives; age. The Pima, who call themselves Akimel O'odham, did not
# consent, in today's sense, to having this table copied all over the world.

# %%
pima = data.load_pima_diabetes()
could_be_missing = ["Glucose", "BloodPressure", "SkinThickness", "Insulin", "BMI"]
print(len(pima), "women,", pima["Outcome"].sum(), "developed diabetes; zeros in these columns:")
print((pima[could_be_missing] == 0).sum().to_dict())

# %% [markdown]
# A blood pressure or a body-mass index of 0? These zeros are **missing values** in disguise.
#
# ### 160,000 numbers against nine
#
# First a recipe of many tutorials, and of this course in earlier years: leave the zeros in, scale *all* rows before
# the split, train twice 400 hidden neurons for 200 epochs. Predict the accuracy: on the 614 training rows, on the
# others?

# %%
y = pima["Outcome"].to_numpy()
scaled = StandardScaler().fit_transform(pima.drop(columns="Outcome"))
parts = train_test_split(scaled, y, test_size=0.2, random_state=123)
seen, unseen, seen_y, unseen_y = (torch.tensor(part, dtype=torch.float64) for part in parts)

# %%
train.seed_everything(SEED)
hidden_layers = nn.Linear(8, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU()
large = nn.Sequential(*hidden_layers, nn.Linear(400, 1), nn.Flatten(0)).double()  # Flatten(0): one number a row
print(f"{sum(p.numel() for p in large.parameters()):,} weights and biases")


# %%
def share_right(scores, truth):
    return ((scores > 0) == (truth == 1)).double()  # a score above 0 is a probability above 0.5


# %%
by_epoch = train.fit(
    large,
    DataLoader(TensorDataset(seen, seen_y), batch_size=128, shuffle=True),
    [(unseen, unseen_y)],  # looked at after each epoch, never learned from
    loss_fn=nn.BCEWithLogitsLoss(),
    optimizer=torch.optim.Adam(large.parameters()),
    epochs=200,
    metrics={"accuracy": share_right},
    device="cpu",
)
# %%
nine_numbers = LogisticRegression().fit(parts[0], parts[2]).score(parts[1], parts[3])
print(f"network: training accuracy {by_epoch['accuracy'][-1]:.3f}, test accuracy {by_epoch['val_accuracy'][-1]:.3f}")
print(f"test cost: lowest {min(by_epoch['val_loss']):.2f}, at the end {by_epoch['val_loss'][-1]:.1f}")
print(f"logistic regression, eight weights and a bias, same rows: test accuracy {nine_numbers:.3f}")

# %% tags=["figure"]
# @title Training and test cost by epoch
fig, ax = plt.subplots(figsize=(6.4, 3.4))
epochs = np.arange(1, 201)
ax.plot(epochs, by_epoch["loss"], label="614 training rows")
ax.plot(epochs, by_epoch["val_loss"], label="154 test rows")
share = y.mean()
base_cost = -(share * np.log(share) + (1 - share) * np.log(1 - share))
ax.axhline(base_cost, color="black", linewidth=1, linestyle=":", label=f"saying {share:.0%} to all: {base_cost:.2f}")
ax.set(xlabel="epoch", ylabel="cost (cross-entropy)", ylim=(0, None))
ax.legend()
plot.show(
    fig,
    alt=f"The cost on the training rows falls to zero. On the test rows it is lowest in the first epochs, then climbs "
    f"past {base_cost:.2f}, the cost of saying {share:.0%} to every woman, to {by_epoch['val_loss'][-1]:.1f}.",
)

# %% [markdown]
# Every training row right, more than a quarter of the test rows wrong: it has learned the training rows by heart,
# **overfitting**. Being sure and wrong is dear, so the test cost soon passes that of saying "35 %" to everybody.
# Stopping at the lowest point, **early stopping**, would help; but if test rows choose the epoch, they are no test any
# more. One split is also a lottery: the standard error of an accuracy of 0.75 on 154 rows is
# $\sqrt{0.75 \cdot 0.25 / 154} = 0.035$. (On ten other splits, measured once, it was 0.72 against 0.78 on average.)
#
# ### Twenty times, without a leak
#
# Now honestly. Zeros become `NaN` ("not a number"), three lopsided columns logarithms. Whatever is *fitted* - the
# medians that fill the gaps (**imputation**), the scaler, the model - is fitted on the training part of each fold only.
# Five folds, four times, **stratified**: each with the same share of women with diabetes. The rivals: logistic
# regression, **boosted trees** (a hundred small decision trees, each fitted to the errors of those before it), and a
# network of 321 numbers. `weight_decay` pulls its weights gently towards zero.

# %%
table = pima.drop(columns="Outcome")
table[could_be_missing] = table[could_be_missing].replace(0, np.nan)
lopsided = ["Insulin", "DiabetesPedigreeFunction", "Age"]
table[lopsided] = np.log(table[lopsided])
X = table.to_numpy()
folds = list(RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=0).split(X, y))


# %%
def prepared(*model):
    return make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), *model)


# %%
def logistic(X_train, y_train, X_test):
    return prepared(LogisticRegression()).fit(X_train, y_train).predict_proba(X_test)[:, 1]


def boosting(X_train, y_train, X_test):
    trees = GradientBoostingClassifier(learning_rate=0.05, max_depth=2, subsample=0.5, random_state=0)
    return prepared(trees).fit(X_train, y_train).predict_proba(X_test)[:, 1]


# %%
def small_network(X_train, y_train, X_test):
    train.seed_everything(SEED)
    prepare = prepared().fit(X_train)
    inputs = torch.tensor(prepare.transform(X_train))
    targets = torch.tensor(y_train, dtype=torch.float64)
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0)).double()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, weight_decay=0.01)
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=64, shuffle=True)
    train.fit(model, loader, loss_fn=nn.BCEWithLogitsLoss(), optimizer=optimizer, epochs=20, device="cpu")
    return torch.sigmoid(train.predict(model, torch.tensor(prepare.transform(X_test)), device="cpu")).numpy()


# %%
models = {"logistic regression": logistic, "boosted trees": boosting, "network": small_network}
predicted, auc, right = {}, {}, {}
for name, model in models.items():
    predicted[name] = [model(X[fitted], y[fitted], X[held_out]) for fitted, held_out in folds]
    pairs = [(y[held_out], p) for p, (_, held_out) in zip(predicted[name], folds, strict=True)]
    auc[name] = np.array([roc_auc_score(outcome, p) for outcome, p in pairs])
    right[name] = np.array([np.mean((p > 0.5) == outcome) for outcome, p in pairs])
    print(f"{name:20s} AUC {auc[name].mean():.3f} +-{auc[name].std(ddof=1):.3f}   ", end="")
    print(f"accuracy {right[name].mean():.3f} +-{right[name].std(ddof=1):.3f}")
print(f"always 'no diabetes'                      accuracy {1 - y.mean():.3f}")

# %% tags=["figure"]
# @title AUC of the twenty folds
fig, (left, right_ax) = plt.subplots(1, 2, figsize=(9, 3.3))
jitter = np.random.default_rng(SEED).uniform(-0.12, 0.12, size=20)
for place, values in enumerate(auc.values()):
    left.scatter(place + jitter, values, marker=plot.MARKERS[place], s=22, alpha=0.7)
    left.hlines(values.mean(), place - 0.25, place + 0.25, color="black", linewidth=2)
left.set(xticks=range(3), xticklabels=["logistic", "boosted", "network"], ylabel="AUC", title="one point a fold")
right_ax.scatter(auc["logistic regression"], auc["network"], s=22)
ends = [auc["network"].min() - 0.01, auc["network"].max() + 0.01]
right_ax.plot(ends, ends, color="black", linewidth=1, label="equal")
right_ax.set(xlabel="AUC of logistic regression", ylabel="AUC of the network", title="the same folds, paired")
right_ax.legend()
plot.show(
    fig,
    alt="AUC by fold: three overlapping clouds from about .76 to .91; paired, most folds lie close to the line of "
    "equality, a little above it.",
)

# %% [markdown]
# After +- stands the standard deviation from fold to fold. All three rank women far better than chance. **On 768 rows
# the network does not win by much**: the mean AUCs differ by 0.005, while the AUC of one model moves by 0.03 from fold
# to fold. (All three were tuned a little on these rows, and are flattered a little.)
#
# ### Your turn 4.4: find the leak
#
# A `recipe` that one meets in public notebooks on these data: logarithms first; each gap filled with the median of the
# woman's own group, with or without diabetes; the scaler fitted on all rows; five folds, once; boosted trees.
#
# One of these four steps makes the score lie. Guess: `"logs"`, `"fill"`, `"scale"` or `"folds"`? Then add a cell and
# change one step after the other (`logs=False`, `fill="in each fold"`, `scale="in each fold"`, `repeats=4`). Answer
# `liar`, and `lie`: the AUC of the recipe minus its AUC with that one step changed.


# %%
def recipe(logs=True, fill="own group", scale="all rows", repeats=1):
    """Mean AUC of boosted trees over the folds; the defaults are what one meets."""
    ready = table if logs else table.assign(**np.exp(table[lopsided]))  # exp undoes the logarithms
    if fill == "own group":
        ready = ready.fillna(ready.groupby(y).transform("median"))
    if scale == "all rows":
        ready = StandardScaler().fit_transform(ready)
    ready, some_folds = np.asarray(ready), folds[: 5 * repeats]
    return np.mean([roc_auc_score(y[test], boosting(ready[fit], y[fit], ready[test])) for fit, test in some_folds])


# %%
print(f"AUC of the recipe: {recipe():.3f}")

# %% tags=["exercise"]
liar = ...
lie = ...

# %% tags=["check"]
# @title Check 4.4
changes = {"logs": False, "fill": "in each fold", "scale": "in each fold", "repeats": 4}
left = {"recipe": recipe()} | {step: recipe(**{step: change}) for step, change in changes.items()}
lies_by = left["recipe"] - left["fill"]
outcomes = {
    "logs": f"Without logarithms the AUC is {left['logs']:.3f}. A tree only asks whether a value is above a limit; a "
    "logarithm keeps the order. Your referee lets the lie into print.",
    "fill": f"Insulin is missing for {(pima['Insulin'] == 0).sum()} women, and each of them got one of two values, one "
    "for those who fell ill: the gap tells the outcome. A new woman's group is not known, so for her the recipe cannot "
    "even be carried out.",
    "scale": f"A leak of principle, but with the scaler in each fold the AUC is {left['scale']:.3f}: the means of 768 "
    "rows and of 614 differ little. You would mend what did no harm and leave the lie in.",
    "folds": f"With twenty folds the AUC is {left['repeats']:.3f}. Repeating averages chance away, not a mistake that "
    "is in every fold.",
}
slips = {
    "That is what is left once the liar is mended; asked is the difference.": left["fill"],
    "That is the AUC of the recipe itself.": left["recipe"],
    "Mind the sign: the AUC of the recipe is the larger one.": -lies_by,
}
hint = "recipe() minus recipe(...) with one step changed; leave the three others as they are."
check.choice("4.4 the liar", liar, "fill", outcomes)
check.value("4.4 the lie", lie, lies_by, tol=0.003, hint=hint, slips=slips)

# %% tags=["solution"]
# @title Solution 4.4
check.solution("4.4 the liar", "fill")
check.solution("4.4 the lie", recipe() - recipe(fill="in each fold"))

# %% [markdown]
# ### A threshold by its cost
#
# Who is called for a check-up? A **threshold** of 0.5 treats both errors alike. Suppose that missing a woman who will
# fall ill is as bad as five needless check-ups: a miss costs 5, a false alarm 1. If the probability $p$ can be trusted,
# not calling costs $5p$ on average and calling $1-p$, so call if $p > 1/6$. (`~` is "not".)


# %%
def mean_cost(truth, probability, threshold, miss=5):
    """Cost per 100 women; a false alarm costs 1."""
    called = probability >= threshold
    missed, in_vain = (truth == 1) & ~called, (truth == 0) & called
    return 100 * np.mean(miss * missed + in_vain)


def fold_costs(name, threshold):
    pairs = zip(predicted[name], folds, strict=True)
    return [mean_cost(y[held_out], p, threshold) for p, (_, held_out) in pairs]


# %%
by_threshold = {t: np.mean(fold_costs("logistic regression", t)) for t in (0.5, 1 / 6, 0)}
print("logistic regression, at 0.5, at 1/6, all called:", *(f"{cost:.1f}" for cost in by_threshold.values()))
by_model = {name: np.mean(fold_costs(name, 1 / 6)) for name in models}
print("at 1/6:", ", ".join(f"{name} {cost:.1f}" for name, cost in by_model.items()), "per 100 women")

# %%
# each woman's probability by logistic regression, predicted while she was held out
risk = cross_val_predict(prepared(LogisticRegression()), X, y, cv=folds[:5], method="predict_proba")[:, 1]


# %% tags=["figure"]
# @title Slider: threshold, sensitivity, specificity, cost
def draw_threshold(threshold=0.17, cost_of_a_miss=5):
    called = risk >= threshold
    sensitivity, specificity = called[y == 1].mean(), (~called)[y == 0].mean()
    now = mean_cost(y, risk, threshold, cost_of_a_miss)
    fig, axes = plt.subplot_mosaic([["healthy", "cost"], ["ill", "cost"]], figsize=(9, 3.8))
    for name, outcome, color in (("healthy", 0, "C0"), ("ill", 1, "C1")):
        ax = axes[name]
        ax.hist(risk[y == outcome], bins=np.linspace(0, 1, 26), color=color)
        ax.axvline(threshold, color="black", linewidth=1.5)
        ax.set(ylabel="women", ylim=(0, 100), xlim=(0, 1))
        word = "no diabetes" if outcome == 0 else "diabetes"
        ax.text(0.98, 0.75, f"{word}: {called[y == outcome].mean():.0%} called", ha="right", transform=ax.transAxes)
    axes["healthy"].set(title=f"{called.sum()} of {len(y)} women are called", xticklabels=[])
    axes["ill"].set_xlabel("predicted probability")
    axis = np.linspace(0.02, 0.9, 89)
    axes["cost"].plot(axis, [mean_cost(y, risk, t, cost_of_a_miss) for t in axis])
    axes["cost"].plot(threshold, now, "o", color="black")
    axes["cost"].set(xlabel="threshold", ylabel="cost per 100 women", title=f"a miss costs {cost_of_a_miss}: {now:.1f}")
    text = f"sensitivity {sensitivity:.2f}, specificity {specificity:.2f}, cost {now:.1f} per 100 women"
    return fig, f"At the threshold {threshold:.2f}: {text}."


plot.explore(draw_threshold, threshold=(0.02, 0.9, 0.01), cost_of_a_miss=(1, 20))

# %% [markdown]
# Calling at 0.5 costs nearly twice as much as calling at 1/6, and more than calling everybody. **The threshold is worth
# 40 points per 100 women, the choice among the three models less than 1.** But the 5 was invented: move the second
# slider. What a miss costs is for patients, doctors and those who pay to say.
#
# ### Your turn 4.5: a clinic with 46 places
#
# A clinic has check-ups for 46 of every 100 women; a miss still costs 5, a false alarm 1. `risk` and `y` are its women.
# Choose `threshold_for_clinic`: `"0.17"`, `"0.30"`, `"0.40"` or `"0.50"`. Add a cell: what share is called, and what
# does it cost?

# %% tags=["exercise"]
threshold_for_clinic = ...

# %% tags=["check"]
# @title Check 4.5
places = {t: 100 * np.mean(risk >= float(t)) for t in ("0.17", "0.30", "0.40", "0.50")}  # called of 100 women
found = {t: 100 * np.mean(risk[y == 1] >= float(t)) for t in places}  # of 100 who fall ill
price = {t: mean_cost(y, risk, float(t)) for t in places}
check.choice(
    "4.5 a clinic",
    threshold_for_clinic,
    "0.30",
    outcomes={
        "0.17": f"{places['0.17']:.0f} of 100 women are called for 46 places. If those who come first are seen, "
        f"{found['0.17'] * 46 / places['0.17']:.0f} of 100 who fall ill are found; with 0.30 it is "
        f"{found['0.30']:.0f}. What is best without a limit is not best within it.",
        "0.30": f"{places['0.30']:.0f} of 100 are called, {found['0.30']:.0f} of 100 who fall ill are found, cost "
        f"{price['0.30']:.0f}. Cost falls all the way down to 1/6, so take the lowest threshold that the places allow.",
        "0.40": f"{places['0.40']:.0f} of 100 are called, {46 - places['0.40']:.0f} places stay empty; of 100 who fall "
        f"ill {found['0.40']:.0f} are found, not {found['0.30']:.0f}, at a cost of {price['0.40']:.0f}, not "
        f"{price['0.30']:.0f}.",
        "0.50": f"{places['0.50']:.0f} of 100 are called: a third of the places stay empty, "
        f"{100 - found['0.50']:.0f} of 100 who fall ill are sent home, at a cost of {price['0.50']:.0f}.",
    },
)

# %% tags=["solution"]
# @title Solution 4.5
check.solution("4.5 a clinic", "0.30")
for t in places:
    print(f"threshold {t}: {places[t]:.0f} of 100 called, cost {price[t]:.0f} per 100 women")

# %% [markdown]
# ### What 768 rows can show, and what not
#
# They show that eight measurements carry information. They cannot show
#
# - which model is best where the AUC differs by less than about 0.01: a fold has only 54 women with diabetes;
# - what insulin adds: for half of the women it is a guess;
# - how the model does elsewhere: there are no men, nobody under 21 or of other ancestry, nobody of today;
# - what causes diabetes. (It was later defined by the same glucose test, so glucose is sure to predict it.)
#
# ## Going further
#
# [Training in depth](further/04_training_in_depth.ipynb) has seven sections, each on its own:
#
# - **Slopes that vanish**: a ten-layer network that cannot learn, and what helps; maxout and ELU.
# - **The optimisers**: momentum and Adam by hand, a race of ten, and which to take if you have one run.
# - **Dropout**: sixteen networks in one.
# - **Batch normalisation**: four formulas, and patients who come in pairs.
# - **Early stopping**: when to stop, and what patience costs.
# - **Two frameworks, and a power cut**: Keras beside PyTorch, a slip that no AUC shows, training that goes on.
# - **Is the difference real?**: an interval for two models, calibration, a sentence of a paper.
#
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "Somebody removes all ReLUs from a trained network of ten layers. What kind of model is left?",
    [
        "The same model, but slower to train, since ReLU only speeds training up",
        "A model with steps, like a perceptron",
        "A model with straight-line borders",
        "A deeper model, since nothing is set to zero any more",
    ],
    2,
    [
        "The bends are what lets it curve; without them it cannot express what it could before.",
        "Steps come from a hard threshold. Here nothing is left between the matrices.",
        "The product of ten matrices is one matrix.",
        "Ten matrices without a bend between them are as deep as one.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "A network must name every abnormality on a chest film; several may be present. What belongs at its end?",
    [
        "A sigmoid for each abnormality",
        "Softmax over all abnormalities, because the outputs must be probabilities",
        "ReLU, because no abnormality can be present to a negative degree",
        "A perceptron's hard threshold, trained by gradient descent",
    ],
    0,
    [
        "Separate yes-or-no questions: the probabilities need not add up to 1.",
        "Softmax makes the classes compete: two findings could not both be near 1.",
        "ReLU gives any positive number; that is no probability.",
        "A hard threshold has slope zero, so gradient descent has nothing to go by.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "In your training loop the line optimizer.zero_grad() is missing. What happens?",
    [
        "Nothing: backward() overwrites the old slopes",
        "Each step also follows the slopes of all batches before it",
        "PyTorch stops with an error in the second step",
        "The weights are set back to their start in each step",
    ],
    1,
    [
        "backward() adds to what is there; the five lines begin with clearing for that reason.",
        "backward() adds to the old slopes, so the walk is driven by batches long past, at weights long left.",
        "It runs without a word, which is what makes this slip hard to find.",
        "The weights go on from where they are; it is the slopes that pile up.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "Training accuracy 1.00, test accuracy .73; logistic regression has .80 on the same test rows. What do you try?",
    [
        "More epochs, because the test accuracy has not reached the training accuracy",
        "Moving test rows into training, because more data help",
        "More hidden neurons, so that harder cases fit too",
        "Fewer weights, weight decay, fewer epochs",
    ],
    3,
    [
        "It has learned the training rows by heart; more epochs make it surer, also where it is wrong.",
        "Then those test rows are no test any more.",
        "The hard cases of the training rows fit already, all of them; new ones do not.",
        "All three hinder learning by heart. Logistic regression remains the yardstick.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown

# %% tags=["nbval-check-output"]
last = {problem: perceptron(cases, target)[2][-1] for problem, target in answers.items()}
lecture = {
    (1, -1): [[0.98, 0.12], [0.86, 0.11], [0.62, 0.83]],
    (0, 0): [[0.73, 0.50], [0.72, 0.12], [0.51, 0.85]],
}
claims = [
    last["AND"] == 0 and last["OR"] == 0 and last["XOR"] > 0 and np.array_equal(output, answers["XOR"]),
    all(np.allclose(forward_pass(layers, np.array(x)), found, atol=0.005) for x, found in lecture.items()),
    np.isclose(ten_outputs.sum(), 2.3) and np.allclose(probabilities.sum(axis=1), 1),
    all(np.allclose(g, t.grad, atol=1e-12) for g, t in zip(backward(parameters, points, labels), tensors, strict=True)),
    curves[20][-1] < 0.7 * curves[300][-1],  # small batches, same number of epochs
    all(same) and np.isclose(np.mean(losses), history["loss"][-1]),  # train.fit is the loop by hand
    by_epoch["accuracy"][-1] > 0.99 and 0.66 < by_epoch["val_accuracy"][-1] < 0.77 < nine_numbers,
    by_epoch["val_loss"][-1] > 2 * base_cost > 2.4 * min(by_epoch["val_loss"]),  # surer and surer, also where wrong
    all(0.82 < values.mean() < 0.86 and values.min() > 0.7 for values in auc.values()),
    abs(auc["network"].mean() - auc["logistic regression"].mean()) < 0.015,  # the network does not win by much
    all(0.74 < values.mean() < 0.79 for values in right.values()) and 1 - y.mean() < 0.66,
    by_threshold[0.5] - by_threshold[1 / 6] > 30 > 3 > np.ptp(list(by_model.values())),
]
for number, claim in enumerate(claims, start=1):
    assert claim, f"claim {number} does not hold"
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## Summary
#
# - A neuron is a weighted sum and a bend; layers of them are matrices; a hidden layer makes XOR possible.
# - Backpropagation is the chain rule in a tidy order: multiply along a path, add where paths meet.
# - Five lines train any network; `train.fit` is the loop you wrote, to the last bit.
# - A large network learns a small table by heart. A gap filled by the outcome tells the outcome.
# - On 768 rows a network, boosted trees and logistic regression are about equally good; the threshold matters more
#   than the model.
#
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | neuron, perceptron | 뉴런, 퍼셉트론 | weighted sum plus bias, then a threshold or a bend |
# | weight, bias | 가중치, 편향 | factor of an input; what is added to the sum |
# | hidden layer | 은닉층 | neurons whose answers only the next layer sees |
# | activation function | 활성화 함수 | the bend after the weighted sum |
# | forward pass | 순전파 | from the inputs to the output |
# | backpropagation | 역전파 | slopes from the cost back to every weight |
# | chain rule | 연쇄 법칙 | slopes along a path are multiplied |
# | computation graph | 계산 그래프 | the steps of a calculation as boxes and arrows |
# | vanishing gradient | 기울기 소실 | slopes that shrink from layer to layer |
# | score (logit) | 로짓 | output before softmax or sigmoid |
# | softmax | 소프트맥스 | scores into probabilities that add up to 1 |
# | one-hot encoding | 원-핫 인코딩 | 1 for the true class, 0 for the others |
# | cross-entropy | 교차 엔트로피 | minus the logarithm of the true class's probability |
# | mini-batch | 미니배치 | the few rows of one step |
# | stochastic gradient descent | 확률적 경사하강법 | descent by slopes of single rows or small batches |
# | overfitting | 과적합 | learning the training rows by heart |
# | early stopping | 조기 종료 | keep the weights of the lowest validation cost |
# | weight decay | 가중치 감쇠 | a gentle pull of all weights towards zero |
# | gradient boosting | 그래디언트 부스팅 | small trees, each fitted to the errors so far |
# | missing value, imputation | 결측값, 대체 | not measured; filled in by a rule |
# | stratified folds | 층화 교차검증 | every fold has the same share of cases |
# | threshold | 임곗값 | from which probability on to act |
#
# ## References
#
# - Rosenblatt F. The perceptron: a probabilistic model for information storage and organization in the brain. Psychol
#   Rev 1958;65:386-408.
# - Minsky M, Papert S. Perceptrons. MIT Press, 1969. (On XOR and its relatives.)
# - Rumelhart DE, Hinton GE, Williams RJ. Learning representations by back-propagating errors. Nature
#   1986;323:533-536.
# - White JG et al. The structure of the nervous system of the nematode Caenorhabditis elegans. Phil Trans R Soc Lond
#   B 1986;314:1-340.
# - Azevedo FAC et al. Equal numbers of neuronal and nonneuronal cells make the human brain an isometrically scaled-up
#   primate brain. J Comp Neurol 2009;513:532-541.
# - Kingma DP, Ba J. Adam: a method for stochastic optimization. ICLR 2015 (arXiv:1412.6980, 2014).
# - Smith JW et al. Using the ADAP learning algorithm to forecast the onset of diabetes mellitus. Proc Symp Comput
#   Appl Med Care 1988:261-265.
# - Radin J. "Digital natives": how medical and Indigenous histories matter for big data. Osiris 2017;32:43-64.
