"""Child processes of the bench: started with a log file, ended by their pid."""
import os
import resource
import signal
import socket
import subprocess
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raise_file_limit():
    """Servers and load client need one descriptor a connection."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


class Process:
    """One program, its log in the work directory."""

    def __init__(self, name, command, directory):
        self.name = name
        self.log_path = os.path.join(directory, name + ".log")
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    @property
    def pid(self):
        return self.child.pid

    def is_alive(self):
        return self.child.poll() is None

    def log_tail(self, lines=15):
        with open(self.log_path, errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    def stop(self, patience_s=15):
        """SIGTERM; SIGKILL for one that does not listen."""
        if not self.is_alive():
            return
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def wait_until(is_ready, processes, what, patience_s=30):
    """Polls is_ready(); an exception says which process died, with its log."""
    deadline = time.monotonic() + patience_s
    while not is_ready():
        for process in processes:
            if not process.is_alive():
                raise RuntimeError("%s ended:\n%s"
                                   % (process.name, process.log_tail()))
        if time.monotonic() > deadline:
            raise RuntimeError("%s is not ready after %d s:\n%s" % (
                what, patience_s, "".join(p.log_tail() for p in processes)))
        time.sleep(0.05)


def accepts(port):
    """Whether somebody listens on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
