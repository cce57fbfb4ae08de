#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tables of natbench replay against how conntrack -L prints them.

    live_conntrack.py NATBENCH

Connections of replayed captures are put into the table of a network namespace
of its own, and conntrack -L and conntrack -L -o extended are to print of them
what --conntrack and --conntrack-extended did, to the character but for the
seconds left. Exit status 1: differences; 77: no root, no conntrack.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CAPTURES = ("http_parallel.pcap", "dns.pcap", "ping4.pcap", "ping6.pcap",
            "http6_download.pcap.zst", "udp_unreachable.pcap", "tcp_reset.pcap")
RULES = """*mangle
-A PREROUTING -p udp -j MARK --set-mark 0x7
-A PREROUTING -p udp -j CONNMARK --save-mark
COMMIT
*raw
-A PREROUTING -p icmp -j CT --zone 5
COMMIT
*nat
-A POSTROUTING -o wan0 -j MASQUERADE
COMMIT
"""
FORMS = {(): (), ("--conntrack-extended",): ("-o", "extended")}
LONG = 9999  # seconds, so that none ends meanwhile


def run(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False)


def fields(line):
    """Those of the original direction, then those of the reply."""
    pairs = re.findall(r"(\w+)=(\S+)", line)
    second = [name for name, _ in pairs].index("src", 1)
    return dict(pairs[:second]), dict(pairs[second:])


# The tool's options, by protocol, and which end of which direction they name.
PORTS = {"--sport": (0, "sport"), "--dport": (0, "dport"),
         "--reply-port-src": (1, "sport"), "--reply-port-dst": (1, "dport")}
IDS = {"tcp": PORTS, "udp": PORTS,
       "icmp": {"--icmp-type": (0, "type"), "--icmp-code": (0, "code"), "--icmp-id": (0, "id")},
       "icmpv6": {"--icmpv6-type": (0, "type"), "--icmpv6-code": (0, "code"),
                  "--icmpv6-id": (0, "id")}}


def commands(line):
    """The tool's words that make the connection."""
    proto, _, _, *state = line.split(" src=")[0].split()
    ends = there, back = fields(line)
    status = ([] if "[UNREPLIED]" in line else ["SEEN_REPLY"]) + \
        (["ASSURED"] if "[ASSURED]" in line else [])
    which = ["-p", proto, "-s", there["src"], "-d", there["dst"], "-r", back["src"],
             "-q", back["dst"]]
    for option, (end, name) in IDS[proto].items():
        which += [option, ends[end][name]]
    which += ["--state", state[0]] if state else []
    which += ["-w", back["zone"]] if "zone" in back else []
    yield ["-I", *which, "-t", str(LONG), *(["-u", ",".join(status)] if status else [])]
    if back["mark"] != "0":  # which -I takes for the status, where both are given
        yield ["-U", *which, "-m", back["mark"]]


def lines(text):
    """Sorted, and without how long they have to live."""
    return sorted(re.sub(r"^((?:ipv\d +\d+ )?\S+ +\d+) \d+", r"\1 *", line)
                  for line in text.splitlines())


def table(natbench, folder, capture, options):
    out, rules = Path(folder, "table"), Path(folder, "rules")
    rules.write_text(RULES)
    done = run(natbench, "replay", "-T", str(ROOT / "scenarios/home-router/topology.ip"),
               "-r", str(rules), "--conntrack", str(out), *options,
               str(ROOT / "pcaps" / capture))
    if done.returncode:
        sys.exit(f"live_conntrack: {done.stderr}")
    return out.read_text()


def compare(natbench):
    shown = differ = 0
    with tempfile.TemporaryDirectory() as folder:
        for capture in CAPTURES:
            run("conntrack", "-F")
            for line in table(natbench, folder, capture, ()).splitlines():
                for words in commands(line):
                    done = run("conntrack", *words)
                    if done.returncode:
                        sys.exit(f"live_conntrack: {line}: {done.stderr}")
            for ours, theirs in FORMS.items():
                want = lines(run("conntrack", "-L", "-f", "ipv6" if "6" in capture else "ipv4",
                                 *theirs).stdout)
                got = lines(table(natbench, folder, capture, ours))
                shown += len(got)
                if got != want:
                    differ += 1
                    print(f"live_conntrack: {capture} {' '.join(theirs)}", *got,
                          "but the tool prints", *want, sep="\n    ")
    print(f"{shown} lines, {differ} differences")
    return int(differ > 0 or not shown)


def main():
    if sys.argv[2:] == ["--inside"]:
        return compare(sys.argv[1])
    if not shutil.which("conntrack") or \
            run("unshare", "--net", "conntrack", "-L").returncode:
        print("live_conntrack: skipped: needs root and conntrack")
        return 77
    return subprocess.run(("unshare", "--net", sys.executable, *sys.argv, "--inside"),
                          check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
