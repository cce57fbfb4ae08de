# SPDX-License-Identifier: BSD-2-Clause
"""What the recorders share: a network namespace in which the Linux kernel is
asked, and code of this repository compiled on the spot."""

import ctypes
import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LONGEST = 1 << 17  # packet
ICMPV6 = 58
TIMEOUT = 120

# A router of IPv6 whose devices keep to themselves.
IPV6_ROUTER = {
    "ipv6/conf/all/forwarding": 1,
    "ipv6/icmp/ratelimit": 0,
    "ipv6/auto_flowlabels": 0,
    "ipv6/conf/all/accept_dad": 0,
    "ipv6/conf/default/accept_dad": 0,
    "ipv6/conf/default/router_solicitations": 0,
    "ipv6/conf/default/addr_gen_mode": 1,
}


def run(*args, text=None):
    done = subprocess.run(args, input=text, capture_output=True, text=True,
                          timeout=TIMEOUT, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(args)}: {done.stderr.strip()}")
    return done.stdout


def compiled(sources, includes, libraries=()):
    """A shared object of @sources."""
    with tempfile.TemporaryDirectory() as tmp:
        lib = f"{tmp}/lab.so"
        run("cc", "-std=gnu17", "-D_GNU_SOURCE", "-O1", "-shared", "-fPIC",
            *(f"-I{i}" for i in includes), "-o", lib, *map(str, sources),
            *libraries)
        return ctypes.CDLL(lib)


def interfaces(text):
    """Those that a topology names, in the order in which it does."""
    words = r"\b(?:dev|iif)\s+(\S+)"
    return list(dict.fromkeys(re.findall(words, re.sub(r"#.*", "", text))))


def chatter(packet):
    """Is it what IPv6 says of its own accord: a router solicitation, or which
    multicast groups it listens to?"""
    if packet[0] >> 4 != 6:
        return False
    if packet[6:8] == bytes((ICMPV6, 255)):
        return packet[40] == 133
    return packet[6] == 0 and packet[40] == ICMPV6 and packet[48] in (131, 132,
                                                                      143)


def load_topology(lines):
    """ip takes a family in front of a whole batch alone."""
    for options, at in ((), 0), (("-6",), 3):
        run("ip", *options, "-batch", "-",
            text="".join(l[at:] for l in lines
                         if l.startswith("-6 ") == bool(at)))


def waiting():
    """Memory of fragments that wait for others."""
    text = "".join(Path("/proc/self/net", f).read_text()
                   for f in ("sockstat", "sockstat6"))
    return sum(map(int, re.findall(r"FRAG6?: inuse \d+ memory (\d+)", text)))


class Namespace:
    """This process moves into a new one, with a TUN device per interface."""

    def __init__(self, sysctls, names):
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "unshare")
        for name, value in sysctls.items():
            Path("/proc/sys/net", name).write_text(str(value))
        run("ip", "link", "set", "lo", "up")
        self.fd = {name: self.tun(name) for name in names}

    @staticmethod
    def tun(name):
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(),
                                               IFF_TUN | IFF_NO_PI))
        run("ip", "link", "set", "dev", name, "up")
        return fd

    def send(self, name, packet):
        """Has been through the whole router when this returns."""
        os.write(self.fd[name], packet)

    def emitted(self):
        """(interface, packet) of what has left."""
        for name, fd in self.fd.items():
            while True:
                try:
                    packet = os.read(fd, LONGEST)
                except BlockingIOError:
                    break
                if not chatter(packet):
                    yield name, packet


def in_child(work):
    """The result of work() in a process of its own, namespaces and all."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        status = 1
        try:
            result = json.dumps(work()).encode()
            with os.fdopen(write, "wb") as pipe:
                pipe.write(result)
            status = 0
        except Exception as error:  # the child must not return
            print(f"record.py: {error}", file=sys.stderr)
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        result = pipe.read()
    if os.waitpid(pid, 0)[1]:
        sys.exit(2)
    return json.loads(result)
