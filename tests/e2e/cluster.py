"""Real processes on free ports and in a temporary directory, for tests.

A Cluster starts a persister, a broker and any number of gateways, can kill
and restart each of them, and stops by pid what it started.
"""
import glob
import http.client
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
BIN = os.environ.get("PARLANCE_BIN", f"{ROOT}/build/dev/bin")
PATIENCE_S = 60.0

# Freed memory is kept aside by ASan; little of it, since tests look at sizes.
SANITIZERS = {"ASAN_OPTIONS": "quarantine_size_mb=1:detect_leaks=1"}


# Below the range from which the kernel deals ports to outgoing connections, so
# that none of them takes a port between its choice and its use.
PORTS = range(10000, 32768)
next_port = random.choice(PORTS)


def can_listen(port):
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_ports(count):
    """The first of |count| ports in a row that nobody has; dealt once."""
    global next_port
    for _ in PORTS:
        first = next_port
        next_port += 1
        if next_port + count > PORTS.stop:
            next_port = PORTS.start
        if all(can_listen(first + i) for i in range(count)):
            next_port = first + count
            return first
    raise AssertionError(f"no {count} free ports in a row")


def free_port():
    return free_ports(1)


def wait_for(condition, what, patience_s=PATIENCE_S):
    """Until condition() is true; its value."""
    deadline = time.monotonic() + patience_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


def http_get(port, path, headers=None, host="127.0.0.1"):
    connection = http.client.HTTPConnection(host, port, timeout=10)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


