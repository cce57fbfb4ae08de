#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Asks the Linux kernel what a scenario does, and writes down its answers.

    sudo scenarios/record.py [--check] [--iptables legacy|nft] [NAME...]

For each scenario: a network namespace with one TUN device per interface of
topology.ip, the scenario's own files loaded by ip and iptables-restore, then
the packets of cases.tsv sent in order. What the kernel does with each becomes
the rest of its row (README.md has the columns). Needs root and a C compiler:
packets are read and written by bench/explain, the notation's own code. What
`conntrack -E` prints meanwhile becomes events.txt. The
namespace ends with the process that made it. Exit status 1: --check found
rows that the kernel no longer answers as recorded.
"""

import argparse
import ctypes
import itertools
import os
import re
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "core/test/data"))
import lab  # noqa: E402
from lab import in_child, run  # noqa: E402

LINKTYPE_RAW = 101
NETLINK_NETFILTER = "12"
TOOLS = ("iptables", "ip6tables")
RULES = ("rules.v4", "rules.v6")  # of each
NOTHING = "-"
MORE = "+"  # first column of a row that is one more packet out

# As natbench plays: no reverse path filter, no redirects, every error sent.
SYSCTLS = {
    "ipv4/ip_forward": 1,
    "ipv4/icmp_ratemask": 0,
    "ipv4/conf/all/rp_filter": 0,
    "ipv4/conf/default/rp_filter": 0,
    "ipv4/conf/all/send_redirects": 0,
    "ipv4/conf/default/send_redirects": 0,
    "netfilter/nf_conntrack_acct": 1,
    **lab.IPV6_ROUTER,
}

# Counts what came past the filter: at INPUT delivered, at FORWARD let through.
# A connection of our own: whoever hears of it has heard what was before.
MARKER = ("-s", "192.0.2.254", "-d", "192.0.2.253", "--sport", "9",
          "--dport", "9")

PROBE = "*security\n-A INPUT\n-A FORWARD\nCOMMIT\n"


class Notation:
    """bench/explain/notation.h, compiled on the spot."""

    MAX = 40 + 65535

    def __init__(self):
        self.lib = lab.compiled(
            sorted(ROOT.glob("bench/explain/notation*.c")),
            [ROOT / "core", ROOT / "bench"])

    def encode(self, text):
        buf = ctypes.create_string_buffer(self.MAX)
        err = ctypes.create_string_buffer(4 + 240)
        size = self.lib.notation_parse(text.encode(), buf, self.MAX, err)
        if size < 0:
            raise ValueError(f"{text}: {err.raw[4:].split(bytes(1))[0].decode()}")
        return buf.raw[:size]

    def decode(self, packet):
        size = self.lib.notation_print(packet, len(packet), 0, None, 0) + 1
        out = ctypes.create_string_buffer(size)
        self.lib.notation_print(packet, len(packet), 0, out, size)
        return out.value.decode()


class Router(lab.Namespace):
    """The scenario in a network namespace of this very process."""

    def __init__(self, scenario, iptables):
        self.iptables = [f"{tool}-{iptables}" for tool in TOOLS]
        topology = (scenario / "topology.ip").read_text()
        super().__init__(SYSCTLS, lab.interfaces(topology))
        lab.load_topology(topology.splitlines(True))
        for tool, rules in zip(self.iptables, RULES):
            if (scenario / rules).exists():
                self.restore(tool, (scenario / rules).read_text())
            self.restore(tool, PROBE)
        self.listener = subprocess.Popen(("conntrack", "-E"), text=True,
                                         stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL)
        while self.listener.poll() is None and not self.listening():
            time.sleep(0.005)
        self.events()

    @staticmethod
    def restore(tool, text):
        run(f"{tool}-restore", "--noflush", "--counters", text=text)

    def passed(self):
        """Packets that came past the filter, at INPUT and FORWARD."""
        text = (run(tool, "-t", "security", "-vnxL") for tool in self.iptables)
        counts = (re.findall(r"^ +pkts.*\n +(\d+)", t, re.M)[:2] for t in text)
        return [sum(map(int, both)) for both in zip(*counts)]

    @staticmethod
    def listening():
        """Does a netfilter socket of this namespace hear a group's news?"""
        sockets = Path("/proc/self/net/netlink").read_text().splitlines()[1:]
        words = (s.split() for s in sockets)
        return any(w[1] == NETLINK_NETFILTER and int(w[3], 16) for w in words)

    def events(self):
        """What happened to connections up to now."""
        run("conntrack", "-I", "-p", "udp", "-t", "9", *MARKER)
        run("conntrack", "-D", "-p", "udp", *MARKER)
        lines = iter(self.listener.stdout.readline, "")
        before = list(itertools.takewhile(lambda l: MARKER[1] not in l, lines))
        next(lines)  # its end
        return [unhurried(l.rstrip("\n")) for l in before]

    def send(self, name, packet):
        """(verdict, [(interface, packet out)])"""
        before, waited = self.passed(), lab.waiting()
        super().send(name, packet)
        out = list(self.emitted())
        local, forward = (a - b for a, b in zip(self.passed(), before))
        if local:
            return "local", out
        if forward and out:
            return "forward", out
        return "hold" if lab.waiting() > waited else "drop", out


def answers(scenario, iptables, notation, rows):
    """What the kernel does with each (interface, packet) of one table, and
    what happens to its connections."""
    router = Router(scenario, iptables)
    done = [router_row(router, notation, *row) for row in rows]
    return done, router.events()


