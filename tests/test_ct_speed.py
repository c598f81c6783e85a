"""The projector is much faster than scikit-image, which keeps the scanner's sliders and the training alive."""

from benchmarks.ct_speed import speedups


def test_forward_is_15_times_and_fbp_8_times_as_fast_as_scikit_image():
    forward, fbp = speedups()
    assert forward >= 15
    assert fbp >= 8
