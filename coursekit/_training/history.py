"""What happened during training, epoch by epoch."""

import math
from dataclasses import dataclass, field

from coursekit._shown import shown

ROWS_SHOWN = 12


@dataclass
class History:
    """Loss and metrics of each epoch; `print` shows a table.

    Attributes
    ----------
    rows : list of dict
        One for each epoch: epoch (from 1), loss, metrics, the same of the validation set with ``val_`` before the
        name, and lr, the learning rate at the epoch's beginning.
    stopped : str
        Why training ended: "finished", "no improvement" or "by hand".
    """

    rows: list = field(default_factory=list)
    stopped: str = ""

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, name):
        """Values of one column, such as ``history["val_loss"]``, as a list with one number an epoch."""
        if self.rows and name not in self.rows[0]:
            raise KeyError(f"{shown(name)}: the history has {', '.join(self.rows[0])}")
        return [row[name] for row in self.rows]

    @property
    def best_epoch(self):
        """The first epoch with the lowest validation loss (or training loss, without validation); None if empty."""
        if not self.rows:
            return None
        losses = self["val_loss" if "val_loss" in self.rows[0] else "loss"]
        return losses.index(min(losses)) + 1

    def __repr__(self):
        if not self.rows:
            return "no epoch yet"
        kept = self._shown()
        cells = [list(self.rows[0])] + [
            [_text(name, row[name]) for name in row] for row in (self.rows[i] for i in kept)
        ]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
        for place in range(len(kept) - 1, 0, -1):  # from the end, so that the places before stay right
            if kept[place] > kept[place - 1] + 1:
                lines.insert(place + 1, "...".rjust(widths[0]))
        lines[0] += f"   (best epoch: {self.best_epoch}; {self.stopped or 'running'})"
        return "\n".join(lines)

    def _shown(self):
        """Numbers of the rows that the table shows: all, or about a dozen evenly spaced ones and the last."""
        step = math.ceil(len(self) / ROWS_SHOWN)
        return sorted({*range(0, len(self), step), len(self) - 1})

    def to_frame(self):
        """Return the history as a table.

        Returns
        -------
        pandas.DataFrame
            Index: epoch. Columns: loss, metrics, lr.
        """
        import pandas as pd

        return pd.DataFrame(self.rows).set_index("epoch") if self.rows else pd.DataFrame()

    def plot(self):
        """Display one panel for the loss and one for each metric, over the epochs.

        Raises
        ------
        ValueError
            If there is no epoch to show.
        """
        import matplotlib.pyplot as plt

        from coursekit import plot

        if not self.rows:
            raise ValueError("history: no epoch to show yet")
        names = [name for name in self.rows[0] if name not in ("epoch", "lr") and not name.startswith("val_")]
        fig, axes = plt.subplots(1, len(names), figsize=(4.5 * len(names), 3.2), squeeze=False, layout="constrained")
        sentences = []
        for ax, name in zip(axes[0], names, strict=True):
            shown = {"training": self[name]}
            if f"val_{name}" in self.rows[0]:
                shown["validation"] = self[f"val_{name}"]
            for part, values in shown.items():
                marker = "o" if len(self) == 1 else None
                ax.plot(self["epoch"], values, marker=marker, label=part)
                sentences.append(f"{part} {name} goes from {values[0]:.3g} to {values[-1]:.3g}")
            ax.set(xlabel="epoch", ylabel=name)
            ax.legend()
        plot.show(fig, alt=f"Over {len(self)} epochs, {'; '.join(sentences)}. Best epoch: {self.best_epoch}.")


def _text(name, value):
    if name == "epoch":
        return str(value)
    return f"{value:.3g}" if name == "lr" else f"{value:.4f}"
