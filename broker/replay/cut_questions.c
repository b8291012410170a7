/* cut_questions.c - see cut_questions.h. */
#include "broker/replay/cut_questions.h"

#include <stdlib.h>

/* Its content: the message under the number 0. |*number|: what it has. */
static struct cut_question *question_of(struct cut_questions *questions,
                                        struct slice bytes, uint64_t *number) {
    struct wire_head_fields head;
    enum err err = wire_peek(bytes, &head);
    INVARIANT(err == ERR_OK);
    *number = head.correlation;
    buf_clear(&questions->scratch);
    wire_readdress(bytes, &head, 0, &questions->scratch);
    struct slice content = buf_slice(&questions->scratch);
    struct cut_question *question =
        text_table_find(&questions->by_content, content);
    if (!question) {
        question = mem_zalloc(sizeof *question);
        text_table_put(&questions->by_content, content, question);
    }
    return question;
}

static struct cut_asked *add(struct cut_question *question) {
    if (question->count == question->capacity) {
        question->capacity = question->capacity * 2 + 1;
        question->asked = mem_realloc(
            question->asked, question->capacity * sizeof *question->asked);
    }
    struct cut_asked *asked = &question->asked[question->count++];
    *asked = (struct cut_asked){0};
    return asked;
}

static void take_out(struct cut_question *question, uint32_t index) {
    question->count--;
    memmove(&question->asked[index], &question->asked[index + 1],
            (question->count - index) * sizeof *question->asked);
}

void cut_questions_finish(struct cut_questions *questions) {
    struct cut_question *question;
    for (size_t at = 0;
         (question = text_table_next(&questions->by_content, &at, NULL));) {
        free(question->asked);
        free(question);
    }
    text_table_finish(&questions->by_content);
    table_finish(&questions->whole);
    buf_finish(&questions->scratch);
}

void cut_whole_asks(struct cut_questions *questions, struct slice bytes) {
    uint64_t number;
    struct cut_question *question = question_of(questions, bytes, &number);
    struct cut_asked *asked = add(question);
    asked->whole = number;
    asked->step = questions->step;
    table_put(&questions->whole, number, question);
}

bool cut_whole_hears(struct cut_questions *questions, struct slice answer,
                     uint64_t *number) {
    struct wire_head_fields head;
    if (wire_peek(answer, &head) != ERR_OK)
        return false;
    struct cut_question *question =
        table_remove(&questions->whole, head.correlation);
    if (!question)
        return false;
    question->answer = answer;
    uint32_t index = 0, alone = question->count;
    for (uint32_t i = 0; i < question->count; i++) {
        if (question->asked[i].whole == head.correlation)
            index = i;
        else if (question->asked[i].whole == 0 && alone == question->count)
            alone = i;
    }
    *number = question->asked[index].cut;
    /* Nobody in the cut core waits for this one: the oldest that waits for none
     * in particular gets it. */
    if (*number == 0 && alone < question->count) {
        *number = question->asked[alone].cut;
        take_out(question, alone);
        index -= alone < index;
    }
    take_out(question, index);
    return *number != 0;
}

/* The one of the whole core to wait with: of this step, or else the oldest. */
static struct cut_asked *partner(const struct cut_questions *questions,
                                 struct cut_question *question) {
    struct cut_asked *oldest = NULL;
    for (uint32_t i = 0; i < question->count; i++) {
        struct cut_asked *asked = &question->asked[i];
        if (asked->cut)
            continue;
        if (asked->step == questions->step)
            return asked;
        oldest = oldest ? oldest : asked;
    }
    return oldest;
}

bool cut_asks(struct cut_questions *questions, struct slice bytes,
              struct slice *answer) {
    uint64_t number;
    struct cut_question *question = question_of(questions, bytes, &number);
    struct cut_asked *asked = partner(questions, question);
    *answer = question->answer;
    if (!asked && question->answer.size)
        return true;
    asked = asked ? asked : add(question);
    asked->cut = number;
    return false;
}
