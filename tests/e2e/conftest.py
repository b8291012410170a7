"""Fixtures: a cluster for each test, and one with a chat for the page."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from cluster import Cluster  # noqa: E402


@pytest.fixture
def cluster(tmp_path):
    """One gateway, default options."""
    with Cluster(tmp_path) as started:
        yield started


@pytest.fixture
def two_gateways(tmp_path):
    with Cluster(tmp_path, gateways=2) as started:
        yield started