class Process:
    """One program: its command line, its log, its life."""

    def __init__(self, name, arguments, log, operator):
        self.name = name
        self.arguments = arguments
        self.log = log
        self.operator = operator
        self.environment = SANITIZERS
        self.popen = None

    def start(self):
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env={**os.environ, **self.environment})
        return self

    def wait_ready(self):
        def ready():
            assert self.popen.poll() is None, \
                f"{self.name} ended with {self.popen.returncode}:\n" \
                + self.tail()
            return self.readyz()[0] == 200
        wait_for(ready, f"{self.name} to be ready")
        return self

    def readyz(self):
        try:
            return http_get(self.operator, "/readyz")
        except OSError:
            return 0, ""

    def metric(self, name):
        """The sum of a metric over its labels."""
        _, text = http_get(self.operator, "/metrics")
        values = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                  if line.split("{")[0].split(" ")[0] == name]
        assert values, f"no metric {name}"
        return sum(values)

    def tail(self, lines=30):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def rss_kb(self):
        with open(f"/proc/{self.popen.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1])
        return 0

    def signal(self, number):
        self.popen.send_signal(number)

    def kill(self):
        self.popen.kill()
        self.popen.wait()

    def stop(self):
        """SIGTERM; the exit status."""
        if self.popen is None or self.popen.poll() is not None:
            return self.popen.returncode if self.popen else 0
        self.popen.terminate()
        try:
            return self.popen.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop:\n" + self.tail())


def do_again(directory):
    """What brokers recorded there, by the core: it must say the same."""
    files = [path for path in sorted(glob.glob(f"{directory}/*.trace"))
             if os.path.getsize(path)]  # killed before it wrote anything
    if not files:
        return
    done = subprocess.run(
        [f"{BIN}/parlance-replay", *files], capture_output=True, text=True,
        timeout=300, env={**os.environ, **SANITIZERS}, check=False)
    assert done.returncode == 0, \
        f"parlance-replay ended with {done.returncode}:\n" \
        + done.stdout[-4000:] + done.stderr[-8000:]


class Cluster:
    """All three programs. Use as a context manager.

    What its brokers do is recorded, unless the test says otherwise, and done
    again when all is over: whatever a test tries, the core must do it twice.
    """

    SECRET = "the-secret-of-the-tests-0123456789abcdef"
    API_KEY = "key-of-the-tests"

    def __init__(self, directory, gateways=1, gateway_options=(),
                 persister_options=(), broker_options=(), recorded=True):
        self.directory = str(directory)
        self.recordings = None
        if recorded and "--record" not in broker_options:
            self.recordings = f"{self.directory}/recordings"
            broker_options = [*broker_options, "--record", self.recordings]
        self.write("jwt-secret", self.SECRET + "\n")
        self.write("api-keys", f"# of the tests\n\n{self.API_KEY}\n")
        self.persister_port = free_port()
        self.broker_port = free_port()
        self.api_port = free_port()
        self.gateway_options = list(gateway_options)
        self.persister = self._process("persister", [
            "--data", f"{self.directory}/store",
            "--listen", f"tcp://127.0.0.1:{self.persister_port}",
            *persister_options])
        self.broker = self._process("broker", [
            "--persister", f"tcp://127.0.0.1:{self.persister_port}",
            "--listen", f"tcp://127.0.0.1:{self.broker_port}",
            *broker_options])
        self.ports = []
        self.gateways = []
        for _ in range(gateways):
            self.add_gateway()

    def write(self, name, content):
        path = f"{self.directory}/{name}"
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def _process(self, program, arguments, name=None):
        operator = free_port()
        return Process(
            name or program,
            [f"{BIN}/parlance-{program}", *arguments,
             "--operator", f"127.0.0.1:{operator}"],
            f"{self.directory}/{name or program}.log", operator)

    def add_gateway(self, port=None, options=()):
        """A further gateway, not yet started."""
        port = port or free_port()
        arguments = ["--broker", f"tcp://127.0.0.1:{self.broker_port}",
                     "--listen", f"127.0.0.1:{port}",
                     "--jwt-secret-file", f"{self.directory}/jwt-secret",
                     *self.gateway_options, *options]
        if not self.gateways:
            arguments += ["--api-listen", f"127.0.0.1:{self.api_port}",
                          "--api-keys", f"{self.directory}/api-keys"]
        gateway = self._process("gateway", arguments,
                                f"gateway-{len(self.gateways) + 1}")
        self.ports.append(port)
        self.gateways.append(gateway)
        return gateway

    @property
    def processes(self):
        return [self.persister, self.broker, *self.gateways]

    def start(self):
        for process in self.processes:
            process.start()
        return self.wait_ready()

    def wait_ready(self):
        for process in self.processes:
            process.wait_ready()
        return self

    def stop(self):
        """Stops all; asserts that each ended well (sanitizers included)."""
        statuses = {p.name: p.stop() for p in reversed(self.processes)}
        for process in self.processes:
            with open(process.log, encoding="utf-8", errors="replace") as log:
                text = log.read()
            for mark in ("AddressSanitizer", "runtime error:",
                         "LeakSanitizer", "ThreadSanitizer",
                         "INVARIANT failed", "PRE failed", "POST failed"):
                assert mark not in text, \
                    f"{process.name}: {mark}\n" + text[-8000:]
        if self.recordings:
            do_again(self.recordings)
            shutil.rmtree(self.recordings, ignore_errors=True)
        return statuses

    def __enter__(self):
        return self.start()

    def __exit__(self, *failure):
        try:
            self.stop()
        finally:
            for process in self.processes:
                if process.popen and process.popen.poll() is None:
                    process.popen.send_signal(signal.SIGKILL)
                    process.popen.wait()

    # --- The server API ---------------------------------------------------

    def api(self, method, path, body=None, key=API_KEY):
        """(status, decoded JSON or None) of one call."""
        connection = http.client.HTTPConnection("127.0.0.1", self.api_port,
                                                timeout=30)
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["X-API-Key"] = key
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        try:
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            text = response.read().decode()
            return response.status, json.loads(text) if text else None
        finally:
            connection.close()

    def put_user(self, user, username, **fields):
        status, _ = self.api("PUT", f"/api/users/{user}", {
            "username": username, "email": f"{username}@example.com",
            **fields})
        assert status == 200

    def make_room(self, key, members, kind="project", **fields):
        """The id of a new room; members: user ids or (user, role)."""
        listed = [{"user_id": m} if isinstance(m, int)
                  else {"user_id": m[0], "role": m[1]} for m in members]
        status, room = self.api("POST", "/api/rooms", {
            "kind": kind, "key": key, "members": listed, **fields})
        assert status in (200, 201), room
        return room["id"]

    def make_order(self, key, customer, executor):
        """The id of the chat of an order review that is in progress."""
        status, review = self.api("PUT", f"/api/order-reviews/{key}", {
            "status": "in_progress", "customer_id": customer,
            "executor_id": executor})
        assert status == 200, review
        return review["room_id"]
