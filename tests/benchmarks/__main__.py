"""Measure the course beside its peers, and write RESULTS.md: `python -m tests.benchmarks`, at the repository's root.

With names, such as `ct_speed growth`, only these are run and only their sections renewed. The peers are in the extra
`bench`; where one is not installed, `--results` must name another file, in which it stands as absent. It takes about
five minutes on two cores.
"""

import argparse
import sys
from pathlib import Path


def main():
    """Read the command line."""
    sys.path.insert(0, str(Path(__file__).parents[1]))  # as pytest does
    from benchmarks import report

    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="name", help=f"{', '.join(report.BENCHMARKS)}; all without")
    parser.add_argument("--results", type=Path, help="another file than RESULTS.md; the README then stays as it is")
    options = parser.parse_args()
    if unknown := set(options.names) - set(report.BENCHMARKS):
        parser.error(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(report.BENCHMARKS)}")
    names = options.names or report.BENCHMARKS
    if not options.results and (absent := report.absent(names)):
        parser.error(f"{', '.join(absent)} not installed: install the extra bench, or give --results another file")
    files = (options.results, None) if options.results else (report.RESULTS, report.README)
    report.run(names, *files)


if __name__ == "__main__":
    main()
