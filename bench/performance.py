#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Measures what docs/performance.md tells, and writes its tables: everything
between the two lines that say so. Each figure is the median of --runs runs,
with their spread, and is compared with floor, null-NAT and memcpy of the same
round: rounds take turns over all benchmarks, so that a machine that gets slower
meanwhile gets slower for all.

	bench/performance.py BUILD_DIR [--runs 7] [--page docs/performance.md]"""
import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile

BEGIN = "<!-- measured: from here on by bench/performance.py -->"
END = "<!-- measured: to here -->"

# title, benchmark, what it is held against (multiple of the floor; or ns)
MICRO = [
    ("established, 1,000 flows", "core/1000", "2.2 x"),
    ("established, 65,536 flows", "core/65536", "2.2 x"),
    ("established, 1 million flows", "core/1000000", "1.5 x"),
    ("established, 10 million flows", "core/10000000", "1.7 x"),
    ("... with accounting", "core_acct/10000000", ""),
    ("new connection at 1 million", "new/rules/0", "111 ns"),
    ("... 1,000 rules before its own", "new/rules/1000", "250 ns"),
    ("port choice, 10 % of the pool taken", "new/ports_taken/10", ""),
    ("port choice, 90 % taken", "new/ports_taken/90", ""),
    ("port choice, 99 % taken", "new/ports_taken/99", "2000 ns"),
    ("one comes, one expires, at 1 million", "new/churn", ""),
    ("insert two keys at 1 million", "conns/insert/1000000", ""),
    ("remove one by one at 1 million", "conns/remove/1000000", ""),
    ("expire at 1 million", "conns/expire/1000000", "100 ns"),
    ("end all on request at 1 million", "conns/flush/1000000", "100 ns"),
    ("lookup in the table, 1 million", "conns/hit/1000000", ""),
    ("liburcu's cds_lfht, 1 million", "cds_lfht/1000000", ""),
    ("floor without batches, 1 million", "floor_unbatched/1000000", ""),
]
FLOORS = ["floor/1000", "floor/65536", "floor/1000000", "floor/10000000"]
BARE = ["null_nat", "memcpy"]
LARGE = [  # where an empty table does not count; what is held against them
    ("core/1000000", "", ""),
    ("core/10000000", "", "; aim 128"),
    ("core_acct/10000000", " with accounting", "; aim 160"),
]
# title, benchmark of bytes per second, what it is held against
READING = [
    ("pcap, frames of 64 bytes", "read/pcap/64", "1 GB/s"),
    ("pcap, 1,518", "read/pcap/1518", "1 GB/s"),
    ("pcapng, 64", "read/pcapng/64", "1 GB/s"),
    ("pcapng, 1,518", "read/pcapng/1518", "1 GB/s"),
    ("pcap in zstd, 64", "read/zstd/64", ""),
    ("pcap in zstd, 1,518", "read/zstd/1518", ""),
]
WAITS = [  # one packet alone, at 1 million connections
    ("nothing changes", "wait/still", ""),
    ("every fourth opens a connection, as many expire", "wait/changing",
     "p99.99 10,000"),
    ("from empty to 10 million", "wait/growing", "longest 100,000"),
]
WAITED = ["p50_ns", "p9999_ns", "max_ns",
          "raw_p50_ns", "raw_p9999_ns", "raw_max_ns"]
PAIRS = [  # two threads against one, in alternation
    ("new connections at 1 million", "pair/0"),
    ("established, 1,024 flows", "pair/1024"),
    ("established, 65,536 flows", "pair/65536"),
]
PAIRED = ["one_ns", "two_x", "apart_x"]
PAIR_AIM = "1.9 x"
REPLAYS = [(1024, 200000), (65536, 1000000)]  # flows, packets of a pass
REPLAYED = 5000000


def micro_round(binary, names):
    """One run of each: nanoseconds, or GB/s where it is bytes that count; and
    the benchmark's own figures."""
    pattern = "^(" + "|".join(re.escape(n) for n in names) + ")(/|$)"
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        subprocess.run(
            [binary, f"--benchmark_filter={pattern}",
             f"--benchmark_out={out.name}"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        result = json.load(out)
    found, own = {}, {}
    for run in result["benchmarks"]:
        name = "/".join(p for p in run["run_name"].split("/")
                        if ":" not in p and p != "real_time")
        if run.get("error_occurred"):
            continue
        found[name] = run["cpu_time"]
        if name.startswith("read/"):
            found[name] = run["bytes_per_second"] / 1e9
        own[name] = run
    return found, own


def replay_round(natbench, capture, packets, threads):
    result = capture + ".json"
    subprocess.run(
        [natbench, "replay", "-t", str(threads), "--repeat",
         str(REPLAYED // packets),
         "--json", result, capture],
        check=True, stdout=subprocess.DEVNULL)
    with open(result, encoding="utf-8") as f:
        return json.load(f)


def most_of_two(result):
    """Two threads have as many packets each as their conversations have: the
    one with more says how much faster than one both can be."""
    packets = [t["packets"] for t in result["per_thread"]]
    return sum(packets) / max(packets)


def generated(natbench, directory, flows, packets):
    path = os.path.join(directory, f"{flows}.pcap")
    subprocess.run([natbench, "gen", "--flows", str(flows), "--packets",
                    str(packets), "-o", path],
                   check=True, stdout=subprocess.DEVNULL)
    return path


class Samples(dict):
    """Name to figures, one for each round."""

    def put(self, name, value):
        self.setdefault(name, []).append(value)

    def median(self, name):
        return statistics.median(self[name]) if name in self else None

    def spread(self, name, digits=1):
        low, high = min(self[name]), max(self[name])
        return f"{low:.{digits}f} to {high:.{digits}f}"


def measure(args):
    micro = os.path.join(args.build, "bench/micro/natbench_micro")
    natbench = os.path.join(args.build, "bench/natbench")
    names = FLOORS + BARE + [name for _, name, _ in MICRO + READING]
    names += [name for _, name in PAIRS]
    waits = [name for _, name, _ in WAITS]  # have rounds of their own
    samples, size = Samples(), {}
    with tempfile.TemporaryDirectory() as directory:
        captures = [(*replay, generated(natbench, directory, *replay))
                    for replay in REPLAYS]
        for i in range(args.runs):
            print(f"round {i + 1} of {args.runs}", file=sys.stderr)
            found, own = micro_round(micro, names + waits * (i == 0))
            for name, run in own.items():
                if "bytes_per_connection" in run:
                    size[name] = run["bytes_per_connection"]
                for figure in WAITED + PAIRED:
                    if figure in run:
                        samples.put(f"{name} {figure}", run[figure])
            for name, ns in found.items():
                samples.put(name, ns)
            for flows, packets, capture in captures:
                pps = {}
                for threads in (1, 2):
                    r = replay_round(natbench, capture, packets, threads)
                    pps[threads] = r["pps"]
                    samples.put(f"replay {flows} -t {threads}",
                                r["ns_per_packet"])
                    samples.put(f"replay {flows} -t {threads} core",
                                r["core_ns_per_packet"])
                samples.put(f"replay {flows} threads", pps[2] / pps[1])
                samples.put(f"replay {flows} most", most_of_two(r))
    return samples, size


def floor_of(name):
    """With as many flows where there is one, else that of 65,536."""
    floor = "floor/" + name.rpartition("/")[2]
    if name.startswith("new/"):
        floor = "floor/1000000"
    return floor if floor in FLOORS else "floor/65536"


def times(samples, name, base):
    if base not in samples:
        return "-"
    return f"{samples.median(name) / samples.median(base):.2f}"


def micro_table(samples):
    yield "| what | benchmark | ns | runs | x floor | x null-NAT | x memcpy | aim |"
    yield "|---|---|--:|---|--:|--:|--:|---|"
    rows = [("the floor", name, "") for name in FLOORS]
    rows += [("parse, forward, no NAT", BARE[0], ""),
             ("move the bytes", BARE[1], "")]
    for what, name, aim in rows + MICRO:
        if name not in samples:
            yield f"| {what} | `{name}` | failed | | | | | {aim} |"
            continue
        ratios = " | ".join(times(samples, name, base)
                            for base in (floor_of(name), *BARE))
        yield (f"| {what} | `{name}` | {samples.median(name):.1f} | "
               f"{samples.spread(name)} | {ratios} | {aim} |")


def wait_table(samples):
    yield "| a packet waits for the code, ns, while | half of them | all but one in 10,000 | longest | aim | half, machine included | all but one in 10,000 | longest |"
    yield "|---|--:|--:|--:|---|--:|--:|--:|"
    for what, name, aim in WAITS:
        figures = [samples.median(f"{name} {figure}") for figure in WAITED]
        if None in figures:
            yield f"| {what} | failed | | | {aim} | | | |"
            continue
        cells = [f"{figure:,.0f}" for figure in figures]
        yield f"| {what} | {' | '.join(cells[:3] + [aim] + cells[3:])} |"


def pair_table(samples):
    yield "| two threads against one | benchmark | ns, one alone | x, two on one engine | runs | x, an engine each | runs | aim |"
    yield "|---|---|--:|--:|---|--:|---|---|"
    for what, name in PAIRS:
        one, two, apart = (f"{name} {figure}" for figure in PAIRED)
        if two not in samples:
            yield f"| {what} | `{name}` | failed | | | | | {PAIR_AIM} |"
            continue
        yield (f"| {what} | `{name}` | {samples.median(one):.1f} | "
               f"{samples.median(two):.2f} | {samples.spread(two, 2)} | "
               f"{samples.median(apart):.2f} | {samples.spread(apart, 2)} | "
               f"{PAIR_AIM} |")


def replay_table(samples):
    yield "| flows | threads | ns a packet, overall | runs | in the core | x floor, overall |"
    yield "|--:|--:|--:|---|--:|--:|"
    for flows, _ in REPLAYS:
        for threads in (1, 2):
            name = f"replay {flows} -t {threads}"
            floor = "floor/65536" if flows == 65536 else "floor/1000"
            yield (f"| {flows:,} | {threads} | {samples.median(name):.1f} | "
                   f"{samples.spread(name)} | "
                   f"{samples.median(name + ' core'):.1f} | "
                   f"{times(samples, name, floor)} |")
    yield ""
    for flows, _ in REPLAYS:
        name = f"replay {flows} threads"
        yield (f"Two threads against one, {flows:,} flows: "
               f"{samples.median(name):.2f} times the packets "
               f"({samples.spread(name)}), of at most "
               f"{samples.median(f'replay {flows} most'):.2f} as the "
               f"conversations fall to them.")
        yield ""


def reading_table(samples):
    yield "| reading from the page cache | benchmark | GB/s | runs | aim |"
    yield "|---|---|--:|---|---|"
    for what, name, aim in READING:
        if name not in samples:
            yield f"| {what} | `{name}` | failed | | {aim} |"
            continue
        yield (f"| {what} | `{name}` | {samples.median(name):.2f} | "
               f"{samples.spread(name, 2)} | {aim} |")


def cpu_name():
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        keys = dict(line.strip().split("\t: ", 1) for line in f
                    if "\t: " in line)
    return (f"{keys.get('model name', platform.machine())}, family "
            f"{keys.get('cpu family', '?')}, {os.cpu_count()} processors")


def page(samples, size, runs):
    yield f"Machine: {cpu_name()}, Linux {platform.release()}. {runs} rounds."
    yield ""
    yield from micro_table(samples)
    yield ""
    yield from wait_table(samples)
    yield ""
    yield from pair_table(samples)
    yield ""
    yield from replay_table(samples)
    yield from reading_table(samples)
    yield ""
    for name, kind, aim in LARGE:
        if name in size:
            yield (f"Memory, `{name}`, TCP over IPv4{kind}: {size[name]:.1f} "
                   f"bytes a connection, table included{aim}.")
            yield ""


def rewrite(path, lines):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if BEGIN not in text or END not in text:
        sys.exit(f"{path}: the lines that begin and end the tables are missing")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"{before}{BEGIN}\n{chr(10).join(lines).rstrip()}\n{END}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--page", default="docs/performance.md")
    args = parser.parse_args()
    samples, size = measure(args)
    rewrite(args.page, list(page(samples, size, args.runs)))


if __name__ == "__main__":
    main()
