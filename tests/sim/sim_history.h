/* sim_history.h - what people did and saw, in the order in which it happened
 * to them, and the checks that can be made at once.
 *
 * Everything here is a small model of its own: no code of the gateway, the
 * broker or the persister has a say in what is right. The history has its own
 * clock, |seq|, which counts what was asked, answered and heard. What was
 * asked and never answered stays unknown: it may have happened, it may happen
 * still.
 *
 * Texts are unique: "m7 ..." is the 7th message that anybody wanted to send,
 * "e7 ..." the 7th edit. So whatever is seen tells where it came from. */
#ifndef TESTS_SIM_SIM_HISTORY_H
#define TESTS_SIM_SIM_HISTORY_H

#include "common/wire/wire.h"
#include "tests/sim/sim_map.h"

#define NEVER UINT64_MAX
#define HISTORY_COUNTS_MAX 2u

enum outcome {
    OUTCOME_OPEN,    /* Not answered yet. */
    OUTCOME_OK,      /* Acknowledged. */
    OUTCOME_REFUSED, /* It has not happened. */
    OUTCOME_UNKNOWN, /* Nobody will ever answer. */
};

/* Something asked: when, and when it was answered. */
struct deed {
    uint64_t asked;   /* |seq| of the first try. */
    uint64_t ok;      /* |seq| of the first OK; NEVER: none. */
    uint32_t open;    /* Tries that are open or unknown. */
    uint32_t tries;   /* All. */
    uint32_t refused; /* Of them. */
};

/* A message that somebody wanted to send. */
struct said {
    uint64_t user;
    uint64_t room; /* 0: named by a key, not known yet. */
    bool by_id;    /* It was sent to this room, whatever its key. */
    bool has_key;  /* A client key: tries count as one. */
    uint32_t files;
    struct deed deed;
    uint64_t message; /* As acknowledged or seen; 0: not yet. */
    uint64_t place;   /* As acknowledged; 0: not yet. */
};

/* An edit that somebody wanted. */
struct edit {
    uint64_t user;
    uint64_t message;
    struct deed deed;
};

/* A message that somebody saw. */
struct seen {
    uint64_t message;
    uint64_t room;
    uint64_t ordinal;
    uint64_t place;
    uint64_t author;
    uint64_t reply_to;
    int64_t created_us;
    uint32_t said;          /* Index of |saids|; UINT32_MAX: not known. */
    struct deed deletion;   /* tries 0: nobody asked. */
    uint64_t seen;          /* |seq| of the first sight. */
    bool is_stored;         /* At the end: in the store's history, ... */
    bool is_stored_deleted; /* ... as a tombstone; */
    uint32_t stored_edit;   /* whose text that is; UINT32_MAX: as sent. */
};

/* An event that somebody saw, or that the store has. */
struct fact {
    uint8_t kind; /* enum event_kind; 0: nobody saw it. */
    uint8_t role;
    bool is_counted; /* |members_count| and |counts| were seen. */
    bool is_stored;  /* At the end. */
    uint64_t actor;
    uint64_t message;
    uint64_t member;
    uint64_t mark;
    int64_t at_us;
    uint64_t seen; /* |seq| of the first sight. */
    uint32_t members_count;
    uint32_t counts_count;
    struct {
        uint64_t user;
        uint64_t unread;
    } counts[HISTORY_COUNTS_MAX];
};

/* A change of who is in a room, as it was asked. */
struct membership {
    uint64_t user;
    bool put;  /* Else removed. */
    bool sure; /* Acknowledged means that it is so. */
    struct deed deed;
};

/* A read mark that was acknowledged. */
struct acked_mark {
    uint64_t user;
    uint64_t mark;
    uint64_t asked;
    uint64_t ok;
};

struct member {
    uint64_t user;
    uint64_t mark;
};

