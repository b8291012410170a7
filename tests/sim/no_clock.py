#!/usr/bin/python3
"""Fails if the simulator has anything in it that would make two runs differ.

    no_clock.py BUILD MAP

BUILD is the folder of the build, MAP the linker's map. Every object of ours that is part of the program is asked
what it wants of the system: clocks, random numbers, threads and the sockets of
libzmq must be the simulator's own.
"""
import os
import re
import subprocess
import sys

FORBIDDEN = {
    "clock_gettime", "gettimeofday", "time", "getrandom", "getentropy", "rand",
    "random", "rand_r", "drand48", "arc4random", "pthread_create", "nanosleep",
    "usleep", "sleep", "epoll_wait", "select", "zmq_ctx_new", "zsys_init",
    "zactor_new"}


def members(map_path):
    """The members of archives that were linked: (archive, member)."""
    with open(map_path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    head = text.split("\nMerging program properties", 1)[0]
    head = head.split("\nMemory Configuration", 1)[0]
    return sorted(set(re.findall(r"^(\S+\.a)\((\S+\.o)\)", head, re.M)))


def wanted(archive, member):
    """What it wants, and the rest of the program's objects must define."""
    out = subprocess.run(["nm", "-u", archive], check=True,
                         capture_output=True, text=True).stdout
    block = re.search(rf"^{re.escape(member)}:\n((?:.+\n)*)", out, re.M)
    return set(re.findall(r"\bU (\w+)", block.group(1))) if block else set()


def main():
    map_path = os.path.abspath(sys.argv[2])
    os.chdir(sys.argv[1])
    linked = [m for m in members(map_path)
              if os.path.isfile(m[0]) and not m[0].startswith("/usr/")]
    if len(linked) < 50:
        print(f"only {len(linked)} objects are in {map_path}")
        return 1
    bad = 0
    for archive, member in linked:
        for name in sorted(wanted(archive, member) & FORBIDDEN):
            print(f"{archive}({member}) calls {name}()")
            bad += 1
    print(f"{len(linked)} objects, {bad} offences")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
