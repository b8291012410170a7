#!/bin/bash
# Every test, on a bare Debian 12: packages, build, style, unit tests, scripts,
# conformance, properties and fuzz corpora under ASan and UBSan, the threaded
# parts under TSan, then real processes and a real browser.
set -eu
cd "$(dirname "$0")/.."

step() {
    printf '\n== %s\n' "$*"
}

step packages
deploy/install-packages.sh build test

step "build (clang, ASan, UBSan)"
[ -f build/dev/build.ninja ] || cmake --preset dev >/dev/null
cmake --build --preset dev

step "style and layering"
tests/tidy.py

step "unit, scripts, conformance, properties, corpora"
ctest --preset dev --output-on-failure -j 2

step "planted bugs are found (gcc, no sanitizers)"
tests/sim/plant.py --clean 200 --seeds 5000

step "threaded parts under TSan (gcc)"
[ -f build/tsan/build.ninja ] || cmake --preset tsan >/dev/null
cmake --build --preset tsan --target tsan_tests
ctest --preset tsan --output-on-failure -j 2 -L threads
TSAN_OPTIONS="ignore_noninstrumented_modules=1 halt_on_error=1" \
    PARLANCE_BIN="$PWD/build/tsan/bin" /usr/bin/python3 -m pytest -q \
    -p no:cacheprovider tests/e2e/test_seed.py tests/e2e/test_kill.py

step "real processes, a real browser"
export PARLANCE_BIN="$PWD/build/dev/bin"
exec /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/e2e tests/web
