# %% [markdown]
# # 3. Regression
#
# {{badge}}
#
# {{budget}}
#
# **After this lab you can**
# - fit a line in four ways - by hand, with a formula, with scikit-learn, by gradient descent - and show that they
#   agree;
# - read a confidence band and a prediction band, and say which of the two is about the next patient;
# - choose a learning rate by watching the cost;
# - train a small neural network on real data and compare it fairly with a straight-line model and with boosted trees;
# - name what a good-looking test error can hide: neighbours on both sides of the split, a capped target, a column
#   that should not be there.
#
# **Before you start** you need lab 1 (training and test set, scaler, MAE and MSE) and NumPy arrays. You need to know
# nothing about neural networks yet: lab 4 opens them up.
#
# **Your digits.** Processors round differently, and in a long training such differences grow. The networks of this lab
# compute with 64-bit numbers, twice as many digits as usual, so that yours should be those of the text. An older
# scikit-learn grows slightly other boosted trees: their last digit may differ.
#
# For teaching, not for clinical use.

# %% tags=["setup"]
import sys

if "google.colab" in sys.modules:  # a local installation has the course already
    get_ipython().run_line_magic("pip", "install -q git+https://github.com/{{owner}}/{{repository}}@{{branch}}")

# %% tags=["parameters"]
SEED = 0

# %%
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from scipy.stats import t as student_t
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, roc_auc_score
from sklearn.model_selection import KFold, LeaveOneGroupOut, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from coursekit import check, data, plot, stats, train

train.seed_everything(SEED)

# %% [markdown]
# ## A number from a number
#
# **Regression** predicts a number. The number you want to know is the **dependent variable** `y` (outcome, target).
# What you predict it from is the **independent variable** `x` (predictor, feature). With one `x` it is *simple*
# regression, with several it is *multiple* regression.
#
# The simplest model is a straight line plus an error:
#
# $$y = b_0 + b_1 x + e$$
#
# $b_0$ is the **intercept**: the height of the line at $x = 0$. $b_1$ is the **slope**: how much `y` goes up when `x`
# goes up by one. $e$ is everything the line does not know about this one patient.
#
# Our first example is an invented pain drug: `x` is the dose in mg, `y` the duration of the effect in hours. Because
# we simulate it, we know the truth: 1.5 h plus 0.05 h for each mg. With real patients nobody tells you that.

# %%
rng = np.random.default_rng(SEED)
true_b0, true_b1, true_sd = 1.5, 0.05, 0.8  # h, h per mg, h


def simulate_patients(n):
    dose = rng.uniform(10, 100, size=n)
    return dose, true_b0 + true_b1 * dose + rng.normal(0, true_sd, size=n)


dose, duration = simulate_patients(30)
for i in range(3):
    print(f"patient {i + 1}: {dose[i]:.1f} mg -> {duration[i]:.1f} h (the true line says {1.5 + 0.05 * dose[i]:.1f} h)")

# %% [markdown]
# No patient sits exactly on the line. Body weight, liver, other drugs and the clock in the nurse's hand all end up in
# $e$. The model assumes three things about $e$: it is zero on average, it spreads equally at every dose (here with a
# standard deviation of 0.8 h), and one patient's error says nothing about the next one's. A fourth is needed for the
# bands further down: $e$ is normally distributed.

# %%
dose_axis = np.array([10, 100])
fig, ax = plt.subplots()
ax.scatter(dose, duration, label="30 patients")
ax.plot(dose_axis, true_b0 + true_b1 * dose_axis, color="C1", linestyle="--", label="true line")
ax.vlines(dose, true_b0 + true_b1 * dose, duration, color="grey", linewidth=0.8, label="error e")
ax.set(xlabel="dose (mg)", ylabel="duration of effect (h)")
ax.legend()
plot.show(fig, alt="30 patients scattered within about 2 h around a true line that rises from 2 h at 10 mg to 6.5 h.")

# %% [markdown]
# ## Least squares by hand
#
# Now the other way round: you have the points and look for the line. Four students studied 2, 4, 6 and 8 hours for an
# exam and scored 81, 93, 91 and 97 points. With numbers this small you can do every step on paper.
#
# The **least-squares line** is the line with the smallest mean squared error (MSE). Its slope and intercept are
#
# $$b_1 = \frac{\sum (x-\bar x)(y-\bar y)}{\sum (x-\bar x)^2}, \qquad b_0 = \bar y - b_1 \bar x$$
#
# where $\bar x$ and $\bar y$ are the means. The numerator asks whether `x` and `y` are above their means together,
# the denominator measures how far `x` spreads. Take it one piece at a time.

# %%
hours = np.array([2, 4, 6, 8])
scores = np.array([81, 93, 91, 97])

print("mean of hours: ", hours.mean(), "h")
print("mean of scores:", scores.mean(), "points")

numerator = np.sum((hours - hours.mean()) * (scores - scores.mean()))
denominator = np.sum((hours - hours.mean()) ** 2)
slope = numerator / denominator
intercept = scores.mean() - slope * hours.mean()

print("numerator  ", numerator)
print("denominator", denominator)
print("slope      ", slope, "points per hour")
print("intercept  ", intercept, "points")

# %% [markdown]
# One more hour goes with 2.3 more points, and the line starts at 79 points. Now let the line predict the four scores
# we already know. What the fitted line misses, observed minus predicted, is a **residual**: our estimate of $e$,
# which nobody can see.

# %%
predicted = intercept + slope * hours
residuals = scores - predicted
mse_best = np.mean(residuals**2)

print("predicted", predicted.round(1), "points")
print("residual ", residuals.round(1), "points")
print(f"mean squared error {mse_best:.1f} points squared")

# %% [markdown]
# The mean squared error is 8.3. Its unit is points *squared*, because each residual was squared. The claim of least
# squares is that **no other line** gets below 8.3 on these four students. Try to break it: move the sliders.


# %%
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
# The line 3x + 76, a reasonable guess by eye, has an MSE of 11.0. Only at slope 2.3 and intercept 79 do you reach
# 8.3.
#
# ### Your turn 3.1: the error of any line
#
# Write `line_mse(x, y, slope, intercept)`: the mean squared error of the line `slope * x + intercept` on the points
# `x`, `y`. `np.mean(...)` takes the mean of an array, `** 2` squares it. Do not round.


# %% tags=["exercise"]
def line_mse(x, y, slope, intercept):
    return ...


# %% tags=["check"]
# @title Check 3.1
check.function(
    "3.1 error of a line",
    line_mse,
    lambda x, y, slope, intercept: mean_squared_error(y, slope * x + intercept),
    [(hours, scores, 2.3, 79), (hours, scores, 3, 76), (dose, duration, 0.05, 1.5)],
    hint="Predict first (slope * x + intercept), then subtract from y, square, and take the mean.",
)


# %% tags=["solution"]
# @title Solution 3.1
def line_mse_solution(x, y, slope, intercept):
    return np.mean((y - (slope * x + intercept)) ** 2)


check.solution("3.1 error of a line", line_mse_solution)

# %% [markdown]
# ### Your turn 3.2: spot the error
#
# A student's lecture notes say: "By eye I drew the line **y = 3x + 79**. It predicts 82, 88, 94 and 100 points, so
# its MSE is 11." One number in this note is wrong. Find it by computing two numbers:
#
# - `mse_of_3x_plus_79`: the MSE of the line exactly as written, 3x + 79;
# - `right_intercept`: the intercept that belongs to the predictions 82, 88, 94, 100.

# %% tags=["exercise"]
mse_of_3x_plus_79 = ...
right_intercept = ...

# %% tags=["check"]
# @title Check 3.2
check.value(
    "3.2 spot the error",
    (mse_of_3x_plus_79, right_intercept),
    (mean_squared_error(scores, 3 * hours + 79), np.array([82, 88, 94, 100]).mean() - 3 * hours.mean()),
    hint="Predict the four scores with 3 * hours + 79 first. For 2 hours the notes predict 82 = 3 * 2 + what?",
)

# %% tags=["solution"]
# @title Solution 3.2
mse_of_3x_plus_79_solution = np.mean((scores - (3 * hours + 79)) ** 2)  # 23: more than twice what the notes say
right_intercept_solution = 82 - 3 * 2  # 76: the intercept was mixed up with that of the best line
check.solution("3.2 spot the error", (mse_of_3x_plus_79_solution, right_intercept_solution))

# %% [markdown]
# ## Why a formula is enough
#
# Where does the formula come from? Seen as a function of $b_0$ and $b_1$, the MSE is a bowl with one lowest point. At
# the bottom of a bowl the ground is level: the slope of the MSE is zero in the $b_0$ direction and in the $b_1$
# direction. That gives two conditions:
#
# - $\sum (y - b_0 - b_1 x) = 0$: the residuals add up to zero;
# - $\sum (y - b_0 - b_1 x)\,x = 0$: the residuals have nothing left that goes along with `x`.
#
# Two equations, two unknowns: solved once, they give the fractions you have just computed. This is called a **closed
# form**: an answer in one step, without searching. Both conditions hold for the four residuals above: $-2.6 + 4.8 -
# 1.8 - 0.4 = 0$ and $-2.6 \cdot 2 + 4.8 \cdot 4 - 1.8 \cdot 6 - 0.4 \cdot 8 = 0$.


# %%
def least_squares(x, y):
    """Slope and intercept of the line with the smallest mean squared error."""
    slope = np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)
    return slope, y.mean() - slope * x.mean()


print("exam: slope {:.1f}, intercept {:.1f}".format(*least_squares(hours, scores)))

# %% [markdown]
# Why *squares*? They punish one large miss more than several small ones, they make the bowl smooth, and if $e$ is
# normally distributed they give the line under which the observed points are most likely. The price: one wild value
# can pull the whole line.
#
# Before you run the next cell: somebody types 57 instead of 97 for the last student. What happens to the slope?

# %%
scores_with_slip = np.array([81, 93, 91, 57])
slope_with_slip, _ = least_squares(hours, scores_with_slip)
print(f"slope with the slip: {slope_with_slip:.1f} points per hour")

# %% [markdown]
# From +2.3 to -3.7: one wrong digit in four rows turns "studying helps" into "studying harms". Always look at your
# points before you believe a line.
#
# ## How sure is the line?
#
# Back to the drug. Thirty patients give a line; thirty other patients would give another one. How far may it be off?

# %%
slope, intercept = least_squares(dose, duration)
print(f"estimated: {intercept:.2f} h + {slope:.4f} h per mg")
print(f"truth:     {true_b0:.2f} h + {true_b1:.4f} h per mg")