def router_row(router, notation, name, text):
    packet = notation.encode(text)
    verdict, out = router.send(name, packet)
    own = struct.unpack_from("!H", packet, 4)[0] if len(packet) > 5 else 0
    return [verdict, [[i, mask_id(notation.decode(p), own)] for i, p in out]]


def unhurried(event):
    """With the timeout as if no time passed: all are whole tens of seconds."""
    return re.sub(r"(?<=\d )\d*9(?= )", lambda t: str(int(t[0]) + 1), event, 1)


def mask_id(text, own):
    """The kernel's own packets bear ids of its choice."""
    outer, paren, quote = text.partition("(")
    found = re.search(r" ipid (\d+)", outer)
    if found and int(found[1]) != own:
        outer = outer.replace(found[0], " ipid *")
    return outer + paren + quote


def merge(first, second):
    """What two runs agree on; '*' for a port or ICMP id that they do not."""
    if first == second:
        return first
    words = zip(re.split(r"([ :=])", first), re.split(r"([ :=])", second))
    both = "".join(a if a == b else "*" for a, b in words)
    if re.search(r"(?<!:)(?<!port=)(?<! id )(?<! id=)\*", both):
        raise RuntimeError(f"two runs differ:\n  {first}\n  {second}")
    return both


def merged(one, two):
    if one[0] != two[0] or len(one[1]) != len(two[1]):
        raise RuntimeError(f"two runs differ:\n  {one}\n  {two}")
    return [one[0], [[a[0], merge(a[1], b[1])]
                     for a, b in zip(one[1], two[1])]]


def tables(lines):
    """Groups of (line number, interface, packet) between blank lines."""
    groups = [[]]
    for number, line in enumerate(lines):
        if not line:
            groups.append([])
        elif not line.startswith(("#", MORE)):
            name, packet = line.split("\t")[:2]
            groups[-1].append((number, name, packet))
    return [g for g in groups if g]


def record(scenario, iptables, notation):
    """The texts of cases.tsv and events.txt as the kernel completes them."""
    lines = (scenario / "cases.tsv").read_text().splitlines()
    lines = [l for l in lines if not l.startswith(MORE)]
    events = ["# conntrack -E, table by table of cases.tsv"]
    for group in tables(lines):
        rows = [row[1:] for row in group]
        (one, ev1), (two, ev2) = (in_child(lambda: answers(scenario, iptables, notation,
                                             rows)) for _ in range(2))
        for (number, name, packet), a, b in zip(group, one, two):
            verdict, out = merged(a, b)
            lead = "\t".join((name, packet, verdict))
            lines[number] = "\n".join(
                "\t".join((lead if not i else f"{MORE}\t{NOTHING}\t{NOTHING}",
                           *pair))
                for i, pair in enumerate(out or [[NOTHING, NOTHING]]))
        if len(ev1) != len(ev2):
            raise RuntimeError("two runs differ in their events")
        events += ["", *map(merge, ev1, ev2)]
    return {"cases.tsv": lines, "events.txt": events}


def listing(scenario, notation, rows):
    """`iptables -t nat -vnL` before and after a sequence of packets."""
    router = Router(scenario, "legacy")
    show = ("iptables-legacy", "-t", "nat", "-vnL")
    before = run(*show)
    seen = []
    for name, text in rows:
        packet = notation.encode(text)
        seen.append(packet.hex())
        seen += [p.hex() for i, p in router.send(name, packet)[1]
                 if i == rows[0][0]]
    return [before, run(*show), seen]


def record_listing(scenario, notation):
    """The listings of a scenario that has a ping.txt, and its capture as seen
    at the interface of the first packet."""
    rows = [line.split("\t") for line in
            (scenario / "ping.txt").read_text().splitlines()
            if line and not line.startswith("#")]
    before, after, seen = in_child(lambda: listing(scenario, notation, rows))
    guest = notation.encode(rows[0][1])[12:16]
    seen = [p for p in map(bytes.fromhex, seen) if guest in (p[12:16], p[16:20])]
    pcap = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, LINKTYPE_RAW)
    for i, packet in enumerate(seen):
        pcap += struct.pack("<IIII", i // 2, 20000 * (i % 2), len(packet),
                            len(packet)) + packet
    return {"expected-before.txt": before.encode(),
            "expected-after.txt": after.encode(), "ping.pcap": pcap}


def differs(path, data, check):
    """Writes, or with --check compares."""
    if path.exists() and path.read_bytes() == data:
        return False
    if check:
        print(f"record.py: {path}: the kernel answers otherwise",
              file=sys.stderr)
        return True
    path.write_bytes(data)
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true",
                        help="compare with what is recorded; write nothing")
    parser.add_argument("--iptables", choices=("legacy", "nft"),
                        default="legacy")
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="scenarios; default: all")
    args = parser.parse_args()
    tools = [f"{tool}-{args.iptables}" for tool in TOOLS] + ["conntrack"]
    missing = [t for t in tools if not shutil.which(t)]
    if os.geteuid() or missing:
        print(f"record.py: needs {' and '.join(missing or ['root'])}",
              file=sys.stderr)
        return 77
    notation = Notation()
    names = args.names or sorted(p.parent.name for p in HERE.glob("*/rules.v4"))
    bad = False
    for name in names:
        scenario = HERE / name
        texts = record(scenario, args.iptables, notation)
        for file, lines in texts.items():
            data = "".join(f"{line}\n" for line in lines).encode()
            bad |= differs(scenario / file, data, args.check)
        if (scenario / "ping.txt").exists():
            for file, data in record_listing(scenario, notation).items():
                bad |= differs(scenario / file, data, args.check)
        print(f"{name}: {sum(len(t) for t in tables(texts['cases.tsv']))} packets")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
