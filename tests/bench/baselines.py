"""The servers that Parlance is measured against: the bench's own, and Nchan.

Every server under test, Parlance included, has the same face: start(), stop(),
fresh() (a new process, so that memory is counted from nothing), pids() by
role, and load_arguments(world) for the load client."""
import os

from process import Process, accepts, free_port, wait_until

HALL_MEMBERS = 1000
ROOM_COUNT = 1900
ROOM_MEMBERS = 10

NCHAN_MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so"
NCHAN_CONFIG = """\
load_module %(module)s;
daemon off;
worker_processes 1;
worker_rlimit_nofile %(files)d;
pid %(directory)s/nginx.pid;
error_log %(directory)s/nginx-error.log warn;
events { worker_connections %(files)d; use epoll; multi_accept on; }
http {
  access_log off;
  client_body_temp_path %(directory)s/nginx-body;
  proxy_temp_path %(directory)s/nginx-proxy;
  fastcgi_temp_path %(directory)s/nginx-fastcgi;
  uwsgi_temp_path %(directory)s/nginx-uwsgi;
  scgi_temp_path %(directory)s/nginx-scgi;
  nchan_message_buffer_length 64;
  nchan_message_timeout 30s;
  server {
    listen 127.0.0.1:%(port)d backlog=4096;
    location ~ ^/sub/(\\d+)$ {
      nchan_subscriber websocket;
      nchan_channel_id $1;
      nchan_subscriber_first_message newest;
    }
    location ~ ^/pub/(\\d+)$ { nchan_publisher websocket; nchan_channel_id $1; }
  }
}
"""


def write_world(path, rooms):
    """rooms: (pk, first user, members) each."""
    with open(path, "w") as out:
        for room in rooms:
            out.write("%d %d %d\n" % room)


class Baseline:
    """A server of one process whose rooms need no making."""
    extra_arguments = ()

    def __init__(self, name, settings):
        self.name = name
        self.settings = settings
        self.process = None
        self.port = None

    def start(self):
        self.port = free_port()
        self.process = Process(self.name, self.command(),
                               self.settings.directory)
        wait_until(lambda: accepts(self.port), [self.process], self.name)
        hall = [(1, 1, HALL_MEMBERS)]
        rooms = [(i + 1, i * ROOM_MEMBERS + 1, ROOM_MEMBERS)
                 for i in range(ROOM_COUNT)]
        write_world(self.world_path("hall"), hall)
        write_world(self.world_path("rooms"), rooms)

    def stop(self):
        if self.process is not None:
            self.process.stop()

    def fresh(self):
        self.stop()
        self.start()

    def world_path(self, world):
        return os.path.join(self.settings.directory,
                            "%s.%s.world" % (self.name, world))

    def pids(self):
        return {"server": self.process.pid}

    def metrics(self, _role, names):
        """What an operator's counters say; a baseline has none."""
        return [None for _ in names]

    def load_arguments(self, world):
        return ["--port", str(self.port), "--world", self.world_path(world),
                *self.extra_arguments]


class Raw(Baseline):
    """One send() per delivery; with is_coalescing one per socket and turn."""

    def __init__(self, settings, is_coalescing=False):
        super().__init__("raw-c" if is_coalescing else "raw", settings)
        self.is_coalescing = is_coalescing

    def command(self):
        return [self.settings.program("bench_raw"), "--port", str(self.port),
                *(["--coalesce"] if self.is_coalescing else [])]


class Nchan(Baseline):
    """nginx with one worker, as Debian packages it; nothing goes to disk."""
    extra_arguments = ("--dialect", "nchan")

    def __init__(self, settings):
        super().__init__("nchan", settings)

    def command(self):
        config = os.path.join(self.settings.directory, "nginx.conf")
        with open(config, "w") as out:
            out.write(NCHAN_CONFIG % {
                "module": NCHAN_MODULE, "port": self.port,
                "directory": self.settings.directory,
                "files": self.settings.files_max - 50})
        return ["/usr/sbin/nginx", "-p", self.settings.directory, "-c", config,
                "-e", os.path.join(self.settings.directory,
                                   "nginx-error.log")]

    def pids(self):
        """The master does nothing but wait: the worker is the server."""
        path = "/proc/%d/task/%d/children" % (self.process.pid,
                                              self.process.pid)
        with open(path) as children:
            return {"server": int(children.read().split()[0])}
