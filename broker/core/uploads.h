/* uploads.h - files that are on their way in.
 *
 * An upload lives in its user's actor, from its first chunk until some time
 * after its last one: what came must be known in order to take what follows,
 * and to answer a chunk that comes again. It ends when its gateway is gone or
 * when nothing was heard of it for UPLOAD_IDLE_US; what was stored of it is
 * then the persister's to collect. */
#ifndef BROKER_CORE_UPLOADS_H
#define BROKER_CORE_UPLOADS_H

#include "common/wire/wire.h"

struct core;
struct user;
struct command;

/* Uploads of one user at the same time. */
#define USER_UPLOADS_MAX 8u

#define UPLOAD_IDLE_US (60 * INT64_C(1000000))

/* An upload unused for so long makes room for a new one of its user: nobody
 * says it here when a client has gone away. */
#define UPLOAD_STALE_US (5 * INT64_C(1000000))

struct upload {
    struct upload *previous; /* In the core's list, the longest unused first. */
    struct upload *next;
    struct user *user;
    uint32_t gateway; /* Only this one may go on with it. */
    file_id file;
    uint64_t size;        /* In chunks taken, on disk or not yet. */
    uint64_t last_offset; /* Of the latest chunk, ... */
    uint64_t last_digest; /* ... and all that its command said. */
    int64_t created_us;   /* When it became whole. */
    int64_t used_us;
    bool whole; /* Only kept to answer its last chunk again. */
};

struct upload_list {
    struct upload *first;
    struct upload *last;
};

/* The user's upload that |command| (WIRE_FILE_PUT) goes on with, or begins
 * again; NULL: none. |digest| is what upload_digest() says of it. */
struct upload *upload_find(const struct user *user,
                           const struct command *command, uint64_t digest);

/* Over the whole of a chunk's command. */
uint64_t upload_digest(const struct wire_file_put *put);

/* A new one of size 0; NULL: the user has too many that are used. Keeps the
 * user resident. */
struct upload *upload_begin(struct core *core, struct user *user,
                            uint32_t gateway, file_id file);

/* It was used now. */
void upload_touch(struct core *core, struct upload *upload);

/* Forgets it. The user may be put away then. */
void upload_end(struct core *core, struct upload *upload);

/* Forgets all of the user's, all of a gateway's, all that are unused for too
 * long. */
void uploads_end_of_user(struct core *core, struct user *user);
void uploads_gateway_gone(struct core *core, uint32_t gateway);
void uploads_tick(struct core *core);

/* All of the user's, when the core itself comes to its end. */
void uploads_discard(struct core *core, struct user *user);

/* For core_restore(): a copy of |upload| is the user's |index|th, and after all
 * others in the core's list. False: the user has that one already. */
bool upload_restore(struct core *core, const struct upload *upload,
                    uint32_t index);

/* When uploads_tick() has something to do; INT64_MAX: never. */
int64_t uploads_deadline_us(const struct core *core);

#endif
