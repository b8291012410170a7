"""What is measured: for each measure which servers take part, and how one run
of one server becomes numbers.

A run returns {value name: number}; report.py turns the medians into rows."""
import glob
import json
import os
import re
import shutil
import subprocess


class VoidRun(Exception):
    """The load client found a message lost, doubled, out of order or refused,
    or a connection broken: there is no number, only a reason."""


def load(settings, server, scenario, world, *arguments):
    pids = ",".join("%s=%d" % item for item in server.pids().items())
    command = [settings.program("bench_load"), scenario,
               *server.load_arguments(world), "--pids", pids,
               *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True,
                          timeout=1800)
    if done.returncode != 0:
        raise VoidRun(done.stderr.strip() or "exit %d" % done.returncode)
    return json.loads(done.stdout)


def counted(by_role):
    """All processes but the persister."""
    return sum(value for role, value in by_role.items() if role != "persister")


def ratio(above, below):
    return above / below if below else None


def events_sent(server):
    """(events, copies of them to gateways) that the broker counted, at one
    moment: connections that end go on being told of."""
    return server.metrics("broker", ("broker_events_total",
                                     "broker_event_copies_total"))


def fanout(rooms, world, window):
    def run(settings, server):
        before = events_sent(server)
        seen = load(settings, server, "fanout", world, "--rooms", rooms,
                    "--window", window, "--seconds", settings.seconds)
        messages = seen["deliveries"] * rooms / seen["subscribers"]
        values = {
            "per_cpu_s": ratio(seen["deliveries"], counted(seen["cpu_s"])),
            "latency_p50_us": seen["latency_us"]["p50"],
            "deliveries_per_s": seen["deliveries"] / seen["wall_s"]}
        for role, cpu_s in seen["cpu_s"].items():
            values[role + "_us_per_message"] = cpu_s * 1e6 / messages
        if None not in before:
            events, copies = (b - a for a, b in zip(before,
                                                    events_sent(server)))
            values["copies_per_event"] = ratio(copies, events)
        return values
    return run


def idle(settings, server, *arguments):
    """RSS a connection costs in processes that have done nothing else yet."""
    server.fresh()
    seen = load(settings, server, "idle", "rooms", "--connections",
                settings.idle_connections, *arguments)
    return {"kb": counted(seen["rss_kb"]) / seen["connections"]}


def idle_subscribed(settings, server):
    return idle(settings, server, "--subscribed")


def connects(count):
    def run(settings, server):
        seen = load(settings, server, "connects", "rooms",
                    "--connections", count)
        return {"per_cpu_s": ratio(count, counted(seen["cpu_s"])),
                "per_s": count / seen["wall_s"]}
    return run


def acked(outstanding, senders):
    def run(settings, server):
        before = server.metric("persister", "fsyncs_total")
        seen = load(settings, server, "acked", "rooms", "--window",
                    outstanding, "--senders", senders,
                    "--seconds", settings.seconds)
        after = server.metric("persister", "fsyncs_total")
        values = {"per_s": seen["per_s"],
                  "per_cpu_s": ratio(seen["acks"], sum(seen["cpu_s"].values())),
                  "p50_us": seen["latency_us"]["p50"],
                  "p99_us": seen["latency_us"]["p99"]}
        if before is not None and after is not None:
            values["fsyncs_per_message"] = (after - before) / seen["acks_all"]
        return values
    return run


def record(settings, server):
    """What a message costs the broker when it has as many as it can take."""
    before = server.metrics("broker", ("recorded_inputs_total",
                                       "recorded_bytes_total"))
    seen = load(settings, server, "acked", "rooms", "--window", 512,
                "--senders", 64, "--seconds", settings.seconds)
    inputs, size = (after - then for then, after in zip(
        before, server.metrics("broker", ("recorded_inputs_total",
                                          "recorded_bytes_total"))))
    return {"broker_us": seen["cpu_s"]["broker"] * 1e6 / seen["acks"],
            "per_s": seen["per_s"],
            "inputs_per_message": inputs / seen["acks_all"],
            "bytes_per_message": size / seen["acks_all"]}


