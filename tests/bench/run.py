"""Runs the benchmark suite: see README.md. Started by run.sh."""
import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
import traceback

import report
from baselines import NCHAN_MODULE, Nchan, Raw
from measures import MEASURES, VoidRun
from measures_pause import PAUSE_MEASURES
from measures_users import USER_MEASURES
from parlance import (Parlance, recording_parlance, rotating_parlance,
                      steady_parlance)
from process import raise_file_limit

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
ALL_MEASURES = MEASURES + PAUSE_MEASURES + USER_MEASURES
COMPONENTS = list(dict.fromkeys(measure[0] for measure in ALL_MEASURES))


class Settings:
    """Sizes of this session, and where its files and programs are."""

    def __init__(self, options):
        self.is_quick = options.quick
        self.run_count = options.runs or (1 if options.quick else 5)
        self.seconds = 1 if options.quick else 3
        self.idle_connections = 2000 if options.quick else 10000
        self.groups = 20 if options.quick else 100
        self.many_rooms = 2000 if options.quick else 20000
        self.rounds = 1 if options.quick else 2
        self.history_messages = 30000 if options.quick else 1000000
        self.bin = os.path.abspath(options.bin)
        self.output = os.path.join(ROOT, "build", "bench")
        os.makedirs(self.output, exist_ok=True)
        # Beside the build, not in /tmp: that may be memory, and the disk is
        # a part of what is measured.
        self.directory = tempfile.mkdtemp(prefix="work-", dir=self.output)
        # nginx's worker gives up root, and must still reach its files.
        os.chmod(self.directory, 0o755)
        self.files_max = raise_file_limit()

    def program(self, name):
        return os.path.join(self.bin, name)


def parse_options():
    parser = argparse.ArgumentParser(
        prog="tests/bench/run.sh", description="Measures Parlance against its "
        "baselines in one session; prints ratios and writes "
        "build/bench/results.json.")
    parser.add_argument("--quick", action="store_true",
                        help="one short run of everything; a smoke test, "
                        "not a measurement")
    parser.add_argument("--only", metavar="X,Y", default="",
                        help="of " + ",".join(COMPONENTS))
    parser.add_argument("--runs", type=int, help="interleaved runs (5)")
    parser.add_argument("--baselines", action="store_true",
                        help="only the baselines, without Parlance")
    parser.add_argument("--detail", action="store_true",
                        help="also print every value with its spread")
    parser.add_argument("--keep", action="store_true",
                        help="leave logs and data in build/bench/work-*")
    parser.add_argument("--bin", default=os.path.join(ROOT, "build", "release",
                                                      "bin"),
                        help="where the programs are; nothing is built then")
    options = parser.parse_args()
    options.only = [name for name in options.only.split(",") if name]
    for name in options.only:
        if name not in COMPONENTS:
            parser.error("--only: no component %s" % name)
    return options


def choose(options):
    """The measures of this session, each with the servers that take part."""
    absent = set()
    if options.baselines:
        absent |= {"parlance", "recording", "steady", "rotating"}
    if not os.path.exists(NCHAN_MODULE):
        print("nchan is not installed (nginx-light, libnginx-mod-nchan): "
              "left out")
        absent.add("nchan")
    chosen = []
    for component, name, run, servers in ALL_MEASURES:
        servers = [server for server in servers if server not in absent]
        if servers and (not options.only or component in options.only):
            chosen.append((name, run, servers))
    return chosen


def run_all(settings, chosen, servers, runs, void):
    """Runs interleaved: every measure once, then again; beside each other the
    servers of one measure, in turned order every other time."""
    for index in range(settings.run_count):
        for name, run, names in chosen:
            for server in names if index % 2 == 0 else names[::-1]:
                began = time.monotonic()
                try:
                    values = run(settings, servers.get(server))
                except VoidRun as reason:
                    values = {}
                    void.append("%s %s: %s" % (name, server, reason))
                runs.setdefault(name, {}).setdefault(server, []).append(values)
                first = next(iter(values.items()), ("VOID", None))
                print("run %d  %-16s %-9s %s %s  (%.1f s)" % (
                    index + 1, name, server, report.number(first[1]), first[0],
                    time.monotonic() - began), flush=True)


def machine():
    with open("/proc/cpuinfo") as cpuinfo:
        models = [line.split(":")[1].strip() for line in cpuinfo
                  if line.startswith("model name")]
    return {"cpu": models[0] if models else platform.machine(),
            "cores": len(models), "kernel": platform.release()}


def stolen_share(before, after):
    """How much of the machine's time the hypervisor gave to others."""
    spent = [b - a for a, b in zip(before, after)]
    return spent[7] / sum(spent) if sum(spent) else 0.0


def cpu_times():
    with open("/proc/stat") as stat:
        return [int(field) for field in stat.readline().split()[1:9]]


def finish(settings, options, runs, void, before):
    rows = report.target_rows(runs)
    if not options.baselines:
        print("\n" + report.target_table(rows))
        print("\n" + report.role_table(runs))
    if options.detail or options.baselines:
        print("\n" + report.detail_table(runs))
    stolen = stolen_share(before, cpu_times())
    print("\n%s; load %.1f; %.1f %% of CPU time stolen by the hypervisor" % (
        ", ".join("%s %s" % item for item in machine().items()),
        os.getloadavg()[0], stolen * 100))
    for reason in void:
        print("VOID " + reason)
    path = os.path.join(settings.output, "results.json")
    with open(path, "w") as out:
        json.dump({"machine": machine(), "stolen_share": stolen,
                   "is_quick": settings.is_quick, "rows": rows, "runs": runs,
                   "void": void}, out, indent=1)
    print("wrote " + os.path.relpath(path))
    missed = [row for row in rows if row["verdict"] == "MISSED"]
    return 1 if missed or void else 0


def main():
    options = parse_options()
    settings = Settings(options)
    chosen = choose(options)
    everybody = {"raw": Raw(settings), "raw-c": Raw(settings, True),
                 "nchan": Nchan(settings), "parlance": Parlance(settings),
                 "recording": recording_parlance(settings),
                 "steady": steady_parlance(settings),
                 "rotating": rotating_parlance(settings)}
    needed = {server for _, _, names in chosen for server in names}
    servers = {name: server for name, server in everybody.items()
               if name in needed}
    runs, void, before, status = {}, [], cpu_times(), 2
    try:
        for server in servers.values():
            server.start()
        run_all(settings, chosen, servers, runs, void)
        status = finish(settings, options, runs, void, before)
    except RuntimeError:
        traceback.print_exc()
    finally:
        for server in servers.values():
            server.stop()
        if options.keep:
            print("kept " + settings.directory)
        else:
            shutil.rmtree(settings.directory, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
