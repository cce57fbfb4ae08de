#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Random rules through the real iptables and through natbench rules.

    live_rules.py NATBENCH [--rules N] [--seed N]

Each rule is given to both; what one takes and the other refuses is a
difference. So is each character in which listings (-L in all its forms, -S)
and iptables-save -c of all that both took differ. Runs in network and mount
namespaces of its own, in which services and hosts have no names. Exit status
1: differences; 77: no root, no iptables.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile

TOOL = "iptables-legacy"
CHAINS = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}
USER = ("first", "second-chain", "a-name-of-28-characters-xxxx")
FORMS = ("-L", "-nL", "-vL", "-vnL", "-vnxL", "-xL", "-vnL --line-numbers",
         "-L --line-numbers", "-S", "-vS")

# What may stand in a rule. "!" before a word: it may be inverted; {a|b}: one
# of these; <n>: a number up to n.
PLACES = (
    "!-s {10.1.2.3|10.0.0.0/8|192.168.7.0/255.255.255.0|10.0.0.1/255.0.0.255|"
    "0.0.0.0/0|10.1.2.3/0|1.2.3.4/31}",
    "!-d {192.0.2.1|198.51.100.0/24|172.16.5.5/12|255.255.255.255}",
    "!-i {lan0|lan+|a-name-of-15-ch|+}", "!-o {wan0|wan+|w}", "!-f",
)
PROTOCOLS = ("!-p {tcp|udp|icmp|sctp|dccp|udplite|esp|gre|all|<255>|TCP}",)
PORTS = "{0|1|22|80|1024:|:1023|5:9|65535|0:65535|1:65535|1000:2000}"
LIST = "{80|1,2,3|1:5,7|80,443,8000:8100,1:2|1,2,3,4,5,6,7,8,9,10,11,12,13,14,15}"
STATES = ("{NEW|ESTABLISHED,RELATED|INVALID|UNTRACKED|NEW,ESTABLISHED,RELATED|"
          "RELATED,NEW,INVALID}")
FLAGS = ("{SYN SYN|ALL NONE|SYN,RST,ACK,FIN SYN|ALL ALL|FIN FIN|ALL SYN,PSH|"
         "PSH,URG URG}")
