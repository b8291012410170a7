#!/usr/bin/python3
"""Proof that the simulator and the golden traces find bugs.

Each file of tests/sim/faults/ is one bug as a patch against today's sources.
For each of them, alone, in a scratch copy: builds the simulator and the
replayer, replays the golden traces, and simulates seed after seed until one
fails. Prints what found it, after how many seeds. Exit status 1 if a fault is
found by neither, if a patch no longer applies, or if something fails without
a fault. See README.md beside this file.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
FAULTS = os.path.join(HERE, "faults")
FIELDS = ("Fault", "Breaks", "Shows when")
PROGRAMS = ["parlance-sim", "parlance-replay"]
TRACE_SECONDS_MAX = 60


def read_fault(name):
    """The fields above the patch; a field goes on in lines that are indented.
    """
    fields = {}
    key = None
    with open(f"{FAULTS}/{name}.patch", encoding="utf-8") as file:
        for line in file:
            if line.startswith("diff "):
                break
            match = re.match(r"([A-Z][a-z ]+): (.*)", line)
            if match:
                key = match.group(1)
                fields[key] = match.group(2)
            elif line.startswith("  ") and key:
                fields[key] += " " + line.strip()
    return fields


def fault_names():
    return sorted(name.removesuffix(".patch") for name in os.listdir(FAULTS)
                  if name.endswith(".patch"))


def git_apply(where, name, *options):
    """None if it went well, else what git said."""
    environment = dict(os.environ, GIT_CEILING_DIRECTORIES=os.path.dirname(
        os.path.abspath(where)))
    done = subprocess.run(
        ["git", "apply", *options, f"{FAULTS}/{name}.patch"], cwd=where,
        env=environment, capture_output=True, text=True, check=False)
    return done.stderr.strip() or "it failed" if done.returncode else None


def check(names):
    """Whether every patch applies to the tree and says what it is."""
    good = True
    for name in names:
        wrong = git_apply(ROOT, name, "--check")
        if wrong:
            print(f"{name}: no longer applies: {wrong}")
        missing = [f for f in FIELDS if not read_fault(name).get(f)]
        if missing:
            print(f"{name}: does not say: {', '.join(missing)}")
        good = good and not wrong and not missing
    return good


# --- The scratch copy --------------------------------------------------------

def copy_tree(scratch):
    """What is in the working tree; what is the same already keeps its time, so
    that it is not built again."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"], cwd=ROOT, check=True, capture_output=True,
        text=True).stdout
    paths = {p for p in listed.split("\0")
             if p and os.path.isfile(f"{ROOT}/{p}")}
    for path in paths:
        source, target = f"{ROOT}/{path}", f"{scratch}/{path}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target) or not same_bytes(source, target):
            shutil.copyfile(source, target)  # New, whatever its age there.
            shutil.copymode(source, target)
    for folder, folders, files in os.walk(scratch):
        if folder == scratch:
            folders[:] = [f for f in folders if f != "build"]
        for file in files:
            path = os.path.relpath(os.path.join(folder, file), scratch)
            if path not in paths:
                os.unlink(f"{scratch}/{path}")


def same_bytes(one, two):
    with open(one, "rb") as a, open(two, "rb") as b:
        return a.read() == b.read()


def configure(scratch):
    if os.path.exists(f"{scratch}/build/release/build.ninja"):
        return
    subprocess.run(["cmake", "--preset", "release"], cwd=scratch, check=True,
                   stdout=subprocess.DEVNULL)


def build(scratch, targets, jobs):
    """None if it went well, else the compiler's words."""
    done = subprocess.run(
        ["cmake", "--build", "--preset", "release", "-j", str(jobs),
         "--target", *targets], cwd=scratch, capture_output=True, text=True,
        check=False)
    return done.stdout + done.stderr if done.returncode else None


# --- Replay ------------------------------------------------------------------

def replay(scratch):
    """None if the golden traces are what they were, else the first that is not.
    """
    folder = f"{scratch}/tests/traces"
    traces = sorted(f for f in os.listdir(folder) if f.endswith(".trace"))
    for trace in traces:
        try:
            done = subprocess.run(
                [f"{scratch}/build/release/bin/parlance-replay", "--verify",
                 f"{folder}/{trace}"], capture_output=True, text=True,
                errors="replace", timeout=TRACE_SECONDS_MAX, check=False)
        except subprocess.TimeoutExpired:
            return trace
        if done.returncode:
            return trace
    return None


# --- Simulation --------------------------------------------------------------

