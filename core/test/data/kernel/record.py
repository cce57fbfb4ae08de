#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Asks the Linux kernel what the scripts here do, and writes its answers in.

    sudo core/test/data/kernel/record.py [--check] [NAME...]

NAME.script: lines of `ip -batch` for all scripts of the file, then scripts:

    == what it is about
    + more lines of ip -batch
    *TABLE ... COMMIT      rules, as iptables-save; after a line -6, of IPv6
    --
    sysctl NAME VALUE      of net.netfilter.nf_conntrack_
    > IF DATAGRAM          sent; see ../../frames.h
    table                  asks for the connections
    rules                  asks for the counters of rules
    wait SECONDS

The answers come behind their questions: what became of a datagram (< and ^),
ct lines, count lines; ../../script.h has them all. Each script has a network
namespace of its own with a TUN device per interface. Exit status 1: --check
found answers that the kernel does not give any more; 77: not root.
"""

import argparse
import ctypes
import os
import re
import shutil
import struct
import sys
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import lab  # noqa: E402
from lab import run  # noqa: E402

CORE = lab.ROOT / "core"
FRAME_MAX, FRAME_TEXT = 4096, 512
ANSWERS = ("<", "^", "ct", "count")

SYSCTLS = {
    "ipv4/ip_forward": 1,
    "ipv4/icmp_ratemask": 0,
    "ipv4/conf/all/rp_filter": 0,
    "ipv4/conf/default/rp_filter": 0,
    "ipv4/conf/all/send_redirects": 0,
    "ipv4/conf/default/send_redirects": 0,
}
NO_IPV6 = {
    "ipv6/conf/all/disable_ipv6": 1,
    "ipv6/conf/default/disable_ipv6": 1,
}

FRAGMENT = re.compile(r" (mf|off \d+)\b")
# What the router says of what it let through, but the path does not.
TOO_BIG = re.compile(r"\S+ icmp6 \S+ > \S+ type 2 ")

# Counts what came past all filters: at input delivered, at forward let through.
PROBE = """table inet probe {
    chain input { type filter hook input priority 60;
                  meta pkttype host counter; }
    chain forward { type filter hook forward priority 60; counter; }
}
"""


class Frames:
    """../../frames.h, compiled on the spot."""

    def __init__(self):
        self.lib = lab.compiled(
            [CORE / "test/frames.c", CORE / "test/frames_print.c",
             *CORE.glob("pure/*.c")], [CORE], ["-lcmocka"])

    def encode(self, text):
        frame = ctypes.create_string_buffer(4 + FRAME_MAX)
        self.lib.frame_parse.restype = ctypes.c_bool
        if not self.lib.frame_parse(frame, text.encode()):
            raise ValueError(text)
        size = struct.unpack_from("=I", frame.raw)[0]
        return frame.raw[4:4 + size]

    def decode(self, packet):
        out = ctypes.create_string_buffer(FRAME_TEXT)
        self.lib.frame_print(packet, len(packet), out)
        return out.value.decode()


class Script:
    """One == section."""

    def __init__(self, name, lines):
        middle = lines.index("--")
        head = lines[:middle]
        self.name = name
        self.head = head
        self.topology = [l[2:] for l in head if l.startswith("+ ")]
        self.rules = [l for l in head if not l.startswith("+ ") and l != "-6"]
        self.v6 = "-6" in head
        self.steps = [l for l in lines[middle + 1:]
                      if l.split(" ")[0] not in ANSWERS]


class Router(lab.Namespace):
    def __init__(self, topology, script, frames):
        self.frames = frames
        text = "\n".join(topology + script.topology) + "\n"
        more = lab.IPV6_ROUTER if "::" in text else NO_IPV6
        super().__init__(SYSCTLS | more, lab.interfaces(text))
        lab.load_topology(text.splitlines(True))
        self.family = "ipv6" if script.v6 else "ipv4"
        self.iptables = "ip6tables" if script.v6 else "iptables"
        run(f"{self.iptables}-legacy-restore", "--noflush", "--counters",
            text="\n".join(script.rules) + "\n")
        run("nft", "-f", "-", text=PROBE)
        self.tables = [l[1:] for l in script.rules if l.startswith("*")]

    def passed(self):
        text = run("nft", "list", "table", "inet", "probe")
        return [int(c) for c in re.findall(r"counter packets (\d+)", text)]

    def send(self, name, text):
        before = self.passed()
        super().send(name, self.frames.encode(text))
        out = [f"{i} {self.frames.decode(p)}" for i, p in self.emitted()]
        local, forward = (a - b for a, b in zip(self.passed(), before))
        piece = FRAGMENT.search(text)
        if forward and out and not TOO_BIG.match(out[0]):
            yield "< forward" if piece else f"< {out.pop(0)}"
        elif local and not forward:
            yield "< local"
        else:  # nobody sees whether it waits for the next
            yield "< *" if piece and piece[1] == "mf" else "< drop *"
        for line in out:
            yield f"^ {line}"

    def table(self):
        text = run("conntrack", "-L", "-f", self.family)
        lines = Counter(re.sub(r"^(\S+ +\d+) \d+", r"\1 *", line)
                        for line in text.splitlines())
        yield f"ct {sum(lines.values())} *"
        for line, n in sorted(lines.items()):
            yield f"ct {n} {line}"

    def counts(self):
        for table in self.tables:
            seen = Counter()
            for line in run(f"{self.iptables}-legacy-save", "-c", "-t",
                            table).splitlines():
                found = re.match(r"\[(\d+):(\d+)\] -A (\S+)", line)
                if found:
                    chain = f"{table}/{found[3]}"
                    seen[chain] += 1
                    yield f"count {chain} {seen[chain]} {found[1]} {found[2]}"

    def answers(self, step):
        word, _, rest = step.partition(" ")
        if word == ">":
            yield from self.send(*rest.split(" ", 1))
        elif word == "table":
            yield from self.table()
        elif word == "rules":
            yield from self.counts()
        elif word == "wait":
            time.sleep(min(float(rest), 3))
        elif word == "sysctl":
            name, value = rest.split()
            Path("/proc/sys/net/netfilter", f"nf_conntrack_{name}").write_text(
                value)
        elif word and not word.startswith("#"):
            raise ValueError(f"the kernel cannot be told: {step}")


def play(topology, script, frames):
    router = Router(topology, script, frames)
    lines = [f"== {script.name}", *script.head, "--"]
    for step in script.steps:
        lines += [step, *router.answers(step)]
    return "\n".join(lines) + "\n"


def record(path, frames):
    head, *rest = re.split(r"^== ", path.read_text(), flags=re.M)
    topology = [l for l in head.splitlines() if l and not l.startswith("#")]
    text = head
    for part in rest:
        name, *lines = part.rstrip("\n").split("\n")
        script = Script(name, [l for l in lines if l])
        text += lab.in_child(lambda s=script: play(topology, s, frames)) + "\n"
    return text.rstrip("\n") + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true",
                        help="compare with what is recorded; write nothing")
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    if os.geteuid() or not all(map(shutil.which, ("conntrack", "nft"))):
        print("record.py: needs root, iptables, nft and conntrack", file=sys.stderr)
        return 77
    frames = Frames()
    bad = False
    names = args.names or sorted(p.stem for p in HERE.glob("*.script"))
    for path in (HERE / f"{name}.script" for name in names):
        text = record(path, frames)
        if text != path.read_text():
            bad |= args.check
            if args.check:
                print(f"record.py: {path}: the kernel answers otherwise",
                      file=sys.stderr)
            else:
                path.write_text(text)
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
