"""`fit` may take at most a quarter more time than the loop written by hand, also on the smallest of networks."""

from benchmarks.fit_overhead import overhead


def test_fit_takes_at_most_a_quarter_more_time_than_the_plain_loop():
    assert overhead() <= 1.25