# %% [markdown]
# Two different questions need two different bands around the line:
#
# - The **confidence band** is about the *mean*: what is the average duration of all patients who get this dose?
# - The **prediction band** is about *one* new patient, who brings an error $e$ of their own.
#
# With $n$ patients, let $s=\sqrt{\sum \text{residuals}^2/(n-2)}$ be the estimated spread of $e$, and $t$ the 97.5 %
# point of Student's t distribution with $n-2$ degrees of freedom (about 2). At dose $x$ the 95 % bands reach this far
# to each side of the line:
#
# $$\text{mean: } t\,s\sqrt{\tfrac1n+\tfrac{(x-\bar x)^2}{\sum(x_i-\bar x)^2}} \qquad
# \text{new patient: } t\,s\sqrt{1+\tfrac1n+\tfrac{(x-\bar x)^2}{\sum(x_i-\bar x)^2}}$$
#
# The only difference is the 1 under the root: the new patient's own error. The 95 % hold at each single dose, not for
# the whole line at once.


# %%
def bands(x, y, x_new):
    """Line at x_new, and how far the 95 % bands for the mean and for a new patient reach to each side of it."""
    slope, intercept = least_squares(x, y)
    n = len(x)
    s = np.sqrt(np.sum((y - intercept - slope * x) ** 2) / (n - 2))
    t = student_t.ppf(0.975, df=n - 2)
    spread = 1 / n + (x_new - x.mean()) ** 2 / np.sum((x - x.mean()) ** 2)
    return intercept + slope * x_new, t * s * np.sqrt(spread), t * s * np.sqrt(1 + spread)


center, half_mean, half_new = bands(dose, duration, 60)
print(f"at 60 mg: line {center:.2f} h, mean +-{half_mean:.2f} h, new patient +-{half_new:.2f} h")

# %% [markdown]
# At 60 mg the *average* patient is known to within about 0.3 h. The *next* patient is not: for them the range reaches
# 1.6 h to each side. Before you move the slider: which of the two bands nearly vanishes when the study has 300
# patients?


# %%
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
# What does "95 %" promise? Repeat the whole study many times, and each time ask whether the band catches what it
# should. We can, because it is a simulation.

# %%
truth_60 = true_b0 + true_b1 * 60
caught = []
for _ in range(4000):
    line, half_mean, half_new = bands(*simulate_patients(30), 60)
    new_patient = truth_60 + rng.normal(0, true_sd)
    miss = abs(line - new_patient)
    caught.append([abs(line - truth_60) < half_mean, miss < half_new, miss < half_mean])
coverage = np.mean(caught, axis=0)
print(f"band for the mean catches the true mean:         {coverage[0]:.1%} of 4000 studies")
print(f"band for a new patient catches the new patient:  {coverage[1]:.1%}")
print(f"band for the mean catches the new patient:       {coverage[2]:.1%}")

# %% [markdown]
# Both bands keep their promise of 95 % at this dose. The third line is the common mistake: whoever reads the narrow
# band as a range for the next patient is wrong about seven times in ten.
#
# ### Your turn 3.3: two half-widths
#
# At the mean dose ($x = \bar x$) the second fraction under the roots is zero. Write `half_widths(s, n, t)` that
# returns a tuple `(mean, new_patient)`: how far the confidence band and the prediction band reach to each side there.
# `s` is the spread in hours, `n` the number of patients, `t` the t value. `np.sqrt(...)` takes the root. Do not
# round.


# %% tags=["exercise"]
def half_widths(s, n, t):
    return ...


# %% tags=["check"]
# @title Check 3.3
check.function(
    "3.3 half-widths",
    half_widths,
    lambda s, n, t: (t * s / n**0.5, t * (s**2 + s**2 / n) ** 0.5),
    [(0.8, 30, 2.05), (0.8, 100, 1.98), (12.0, 16, 2.14)],
    hint="Put 0 for the second fraction in the two formulas above: what is left under each root?",
)


# %% tags=["solution"]
# @title Solution 3.3
def half_widths_solution(s, n, t):
    return t * s * np.sqrt(1 / n), t * s * np.sqrt(1 + 1 / n)


check.solution("3.3 half-widths", half_widths_solution)

# %% [markdown]
# ## Several independent variables
#
# What is a used car worth? That depends on its age, on how far it has been driven and on its engine: **multiple
# regression**, $y = b_0 + b_1 x_1 + b_2 x_2 + b_3 x_3 + e$. This small table is invented. We built it so that, with
# everything else equal, one year costs \$1,300, 1,000 km cost \$40, and one more kW adds \$80.

# %%
rng = np.random.default_rng(SEED)
age = rng.uniform(1, 12, size=40)
km = 15 * age + rng.normal(0, 15, size=40).clip(-14)
power = rng.normal(90, 15, size=40)
price = 28 - 1.3 * age - 0.04 * km + 0.08 * (power - 90) + rng.normal(0, 1.0, size=40)
cars = pd.DataFrame({"age (years)": age, "driven (1000 km)": km, "power (kW)": power, "price ($1000)": price})
print(cars.head(4).round(1).to_string(index=False))

# %% [markdown]
# First a simple regression on the kilometres alone, then a multiple regression on all three. Before you run it: the
# truth is -\$40 for 1,000 km. Will the simple regression find that?

# %%
simple = LinearRegression().fit(cars[["driven (1000 km)"]], price)
multiple = LinearRegression().fit(cars.drop(columns="price ($1000)"), price)
print(f"kilometres alone: {1000 * simple.coef_[0]:.0f} dollars per 1000 km")
for name, coefficient in zip(cars.columns, multiple.coef_, strict=False):
    print(f"all three: {1000 * coefficient:+7.0f} dollars for one more unit of {name}")

# %% [markdown]
# Alone, the kilometres seem to cost three times what they do. Cars with many kilometres are also old, and the simple
# line charges the kilometres for the years: age is a **confounder**. In the multiple regression each coefficient
# means "one unit more, *with the other columns held the same*", and -\$52 agrees with the true -\$40 within its
# uncertainty. The same happens in medicine when you compare coffee drinkers with others and forget that more of them
# smoke. Holding the other columns the same helps only against confounders that are in the table.
#
# A curve is multiple regression too: give the model the columns $x, x^2, x^3, \dots$ and it stays linear in its
# coefficients. Here the duration of the effect levels off at high doses (again simulated). Move the degree, and watch
# the error on 300 new patients.

# %%
rng = np.random.default_rng(SEED + 4)
few_doses, many_doses = np.linspace(5, 100, 12), rng.uniform(5, 100, size=300)
few_hours = 8 * few_doses / (few_doses + 25) + rng.normal(0, 0.5, size=12)
many_hours = 8 * many_doses / (many_doses + 25) + rng.normal(0, 0.5, size=300)


# %% tags=["figure"]
# @title Slider: polynomials of degree 1 to 10
def draw_degree(degree=1):
    curve = np.polynomial.Polynomial.fit(few_doses, few_hours, degree)
    old = mean_absolute_error(few_hours, curve(few_doses))
    new = mean_absolute_error(many_hours, curve(many_doses))
    fig, ax = plt.subplots()
    ax.scatter(many_doses, many_hours, s=8, alpha=0.35, color="grey", label="300 new patients")
    ax.scatter(few_doses, few_hours, marker="^", s=45, color="C1", zorder=3, label="12 patients used for the fit")
    grid = np.linspace(5, 100, 300)
    ax.plot(grid, curve(grid), label=f"degree {degree}")
    ax.set(xlabel="dose (mg)", ylabel="duration (h)", ylim=(0, 9))
    ax.set_title(f"mean absolute error: {old:.2f} h on the 12, {new:.2f} h on new patients")
    ax.legend(loc="lower right")
    bends = "a straight line" if degree == 1 else f"a curve with up to {degree - 1} bends"
    return fig, f"Degree {degree}, {bends}: mean error {old:.2f} h on its own 12 patients, {new:.2f} h on new ones."


plot.explore(draw_degree, degree=(1, 10))

# %% [markdown]
# At degree 1 the line is too stiff. Degrees 2 and 3 are best on new patients. Beyond that the error on the twelve
# falls further (with small bumps), while the error on new patients rises, to twice as large at degree 10: the curve
# has learned the errors $e$ of the twelve by heart.
#
# ## A line that lies: the stock price
#
# Regression can also be applied where its assumptions fail. A simple model of a stock price is a **random walk**:
# tomorrow's price is today's price plus pure chance. There is no trend in it, by construction. Let us fit a line
# anyway, on the first 125 days of 250, and see what it says about the rest. $R^2$ says which part of the spread of
# `y` the line explains: 0 is none, 1 is all.

# %%
rng = np.random.default_rng(SEED)
walks = 100 + rng.normal(0, 1, size=(1000, 250)).cumsum(axis=1)  # 1000 invented stocks, dollars
past, future = np.arange(125), np.arange(125, 250)


# %% tags=["figure"]
# @title Slider: a line through the first 125 days
def draw_walk(stock=21):
    walk = walks[stock]
    line, _, half_new = bands(past, walk[past], np.arange(250))
    r2 = r2_score(walk[past], line[past])
    inside = np.mean(np.abs(walk[future] - line[future]) < half_new[future])
    fig, ax = plt.subplots()
    ax.plot(walk, label="price", linewidth=1.2)
    ax.plot(line, label="line fitted to the first 125 days")
    ax.fill_between(
        np.arange(250), line - half_new, line + half_new, color="C1", alpha=0.2, label="95 % prediction band"
    )
    ax.axvline(125, color="black", linewidth=1)
    ax.set(xlabel="day", ylabel="price ($)", title=f"invented stock {stock}: R$^2$ {r2:.2f} before the black line")
    ax.legend(fontsize=9)
    return fig, (
        f"A trend line fits days 0-124 with R squared {r2:.2f} and ends at {line[-1]:.0f} dollars, where the price is "
        f"{walk[-1]:.0f}; after day 124 it has {inside:.0%} of the days inside its band."
    )


plot.explore(draw_walk, stock=(0, 49))

# %% [markdown]
# We picked this stock because its line looks so convincing. To be fair, take all thousand.

# %%
r2_past, r2_future, inside_band = [], [], []
for walk in walks:
    line, _, half_new = bands(past, walk[past], np.arange(250))
    r2_past.append(r2_score(walk[past], line[past]))
    r2_future.append(r2_score(walk[future], line[future]))
    inside_band.append(np.mean(np.abs(walk[future] - line[future]) < half_new[future]))
