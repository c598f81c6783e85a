# %% [markdown]
# # 3. Regression
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
# - fit a line by hand, and find the one value that bends it;
# - tell a range for the mean from a range for the next patient, and plan with the right one;
# - choose a learning rate, also when the unit of the data changes;
# - compare a neural network with a straight line on rows that neither has seen;
# - measure whether a model errs in one direction for one group of people.
#
# **Before you start** you need lab 1: training and test set, scaler, MAE and MSE. Of Python you need functions, loops
# and NumPy arrays, with which you calculate element by element. You need to know nothing about neural networks: lab 4
# opens them, here one is a black box.
#
# For teaching, not for clinical use.

# %% tags=["setup"]
import sys

if "google.colab" in sys.modules:  # a local installation has the course already
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/{{owner}}/{{repository}}@{{branch}}")

# %% tags=["parameters"]
SEED = 0

# %%
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import norm
from scipy.stats import t as student_t
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from coursekit import check, data, plot, stats, train

threadpool_limits(1)  # networks this small train faster on one core
train.seed_everything(SEED)

# %% [markdown]
# ## A line through four points
#
# **Regression** predicts a number. What you want to know is the **dependent variable** $y$ (outcome, target). What you
# predict it from is the **independent variable** $x$ (predictor, feature). With one $x$ it is *simple* regression,
# with several it is *multiple* regression.
#
# Four students studied 2, 4, 6 and 8 hours for an exam and scored 81, 93, 91 and 97 points. The simplest model is a
# straight line plus an error:
#
# $$y = b_0 + b_1 x + e$$
#
# The **intercept** $b_0$ is the height of the line at $x = 0$. The **slope** $b_1$ is how much the line rises when $x$
# goes up by one. The error $e$ is everything that the line does not know about this one student.
#
# The **least-squares line** has the smallest mean squared error (MSE) of all lines. With the means $\bar x$ and
# $\bar y$ it is
#
# $$b_1 = \frac{\sum (x-\bar x)(y-\bar y)}{\sum (x-\bar x)^2}, \qquad b_0 = \bar y - b_1 \bar x$$
#
# The numerator asks whether $x$ and $y$ lie above their means together; the denominator, how far $x$ spreads.

# %%
hours = np.array([2, 4, 6, 8])
scores = np.array([81, 93, 91, 97])
print("means", hours.mean(), "h and", scores.mean(), "points")

# %%
numerator = np.sum((hours - hours.mean()) * (scores - scores.mean()))
denominator = np.sum((hours - hours.mean()) ** 2)
slope = numerator / denominator
intercept = scores.mean() - slope * hours.mean()
print("numerator", numerator, "  denominator", denominator)
print("slope", slope, "points per hour")
print("intercept", intercept, "points")

# %% [markdown]
# One more hour goes with 2.3 more points. Now let the line predict the four scores that we know. What it misses,
# observed minus predicted, is a **residual**: our estimate of $e$, which nobody can see.

# %%
predicted = intercept + slope * hours
residuals = scores - predicted
mse_best = np.mean(residuals**2)
print("predicted", predicted.round(1), "points")
print("residual ", residuals.round(1), "points")
print(f"mean squared error {mse_best:.1f} points squared")

# %% [markdown]
# No other line should get below 8.3. Try to break that: move the sliders.


# %% tags=["figure"]
# @title Sliders: a line among four students
def draw_line(slope=3.0, intercept=76.0):
    predicted = intercept + slope * hours
    mse = np.mean((scores - predicted) ** 2)
    fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2))
    left.scatter(hours, scores, zorder=3)
    left.plot([0, 9], [intercept, intercept + 9 * slope], color="C1", linestyle="--")
    left.vlines(hours, predicted, scores, color="grey")
    left.set(xlabel="hours studied", ylabel="score (points)", ylim=(65, 115), title=f"{slope:.1f} x + {intercept:.0f}")
    right.bar(hours, (scores - predicted) ** 2, width=1.2)
    right.axhline(mse, color="C1", linestyle="--", label=f"mean = {mse:.1f}")
    right.axhline(8.3, color="black", linewidth=1, label="lowest possible = 8.3")
    right.set(xlabel="hours studied", ylabel="squared error (points$^2$)", xticks=hours)
    right.set_ylim(0, max(20, 1.4 * max((scores - predicted) ** 2)))
    right.legend()
    far = hours[np.argmax(abs(scores - predicted))]
    return fig, (
        f"The line {slope:.1f} x + {intercept:.0f} among four students: the one with {far} hours is farthest from it, "
        f"the mean squared error is {mse:.1f}, the lowest possible one 8.3."
    )


plot.explore(draw_line, slope=(-1.0, 6.0, 0.1), intercept=(70.0, 95.0, 1.0))

# %% [markdown]
# The line 3x + 76, drawn by eye, has an MSE of 11.0. Why is there a formula for the best one? As a function of $b_0$
# and $b_1$ the MSE is a bowl, and at its bottom the ground is level in both directions. That gives two conditions: the
# residuals add up to zero, and so do the residuals times $x$. Two equations, two unknowns: solved once, they give the
# two fractions above. Such an answer in one step, without searching, is called a **closed form**.

# %%
print("residuals add up to zero:", np.isclose(residuals.sum(), 0))
print("residuals times hours too:", np.isclose((residuals * hours).sum(), 0))

# %% [markdown]
# ### Your turn 3.1: spot the error
#
# Lecture notes say: "By eye I drew the line **y = 3x + 79**. It predicts 82, 88, 94 and 100 points, so its MSE is 11."
# One number in this note is wrong. Find it by computing two numbers:
#
# - `mse_of_3x_plus_79`: the MSE of the line exactly as written;
# - `right_intercept`: the intercept that belongs to the predictions 82, 88, 94, 100.

# %% tags=["exercise"]
mse_of_3x_plus_79 = ...
right_intercept = ...

# %% tags=["check"]
# @title Check 3.1
check.value(
    "3.1 spot the error",
    (mse_of_3x_plus_79, right_intercept),
    (mean_squared_error(scores, 3 * hours + 79), np.array([82, 88, 94, 100]).mean() - 3 * hours.mean()),
    hint="Predict the four scores with 3 * hours + 79 first. For 2 hours the notes predict 82 = 3 * 2 + what?",
    slips={
        "11 is what the notes say. Predict with 3 * hours + 79 and see.": (11, 76),
        "You added the squared errors. The MSE is their mean.": (92, 76),
        "That is the mean absolute error. Square the errors before you take the mean.": (4.5, 76),
        "The MSE is right. But with 79 the first prediction would be 85, not 82.": (23, 79),
    },
)

