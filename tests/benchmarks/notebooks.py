"""The whole course: time and peak memory of each lab.

Measured when a lab is built, executed from top to bottom on 2 CPU cores, and stored in it: rounded up to the next 5
seconds and 0.1 GB. This command only reads them.
"""

from benchmarks.report import table
from notebook_files import NOTEBOOKS, read

PACKAGES = ()


def measure():
    costs = {path.stem: read(path).metadata["coursekit"] for path in NOTEBOOKS}
    whole = sum(cost["seconds"] for cost in costs.values())
    rows = [
        [name, f"{cost['seconds']}", f"{cost['seconds'] / whole:.2f}", f"{cost['memory_mb'] / 1000:.1f}"]
        for name, cost in costs.items()
    ]
    most = max(cost["memory_mb"] for cost in costs.values()) / 1000
    lead = f"All {len(costs)} labs run in {whole / 60:.0f} minutes on 2 CPU cores, each in at most {most:.1f} GB."
    return lead, table(["Lab", "Seconds", "Share of the course's time", "Peak memory, GB"], rows)
