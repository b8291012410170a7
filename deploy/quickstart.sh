#!/bin/bash
# From a fresh checkout on a bare Debian 12 to a chat that runs.
#   deploy/quickstart.sh               stays in the foreground; Ctrl-C stops it
#   deploy/quickstart.sh --detach      returns when the chat is ready
#   deploy/quickstart.sh --build-only  stops after build/release is built
# Other arguments go to `parlance up` (--data DIR, --port N, --gateways N,
# --record DIR).
set -eu
cd "$(dirname "$0")/.."

detach=no
build_only=no
arguments=()
for argument in "$@"; do
    case $argument in
    --detach) detach=yes ;;
    --build-only) build_only=yes ;;
    *) arguments+=("$argument") ;;
    esac
done

deploy/install-packages.sh build
[ -f build/release/build.ninja ] ||
    cmake --preset release -DPARLANCE_TESTS=OFF >/dev/null
cmake --build --preset release --target programs

if [ $build_only = yes ]; then
    exit 0
fi
if [ $detach = no ]; then
    exec build/release/bin/parlance up "${arguments[@]}"
fi

# The output of a detached one goes to a file, which is shown when it is there.
out=$(mktemp)
err=$(mktemp)
trap 'rm -f "$out" "$err"' EXIT
setsid build/release/bin/parlance up "${arguments[@]}" >"$out" 2>"$err" </dev/null &
pid=$!
for _ in $(seq 600); do
    if grep -q '^Data, logs' "$out" && ! grep -q '^Already running' "$out"; then
        cat "$out"
        echo "Stop it    kill $pid"
        exit 0
    fi
    if ! kill -0 $pid 2>/dev/null; then
        status=0
        wait $pid || status=$?
        cat "$out"
        cat "$err" >&2
        exit $status
    fi
    sleep 0.1
done
cat "$err" >&2
echo "quickstart.sh: not ready after 60 s; parlance up goes on as $pid" >&2
exit 1
