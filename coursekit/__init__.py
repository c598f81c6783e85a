"""Helpers of the course "Machine learning for medicine".

Submodules load when they are first used: `data` (data sets), `train` (training), `xray` (chest X-rays), `ct` (physics
and scans), `stats` (what scikit-learn lacks), `plot` (figures with text alternatives), `check` (feedback).
"""

from importlib import import_module

__version__ = "0.1.0"
__all__ = ["check", "ct", "data", "plot", "stats", "train", "xray"]


def __getattr__(name):
    if name in __all__:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
