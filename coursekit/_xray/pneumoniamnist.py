"""Moved to `coursekit.data`."""

from coursekit.data import read_pneumoniamnist as read_pneumoniamnist