MATCHES = (
    ("tcp", f"-m tcp !--sport {PORTS}"), ("tcp", f"-m tcp !--dport {PORTS}"),
    ("tcp", f"-m tcp !--dport {PORTS} !--sport {PORTS} !--tcp-flags {FLAGS}"),
    ("tcp", "-m tcp !--syn"), ("tcp", "-m tcp !--tcp-option {1|8|255}"),
    ("udp", f"-m udp !--dport {PORTS} !--sport {PORTS}"),
    ("udp", f"-m udp !--sport {PORTS}"),
    ("icmp", "-m icmp !--icmp-type {any|8|8/0|3/1|echo-request|echo-reply|"
     "port-unreachable|fragmentation-needed|time-exceeded|ttl-zero-during-"
     "transit|11|0|255|17|5/1|redirect|source-quench|parameter-problem|12/1}"),
    ("tcp", f"-m multiport !--dports {LIST}"),
    ("udp", f"-m multiport !--sports {LIST}"),
    ("tcp", f"-m multiport !--ports {LIST}"),
    ("sctp", f"-m multiport !--dports {LIST}"),
    ("", f"-m conntrack !--ctstate {STATES}"),
    ("", "-m conntrack !--ctstate {SNAT|DNAT,NEW|DNAT}"),
    ("", "-m conntrack !--ctstatus {NONE|EXPECTED|SEEN_REPLY,ASSURED|CONFIRMED}"),
    ("", "-m conntrack --ctdir {ORIGINAL|REPLY}"),
    ("", "-m conntrack !--ctproto {tcp|udp|47} !--ctexpire {5|1:9|100:}"),
    ("", "-m conntrack !--ctorigsrc {10.0.0.1|10.0.0.0/8} !--ctorigdst 1.2.3.4"),
    ("", "-m conntrack !--ctreplsrc 10.9.9.9/16 !--ctrepldst {4.4.4.4|4.0.0.0/7}"),
    ("", "-m conntrack --ctproto tcp !--ctorigsrcport {5|1:9} !--ctorigdstport 7"),
    ("", "-m conntrack --ctproto tcp !--ctreplsrcport {5|1:9} !--ctrepldstport 7"),
    ("", f"-m state !--state {STATES}"),
    ("", "-m mark !--mark {1|0x10/0xff|0|0xffffffff|7/0}"),
    ("", "-m connmark !--mark {1|0x10/0xff|0}"),
    ("", "-m addrtype !--src-type {LOCAL|UNICAST,LOCAL|BROADCAST}"),
    ("", "-m addrtype !--dst-type {LOCAL|MULTICAST,BROADCAST} --limit-iface-in"),
    ("", "-m addrtype !--dst-type {LOCAL|ANYCAST} --limit-iface-out"),
    ("", "-m statistic --mode random !--probability {0.5|0.1|1|0|0.33333}"),
    ("", "-m statistic --mode nth !--every {2|3|10} --packet {0|1}"),
    ("", "-m comment --comment {word|\"two words\"|\"with \\\"quotes\\\"\"|it's}"),
    ("", "-m iprange !--src-range {10.0.0.1-10.0.0.9|1.1.1.1}"),
    ("", "-m iprange !--src-range 1.1.1.1-2.2.2.2 !--dst-range 3.3.3.3-4.4.4.4"),
    ("", "-m limit --limit {1/s|5/min|100/hour|10/day|3/second}"),
    ("", "-m limit --limit {1/s|5/min} --limit-burst {1|5|100}"),
    # what later versions of the core may know
    ("", "-m length !--length {100|1:99|1500:}"),
    ("", "-m ttl {--ttl-lt 5|--ttl-gt 9|--ttl-eq 1}"), ("", "-m ttl ! --ttl-eq 3"),
    ("", "-m dscp !--dscp {0x10|0|46}"), ("", "-m dscp !--dscp-class {EF|CS1|AF21}"),
    ("", "-m tos !--tos {0x10|Minimize-Delay|4/0x1e}"),
    ("tcp", "-m tcpmss !--mss {500|500:1000}"),
    ("", "-m pkttype !--pkt-type {unicast|broadcast|multicast}"),
    ("", "-m helper !--helper {ftp|sip-5060}"),
    ("sctp", f"-m sctp !--dport {PORTS} !--sport {PORTS}"),
    ("udplite", f"-m udplite !--dport {PORTS}"),
    ("dccp", f"-m dccp !--dport {PORTS}"),
)
RANGE = "{192.0.2.1|192.0.2.1-192.0.2.9}"
PORT_RANGE = "{:1000|:1000-2000|:1-1}"
FLAG = "{| --random| --persistent| --random --persistent}"
TARGETS = {
    "": ("-j ACCEPT", "-j DROP", "-j RETURN", "", "-j first", "-g second-chain",
         "-j a-name-of-28-characters-xxxx",
         "-j LOG{| --log-prefix \"a b: \"| --log-level 7 --log-prefix x|"
         " --log-level warning --log-ip-options| --log-tcp-sequence --log-uid}",
         "-j CONNMARK {--set-mark 7|--set-xmark 0x7/0xff|--save-mark|"
         "--restore-mark|--save-mark --nfmask 0xff --ctmask 0xff00|"
         "--and-mark 0xf|--or-mark 3|--xor-mark 5|--restore-mark --mask 0xff}"),
    "raw": ("-j NOTRACK", "-j CT --notrack", "-j CT --zone {5|mark}",
            "-j CT --zone-orig 7", "-j CT --zone-reply 9",
            "-j CT --helper ftp"),
    "mangle": ("-j MARK {--set-mark 7|--set-xmark 0x7/0xff|--and-mark 0xf|"
               "--or-mark 3|--xor-mark 5|--set-mark 1/0xf}",
               "-j TOS {--set-tos 0x10|--set-tos Minimize-Cost|--and-tos 0xfe|"
               "--or-tos 4|--set-tos 4/0x1e}", "-j DSCP {--set-dscp 46|"
               "--set-dscp-class CS1}", "-j TTL {--ttl-set 64|--ttl-dec 1|"
               "--ttl-inc 2}", "-p tcp --tcp-flags SYN,RST SYN -j TCPMSS "
               "{--set-mss 1400|--clamp-mss-to-pmtu}"),
    "nat": (f"-j SNAT --to-source {RANGE}{FLAG}",
            f"-p {{tcp|udp}} -j SNAT --to-source {RANGE}{PORT_RANGE}{FLAG}",
            f"-p tcp -j SNAT --to-source {PORT_RANGE} --random-fully",
            f"-j DNAT --to-destination {RANGE}{FLAG}",
            f"-p {{tcp|udp}} -j DNAT --to-destination {RANGE}{PORT_RANGE}{FLAG}",
            "-p tcp -j DNAT --to-destination 1.2.3.4:1000-2000/500",
            "-j MASQUERADE{| --random| --random-fully}",
            "-p tcp -j MASQUERADE --to-ports {5|1000-2000}{| --random}",
            "-j REDIRECT{| --random}",
            "-p udp -j REDIRECT --to-ports {5|1000-2000}{| --random}",
            "-j NETMAP --to {10.0.0.0/8|1.2.3.4|192.0.2.0/25}"),
    "filter": ("-j REJECT", "-j REJECT --reject-with {icmp-net-unreachable|"
               "icmp-host-unreachable|icmp-proto-unreachable|port-unreach|"
               "icmp-net-prohibited|icmp-host-prohibited|icmp-admin-prohibited}",
               "-p tcp -j REJECT --reject-with tcp-reset"),
}


def choose(rng, text):
    """@text with its choices made."""
    out = ""
    while text:
        head, brace, tail = text.partition("{")
        out += head
        if not brace:
            break
        inside, _, text = tail.partition("}")
        out += rng.choice(inside.split("|"))
    while "<" in out:
        head, _, tail = out.partition("<")
        number, _, tail = tail.partition(">")
        out = f"{head}{rng.randrange(int(number) + 1)}{tail}"
    words = out.split(" ")
    return " ".join(w if not w.startswith("!-") else
                    ("! " if rng.random() < .3 else "") + w[1:] for w in words)


