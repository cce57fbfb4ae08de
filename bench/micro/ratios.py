#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prints the figures of a JSON result of natbench_micro, each with its ratio
to the floor of the same run: to the floor with as many connections where the
benchmark has connections (its counter "flows"), else to that with 65,536. Of
several repetitions the median counts, and their spread is printed.

	bench/micro/ratios.py RESULT.json"""
import json
import statistics
import sys

DEFAULT_FLOWS = 65536
UNITS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def short_name(run):
    """Name without what Google Benchmark says about how it was run."""
    return "/".join(
        part
        for part in run["run_name"].split("/")
        if not part.startswith(("iterations:", "repeats:")) and part != "real_time"
    )


def gather(result):
    """Name to number of connections and nanoseconds of each repetition: of the
    processor on one thread, of the wall on several. None of a failed one."""
    found = {}
    for run in result["benchmarks"]:
        if run.get("run_type") == "aggregate":
            continue
        flows = int(run.get("flows", DEFAULT_FLOWS))
        samples = found.setdefault(short_name(run), (flows, []))[1]
        if not run.get("error_occurred"):
            clock = "real_time" if run.get("threads", 1) > 1 else "cpu_time"
            samples.append(run[clock] * UNITS[run["time_unit"]])
    return found


def line(width, name, samples, base):
    if not samples:
        return f"{name:{width}}  {'failed':>11}"
    median = statistics.median(samples)
    spread = (max(samples) - min(samples)) / median if median else 0
    ratio = f"{median / base:8.2f}" if base else f"{'-':>8}"
    return f"{name:{width}}  {median:11.2f}  {spread:7.1%}  {ratio}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as f:
        found = gather(json.load(f))
    floor = {
        flows: statistics.median(samples)
        for name, (flows, samples) in found.items()
        if name.startswith("floor/") and samples
    }
    width = max(map(len, found), default=0)
    print(f"{'':{width}}  {'median ns':>11}  {'spread':>7}  {'x floor':>8}")
    for name, (flows, samples) in found.items():
        print(line(width, name, samples, floor.get(flows)))
    sys.exit(any(not samples for _, samples in found.values()))


if __name__ == "__main__":
    main()
