/* call_script.h - drives a struct call_handler from lines of a script: what a
 * request becomes, and what the broker's words become for who asked.
 *
 *   METHOD /path?query BODY   a request; BODY is the rest of the line
 *   WIRE                      the broker's reply to the latest command
 *
 * What comes out: "command ...", or the status, perhaps the header Allow, and
 * the body. Every body must be JSON, or it is shown as broken. */
#ifndef TESTS_LIB_CALL_SCRIPT_H
#define TESTS_LIB_CALL_SCRIPT_H

#include "common/buf.h"
#include "gateway/call.h"

struct call_script {
    const struct call_handler *handler;
    const struct frontend_config *config; /* May be NULL, as may be |self|. */
    const struct wire_profile *self;
    struct buf memo; /* Of the latest command. */
    bool asked;
    unsigned steps;
};

void call_script_request(struct call_script *script, struct slice line,
                         struct buf *out);

void call_script_reply(struct call_script *script, struct slice line,
                       struct buf *out);

/* Accepts zeroed. */
void call_script_finish(struct call_script *script);

/* |text| in memory of its own, to be freed, so that a read past its end is
 * seen. */
char *exact_copy(struct slice text);

/* The line "command ..." for |command|, which must come through the wire as it
 * is. The gateway fills in who sends: |as.send.author| is not compared. */
void show_command(const struct wire *command, struct buf *out);

#endif
