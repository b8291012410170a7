/* about.h - whom a message is about: the ids and keys in it, found by the names
 * of its fields. Pure. */
#ifndef BROKER_REPLAY_ABOUT_H
#define BROKER_REPLAY_ABOUT_H

#include "common/wire/wire.h"

/* Each is called for what is there; never with 0 but where it says so. */
struct about {
    void *payload;
    void (*user)(void *payload, uint64_t user);
    void (*room)(void *payload, uint64_t room);
    void (*message)(void *payload, uint64_t message);
    void (*key)(void *payload, uint8_t kind, struct slice key);

    /* Something says which room has a message, or which room a key leads to.
     * A command only asks, and is not believed. Both optional. */
    void (*placed)(void *payload, uint64_t message, uint64_t room);
    void (*bound)(void *payload, uint8_t kind, struct slice key, uint64_t room);
};

void about_wire(const struct wire *wire, const struct about *about);

/* The user in whose actor a command runs; 0: it is none's. */
uint64_t about_home_user(const struct wire *wire);

#endif