above_zero = np.mean(np.array(r2_future) > 0)
print(f"R2 on the days used for the fit:  median {np.median(r2_past):.2f}")
print(
    f"R2 on the days after:             median {np.median(r2_future):.1f}, above 0 for {above_zero:.1%} of the stocks"
)
print(f"future days inside the 95 % band: {np.mean(inside_band):.0%}")

# %% [markdown]
# On the past, the line seems to explain almost half of the spread of the price in a typical case. On the future it is
# worse than useless: a negative $R^2$ says that a flat line at the mean of those days would have done better. And
# fewer than half of the days fall inside a band that promised 95 %.
#
# The reason: today's error is nearly the same as yesterday's, so 125 days are not 125 independent observations. The
# same trap waits in medicine wherever one curve over time is extrapolated: an epidemic, a tumour marker, a waiting
# list.
#
# ### Your turn 3.4: the naive forecast
#
# Any forecast must beat the simplest one: "it stays as it is". Write `naive_error(walk)` for an array of 250 prices:
# predict every day from 125 on by the price of day 124, the last known one, and return the mean absolute error in
# dollars. `walk[125:]` are the prices from day 125 on, `np.abs(...)` takes away the signs. Do not round.


# %% tags=["exercise"]
def naive_error(walk):
    return ...


# %% tags=["check"]
# @title Check 3.4
check.function(
    "3.4 naive forecast",
    naive_error,
    lambda walk: mean_absolute_error(walk[125:], np.full(len(walk) - 125, walk[124])),
    [(walks[21],), (walks[0],), (walks[6],)],
    hint="walk[124] is the last known price. Subtract it from walk[125:], drop the signs, take the mean.",
)


# %% tags=["solution"]
# @title Solution 3.4
def naive_error_solution(walk):
    return np.mean(np.abs(walk[125:] - walk[124]))


check.solution("3.4 naive forecast", naive_error_solution)

# %%
line_error = np.mean([mean_absolute_error(walk[future], bands(past, walk[past], future)[0]) for walk in walks])
stay_error = np.mean(np.abs(walks[:, 125:] - walks[:, [124]]))
print(f"mean absolute error over 1000 stocks: trend line ${line_error:.2f}, 'it stays as it is' ${stay_error:.2f}")

# %% [markdown]
# A forecast that needs no model at all beats the line. For a random walk, nothing can beat it on average.
#
# ## Gradient descent: walk downhill
#
# For a line there is a formula. For a neural network there is none, and you must *search* for the bottom of the cost.
# **Gradient descent** does that: feel which way is downhill, take a step, repeat. We practise on the smallest model
# there is, $H(x) = Wx$ (a line through zero, $H$ for hypothesis), with three points: 1, 2, 3 tablets and 1, 2, 3
# hours of effect. The right answer is plainly $W = 1$. The **cost** is half the mean squared error; the half is there
# because it cancels a 2 in the derivative.

# %%
tablets = np.array([1.0, 2.0, 3.0])
effect = np.array([1.0, 2.0, 3.0])


def cost(W):
    return np.mean((W * tablets - effect) ** 2) / 2


for W in (-1, 0, 1, 2, 3):
    print(f"W = {W:2d}: cost {cost(W):.2f}")

# %% [markdown]
# The cost is 0 at $W = 1$ and rises equally on both sides. The derivative of the cost with respect to $W$, the slope
# of this curve, is called the **gradient**:
#
# $$\frac{d\,\mathrm{cost}}{dW} = \mathrm{mean}\big((Wx - y)\,x\big)$$


# %%
def gradient(W):
    return np.mean((W * tablets - effect) * tablets)


print(f"at W = 2.5 the cost rises by {gradient(2.5):.1f} for each unit of W")


# %% tags=["figure"]
# @title Slider: the line and its cost for each W
def draw_weight(W=2.5):
    fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2))
    left.scatter(tablets, effect, zorder=3)
    left.plot([0, 3.5], [0, 3.5 * W], color="C1", linestyle="--")
    left.set(xlabel="tablets", ylabel="effect (h)", ylim=(-3, 9), title=f"H(x) = {W:.1f} x")
    axis = np.linspace(-1, 3, 80)
    right.plot(axis, [cost(w) for w in axis])
    near = np.array([W - 0.5, W + 0.5])
    right.plot(near, cost(W) + gradient(W) * (near - W), color="C1", linestyle="--", label="tangent: its slope")
    right.scatter(W, cost(W), color="C1", marker="^", s=60, zorder=3, label="this W")
    right.legend(loc="upper center", fontsize=9)
    right.set(xlabel="W", ylabel="cost (h$^2$)", ylim=(-1, 10), title=f"cost {cost(W):.2f}, slope {gradient(W):.1f}")
    return fig, (
        f"The cost is a parabola with its bottom at W = 1. At W = {W:.1f} the cost is {cost(W):.2f}, "
        f"and the tangent has a slope of {gradient(W):.1f}."
    )


plot.explore(draw_weight, W=(-1.0, 3.0, 0.1))

# %% [markdown]
# To the right of the bottom the slope is positive and you must go left; to the left of it the slope is negative and
# you must go right. So always step *against* the slope:
#
# $$W := W - \eta \cdot \mathrm{mean}\big((Wx - y)\,x\big)$$
#
# The sign $:=$ means "gets the new value". $\eta$ (eta) is the **learning rate**: how far you step for a given slope.
# You stop when the slope is 0 (in practice, tiny).

# %%
W, eta, steps = 3.0, 0.1, 0
while abs(gradient(W)) > 1e-6:
    if steps < 5:
        print(f"step {steps}: W = {W:.3f}, slope {gradient(W):6.3f}, cost {cost(W):.3f}")
    W = W - eta * gradient(W)
    steps += 1
print(f"stopped after {steps} steps at W = {W:.6f}")

# %% [markdown]
# The steps get shorter by themselves, because the slope gets smaller near the bottom. Before you move the next
# slider: what happens when the learning rate is very small, and what when it is too large?


# %% tags=["figure"]
# @title Slider: learning rate and number of steps
def draw_rate(eta=0.1, steps=10):
    path = [3.0]
    for _ in range(steps):
        path.append(path[-1] - eta * gradient(path[-1]))
    fig, ax = plt.subplots()
    axis = np.linspace(min(-1.2, *path), max(3.2, *path), 200)
    ax.plot(axis, [cost(w) for w in axis], color="grey", linewidth=1)
    walk = [cost(w) for w in path]
    ax.plot(path, walk, color="C1", linestyle="--", marker="o", markersize=5, linewidth=1, label="steps from W = 3")
    ax.scatter(path[-1], cost(path[-1]), marker="^", s=80, color="C0", zorder=3, label="last step")
    ax.legend(loc="upper center", fontsize=9)
    ax.set(xlabel="W", ylabel="cost (h$^2$)", title=f"eta = {eta:.2f}: cost {cost(path[-1]):.3g} after {steps} steps")
    return fig, f"With a learning rate of {eta:.2f} the cost goes from 9.33 to {cost(path[-1]):.3g} in {steps} steps."


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
    ax.plot(path, [cost(w) for w in path], color="C1", linestyle="--", marker="o", linewidth=1)
    ax.set(xlabel="W", title=f"{name}: eta = {eta}")
axes[0].set_ylabel("cost (h$^2$)")
plot.show(
    fig, alt="Eight steps: eta 0.01 hardly moves, 0.1 reaches the bottom, 0.45 jumps from side to side and climbs."
)

# %% [markdown]
# Too small: after 8 steps you are still high on the slope. Too large: each step lands *higher* on the other side, and
# the cost grows without end. For this curve the border lies at $\eta = 3/7 \approx 0.43$; in general it is 2 divided
# by the curvature (the second derivative; with several weights, the largest one). If you see a training **loss** -
# another word for the cost - that climbs or turns into `nan`, lower the learning rate first.
#
# ### A computer can take the derivative
#
# PyTorch is a library for neural networks, and a **tensor** is its array. It records what you calculate with a tensor
# and works out the gradient itself (**autograd**), so nobody has to differentiate a network by hand. Compare three
# ways at $W = 2.5$.

# %%
W_tensor = torch.tensor(2.5, dtype=torch.float64, requires_grad=True)
x_tensor, y_tensor = torch.tensor(tablets), torch.tensor(effect)
loss = ((W_tensor * x_tensor - y_tensor) ** 2).mean() / 2
loss.backward()  # fills W_tensor.grad

by_autograd = W_tensor.grad.item()
by_difference = (cost(2.5 + 1e-5) - cost(2.5 - 1e-5)) / 2e-5
print(f"formula {gradient(2.5):.6f}, autograd {by_autograd:.6f}, tiny steps to both sides {by_difference:.6f}")

# %% [markdown]
# ### Two weights: a surface
#
# With an intercept, $H(x) = Wx + b$, the cost is a surface over the plane $(W, b)$, and the gradient has two parts,
# one for each direction: $\mathrm{mean}((Wx+b-y)\,x)$ for $W$ and $\mathrm{mean}(Wx+b-y)$ for $b$. Back to the four
# students.
#
# `descend` below walks with any number of columns: `X` holds one column for each weight, and a column of ones stands
# for $b$. `X @ weights` multiplies each row of `X` by the weights and adds up; `X.T` is `X` with rows and columns
# swapped.
#
# In the picture that follows, each dot is a step and the star is where the walk ends. The rings join points of equal
# cost; they are spaced by the logarithm of the cost, otherwise the ones near the bottom would be too wide to see it.


# %%
def descend(X, y, eta, steps):
    """All weights that gradient descent visits, beginning with zeros."""
    path = [np.zeros(X.shape[1])]
    for _ in range(steps):
        errors = X @ path[-1] - y
        path.append(path[-1] - eta * X.T @ errors / len(y))
    return np.array(path)


def with_ones(*columns):
    return np.column_stack([*columns, np.ones(len(columns[0]))])


standard_hours = (hours - hours.mean()) / hours.std()
paths = {
    "hours as they are, eta 0.05": (hours, descend(with_ones(hours), scores, 0.05, 2000)),
    "standardised hours, eta 0.5": (standard_hours, descend(with_ones(standard_hours), scores, 0.5, 2000)),
}

