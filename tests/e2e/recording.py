"""Reads what `parlance-broker --record` writes, as broker/trace/trace_file.h
describes it: frames and the numbers in them; no checksums, no messages."""
import collections
import os
import re
import struct

HEAD, STATE, INPUT, END = 1, 2, 3, 4
COMMAND, READ_DONE, COMMITTED, GATEWAY_UP = 1, 2, 3, 5
NAME = re.compile(r"\d{8}T\d{6}Z-([0-9a-f]{16})-(\d{2})-(\d{6})\.trace")

Input = collections.namedtuple("Input", "kind now_us bytes effects")


class Recording:
    """One file. |torn|: bytes at its end that are no whole frame."""

    def __init__(self, path):
        self.path = path
        self.mode = os.stat(path).st_mode & 0o777
        match = NAME.fullmatch(os.path.basename(path))
        assert match, path
        self.run, self.shard, self.number = \
            match[1], int(match[2]), int(match[3])
        with open(path, "rb") as file:
            self.bytes = file.read()
        magic, version = struct.unpack_from("<8sI", self.bytes)
        assert (magic, version) == (b"PLTRACE\n", 1)
        self.kinds, self.inputs, self.states = [], [], 0
        at = 12
        self.start_bytes = at  # The head and the state.
        while len(self.bytes) - at >= 8:
            size, = struct.unpack_from("<I", self.bytes, at)
            assert size > 0
            if at + 8 + size > len(self.bytes):
                break
            kind = self.bytes[at + 8]
            self.take(kind, self.bytes[at + 9:at + 8 + size])
            at += 8 + size
            if kind in (HEAD, STATE):
                self.start_bytes = at
        self.torn = len(self.bytes) - at

    @property
    def input_bytes(self):
        """Of the frames."""
        end = 9 if self.is_closed else 0
        return len(self.bytes) - self.start_bytes - end - self.torn

    def take(self, kind, payload):
        self.kinds.append(kind)
        if kind == HEAD:
            self.take_head(payload)
        elif kind == INPUT:
            number, _, now_us, _, _, _, size = struct.unpack_from(
                "<BBqIIQI", payload)
            effects, = struct.unpack_from("<I", payload, 30 + size)
            if not self.whole:
                assert len(payload) == 34 + size + 8 * effects
            self.inputs.append(Input(number, now_us, payload[30:30 + size],
                                     effects))

    def take_head(self, payload):
        (shard, self.shards, run, number, self.started_us, self.whole,
         self.state_digest, self.actors_max) = struct.unpack_from(
             "<IIQIqBQI", payload)
        assert (shard, f"{run:016x}", number) == \
            (self.shard, self.run, self.number)

    @property
    def is_closed(self):
        return self.kinds[-1] == END

    def check(self):
        """One head, then state, then inputs in the order of their times."""
        assert self.mode == 0o600
        assert self.kinds[0] == HEAD and self.kinds.count(HEAD) == 1
        middle = self.kinds[1:-1] if self.is_closed else self.kinds[1:]
        assert middle == sorted(middle) and set(middle) <= {STATE, INPUT}
        times = [i.now_us for i in self.inputs]
        assert times == sorted(times)
        return self


def recordings(directory):
    """All files, in the order of their names."""
    return [Recording(os.path.join(directory, name)).check()
            for name in sorted(os.listdir(directory))]
