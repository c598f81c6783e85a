"""How nbval compares a notebook's outputs with the stored ones: words exactly, numbers by how far they have moved."""

import printed


def pytest_collectstart(collector):
    """Leave out what changes with every release of a library."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += ("text/html", "stderr", "image/svg+xml")


def pytest_itemcollected(item):
    """Let nbval compare the words, then compare the numbers; give slow cells time."""
    if not hasattr(item, "sanitize"):
        return
    nbval_compares = item.compare_outputs

    def compare_outputs(test, ref, skip_compare=None):
        if not nbval_compares(test, ref, skip_compare):
            return False
        item.cell.outputs = ref  # nbval has put all that is on stdout into the first of them, and left the others
        item.comparison_traceback = printed.outside(item.cell, test)
        return not item.comparison_traceback

    item.sanitize = lambda text: printed.words(text) if isinstance(text, str) else text
    item.compare_outputs = compare_outputs
    item.output_timeout = 60