# %% tags=["figure"]
# @title Cost surface and the walk down, before and after standardising
fig = plt.figure(figsize=(9, 3.6))
for place, (name, (x, path)) in enumerate(paths.items()):
    W_range = [(-3, 25), (-50, 60)][place]
    W_grid, b_grid = np.meshgrid(np.linspace(*W_range, 60), np.linspace(-5, 105, 60))
    surface = np.mean((W_grid[..., None] * x + b_grid[..., None] - scores) ** 2, axis=-1) / 2
    if place == 0:
        ax = fig.add_subplot(1, 3, 1, projection="3d")
        ax.plot_surface(W_grid, b_grid, surface, cmap="viridis", alpha=0.9)
        ax.set(xlabel="W", ylabel="b", zticks=[], title="height: cost, raw hours")
    ax = fig.add_subplot(1, 3, 2 + place)
    ax.contour(W_grid, b_grid, np.log(surface), levels=12, linewidths=0.8)
    ax.plot(*path.T, color="C1", linestyle="-", marker="o", markersize=3, linewidth=1)
    ax.scatter(*path[-1], marker="*", s=120, color="black", zorder=4)
    ax.set(xlabel="W", ylabel="b (points)", title=name, xlim=W_range, ylim=(-5, 105))
    ax.title.set_fontsize(9.5)
plot.show(
    fig,
    alt="The cost over W and b is a long narrow valley for raw hours, in which the walk creeps along the floor, "
    "and a round bowl for standardised hours, in which it goes straight to the bottom.",
)

# %%
for name, (x, path) in paths.items():
    costs = np.mean((path @ with_ones(x).T - scores) ** 2, axis=1) / 2
    print(f"{name}: {np.argmax(costs < 4.15 + 0.001)} steps until the cost is within 0.001 of the lowest")
print(f"lowest cost: half of {mse_best:.1f} = {mse_best / 2:.2f}")

# %% [markdown]
# In the narrow valley only a small learning rate is safe, and with it the walk along the floor takes for ever. After
# standardising the valley is a round bowl. That is one practical reason why you scale columns before you train.
#
# ### Your turn 3.5: one step with two weights
#
# Write `one_step(W, b, x, y, eta)`: one step of gradient descent for $H(x) = Wx + b$. Return the tuple `(new W, new
# b)`. Compute both gradients *before* you change anything. Do not round.


# %% tags=["exercise"]
def one_step(W, b, x, y, eta):
    return ...


# %% tags=["check"]
# @title Check 3.5
check.function(
    "3.5 one step",
    one_step,
    lambda W, b, x, y, eta: tuple(np.array([W, b]) - eta * with_ones(x).T @ (with_ones(x) @ [W, b] - y) / len(y)),
    [(0.0, 0.0, hours, scores, 0.06), (2.0, 79.0, hours, scores, 0.01), (1.5, -1.0, tablets, effect, 0.1)],
    hint="errors = W * x + b - y. The step for W uses np.mean(errors * x), the step for b uses np.mean(errors).",
)


# %% tags=["solution"]
# @title Solution 3.5
def one_step_solution(W, b, x, y, eta):
    errors = W * x + b - y
    return W - eta * np.mean(errors * x), b - eta * np.mean(errors)


check.solution("3.5 one step", one_step_solution)

# %% [markdown]
# ### Three ways, one answer
#
# The closed form for several columns is called the **normal equations**: $X^T X\, \beta = X^T y$. The table $X$ has
# one row for each car and a column of ones; $\beta$ (beta) holds all weights at once, the intercept included. (The
# names change from book to book: $b_1$, $W$ and $\beta$ are all weights.) $X^T$ is `X.T`, and a product of tables is
# `@` in Python. Solve them for the 40 cars, and compare with scikit-learn and with gradient descent on standardised
# columns (whose answer is then converted back to years, kilometres and kilowatts).

# %%
columns = np.column_stack([age, km, power])
X = with_ones(*columns.T)
by_normal_equations = np.linalg.solve(X.T @ X, X.T @ price)
by_sklearn = np.array([*multiple.coef_, multiple.intercept_])

mean, std = columns.mean(axis=0), columns.std(axis=0)
weights = descend(with_ones(*((columns - mean) / std).T), price, eta=0.5, steps=3000)[-1]
by_descent = np.array([*(weights[:-1] / std), weights[-1] - np.sum(weights[:-1] * mean / std)])

names = ["age", "km", "power", "intercept"]
for name, beta in zip(names, np.c_[by_normal_equations, by_sklearn, by_descent], strict=True):
    print(f"{name:10s}" + "".join(f"{value:12.6f}" for value in beta))
largest_gap = max(np.ptp([by_normal_equations, by_sklearn, by_descent], axis=0))
print("agree to 1e-6:", largest_gap < 1e-6)

# %% [markdown]
# Three routes, the same four numbers. Why then ever walk? Because the formula exists for a linear model and squared
# errors only, and because solving it gets slow with very many columns. Walking needs only a gradient.
#
# ### More than one valley
#
# The cost of a linear regression is **convex**: one valley, so every walk ends in the same place. The cost of a
# neural network is not. Here is a curve with two valleys. Before you move the slider: from which starts do you reach
# the deeper valley?


# %%
def hills(w):
    return 0.25 * w**4 - 1.5 * w**2 + 0.5 * w


def walk_hills(start, eta=0.05, steps=200):
    path = [start]
    for _ in range(steps):
        path.append(path[-1] - eta * (path[-1] ** 3 - 3 * path[-1] + 0.5))
    return path


# %% tags=["figure"]
# @title Slider: where a walk from each start ends
def draw_hills(start=2.5):
    path = walk_hills(start)
    fig, ax = plt.subplots()
    axis = np.linspace(-3, 3, 200)
    ax.plot(axis, hills(axis), color="grey")
    ax.plot(path, [hills(w) for w in path], color="C1", linestyle="", marker="o", markersize=4)
    ax.scatter(path[-1], hills(path[-1]), marker="^", s=90, color="C0", zorder=3)
    ax.set(xlabel="w", ylabel="cost", title=f"from {start:.1f} to {path[-1]:.2f}, cost {hills(path[-1]):.2f}")
    return fig, (
        f"A curve with a deep valley on the left and a shallow one on the right: the walk from {start:.1f} ends at "
        f"{path[-1]:.2f}, cost {hills(path[-1]):.2f}."
    )


plot.explore(draw_hills, start=(-3.0, 3.0, 0.5))

# %% [markdown]
# From 0 and everything to its left the walk ends in the deep valley, at -1.81 with a cost of -3.14. From 0.5 and
# everything to its right it ends in the shallow one, at 1.64 with a cost of -1.41.
#
# In both places the slope is 0 and the walk stops. Only one of them is the lowest point (the **global minimum**); the
# other is a **local minimum**. Gradient descent cannot tell them apart. That is one reason why, in the lab below, we
# train a network from several random starts and report how much the results differ. (Others: the random order of the
# rows, and dropout, both explained there.)
#
# ## The lab: Boston housing
#
# Now real data. In 1978 the economists Harrison and Rubinfeld asked what clean air is worth to people who buy a
# house. They collected 506 **census tracts** (neighbourhoods of a few thousand people) around Boston from the US
# census of 1970. Each row is one tract, not one house. The target `MEDV` is the median value of the owner-occupied
# homes in the tract, in \$1000 of 1970. Their own interest was `NOX`, the air, and they modelled the logarithm of the
# price; we predict `MEDV` itself, in its original version (Gilley and Pace corrected a few values in 1996).

# %%
housing = data.load_boston_housing(geo=True)
features = list(housing.columns[3:-1])

print(housing[[*features, "MEDV"]].shape, "rows and columns")
towns = housing["TOWN"].unique()
print(len(towns), "towns,", sum(town.startswith("Boston ") for town in towns), "of them districts of Boston")
print("missing values:", housing.isna().sum().sum())
value = housing["MEDV"]
print(f"MEDV from {value.min()} to {value.max()}, median {value.median()} thousand dollars")
print((housing["MEDV"] == 50).sum(), "tracts stand at exactly 50.0")

# %% [markdown]
# | Column | Meaning | Column | Meaning |
# |---|---|---|---|
# | CRIM | crime rate (unit doubtful: it reaches 89) | DIS | weighted distance to five employment centres |
# | ZN | % of land zoned for large lots | RAD | index of access to radial highways |
# | INDUS | % of non-retail business land | TAX | property tax, \$ per \$10,000 |
# | CHAS | 1 if the tract touches the Charles River | PTRATIO | pupils per teacher |
# | NOX | nitric oxides, parts per 10 million | B | made from the share of Black residents, see below |
# | RM | average rooms per home | LSTAT | % "lower status", see below |
# | AGE | % of homes built before 1940 | MEDV | median home value, \$1000: the target |
#
# `LSTAT` is the authors' word for the mean of two shares: adults without a high-school education, and male workers
# classed as labourers.
#
# Sixteen tracts stand at exactly 50.0: the census wrote "\$50,000 or more". Such a target is **censored** - we know
# it is at least 50, not how much. You meet the same in medicine: "survived more than 5 years", "below the detection
# limit".
#
# ### Column B
#
# Before you use a column, know what it is. `B` is $1000\,(s - 0.63)^2$, where $s$ is the share of Black residents.
# The authors *assumed* that a rising share lowers prices where few Black people live and raises them in segregated
# neighbourhoods, with the turning point at 63 %, and built that assumption about prejudice in the housing market into
# the column. Because a square forgets the sign, `B` cannot always be turned back into the share.

# %%
share = np.linspace(0, 1, 101)
fig, ax = plt.subplots()
ax.plot(100 * share, 1000 * (share - 0.63) ** 2)
ax.axhline(1000 * 0.37**2, color="C1", linestyle="--", label="136.9: the value at 100 %")
ax.axvline(63, color="grey", linewidth=1, linestyle=":", label="turning point 63 %")
ax.set(xlabel="share of Black residents (%)", ylabel="column B", ylim=(0, 420))
ax.legend()
plot.show(fig, alt="B falls from 396.9 at a share of 0 % to 0 at 63 % and rises again to 136.9 at 100 %.")

# %%
ambiguous = housing["B"] <= 1000 * 0.37**2
print((housing["B"] == 396.9).sum(), "tracts have B = 396.9: a share of 0 %, after rounding")
print(ambiguous.sum(), "tracts have B of 136.9 or less: two shares are possible")

