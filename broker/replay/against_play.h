/* against_play.h - one play of a trace, from the inside: what is read ahead,
 * what is under way, what was heard. Private to against*.c. */
#ifndef BROKER_REPLAY_AGAINST_PLAY_H
#define BROKER_REPLAY_AGAINST_PLAY_H

#include "broker/replay/against.h"
#include "broker/replay/against_compare.h"
#include "broker/replay/against_differences.h"
#include "broker/replay/against_histogram.h"
#include "broker/replay/against_order.h"
#include "broker/replay/against_overlap.h"
#include "broker/replay/against_pairs.h"
#include "broker/replay/against_trace.h"
#include "common/link/link_client.h"

/* Steps that are read and not sent; and what was said to gateways in the
 * recording and is not heard yet. Together they bound the memory. */
#define AGAINST_AHEAD_MAX 8192u
#define AGAINST_SAID_MAX 65536u
#define AGAINST_INPUTS_A_TURN 256u

/* So many gateways at a time: what link_poll takes. */
#define AGAINST_GATEWAYS_MAX 120u

enum against_step_kind {
    AGAINST_STEP_COMMAND,
    AGAINST_STEP_UP,  /* The gateway connects. */
    AGAINST_STEP_GONE /* It disconnects. */
};

/*   read --> queued --> under way --> answered
 *               `--> left out (an id of it will never be known) */
enum against_state {
    AGAINST_QUEUED,
    AGAINST_UNDER_WAY,
    AGAINST_ANSWERED,
    AGAINST_GIVEN_UP, /* No answer in time. */
    AGAINST_LEFT_OUT
};

struct against_step {
    struct against_step *next; /* In its gateway's queue. */
    enum against_step_kind kind;
    enum against_state state;
    enum wire_kind command;
    uint64_t correlation;
    struct against_place place;
    int64_t at_us;
    uint64_t after_answers;   /* Those up to this one must have come. */
    uint64_t after_questions; /* The same, of questions about all rooms. */
    uint64_t after_ups;       /* So many gateways must have connected. */
    uint64_t thing;           /* What it is about. */
    uint64_t answer;          /* The number of its answer; 0: not read. */
    uint64_t question;        /* Its number, if it is such a question. */
    uint64_t sent_us;
    struct against_turn *turn;
    struct against_window window; /* In the recording. */
    enum wire_id awaited_kind;    /* What it waited for when last looked at. */
    uint64_t awaited_id;
    size_t size;
    char bytes[]; /* The command, as recorded. */
};

struct against_play;

/* A gateway of the trace. */
struct against_gateway {
    struct against_play *play;
    uint32_t number;      /* In the trace. */
    uint32_t live_number; /* Of its session. */
    uint32_t commands_max;
    uint32_t lanes_up; /* Shards of the recording that know it. */
    struct link_client *link;
    bool is_up;
    uint64_t connecting_ms; /* Since when. */
    struct against_step *first;
    struct against_step *last;
    struct table steps; /* By correlation: those whose end is not known on
                           both sides, and those left out. */
    uint32_t unanswered;
};

/* A live message whose room is not learned yet. */
struct against_parked {
    struct against_parked *next;
    uint32_t gateway;
    size_t size;
    char bytes[];
};

/* For the report: of all rounds together. */
struct against_totals {
    const struct against_options *options;
    uint64_t play; /* The number of the first round. */
    uint64_t commands;
    uint64_t answered;
    uint64_t left_out;
    uint64_t unrecorded; /* Said now, after the recording's end. */
    uint64_t foreign;    /* Events of others at the same broker. */
    uint64_t raced;      /* Answers that differ, and were races. */
    uint64_t heard[2];   /* Events and notices, by side. */
    uint64_t presence[2];
    uint64_t typing[2];
    uint64_t late_max_us;
    uint64_t busy_us; /* From the first command to the last answer, of each
                         round. */
    struct against_histogram latencies[WIRE_REPLY_OK];
    struct against_differences differences;
};

/* One round. */
struct against_play {
    const struct against_options *options;
    struct against_totals *totals;
    uint32_t round; /* From 0. */
    struct against_trace *trace;
    bool is_read;              /* To its end. */
    struct table gateways;     /* By number in the trace. */
    struct table live_numbers; /* Number in the trace by the session's. */
    struct against_ids ids;
    struct against_rewrite rewrite;
    struct against_keys keys;
    struct against_turns turns;
    struct against_answers answers;
    struct against_answers questions; /* Those about all rooms of a user. */
    struct against_overlap overlap;
    struct against_pairs pairs;
    struct against_parked *parked;
    uint64_t parked_learned; /* |ids.learned| when they were last tried. */
    uint64_t queued;
    uint64_t unanswered;
    uint64_t ups; /* Connects read, and done. */
    uint64_t ups_done;
    int64_t first_us; /* Time of the trace's first input. */
    uint64_t start_us;
    uint64_t now_us;
    int64_t wall_us;      /* Now. */
    uint64_t progress_us; /* When something was last sent or heard. */
    struct arena arena;
    struct arena recorded_arena;
    struct buf scratch;
    struct buf error; /* Not empty: the play failed. */
    char refused[256];
    uint64_t first_sent_us;
    uint64_t last_answer_us;
};

/* Ends the play; the first reason counts. */
__attribute__((format(printf, 2, 3))) void
against_fail(struct against_play *play, const char *format, ...);

struct against_gateway *against_gateway_get(struct against_play *play,
                                            uint32_t number);

/* Reads ahead, a little at a time: answers wait meanwhile. True: more may be
 * read. */
bool against_read(struct against_play *play);

/* Sends what may be sent; connects and disconnects. True: something was. */
bool against_send(struct against_play *play);

/* When the next queued step is due, of those that only wait for their time;
 * UINT64_MAX: none. */
uint64_t against_due_us(const struct against_play *play);

/* Begins and ends a gateway's session. */
void against_connect(struct against_gateway *gateway);
void against_disconnect(struct against_gateway *gateway);

/* Tries again what was parked, if anything was learned since. */
void against_unpark(struct against_play *play);

/* Something was said under |name| to a gateway; compares it if the other side
 * said it before. */
void against_say(struct against_play *play, const struct against_name *name,
                 enum against_side side, struct against_place place,
                 struct slice bytes);

/* The step has found its end. |step| may be freed. */
void against_end_step(struct against_gateway *gateway,
                      struct against_step *step, enum against_state state);

/* Its recorded answer has been read. */
void against_answer_read(struct against_gateway *gateway,
                         struct against_step *step);

/* What met nothing is a difference, or else is counted; and is forgotten. */
void against_settle(struct against_play *play);

/* Writes the report. */
void against_report(const struct against_totals *totals, struct buf *out);

#endif
