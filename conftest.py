"""Where the tests run: the same environment for everybody, whatever the user has set for pip, Python or the locale.

It is made before anything reads it, once for a run; the workers of pytest-xdist and all children inherit it. What says
which machine this is stays: a processor that plays another one (notebooks/machines.py), a GPU, a browser.
"""

import os
import tempfile
import time

KEPT = {"PATH", "LD_LIBRARY_PATH", "TMPDIR", "CHROMIUM"}
KEPT |= {"ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_CBWR", "OPENBLAS_CORETYPE"}
KEPT_PREFIXES = ("CUDA_", "NVIDIA_", "PYTEST_")
GIVEN = {
    "LANG": "C.UTF-8",
    "MPLBACKEND": "agg",
    "OPENBLAS_NUM_THREADS": "1",  # two threads on shared cores wait for each other: small fits take thirty times longer
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "TQDM_DISABLE": "1",  # a progress bar is no result
    "TZ": "UTC",
}


def pytest_configure(config):
    """Give each run an empty home, and take it away at the end."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        home = tempfile.TemporaryDirectory(prefix="home-", ignore_cleanup_errors=True)
        os.environ["HOME"] = home.name
        config.add_cleanup(home.cleanup)


if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker has inherited all of it
    for name in set(os.environ) - KEPT:
        if not name.startswith(KEPT_PREFIXES):
            del os.environ[name]
    os.environ.update(GIVEN)
os.umask(0o022)
time.tzset()
