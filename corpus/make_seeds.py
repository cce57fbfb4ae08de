#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes the named seeds of corpus/NAME/ (see README.md).

The input formats stand at the top of fuzz/fuzz_*.c. Seeds are made, not
recorded: every byte follows from this file.
"""
import ipaddress
import pathlib
import struct

HERE = pathlib.Path(__file__).parent
CLIENT, SERVER, ROUTER = bytes([10, 0, 0, 1]), bytes([198, 18, 0, 80]), bytes([10, 0, 0, 254])
PUBLIC = bytes([203, 0, 113, 7])
CLIENT6, SERVER6, PUBLIC6, NEXT_DOOR, ITSELF, NEIGHBOURS = (
    ipaddress.IPv6Address(text).packed
    for text in ("2001:db8:1::9", "2001:db8:9::5", "2001:db8:7::7", "fe80::9", "::1", "ff01::1"))
ICMP, TCP, UDP, GRE, SCTP, UDPLITE = 1, 6, 17, 47, 132, 136
HOP, ROUTING, FRAGMENT, ESP, AUTH, ICMP6, NONE, DEST = 0, 43, 44, 50, 51, 58, 59, 60


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def put(data, at, value):
    return data[:at] + struct.pack(">H", value) + data[at + 2:]


def ip(proto, payload, src=CLIENT, dst=SERVER, frag=0x4000, options=b"", ttl=64, length=None):
    header = struct.pack(">BBHHHBBH4s4s", 0x40 | 5 + len(options) // 4, 0,
                         length or 20 + len(options) + len(payload),
                         0x1234, frag, ttl, proto, 0, src, dst) + options
    return put(header, 10, checksum(header)) + payload


def with_sum(proto, segment, at, src=CLIENT, dst=SERVER):
    pseudo = src + dst + struct.pack(">BBH", 0, proto, len(segment))
    return put(segment, at, checksum(pseudo + segment))


def tcp(flags, data=b"", options=b"", sport=40000, dport=80, doff=None):
    doff = doff if doff is not None else 5 + len(options) // 4
    return with_sum(TCP, struct.pack(">HHIIBBHHH", sport, dport, 1000, 2000, doff << 4,
                                     flags, 64240, 0, 0) + options + data, 16)


def udp(data, length=None, summed=True, proto=UDP):
    datagram = struct.pack(">HHHH", 5353, 53, length or 8 + len(data), 0) + data
    return with_sum(proto, datagram, 6) if summed else datagram


def icmp(kind, code=0, rest=b"\0\x2a\0\1", data=b""):
    message = bytes([kind, code, 0, 0]) + rest + data
    return put(message, 2, checksum(message))


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def sctp(tag, *chunks):
    packet = struct.pack(">HHI", 2905, 2905, tag) + bytes(4)
    for kind, flags, value in chunks:
        packet += struct.pack(">BBH", kind, flags, 4 + len(value)) + value
        packet += bytes(-len(value) % 4)
    return packet[:8] + struct.pack("<I", crc32c(packet)) + packet[12:]


def error(kind, quoted, code=0, rest=b"\0\0\0\0"):
    return ip(ICMP, icmp(kind, code, rest, quoted), src=ROUTER, dst=CLIENT)


SYN_OPTIONS = bytes([2, 4, 5, 0xB4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7])
TIMESTAMP = bytes([1, 1, 8, 10, 0, 0, 0, 2, 0, 0, 0, 1])
SACK = bytes([1, 1, 5, 10]) + struct.pack(">II", 3000, 4000)
query = ip(UDP, udp(b"question"))
syn = ip(TCP, tcp(0x02, options=SYN_OPTIONS))

PACKETS = {
    "tcp-syn": syn,
    "tcp-synack": ip(TCP, tcp(0x12, options=SYN_OPTIONS)),
    "tcp-data-timestamp": ip(TCP, tcp(0x18, b"GET / HTTP/1.0\r\n\r\n", TIMESTAMP)),
    "tcp-ack-sack": ip(TCP, tcp(0x10, options=SACK)),
    "tcp-fin": ip(TCP, tcp(0x11)),
    "tcp-rst": ip(TCP, tcp(0x04)),
    "tcp-ftp": ip(TCP, tcp(0x18, b"PORT 10,0,0,1,156,64\r\n", dport=21)),
    "tcp-flags-none": ip(TCP, tcp(0)),
    "tcp-flags-xmas": ip(TCP, tcp(0x29)),
    "tcp-offset-too-long": ip(TCP, tcp(0x10, doff=15)),
    "tcp-offset-too-short": ip(TCP, tcp(0x10, doff=4)),
    "tcp-option-length-zero": ip(TCP, tcp(0x02, options=bytes([3, 0, 1, 1]))),
    "tcp-option-past-end": ip(TCP, tcp(0x02, options=bytes([1, 1, 3, 40]))),
    "tcp-header-cut": ip(TCP, tcp(0x10)[:13]),
    "udp-query": query,
    "udp-no-checksum": ip(UDP, udp(b"question", summed=False)),
    "udp-odd-length": ip(UDP, udp(b"odd")),
    "udp-empty": ip(UDP, udp(b"")),
    "udp-length-too-long": ip(UDP, udp(b"x", length=64)),
    "udp-length-too-short": ip(UDP, udp(b"x", length=4)),
    "udp-in-ip-options": ip(UDP, udp(b"x"), options=bytes([7, 7, 4, 0, 0, 0, 0, 0])),
    "udplite": ip(UDPLITE, udp(b"partial", length=8, proto=UDPLITE)),
    "icmp-echo": ip(ICMP, icmp(8, data=bytes(range(56)))),
    "icmp-echo-reply": ip(ICMP, icmp(0, data=bytes(range(56)))),
    "icmp-all-zero": ip(ICMP, icmp(0, rest=b"\0\0\0\0", data=b"\0" * 8)),
    "icmp-timestamp": ip(ICMP, icmp(13, data=bytes(12))),
    "icmp-type-unknown": ip(ICMP, icmp(19)),
    "icmp-unreachable-udp": error(3, query[:28], code=3),
    "icmp-frag-needed-tcp": error(3, syn, code=4, rest=b"\0\0\5\x78"),
    "icmp-source-quench": error(4, syn[:28]),
    "icmp-redirect": error(5, query[:28], code=1, rest=ROUTER),
    "icmp-time-exceeded-echo": error(11, ip(ICMP, icmp(8), ttl=1)),
    "icmp-parameter-options": error(12, ip(UDP, udp(b"x"), options=bytes([7, 7, 4, 0, 0, 0, 0, 0])), rest=b"\x14\0\0\0"),
    "icmp-quotes-icmp-error": error(11, error(3, query[:28], code=3)),
    "icmp-quote-cut": error(3, query[:22], code=3),
    "icmp-quote-not-ip": error(3, b"\0" * 28, code=3),
    "sctp-init": ip(SCTP, struct.pack(">HHII", 2905, 2905, 0, 0x12345678) + bytes([1, 0, 0, 20]) + bytes(16)),
    "sctp-init-crc": ip(SCTP, sctp(0, (1, 0, b"\0\0\0\7" + bytes(12)))),
    "sctp-init-ack": ip(SCTP, sctp(7, (2, 0, b"\0\0\0\5" + bytes(12)))),
    "sctp-cookie-data": ip(SCTP, sctp(5, (10, 0, b"cookie"), (0, 3, bytes(13)))),
    "sctp-cookie-ack-sack": ip(SCTP, sctp(7, (11, 0, b""), (3, 0, bytes(12)))),
    "sctp-heartbeats": ip(SCTP, sctp(9, (4, 0, b"path"), (5, 0, b"path"))),
    "sctp-shutdown-ack": ip(SCTP, sctp(7, (8, 0, b""))),
    "sctp-abort-t": ip(SCTP, sctp(7, (6, 1, b""))),
    "sctp-no-chunk": ip(SCTP, sctp(7)),
    "sctp-chunk-length-zero": ip(SCTP, sctp(7) + bytes([9, 0, 0, 0])),
    "sctp-init-cut": ip(SCTP, sctp(0, (1, 0, bytes(4)))),
    "icmp-unreachable-sctp": error(3, ip(SCTP, sctp(0, (1, 0, bytes(16)))), code=2),
    "gre-pptp": ip(GRE, bytes([0x30, 1, 0x88, 0x0B, 0, 4, 0, 7, 0, 0, 0, 1]) + b"ppp!"),
    "gre-pptp-cut": ip(GRE, bytes([0x30, 1, 0x88, 0x0B, 0, 4])),
    "gre-version-2": ip(GRE, bytes([0, 2, 8, 0, 0, 0, 0, 0])),
    "gre": ip(GRE, bytes([0x20, 0, 8, 0, 0, 0, 0, 7]) + query),
    "igmp": ip(2, bytes([0x16, 0, 0, 0, 239, 1, 2, 3])),
    "fragment-first": ip(UDP, udp(b"f" * 24), frag=0x2000),
    "fragment-later": ip(UDP, b"f" * 24, frag=0x2004),
    "fragment-last": ip(UDP, b"f" * 3, frag=0x0008),
    "ip-length-too-long": ip(UDP, udp(b"x"), length=1500),
    "ip-length-too-short": ip(UDP, udp(b"x"), length=10),
    "ip-padded": query + b"\0" * 10,
    "ip-header-length-4": put(query, 0, 0x4400),
    "ip-header-length-15": put(query, 0, 0x4F00),
    "ip-version-6": bytes([0x60]) + bytes(39),
    "ip-bad-checksum": put(query, 10, 0xBEEF),
}


def ip6(payload, proto=UDP, headers=(), src=CLIENT6, dst=SERVER6, hops=64):
    """With extension headers, each (its number, what follows its first byte)."""
    chain = [number for number, _ in headers] + [proto]
    after = b"".join(bytes([following]) + header
                     for following, (_, header) in zip(chain[1:], headers)) + payload
    return struct.pack(">IHBB", 6 << 28, len(after), chain[0], hops) + src + dst + after


def sum6(proto, segment, at, src=CLIENT6, dst=SERVER6):
    pseudo = src + dst + struct.pack(">II", len(segment), proto)
    return put(segment, at, checksum(pseudo + segment))


def udp6(sport=1, dport=2, **ends):
    return sum6(UDP, struct.pack(">HHHH", sport, dport, 12, 0) + b"abcd", 6, **ends)


def icmp6(kind, rest, data, code=0, **ends):
    return sum6(ICMP6, struct.pack(">BBHI", kind, code, 0, rest) + data, 2, **ends)


def error6(kind, quoted, code=0, rest=0):
    ends = {"src": SERVER6, "dst": CLIENT6}
    return ip6(icmp6(kind, rest, quoted, code, **ends), ICMP6, **ends)


def syn6(options):
    segment = struct.pack(">HHIIBBHHH", 1000, 80, 1000, 0, 0x60, 2, 0xFAF0, 0, 0) + options
    return sum6(TCP, segment, 16)


def redirect(quoted):
    option = bytes([4, 8]) + bytes(6) + quoted + bytes(4)
    return ip6(icmp6(137, 0, bytes.fromhex("fe80" + 13 * "00" + "77") + SERVER6 + option,
                     src=NEXT_DOOR, dst=CLIENT6), ICMP6, src=NEXT_DOOR, dst=CLIENT6, hops=255)


PAD4 = bytes([0, 1, 4, 0, 0, 0, 0])  # an option that is padding
datagram6, echo6 = ip6(udp6()), ip6(icmp6(128, 0x70001, b"abcdefgh"), ICMP6)

PACKETS6 = {
    "udp": ip6(udp6(1000, 53)),
    "udp-destination": ip6(udp6(1000, 53)),
    "udp-no-checksum": ip6(put(udp6(), 6, 0)),
    "udp-bad-checksum": ip6(put(udp6(), 6, 0xDE82)),
    "tcp-syn": ip6(syn6(bytes([2, 4, 5, 0xB4])), TCP),
    "tcp-cut": put(ip6(bytes.fromhex("00010002000003e80000"), TCP), 4, 20),
    "echo": echo6,
    "neighbour-solicitation": ip6(icmp6(135, 0x70001, b"abcdefgh"), ICMP6),
    "icmp-of-ipv4": ip6(put(icmp(8, rest=b"\0\7\0\0"), 2, 0xF7F8), ICMP),
    "unreachable-udp": error6(1, datagram6, code=4),
    "too-big-echo": error6(2, echo6, rest=1280),
    "redirect": redirect(datagram6),
    "sctp": ip6(bytes(24), SCTP),
    "esp": ip6(bytes(24), ESP),
    "gre-pptp": ip6(bytes([0, 1, 0x88, 0x0B, 0, 0, 0, 7]), GRE),
    "no-next-header": ip6(b"", NONE),
    "hop-padding": ip6(udp6(), headers=[(HOP, bytes([1, 1, 4, 0, 0, 0, 0, 1, 6]) + bytes(6))]),
    "hop-option-unknown": ip6(udp6(), headers=[(HOP, bytes([0, 0x9E, 4]) + bytes(4))]),
    "hop-many-options": ip6(udp6(), headers=[(HOP, bytes([2]) + bytes([0x1E, 0]) * 9 + bytes([1, 2, 0, 0]))]),
    "hop-jumbo": put(ip6(udp6(), headers=[(HOP, bytes([0, 0xC2, 4, 0, 0, 0, 0x14]))]), 4, 0),
    "fragment-first": ip6(udp6(), headers=[(FRAGMENT, bytes.fromhex("00000100000007"))]),
    "fragment-later": ip6(b"abcdefgh", headers=[(FRAGMENT, bytes.fromhex("00002800000007"))]),
    "header-too-long": ip6(udp6(), headers=[(DEST, bytes([9]) + PAD4[1:])]),
    "chain-cut": ip6(b"", headers=[(DEST, b"")]),
    "all-headers": ip6(udp6(), headers=[
        (HOP, PAD4), (DEST, PAD4), (ROUTING, bytes([0, 2]) + bytes(5)), (FRAGMENT, bytes([0, 0, 0, 0, 0, 0, 7])),
        (AUTH, bytes([4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2]) + b"x" * 12), (DEST, PAD4)]),
    "loopback-source": ip6(udp6(src=ITSELF), src=ITSELF),
    "group-of-interface": ip6(udp6(dst=NEIGHBOURS), dst=NEIGHBOURS),
    "repaired": put(datagram6, 0, 0x6500),
}


def tuple_of(proto, src, dst, src_id, dst_id):
    return bytes([proto]) + src + dst + struct.pack(">HH", src_id, dst_id)


# proto below 128 picks TCP, UDP, ICMP, UDP-Lite, SCTP in turn
KINDS = [
    ("tcp", 0, 40000, 80), ("udp", 1, 5353, 53), ("icmp-echo", 2, 42, 0x0800),
    ("icmp-timestamp", 2, 42, 0x0D00), ("icmp-no-answer", 2, 42, 0x0300),
    ("udplite", 3, 7, 9), ("sctp", 4, 2905, 2905), ("other", 200, 0, 0)]
KINDS6 = [
    ("tcp", 0, 40000, 80), ("udp", 1, 5353, 53), ("icmp-echo", 2, 42, 0x8000),
    ("icmp-no-answer", 2, 42, 0x0300), ("udplite", 3, 7, 9), ("sctp", 4, 2905, 2905),
    ("other", 200, 0, 0)]


def tuples(prefix, version, kinds, client, server, public):
    made = {
        name: tuple_of(proto, client, server, a, b) + tuple_of(proto, server, public, b, 1024) + b"seed"
        for name, proto, a, b in kinds}
    made["equal"] = tuple_of(0, client, server, 1, 2) * 2 + b"seed"
    made["self"] = tuple_of(0, client, client, 7, 7) + tuple_of(1, client, client, 7, 7)
    return {prefix + name: bytes([version]) + data for name, data in made.items()}


TUPLES = tuples("", 0, KINDS, CLIENT, SERVER, PUBLIC) | \
    tuples("ipv6-", 1, KINDS6, CLIENT6, SERVER6, PUBLIC6)


def sums(split, changes, data):
    return struct.pack("<HB", split, len(changes)) + \
        b"".join(struct.pack("<HI", at, value) for at, value in changes) + data


SUMS = {
    "empty": sums(0, [], b""),
    "one-byte": sums(0, [], b"\x7f"),
    "header": sums(8, [(8, 0x3F), (13, 0x07710ACB)], query[:20]),
    "odd": sums(6, [(2, 0xFFFF)], bytes(range(33))),
    "carries": sums(40, [(1, 0xFFFFFFFF), (6, 0xFFFF), (1, 0)], b"\xff" * 120),
    "to-zero": sums(2, [(0, 0)], b"\0\0\x12\x34\0\0"),
    "from-nearly-zero": sums(2, [(0, 1), (2, 0)], b"\0\0\0\x01\0\0"),
    "all-zero": sums(2, [(0, 0xFFFF)], bytes(16)),
    "long": sums(700, [(2 * i, i * 0x01010101) for i in range(8)], bytes(i * 7 & 255 for i in range(1480))),
}


CHAINS = {"nat": "PREROUTING INPUT OUTPUT POSTROUTING", "filter": "INPUT FORWARD OUTPUT",
          "mangle": "PREROUTING INPUT FORWARD OUTPUT POSTROUTING", "raw": "PREROUTING OUTPUT"}


def rules(table, *lines, chains=()):
    heads = [f":{name} ACCEPT [0:0]" for name in CHAINS[table].split()]
    heads += [f":{name} - [0:0]" for name in chains]
    return "\n".join([f"*{table}", *heads, *lines, "COMMIT", ""]).encode()


RULES = {
    "masquerade": rules("nat", "-A POSTROUTING -s 10.0.0.0/8 -o wan0 -p tcp -j MASQUERADE --to-ports 1024-2048 --random"),
    "snat-pool": rules("nat", "-A POSTROUTING -p udp -j SNAT --to-source 203.0.113.1-203.0.113.6:1024-65535 --persistent"),
    "dnat": rules("nat", "[7:420] -A PREROUTING -i wan+ -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.2:8080"),
    "redirect": rules("nat", "-A PREROUTING -p udp -m udp --dport 53 -j REDIRECT --to-ports 5353"),
    "netmap": rules("nat", "-A PREROUTING -d 198.51.100.0/24 -j NETMAP --to 10.1.2.0/24"),
    "chains": rules("nat", "-A PREROUTING -j one", "-A one -p 6 -g two", "-A two -j RETURN", chains=("one", "two")),
    "loop": rules("nat", "-A PREROUTING -j one", "-A one -j two", "-A two -j one", chains=("one", "two")),
    "conntrack": rules("filter", "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED ! --ctorigdst 10.0.0.0/8 -j ACCEPT"),
    "tcp": rules("filter", "-A INPUT -p tcp -m tcp --sport 1:1023 ! --tcp-flags SYN,ACK SYN --tcp-option 8 -j DROP"),
    "icmp": rules("filter", "-A INPUT -p icmp -m icmp --icmp-type 3/4 -j REJECT --reject-with icmp-host-prohibited"),
    "multiport": rules("filter", "-A FORWARD -p tcp -m multiport --dports 22,80,8000:8080 -j ACCEPT"),
    "iprange": rules("filter", "-A FORWARD -m iprange ! --src-range 10.0.0.1-10.0.0.9 -j DROP"),
    "limit": rules("filter", "-A INPUT -m limit --limit 6/min --limit-burst 10 -j ACCEPT"),
    "statistic": rules("nat", "-A PREROUTING -m statistic --mode nth --every 3 --packet 1 -j DNAT --to-destination 10.0.0.3"),
    "marks": rules("mangle", "-A FORWARD -m mark --mark 0x1/0xff -m addrtype --dst-type LOCAL -j ACCEPT"),
    "comment": rules("raw", '-A PREROUTING -m comment --comment "a \\"quoted\\" word" -j ACCEPT'),
    "lists": rules("filter", "-A INPUT -s 10.0.0.1,10.0.0.2/255.255.0.255 -d 192.0.2.0/24 ! -f -j DROP"),
    "two-tables": rules("nat") + rules("filter", "-A INPUT ! -i lo -j DROP"),
    "unknown-option": rules("nat", "-A PREROUTING -p tcp --dprot 80 -j ACCEPT"),
    "ports-reversed": rules("nat", "-A PREROUTING -p tcp --dport 2000:1000 -j ACCEPT"),
    "no-commit": rules("nat")[:-7],
}

TOPOLOGIES = {
    "two-sides": b"addr add 192.168.1.1/24 dev lan0\naddr add 198.51.100.1/24 dev wan0\n"
                 b"route add default via 198.51.100.254 dev wan0\n",
    "policy": b"addr add 10.0.0.1/31 dev a\nroute add default dev b table 100\nrule add iif a lookup 100\n",
    "mtu": b"# long frames\nlink set dev lan0 mtu 65535\naddr add 10.0.0.1/8 dev lan0\n",
    "bad-prefix": b"addr add 10.0.0.1/33 dev a\n",
    "bad-word": b"addr ad 10.0.0.1/24 dev a\n",
    "unknown-device": b"addr add 10.0.0.1/24 dev a\nroute add default dev b\n",
    "ipv6": b"addr add 2001:db8::1/64 dev a\n",
}


def fragments(*pieces, ecn=0, options=0, ticks=0, flags=0):
    """Each (offset / 8, length, is it the last)."""
    return b"".join(struct.pack("<BBHH", flags | last << 6 | ticks,
                                ecn | options << 2 | (length >= 2048) * 0xF0, offset, length)
                    for offset, length, last in pieces)


FRAGMENTS = {
    "in-order": fragments((0, 16, 0), (2, 16, 0), (4, 5, 1)),
    "reverse": fragments((4, 5, 1), (2, 16, 0), (0, 16, 0)),
    "duplicate": fragments((0, 16, 0), (0, 16, 0), (1, 8, 0), (2, 8, 1)),
    "overlap": fragments((0, 16, 0), (1, 16, 0), (3, 8, 1)),
    "two-ends": fragments((2, 16, 1), (2, 24, 1)),
    "longest": fragments((0, 65504, 0), (8188, 11, 1)),
    "too-long": fragments((0, 65504, 0), (8188, 12, 1)),
    "options": fragments((0, 16, 0), (2, 16, 1), options=3),
    "congestion": fragments((0, 16, 0), ecn=3) + fragments((2, 16, 1), ecn=1),
    "ecn-mixed": fragments((0, 16, 0), ecn=2) + fragments((2, 16, 1)),
    "late": fragments((0, 16, 0)) + fragments((8, 16, 0), flags=16) * 12 + fragments((2, 16, 1)),
    "timeout": fragments((0, 16, 0)) + fragments((9, 8, 0), flags=32, ticks=15) * 8,
    "flood": b"".join(fragments((0, 60000, 0), flags=f) for f in (0, 16, 32, 48)) * 3,
    "many": fragments(*[(2 * i * 37 % 128, 8, 0) for i in range(64)]),
}


def write(target, seeds):
    folder = HERE / target
    folder.mkdir(exist_ok=True)
    for name, data in seeds.items():
        (folder / name).write_bytes(data)


def main():
    target = PUBLIC + struct.pack(">H", 1234)
    write("packet", {name: target + bytes([n % 2, 0]) + data
                     for n, (name, data) in enumerate(PACKETS.items())})
    # the fuzzer keeps these alive through mutation: length and sums repaired
    write("packet", {f"repaired-{name}": target + bytes([6 + n % 2, 0]) + PACKETS[name]
                     for n, name in enumerate(["tcp-syn", "tcp-ack-sack", "udp-query", "udplite",
                                               "icmp-echo", "icmp-unreachable-udp", "icmp-frag-needed-tcp"])})
    target6 = PUBLIC6 + struct.pack(">H", 0x1234)
    flags6 = {"udp-destination": 1, "gre-pptp": 1, "repaired": 2, "tcp-cut": 2}
    write("ipv6", {name: target6 + bytes([flags6.get(name, 0), 0]) + data
                   for name, data in PACKETS6.items()})
    write("tuple", TUPLES)
    write("fragments", FRAGMENTS)
    write("checksum", SUMS)
    write("rules", RULES)
    write("topology", TOPOLOGIES)


if __name__ == "__main__":
    main()