# %% tags=["solution"]
# @title Solution 3.1
mse_of_3x_plus_79_solution = np.mean((scores - (3 * hours + 79)) ** 2)  # more than twice what the notes say
right_intercept_solution = 82 - 3 * 2  # the notes took the intercept of the best line
check.solution("3.1 spot the error", (mse_of_3x_plus_79_solution, right_intercept_solution))

# %% [markdown]
# ## One wrong digit
#
# Squares punish one large miss more than several small ones. That makes the bowl smooth, and the line touchy. Before
# you run the next cell: somebody types 57 instead of 97 for the last student. What happens to the slope?


# %%
def least_squares(x, y):
    """Slope and intercept of the line with the smallest mean squared error."""
    slope = np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)
    return slope, y.mean() - slope * x.mean()


slope_with_slip, _ = least_squares(hours, np.array([81, 93, 91, 57]))
print(f"slope with 57 for 97: {slope_with_slip:.1f} points per hour")

# %% [markdown]
# From +2.3 to -3.7: one wrong digit in four rows turns "studying helps" into "studying harms".
#
# Not every slip is seen that easily. In other wards a pain drug acted 0.05 h longer for each mg. In this ward it is
# less than half of that.

# %%
patients = ["A", "B", "C", "D", "E", "F"]
ward_dose = np.array([30, 10, 100, 50, 20, 40])  # mg
ward_hours = np.array([3.2, 1.9, 4.1, 4.0, 2.3, 3.4])  # h
for patient, mg, h in zip(patients, ward_dose, ward_hours, strict=True):
    print(f"{patient}: {mg:3d} mg, {h} h")
print(f"slope {least_squares(ward_dose, ward_hours)[0]:.4f} h per mg")

# %% [markdown]
# ### Your turn 3.2: which sheet do you fetch?
#
# One of the six durations may be copied wrongly from the patients' sheets, and you have time to fetch one sheet. "Take
# the patient with the largest residual", says a colleague. Is that the one on whom this slope hangs? Add a cell,
# compute and look, then set `sheet` to a letter from "A" to "F".

# %% tags=["exercise"]
sheet = ...

# %% tags=["check"]
# @title Check 3.2
outcomes = {}
for i, patient in enumerate(patients):
    others = least_squares(np.delete(ward_dose, i), np.delete(ward_hours, i))[0]
    outcomes[patient] = (
        f"The sheet of {patient} says {ward_hours[i]} h, as the table does, and the afternoon is gone. Even without "
        f"{patient} the slope would be {others:.3f} h per mg, far from 0.05. A value cannot pull a line that is fitted "
        "without it: leave out one patient at a time."
    )
outcomes["D"] += " D has the largest residual only because the wrong value has pulled the line away from D."
mended = least_squares(ward_dose, np.where(ward_dose == 100, 6.1, ward_hours))[0]
outcomes["C"] = (
    f"The sheet says 6.1 h: a 6 was read as a 4. The slope is {mended:.3f} h per mg. C lies far from the mean "
    "dose, where a value pulls hardest: so hard that B and D, which are right, have larger residuals."
)
check.choice("3.2 which sheet", sheet, "C", outcomes)

# %% tags=["solution"]
# @title Solution 3.2
for i, patient in enumerate(patients):
    line = np.polyfit(ward_dose, ward_hours, 1), np.polyfit(np.delete(ward_dose, i), np.delete(ward_hours, i), 1)
    with_it, without = (ward_hours[i] - np.polyval(one, ward_dose[i]) for one in line)
    print(f"{patient}: residual {with_it:+.2f} h; from the line of the five others {without:+.2f} h")
check.solution("3.2 which sheet", "C")

# %% [markdown]
# ## How sure is the line?
#
# Here is another pain drug, invented: $x$ is the dose in mg, $y$ the duration of the effect in hours. As we simulate
# it, we know the truth: 1.5 h plus 0.05 h for each mg. The errors $e$ have a mean of zero, the same spread at every
# dose (a standard deviation of 0.8 h), a normal distribution, and one patient's error says nothing about another's.
# With real patients all this is assumed, and nobody tells you the truth.

# %%
rng = np.random.default_rng(SEED)
true_b0, true_b1, true_sd = 1.5, 0.05, 0.8  # h, h per mg, h


def simulate_patients(n):
    dose = rng.uniform(10, 100, size=n)
    return dose, true_b0 + true_b1 * dose + rng.normal(0, true_sd, size=n)


# %%
dose, duration = simulate_patients(30)
slope, intercept = least_squares(dose, duration)
print(f"estimated: {intercept:.2f} h + {slope:.4f} h per mg")
print(f"truth:     {true_b0:.2f} h + {true_b1:.4f} h per mg")

# %% tags=["figure"]
# @title Our thirty patients, and the lines of twenty small studies
fig, ax = plt.subplots()
ends = np.array([10, 100])
for study in range(20):
    b1, b0 = least_squares(*simulate_patients(10))
    label = "fitted in 20 small studies" if study == 0 else None
    ax.plot(ends, b0 + b1 * ends, color="#6e6e6e", linestyle="-", linewidth=0.7, label=label)
ax.plot(ends, intercept + slope * ends, color="C0", linestyle="-", label="fitted to our 30 patients")
ax.plot(ends, true_b0 + true_b1 * ends, color="C1", linestyle="--", label="true line")
ax.scatter(dose, duration, color="black", s=14, zorder=3, label="our patients")
ax.set(xlabel="dose (mg)", ylabel="duration of effect (h)", ylim=(0, 8.5))
ax.legend(fontsize=9)
plot.show(
    fig,
    alt="Twenty lines of twenty small studies form a bow tie: close together at middle doses, spread at 10 and at "
    "100 mg; the true line runs in their midst, single patients lie up to about 2 h above and below it.",
)

