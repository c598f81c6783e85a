"""Whether progress bars are wanted."""

import os


def hidden():
    """Whether the environment variable TQDM_DISABLE hides them; in notebooks tqdm itself does not look at it."""
    return os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