# %% [markdown]
# Above the dashed line only the left branch is possible, and the share is known. Below it, in 36 tracts, two shares
# give the same B. For these reasons scikit-learn removed the whole data set. We keep it, because you will meet it in
# hundreds of tutorials and should know what is wrong with it, and we look at the models with and without `B`.
# Medicine had a column of this kind too: until 2021 a common formula for kidney function (eGFR) multiplied its result
# by 1.159 for Black patients.
#
# ### Your turn 3.6: turn B back
#
# Write `shares(B)`: the two shares $s$ that solve $B = 1000\,(s - 0.63)^2$, as a tuple `(smaller, larger)`. Shares
# are numbers like 0.25, not percent. `np.sqrt(...)` takes the root. Do not round. (A solution above 1 is impossible
# as a share; return it all the same.)


# %% tags=["exercise"]
def shares(B):
    return ...


# %% tags=["check"]
# @title Check 3.6
check.function(
    "3.6 turn B back",
    shares,
    lambda B: tuple(np.sort(np.roots([1000, -1260, 396.9 - B]).real)),
    [(90.0,), (10.0,), (136.9,), (350.0,)],
    hint="Divide by 1000, take the root: s - 0.63 is plus or minus that root.",
)


# %% tags=["solution"]
# @title Solution 3.6
def shares_solution(B):
    root = np.sqrt(B / 1000)
    return 0.63 - root, 0.63 + root


check.solution("3.6 turn B back", shares_solution)

# %% [markdown]
# ### Look at the data first
#
# We look at all 506 rows here: a small peek at the test rows. Strictly, one splits first.
#
# A map is the quickest check. The file writes 42 degrees and 22.5 *minutes* as 42.225, as if a degree had 100
# minutes, and does the same with the longitudes, counted from 71 degrees. Plotted as they stand, the tracts of
# Cambridge lie 17 km too far south, so we repair both.

# %%
housing["north"] = 42 + (housing["LAT"] - 42) * 100 / 60  # degrees
housing["east"] = -71 + (housing["LON"] + 71) * 100 / 60
place = housing[housing["TOWN"] == "Cambridge"].mean(numeric_only=True)
print(f"Cambridge: {place['LAT']:.3f} N in the file, {place['north']:.3f} N repaired; the atlas says 42.37 N")

# %% tags=["figure"]
# @title Map of the 506 tracts
fig, ax = plt.subplots(figsize=(6.8, 5.2))
dots = ax.scatter(housing["east"], housing["north"], c=housing["MEDV"], s=14)
beside = {
    **{"Salem": (-70.75, 42.55), "Lynn": (-70.75, 42.46), "Cambridge": (-71.27, 42.62)},
    **{"Boston Roxbury": (-70.8, 42.36), "Quincy": (-70.8, 42.31), "Wellesley": (-71.43, 42.09)},
    **{"Concord": (-71.42, 42.52), "Framingham": (-71.44, 42.21)},
}
for town, label in beside.items():
    place = housing.loc[housing["TOWN"] == town, ["east", "north"]].mean()
    ax.annotate(town, place, label, fontsize=9, ha="center", arrowprops={"arrowstyle": "-", "linewidth": 0.8})
ax.set(xlabel="longitude (degrees)", ylabel="latitude (degrees)", aspect=1 / np.cos(np.radians(42.3)))
fig.colorbar(dots, label="median home value ($1000)")
plot.show(
    fig,
    alt="Map of the 506 tracts: low values in Roxbury, in Lynn and in Boston's harbour districts; high values in the "
    "western suburbs and, in the centre, in Back Bay, Beacon Hill and on the side of Brookline.",
)

# %% [markdown]
# Neighbouring tracts have similar colours: dark in Roxbury, Lynn and the harbour districts, yellow in Back Bay,
# Beacon Hill and towards Brookline. Remember that; it will cost us something later. Next, the shape of each column
# (the target in orange).

# %% tags=["figure"]
# @title Histograms of the 14 columns
fig, axes = plt.subplots(2, 7, figsize=(9.2, 3.6), layout="constrained")
for ax, name in zip(axes.flat, [*features, "MEDV"], strict=True):
    ax.hist(housing[name], bins=20, color="C1" if name == "MEDV" else "C0")
    ax.set_title(name, fontsize=9)
    ax.tick_params(labelsize=6.5)
for ax in axes[:, 0]:
    ax.set_ylabel("tracts", fontsize=9)
plot.show(
    fig,
    alt="Histograms: CRIM, ZN, DIS and LSTAT pile up on the left with a long tail, B on the right; MEDV spikes at 50.",
)

# %% [markdown]
# CRIM, ZN, DIS, LSTAT and B are very lopsided: most tracts sit in one corner and a few far away. INDUS, RAD, TAX and
# PTRATIO have one high spike each: the 132 tracts of the city of Boston, which all carry the same four values. The
# spike at the right end of MEDV is the cap. Now the **correlation** $r$ of each column with the price: +1 is a
# perfect rising line, -1 a perfect falling one, 0 no line at all.

# %%
correlation = housing[features].corrwith(housing["MEDV"]).sort_values()
strong = correlation[correlation.abs() > 0.5]
print(strong.round(2).to_string())

fig, ax = plt.subplots(figsize=(7, 3))
ax.bar(correlation.index, correlation)
for level in (-0.5, 0.5):
    ax.axhline(level, color="C1", linestyle="--", linewidth=1)
ax.set(ylabel="r with MEDV")
ax.tick_params(axis="x", labelsize=8)
plot.show(
    fig, alt="Correlation with MEDV: LSTAT -0.74 and PTRATIO -0.51 below -0.5, RM +0.70 above +0.5, the rest between."
)

# %% [markdown]
# Three columns pass 0.5 in size: more rooms go with higher prices, a larger share of "lower status" and more pupils
# per teacher with lower ones. "Go with", not "cause".

# %% tags=["figure"]
# @title The price against rooms, LSTAT and the logarithm of LSTAT
fig, axes = plt.subplots(1, 3, figsize=(9, 3.1), sharey=True)
for ax, (label, x) in zip(
    axes,
    {"RM (rooms)": housing["RM"], "LSTAT (%)": housing["LSTAT"], "log of LSTAT": np.log(housing["LSTAT"])}.items(),
    strict=True,
):
    ax.scatter(x, housing["MEDV"], s=7, alpha=0.5)
    ax.set(xlabel=label, title=f"r = {np.corrcoef(x, housing['MEDV'])[0, 1]:.2f}")
axes[0].set_ylabel("MEDV ($1000)")
plot.show(
    fig,
    alt="Price rises with rooms, falls in a curve against LSTAT (r -0.74), in a line against its log (r -0.82).",
)

# %% [markdown]
# Against LSTAT the price falls along a curve; against its logarithm it falls along a line. A **logarithm** turns
# "twice as much" into "one step more" and is the usual medicine for lopsided columns (you know it from pH and from
# titres). The network will get such columns.
#
# ### Split, and the straight-line model
#
# We split as the course's old lab did: 30 % for the test, `random_state=123`, all 13 columns, and the scaler fitted
# on the training rows only.

# %%
train_rows, test_rows = train_test_split(housing, test_size=0.3, random_state=123)
X_train, y_train = train_rows[features], train_rows["MEDV"].to_numpy()
X_test, y_test = test_rows[features], test_rows["MEDV"].to_numpy()

linear = make_pipeline(StandardScaler(), LinearRegression()).fit(X_train, y_train)
linear_test = linear.predict(X_test)
print(f"{len(X_train)} tracts to train on, {len(X_test)} to test on")
print(f"linear regression: test MAE {mean_absolute_error(y_test, linear_test):.2f} thousand dollars")
print(f"linear regression: test MSE {mean_squared_error(y_test, linear_test):.2f} (thousand dollars)^2")

# %% [markdown]
# We open the test set for the straight line only, because it has nothing left to choose; for the two other models it
# stays closed until all choices are made.
#
# **MAE** 3.69: on average the prediction for a tract is \$3,690 off, up or down. **MSE** 28.41 is in squared
# thousands of dollars, a unit nobody can picture; its root, 5.33, is \$5,330. The root of the MSE is larger than the
# MAE because squaring lets the few large misses dominate.
#
# ### Your turn 3.7: R squared
#
# Is an MSE good? Compare it with the laziest model, which predicts the mean for everybody. Write `r_squared(true,
# predicted)`: one minus (the MSE of the predictions) divided by (the MSE you get by predicting `true.mean()` for
# every row). Do not round.


# %% tags=["exercise"]
def r_squared(true, predicted):
    return ...


# %% tags=["check"]
# @title Check 3.7
check.function(
    "3.7 R squared",
    r_squared,
    r2_score,
    [(scores, 79 + 2.3 * hours), (scores, 3.0 * hours + 79), (y_train, linear.predict(X_train))],
    hint="np.mean((true - predicted) ** 2) is the MSE of the predictions. What is the MSE of true.mean()?",
)


# %% tags=["solution"]
# @title Solution 3.7
def r_squared_solution(true, predicted):
    return 1 - np.mean((true - predicted) ** 2) / np.mean((true - true.mean()) ** 2)


check.solution("3.7 R squared", r_squared_solution)

# %% [markdown]
# Before you run the next cell: if a straight line were the right shape, what should the residuals look like when you
# plot them against the prediction?

# %%
train_residuals = y_train - linear.predict(X_train)
capped = y_train == 50
fig, ax = plt.subplots()
ax.scatter(linear.predict(X_train)[~capped], train_residuals[~capped], s=12, alpha=0.6, label="training tracts")
ax.scatter(linear.predict(X_train)[capped], train_residuals[capped], marker="^", label="capped at 50")
ax.axhline(0, color="black", linewidth=1)
ax.set(xlabel="predicted value ($1000)", ylabel="census minus predicted ($1000)")
ax.legend()
plot.show(
    fig,
    alt="Residuals of the line: a U, above zero at both ends and below it in between; capped tracts on a slope.",
)

# %% [markdown]
# They should be a shapeless cloud around zero. Instead they bend like a U: too low a prediction at both ends, too
# high in the middle. The truth is curved, and a straight line cannot follow. The capped tracts lie on a slanted line
# because their "truth" is always 50.
#
# ### Two models that can bend
#
# **Boosted trees** add up a hundred small decision trees ("RM above 6.9?"), each of which corrects part of the error
# that the ones before it left. We take scikit-learn's default settings.
#
# A **neural network** chains simple layers: multiply by a table of weights, add a **bias** (an intercept), set
# negative values to zero (ReLU), repeat. Lab 4 builds one by hand. Ours has 13 inputs, 128 and 64 hidden values and
# one output. Its choices (logarithms for the lopsided columns, size, learning rate, number of **epochs**, that is
# passes through all tracts) were compared by cross-validation on the 354 *training* rows.


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


