#!/bin/bash
# Install what is needed from Debian's packages, and nothing that is there.
#   deploy/install-packages.sh build         to build and run
#   deploy/install-packages.sh build test    to run the tests as well
#   deploy/install-packages.sh build bench   to run the benchmarks as well
set -eu

build="gcc libc6-dev cmake ninja-build pkg-config
    libzmq3-dev libczmq-dev libwebsockets-dev libwebsockets-evlib-uv libuv1-dev
    libmsgpack-dev libjansson-dev librocksdb-dev libssl-dev libmicrohttpd-dev
    libcmark-dev libcurl4-openssl-dev libxxhash-dev tzdata"
test="clang libclang-rt-14-dev clang-format check libsubunit-dev git openssl
    python3-pytest python3-websockets python3-aiosmtpd python3-selenium
    python3-yaml python3-jsonschema chromium chromium-driver"

bench="check libsubunit-dev git nginx-light libnginx-mod-nchan"

wanted=""
for set in "$@"; do
    case $set in
    build) wanted="$wanted $build" ;;
    test) wanted="$wanted $test" ;;
    bench) wanted="$wanted $bench" ;;
    *)
        echo "install-packages.sh: no set \"$set\"" >&2
        exit 2
        ;;
    esac
done

missing=""
for package in $wanted; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "install-packages.sh: run as root, or install:$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
echo "Installing:$missing"
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