# %% [markdown]
# Other patients give another line. Those of twenty studies with ten patients each form a bow tie, because two things
# are uncertain. One is the height: a mean of $n$ values with spread $s$ is known to about $s/\sqrt n$. The other is the
# slope: it tilts the line like a seesaw around the mean dose $\bar x$, which matters more the further you are from
# $\bar x$. The squares of the two errors add up. So the **confidence band**, for the *mean* of all patients with dose
# $x$, reaches this far to each side:
#
# $$t\,s\sqrt{\tfrac1n+\tfrac{(x-\bar x)^2}{\sum(x_i-\bar x)^2}}$$
#
# Here $s=\sqrt{\sum \text{residuals}^2/(n-2)}$ estimates the spread of $e$. If 95 % lie in the middle, 2.5 % are left
# on each side; so $t$ is the 97.5 % point of Student's t distribution with $n-2$ degrees of freedom, about 2. One
# *new* patient brings an error $e$ of their own. Its square adds a 1 under the root, and gives the **prediction
# band**:
#
# $$t\,s\sqrt{1+\tfrac1n+\tfrac{(x-\bar x)^2}{\sum(x_i-\bar x)^2}}$$


# %%
def bands(x, y, x_new):
    """Line at x_new, and how far the 95 % bands for the mean and for a new patient reach to each side of it."""
    slope, intercept = least_squares(x, y)
    n = len(x)
    s = np.sqrt(np.sum((y - intercept - slope * x) ** 2) / (n - 2))
    t = student_t.ppf(0.975, df=n - 2)
    spread = 1 / n + (x_new - x.mean()) ** 2 / np.sum((x - x.mean()) ** 2)
    return intercept + slope * x_new, t * s * np.sqrt(spread), t * s * np.sqrt(1 + spread)


# %%
center, half_mean, half_new = bands(dose, duration, 60)
print(f"at 60 mg: line {center:.2f} h, mean +-{half_mean:.2f} h, new patient +-{half_new:.2f} h")

# %% [markdown]
# Before you move the slider: which of the two bands nearly vanishes when the study has 300 patients?


# %% tags=["figure"]
# @title Slider: both bands for 5 to 300 patients
def draw_bands(patients=30):
    rng = np.random.default_rng(SEED)
    x = rng.uniform(10, 100, size=patients)
    y = true_b0 + true_b1 * x + rng.normal(0, true_sd, size=patients)
    grid = np.linspace(5, 105, 60)
    line, half_mean, half_new = bands(x, y, grid)
    fig, ax = plt.subplots()
    ax.fill_between(grid, line - half_new, line + half_new, color="C5", alpha=0.25, label="95 % for a new patient")
    ax.fill_between(grid, line - half_mean, line + half_mean, color="C0", alpha=0.45, label="95 % for the mean")
    ax.plot(grid, line, label="fitted line")
    ax.plot(grid, true_b0 + true_b1 * grid, label="true line")
    ax.scatter(x, y, s=12, color="black", alpha=0.6)
    ax.set(xlabel="dose (mg)", ylabel="duration (h)", ylim=(-1, 9.5), title=f"{patients} patients")
    ax.legend(loc="upper left", fontsize=9)
    _, mean_60, new_60 = bands(x, y, 60)
    return fig, (
        f"With {patients} patients the band for the mean reaches {mean_60:.2f} h to each side of the line at 60 mg "
        f"and widens towards both ends; the band for a new patient reaches {new_60:.2f} h there."
    )


plot.explore(draw_bands, patients=(5, 300, 5))

# %% [markdown]
# The confidence band shrinks like $1/\sqrt n$. The prediction band stays about $2 \times 0.8$ h wide to each side,
# however large the study: more data teach you the line, not the next patient's liver.
#
# What does "95 %" promise? Repeat the whole study 4,000 times and count. Guess the third number before you run it.

# %%
truth_60 = true_b0 + true_b1 * 60
caught = []
for _ in range(4000):
    line, half_mean, half_new = bands(*simulate_patients(30), 60)
    new_patient = truth_60 + rng.normal(0, true_sd)
    miss = abs(line - new_patient)
    caught.append([abs(line - truth_60) < half_mean, miss < half_new, miss < half_mean])
coverage = np.mean(caught, axis=0)  # axis=0: one mean for each of the three columns
print(f"band for the mean catches the true mean:         {coverage[0]:.1%} of 4000 studies")
print(f"band for a new patient catches the new patient:  {coverage[1]:.1%}")
print(f"band for the mean catches the new patient:       {coverage[2]:.1%}")

# %% [markdown]
# Both bands keep their promise. The third line is the common mistake: whoever reads the narrow band as a range for the
# next patient is wrong about seven times in ten.
#
# ### Your turn 3.3: when must the nurse be back?
#
# Forty new patients get 80 mg each. The nurse should be back before the effect has ended in 39 of 40, and not earlier
# than needed. After how many hours? You only have your thirty patients, `dose` and `duration`. Add a cell and compute;
# do not round.

# %% tags=["exercise"]
back_after = ...

# %% tags=["check"]
# @title Check 3.3
line_80, mean_80, new_80 = (float(part) for part in bands(dose, duration, 80))


def in_pain(hours_later):
    return round(40 * norm.cdf(hours_later, true_b0 + true_b1 * 80, true_sd))


check.value(
    "3.3 when the nurse is back",
    back_after,
    line_80 - new_80,
    tol=0.005,
    hint="1 in 40 is 2.5 %, what a 95 % band leaves on one side. Of which band, and on which side?",
    slips={
        f"That is the line: about {in_pain(line_80)} of the 40 would be in pain before.": line_80,
        f"That is for the mean: about {in_pain(line_80 - mean_80)} of 40 would be in pain before.": line_80 - mean_80,
        f"The upper end: about {in_pain(line_80 + new_80)} of the 40 would be in pain before.": line_80 + new_80,
        "That is how far the band reaches to one side. Where does it end?": new_80,
        "That is for 60 mg.": float(center - bands(dose, duration, 60)[2]),
    },
)

# %% tags=["solution"]
# @title Solution 3.3
line_at_80, _, half_at_80 = bands(dose, duration, 80)
print(f"back after {line_at_80 - half_at_80:.2f} h; with the true line it would be {5.5 - norm.ppf(0.975) * 0.8:.2f} h")
check.solution("3.3 when the nurse is back", line_at_80 - half_at_80)