# %% [markdown]
# A trained network depends on its random start. So we train **five** with different starts and average their
# predictions, an **ensemble**. To save time the five train side by side: `ParallelLinear` is an ordinary layer that
# holds five weight tables instead of one. You need not read it now.


# %% tags=["figure"]
# @title ParallelLinear: one layer of five networks
class ParallelLinear(nn.Module):
    """Five linear layers side by side: input (5, rows, n_in), output (5, rows, n_out)."""

    def __init__(self, n_in, n_out, members=5):
        super().__init__()
        bound = n_in**-0.5
        self.weight = nn.Parameter(torch.empty(members, n_in, n_out).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(members, 1, n_out).uniform_(-bound, bound))

    def forward(self, x):
        return torch.baddbmm(self.bias, x, self.weight)  # bias + x @ weight, for each member


# %% [markdown]
# **Dropout** switches off a random tenth of the hidden values in each training step, so that no value is relied on
# alone.


# %%
def make_network(n_columns):
    layers = []
    for n_in, n_out in ((n_columns, 128), (128, 64)):
        layers += [ParallelLinear(n_in, n_out), nn.ReLU(), nn.Dropout(0.1)]
    return nn.Sequential(*layers, ParallelLinear(64, 1)).double()  # 64-bit numbers, see below


weights_in_one = sum(p.numel() for p in make_network(13).parameters()) // 5
print(f"{weights_in_one} weights in each of the five networks, 354 training tracts")

# %% [markdown]
# Nearly thirty times as many weights as tracts. Dropout, weight decay (a gentle pull of all weights towards zero) and
# averaging keep it from learning the training tracts by heart.
#
# Training is gradient descent as above, with three additions: each step looks at a random **batch** of 32 tracts; the
# optimiser **AdamW** adapts the step size for each weight; and the learning rate falls to zero along a cosine. The
# network computes with 64-bit numbers (`.double()`), as NumPy does. Usual are 32 bits, about seven digits, whose
# rounding differs from processor to processor, and a long training lets the difference grow.


# %%
def fit_network(X, y, seed, epochs=150):
    """Train the ensemble; return a function that predicts."""
    torch.manual_seed(seed)
    scaler = StandardScaler().fit(unskew(X))
    inputs = torch.tensor(scaler.transform(unskew(X)))
    targets = torch.tensor((y - y.mean()) / y.std())
    network = make_network(X.shape[1])
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * math.ceil(len(X) / 32))
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(32):
            output = network(inputs[batch].expand(5, -1, -1)).squeeze(-1)
            loss = ((output - targets[batch]) ** 2).mean(dim=1).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    network.eval()  # dropout off

    def predict(X):
        inputs = torch.tensor(scaler.transform(unskew(X)))
        with torch.no_grad():
            return network(inputs.expand(5, -1, -1)).mean(dim=0).squeeze(-1).numpy() * y.std() + y.mean()

    return predict


# %% [markdown]
# ### Compare on the training rows: random folds and town folds
#
# The test set stays closed. To compare the models we use 5-fold cross-validation inside the training rows, in two
# ways:
#
# - **random folds**: any tract may be held out, also one whose neighbours stay in training;
# - **town folds**: all tracts of a town are held out together.
#
# Five columns (ZN, INDUS, RAD, TAX, PTRATIO) have the same value in every tract of a town: a fingerprint. It is the
# same with several X-rays of one patient. But the data count the city of Boston as 15 towns, its districts, and all
# 15 share *one* fingerprint: a district that is held out leaves it in training. So our town folds are too kind; we
# come back to that. Before you run it: which way will give the larger error, and for which model most?

# %%
fits = {
    "linear regression": lambda X, y: make_pipeline(StandardScaler(), LinearRegression()).fit(X, y).predict,
    "boosted trees": lambda X, y: GradientBoostingRegressor(random_state=0).fit(X, y).predict,
    "neural network": lambda X, y: fit_network(X, y, seed=0),
}
splitter = KFold(n_splits=5, shuffle=True, random_state=0)
random_folds = list(splitter.split(X_train))

train_towns = train_rows["TOWN"].unique()
town_folds = []
for _, held_out in splitter.split(train_towns):
    inside = train_rows["TOWN"].isin(train_towns[held_out]).to_numpy()
    town_folds.append((np.flatnonzero(~inside), np.flatnonzero(inside)))
print(len(train_towns), "towns in the training rows")


# %%
def cross_validate(fit, folds, columns=features):
    """For each fold the MAE ($1000) and the MSE."""
    measured = []
    for fitted, held_out in folds:
        predict = fit(X_train[columns].iloc[fitted], y_train[fitted])
        errors = y_train[held_out] - predict(X_train[columns].iloc[held_out])
        measured.append((np.mean(np.abs(errors)), np.mean(errors**2)))
    return np.array(measured)


# %%
torch.set_num_threads(1)  # networks this small run faster on one core
cv = {}
for name, fit in fits.items():
    for kind, folds in (("random", random_folds), ("town", town_folds)):
        cv[name, kind] = cross_validate(fit, folds)
        (mae, mse), (mae_sd, mse_sd) = cv[name, kind].mean(axis=0), cv[name, kind].std(axis=0, ddof=1)
        print(f"{name:17s} {kind:6s} folds: MAE {mae:.2f} +-{mae_sd:.2f} ($1000), MSE {mse:.1f} +-{mse_sd:.1f}")

# %% [markdown]
# By random folds the network misses by about \$2,000, the trees by \$2,280, the straight line by \$3,290. When whole
# towns are held out, all three get worse, and the two models that can bend get worse most, by \$450 to \$500: part of
# their skill probably came from recognising the town. The numbers after +- are standard deviations from fold to fold:
# a single split cannot settle small differences.
#
# Now hold out the whole city. Train on the training rows outside Boston, and predict those inside. Before you run it:
# will the line or the trees suffer more?

# %%
in_boston = train_rows["TOWN"].str.startswith("Boston ").to_numpy()
whole_city = [(np.flatnonzero(~in_boston), np.flatnonzero(in_boston))]
city_mae = {name: cross_validate(fits[name], whole_city)[0, 0] for name in ("linear regression", "boosted trees")}
for name, mae in city_mae.items():
    print(f"{name:17s} trained on {(~in_boston).sum()} tracts, MAE {mae:.1f} ($1000) on {in_boston.sum()} in Boston")
largest = X_train.groupby(in_boston)[["CRIM", "RAD"]].max().rename({False: "elsewhere", True: "in Boston"})
print("largest values", largest.round(1).to_string(), sep="\n")

# %% [markdown]
# The line misses by \$23,300, more than the median home in Boston was worth. Elsewhere the crime rate never passes
# 4.1 and RAD never passes 8, so the slopes were learned from small values, and in Boston the line follows them far
# out, where nothing has tested them. This is **extrapolation**. Trees do not follow a slope outwards: beyond the
# largest value seen in a column their prediction stays flat. They miss by \$4,900, still twice their error in random
# folds. A test is only as hard as what it holds out: for another tract in a known town read the random folds, for a
# new town the town folds, and for a place unlike all others neither.
#
# ### Your turn 3.8: how much do the sets overlap?
#
# And our random test set? Write `known_town(train_towns, test_towns)`: the share of test rows whose town also occurs
# among the training rows, a number from 0 to 1. `np.isin(a, b)` says for each element of `a` whether it occurs in
# `b`; the mean of True and False is a share.


# %% tags=["exercise"]
def known_town(train_towns, test_towns):
    return ...


# %% tags=["check"]
# @title Check 3.8
check.function(
    "3.8 known towns",
    known_town,
    lambda a, b: sum(town in set(a) for town in b) / len(b),
    [
        (np.array(["Lynn", "Quincy"]), np.array(["Lynn", "Salem", "Nahant", "Lynn", "Hull"])),
        (train_rows["TOWN"].to_numpy(str), test_rows["TOWN"].to_numpy(str)),
        (np.array(["Lynn", "Quincy", "Hull"]), np.array(["Lynn", "Lynn", "Lynn", "Salem"])),
    ],
    hint="np.isin(test_towns, train_towns): one True or False for each test row. Which of the two comes first?",
)


# %% tags=["solution"]
# @title Solution 3.8
def known_town_solution(train_towns, test_towns):
    return np.mean(np.isin(test_towns, train_towns))


check.solution("3.8 known towns", known_town_solution)

# %%
known = test_rows["TOWN"].isin(train_rows["TOWN"])
print(f"{known.mean():.0%} of the test tracts lie in a town that the models have seen")

# %% [markdown]
# So the test set answers the question "another tract in a known town", not "a new town". Keep that in mind for the
# numbers below.
#
# ### With and without B
#
# Still on the training rows: the same folds, once with all 13 columns, once with 12.

# %%
without_B = [name for name in features if name != "B"]
for name in ("linear regression", "boosted trees"):
    change = (cross_validate(fits[name], random_folds, without_B) - cv[name, "random"])[:, 0]
    print(f"{name:17s} MAE {change.mean():+.2f} ($1000), SD of folds {change.std(ddof=1):.2f}; ", end="")
    print(f"larger in {(change > 0).sum()} of {len(change)} folds")

# %% [markdown]
# Without B the MAE moves by about \$20 and \$10, less than it moves from fold to fold, and it gets larger in two of
# five folds for either model: too little to matter. (We have not tried the network.) Has race now left the data?
# Before you run the next cell: can a simple classifier tell from the *other* twelve columns which tracts are the 36
# with B of 136.9 or less? (These are the tracts where at least 26 % of the residents are Black.) **Logistic
# regression** turns a weighted sum of the columns into a probability. The **AUC** is the share of pairs, one of the
# 36 tracts and one other, in which it gives the higher probability to the right one: 0.5 would be a coin, 1 perfect.
# Each town is held out once.

# %%
classifier = make_pipeline(StandardScaler(), LogisticRegression())
split = LeaveOneGroupOut().split(housing, groups=housing["TOWN"])
guess = cross_val_predict(classifier, housing[without_B], ambiguous, cv=split, method="predict_proba")[:, 1]
in_city = housing["TOWN"].str.startswith("Boston ")
print(f"AUC for 'B is 136.9 or less', from the 12 other columns: {roc_auc_score(ambiguous, guess):.2f}")
print(f"{(ambiguous & in_city).sum()} of the {ambiguous.sum()} tracts lie in the city of Boston")
print(f"AUC of the question 'TAX = 666?' alone: {roc_auc_score(ambiguous, housing['TAX'] == 666):.2f}")

