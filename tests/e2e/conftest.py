"""Fixtures: a cluster for each test, and one with a chat for the page."""
import json
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from cluster import Cluster  # noqa: E402
from tokens import make_token  # noqa: E402


class Chat:
    """What the page's tests need: an address, tokens, a room of two."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.url = f"http://127.0.0.1:{cluster.ports[0]}/"
        self.tokens = {name: make_token(Cluster.SECRET, user, username=name)
                       for user, name in PEOPLE}
        cluster.write("demo-users.json", json.dumps({"users": [
            {"user_id": user, "username": name, "token": self.tokens[name]}
            for user, name in PEOPLE]}))

    def start(self):
        self.cluster.start()
        for user, name in PEOPLE:
            self.cluster.put_user(user, name)
        self.room = self.cluster.make_order("1", 1, 2)
        return self


PEOPLE = [(1, "customer"), (2, "executor")]


@pytest.fixture(scope="session")
def chat(tmp_path_factory):
    directory = tmp_path_factory.mktemp("chat")
    cluster = Cluster(directory, gateway_options=[
        "--demo-users", f"{directory}/demo-users.json"])
    try:
        yield Chat(cluster).start()
    finally:
        cluster.stop()


@pytest.fixture
def cluster(tmp_path):
    """One gateway, default options."""
    with Cluster(tmp_path) as started:
        yield started


@pytest.fixture
def two_gateways(tmp_path):
    with Cluster(tmp_path, gateways=2) as started:
        yield started