# %% [markdown]
# ## Walk downhill: gradient descent
#
# For a line there is a formula. For a neural network there is none: you must *search* for the bottom of the bowl. We
# practise on the smallest model, $H(x) = Wx$, a line through zero ($H$ for hypothesis). Three patients took 1, 2 and 3
# tablets, which acted for 1, 2 and 3 hours, so $W = 1$ is plainly right. The **cost** is half the MSE.

# %%
tablets = np.array([1.0, 2.0, 3.0])
effect = np.array([1.0, 2.0, 3.0])


def cost(W):
    return np.mean((W * tablets - effect) ** 2) / 2


for W in (-1, 0, 1, 2, 3):
    print(f"W = {W:2d}: cost {cost(W):.2f}")

# %% [markdown]
# How steep is the cost? Let $W$ grow a tiny bit. Then $Wx - y$ grows by $x$ times that bit, and half its square by
# $(Wx-y)$ times as much. The mean over all patients is the slope of the cost, its **gradient**:
#
# $$\frac{d\,\mathrm{cost}}{dW} = \mathrm{mean}\big((Wx - y)\,x\big)$$


# %%
def gradient(W):
    return np.mean((W * tablets - effect) * tablets)


by_difference = (cost(2.5 + 1e-5) - cost(2.5 - 1e-5)) / 2e-5
print(f"slope at W = 2.5: formula {gradient(2.5):.4f}, tiny steps to both sides {by_difference:.4f}")

# %% [markdown]
# To the right of the bottom the slope is positive and you must go left; to the left of it, the other way round. So
# step *against* the slope:
#
# $$W := W - \eta \cdot \mathrm{mean}\big((Wx - y)\,x\big)$$
#
# The sign $:=$ means "gets the new value". $\eta$ (eta) is the **learning rate**: how far you step for a given slope.
# You stop where the slope is 0 (in practice, tiny). This is **gradient descent**.

# %%
W, eta, steps = 3.0, 0.1, 0
while abs(gradient(W)) > 1e-6:
    if steps < 4:
        print(f"step {steps}: W = {W:.3f}, slope {gradient(W):6.3f}, cost {cost(W):.3f}")
    W = W - eta * gradient(W)
    steps += 1
print(f"stopped after {steps} steps at W = {W:.6f}")

# %% [markdown]
# The steps get shorter by themselves, because the slope does. Before you move the next slider: what does a very small
# learning rate do, and what a large one?


# %% tags=["figure"]
# @title Slider: learning rate and number of steps
def draw_rate(eta=0.1, steps=10):
    path = [3.0]
    for _ in range(steps):
        path.append(path[-1] - eta * gradient(path[-1]))
    walk = [cost(w) for w in path]
    fig, ax = plt.subplots()
    axis = np.linspace(min(-1.2, *path), max(3.2, *path), 200)
    ax.plot(axis, [cost(w) for w in axis], color="grey", linewidth=1)
    for here, there in pairwise(zip(path, walk, strict=True)):
        ax.annotate("", there, here, arrowprops={"arrowstyle": "->", "color": "C1", "linewidth": 1.2})
    ax.scatter(path[0], walk[0], color="black", s=50, zorder=3, label="start, W = 3")
    ax.scatter(path[-1], walk[-1], marker="^", s=80, color="C0", zorder=3, label=f"after {steps} steps")
    ax.legend(loc="upper center", fontsize=9)
    ax.set(xlabel="W (h per tablet)", ylabel="cost (h$^2$)", title=f"eta = {eta:.2f}: cost {walk[-1]:.3g}")
    return fig, f"With a learning rate of {eta:.2f} the cost goes from 9.33 to {walk[-1]:.3g} in {steps} steps."


plot.explore(draw_rate, eta=(0.01, 0.46, 0.01), steps=(1, 30))

# %% tags=["figure"]
# @title Eight steps with three learning rates
fig, axes = plt.subplots(1, 3, figsize=(9, 3), sharex=True, sharey=True)
for ax, (name, eta) in zip(axes, {"too small": 0.01, "about right": 0.1, "too large": 0.45}.items(), strict=True):
    path = [3.0]
    for _ in range(8):
        path.append(path[-1] - eta * gradient(path[-1]))
    axis = np.linspace(-3.5, 5.5, 100)
    ax.plot(axis, [cost(w) for w in axis], color="grey", linewidth=1)
    for a, b in pairwise(path):
        arrow = {"arrowstyle": "->", "color": "C1", "linewidth": 1.2}
        ax.annotate("", (b, cost(b)), (a, cost(a)), arrowprops=arrow)
    ax.scatter(path[0], cost(path[0]), color="black", s=40, zorder=3, label="start")
    ax.scatter(path[-1], cost(path[-1]), marker="^", s=60, color="C0", zorder=3, label="after 8 steps")
    ax.set(xlabel="W (h per tablet)", title=f"{name}: eta = {eta}")
axes[0].set_ylabel("cost (h$^2$)")
axes[0].legend(loc="upper center", fontsize=9)
plot.show(
    fig, alt="Eight steps: eta 0.01 hardly moves, 0.1 reaches the bottom, 0.45 jumps from side to side and climbs."
)

# %%
print(f"mean of x squared {np.mean(tablets**2):.2f}; 2 divided by it {2 / np.mean(tablets**2):.2f}")

# %% [markdown]
# Too small: after eight steps you are still high on the slope. Too large: each step lands *higher* on the other side.
# Here each step multiplies your distance from the bottom by $1 - \eta \cdot \mathrm{mean}(x^2)$. Beyond $\eta = 0.43$
# that is less than -1, and the cost grows without end. If a training **loss** - another word for the cost - climbs or
# turns into `nan`, lower the learning rate first.
#
# ### Your turn 3.4: the same patients in milligrams
#
# A tablet holds 10 mg. In a colleague's table the same three patients have doses of 10, 20 and 30 mg. The walk begins
# with the same line, now $W = 0.3$ h per mg. For tablets 0.1 was about right: which learning rate is it now? Write
# down your guess. Then add a cell, walk 20 steps, and set `rate` to "1", "0.1", "0.01", "0.001" or "0.0001".

# %% tags=["exercise"]
rate = ...