# %% [markdown]
# In 79 of 100 pairs the twelve remaining columns pick the right tract. It is not hard: 33 of the 36 lie in Boston,
# and TAX, RAD or INDUS alone give Boston away. Dropping a column does not drop the information: the others are
# **proxies** for it. A model that never sees race can still treat groups differently, so fairness must be measured in
# the results.
#
# ### The test set, once for each model
#
# All choices are made. Now each model predicts the 152 test tracts. The ensemble is trained five times from scratch,
# with seeds 0 to 4, so that you see how much chance is left in it.

# %%
trees = GradientBoostingRegressor(random_state=0).fit(X_train, y_train)
networks = [fit_network(X_train, y_train, seed) for seed in range(5)]
network_tests = np.array([predict(X_test) for predict in networks])
network_mse = np.mean((network_tests - y_test) ** 2, axis=1)
network_mae = np.mean(np.abs(network_tests - y_test), axis=1)
network_test, trees_test = network_tests[0], trees.predict(X_test)

models = {
    "mean of the training rows": np.full(len(y_test), y_train.mean()),
    "linear regression": linear_test,
    "boosted trees": trees_test,
}
print("152 test tracts                         MSE   MAE ($1000)")
for name, predictions in models.items():
    mse, mae = mean_squared_error(y_test, predictions), mean_absolute_error(y_test, predictions)
    print(f"{name:34s} {mse:8.2f}  {mae:5.2f}")
print("the old lab's network, as reported    18.42   2.71")
print(f"our network, mean of five seeds    {network_mse.mean():8.2f}  {network_mae.mean():5.2f}")
print(f"  standard deviation of the seeds  {network_mse.std(ddof=1):8.2f}  {network_mae.std(ddof=1):5.2f}")

# %% [markdown]
# Read it in dollars. Whoever predicts the mean for every tract misses by \$6,680 on average; the straight line by
# \$3,690; our ensemble by about \$2,140, and the seed hardly changes that, because averaging five networks has
# already removed most of the chance. The old lab reported 18.42 and 2.71 on this same split; we quote its numbers and
# have not run it again. Its layers had the same sizes, 13-128-64-1, but the comparison is not like for like: it
# trained a single network with plain Adam for 100 epochs, ours averages five with logarithms, AdamW, weight decay, a
# cosine and 150 epochs. The boosted trees needed no tuning and come close: a slightly larger MAE, a slightly smaller
# MSE.
#
# One number should make you stop. Cross-validation on the training rows had promised an MSE of about 8, and the test
# rows say 14. Did we do something wrong? Look at the single tracts.
#
# ### How sure is the test error?
#
# First the MAE, with an interval. The **bootstrap** draws the 152 tracts again and again with replacement and shows
# how far the MAE moves.

# %%
test_towns = test_rows["TOWN"].to_numpy(str)
misses = {
    "straight line": np.abs(y_test - linear_test),
    "boosted trees": np.abs(y_test - trees_test),
    "network, seed 0": np.abs(y_test - network_test),
}
for name, miss in misses.items():
    row_low, row_high = stats.bootstrap_interval(np.mean, miss)
    low, high = stats.bootstrap_interval(np.mean, miss, groups=test_towns)
    print(f"{name:16s} MAE {miss.mean():.2f}, 95 % by tract {row_low:.2f}-{row_high:.2f}, by town {low:.2f}-{high:.2f}")

# %% [markdown]
# 152 tracts are few. Tracts of one town tend to be wrong together, so drawing whole towns is the honest version: for
# the straight line it gives a clearly wider interval. (The 15 districts of Boston count as separate towns, so even
# this one may be too narrow.) The interval is for these fitted models; it leaves out the chance in their training.
#
# To compare two models, do not compare two intervals. Take the *same* tracts and the difference of the two errors,
# tract by tract.

# %%
for name in ("straight line", "boosted trees"):
    gain = misses[name] - misses["network, seed 0"]  # positive: the network is closer
    low, high = stats.bootstrap_interval(np.mean, gain, groups=test_towns)
    print(f"network closer than {name} by {gain.mean():.2f} ($1000) on average, 95 % by town {low:.2f} to {high:.2f}")

# %% [markdown]
# The interval of the gain over the straight line lies wholly above zero: the network is better, by something between
# \$890 and \$2,150. The interval of the gain over the trees includes zero: on this test set nobody can tell network
# and trees apart.
#
# ### Where the error sits

# %%
squared = (y_test - network_test) ** 2
worst = np.argsort(squared)[::-1][:6]
rest = np.setdiff1d(np.arange(len(y_test)), worst)
for row in worst[:3]:
    print(f"{test_towns[row]}: census {y_test[row]:.1f}, network {network_test[row]:.1f} ($1000)")
low, high = stats.bootstrap_interval(np.mean, squared, groups=test_towns)
print(f"MSE of all 152 tracts {squared.mean():.1f}, 95 % by town {low:.1f} to {high:.1f}")
print(f"share of the six worst tracts in the squared error: {squared[worst].sum() / squared.sum():.2f}")
print(f"without them: MSE {squared[rest].mean():.1f}, MAE {misses['network, seed 0'][rest].mean():.2f}")

# %% tags=["figure"]
# @title Residuals of the test tracts
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharex=True, sharey=True)
at_cap = y_test == 50
for ax, (name, values) in zip(axes, {"straight line": linear_test, "network": network_test}.items(), strict=True):
    ax.scatter(values[~at_cap], (y_test - values)[~at_cap], s=12, alpha=0.6, label="test tracts")
    ax.scatter(values[at_cap], (y_test - values)[at_cap], marker="^", label="capped at 50")
    ax.axhline(0, color="black", linewidth=1)
    ax.set(xlabel="predicted value ($1000)", title=f"{name}, MAE {mean_absolute_error(y_test, values):.2f}")
axes[0].set_ylabel("census minus predicted ($1000)")
axes[0].legend(fontsize=9)
plot.show(
    fig, alt="Test residuals: a U for the straight line; for the network a flat cloud with a few tracts far outside it."
)

# %% [markdown]
# The U has gone; most tracts lie within a few thousand dollars of zero. But six tracts of 152 carry two thirds of the
# squared error. The worst lies in Back Bay on the Charles River and has 8.8 rooms per home: the network expects
# almost \$49,000 and the census says \$21,900. Nothing in the 13 columns says why. Another of the six, in Beacon
# Hill, is capped at 50, so that we do not even know its true median.
#
# So the MSE of a small test set hangs on whether a few such tracts happen to be in it. That is why its interval is so
# wide (it also contains the 8 of the cross-validation), why trees and network swap places between MAE and MSE, and
# why you should never report an error without an interval. But not all of the gap need be bad luck: the network's
# choices were tuned on the training rows, so its 8 was somewhat too good. The trees, which nobody tuned, rose less,
# from 11 to 13.
#
# ### Are the errors alike for all tracts?
#
# Average errors hide groups. Split the test tracts by column B.

# %%
in_36 = ambiguous[test_rows.index].to_numpy()
for name, miss in misses.items():
    print(f"{name:16s} MAE {miss[in_36].mean():.1f} in {in_36.sum()} tracts with B of 136.9 or less, ", end="")
    print(f"{miss[~in_36].mean():.1f} in the other {(~in_36).sum()} ($1000)")

# %% [markdown]
# All three models miss by more in the fourteen tracts, where at least 26 % of the residents are Black. Eleven of them
# lie in Boston, and fourteen are too few to say why. But this is the comparison that dropping a column does not spare
# you.
#
# ### Which columns does the network lean on?
#
# **Permutation importance**: shuffle one column among the test tracts, so that it carries no information any more,
# and see by how much the MAE rises.


# %%
def permutation_importance(predict, X, y, repeats=5):
    """Rise of the MAE when one column is shuffled, mean over the repeats."""
    rng = np.random.default_rng(SEED)
    rise = {}
    for name in X.columns:
        maes = []
        for _ in range(repeats):
            shuffled = X.copy()
            shuffled[name] = rng.permutation(X[name])
            maes.append(mean_absolute_error(y, predict(shuffled)))
        rise[name] = np.mean(maes) - mean_absolute_error(y, predict(X))
    return pd.Series(rise)


# %%
importance = pd.DataFrame(
    {
        "linear": permutation_importance(linear.predict, X_test, y_test),
        "trees": permutation_importance(trees.predict, X_test, y_test),
        "network": permutation_importance(networks[0], X_test, y_test),
    }
).sort_values("network")
fig, axes = plt.subplots(1, 3, figsize=(9, 3.6), sharey=True)
for ax, name in zip(axes, importance.columns, strict=True):
    ax.barh(importance.index, importance[name])
    ax.set(xlabel="rise of the MAE ($1000)", title=name)
plot.show(
    fig,
    alt="Permutation importance: LSTAT is the most important column for all three models, RM is second for the trees.",
)

# %% [markdown]
# Compare the order of the bars, not their length from panel to panel. All three lean on LSTAT most; trees and network
# then use the rooms (RM) and the distance to the work places (DIS). Two cautions. Columns that go together mislead:
# trees may share the importance between them; in the straight line TAX and RAD (r = 0.91) pull in opposite
# directions, and shuffling one alone makes rows that cannot exist and inflates both. And importance says what the
# *model* uses, not what makes a price: nobody's house becomes dearer because somebody edits a table.
#
# ### Predict a real place
#
# The old lab ended by "predicting" houses made of random numbers, for which nobody can say whether the prediction is
# right. We take a real tract from the test set, row 1 (rows count from 0), chosen before we saw any prediction. It
# lies in Wakefield, north of Boston: 6.6 rooms per home, 6.5 % lower status, 18.5 pupils per teacher, 56 % of the
# homes built before 1940. Before you run it: guess its value.


# %% tags=["figure"]
# @title Slider: one test tract, three predictions and the census
def draw_tract(row=1):
    tract = test_rows.iloc[row]
    values = {"network": network_test[row], "trees": trees_test[row], "straight line": linear_test[row]}
    values["census"] = tract["MEDV"]
    fig, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.2))
    left.scatter(housing["east"], housing["north"], s=5, color="lightgrey")
    left.scatter(tract["east"], tract["north"], marker="^", s=90, color="C1")
    left.set(
        xlabel="longitude",
        ylabel="latitude",
        title=f"{tract['TOWN']}: RM {tract['RM']:.1f}, LSTAT {tract['LSTAT']:.1f} %",
    )
    bars = right.barh(list(values), list(values.values()), color=["C0", "C0", "C0", "C1"])
    right.bar_label(bars, fmt="%.1f", padding=3)
    right.set(xlabel="value ($1000)", xlim=(0, 65))
    return fig, f"Test tract {row} in {tract['TOWN']}: " + ", ".join(f"{k} {v:.1f}" for k, v in values.items())


