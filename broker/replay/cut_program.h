/* cut_program.h - what parlance-replay's --room, --user, --from, --to and
 * --shrink do. */
#ifndef BROKER_REPLAY_CUT_PROGRAM_H
#define BROKER_REPLAY_CUT_PROGRAM_H

#include "broker/replay/trace_set.h"

struct cut_settings {
    uint64_t room; /* 0: any. */
    uint64_t user;
    const char *from; /* NULL: from the beginning. */
    const char *to;
    const char *shrink; /* The command; NULL: cut only. */
    uint64_t shrink_runs;
};

/* Whether any of them was given. */
bool cut_is_wanted(const struct cut_settings *settings);

/* NULL, or (static) what cannot be meant. */
const char *cut_settings_fault(const struct cut_settings *settings);

/* A time as an operator writes it: "2026-11-25T21:58:01Z", with a fraction if
 * need be, or microseconds since 1970. False: it is none. */
bool cut_time_parse(const char *text, int64_t *out) MUST_CHECK;

/* Writes what is wanted of all cores in |set| to the file |output|, or with
 * NULL to stdout; tells stderr how it went. The file is made, or emptied, only
 * when there is something to write. Returns the program's exit status. */
int cut_program_run(const struct trace_set *set,
                    const struct cut_settings *settings, const char *output);

#endif