# %% tags=["check"]
# @title Check 3.4
after = {}
for choice in ("1", "0.1", "0.01", "0.001", "0.0001"):
    weight = 0.3
    for _ in range(20):
        weight = weight - float(choice) * np.mean((weight * 10 * tablets - effect) * 10 * tablets)
    last_cost = np.mean((weight * 10 * tablets - effect) ** 2) / 2
    after[choice] = f"After 20 steps the cost has gone from 9.33 to {last_cost:.2g}. "
after["1"] += "You went the wrong way: in mg the cost is steeper, not flatter."
after["0.1"] += "The bowl has changed with the unit, and what was right for tablets is far too large."
after["0.01"] += "A tenth is not enough: the border is 2 divided by the mean of x squared. How has that grown?"
after["0.001"] += "Ten times the numbers, a hundredth of the rate: x enters squared. Scaled columns spare you this."
after["0.0001"] += "It goes down, but you pay for ten times as many steps as you need."
check.choice("3.4 learning rate", rate, "0.001", after)

# %% tags=["solution"]
# @title Solution 3.4
in_mg = np.mean((10 * tablets) ** 2)  # a hundred times as large as in tablets
print(f"mean of x squared in mg: {in_mg:.0f}; beyond a rate of {2 / in_mg:.4f} the cost grows")
check.solution("3.4 learning rate", "0.001")

# %% [markdown]
# ## The lab: Boston housing
#
# In 1978 the economists Harrison and Rubinfeld asked what clean air is worth to people who buy a house. Each of their
# 506 rows is a **census tract** of 1970 around Boston, a neighbourhood of a few thousand people. The target `MEDV` is
# the median value of the homes whose owners live in them, in \$1000 of 1970.

# %%
housing = data.load_boston_housing(geo=True)
features = list(housing.columns[3:-1])  # after TOWN, LON, LAT and before MEDV
value = housing["MEDV"]  # one column of the table
print(housing[[*features, "MEDV"]].shape, "rows and columns,", housing.isna().sum().sum(), "missing values")
print(f"MEDV from {value.min()} to {value.max()}, median {value.median()} thousand dollars")
print((value == 50).sum(), "tracts stand at exactly 50.0")

# %% tags=["figure"]
# @title What the columns mean
print("""\
CRIM     crime rate (unit doubtful: it reaches 89)
ZN       % of land zoned for large lots
INDUS    % of non-retail business land
CHAS     1 if the tract touches the Charles River
NOX      nitric oxides, parts per 10 million
RM       average rooms per home
AGE      % of homes built before 1940
DIS      weighted distance to five employment centres
RAD      index of access to radial highways
TAX      property tax, $ per $10,000
PTRATIO  pupils per teacher
B        made from the share of Black residents
LSTAT    % "lower status" (the authors' word): no high-school education, labourers
MEDV     median home value, $1000: the target""")

# %% [markdown]
# The census wrote 50.0 for "\$50,000 or more". Such a value is **censored**: you know only that it lies beyond a
# limit, as in "survived more than 5 years". Now the **correlation** $r$ of each column with the price: +1 is a perfect
# rising line, -1 a perfect falling one, 0 no line at all.

# %%
correlation = housing[features].corrwith(housing["MEDV"]).sort_values()
strong = correlation[correlation.abs() > 0.5]
print(strong.round(2).to_string())

# %% [markdown]
# Only three columns pass 0.5 in size. More rooms go with higher prices, more "lower status" and more pupils per
# teacher with lower ones. "Go with", not "cause": many other things differ between those tracts.
#
# ### Column B
#
# `B` is $1000\,(s - 0.63)^2$, where $s$ is the share of Black residents. The authors *assumed* that a rising share
# lowers prices where few Black people live and raises them in segregated neighbourhoods, and built that assumption
# about prejudice into the column. As a square forgets the sign, B = 90 may mean a share of 33 % or of 93 %.

# %% tags=["figure"]
# @title Column B against the share
share = np.linspace(0, 1, 101)
fig, ax = plt.subplots(figsize=(6.4, 3))
ax.plot(100 * share, 1000 * (share - 0.63) ** 2)
ax.axhline(1000 * 0.37**2, color="C1", linestyle="--", label="136.9: the value at 100 %")
ax.scatter([33, 93], [90, 90], color="black", marker="s", zorder=3, label="B = 90: 33 % or 93 %")
ax.set(xlabel="share of Black residents (%)", ylabel="column B", ylim=(0, 420))
ax.legend()
plot.show(fig, alt="B falls from 396.9 at a share of 0 % to 0 at 63 % and rises again to 136.9 at 100 %.")

# %% [markdown]
# Below the dashed line a share of 26 % or more stands behind `B`. A comparison gives one True or False for each row;
# `sum` counts the True ones, `~` turns all round, and in square brackets they pick rows.

# %%
low_B = housing["B"] <= 1000 * 0.37**2
print(low_B.sum(), "of 506 tracts have B of 136.9 or less")
print(f"median of MEDV: {value[low_B].median():.1f} there, {value[~low_B].median():.1f} elsewhere ($1000)")

# %% [markdown]
# Because of this column scikit-learn removed the whole data set. We keep it: you will meet it in hundreds of
# tutorials, and medicine had such a column too. Until 2021 a common formula for kidney function (eGFR) multiplied its
# result by 1.159 for Black patients. So we look at the models with and without `B`.
#
# ### The straight line
#
# We hold out 30 % for the test, with `random_state=123`; the scaler is fitted on the training rows only.

# %%
train_rows, test_rows = train_test_split(housing, test_size=0.3, random_state=123)
X_train, y_train = train_rows[features], train_rows["MEDV"].to_numpy()
X_test, y_test = test_rows[features], test_rows["MEDV"].to_numpy()

linear = make_pipeline(StandardScaler(), LinearRegression()).fit(X_train, y_train)
linear_test = linear.predict(X_test)
print(f"{len(X_train)} tracts to train on, {len(X_test)} to test on")
print(f"linear regression: test MSE {mean_squared_error(y_test, linear_test):.2f} (thousand dollars)^2")
print(f"linear regression: test MAE {mean_absolute_error(y_test, linear_test):.2f} thousand dollars")

# %% [markdown]
# An **MAE** of 3.69 says that on average the prediction is \$3,690 off, up or down. The **MSE** of 28.41 is in squared
# thousands of dollars. Its root is \$5,330, more than the MAE, because squares let the few large misses dominate.
#
# If a straight line were the right shape, how should the residuals look? Decide before you see them.

