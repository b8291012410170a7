"""Medians, ratios against the baselines of the same session, and the targets."""
import statistics


def values_of(runs, measure, server, value):
    """All runs' values; [] if the measure was not taken or was void."""
    return [run[value] for run in runs.get(measure, {}).get(server, [])
            if run.get(value) is not None]


def median_of(runs, *path):
    found = values_of(runs, *path)
    return statistics.median(found) if found else None


def ratio_of(runs, ours, theirs):
    """Run i of ours over run i of theirs, which ran right beside it; the
    median of these. The machine's mood changes by the second, and both of a
    pair meet the same one."""
    pairs = zip(values_of(runs, *ours), values_of(runs, *theirs))
    ratios = [a / b for a, b in pairs if b]
    return statistics.median(ratios) if ratios else None


class Row:
    """One line of the table. is_low: small is good."""

    def __init__(self, label, ours, theirs=None, at_least=None, stretch=None,
                 is_low=False, unit="", scale=1.0):
        self.label, self.ours, self.theirs = label, ours, theirs
        self.at_least, self.stretch = at_least, stretch
        self.is_low, self.unit, self.scale = is_low, unit, scale

    def measured(self, runs):
        """(our figure, the baseline's, what is compared with the target)."""
        ours = median_of(runs, *self.ours)
        if ours is None:
            return None, None, None
        if self.theirs is None:
            return ours, None, ours / self.scale
        return (ours, median_of(runs, *self.theirs),
                ratio_of(runs, self.ours, self.theirs))

    def verdict(self, figure):
        if self.at_least is None:
            return ""
        if figure is None:
            return "not measured"

        def reaches(target):
            return figure <= target if self.is_low else figure >= target
        if not reaches(self.at_least):
            return "MISSED"
        if self.stretch is not None and reaches(self.stretch):
            return "stretch"
        return "pass"


class LossRow(Row):
    """Connects per CPU-second must not fall as connections grow in number."""

    def measured(self, runs):
        few, many = median_of(runs, *self.theirs), median_of(runs, *self.ours)
        kept = ratio_of(runs, self.ours, self.theirs)
        return many, few, None if kept is None else 1 - kept


def fanout_row(label, measure, baseline, at_least, stretch=None):
    return Row("%s / %s" % (label, baseline),
               (measure, "parlance", "per_cpu_s"),
               (measure, baseline, "per_cpu_s"), at_least, stretch,
               unit="deliveries/CPU-s")


def many_row(measure, what, at_most):
    """A user with 200 rooms against one with 10, CPU time an event."""
    return Row("  %s: 200 rooms / 10" % what,
               (measure + "-many", "parlance", "us"),
               (measure + "-few", "parlance", "us"),
               at_most, is_low=True, unit="us")


