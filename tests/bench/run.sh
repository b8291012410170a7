#!/bin/sh
# Builds Release, then measures Parlance against its baselines in one session.
# See README.md beside this file; --help lists the options.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
case " $* " in
*" --bin "* | *" --bin="* | *" --help "* | *" -h "*) ;;
*)
    deploy/install-packages.sh build bench
    cmake --preset release -DPARLANCE_TESTS=ON
    cmake --build --preset release
    ;;
esac
exec /usr/bin/python3 tests/bench/run.py "$@"