# %% tags=["figure"]
# @title Residuals of the training tracts
fitted = linear.predict(X_train)
capped = y_train == 50
fig, ax = plt.subplots()
ax.scatter(fitted[~capped], (y_train - fitted)[~capped], s=12, alpha=0.6, label="training tracts")
ax.scatter(fitted[capped], (y_train - fitted)[capped], marker="^", label="capped at 50")
ax.axhline(0, color="black", linewidth=1)
ax.set(xlabel="predicted value ($1000)", ylabel="census minus predicted ($1000)")
ax.legend()
plot.show(
    fig,
    alt="Residuals of the line: a U, above zero at both ends and below it in between; capped tracts on a slope.",
)

# %% [markdown]
# A shapeless cloud around zero would be right. Instead they bend like a U: the truth is curved.
#
# ### A model that can bend
#
# A **neural network** chains simple layers: multiply by weights, add up, set negative values to zero, repeat. Ours has
# 13 inputs, 128 and 64 values in between and one output: 10,113 weights, found by a kind of gradient descent. That is
# nearly thirty weights a tract; whether it learns them by heart, the test will show. It starts from random weights, so
# we train five and average them, an **ensemble**. Lopsided columns go in as **logarithms**, which turn "twice as much"
# into "one step more", as you know from pH. Apart from sizes and number of steps, these are scikit-learn's default
# settings: nothing was tuned on the test rows.


# %%
def unskew(table):
    """Pull in the long tails, by fixed formulas with no fitted numbers."""
    table = table.copy()
    for name in ("CRIM", "DIS", "LSTAT"):
        table[name] = np.log(table[name])
    table["ZN"] = np.log1p(table["ZN"])  # log(1 + ZN), because ZN is often 0
    if "B" in table:
        table["B"] = -np.log(400 - table["B"])  # B piles up on the right, just below 400
    return table


# %%
def fit_networks(X, y, seed=SEED):
    """Train five networks that differ in their random start."""
    networks = []
    for start in range(5):
        network = MLPRegressor(hidden_layer_sizes=(128, 64), max_iter=400, random_state=5 * seed + start)
        scaled = make_pipeline(FunctionTransformer(unskew), StandardScaler(), network)
        networks.append(TransformedTargetRegressor(scaled, transformer=StandardScaler()).fit(X, y))
    return networks


# %% [markdown]
# `TransformedTargetRegressor` scales the target, too. Now open the test rows, once for each model.

# %%
networks = fit_networks(X_train, y_train)
each_test = np.array([network.predict(X_test) for network in networks])  # 5 networks x 152 tracts
network_test = each_test.mean(axis=0)  # the mean of the five, for each tract
single = [mean_absolute_error(y_test, one) for one in each_test]
print(f"one network alone: MAE {min(single):.2f} to {max(single):.2f} ($1000)")

# %%
same_logs = make_pipeline(FunctionTransformer(unskew), StandardScaler(), LinearRegression()).fit(X_train, y_train)

predictions = {
    "mean of the training rows": np.full(len(y_test), y_train.mean()),
    "straight line": linear_test,
    "straight line, same logarithms": same_logs.predict(X_test),
    "mean of five networks": network_test,
}
print("152 test tracts                    MSE   MAE ($1000)")
for name, one in predictions.items():
    print(f"{name:31s} {mean_squared_error(y_test, one):6.2f}  {mean_absolute_error(y_test, one):5.2f}")

# %% [markdown]
# Whoever predicts the mean misses by \$6,680, the line by \$3,690, the five networks together by about \$2,150. The
# logarithms alone do not explain that: it is the bending. An earlier edition of this course trained one network of the
# same sizes on the same rows, for 100 rounds, and reported an MSE of 18.42 and an MAE of 2.71. But 152 tracts are few,
# and tracts of one town err together. The **bootstrap** draws whole towns again and again, with replacement, and
# shows how far the gain moves.

# %%
gain = np.abs(y_test - linear_test) - np.abs(y_test - network_test)  # positive: the network is closer
low, high = stats.bootstrap_interval(np.mean, gain, groups=test_rows["TOWN"].to_numpy(str))
print(f"the networks are closer by {gain.mean():.2f} ($1000) on average, 95 % by town {low:.2f} to {high:.2f}")

# %% [markdown]
# The interval lies wholly above zero: the gain is hardly chance, about one to two thousand dollars. So the networks
# have not just learned their training tracts by heart.
#
# ### With and without B

# %%
without_B = [name for name in features if name != "B"]
linear_12 = make_pipeline(StandardScaler(), LinearRegression()).fit(X_train[without_B], y_train)
linear_12_test = linear_12.predict(X_test[without_B])
networks_12 = fit_networks(X_train[without_B], y_train)
network_12_test = np.mean([network.predict(X_test[without_B]) for network in networks_12], axis=0)

# %%
for name, with_it, without in (
    ("straight line", linear_test, linear_12_test),
    ("five networks", network_test, network_12_test),
):
    mae_13, mae_12 = (mean_absolute_error(y_test, one) for one in (with_it, without))
    print(f"{name}: MAE {mae_13:.2f} with B, {mae_12:.2f} without ($1000)")

# %% [markdown]
# Over all tracts both lose less than \$200. But an average can hide a group.
#
# ### Your turn 3.5: the tax office
#
# A city wants to tax homes by the five networks without `B`: "Race is not in the data, so nobody is treated
# differently." Look at the **signed error**, `network_12_test - y_test`: positive means valued too high. Compare its
# mean in the test tracts where `in_low_B` is True with the others, and see how many of them are too high. Which
# sentence do your numbers support? Set `finding` to one of
#
# - "alike": both groups are missed by about as much, in both directions;
# - "scattered": in the low-B tracts the misses are larger, but up and down alike;
# - "too high": in the low-B tracts homes are mostly valued too high;
# - "too low": in the low-B tracts homes are mostly valued too low.

# %%
in_low_B = low_B[test_rows.index].to_numpy()
print(in_low_B.sum(), "of", len(in_low_B), "test tracts have B of 136.9 or less")

# %% tags=["exercise"]
finding = ...

