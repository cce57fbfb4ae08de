#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Asks the Linux kernel what it does with fragments, and writes it down.

    sudo record.py [--check]

Fragments of one datagram after another enter a router that tracks
connections. ipv4.tsv and ipv6.tsv have a row for each datagram: its name, the
MTU of the exit, the fragments in the order they come, and for each what
happens:

    held    waits for others
    dup     nothing new, forgotten
    fatal   all of the datagram is forgotten
    -       one of these; for IPv6 the kernel does not say which
    3/4     an ICMP error of that type and code
    0-16,16-24.     these leave, for with it the datagram is complete
    whole           it leaves without a fragment header

A fragment is FIRST-END, bytes of payload; a dot: no more fragments; d: DF;
eN: the two ECN bits; oN: so many bytes of options, all no-operations, of IPv6
hop-by-hop; tN: the protocol, if not 50 or, of IPv6, 59. Payload is byte i = (7 i + i / 251)
mod 256, and arrives so.

The rows are made below: some by hand, all orders of some, many at random.
"""

import itertools
import os
import random
import re
import struct
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import lab  # noqa: E402
from lab import run  # noqa: E402

RULES = ("*filter\n:FORWARD ACCEPT [0:0]\n"
         "-A FORWARD -m conntrack --ctstate INVALID\nCOMMIT\n")
SRC, DST = bytes((10, 0, 0, 9)), bytes((203, 0, 113, 5))
SRC6, DST6 = (bytes.fromhex("20010db8000%d" % n) + bytes(9) + b"\t"
              for n in (1, 9))
PAYLOAD = bytes((7 * i + i // 251) & 255 for i in range(140000))
WIDE, NARROW = 1500, 1400

HAND = """
in order: 0-16 16-32 32-40.
one by one: 0-8 8-16 16-24 24-32 32-33.
the same again: 0-16 0-16 16-24.
a part again: 0-32 8-16 32-40.
across two that came in turn: 0-16 16-32 0-32 8-24 32-40.
across two that did not: 16-32 0-16 0-32 32-40.
across two that did not, behind them a third: 0-16 32-48 16-32 24-40 48-56.
overlap: 0-16 8-24 24-32. 0-16 16-24
overlap with the front: 8-24 0-16
more than there was: 8-16 0-24
last one is short: 0-32 16-24.
last one is there already: 0-32 24-32. 32-40.
last one again tells the end: 16-32 16-32. 0-16
two ends: 16-32. 16-40.
the end twice: 16-32. 16-32. 0-16
behind the end: 16-32. 32-48
up to the end: 16-32. 16-32 0-16
nothing: 0-16 16-16 16-24.
nothing at the end: 0-16 16-16. 16-24.
nothing to begin with: 8-8 0-8 8-16.
cut to eights: 0-20 16-24.
cut to nothing: 0-7 0-8 8-16.
cut to nothing behind: 0-8 8-15 8-16.
cut, and a hole: 0-20 24-32. 16-24
odd end: 0-16 16-23.
one byte: 0-8 8-9.
cut behind the last: 8-12. 0-15
cut at the last: 8-16. 8-20 0-8
longest: 0-65504 65504-65515.
too long: 0-65504 65504-65516.
too long, the end first: 65504-65516. 0-65504 0-8
too long by options: 0-65496o8 65496-65512.
longest with options: 0-65496o8 65496-65507.
options of a later one: 0-65472 65472-65515.o8
far out: 65528-65600 0-16 16-24.
options: 0-16o8 16-24.
options of the second: 0-16 16-24.o8
options make it too long: 0-1456o40 1456-1480.
options make it too long, DF: 0-1376o40d 1376-2856.d
options make it too long, DF on one: 0-1376o40d 1376-2856.
options make it too long, DF on the longest: 0-8o40 8-1488d 1488-1500.
jumbo: 0-4000 4000-4100.
jumbo at the end: 0-104 104-4100.
uneven: 0-104 104-1504 1504-1600.
backwards and uneven: 104-112. 8-104 0-8
first without all of TCP: 0-8t6 8-80.t6
first without all of TCP, three: 0-16t6 16-24t6 24-80.t6
first with all of TCP: 0-24t6 24-32t6 32-80.t6
first without all of TCP, that is all: 0-8t6 8-20.t6
TCP without all of its header: 0-8t6d 8-19.t6d
TCP without all of its header, three: 0-8t6d 8-16t6d 16-17.t6d
first without all of SCTP: 0-8t132 8-32.t132
first without all of SCTP, three: 0-8t132 8-16t132 16-32.t132
first with all of SCTP: 0-16t132 16-24t132 24-32.t132
SCTP without all of its header: 0-8t132d 8-11.t132d
"""
NARROW_HAND = """
longer than the exit: 0-1480 1480-1600.
longer than the exit, second: 0-800 800-2280.
as long as the exit: 0-1376 1376-1500.
longer than the exit by a little: 0-1384 1384-1500.
cut to the exit, DF: 0-1383d 1376-1500.
odd and fits, DF: 0-8 8-1387.d
odd and does not, DF: 0-8 8-1389.d
three, longer: 0-104 104-1504 1504-1600.
last one as long as there is room: 0-1480 1480-2756.
last one longer than there is room: 0-1480 1480-2757.
"""


HAND6 = """
again: 0-16 0-16 8-16 16-32 32-40.
last one is short, and on: 0-32 16-24. 32-40.
two ends, and on: 16-32. 16-40. 0-16
behind the end, and on: 16-32. 32-48 0-16
nothing: 0-16 16-16 16-24.
nothing at the end: 0-16 16-16. 16-24.
nothing at the end tells it: 8-16 16-16. 0-8
odd: 0-20 16-24.
odd, and all is lost: 16-24. 8-15 0-16
odd end: 0-16 16-23.
beyond: 16-24. 65528-65600 0-16
beyond, and too long: 0-65000 65000-65536. 65000-65528.
too long by options: 0-65000o8 65000-65535. 0-8 8-16.
the only one: 0-16.
the only one, of another: 16-24 0-16. 0-16
first without all of TCP: 0-16t6 16-32.t6
first with all of TCP: 0-24t6 24-48t6 48-56.t6
first with all of UDP: 0-8t17 8-32t17 32-40.t17
first with all of ICMP: 0-8t58 8-32t58 32-40.t58
first with some of SCTP: 0-8t132 8-32t132 32-40.t132
other next headers: 0-16t50 16-40t51 40-48.t17
other next headers, backwards: 40-48.t17 16-40t51 0-16t50
whole: 0-16 16-24.
not whole: 0-16 16-32.
shortest MTU: 0-600 600-1000.
whole in the shortest MTU: 0-8 8-1208.
options: 0-16o8 16-32 32-64.
options of the second: 0-16 16-32o8 32-64.
options, and whole: 0-16o8 16-24.
options make it too long: 0-8o8 8-1456 1456-1600.
options make it too long, equal ones: 0-1440o8 1440-2888 2888-3000.
options, shortest MTU: 0-8o8 8-600 600-1000.
uneven: 0-104 104-1504 1504-1600.
backwards and uneven: 1504-1600. 104-1504 0-104
longer than the exit: 0-4000 4000-4100.
"""
NARROW6 = """
longer than the exit: 0-1448 1448-1548.
longer than the exit, second: 0-800 800-2248.
as long as the exit: 0-1352 1352-1500.
longer than the exit by a little: 0-1360 1360-1500.
shorter: 0-1232 1232-1500.
"""


def parse_hand(text, mtu):
    for line in text.strip().splitlines():
        name, pieces = line.split(": ")
        yield name, mtu, pieces.split()


def orders(name, pieces):
    for i, p in enumerate(itertools.permutations(pieces)):
        yield f"{name}, order {i}", WIDE, list(p)


def marked(name, mtu, pieces, marks):
    for combo in itertools.product(marks, repeat=len(pieces)):
        yield (f"{name} {' '.join(m or '-' for m in combo)}", mtu,
               [p + m for p, m in zip(pieces, combo)])


def at_random(count):
    rnd = random.Random(1)
    for i in range(count):
        pieces = []
        for _ in range(rnd.randrange(3, 9)):
            first = rnd.randrange(6)
            end = 8 * (first + rnd.randrange(1, 4)) - rnd.choice((0, 0, 0, 3))
            pieces.append(f"{8 * first}-{end}{'.' * (rnd.random() < 0.25)}")
        yield f"random {i}", WIDE, pieces


def rows6():
    yield from parse_hand(HAND6, WIDE)
    yield from parse_hand(NARROW6, NARROW)
    yield from orders("three", ("0-16", "16-32", "32-33."))
    yield from orders("one twice", ("0-8", "8-16", "8-16", "16-64."))
    yield from orders("overlap", ("0-16", "8-24", "24-64.", "0-16"))
    yield from marked("ECN", WIDE, ("0-8", "8-16."), ("e0", "e1", "e2", "e3"))
    yield from at_random(400)


def rows():
    yield from parse_hand(HAND, WIDE)
    yield from parse_hand(NARROW_HAND, NARROW)
    yield from orders("three", ("0-16", "16-24", "24-25."))
    yield from orders("four", ("0-8", "8-24", "24-32", "32-48."))
    yield from orders("hole", ("0-8", "16-24", "24-32."))
    yield from orders("one twice", ("0-8", "8-16", "8-16", "16-24."))
    yield from orders("one in another", ("0-24", "8-16", "24-32."))
    yield from orders("overlap", ("0-16", "8-24", "24-32.", "0-16"))
    yield from marked("ECN", WIDE, ("0-8", "8-16."), ("e0", "e1", "e2", "e3"))
    yield from marked("ECN", WIDE, ("0-8", "8-16", "16-24."),
                      ("e0", "e1", "e2", "e3"))
    for pieces in (("0-16", "16-24."), ("0-16", "16-40."), ("0-16", "16-32.")):
        yield from marked("DF", WIDE, pieces, ("", "d"))
    for pieces in (("0-1480", "1480-1600."), ("0-800", "800-2280."),
                   ("0-1384", "1384-1500."), ("0-1376", "1376-1500.")):
        yield from marked("DF", NARROW, pieces, ("", "d"))
    yield from at_random(600)


def checksum(b):
    total = sum(struct.unpack(f"!{len(b) // 2}H", b))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def parse(piece):
    m = re.fullmatch(r"(\d+)-(\d+)(\.?)(.*)", piece)
    return int(m[1]), int(m[2]), bool(m[3]), m[4]


def mark(marks, letter, default=0):
    m = re.search(letter + r"(\d+)", marks)
    return int(m[1]) if m else default


class Router(lab.Namespace):
    """IPv4's, and what IPv6's has in common with it."""

    iptables = "iptables-legacy"
    sysctls = {"ipv4/ip_forward": 1, "ipv4/icmp_ratemask": 0,
               "ipv4/ipfrag_high_thresh": 1 << 26,
               "ipv4/conf/all/rp_filter": 0,
               "ipv4/conf/default/rp_filter": 0,
               "ipv6/conf/default/disable_ipv6": 1}
    topology = ("addr add 10.0.0.1/24 dev lan\n"
                "addr add 198.51.100.1/24 dev wan\n"
                "route add default dev wan\n")

    def __init__(self, mtu):
        super().__init__(self.sysctls, ("lan", "wan"))
        run("ip", "link", "set", "dev", "wan", "mtu", str(mtu))
        run("ip", "-batch", "-", text=self.topology)
        run(f"{self.iptables}-restore", "--noflush", text=RULES)
        self.settle()
        self.id = 0

    def settle(self):
        pass

    @staticmethod
    def counts():
        """Bytes that wait, datagrams given up."""
        stat = Path("/proc/self/net/sockstat").read_text()
        names, values = (l.split() for l in
                         Path("/proc/self/net/snmp").read_text().splitlines()
                         if l.startswith("Ip:"))
        return (int(re.search(r"FRAG: inuse \d+ memory (\d+)", stat)[1]),
                int(dict(zip(names, values))["ReasmFails"]))

    def answer(self, piece):
        bytes_before, fails_before = self.counts()
        self.send("lan", self.encode(piece, self.id))
        left = [self.decode(p) for _, p in self.emitted()]
        held, fails = self.counts()
        if left:
            return ",".join(left)
        if fails != fails_before:
            return "fatal"
        return "held" if held > bytes_before else "dup"

    @staticmethod
    def encode(piece, ident):
        first, end, last, marks = parse(piece)
        ecn, options = mark(marks, "e"), b"\1" * mark(marks, "o")
        flags = 0x2000 * (not last) | 0x4000 * ("d" in marks) | first // 8
        size = 20 + len(options)
        head = struct.pack("!BBHHHBBH4s4s", 0x40 | size // 4, ecn,
                           size + end - first, ident, flags, 64,
                           mark(marks, "t", 50), 0,
                           SRC, DST) + options
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        return head + PAYLOAD[first:end]

    @staticmethod
    def decode(p):
        size = 4 * (p[0] & 15)
        tos, flags, proto = p[1], struct.unpack_from("!H", p, 6)[0], p[9]
        if proto == 1:
            return f"{p[size]}/{p[size + 1]}"
        first = 8 * (flags & 0x1FFF)
        end = first + len(p) - size
        assert p[size:] == PAYLOAD[first:end] and not checksum(p[:size])
        return (f"{first}-{end}" + "." * (not flags & 0x2000) +
                "d" * bool(flags & 0x4000) + (f"e{tos}" if tos else "") +
                (f"o{size - 20}" if size > 20 else "") +
                (f"t{proto}" if proto != 50 else ""))


class Router6(Router):
    iptables = "ip6tables-legacy"
    sysctls = {"ipv6/conf/all/forwarding": 1, "ipv6/icmp/ratelimit": 0,
               "netfilter/nf_conntrack_frag6_high_thresh": 1 << 26,
               "ipv6/conf/default/addr_gen_mode": 1}  # no link-local ones
    topology = ("addr add 2001:db8:1::1/64 dev lan nodad\n"
                "addr add 2001:db8:2::1/64 dev wan nodad\n"
                "route add 2000::/3 dev wan\n")

    def settle(self):
        """Its own chatter is over then."""
        time.sleep(4)
        list(self.emitted())

    @staticmethod
    def counts():
        return 0, 0

    def answer(self, piece):
        answer = super().answer(piece)
        return "-" if answer == "dup" else answer

    @staticmethod
    def encode(piece, ident):
        first, end, last, marks = parse(piece)
        kind, size = 44, mark(marks, "o")
        body = struct.pack("!BBHI", mark(marks, "t", 59), 0,
                           first | (not last), ident) + PAYLOAD[first:end]
        if size:
            padding = bytes((1, size - 4)) + bytes(size - 4)
            kind, body = 0, bytes((44, size // 8 - 1)) + padding + body
        return struct.pack("!IHBB", 6 << 28 | mark(marks, "e") << 20,
                           len(body), kind, 64) + SRC6 + DST6 + body

    @staticmethod
    def decode(p):
        kind, at, size = p[6], 40, 0
        ecn = struct.unpack_from("!I", p)[0] >> 20 & 255
        if kind == 58 and p[8:24] != SRC6:
            return f"{p[40]}/{p[41]}"
        if kind == 0:
            size = 8 * (p[at + 1] + 1)
            kind, at = p[at], at + size
        place = None
        if kind == 44:
            kind, place = struct.unpack_from("!BxH", p, at)
            at += 8
        first = (place or 0) & ~7
        end = first + len(p) - at
        assert p[at:] == PAYLOAD[first:end]
        marks = ("e%d" % ecn if ecn else "") + ("o%d" % size if size else "")
        marks += "t%d" % kind if kind != 59 else ""
        if place is None:
            return "whole" + marks
        return f"{first}-{end}" + "." * (not place & 1) + marks


def record(router_of, every):
    lines = ["# Made by record.py, which explains it: Linux "
             + ".".join(os.uname().release.split(".")[:2])]
    every = list(every)
    for mtu in (WIDE, NARROW):
        router = router_of(mtu)
        for name, its_mtu, pieces in every:
            if its_mtu != mtu:
                continue
            router.id += 1
            lines.append("\t".join((name, str(mtu), " ".join(pieces),
                                    " ".join(map(router.answer, pieces)))))
    return "\n".join(lines) + "\n"


def main():
    if os.geteuid():
        print("record.py: needs root", file=sys.stderr)
        return 77
    bad = 0
    for name, router, every in (("ipv4", Router, rows()),
                                ("ipv6", Router6, rows6())):
        path, text = HERE / f"{name}.tsv", record(router, every)
        if "--check" not in sys.argv[1:]:
            path.write_text(text)
        elif path.read_text() != text:
            print(f"record.py: {name}: the kernel answers otherwise",
                  file=sys.stderr)
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())