/* A room. */
struct past {
    uint64_t room;
    struct fact *facts; /* By place. */
    uint32_t facts_count;
    uint32_t facts_capacity;
    uint64_t last_place; /* That anybody saw. */
    uint64_t last_ordinal;
    struct deed deletion; /* tries 0: nobody asked. */
    uint64_t deleted;     /* |seq| when somebody saw that; NEVER. */
    bool first_known;     /* |first| are the members of its making. */
    uint64_t made;        /* |seq| when that was known. */
    uint64_t *first;
    uint32_t first_count;
    uint32_t first_capacity;
    struct membership *memberships;
    uint32_t memberships_count;
    uint32_t memberships_capacity;
    struct acked_mark *marks;
    uint32_t marks_count;
    uint32_t marks_capacity;
    /* From the store, at the end. */
    bool is_stored;
    uint64_t stored_place;
    uint64_t stored_ordinal;
    uint64_t stored_live;
    struct member *stored_members;
    uint32_t stored_members_count;
    uint32_t stored_members_capacity;
};

/* What one connection was given of one room, without a gap but the holes. */
struct stream {
    uint64_t connection;
    uint64_t user;
    uint64_t room;
    uint64_t first; /* Place of the first event; 0: none yet. */
    uint64_t last;  /* Up to here it has everything. */
    uint64_t begun; /* |seq| */
    bool own_apart; /* Its own changes come as answers, not as events. */
    bool resumes;   /* Events read back, not live. */
    bool ended;     /* Its user left, or the room is gone. */
    bool is_live;   /* At the end: the connection still has it. */
};

/* An event that a stream was given. */
struct gift {
    uint32_t stream;
    uint64_t place;
    uint64_t seq;
};

/* A place that a stream passed over. */
struct hole {
    uint32_t stream;
    uint64_t place;
};

/* The answer to a connection's own SEND. */
struct given {
    uint64_t connection;
    uint64_t room;
    uint64_t place;
};

struct page_row {
    uint64_t message;
    uint64_t ordinal;
    bool deleted;
};

struct page {
    uint64_t room;
    struct wire_query query;
    uint64_t asked;
    uint64_t got;
    uint64_t ordinal_min; /* The last that was known when it was asked. */
    bool has_more;
    uint64_t next_ordinal;
    uint64_t live_total;
    uint32_t rows; /* First of them in |page_rows|. */
    uint32_t rows_count;
};

/* What somebody was told is unread to them. */
struct unread {
    uint64_t room; /* 0: in how many rooms. */
    uint64_t user;
    uint64_t count;
    bool dialogs;       /* |room| 0: only rooms of two. */
    bool is_quiet;      /* Nothing happened any more: as at the end. */
    uint64_t place_min; /* The last that was known when it was asked. */
    uint64_t got;       /* |seq| */
};

struct history {
    void (*violated)(void *payload, const char *promise, const char *text);
    void *payload;
    bool is_broken; /* A promise; nothing more is checked. */
    uint64_t seq;
    /* A broker that was replaced and does not know it yet answers from what it
     * remembers: |seq| since when there is one (0: there is none), and until
     * when there was one before. */
    uint64_t doubtful_from;
    uint64_t doubtful_until;
    bool clocks_apart;    /* people_clocks_apart() */
    uint64_t users_count; /* Users are 1 .. users_count. */
    struct said *saids;
    uint32_t saids_count, saids_capacity;
    struct edit *edits;
    uint32_t edits_count, edits_capacity;
    struct seen *seens;
    uint32_t seens_count, seens_capacity;
    struct map seen_of; /* From a message's id. */
    struct past *pasts;
    uint32_t pasts_count, pasts_capacity;
    struct map past_of; /* From a room's id. */
    struct stream *streams;
    uint32_t streams_count, streams_capacity;
    struct gift *gifts;
    uint32_t gifts_count, gifts_capacity;
    struct hole *holes;
    uint32_t holes_count, holes_capacity;
    struct given *givens;
    uint32_t givens_count, givens_capacity;
    struct page *pages;
    uint32_t pages_count, pages_capacity;
    struct page_row *page_rows;
    uint32_t page_rows_count, page_rows_capacity;
    struct unread *unreads;
    uint32_t unreads_count, unreads_capacity;
    /* What the checkers compared; see people_coverage. */
    struct {
        uint64_t duplicates, resumed_events, pages, page_rows, counts, unreads,
            orders, holes, holes_own, holes_deleted, holes_away, holes_clock,
            marks, non_members, members, repeated_sights;
    } checked;
};

