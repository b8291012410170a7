#!/usr/bin/python3
"""Style and layering as a test: what the compiler does not check.

Prints one line for each offence and fails if there is any.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILE_LINES_MAX = 500
# One table each, of the kind that is read by searching it.
TABLES = ["common/wire/wire.h", "common/wire/wire_schema.c"]
TEST_LINES_MAX = 1000
FUNCTION_LINES_MAX = 70

# A third-party header and the only places that may include it.
LIBRARIES = {
    r"(czmq|zmq)\.h": ["common/link/", "tests/"],
    r"msgpack.*\.h": ["common/wire/", "tests/"],
    r"microhttpd\.h": ["common/process/operator.c"],
    r"curl/.*": ["persister/mail/smtp.c"],
    r"cmark\.h": ["common/markdown/"],
    r"(libwebsockets|uv)\.h": ["gateway/server/"],
    r"jansson\.h": ["gateway/", "broker/replay/text_",
                    "broker/replay/wire_json_get.c", "tests/"],
    r"openssl/.*": ["gateway/auth/", "tests/"],
    r"xxhash\.h": ["broker/trace/trace_hash.c"],
    r"rocksdb/.*": ["persister/rocksdb/", "tests/"],
}

# A folder and what of ours its files may include, by beginning.
LAYERS = {
    "common/wire/": ["common/"],
    "common/link/": ["common/"],
    "common/markdown/": ["common/markdown/", "common/*"],
    "common/process/": ["common/"],
    "broker/core/": ["broker/core/", "common/wire/", "common/*"],
    "broker/trace/": ["broker/trace/", "broker/core/", "common/wire/",
                      "common/*"],
    "broker/": ["broker/", "common/"],
    "gateway/frontends/": ["gateway/frontends/", "gateway/frontend.h",
                           "gateway/call.h", "gateway/media.h",
                           "gateway/json/", "gateway/zone.h", "common/wire/",
                           "common/markdown/", "common/*"],
    "gateway/": ["gateway/", "common/"],
    "persister/memory/": ["persister/memory/", "persister/store.h",
                          "persister/people.h", "common/wire/", "common/*"],
    "persister/rocksdb/": ["persister/rocksdb/", "persister/store.h",
                           "persister/people.h", "common/wire/", "common/*"],
    "persister/": ["persister/", "common/"],
    "deploy/": ["deploy/", "common/"],
    "common/": ["common/*"],
}

# What a pure part must not call.
IMPURE = re.compile(
    r"\b(time|clock_gettime|gettimeofday|monotonic_ms|monotonic_us|wall_us|"
    r"rand|random|getrandom|getenv|sleep|usleep|nanosleep|printf|fprintf|"
    r"pthread_\w+|fopen|open|socket)\s*\(")
PURE = ["broker/core/", "broker/trace/", "common/wire/", "common/markdown/",
        "gateway/frontends/", "gateway/json/", "gateway/api/",
        "gateway/files/", "gateway/media.", "broker/shard/log_tail",
        "broker/replay/text_", "broker/replay/wire_", "broker/replay/scrub_",
        "broker/replay/player", "broker/replay/report",
        "broker/replay/about", "broker/replay/cut_actors",
        "broker/replay/cut_choice", "broker/replay/cut_questions",
        "broker/replay/cut_run", "broker/replay/cut_state",
        "common/link/link_session",
        "common/link/link_packet", "persister/batch"]

BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|"
                    r"atol|alloca|setjmp)\s*\(")
MARKS = re.compile(r"\b(TODO|FIXME|XXX)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def tracked():
    out = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [p for p in out.splitlines() if os.path.isfile(f"{ROOT}/{p}")]


def may_include(path, header):
    for folder, allowed in LAYERS.items():
        if not path.startswith(folder):
            continue
        for prefix in allowed:
            if prefix.endswith("/*"):
                base = prefix[:-1]
                if header.startswith(base) and "/" not in header[len(base):]:
                    return True
            elif header.startswith(prefix):
                return True
        return False
    return True


def strip(text):
    """Without comments and strings, with the same lines."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text,
                  flags=re.S)


def functions(lines):
    """(first line, length) of each function, as clang-format lays it out."""
    start = None
    for number, line in enumerate(lines, 1):
        if re.match(r"^[A-Za-z_]", line) and "(" in line:
            start = number
        elif line.startswith("}") and start:
            yield start, number - start + 1
            start = None
        elif line.endswith(";") and not line.startswith((" ", "\t")):
            start = None


def check_c(path, text, say):
    lines = text.splitlines()
    most = TEST_LINES_MAX if path.startswith("tests/") else FILE_LINES_MAX
    if len(lines) > most and path not in TABLES:
        say(path, 1, f"{len(lines)} lines; at most {most}")
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        header = match.group(2)
        if match.group(1) == "<":
            for pattern, places in LIBRARIES.items():
                if re.fullmatch(pattern, header) and not any(
                        path.startswith(p) for p in places):
                    say(path, number, f"<{header}> belongs to {places[0]}")
        elif not may_include(path, header):
            say(path, number, f'"{header}" is not below this layer')
    code = strip(text).splitlines()
    pure = any(path.startswith(p) for p in PURE)
    for number, line in enumerate(code, 1):
        match = not path.startswith("tests/") and BANNED.search(line)
        if match:
            say(path, number, f"{match.group(1)}() is banned")
        match = pure and IMPURE.search(line)
        if match:
            say(path, number, f"{match.group(1)}() in a pure part")
    if path.endswith(".c"):
        for number, length in functions(code):
            if length > FUNCTION_LINES_MAX:
                say(path, number, f"a function of {length} lines; at most "
                                  f"{FUNCTION_LINES_MAX}")
    if path.endswith(".h") and "#ifndef " not in text:
        say(path, 1, "no include guard")
    if not text.startswith(("/*", "#!")):
        say(path, 1, "does not begin by saying what it is for")


def check_any(path, text, say):
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip() and not path.endswith(".md"):
            say(path, number, "white space at the end")
        if MARKS.search(line) and path != "tests/tidy.py":
            say(path, number, "unfinished work is marked")


def main():
    offences = []

    def say(path, number, what):
        offences.append(f"{path}:{number}: {what}")

    formatted = []
    for path in tracked():
        if not path.endswith((".c", ".h", ".py", ".sh", ".js", ".css",
                              ".html", ".md", ".txt", "CMakeLists.txt")):
            continue
        if path.startswith(("tests/fuzz/corpus/", "tests/scripts/")):
            continue
        with open(f"{ROOT}/{path}", encoding="utf-8") as file:
            text = file.read()
        check_any(path, text, say)
        if path.endswith((".c", ".h")):
            check_c(path, text, say)
            formatted.append(path)
    result = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *formatted], cwd=ROOT,
        capture_output=True, text=True)
    for line in result.stderr.splitlines():
        if "error:" in line:
            offences.append(line)
    print("\n".join(offences[:200]) or "tidy: nothing to say")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