def run_seeds(scratch, first, count, jobs, known):
    """(seed, what is broken) of the first of them that fails, or None; |known|
    fail anyway."""
    done = subprocess.run(
        [f"{scratch}/build/release/bin/parlance-sim", "--first", str(first),
         "--seeds", str(count), "--jobs", str(jobs), "--no-shrink",
         "--output", f"{scratch}/build"], capture_output=True, text=True,
        errors="replace", check=False)
    failed = sorted(
        (int(seed), promise) for seed, promise in re.findall(
            r"^seed (\d+) FAILED: promise (.*)$", done.stdout, re.M)
        if int(seed) not in known)
    if not failed:
        if done.returncode not in (0, 1):
            return first, f"status {done.returncode}"
        return None
    seed, promise = failed[0]
    told = re.search(rf"^seed {seed}: FAILED.*\n  promise (.*)$", done.stdout,
                     re.M)
    stopped = re.search(r"[^\n/]*: (PRE|POST|INVARIANT) failed: .*",
                        done.stderr)
    if promise == "abort" and stopped:
        return seed, f"abort: {stopped.group(0)}"
    return seed, told.group(1) if told else promise


def simulate(scratch, seeds, jobs, known):
    """(number of seeds, what is broken) of the first that fails, or (seeds,
    None). Few at first: most faults show soon."""
    first, count = 1, 2 * jobs
    while first <= seeds:
        count = min(count, seeds + 1 - first)
        failed = run_seeds(scratch, first, count, jobs, known)
        if failed:
            return failed
        first += count
        count = min(2 * count, 32 * jobs)
    return seeds, None


# --- One fault ---------------------------------------------------------------

def try_fault(scratch, name, options):
    """A row of the table, and whether the fault was found."""
    wrong = git_apply(scratch, name)
    if wrong:
        return [name, "does not apply", "", "", wrong], False
    try:
        wrong = build(scratch, options.targets, options.jobs)
        if wrong:
            print(wrong)
            return [name, "does not compile", "", "", ""], False
        if options.build:
            return [name, "compiles", "", "", ""], True
        by = []
        trace = replay(scratch)
        if trace:
            by.append("replay")
        began = time.monotonic()
        seeds, broken = simulate(scratch, options.seeds, options.jobs,
                                 options.known)
        seconds = f"{time.monotonic() - began:.1f}"
        if broken:
            by.insert(0, "simulation")
        return [name, " and ".join(by) or "nobody", str(seeds), seconds,
                broken or trace or ""], bool(by)
    finally:
        wrong = git_apply(scratch, name, "-R")
        if wrong:
            sys.exit(f"{name} cannot be taken out again: {wrong}")


def print_row(row, options):
    if not options.markdown:
        print("{:36} {:22} {:>6} {:>8}  {}".format(*row), flush=True)
        return
    fields = read_fault(row[0])
    promise = re.split(r"[: ]", row[4], maxsplit=1)[0]
    print(f"| `{row[0]}` | {fields['Fault']} | {fields['Breaks']} | {row[1]} "
          f"| {promise} | {row[2]} |", flush=True)


def print_head(options):
    if options.markdown:
        print("| fault | what is wrong | breaks | found by | as | seeds |\n"
              "| --- | --- | --- | --- | --- | --- |", flush=True)
    else:
        print_row(["fault", "found by", "seeds", "seconds", "what"], options)


def without_fault(scratch, options):
    wrong = build(scratch, options.targets, options.jobs)
    if wrong:
        sys.exit(wrong)
    if options.build:
        return
    trace = replay(scratch)
    if trace:
        sys.exit(f"without a fault, {trace} does not replay")
    seeds, broken = simulate(scratch, options.clean, options.jobs,
                             options.known)
    if broken:
        sys.exit(f"without a fault, seed {seeds} fails: {broken}")
    print(f"without a fault: {seeds} seeds and the golden traces pass",
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("names", nargs="*", help="these faults; else all")
    parser.add_argument("--check", action="store_true",
                        help="only whether every patch applies")
    parser.add_argument("--build", action="store_true",
                        help="only whether every fault compiles")
    parser.add_argument("--seeds", type=int, default=1000,
                        help="simulate so many at most (1000)")
    parser.add_argument("--clean", type=int, default=1000,
                        help="so many without a fault (1000)")
    parser.add_argument("--markdown", action="store_true",
                        help="the table as it stands in FAULTS.md")
    parser.add_argument("--known", type=int, nargs="+", default=[],
                        help="seeds that fail without a fault as well")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--scratch", help="keep the copy and its build here")
    parser.add_argument("--targets", nargs="+", default=PROGRAMS,
                        help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = options.names or fault_names()
    if not check(names):
        return 1
    if options.check:
        return 0
    scratch = options.scratch or tempfile.mkdtemp(prefix="plant-")
    found_all = True
    try:
        os.makedirs(scratch, exist_ok=True)
        copy_tree(scratch)
        configure(scratch)
        without_fault(scratch, options)
        print_head(options)
        for name in names:
            row, found = try_fault(scratch, name, options)
            print_row(row, options)
            found_all = found_all and found
    finally:
        if not options.scratch:
            shutil.rmtree(scratch)
    return 0 if found_all else 1


if __name__ == "__main__":
    sys.exit(main())
