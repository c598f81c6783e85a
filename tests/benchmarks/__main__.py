"""Measure the course beside its peers, and write RESULTS.md: `python -m tests.benchmarks`, at the repository's root.

With names, such as `ct_speed`, only these are run and only their sections renewed. The peers are in the extra `bench`;
where one is not installed, `--results` must name another file, in which it stands as absent. It takes five minutes.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does
from benchmarks import report

parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(report.BENCHMARKS)}; all without")
parser.add_argument("--results", type=Path, help="another file than RESULTS.md; the README then stays as it is")
options = parser.parse_args()
names = options.names or report.BENCHMARKS
if not options.results and (absent := report.absent(names)):
    parser.error(f"{', '.join(absent)} not installed: install the extra bench, or give --results another file")
report.run(names, *((options.results, None) if options.results else (report.RESULTS, report.README)))