ROWS = [
    fanout_row("A: 1 x 1,000, 1 in flight", "A", "raw", 0.80, 0.90),
    fanout_row("A", "A", "nchan", 1.25),
    fanout_row("B: 1 x 1,000, 32 in flight", "B", "raw-c", 0.60, 0.80),
    fanout_row("C: 100 x 10", "C", "raw", 0.60, 0.70),
    fanout_row("D: 1,000 x 10", "D", "raw", 0.65, 0.80),
    Row("A: broker messages per event, one gateway",
        ("A", "parlance", "copies_per_event"), at_least=1.0, is_low=True),
    Row("RSS per idle connection", ("idle", "parlance", "kb"),
        at_least=5.0, stretch=3.5, is_low=True, unit="KiB"),
    Row("  the same, subscribed to a room",
        ("idle-subscribed", "parlance", "kb"), unit="KiB"),
    Row("connects per CPU-s at 10,000",
        ("connects-10000", "parlance", "per_cpu_s"),
        at_least=12000, stretch=18000, unit="connects/CPU-s"),
    LossRow("  loss from 5,000 to 19,000",
            ("connects-19000", "parlance", "per_cpu_s"),
            ("connects-5000", "parlance", "per_cpu_s"),
            at_least=0.20, is_low=True, unit="connects/CPU-s"),
    Row("acked, 32 outstanding / 32 threads of puts",
        ("acked-32", "parlance", "per_s"), ("puts", "disk", "per_s"),
        1.2, 2.0, unit="messages/s"),
    Row("acked, 512 outstanding / batches of 512",
        ("acked-512", "parlance", "per_s"), ("batches", "disk", "per_s"),
        0.25, 0.5, unit="messages/s"),
    Row("lone message, ack p50 / fdatasync p50",
        ("acked-1", "parlance", "p50_us"), ("sync", "disk", "p50_us"),
        5.0, 3.0, is_low=True, unit="us"),
    Row("fsyncs per message, 512 outstanding",
        ("acked-512", "parlance", "fsyncs_per_message"),
        at_least=0.02, is_low=True),
    Row("broker CPU, recording / not", ("record", "recording", "broker_us"),
        ("record", "parlance", "broker_us"), 1.10, is_low=True,
        unit="us/message"),
    Row("state of 100,000 rooms, saved / its bytes written",
        ("state-100000", "disk", "begin_us"),
        ("state-100000", "disk", "disk_us"), is_low=True, unit="us"),
    Row("  10,000 rooms", ("state-10000", "disk", "begin_us"),
        ("state-10000", "disk", "disk_us"), is_low=True, unit="us"),
    Row("  1,000 rooms", ("state-1000", "disk", "begin_us"),
        ("state-1000", "disk", "disk_us"), is_low=True, unit="us"),
    Row("longest wait with 20,000 rooms, rotating / not",
        ("pause", "rotating", "max_us"), ("pause", "steady", "max_us"),
        is_low=True, unit="us"),
    Row("replayed by one core", ("replay", "recording", "per_s"),
        at_least=200000, unit="inputs/s"),
    Row("page from the middle / from the end, p50",
        ("history", "parlance", "middle_p50_us"),
        ("history", "parlance", "end_p50_us"), 2.0, is_low=True, unit="us"),
    Row("  the same, CPU of all three",
        ("history", "parlance", "middle_cpu_us"),
        ("history", "parlance", "end_cpu_us"), 2.0, is_low=True, unit="us"),
    Row("typing, everybody in their ten rooms",
        ("typing", "parlance", "per_cpu_s"), unit="typings/CPU-s"),
    Row("  the same, deliveries",
        ("typing", "parlance", "deliveries_per_cpu_s"),
        unit="deliveries/CPU-s"),
    many_row("typing", "typing", 1.25),
    Row("online and offline", ("presence-few", "parlance", "per_cpu_s"),
        unit="changes/CPU-s"),
    many_row("presence", "online and offline", 1.25),
    Row("coming and going", ("coming-few", "parlance", "per_cpu_s"),
        unit="changes/CPU-s"),
    many_row("coming", "coming and going", 1.25),
    Row("connects with 200 rooms", ("entry-many", "parlance", "per_cpu_s"),
        unit="connects/CPU-s"),
    many_row("entry", "connect", None),
    Row("dialogs.load, 20 of 1,000", ("dialogs", "parlance", "many_per_cpu_s"),
        unit="loads/CPU-s"),
    Row("  against 20 of 20, CPU of all three",
        ("dialogs", "parlance", "many_us"), ("dialogs", "parlance", "few_us"),
        5.0, is_low=True, unit="us"),
]


def number(value):
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return "{:,.0f}".format(value)
    return "%.3g" % value


def table(headings, lines):
    widths = [max(len(line[i]) for line in [headings, *lines])
              for i in range(len(headings))]
    rule = ["-" * width for width in widths]
    return "\n".join("  ".join(cell.ljust(width) if i == 0
                               else cell.rjust(width)
                               for i, (cell, width) in
                               enumerate(zip(line, widths))).rstrip()
                     for line in [headings, rule, *lines])


def target_rows(runs):
    """The rows as data, for the table and for results.json."""
    rows = []
    for row in ROWS:
        ours, theirs, figure = row.measured(runs)
        rows.append({"measure": row.label, "parlance": ours,
                     "baseline": theirs, "figure": figure, "unit": row.unit,
                     "at_least": row.at_least, "stretch": row.stretch,
                     "is_low_good": row.is_low,
                     "verdict": row.verdict(figure)})
    return rows


def target_table(rows):
    sign = {True: "<= ", False: ">= "}
    return table(
        ["measure", "parlance", "baseline", "unit", "figure", "at least",
         "stretch", "verdict"],
        [[row["measure"], number(row["parlance"]), number(row["baseline"]),
          row["unit"], number(row["figure"]),
          sign[row["is_low_good"]] + number(row["at_least"])
          if row["at_least"] is not None else "",
          number(row["stretch"]) if row["stretch"] is not None else "",
          row["verdict"]] for row in rows])


def role_table(runs):
    """Where Parlance's CPU goes; the persister's is in no ratio."""
    roles = ["gateway", "broker", "persister"]
    lines = []
    for measure in runs:
        spent = [median_of(runs, measure, "parlance", role + "_us_per_message")
                 for role in roles]
        if spent[0] is not None:
            lines.append([measure, *map(number, spent)])
    return table(["CPU us per message", *roles], lines) if lines else ""


def detail_table(runs):
    """Every value of every server: median, and how far the runs lie apart."""
    lines = []
    for measure, servers in runs.items():
        for server, taken in servers.items():
            for value in (taken[0] if taken else {}):
                found = values_of(runs, measure, server, value)
                if found:
                    lines.append([
                        "%s %s %s" % (measure, server, value),
                        number(statistics.median(found)),
                        number(min(found)), number(max(found))])
    return table(["measure, server, value", "median", "min", "max"], lines)
