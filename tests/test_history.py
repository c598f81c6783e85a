"""The history of a training run as a table, as columns, as a data frame and as a picture."""

import itertools

import pandas as pd
import pytest
from training import accuracy, batches, fit, seeded

from coursekit._training.history import History


def history(epochs, best, stopped="finished"):
    """A run whose validation loss falls to 0 in the best epoch and rises again."""
    rows = [
        {
            "epoch": n,
            "loss": 1 / n,
            "accuracy": 0.5,
            "val_loss": abs(n - best) / 8,
            "val_accuracy": 0.25,
            "lr": 1e-3 / n,
        }
        for n in range(1, epochs + 1)
    ]
    return History(rows, stopped)


EMPTY = History()


def test_the_table_has_a_line_an_epoch_under_its_columns_names():
    assert repr(history(3, best=2)).splitlines() == [
        "epoch    loss  accuracy  val_loss  val_accuracy        lr   (best epoch: 2; finished)",
        "    1  1.0000    0.5000    0.1250        0.2500     0.001",
        "    2  0.5000    0.5000    0.0000        0.2500    0.0005",
        "    3  0.3333    0.5000    0.1250        0.2500  0.000333",
    ]
    assert "(best epoch: 1; running)" in repr(history(1, best=1, stopped=""))


@pytest.mark.parametrize("epochs", [12, 13, 24, 25, 100, 1000])
def test_a_long_table_shows_about_a_dozen_epochs_the_first_and_the_last_and_where_some_are_left_out(epochs):
    lines = [line.split() for line in repr(history(epochs, best=5)).splitlines()[1:]]
    shown = [int(line[0]) for line in lines if line[0] != "..."]
    assert shown == sorted(set(shown))
    assert (shown[0], shown[-1]) == (1, epochs)
    assert 6 < len(shown) <= 13
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if line[0] == "...":
            assert int(after[0]) > int(before[0]) + 1
    gaps = sum(after > before + 1 for before, after in itertools.pairwise(shown))
    assert sum(line == ["..."] for line in lines) == gaps
    assert (gaps == 0) == (epochs == 12)


def test_columns_are_lists_with_a_number_an_epoch():
    assert history(3, best=1)["val_loss"] == [0, 0.125, 0.25]
    assert history(3, best=1)["epoch"] == [1, 2, 3]
    assert len(history(3, best=1)) == 3
    assert EMPTY["loss"] == []


def test_an_unknown_column_names_those_there_are():
    with pytest.raises(KeyError, match="'auc': the history has epoch, loss, accuracy, val_loss, val_accuracy, lr"):
        history(2, best=1)["auc"]


def test_the_best_epoch_is_the_first_with_the_lowest_validation_loss_or_else_training_loss():
    assert history(9, best=4).best_epoch == 4
    alike = [{"epoch": n, "loss": loss, "val_loss": val} for n, loss, val in [(1, 3, 2), (2, 2, 1), (3, 1, 1)]]
    assert History(alike).best_epoch == 2
    assert History([{"epoch": row["epoch"], "loss": row["loss"]} for row in alike]).best_epoch == 3
    assert EMPTY.best_epoch is None


def test_the_data_frame_has_the_epochs_as_its_index():
    frame = history(3, best=2).to_frame()
    assert list(frame.columns) == ["loss", "accuracy", "val_loss", "val_accuracy", "lr"]
    assert frame.index.name == "epoch"
    assert frame["val_loss"].to_dict() == {1: 0.125, 2: 0.0, 3: 0.125}
    pd.testing.assert_frame_equal(EMPTY.to_frame(), pd.DataFrame())


def test_the_picture_says_what_happened(shown):
    history(4, best=3).plot()
    ((data, metadata),) = shown
    expected = (
        "Over 4 epochs, training loss goes from 1 to 0.25; validation loss goes from 0.25 to 0.125; "
        "training accuracy goes from 0.5 to 0.5; validation accuracy goes from 0.25 to 0.25. Best epoch: 3."
    )
    assert metadata["image/png"]["alt"] == data["text/plain"] == expected
    assert "image/png" in data


def test_the_picture_has_a_panel_for_the_loss_and_each_metric_and_a_point_for_a_lone_epoch(monkeypatch):
    figures = []
    monkeypatch.setattr("coursekit.plot.show", lambda fig, alt: figures.append(fig))
    history(4, best=3).plot()
    history(1, best=1).plot()
    for figure, epochs in zip(figures, (4, 1), strict=True):
        assert [ax.get_ylabel() for ax in figure.axes] == ["loss", "accuracy"]
        for ax in figure.axes:
            assert ax.get_xlabel() == "epoch"
            assert [line.get_label() for line in ax.lines] == ["training", "validation"]
            assert all(list(line.get_xdata()) == list(range(1, epochs + 1)) for line in ax.lines)
            assert [line.get_marker() == "o" for line in ax.lines] == [epochs == 1] * 2  # a line needs two points
    assert list(figures[0].axes[0].lines[1].get_ydata()) == [0.25, 0.125, 0, 0.125]


def test_an_empty_history_says_so(shown):
    assert repr(EMPTY) == "no epoch yet"
    assert len(EMPTY) == 0
    with pytest.raises(ValueError, match="no epoch to show yet"):
        EMPTY.plot()
    assert shown == []


def test_fit_returns_such_a_history(shown):
    history = fit(seeded(), batches(), batches(), metrics={"accuracy": accuracy}, epochs=2)
    assert list(history.to_frame()) == ["loss", "accuracy", "val_loss", "val_accuracy", "lr"]
    assert list(fit(seeded(), batches()).to_frame()) == ["loss", "lr"]
    assert len(repr(history).splitlines()) == 3
    history.plot()
    assert len(shown) == 1