# %% tags=["check"]
# @title Check 3.5
bias_12, bias_13 = ((one - y_test)[in_low_B].mean() for one in (network_12_test, network_test))
rest, too_high = (network_12_test - y_test)[~in_low_B].mean(), (network_12_test > y_test)[in_low_B].sum()
part = bias_12 / y_test[in_low_B].mean()
numbers = (
    f"the mean signed error is {1000 * bias_12:+,.0f} dollars there and {1000 * rest:+,.0f} elsewhere, {too_high} "
)
numbers += f"of {in_low_B.sum()} are too high"
check.choice(
    "3.5 tax office",
    finding,
    "too high",
    {
        "alike": f"The city goes ahead, and these families pay {part:.0%} too much tax. Compute: {numbers}.",
        "scattered": f"Then errors would cancel over the years. They do not: {numbers}.",
        "too low": f"The city adds a surcharge for them, on top of {part:.0%} too much. Which sign is it? {numbers}.",
        "too high": f"Indeed {numbers}: {part:.0%} too much tax. With B it is {1000 * bias_13:+,.0f}: leaving it "
        "out made it worse, not fair. Fourteen tracts are few: measure on more before anybody pays by it.",
    },
)

# %% tags=["solution"]
# @title Solution 3.5
signed = network_12_test - y_test
print(f"low-B tracts {signed[in_low_B].mean():+.1f}, others {signed[~in_low_B].mean():+.1f} ($1000)")
print(f"95 % for the low-B tracts: {np.round(stats.bootstrap_interval(np.mean, signed[in_low_B]), 1).tolist()}")
check.solution("3.5 tax office", "too high")

# %% [markdown]
# Whether a model is fair cannot be read from its list of columns. It is measured in the results.
#
# ### A place unlike all others
#
# The test tracts were drawn at random, so nearly all have neighbours among the training tracts. Now hold out the whole
# city: train outside Boston, predict inside. Before you run it: how large will the error of the line be, how large
# that of the networks?

# %%
city = train_rows["TOWN"].str.startswith("Boston ").to_numpy()
line_outside = make_pipeline(StandardScaler(), LinearRegression()).fit(X_train[~city], y_train[~city])
networks_outside = fit_networks(X_train[~city], y_train[~city])
line_city = line_outside.predict(X_train[city])
network_city = np.mean([network.predict(X_train[city]) for network in networks_outside], axis=0)

# %%
print(f"{(~city).sum()} tracts outside, {city.sum()} in Boston; their median is {np.median(y_train[city]):.1f} ($1000)")
for name, one in {"straight line": line_city, "five networks": network_city}.items():
    print(f"{name}: MAE {mean_absolute_error(y_train[city], one):.1f}, {np.mean(one > y_train[city]):.0%} too high")
for name in ("CRIM", "RAD"):
    print(f"largest {name}: {X_train[name][~city].max():.1f} outside, {X_train[name][city].max():.1f} in Boston")

# %% [markdown]
# The line misses by \$23,300, more than the median home there was worth; the networks by about half as much, still
# five times their test error. Outside Boston CRIM never passes 4.1 and RAD never passes 8. Both models follow what
# they learned from small values far out, where nothing has tested it: **extrapolation**. A test is only as hard as
# what it holds out.
#
# ### One described place
#
# Row 1 of the test rows (they count from 0) was chosen before we saw a prediction. It lies in Wakefield, north of
# Boston: 6.6 rooms per home, 6.5 % lower status, 18.5 pupils per teacher. Guess its value, then look; then move on.


# %% tags=["figure"]
# @title Slider: one test tract, two predictions and the census
def draw_tract(row=1):
    tract = test_rows.iloc[row]
    values = {"networks": network_test[row], "line": linear_test[row], "census": tract["MEDV"]}
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.3))
    left.scatter(network_test, y_test, s=9, color="#8a8a8a", label="all test tracts")
    left.scatter(network_test[row], y_test[row], marker="^", s=90, color="C1", label="this tract")
    left.plot([0, 52], [0, 52], color="black", linestyle=":", linewidth=1, label="prediction = census")
    left.set(xlabel="predicted by the networks ($1000)", ylabel="census ($1000)", xlim=(0, 52), ylim=(0, 54))
    left.legend(fontsize=9, loc="lower right")
    bars = right.barh(list(values), list(values.values()), color=["C0", "C0", "C1"])
    right.bar_label(bars, fmt="%.1f", padding=3)
    right.set(xlabel="value ($1000)", xlim=(0, 62))
    right.set_title(f"{tract['TOWN']}: RM {tract['RM']:.1f}, LSTAT {tract['LSTAT']:.1f} %", fontsize=10)
    return fig, f"Test tract {row} in {tract['TOWN']}: " + ", ".join(f"{k} {v:.1f}" for k, v in values.items())


plot.explore(draw_tract, row=(0, 151))