plot.explore(draw_tract, row=(0, 151))

# %% [markdown]
# The network says about a thousand dollars too much, less than 4 % of the value: an ordinary tract, an ordinary miss.
# Move the slider through the 152 test tracts. Row 5 is the one in Back Bay. A model that is good on average can be
# far off for the case in front of you, and it does not tell you when.
#
# ## What these numbers may say, and what not
#
# - **Association is not causation.** Tracts with more rooms per home have higher prices. That does not tell you what
#   adding a room would do; many other things differ between those tracts. The same holds for NOX, the column the
#   authors cared about.
# - **Tracts are not houses or people.** The rows are summaries of neighbourhoods. To conclude from them about one
#   household is called the **ecological fallacy**; the same warning stands over every study that compares countries
#   or hospitals.
# - **1970 is not today.** Prices, air, schools and laws have changed. The model is an exercise, not a valuation.
# - **Column B and LSTAT are about people.** Such columns can make a model accurate and unfair at the same time.
#
# ## Take-home: California housing
#
# A larger relative: 20,640 census block groups from 1990, eight columns, no race column, with coordinates.
# scikit-learn downloads it, so you need to be online. Copy this into a new cell and go on from there: which model
# wins by random folds, and which if you hold out whole regions (for example one-degree squares of latitude and
# longitude)? The target is in \$100,000 and again capped, at about 5.
#
# ```python
# from sklearn.datasets import fetch_california_housing
# from sklearn.ensemble import HistGradientBoostingRegressor
#
# california = fetch_california_housing(as_frame=True)
# homes, values = california.data, california.target
# squares = homes["Latitude"].round().astype(str) + homes["Longitude"].round().astype(str)  # groups to hold out
# homes_fit, homes_new, values_fit, values_new = train_test_split(homes, values, test_size=0.3, random_state=123)
# model = HistGradientBoostingRegressor(random_state=0).fit(homes_fit, values_fit)
# print(mean_absolute_error(values_new, model.predict(homes_new)))
# ```
#
# ## Quiz

# %% tags=["quiz"]
# @title Q1
check.quiz(
    "Q1",
    "You give 60 mg of the drug to one new patient. Which band says where the duration will probably be?",
    [
        "The confidence band, because it covers 95 %",
        "The prediction band",
        "Either of them, if the study was large enough",
        "Neither: a regression is about averages only",
    ],
    1,
    [
        "Its 95 % is about the mean of all such patients. It caught fewer than a third of single new patients.",
        "It contains the new patient's own error e and caught about 95 % of them.",
        "With a larger study the confidence band gets ever narrower, and misses nearly every new patient.",
        "The prediction band is about a single patient, provided that the model's assumptions hold.",
    ],
)

# %% tags=["quiz"]
# @title Q2
check.quiz(
    "Q2",
    "During gradient descent the cost goes 9, 14, 23, 41, ... What do you change first?",
    ["More steps", "Another random start", "A larger learning rate", "A smaller learning rate"],
    3,
    [
        "Each step makes it worse, so more of them make it much worse.",
        "That helps against a local minimum. Here the steps would be too long from any start.",
        "The steps are too long already: they jump across the valley.",
        "The steps jump across the valley and land higher up; shorter ones go down.",
    ],
)

# %% tags=["quiz"]
# @title Q3
check.quiz(
    "Q3",
    "Your model reads X-rays, ten of each patient. Which cross-validation tells how it will do on new patients?",
    [
        "Folds that hold out whole patients",
        "Random folds over all X-rays, because that is the most random",
        "Random folds, repeated many times to make the estimate precise",
        "No cross-validation: the training error is enough",
    ],
    0,
    [
        "Then no patient is on both sides, as no town was on both sides of the town folds.",
        "Then nearly every test image has relatives in training, and the error looks too small.",
        "Repeating makes the wrong number precise, not right.",
        "The training error says how well the model remembers.",
    ],
)

# %% tags=["quiz"]
# @title Q4
check.quiz(
    "Q4",
    "You delete the column that encodes race. What follows?",
    [
        "The model cannot treat groups differently any more",
        "The predictions must get much worse",
        "Other columns may still carry the information",
        "The model is now causal",
    ],
    2,
    [
        "The other twelve columns picked the 36 tracts with an AUC of 0.79, even with whole towns held out.",
        "Here the error moved by less than it varies from fold to fold.",
        "Proxies remain. So compare the errors between groups: fairness has to be measured in the results.",
        "Deleting a column does not turn an association into a cause.",
    ],
)

# %% tags=["quiz"]
# @title Q5
check.quiz(
    "Q5",
    "Length of stay (days) is regressed on age (years) and blood pressure. The coefficient of age is 0.1. So:",
    [
        "Getting one year older makes a patient stay 0.1 days longer",
        "Patients one year older stay 0.1 days longer on average, at the same blood pressure",
        "Age, the dependent variable, rises by 0.1 years for each day of stay",
        "Age explains 10 % of the length of stay",
    ],
    1,
    [
        "That is a statement about a cause, and about one patient over time. The table compares different patients.",
        "A coefficient compares rows that are alike in the other columns.",
        "The dependent variable is what you predict: the length of stay. Age is an independent variable.",
        "A coefficient is a slope in days per year, not a share.",
    ],
)

# %%
check.summary()

# %% [markdown]
# ## What this lab has shown

# %% tags=["nbval-check-output"]
claims = [
    np.allclose([hours.mean(), scores.mean(), numerator, denominator], [5, 90.5, 46, 20]),
    np.allclose(least_squares(hours, scores), [2.3, 79]) and np.allclose(predicted, [83.6, 88.2, 92.8, 97.4]),
    np.allclose([np.mean((scores - 3 * hours - b) ** 2) for b in (76, 79)], [11, 23]) and np.isclose(mse_best, 8.3),
    0.93 < coverage[0] < 0.97 and 0.93 < coverage[1] < 0.97 and coverage[2] < 0.5,  # what the two bands promise
    largest_gap < 1e-6,  # normal equations, scikit-learn, gradient descent
    np.isclose(by_autograd, gradient(2.5)) and np.isclose(by_difference, gradient(2.5)),
    np.mean(inside_band) < 0.6,  # a trend line's band on a random walk
    strong.round(2).to_dict() == {"LSTAT": -0.74, "PTRATIO": -0.51, "RM": 0.7},
    housing.shape[0] == 506 and housing["TOWN"].nunique() == 92 and (housing["MEDV"] == 50).sum() == 16,
    round(mean_squared_error(y_test, linear_test), 2) == 28.41,
    round(mean_absolute_error(y_test, linear_test), 2) == 3.69,
    13 < network_mse.mean() < 15 and 2.0 < network_mae.mean() < 2.25,  # the old lab reported 18.42 and 2.71
    all(cv[name, "town"][:, 0].mean() > cv[name, "random"][:, 0].mean() for name in fits),  # unseen towns are harder
    20 < city_mae["linear regression"] < 27 and 4 < city_mae["boosted trees"] < 6,  # and an unseen city most of all
]
for number, claim in enumerate(claims, start=1):
    assert claim, f"claim {number} does not hold"
print(f"All {len(claims)} claims hold.")

# %% [markdown]
# ## Summary
#
# - A least-squares line has a formula; gradient descent reaches the same line step by step and also works where no
#   formula exists.
# - The confidence band is about the mean, the prediction band about the next patient.
# - A good fit to the past is no forecast when the errors depend on each other.
# - On the same split the network misses by about \$2,100, boosted trees by \$2,300, a straight line by \$3,700; six
#   of 152 tracts make up two thirds of the network's squared error.
# - Neighbours on both sides of the split flatter a model; hold out whole towns, or whole patients, if the next case
#   comes from a new one.
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
# | confidence interval, band | 신뢰구간, 신뢰대 | range for a mean (or another fixed unknown); drawn along the line |
# | prediction interval, band | 예측구간, 예측대 | range for one new observation; drawn along the line |
# | confounder | 교란변수 | a third variable that moves both x and y |
# | random walk | 확률보행 | each value is the last one plus chance |
# | cost function | 비용함수 | the number that training makes small |
# | gradient | 기울기(그래디언트) | the slope of the cost, one number for each weight |
# | gradient descent | 경사하강법 | stepping against the slope of the cost |
# | learning rate | 학습률 | step length for a given slope |
# | local, global minimum | 국소 최솟값, 전역 최솟값 | lower than its neighbourhood; lower than everything |
# | convex | 볼록 | with a single valley |
# | normal equations | 정규방정식 | closed form of least squares with several columns |
# | censored value | 중도절단값 | known only to lie beyond a limit |
# | logarithm | 로그 | turns "twice as much" into "one step more" |
# | neural network | 신경망 | layers of weighted sums with a bend between them |
# | epoch, batch | 에포크, 배치 | one pass through all rows; the few rows of one step |
# | dropout | 드롭아웃 | switching off random hidden values in training |
# | extrapolation | 외삽 | predicting beyond the values seen in training |
# | ensemble | 앙상블 | several models whose predictions are averaged |
# | permutation importance | 순열 중요도 | rise of the error when a column is shuffled |
# | proxy variable | 대리변수 | carries the information of a column that is not there |
# | ecological fallacy | 생태학적 오류 | concluding about individuals from group averages |
#
# ## References
#
# - Harrison D, Rubinfeld DL. Hedonic housing prices and the demand for clean air. J Environ Econ Manage
#   1978;5:81-102.
# - Gilley OW, Pace RK. On the Harrison and Rubinfeld data. J Environ Econ Manage 1996;31:403-405.
# - Carlisle M. Racist data destruction? Medium, 2019. (On column B.)
# - Inker LA et al. New creatinine- and cystatin C-based equations to estimate GFR without race. N Engl J Med
#   2021;385:1737-1749.
# - Friedman JH. Greedy function approximation: a gradient boosting machine. Ann Stat 2001;29:1189-1232.
# - Efron B, Tibshirani RJ. An Introduction to the Bootstrap. Chapman & Hall, 1993.
