"""A split by patient: nobody in two parts, every label in each, the right shares, chance for everybody."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.xray import split_by_patient

SHARES = st.lists(st.integers(1, 9), min_size=2, max_size=4).map(lambda parts: [n / sum(parts) for n in parts])


def rows(sizes, labels):
    """Rows of patients 0, 1, … with so many of each; the patients' labels."""
    return np.repeat(np.arange(len(sizes)), sizes), np.repeat(labels, sizes)


@st.composite
def possible(draw):
    """Patients with one label each, enough for the parts, in any order of rows."""
    shares = draw(SHARES)
    labels = [label for label in range(draw(st.integers(1, 3))) for _ in range(draw(st.integers(len(shares), 12)))]
    sizes = draw(st.lists(st.integers(1, 30), min_size=len(labels), max_size=len(labels)))
    patients, labels = rows(sizes, labels)
    order = draw(st.randoms(use_true_random=False)).sample(range(len(patients)), len(patients))
    return patients[order], labels[order], shares


def assert_a_split(parts, patients, labels, shares):
    assert len(parts) == len(shares)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(patients)))
    for part in parts:
        assert part.dtype == np.int64
        assert (np.diff(part) > 0).all()
        assert set(labels[part]) == set(labels)
    whereabouts = [set(patients[part]) for part in parts]
    assert sum(map(len, whereabouts)) == len(set(patients)), "somebody is in two parts"


@given(possible(), st.integers(0, 2**40))
def test_nobody_is_in_two_parts_and_each_part_has_each_label(case, seed):
    patients, labels, shares = case
    parts = split_by_patient(patients, labels, shares, seed)
    assert_a_split(parts, patients, labels, shares)
    for part, again in zip(parts, split_by_patient(list(patients), list(labels), tuple(shares), seed), strict=True):
        np.testing.assert_array_equal(part, again)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 1)), min_size=1, max_size=60), SHARES)
def test_patients_with_several_labels_are_split_or_refused(pairs, shares):
    patients, labels = np.array(pairs).T
    enough = min(len(set(patients[labels == label])) for label in set(labels)) >= len(shares)
    if enough:
        assert_a_split(split_by_patient(patients, labels, shares), patients, labels, shares)
    else:
        with pytest.raises(ValueError, match=rf"^patients: \d+ with the label \d cannot be in {len(shares)} parts$"):
            split_by_patient(patients, labels, shares)


@pytest.mark.parametrize("seed", range(5))
def test_two_parts_with_two_labels_are_always_possible(seed):
    """Here only 0 and 1 have label 1, but they have the other, too."""
    patients, labels = [0, 0, 1, 1, *range(2, 40)], [0, 1, 0, 1, *[0] * 38]
    parts = split_by_patient(patients, labels, (0.9, 0.1), seed)
    assert_a_split(parts, np.array(patients), np.array(labels), (0.9, 0.1))


@given(st.lists(st.integers(1, 30), min_size=40, max_size=120), SHARES, st.integers(0, 100))
@settings(max_examples=50)
def test_each_part_has_its_share_of_each_label(sizes, shares, seed):
    patients, labels = rows(sizes, [number % 3 == 0 for number in range(len(sizes))])
    parts = split_by_patient(patients, labels, shares, seed)
    # A part that is less full than the others gets one patient more, and only then. All others may have done so.
    for label in (True, False):
        for part, share in zip(parts, shares, strict=True):
            excess = (labels[part] == label).sum() - share * (labels == label).sum()
            assert -(len(shares) - 1) * max(sizes) - 1e-9 <= excess <= max(sizes) + 1e-9


def test_everybody_has_the_same_chance_to_be_in_the_test():
    sizes = [30, 20, 10, 5] + [1, 2] * 150
    patients, labels = rows(sizes, [number % 3 == 0 for number in range(len(sizes))])
    tests = [split_by_patient(patients, labels, seed=seed)[1] for seed in range(300)]
    drawn = Counter(patient for test in tests for patient in set(patients[test].tolist()))
    share = np.array([drawn[number] / 300 for number in range(len(sizes))])
    assert abs(share - 0.2).max() < 0.1  # of 304 shares with a standard deviation of 0.023
    assert len({tuple(test) for test in tests}) == 300


def test_names_and_kinds_split_as_numbers_do():
    patients, labels = rows([3, 1, 2, 2, 1, 4, 1, 1, 2, 3], [0, 1] * 5)
    numbers = split_by_patient(patients, labels, (0.5, 0.3, 0.2))
    names = split_by_patient([f"IM-{n:04}" for n in patients], np.where(labels, "virus", "normal"), (0.5, 0.3, 0.2))
    hashed = split_by_patient(patients.astype(np.uint64) + np.uint64(2**63), labels.astype(bool), (0.5, 0.3, 0.2))
    for part, same, again in zip(numbers, names, hashed, strict=True):
        np.testing.assert_array_equal(part, same)
        np.testing.assert_array_equal(part, again)


@pytest.mark.parametrize("backend", ["object", "str", "string"])
def test_columns_of_pandas_do(backend):
    pandas = pytest.importorskip("pandas")
    column = pandas.Series([f"person{n}_virus" for n in range(10)]).astype(backend)
    train, test = split_by_patient(column, pandas.Series([0, 1] * 5))
    assert sorted([*train, *test]) == list(range(10))


@pytest.mark.parametrize("shares", [(1.0, 1e-310), (1.0, 9e-7), (0.5, 0.5, 1e-9)])
def test_a_share_that_is_nearly_nothing_is_refused(shares):
    with pytest.raises(ValueError, match=rf"^shares must be at least 1e-06 each, got {min(shares):g}$"):
        split_by_patient(range(40), [0, 1] * 20, shares)


@pytest.mark.filterwarnings("error")
def test_the_least_share_gets_one_patient_of_each_label():
    few, many = sorted(split_by_patient(range(40), [0, 1] * 20, (1 - 1e-6, 1e-6)), key=len)
    assert (len(few), len(many)) == (2, 38)


def test_too_few_patients_of_a_label_are_named():
    patients, labels = rows([5, 5, 5, 9], ["normal", "normal", "normal", "virus"])
    with pytest.raises(ValueError, match=r"^patients: 1 with the label 'virus' cannot be in 2 parts$"):
        split_by_patient(patients, labels)
    with pytest.raises(ValueError, match=r"^patients: 3 with the label 'normal' cannot be in 4 parts$"):
        split_by_patient(patients[:15], labels[:15], [0.25] * 4)
    with pytest.raises(ValueError, match=r"^patients: 1 with the label 1 cannot be in 2 parts$"):
        split_by_patient([1, 2, 3], np.array([0, 0, 1], np.uint8))
    with pytest.raises(ValueError, match=r"^patients: found no way to give each of the 2 parts a patient with every"):
        split_by_patient([0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 2, 0], (0.5, 0.5))  # two of three never have all labels