# %% [markdown]
# The networks miss it by less than \$1,000. Row 5, in Back Bay, they overvalue by more than \$20,000. A model that is
# good on average can be far off for the case in front of you, and does not say when.
#
# And the rows are tracts of 1970, not people: to conclude from groups about one household is the **ecological
# fallacy**.
#
# ## Going further
#
# The sections of [More regression](further/03_more_regression.ipynb) stand alone; take those that you want.
#
# - *Several columns: a used car*: when one column is charged for another's effect.
# - *A line through time: the stock price*: why a good fit to the past is no forecast.
# - *Two weights: a surface, and three ways down*: the normal equations, and why columns are scaled.
# - *More than one valley*: where a walk ends depends on its start.
# - *A map, and its repair*: look at the columns, and at the neighbours.
# - *Column B, turned back*: what the other columns still tell.
# - *Inside the network*: a network and its training loop in PyTorch.
# - *Boosted trees, and folds repeated*: a third model, and errors with their spread.
# - *Which columns does a model lean on?*: permutation importance, and how it misleads.
#
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "A leaflet says: 'At 60 mg the effect lasts 4.7 h (95 % confidence 4.4 to 5.0 h).' What may a patient conclude?",
    [
        "With 95 % probability my effect will last 4.4 to 5.0 h",
        "Of 100 patients like me, 95 had an effect of 4.4 to 5.0 h",
        "The mean of patients like me is probably in there, I may well not be",
        "Nothing, before the company has studied more patients",
    ],
    2,
    [
        "That would be a prediction interval. A confidence band caught fewer than a third of single new patients.",
        "That is a statement about single patients, whose spread of 0.8 h does not enter as a whole.",
        "The interval is about a mean. For one patient it must also hold their own error e.",
        "More patients make this interval narrower still, and no better for a single patient.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "During gradient descent the cost goes 9, 14, 23, 41, ... What do you change first?",
    [
        "A smaller learning rate: the steps jump across the valley",
        "More steps: a walk often climbs before it descends",
        "Another random start: this one lies in a bad valley",
        "A larger learning rate: the walk must get over the hill",
    ],
    0,
    [
        "Each step lands higher on the other side; shorter ones go down.",
        "Each step makes it worse, so more of them make it much worse.",
        "That helps against a local minimum. Here the steps would be too long from any start.",
        "The steps are too long already.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "A dose model, made and tested on adults of 50 to 90 kg, misses by 3 % on average. What about a child of 15 kg?",
    [
        "About 3 %, because the test rows were held out honestly",
        "A little more than 3 %, in proportion to the weight",
        "Less, because a smaller dose has a smaller error",
        "Unknown: no row like this child was in the test",
    ],
    3,
    [
        "They were held out at random, from the same adults. Boston was not like its suburbs either.",
        "The line's error in Boston was six times that of its test, and nobody could read that from the test.",
        "An error in percent does not shrink with the dose, and this is far outside the data.",
        "A test is only as hard as what it holds out. Hold out the lightest adults to get an idea.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "You delete the column that encodes race. What follows?",
    [
        "The model can no longer treat groups differently",
        "Nothing, until the errors are compared between groups",
        "The predictions get much worse for everybody",
        "The coefficients may now be read as causes",
    ],
    1,
    [
        "The networks without B never saw race, and their error was far from alike in the two groups.",
        "Other columns still carry the information. Fairness has to be measured in the results.",
        "Over all tracts the MAE rose by less than $200.",
        "Deleting a column does not turn an association into a cause.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown

# %% tags=["nbval-check-output"]
network_mse, network_mae = mean_squared_error(y_test, network_test), mean_absolute_error(y_test, network_test)
claims = [
    np.allclose([hours.mean(), scores.mean(), numerator, denominator], [5, 90.5, 46, 20]),
    np.allclose(least_squares(hours, scores), [2.3, 79]) and np.allclose(predicted, [83.6, 88.2, 92.8, 97.4]),
    np.isclose(np.mean((scores - 3 * hours - 76) ** 2), 11) and np.isclose(mse_best, 8.3),
    round(slope_with_slip, 1) == -3.7,  # one wrong digit
    0.93 < coverage[0] < 0.97 and 0.93 < coverage[1] < 0.97 and coverage[2] < 0.5,  # what the two bands promise
    np.isclose(by_difference, gradient(2.5)) and abs(W - 1) < 1e-6,
    strong.round(2).to_dict() == {"LSTAT": -0.74, "PTRATIO": -0.51, "RM": 0.7},
    round(mean_squared_error(y_test, linear_test), 2) == 28.41,
    round(mean_absolute_error(y_test, linear_test), 2) == 3.69,
    11 < network_mse < 16 and 2.0 < network_mae < 2.35,  # an earlier network: 18.42 and 2.71
    low > 0.4,  # the networks' gain over the line, by town
    20 < mean_absolute_error(y_train[city], line_city) < 27,  # extrapolation
    mean_absolute_error(y_train[city], network_city) > 2.5 * network_mae,
]
for number, claim in enumerate(claims, start=1):
    assert claim, f"claim {number} does not hold"
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## Summary
#
# - A least-squares line has a formula; one value far from the mean can turn it round, and its own residual may hide it.
# - The confidence band is about the mean, the prediction band about the next patient.
# - Gradient descent steps against the slope; the right learning rate depends on the unit of the data.
# - On the same split five networks miss by about \$2,150 and a straight line by \$3,690; beyond the data both fail.
# - Leaving out a column does not make a model fair: compare the signed errors of the groups.
#
# ## New words
#
# | English | 한국어 | In one line |
# |---|---|---|
# | regression | 회귀 | predicting a number |
# | dependent variable | 종속변수 | the number you want to know |
# | independent variable | 독립변수 | what you predict it from |
# | slope, intercept | 기울기, 절편 | rise per unit of x; height at x = 0 |
# | residual | 잔차 | observed minus predicted |
# | least squares | 최소제곱법 | the line with the smallest sum of squared errors |
# | closed form | 닫힌 형태 | an answer by formula, without searching |
# | confidence interval, band | 신뢰구간, 신뢰대 | range for a mean (or another fixed unknown); drawn along the line |
# | prediction interval, band | 예측구간, 예측대 | range for one new observation; drawn along the line |
# | cost function | 비용함수 | the number that training makes small |
# | gradient | 기울기(그래디언트) | the slope of the cost, one number for each weight |
# | gradient descent | 경사하강법 | stepping against the slope of the cost |
# | learning rate | 학습률 | step length for a given slope |
# | censored value | 중도절단값 | known only to lie beyond a limit |
# | correlation | 상관 | how nearly two columns lie on a line, -1 to 1 |
# | logarithm | 로그 | turns "twice as much" into "one step more" |
# | neural network | 신경망 | layers of weighted sums with a bend between them |
# | bootstrap | 부트스트랩 | drawing rows or groups with replacement to see how far a number moves |
# | ensemble | 앙상블 | several models whose predictions are averaged |
# | signed error | 부호 있는 오차 | predicted minus observed; its mean is the bias |
# | extrapolation | 외삽 | predicting beyond the values seen in training |
# | ecological fallacy | 생태학적 오류 | concluding about individuals from group averages |
#
# ## References
#
# - Harrison D, Rubinfeld DL. Hedonic housing prices and the demand for clean air. J Environ Econ Manage
#   1978;5:81-102. (They modelled the logarithm of the price.)
# - Carlisle M. Racist data destruction? Medium, 2019. (On column B.)
# - Inker LA et al. New creatinine- and cystatin C-based equations to estimate GFR without race. N Engl J Med
#   2021;385:1737-1749.
# - Efron B, Tibshirani RJ. An Introduction to the Bootstrap. Chapman & Hall, 1993.
