/* frame.h - what the I/O thread and those that work for it tell each other:
 * runs of frames, to readers as batches of a link_pipe. Both ends are of one
 * program, so a malformed run is a bug and aborts. Pure.
 *
 * Each FRAME_ASK is answered by any number of frames for its peer, the last
 * one of which has |last| set: so the asker knows what is still under way. */
#ifndef PERSISTER_FRAME_H
#define PERSISTER_FRAME_H

#include "common/buf.h"

enum frame_type {
    FRAME_ASK = 1, /* |bytes|: a wire message of |peer|, come at |at_ms|. */
    FRAME_ANSWER,  /* |bytes|: a wire message for |peer|, or empty. */
    FRAME_RUBBISH, /* |peer| sent what no correct peer sends; |bytes|: what. */
};

struct frame {
    enum frame_type type;
    bool last;
    uint32_t peer;
    uint64_t at_ms;
    struct slice bytes;
};

/* Appends a frame. */
void frame_put(struct buf *run, const struct frame *frame);

/* A frame whose bytes the caller appends to |run| himself, in between. */
size_t frame_begin(struct buf *run, enum frame_type type, uint32_t peer,
                   bool last);
void frame_end(struct buf *run, size_t begun);

/* Takes the next frame off |run|; false at its end. Borrows its bytes. */
bool frame_next(struct slice *run, struct frame *out);

#endif
