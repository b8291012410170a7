"""What is measured of a recording that begins a new file: how long the shard
stands still while all that it has in memory is written down."""
import json
import os
import subprocess

from measures import VoidRun, load


def state(rooms):
    """A core alone, and the disk alone."""
    def run(settings, _server):
        directory = os.path.join(settings.directory, "state")
        os.makedirs(directory, exist_ok=True)
        done = subprocess.run(
            [settings.program("bench_state"), "--dir", directory,
             "--rooms", str(rooms)],
            capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise VoidRun(done.stderr.strip())
        return json.loads(done.stdout)
    return run


def pause(settings, server):
    """The longest wait for an acknowledgement, with all of the many rooms in
    the broker's memory."""
    server.fill_later("many")
    before = server.metric("broker", "record_files_total")
    seen = load(settings, server, "acked", "rooms", "--window", 32,
                "--senders", 32, "--seconds", 2 * settings.seconds)
    rotations = server.metric("broker", "record_files_total") - before
    if (rotations > 0) != (server.name == "rotating"):
        raise VoidRun("%d rotations" % rotations)
    return {"max_us": seen["latency_us"]["max"],
            "p99_us": seen["latency_us"]["p99"],
            "per_s": seen["per_s"], "rotations": rotations}


# As MEASURES of measures.py.
PAUSE_MEASURES = [
    ("pause", "state-1000", state(1000), ("disk",)),
    ("pause", "state-10000", state(10000), ("disk",)),
    ("pause", "state-100000", state(100000), ("disk",)),
    ("pause", "pause", pause, ("steady", "rotating")),
]
