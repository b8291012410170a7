"""Parlance as a server under test: persister, broker and gateway, one each."""
import http.client
import os
import re
import secrets

import api
from baselines import (HALL_MEMBERS, ROOM_COUNT, ROOM_MEMBERS, Baseline,
                       write_world)
from process import Process, free_port, wait_until

# Users of the three worlds must not meet: a room list shows one room.
HALL_FIRST_USER = 1000001
LONG_FIRST_USER = 2000001
LONG_MEMBERS = 16
CROWD_FIRST_USER = 3000001
DIALOGS_FIRST_USER = 4000001
MANY_FIRST_USER = 5000001

# Dialogs of the user with few of them, and of the one with many.
DIALOGS = (20, 1000)

LIMITS_OFF = ["--rate", "0", "--max-per-address", "0", "--max-per-user", "0",
              "--max-connections", "25000", "--presence-grace", "0"]


class Parlance(Baseline):
    """The persister's CPU is reported, but no part of the ratios."""

    def __init__(self, settings, name="parlance", broker_arguments=()):
        super().__init__(name, settings)
        self.broker_arguments = broker_arguments
        self.processes = {}
        self.operators = {}
        self.is_filled = False
        self.filled_later = set()
        directory = os.path.join(settings.directory, name)
        self.data = os.path.join(directory, "data")
        self.secret_path = os.path.join(directory, "secret")
        self.key_path = os.path.join(directory, "api-keys")
        self.key = secrets.token_hex(16)
        os.makedirs(self.data)
        self.extra_arguments = ("--secret", self.secret_path)
        with open(self.secret_path, "w") as out:
            out.write(secrets.token_hex(32) + "\n")
        with open(self.key_path, "w") as out:
            out.write(self.key + "\n")
        # As `parlance up` connects them.
        self.persister_at = "ipc://%s/persister" % directory
        self.broker_at = "ipc://%s/broker" % directory

    def launch(self, role, arguments):
        port = free_port()
        self.operators[role] = port
        self.processes[role] = Process("parlance-" + role, [
            self.settings.program("parlance-" + role), *arguments,
            "--operator", "127.0.0.1:%d" % port],
            os.path.dirname(self.data))

    def launch_front(self):
        """Broker and gateway: what the ratios count."""
        self.port, self.api_port = free_port(), free_port()
        self.launch("broker", ["--persister", self.persister_at,
                               "--listen", self.broker_at,
                               *self.broker_arguments])
        self.launch("gateway", [
            "--broker", self.broker_at, "--listen", "127.0.0.1:%d" % self.port,
            "--jwt-secret-file", self.secret_path,
            "--api-listen", "127.0.0.1:%d" % self.api_port,
            "--api-keys", self.key_path, *LIMITS_OFF])
        wait_until(self.is_ready, list(self.processes.values()), self.name)

    def start(self):
        self.launch("persister", ["--data", self.data,
                                  "--listen", self.persister_at])
        self.launch_front()
        if not self.is_filled:
            self.fill()
            self.is_filled = True

    def fill(self):
        print("filling %s with users and rooms" % self.name, flush=True)
        backend = api.Api(self.api_port, self.key)
        worlds = {
            "rooms": ("bench", ROOM_COUNT, ROOM_MEMBERS, 1),
            "hall": ("bench-hall", 1, HALL_MEMBERS, HALL_FIRST_USER),
            "long": ("bench-long", 1, LONG_MEMBERS, LONG_FIRST_USER)}
        for world, arguments in worlds.items():
            write_world(self.world_path(world),
                        api.make_rooms(backend, *arguments))

    def fill_later(self, world):
        """Makes a world that only some measures need."""
        if world in self.filled_later:
            return
        self.filled_later.add(world)
        print("filling parlance with the %s" % world, flush=True)
        backend = api.Api(self.api_port, self.key)
        make = {"crowd": lambda: api.make_crowd(
                    backend, self.settings.groups, CROWD_FIRST_USER),
                "many": lambda: api.make_many(
                    backend, self.settings.many_rooms, MANY_FIRST_USER),
                "dialogs": lambda: api.make_dialogs(
                    backend, DIALOGS, DIALOGS_FIRST_USER)}[world]
        write_world(self.world_path(world), make())

    def stop(self):
        for role in ("gateway", "broker", "persister"):
            if role in self.processes:
                self.processes.pop(role).stop()

    def fresh(self):
        """New broker and gateway; the persister has no part in the memory
        that is asked for, and filling it again would take a while."""
        for role in ("gateway", "broker"):
            self.processes.pop(role).stop()
        self.launch_front()

    def pids(self):
        return {role: process.pid
                for role, process in self.processes.items()}

    def get(self, role, path):
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.operators[role], timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def is_ready(self):
        try:
            return all(self.get(role, "/readyz")[0] == 200
                       for role in self.processes)
        except OSError:
            return False

    def metrics(self, role, names):
        """For each the sum of all series whose name ends so; None if none."""
        text = self.get(role, "/metrics")[1]
        found = [re.findall(r"^\w*%s(?:\{[^}]*\})? ([0-9.e+-]+)$" % name,
                            text, re.MULTILINE) for name in names]
        return [sum(map(float, values)) if values else None
                for values in found]

    def metric(self, role, name):
        return self.metrics(role, (name,))[0]


def recording(settings, name, *options):
    return Parlance(settings, name, (
        "--record", os.path.join(settings.directory, name, "traces"),
        "--record-files", "4", *options))


def recording_parlance(settings):
    """The same with a broker that records, as an operator would have it."""
    return recording(settings, "recording")


PUT_NOTHING_AWAY = ("--idle", "86400", "--actors-max", "1048576")


def steady_parlance(settings):
    """It never begins a second file."""
    return recording(settings, "steady", *PUT_NOTHING_AWAY,
                     "--record-file-bytes", str(1 << 40))


def rotating_parlance(settings):
    """It begins one as often as it may: when there is as much of inputs as of
    state."""
    return recording(settings, "rotating", *PUT_NOTHING_AWAY,
                     "--record-file-bytes", "1")
