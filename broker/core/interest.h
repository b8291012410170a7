/* interest.h - which gateways hear a room, and how far behind one is that
 * comes back. */
#ifndef BROKER_CORE_INTEREST_H
#define BROKER_CORE_INTEREST_H

#include "common/table.h"
#include "common/wire/wire.h"

struct core;
struct room;
struct user;
struct command;

/* One gateway's link, known from its beginning (or its first command) to its
 * end. */
struct gateway {
    uint32_t number;
    bool is_up;         /* Its beginning was told: it gets notices. */
    struct table rooms; /* room id to struct room, with interest */
    struct table users; /* user id to struct user, connected */
};

/* One gateway in one room. Live: gets each event as it is released. Else it
 * catches up: pages of committed events are read for it, and the releases
 * that it misses meanwhile are in the next page. */
struct interest {
    uint32_t gateway;
    bool is_live;
    uint64_t position;    /* It has the events up to here. */
    uint64_t read;        /* Catching up: the read under way. */
    uint64_t correlation; /* Catching up: of its RESUME. */
};

/* NULL: no such gateway, or its link is over. */
struct gateway *gateway_find(const struct core *core, uint32_t number);
struct gateway *gateway_get(struct core *core, uint32_t number);

/* INPUT_GATEWAY_UP, INPUT_GATEWAY_GONE. */
void gateway_up(struct core *core, uint32_t number);
void gateway_gone(struct core *core, uint32_t number);

/* Sends a notice to all gateways that are up, in the order in which the core
 * came to know them; |bytes| is it encoded. */
void gateways_tell(struct core *core, const struct wire *notice);
void gateways_tell_bytes(struct core *core, struct slice bytes);

void gateways_finish(struct core *core);

/* NULL: none. Valid until the room's interest changes. */
struct interest *interest_find(const struct room *room, uint32_t gateway);

/* Live from the last released event on; returns the place after which its
 * events come. */
uint64_t interest_subscribe(struct core *core, struct room *room,
                            uint32_t gateway);

/* Begins to catch up from |after_place|; answers |command| when done. */
void interest_resume(struct core *core, struct room *room,
                     const struct command *command, uint64_t after_place);

/* A page came. |row| is ROW_EVENTS or an error. */
void interest_page(struct core *core, room_id room, uint32_t gateway,
                   uint64_t read, const struct wire *row);

/* Ends it; a RESUME under way is answered with |refusal|. No interest: does
 * nothing. */
void interest_drop(struct core *core, struct room *room, uint32_t gateway,
                   uint8_t refusal);

/* The same for all gateways. */
void interest_drop_all(struct core *core, struct room *room, uint8_t refusal);

/* For core_restore(): |interest| comes after those that the room has. False:
 * its gateway is not there, or hears the room already. */
bool interest_restore(struct core *core, struct room *room,
                      const struct interest *interest);

/* Sends the event of |place| to all that are live. True: |gateway| is among
 * them. */
bool interest_tell(struct core *core, struct room *room, uint64_t place,
                   struct slice event, uint32_t gateway);

/* Sends what is no event of the room's sequence to all that are live. */
void interest_tell_aside(struct core *core, const struct room *room,
                         const struct wire *wire);

#endif
