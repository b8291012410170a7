"""The programs from outside: options, addresses, readiness, signals."""
import os
import signal
import subprocess
import time

import pytest

from cluster import BIN, Cluster, free_port, http_get, wait_for
from messenger import Messenger

PROGRAMS = ["persister", "broker", "gateway", "token", "up"]


def run(*arguments, **environment):
    return subprocess.run(arguments, capture_output=True, text=True,
                          timeout=60, env={**os.environ, **environment},
                          check=False)


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_version_and_unknown_options(program):
    path = f"{BIN}/parlance-{program}"
    helped = run(path, "--help")
    assert helped.returncode == 0 and "--config" in helped.stdout
    assert run(path, "--version").stdout.split()[0] == f"parlance-{program}"
    unknown = run(path, "--no-such-option", "x")
    assert unknown.returncode == 2
    assert "no-such-option" in unknown.stderr
    assert unknown.stderr.count("\n") == 1
    assert run(f"{BIN}/parlance", program, "--version").returncode == 0


@pytest.mark.parametrize("arguments, named", [
    (["broker", "--shards", "none"], "shards"),
    (["broker", "--listen", "nowhere"], "listen"),
    (["gateway", "--listen", "127.0.0.1"], "listen"),
    (["gateway", "--rate", "fast"], "rate"),
    (["persister", "--durability", "maybe", "--data", "/tmp"], "durability"),
    (["token", "--user-id", "-5"], "user-id"),
])
def test_ill_typed_options_are_named(arguments, named):
    program, *rest = arguments
    result = run(f"{BIN}/parlance-{program}", *rest)
    assert result.returncode == 2 and named in result.stderr


def test_the_environment_and_a_file_can_say_it_too(tmp_path):
    path = f"{BIN}/parlance-broker"
    assert run(path, PARLANCE_SHARDS="none").returncode == 2
    assert run(path, "--help", PARLANCE_UNKNOWN="x").returncode == 0
    config = tmp_path / "broker.cfg"
    config.write_text("shards = none\n")
    result = run(path, "--config", str(config))
    assert result.returncode == 2 and "shards" in result.stderr


def test_what_the_environment_refuses_is_one_line_and_status_1(tmp_path):
    port = free_port()
    with Cluster(tmp_path) as cluster:
        used = cluster.broker_port
        for arguments in (
                ["broker", "--listen", f"tcp://127.0.0.1:{used}"],
                ["broker", "--listen", f"tcp://0.0.0.0:{port}"],
                ["persister", "--data", "/proc/no",
                 "--listen", f"tcp://127.0.0.1:{port}"],
                ["persister", "--data", f"{cluster.directory}/store",
                 "--listen", f"tcp://127.0.0.1:{port}"],
                ["gateway", "--listen", f"127.0.0.1:{port}",
                 "--jwt-secret-file", "/no/such/file"]):
            result = run(f"{BIN}/parlance-{arguments[0]}", *arguments[1:])
            assert result.returncode == 1, arguments
            complaint = [line for line in result.stderr.splitlines()
                         if "level=" not in line]
            assert len(complaint) == 1, result.stderr


def test_any_order_of_start(tmp_path):
    cluster = Cluster(tmp_path)
    try:
        cluster.gateways[0].start()
        time.sleep(0.3)
        cluster.broker.start()
        wait_for(lambda: cluster.broker.readyz()[0] == 503, "a broker alone")
        assert cluster.gateways[0].readyz()[0] == 503
        cluster.persister.start()
        cluster.wait_ready()
        room = cluster.make_room("late", [1])
        with Messenger(cluster.ports[0], 1) as client:
            client.say("hello", pk=room)
    finally:
        cluster.stop()


def test_operator_pages(cluster):
    for process in cluster.processes:
        assert http_get(process.operator, "/healthz")[0] == 200
        status, text = http_get(process.operator, "/metrics")
        assert status == 200 and "# TYPE process_cpu_seconds_total" in text
        assert http_get(process.operator, "/nothing")[0] == 404
    room = cluster.make_room("count", [1])
    before = cluster.persister.metric("parlance_persister_records_total")
    with Messenger(cluster.ports[0], 1) as client:
        for i in range(10):
            client.say(f"m{i}", pk=room)
    assert cluster.persister.metric("parlance_persister_records_total") \
        >= before + 10
    assert cluster.persister.metric("parlance_persister_fsyncs_total") > 0


def test_sigterm_drains(cluster):
    client = Messenger(cluster.ports[0], 1)
    cluster.gateways[0].signal(signal.SIGTERM)
    try:
        while True:
            client.receive()
    except Exception as closed:  # noqa: BLE001
        assert closed.rcvd.code == 1001
    for process in reversed(cluster.processes):
        assert process.stop() == 0


def test_two_brokers_do_not_both_write(tmp_path):
    with Cluster(tmp_path) as cluster:
        room = cluster.make_room("two", [1])
        second = cluster._process("broker", [
            "--persister", f"tcp://127.0.0.1:{cluster.persister_port}",
            "--listen", f"tcp://127.0.0.1:{free_port()}"], "second")
        second.start()
        time.sleep(4)
        assert second.readyz()[0] == 503  # the holder is heard
        with Messenger(cluster.ports[0], 1) as client:
            client.say("still the first", pk=room)
        cluster.broker.signal(signal.SIGSTOP)
        second.wait_ready()
        cluster.broker.signal(signal.SIGCONT)
        assert cluster.broker.popen.wait(20) == 1
        assert "another broker" in cluster.broker.tail()
        assert second.stop() == 0


def test_one_event_a_gateway_whatever_the_number_of_subscribers(two_gateways):
    cluster = two_gateways
    room = cluster.make_room("many", [1, 2])
    clients = [Messenger(cluster.ports[i % 2], 1 + i % 2) for i in range(20)]
    for client in clients:
        client.enter(room)
    before = cluster.broker.metric("parlance_broker_event_copies_total")
    for i in range(10):
        said = clients[0].say(f"m{i}", pk=room)
        for client in clients[1:]:
            assert client.event()["pk"] == said["pk"]
    assert cluster.broker.metric("parlance_broker_event_copies_total") \
        == before + 20
    for client in clients:
        client.close()


def test_keys_are_reloaded_and_kept_when_bad(cluster):
    cluster.write("jwt-secret", "")
    gateway = cluster.gateways[0]
    gateway.signal(signal.SIGHUP)
    wait_for(lambda: "reload" in gateway.tail(), "the reload to be refused")
    with Messenger(cluster.ports[0], 1):
        pass
    cluster.write("jwt-secret", "another-secret-another-secret\n")
    gateway.signal(signal.SIGHUP)

    def works():
        try:
            Messenger(cluster.ports[0], 1,
                      secret="another-secret-another-secret").close()
            return True
        except Exception:  # noqa: BLE001
            return False
    wait_for(works, "the new secret")
    with pytest.raises(Exception, match="401"):
        Messenger(cluster.ports[0], 1)


def test_two_gateways_share_a_port(tmp_path):
    cluster = Cluster(tmp_path)
    second = cluster.add_gateway(port=cluster.ports[0])
    with cluster:
        room = cluster.make_room("shared", [1])
        clients = [Messenger(cluster.ports[0], 1) for _ in range(40)]
        for client in clients:
            client.enter(room)
        for gateway in cluster.gateways:
            wait_for(lambda g=gateway: g.metric(
                "parlance_gateway_connections") > 0, "connections on both")
        said = clients[0].say("to all", pk=room)
        for client in clients[1:]:
            assert client.event()["pk"] == said["pk"]
            client.close()
        clients[0].close()
