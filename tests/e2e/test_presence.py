"""Who is online, as the application sees it: many devices, users who are sent
away, gateways and brokers that die."""
import time

import pytest

from cluster import Cluster, wait_for
from messenger import Messenger

GRACE_S = 2
OPTIONS = ["--presence-grace", str(GRACE_S)]


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("presence"), gateways=2,
                 gateway_options=OPTIONS) as started:
        yield started


def presence(cluster, user):
    status, answer = cluster.api("GET", f"/api/users/{user}/presence")
    assert status == 200 and answer["user_id"] == user, answer
    return answer


def wait_until(cluster, user, online):
    def is_so():
        answer = presence(cluster, user)
        return answer if answer["online"] == online else None
    return wait_for(is_so, f"user {user} to be online={online}")


def close_code(client):
    with pytest.raises(Exception) as closed:
        while True:
            client.receive()
    return closed.value.rcvd.code


def test_the_last_device_counts(shared):
    assert presence(shared, 10) == {"user_id": 10, "online": False,
                                    "last_seen": None}
    first = Messenger(shared.ports[0], 10)
    second = Messenger(shared.ports[1], 10)
    assert wait_until(shared, 10, True)["last_seen"] is None
    second.ask("user_chat_list_action")
    first.close()
    second.ask("user_chat_list_action")
    assert presence(shared, 10)["online"]
    began = time.monotonic()
    second.close()
    last_seen = wait_until(shared, 10, False)["last_seen"]
    assert time.monotonic() - began >= GRACE_S
    assert last_seen.endswith("Z")


def test_who_is_sent_away(shared):
    devices = [Messenger(port, 11) for port in shared.ports]
    other = Messenger(shared.ports[0], 12)
    for client in devices + [other]:
        client.ask("user_chat_list_action")
    assert shared.api("POST", "/api/users/11/disconnect") == (204, None)
    assert [close_code(client) for client in devices] == [4401, 4401]
    wait_until(shared, 11, False)
    assert other.ask("user_chat_list_action")["response_status"] == 200
    other.close()
    assert shared.api("POST", "/api/users/999/disconnect") == (204, None)


def test_who_of_a_room_is_there(shared):
    room = shared.make_room("presence", [21, 22, 23])

    def online():
        status, answer = shared.api("GET", f"/api/rooms/{room}/presence")
        assert status == 200
        return answer["online"]
    assert online() == []
    with Messenger(shared.ports[1], 23), Messenger(shared.ports[0], 21):
        wait_for(lambda: online() == [21, 23], "two of three")
    wait_for(lambda: online() == [], "nobody")
    assert shared.api("GET", "/api/rooms/64000/presence")[0] == 404


def test_a_gateway_dies(tmp_path):
    with Cluster(tmp_path, gateways=2, gateway_options=[
            "--presence-grace", "5"]) as cluster:
        changes = "parlance_broker_presence_changes_total"
        Messenger(cluster.ports[1], 31)
        Messenger(cluster.ports[1], 32)
        wait_until(cluster, 31, True)
        wait_until(cluster, 32, True)
        cluster.gateways[1].kill()
        with Messenger(cluster.ports[0], 31):
            wait_until(cluster, 32, False)
            assert presence(cluster, 31)["online"]
            # Two came, one went; who came back made no noise.
            wait_for(lambda: cluster.broker.metric(changes) >= 3, "3 changes")
            assert cluster.broker.metric(changes) == 3


def test_a_broker_dies(tmp_path):
    with Cluster(tmp_path, gateway_options=OPTIONS) as cluster:
        Messenger(cluster.ports[0], 41).close()
        last_seen = wait_for(lambda: presence(cluster, 41)["last_seen"],
                             "user 41 to be gone")
        wait_until(cluster, 41, False)
        with Messenger(cluster.ports[0], 42) as stays:
            stays.ask("user_chat_list_action")
            cluster.broker.kill()
            cluster.broker.start().wait_ready()
            wait_for(lambda: cluster.gateways[0].readyz()[0] == 200,
                     "the gateway to have its link again")
            wait_until(cluster, 42, True)
            assert presence(cluster, 41) == {
                "user_id": 41, "online": False, "last_seen": last_seen}