def replay(settings, server):
    """One core does again what the broker has just recorded; the broker has
    nothing to do meanwhile, and its last file is not closed."""
    record(settings, server)
    files = glob.glob(os.path.join(settings.directory, "recording", "traces",
                                   "*.trace"))
    done = subprocess.run([settings.program("parlance-replay"), *files],
                          capture_output=True, text=True, timeout=1800)
    if done.returncode != 0:
        raise VoidRun(done.stderr.strip() or "exit %d" % done.returncode)
    inputs, seconds = re.match(
        r"the same: (\d+) inputs, .* ([\d.]+) s, ", done.stdout).groups()
    return {"per_s": int(inputs) / float(seconds), "inputs": int(inputs)}


def rocksdb(what, *arguments):
    """One loop of bench_rocksdb on the disk that Parlance's data are on."""
    def run(settings, _server):
        directory = os.path.join(settings.directory, "rocksdb")
        shutil.rmtree(directory, ignore_errors=True)
        done = subprocess.run(
            [settings.program("bench_rocksdb"), what, "--dir", directory,
             "--seconds", str(settings.seconds), *arguments],
            capture_output=True, text=True, timeout=300)
        shutil.rmtree(directory, ignore_errors=True)
        if done.returncode != 0:
            raise VoidRun(done.stderr.strip())
        seen = json.loads(done.stdout)
        values = {"per_s": seen["per_s"]}
        if "latency_us" in seen:
            values["p50_us"] = seen["latency_us"]["p50"]
        return values
    return run


def history(settings, server):
    """Fills the long room once, then times pages of it."""
    if not getattr(server, "has_history", False):
        print("filling one room with %d messages" % settings.history_messages,
              flush=True)
        load(settings, server, "acked", "long", "--one-room", "--senders", 16,
             "--window", 512, "--warmup", 0, "--count",
             settings.history_messages)
        server.has_history = True
    seen = load(settings, server, "pages", "long", "--pages",
                settings.history_messages // 30, "--count", 300)
    values = {}
    for where in ("end", "middle"):
        part = seen[where]
        values[where + "_p50_us"] = part["latency_us"]["p50"]
        values[where + "_cpu_us"] = (sum(part["cpu_s"].values()) * 1e6 /
                                     part["pages"])
    return values


# (component of --only, name, run, servers); "disk" is no server but a loop.
MEASURES = [
    ("A", "A", fanout(1, "hall", 1), ("nchan", "raw", "parlance")),
    ("B", "B", fanout(1, "hall", 32), ("nchan", "raw-c", "parlance")),
    ("C", "C", fanout(100, "rooms", 1), ("nchan", "raw", "parlance")),
    ("D", "D", fanout(1000, "rooms", 1), ("nchan", "raw", "parlance")),
    ("connects", "connects-5000", connects(5000), ("raw", "parlance")),
    ("connects", "connects-10000", connects(10000), ("raw", "parlance")),
    ("connects", "connects-19000", connects(19000), ("raw", "parlance")),
    ("acked", "sync", rocksdb("sync"), ("disk",)),
    ("acked", "acked-1", acked(1, 1), ("parlance",)),
    ("acked", "puts", rocksdb("puts", "--threads", "32"), ("disk",)),
    ("acked", "acked-32", acked(32, 32), ("parlance",)),
    ("acked", "batches", rocksdb("batches", "--batch", "512"), ("disk",)),
    ("acked", "acked-512", acked(512, 64), ("parlance",)),
    ("record", "record", record, ("parlance", "recording")),
    ("replay", "replay", replay, ("recording",)),
    ("history", "history", history, ("parlance",)),
    ("idle", "idle", idle, ("nchan", "raw", "parlance")),
    ("idle", "idle-subscribed", idle_subscribed, ("raw", "parlance")),
]
