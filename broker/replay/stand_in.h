/* stand_in.h - work done by a child process that may fall over: what it wrote
 * up to then is kept. */
#ifndef BROKER_REPLAY_STAND_IN_H
#define BROKER_REPLAY_STAND_IN_H

#include "common/buf.h"

enum stand_in_end {
    STAND_IN_DONE,   /* |work| said true. */
    STAND_IN_FAILED, /* |work| said false. */
    STAND_IN_BROKEN, /* It was stopped in the middle. */
    STAND_IN_LOST    /* No process or no file; errno says why. */
};

/* Calls |work| in a child. |descriptor| gets what it appended to |out|, even if
 * it is stopped in between (by an INVARIANT). Its stderr is nowhere. */
enum stand_in_end stand_in_run(int descriptor,
                               bool (*work)(void *payload, struct buf *out),
                               void *payload);

#endif
