"""What is measured of users who have many rooms, in the dialects that follow
them all; see crowd.h for the world."""
from measures import counted, load, ratio


def per_event(scenario, *arguments):
    """Typings, or changes of presence."""
    def run(settings, server):
        server.fill_later("crowd")
        seen = load(settings, server, scenario, "crowd",
                    "--path", "/ws/chats/", *arguments,
                    "--seconds", settings.seconds, "--count", settings.rounds)
        cpu_s = counted(seen["cpu_s"])
        values = {"per_cpu_s": ratio(seen["events"], cpu_s),
                  "deliveries_per_cpu_s": ratio(seen["deliveries"], cpu_s),
                  "us": ratio(cpu_s * 1e6, seen["events"])}
        for role, role_cpu_s in seen["cpu_s"].items():
            values[role + "_us_per_message"] = (role_cpu_s * 1e6 /
                                                seen["events"])
        return values
    return run


def entry(*arguments):
    def run(settings, server):
        server.fill_later("crowd")
        seen = load(settings, server, "entry", "crowd",
                    "--path", "/ws/chats/", *arguments)
        cpu_s = counted(seen["cpu_s"])
        values = {"per_cpu_s": ratio(seen["connections"], cpu_s),
                  "us": ratio(cpu_s * 1e6, seen["connections"]),
                  "us_per_room": ratio(
                      cpu_s * 1e6, seen["connections"] * seen["rooms"])}
        for role, role_cpu_s in seen["cpu_s"].items():
            values[role + "_us_per_message"] = (role_cpu_s * 1e6 /
                                                seen["connections"])
        return values
    return run


def dialogs(settings, server):
    server.fill_later("dialogs")
    seen = load(settings, server, "dialogs", "dialogs", "--path", "/ws/",
                "--count", 100 if settings.is_quick else 1000)
    values = {}
    for who in ("few", "many"):
        part = seen[who]
        all_s = sum(part["cpu_s"].values())
        values[who + "_us"] = all_s * 1e6 / part["requests"]
        values[who + "_per_cpu_s"] = ratio(part["requests"], all_s)
        values[who + "_p50_us"] = part["latency_us"]["p50"]
        values[who + "_persister_us"] = (part["cpu_s"].get("persister", 0) *
                                         1e6 / part["requests"])
    return values


# As MEASURES in measures.py.
USER_MEASURES = [
    ("typing", "typing", per_event("typing", "--everybody"), ("parlance",)),
    ("typing", "typing-few", per_event("typing"), ("parlance",)),
    ("typing", "typing-many", per_event("typing", "--many"), ("parlance",)),
    ("presence", "presence-few", per_event("presence"), ("parlance",)),
    ("presence", "presence-many", per_event("presence", "--many"),
     ("parlance",)),
    ("presence", "coming-few", per_event("presence", "--coming"),
     ("parlance",)),
    ("presence", "coming-many", per_event("presence", "--coming", "--many"),
     ("parlance",)),
    ("entry", "entry-few", entry(), ("parlance",)),
    ("entry", "entry-many", entry("--many"), ("parlance",)),
    ("dialogs", "dialogs", dialogs, ("parlance",)),
]
