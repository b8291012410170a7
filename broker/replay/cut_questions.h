/* cut_questions.h - what the cut core asks the store, against what the whole
 * one asked: the same question gets the same answer, whatever its number. Pure.
 */
#ifndef BROKER_REPLAY_CUT_QUESTIONS_H
#define BROKER_REPLAY_CUT_QUESTIONS_H

#include "broker/replay/tape.h"
#include "common/table.h"
#include "common/text_table.h"

/* One question was asked. Numbers are the cores' own; 0: it does not wait for
 * it (any more). */
struct cut_asked {
    uint64_t whole;
    uint64_t cut;
    uint64_t step; /* In which the whole core asked. */
};

/* The same question each time, by its content. */
struct cut_question {
    struct cut_asked *asked; /* The oldest first; those that somebody waits
                                for. */
    uint32_t count;
    uint32_t capacity;
    struct slice answer; /* The latest; of the tape. Empty: none yet. */
};

/* Zeroed is empty. */
struct cut_questions {
    struct text_table by_content; /* to struct cut_question */
    struct table whole;           /* The whole core's number to the same. */
    uint64_t step;
    struct buf scratch;
};

void cut_questions_finish(struct cut_questions *questions);

/* A step begins. */
static inline void cut_questions_step(struct cut_questions *questions) {
    questions->step++;
}

/* The whole core asks; |bytes| is the question with its number. */
void cut_whole_asks(struct cut_questions *questions, struct slice bytes);

/* It is answered. What the cut core may hear: true, and |*number| is what it
 * calls the question. */
bool cut_whole_hears(struct cut_questions *questions, struct slice answer,
                     uint64_t *number) MUST_CHECK;

/* The cut core asks, after the whole one in the same step. If that asked the
 * same, both wait for one answer. True: |*answer| is to be had now, since
 * nobody will bring it later. */
bool cut_asks(struct cut_questions *questions, struct slice bytes,
              struct slice *answer) MUST_CHECK;

#endif
