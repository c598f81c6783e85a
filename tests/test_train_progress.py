"""The progress bar: on stderr, gone where TQDM_DISABLE asks for it, and without influence on the numbers."""

import pytest
from torch.utils.data import DataLoader, IterableDataset, TensorDataset
from training import INPUTS, TARGETS, accuracy, batches, evaluate, fit, predict, same, seeded, weights


@pytest.fixture(autouse=True)
def _hidden(monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "1")


def trained(loader):
    model = seeded()
    history = fit(model, loader, batches(), metrics={"accuracy": accuracy}, epochs=3)
    evaluate(model, batches(), metrics={"accuracy": accuracy})
    predict(model, INPUTS)
    return history.rows, weights(model)


@pytest.fixture(params=[None, "", "0"], ids=["unset", "empty", "0"])
def bar(request, monkeypatch):
    """The ways to ask for the progress bar."""
    monkeypatch.delenv("TQDM_DISABLE")
    if request.param is not None:
        monkeypatch.setenv("TQDM_DISABLE", request.param)


def test_nothing_is_written_where_the_bar_is_hidden(capfd):
    trained(batches())
    assert capfd.readouterr() == ("", "")


def test_the_bar_counts_all_batches_of_all_epochs_and_only_on_stderr(bar, capfd):
    trained(batches())
    out, err = capfd.readouterr()
    assert out == ""
    assert "/12 [" in err
    assert err.endswith("\r")  # it clears itself


def test_the_numbers_are_the_same_with_and_without(monkeypatch, capfd):
    rows, hidden = trained(batches(shuffle=True))
    monkeypatch.delenv("TQDM_DISABLE")
    assert trained(batches(shuffle=True))[0] == rows
    assert same(trained(batches(shuffle=True))[1], hidden)
    assert "batch" in capfd.readouterr().err  # it was there


def test_the_bar_goes_on_where_the_run_was_cut(monkeypatch, tmp_path, capfd):
    fit(seeded(), batches(), epochs=2, checkpoint=tmp_path / "run.ckpt")
    monkeypatch.delenv("TQDM_DISABLE")
    fit(seeded(), batches(), epochs=3, checkpoint=tmp_path / "run.ckpt", resume=True)
    assert "| 8/12 [" in capfd.readouterr().err


class Stream(IterableDataset):
    def __iter__(self):
        return iter(TensorDataset(INPUTS, TARGETS))


def test_the_bar_also_counts_a_stream_whose_length_nobody_knows(monkeypatch, capfd):
    monkeypatch.delenv("TQDM_DISABLE")
    trained(DataLoader(Stream(), 16))
    assert "0batch [" in capfd.readouterr().err
