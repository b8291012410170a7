/* script.h - golden scripts for the core: text files of commands and of
 * everything that came out.
 *
 *   # Why this case exists.
 *   room tea project tea 1 2
 *   g1 subscribe room=$tea user={...}
 *   ----
 *   reply g1 reply_place correlation=2 place=1
 *
 * A block is its commands, "----", the output, and an empty line. With
 * GOLDEN_REWRITE=1 the output in the file is replaced by the actual one: look
 * at the diff, and commit only what you can explain.
 *
 * Verbs (script_verbs.c):
 *   gN COMMAND...        gateway N sends a message, as wire_print writes it
 *   room NAME KIND KEY [open] USER[:ROLE]...
 *                        a room made in silence; $NAME is its id
 *   name NAME message    $NAME is the id of the message last appended
 *   name NAME room       the same for a room
 *   at MS                the clock
 *   tick                 time has passed
 *   hold commits|reads   keep them back; "go" ends that and catches up
 *   hold answers         the store answers at once, the core hears it later
 *   commit [ROOM COUNT]  put records on disk and acknowledge them: all, or
 *                        the next of the room's partition
 *   persist ROOM COUNT   put them on disk without a word
 *   acknowledge ROOM     say so
 *   refuse ROOM KEEP REASON
 *                        refuse all records but the next KEEP
 *   skip ROOM COUNT      the next sequences of the room's partition were dealt
 *                        to what is left out here
 *   answer [COUNT]       answer held reads, all or the oldest
 *   fail REASON          the next read is answered with a refusal
 *   up N                 gateway N's link begins: it gets notices from here on
 *                        (others work without, but get none)
 *   gone N               gateway N's link is over
 *   fresh KEY=VALUE...   begin anew with another configuration
 *   show appends|reads   print these effects too
 *   stats                print the core's numbers
 */
#ifndef TESTS_LIB_SCRIPT_H
#define TESTS_LIB_SCRIPT_H

#include "tests/lib/core_fixture.h"

#define SCRIPT_NAMES_MAX 64u

struct script_name {
    char name[32];
    uint64_t value;
};

struct script {
    struct fixture fixture;
    struct arena arena; /* Of the line being run. */
    struct buf output;
    struct script_name names[SCRIPT_NAMES_MAX];
    uint32_t names_count;
};

/* Runs a file; prints to stderr where the output differs. True: it is as
 * expected, or was rewritten. */
bool script_run(const char *path);

/* Runs one line. NULL: done; else what is wrong with the line, static. */
const char *script_line(struct script *script, struct slice line);

/* Between the two, one fixture; the end checks its books and replays it. */
void script_begin(struct script *script, const struct core_config *config,
                  uint64_t partitions);
void script_end(struct script *script);

#endif