def rule(rng):
    """(table, "-A CHAIN ...")"""
    table = rng.choice(tuple(CHAINS))
    chain = rng.choice(CHAINS[table] + USER[:1])
    parts = rng.sample(PLACES, rng.choice((0, 0, 1, 2)))
    matches = rng.sample(MATCHES, rng.choice((0, 1, 1, 2)))
    target = rng.choice(TARGETS[""] + TARGETS[table] * 2)
    proto = next((p for p, _ in matches if p), "")
    if proto and " -p " not in f" {target}":
        parts.append(f"-p {proto}")
    elif "-p " not in target and rng.random() < .3:
        parts += PROTOCOLS
    parts += [m for p, m in matches if p in ("", proto)] + [target]
    parts = sorted(map(lambda p: choose(rng, p), filter(None, parts)),
                   key=lambda p: not p.startswith(("-p", "! -p")))
    text = " ".join(parts)
    return table, f"-A {chain} {text}".rstrip()


def run(*args, text=None):
    return subprocess.run(args, input=text, capture_output=True, text=True,
                          timeout=20, check=False)


def whole(table, rules):
    """A text that iptables-restore takes."""
    lines = [f"*{table}", *(f":{c} ACCEPT [0:0]" for c in CHAINS[table]),
             *(f":{c} - [0:0]" for c in USER), *rules, "COMMIT"]
    return "\n".join(lines) + "\n"


class Comparison:
    def __init__(self, natbench, folder):
        self.natbench = natbench
        self.path = f"{folder}/rules.v4"
        self.differences = 0
        self.taken = {table: [] for table in CHAINS}

    def differs(self, what, *lines):
        self.differences += 1
        print(f"live_rules: {what}", *lines, sep="\n    ")

    def ours(self, text, *args):
        with open(self.path, "w", encoding="utf-8") as out:
            out.write(text)
        return run(self.natbench, "rules", "-r", self.path, *args)

    def add(self, table, text):
        """Gives both a rule more, if they take it."""
        ours = self.ours(whole(table, [*self.taken[table], text]), "--save")
        if "not supported" in ours.stderr:
            return
        theirs = run(f"{TOOL}-restore", "-c", "--noflush",
                     text=f"*{table}\n{text}\nCOMMIT\n")
        if not theirs.returncode and not ours.returncode:
            self.taken[table].append(text)
        elif not theirs.returncode:
            self.differs("refused here", f"*{table} {text}", ours.stderr)
            chain = text.split()[2]
            last = run(TOOL, "-t", table, "-S", chain).stdout.count("\n") - 1
            run(TOOL, "-t", table, "-D", chain, str(last))
        elif not ours.returncode:
            self.differs("taken here", f"*{table} {text}", theirs.stderr.strip())

    def same(self, what, ours, theirs):
        if ours == theirs:
            return
        for a, b in zip(ours.splitlines() + [""], theirs.splitlines() + [""]):
            if a != b:
                self.differs(what, f"ours   {a}|", f"theirs {b}|")

    def listings(self):
        text = "".join(whole(t, rules) for t, rules in self.taken.items())
        for table in CHAINS:
            save = run(f"{TOOL}-save", "-c", "-t", table).stdout
            save = "".join(l for l in save.splitlines(True) if l[0] != "#")
            ours = self.ours(whole(table, self.taken[table]), "--save").stdout
            self.same(f"iptables-save -c -t {table}", ours, save)
            ours = self.ours(save, "--save").stdout
            self.same(f"iptables-save -c -t {table}, read again", ours, save)
            for form in FORMS:
                args = ("-t", table, *form.split())
                self.same(" ".join(args), self.ours(text, *args).stdout,
                          run(TOOL, *args).stdout)


def counters(rng):
    return f"[{rng.randrange(10 ** rng.randrange(1, 15))}:" \
           f"{rng.randrange(10 ** rng.randrange(1, 18))}]"


def compare(args):
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        c = Comparison(args.natbench, folder)
        run(f"{TOOL}-restore", text="".join(whole(t, ()) for t in CHAINS))
        for _ in range(args.rules):
            table, text = rule(rng)
            c.add(table, f"{counters(rng)} {text}")
        c.listings()
        both = sum(len(t) for t in c.taken.values())
    print(f"seed {args.seed}: {args.rules} rules, {both} taken, "
          f"{c.differences} differences")
    return int(c.differences > 0 or not both)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("natbench")
    parser.add_argument("--rules", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        for name in ("services", "hosts", "networks", "resolv.conf"):
            if os.path.exists(f"/etc/{name}"):
                run("mount", "--bind", "/dev/null", f"/etc/{name}")
        return compare(args)
    if not shutil.which(TOOL) or run("unshare", "--net", "--mount",
                                     TOOL, "-S").returncode:
        print(f"live_rules: skipped: needs root and {TOOL}")
        return 77
    return subprocess.run(("unshare", "--net", "--mount", sys.executable,
                           *sys.argv, "--inside"), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