/* Zeroed but for |violated|, |payload| and |users_count| is empty. */
void history_finish(struct history *history);

/* The promise is broken; printf-like. Only the first is told. */
void history_broken(struct history *history, const char *promise,
                    const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Grows an array for one more item and returns it zeroed. */
void *history_grow(void *items_pointer, uint32_t *count, uint32_t *capacity,
                   size_t size);

/* Never NULL: made when it is first named. Borrowed until the next is made. */
struct past *history_past(struct history *history, uint64_t room);

/* NULL: nobody saw it. */
struct seen *history_seen(const struct history *history, uint64_t message);

/* NULL: nobody saw it. */
const struct fact *past_fact(const struct past *past, uint64_t place);

/* --- What people ask ------------------------------------------------------ */

/* A try began, or ended so. */
void deed_ask(struct history *history, struct deed *deed);
void deed_end(struct history *history, struct deed *deed, enum outcome outcome);

/* What was asked at |asked| and answered now may come from a broker that was
 * replaced before. */
static inline bool history_is_doubtful(const struct history *history,
                                       uint64_t asked) {
    return history->doubtful_from || asked <= history->doubtful_until;
}

/* It may have been done before |seq|. */
static inline bool deed_may_be(const struct deed *deed, uint64_t seq) {
    return deed->tries > deed->refused && deed->asked < seq;
}

uint32_t history_say(struct history *history, uint64_t user, uint64_t room,
                     bool has_key, uint32_t files);

/* The answer to SEND number |said|; |connection| 0: to a call. */
void history_sent(struct history *history, uint32_t said, uint64_t connection,
                  const struct wire_reply_message *reply);
uint32_t history_edit(struct history *history, uint64_t user, uint64_t message);

/* The members of a room's making, once known. */
void history_room(struct history *history, uint64_t room, const uint64_t *first,
                  uint32_t count);

/* The index of a change that is asked for; ends by history_membership_end. */
uint32_t history_membership(struct history *history, uint64_t room,
                            uint64_t user, bool put, bool sure);

/* Whether the user was certainly no member (or one) of the room all the time
 * between |from| and |to|. */
bool history_never_member(const struct history *history, uint64_t room,
                          uint64_t user, uint64_t from, uint64_t to);
bool history_ever_member(const struct history *history, uint64_t room,
                         uint64_t user, uint64_t from, uint64_t to);

/* The |seq| when it was known that the room was made; NEVER: it is not. */
uint64_t history_made(const struct history *history, uint64_t room);

/* The user is a member since the room was made, and nobody wanted to change
 * that. */
bool history_always_member(const struct history *history, uint64_t room,
                           uint64_t user);

/* --- What people see ------------------------------------------------------ */

/* Any sight of a message: in an event, a page, an answer, a list. */
void history_message(struct history *history,
                     const struct wire_message *message);

/* Any sight of an event, by whomever. */
void history_event(struct history *history, const struct wire_event *event);

/* A page that was asked for at |asked|, when |ordinal_min| was the last known.
 */
void history_page(struct history *history, uint64_t room,
                  const struct wire_query *query, uint64_t asked,
                  uint64_t ordinal_min, const struct wire_reply_page *page);

void history_marked(struct history *history, uint64_t room, uint64_t user,
                    uint64_t asked, const struct wire_reply_mark *reply);

void history_unread(struct history *history, const struct unread *unread);

/* A connection follows the room from behind |last| on (NEVER: from wherever
 * its first event is). Returns the stream's index. */
uint32_t history_follow(struct history *history, const struct stream *stream);

/* The stream's connection was given an event, or read up to a place. */
void history_stream_event(struct history *history, uint32_t stream,
                          const struct wire_event *event);
void history_stream_up_to(struct history *history, uint32_t stream,
                          uint64_t place);

/* It had the answer to its own SEND, in the place of the event. */
void history_stream_given(struct history *history, uint32_t stream,
                          uint64_t place);

/* Number of a text "m7..." or "e7..."; UINT32_MAX: no such text. */
uint32_t history_number(struct slice text, char letter);

#endif
