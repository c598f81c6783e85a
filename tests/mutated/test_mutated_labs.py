"""What a learner may break in a training shows in the compared numbers, on this machine and on another one.

Only the cells that a few compared cells need are run, each time in a new kernel. It takes a quarter of an hour, so that
`pytest` alone leaves this folder out: run `pytest tests/mutated`.
"""

import pytest
from kernels import execute, notebook
from notebook_files import ROOT, machines, printed
from notebook_functions import cells_for

MACHINES = {"this machine": {}, "AVX2": machines.AVX2}
RATE, LABELS = "a learning rate three times as large", "a tenth of the labels flipped"
HALF, PART, PLAIN = "half the training data", "a metric of the wrong part", "augmentation left out"
# lab -> words in the compared cells
COMPARED = {
    "03_regression": ['"mean of five networks": '],
    "04_neural_networks": ["always 'no diabetes'"],
    "05_convolutional_networks": ["test_accuracy = {}", "depth_loss = {}"],
    "06_pneumonia_xray": ['score["small CNN"] = ask(cnn', "threshold = threshold_for(", "same_room, shifted = "],
    "07_low_dose_ct": [
        *('test_images["network"] = denoise(', "history = train.fit(model, bag"),
        *("epochs of {len(bag)} steps", "by_part = {}"),
    ],
}
# what is done to a lab: old and new code, {} for the old
MUTATIONS = {
    "03_regression": [
        (RATE, "max_iter=1000", "max_iter=1000, learning_rate_init=3e-3"),
        (LABELS, "rows = []", "rows, y = [], np.where(np.arange(len(y)) % 10, y, y.max() - y)"),
        (HALF, "network).fit(X, (y", "network).fit(X[::2], (y[::2]"),
        (PART, "five_networks(X_train, y_train, X_test)", "five_networks(X_train, y_train, X_train[:152])"),
        (PART, "mean_squared_error(y_test, one):.2f", "mean_squared_error(y_train[:152], one):.2f"),
    ],
    "04_neural_networks": [
        (RATE, "lr=0.01, weight_decay=0.01", "lr=0.03, weight_decay=0.01"),
        (LABELS, "targets = torch.tensor(y_train, dtype=torch.float64)", "{}; targets[::10] = 1 - targets[::10]"),
        (HALF, "TensorDataset(inputs, targets)", "TensorDataset(inputs[::2], targets[::2])"),
        (PART, "model(ready, y[fitted], ready_test)", "model(ready_test, y[held_out], ready_test)"),
    ],
    "05_convolutional_networks": [
        (RATE, "lr=lr)", "lr=3 * lr)"),
        (RATE, "max_lr=lr,", "max_lr=3 * lr,"),
        (LABELS, "y_fit[:1500], epochs", "(y_fit[:1500] + (torch.arange(1500) % 10 == 0)) % 10, epochs"),
        (PLAIN, "augment=shake)", "augment=None)"),
        (HALF, "X_fit, y_fit, epochs", "X_fit[::2], y_fit[::2], epochs"),
        (PART, "predict(model, X_test).argmax(dim=1) == y_test", "predict(model, X_fit).argmax(dim=1) == y_fit"),
    ],
    "06_pneumonia_xray": [
        (RATE, "seed=SEED, lr=0.004", "seed=SEED, lr=0.012"),
        (LABELS, "targets = torch.tensor(targets).float()", "{}; targets[::10] = 1 - targets[::10]"),
        (PLAIN, "to_input((vary if simulated else vary_more)(pictures))", "to_input(pictures)"),
        (HALF, "steps = 1000 if simulated else 1170", "{}; train_rows = train_rows[::2]"),
        (PART, "label[rows], score['small CNN'][rows]", "label[train_rows], score['small CNN'][train_rows]"),
    ],
    "07_low_dose_ct": [
        (RATE, "model.parameters(), lr=0.003)", "model.parameters(), lr=0.009)"),
        (RATE, "OneCycleLR(optimizer, 0.003", "OneCycleLR(optimizer, 0.009"),
        (PLAIN, "torch.randint(0, 128 - self.size + 1, (2,)).tolist()", "32, 32"),
        (PLAIN, "if torch.rand(()) < 0.5]", "if torch.rand(()) < 0]"),
        (HALF, "Patches(noisy_train, target_train)", "Patches(noisy_train[::2], target_train[::2])"),
        (
            PART,
            'scores(images, truth["test"]) for',
            'scores(denoise(model, low_dose["train"]), truth["train"]) if name == "network" else {}',
        ),
    ],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A data home for all runs, in which simulated films are kept."""
    return tmp_path_factory.mktemp("data")


def changed(sources, change):
    """The code of some cells after a change, which fits into one place."""
    for old, new in change:
        assert sum(source.count(old) for source in sources) == 1, old
        sources = [source.replace(old, new.format(old) if "{}" in new else new) for source in sources]
    return sources


def complaints(lab, change, machine, home):
    """Run the part of a lab; the numbers of its compared cells that lie outside what the lab has stored."""
    words = COMPARED[lab]
    cells = cells_for(lab, *words)
    part = notebook(*changed([cell.source for cell in cells], change))
    run = execute(part, ROOT / "notebooks", MACHINES[machine] | {"COURSEKIT_DATA": str(home)})
    pairs = [pair for pair in zip(cells, run.cells, strict=True) if any(w in pair[0].source for w in words)]
    return [complaint for cell, done in pairs for complaint in printed.outside(cell, done.outputs)]


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("lab", COMPARED)
def test_unchanged_it_is_as_stored(lab, machine, home):
    assert complaints(lab, [], machine, home) == []


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize(
    ("lab", "mutation"), dict.fromkeys((lab, row[0]) for lab, rows in MUTATIONS.items() for row in rows)
)
def test_it_is_noticed(lab, mutation, machine, home):
    change = [(old, new) for what, old, new in MUTATIONS[lab] if what == mutation]
    assert complaints(lab, change, machine, home)
