"""A frontend built out of tree against what `cmake --install` installs."""
import os
import subprocess

import pytest

from cluster import ROOT, Cluster, free_port
from messenger import Messenger
from tokens import make_token
from wsclient import Socket

BUILD = os.path.dirname(os.path.dirname(
    os.environ.get("PARLANCE_BIN", f"{ROOT}/build/dev/bin") + "/"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The prefix, with build(source, name, *flags) beside it."""
    prefix = tmp_path_factory.mktemp("prefix")
    subprocess.run(["cmake", "--install", BUILD, "--prefix", str(prefix)],
                   check=True, capture_output=True)

    def build(source, name, *flags):
        pc = next(prefix.glob("**/pkgconfig/parlance-frontend.pc"))
        cflags = subprocess.run(
            ["pkg-config", "--define-variable", f"prefix={prefix}",
             "--cflags", str(pc)], check=True, capture_output=True,
            text=True).stdout.split()
        subprocess.run(["cc", "-std=c11", "-Wall", "-Wextra", "-Werror",
                        "-shared", "-fPIC", str(source), *cflags, *flags,
                        "-o", f"{prefix}/{name}"], check=True)
        return f"{prefix}/{name}"
    build.prefix = prefix
    return build


@pytest.fixture(scope="module")
def lines(installed):
    return installed(f"{ROOT}/tests/plugin/lines.c", "lines.so")


class Lines:
    def __init__(self, port, user, name):
        token = make_token(Cluster.SECRET, user, username=name)
        self.socket = Socket(f"ws://127.0.0.1:{port}/lines/?token={token}",
                             open_timeout=30)

    def ask(self, line):
        self.socket.send(line)
        return self.receive()

    def receive(self):
        return self.socket.recv(timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.socket.close()


def test_a_dialect_of_ones_own(tmp_path, lines):
    with Cluster(tmp_path, gateway_options=["--frontend", lines]) as cluster:
        room = cluster.make_room("plain", [1, 2])
        with Lines(cluster.ports[0], 1, "ann") as ann, \
                Messenger(cluster.ports[0], 2, "bob") as bob:
            bob.enter(room)
            assert ann.ask(f"follow {room}") == "ok"
            said = ann.ask(f"say {room} hello, lines")
            assert said.startswith(f"said {room} ")
            assert said.endswith(" ann: hello, lines")
            assert bob.event()["data"]["text"] == "hello, lines"
            answer = bob.say("hello, JSON", pk=room)
            assert ann.receive() == \
                f"said {room} {answer['pk']} bob: hello, JSON"
            assert ann.ask(f"last {room}").splitlines() == [
                said, f"said {room} {answer['pk']} bob: hello, JSON"]
            assert ann.ask("say 129 x") == "error not_found"
            assert ann.ask("jump 1").startswith("error bad_verb")
            assert ann.ask("say").startswith("error bad_line")
            assert ann.ask(f"leave {room}") == "ok"


def start_gateway(tmp_path, plugin):
    return subprocess.run(
        [f"{BUILD}/bin/parlance-gateway", "--broker",
         f"ipc://{tmp_path}/none", "--listen", f"127.0.0.1:{free_port()}",
         "--jwt-secret-file", str(tmp_path / "secret"), "--frontend",
         str(plugin)], capture_output=True, text=True, timeout=60, check=False)


BAD = {
    # name: (source, what the gateway says of it)
    "abi": ("const struct frontend_plugin parlance_frontend_plugin = "
            "{FRONTEND_ABI + 1, sizeof(struct frontend), sizeof(struct wire), "
            "0};", "ABI 2"),
    "layout": ("const struct frontend_plugin parlance_frontend_plugin = "
               "{FRONTEND_ABI, 8, sizeof(struct wire), 0};",
               "other headers"),
    "none": ("const struct frontend_plugin parlance_frontend_plugin = "
             "{FRONTEND_ABI, sizeof(struct frontend), sizeof(struct wire), "
             "0};", "no frontend"),
    "symbol": ("int another;", "parlance_frontend_plugin"),
    "lacks": ("static const struct frontend f = {.abi = FRONTEND_ABI, "
              '.name = "f", .path = "/f/"}; PARLANCE_FRONTEND_PLUGIN(f);',
              "receive is missing"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_plugin_is_refused_by_name(tmp_path, installed, name):
    source, word = BAD[name]
    (tmp_path / "secret").write_text("s" * 40)
    (tmp_path / "bad.c").write_text(f"#include <gateway/plugin.h>\n{source}\n")
    plugin = installed(tmp_path / "bad.c", f"{name}.so")
    result = start_gateway(tmp_path, plugin)
    assert result.returncode == 1
    complaint = result.stderr.splitlines()[-1]
    assert plugin in complaint and word in complaint


def test_a_path_that_is_taken_is_refused(tmp_path, installed, lines):
    (tmp_path / "secret").write_text("s" * 40)
    source = open(f"{ROOT}/tests/plugin/lines.c", encoding="utf-8").read()
    (tmp_path / "taken.c").write_text(
        source.replace('"/lines/"', '"/messenger/chat"'))
    result = start_gateway(tmp_path, installed(tmp_path / "taken.c",
                                               "taken.so"))
    assert result.returncode == 1 and "messenger" in result.stderr


@pytest.mark.parametrize("content", [None, b"", b"text\n"])
def test_what_is_no_object_is_refused(tmp_path, content):
    (tmp_path / "secret").write_text("s" * 40)
    path = tmp_path / "x.so"
    if content is not None:
        path.write_bytes(content)
    result = start_gateway(tmp_path, path)
    assert result.returncode == 1
    assert f"--frontend {path}:" in result.stderr
