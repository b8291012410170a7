#!/bin/sh
# Builds Release, then measures Parlance against its baselines in one session.
# See README.md beside this file; --help lists the options.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
case " $* " in
*" --bin "* | *" --bin="* | *" --help "* | *" -h "*) ;;
*)
    [ -f build/release/build.ninja ] || cmake --preset release
    cmake --build --preset release
    ;;
esac
exec /usr/bin/python3 tests/bench/run.py "$@"
