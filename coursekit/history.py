"""What happened during training, epoch by epoch."""

import math
from dataclasses import dataclass, field


@dataclass
class History:
    """Loss and metrics of each epoch; `print` shows a table.

    Attributes
    ----------
    rows : list of dict
        One an epoch: epoch (from 1), loss, metrics, the same of the validation set with ``val_`` before the name, and
        lr, the learning rate at the epoch's beginning. ``history["val_loss"]`` is a column, as a list.
    stopped : str; Why training ended: "finished", "no improvement" or "by hand"
    """

    rows: list = field(default_factory=list)
    stopped: str = ""

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, name):
        return [row[name] for row in self.rows]

    @property
    def best_epoch(self):
        """The first epoch with the lowest validation loss (or training loss, without validation); None if empty."""
        losses = self["val_loss" if self.rows and "val_loss" in self.rows[0] else "loss"]
        return losses.index(min(losses)) + 1 if losses else None

    def __repr__(self):
        if not self.rows:
            return "no epoch yet"
        kept = sorted({*range(0, len(self), math.ceil(len(self) / 12)), len(self) - 1})  # about a dozen, and the last
        forms = {"epoch": "d", "lr": ".3g"}
        cells = [[format(value, forms.get(name, ".4f")) for name, value in self.rows[i].items()] for i in kept]
        cells.insert(0, list(self.rows[0]))
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
        lines[0] += f"   (best epoch: {self.best_epoch}; {self.stopped or 'running'})"
        return "\n".join(lines)

    def plot(self):
        """Display one panel for the loss and one for each metric, over the epochs."""
        import matplotlib.pyplot as plt

        from coursekit import plot

        if not self.rows:
            raise ValueError("history: no epoch is complete yet, so there is nothing to draw")
        names = [name for name in self.rows[0] if name not in ("epoch", "lr") and not name.startswith("val_")]
        fig, axes = plt.subplots(1, len(names), figsize=(4.5 * len(names), 3.2), squeeze=False, layout="constrained")
        sentences = []
        for ax, name in zip(axes[0], names, strict=True):
            for part, column in {"training": name, "validation": f"val_{name}"}.items():
                if column in self.rows[0]:
                    values = self[column]
                    ax.plot(self["epoch"], values, marker="o" if len(self) == 1 else None, label=part)
                    sentences.append(f"{part} {name} goes from {values[0]:.3g} to {values[-1]:.3g}")
            ax.set(xlabel="epoch", ylabel=name)
            ax.legend()
        plot.show(fig, alt=f"Over {len(self)} epochs, {'; '.join(sentences)}. Best epoch: {self.best_epoch}.")
