#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The manual pages are sound and tell of each option there is, no other.

    man.py [NATBENCH]

mandoc -Tlint on man/*; with NATBENCH, options of `natbench COMMAND --help`
against those of man/natbench-COMMAND.1, the options of a scenario being in
natbench.1; functions of natcore.3 against natcore.h. Exit status 1: not so.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAN = ROOT / "man"
OPTION = r"(?<![\w-])(--?[a-zA-Z0-9][\w-]*)"


def lint():
    """What mandoc does not like."""
    if not shutil.which("mandoc"):
        return ["mandoc is missing: pages not checked"]
    names = {p.stem: p for p in MAN.glob("*.[13]")}
    done = subprocess.run(("mandoc", "-Tlint", *map(str, names.values())),
                          capture_output=True, text=True, check=False)
    # our own pages are not installed where it looks for them
    return [l for l in done.stdout.splitlines()
            if not re.search(r"referenced manual not found: Xr (\S+)", l)
            or re.search(r"Xr (\S+)", l)[1] not in names]


def documented(page):
    """Options in the tags of its lists."""
    tags = re.findall(r"^\.It (.*)$", (MAN / page).read_text(), re.M)
    flags = (f for tag in tags for f in re.findall(r"\bFl (\S+)", tag))
    return {"-" + f for f in flags}


def offered(natbench, *command):
    """(options, does the command take a scenario?) by its --help"""
    text = subprocess.run((natbench, *command, "--help"), capture_output=True,
                          text=True, check=True).stdout
    lines = [l[:l.find("  ", 8)] if l.find("  ", 8) > 0 else l
             for l in text.splitlines() if re.match(r" +-", l)]
    return set(re.findall(OPTION, "\n".join(lines))), "\nScenario" in text


def commands(natbench):
    text = subprocess.run((natbench, "--help"), capture_output=True, text=True,
                          check=True).stdout
    return re.findall(r"^  (\w+) ", text, re.M)


def options(natbench):
    """Differences between help and pages."""
    scenario = documented("natbench.1")
    for command in commands(natbench):
        page = f"natbench-{command}.1"
        if not (MAN / page).exists():
            yield f"{page} is missing"
            continue
        have, plays = offered(natbench, command)
        told = documented(page) | (scenario if plays else set())
        for option in sorted(have ^ told):
            where = page if option in have else f"natbench {command} --help"
            yield f"{where}: {option} is missing"


def functions():
    header = (ROOT / "core/natcore.h").read_text()
    for name in re.findall(r"^\.Fn (\w+)", (MAN / "natcore.3").read_text(),
                           re.M):
        if not re.search(rf"\b{name}\(", header):
            yield f"natcore.3: there is no {name}()"


def main():
    wrong = lint() + list(functions())
    for natbench in sys.argv[1:]:
        wrong += options(natbench)
    print(*(f"man.py: {w}" for w in wrong), sep="\n", end="\n" if wrong else "")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
