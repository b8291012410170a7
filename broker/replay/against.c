/* against.c - see against.h: the loop. */
#include "broker/replay/against.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "broker/replay/against_play.h"
#include "common/clock.h"
#include "common/link/link_poll.h"
#include "common/link/link_process.h"

#define PACKETS_A_TURN 64u

/* Nothing is under way, and a step waits for an id: after so long, nothing will
 * teach it. */
#define LOST_US 500000u

void against_fail(struct against_play *play, const char *format, ...) {
    char text[512];
    va_list arguments;
    if (play->error.size)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    buf_append_slice(&play->error, slice_of(text));
}

struct against_gateway *against_gateway_get(struct against_play *play,
                                            uint32_t number) {
    struct against_gateway *gateway = table_find(&play->gateways, number);
    if (gateway)
        return gateway;
    gateway = mem_zalloc(sizeof *gateway);
    gateway->play = play;
    gateway->number = number;
    table_put(&play->gateways, number, gateway);
    return gateway;
}

static void destroy_gateway(struct against_gateway *gateway) {
    struct against_step *step;
    link_client_destroy(gateway->link);
    /* Those queued and those under way; the queue's commands are in both. */
    while (gateway->first) {
        step = gateway->first;
        gateway->first = step->next;
        if (step->kind == AGAINST_STEP_COMMAND)
            table_remove(&gateway->steps, step->correlation);
        free(step);
    }
    for (size_t at = 0; (step = table_next(&gateway->steps, &at, NULL));)
        free(step);
    table_finish(&gateway->steps);
    free(gateway);
}

static void finish(struct against_play *play) {
    struct against_gateway *gateway;
    for (size_t at = 0; (gateway = table_next(&play->gateways, &at, NULL));)
        destroy_gateway(gateway);
    while (play->parked) {
        struct against_parked *parked = play->parked;
        play->parked = parked->next;
        free(parked);
    }
    table_finish(&play->gateways);
    table_finish(&play->live_numbers);
    against_ids_finish(&play->ids);
    against_rewrite_finish(&play->rewrite);
    against_keys_finish(&play->keys);
    against_turns_finish(&play->turns);
    against_answers_finish(&play->answers);
    against_answers_finish(&play->questions);
    against_overlap_finish(&play->overlap);
    against_pairs_finish(&play->pairs);
    against_trace_close(play->trace);
    arena_finish(&play->arena);
    arena_finish(&play->recorded_arena);
    buf_finish(&play->scratch);
    buf_finish(&play->error);
    free(play);
}

/* --- Patience ---------------------------------------------------------------
 */

/* Whether it is still about to connect. */
static bool is_connecting(struct against_gateway *gateway) {
    struct against_play *play = gateway->play;
    uint64_t now_ms = play->now_us / 1000;
    if (!gateway->link || gateway->is_up)
        return false;
    if (now_ms - gateway->connecting_ms > play->options->patience_ms)
        against_fail(play, "no broker answers at %s%s%s",
                     play->options->endpoint, play->refused[0] ? ": " : "",
                     play->refused);
    return true;
}

/* The commands under way get no answer any more. */
static void give_up(struct against_play *play) {
    struct against_gateway *gateway;
    for (size_t i = 0; (gateway = table_next(&play->gateways, &i, NULL));) {
        struct against_step *step;
        for (size_t j = 0; (step = table_next(&gateway->steps, &j, NULL));)
            if (step->state == AGAINST_UNDER_WAY)
                against_end_step(gateway, step, AGAINST_GIVEN_UP);
    }
}

/* The ids that the first steps wait for will not be learned any more. */
static void lose_ids(struct against_play *play) {
    struct against_gateway *gateway;
    for (size_t i = 0; (gateway = table_next(&play->gateways, &i, NULL));) {
        const struct against_step *step = gateway->first;
        if (step && step->awaited_id)
            against_ids_lose(&play->ids, step->awaited_kind, step->awaited_id);
    }
}

static void check_patience(struct against_play *play) {
    struct against_gateway *gateway;
    uint64_t quiet_us = play->now_us - play->progress_us;
    bool is_late = quiet_us > play->options->patience_ms * 1000;
    for (size_t i = 0; (gateway = table_next(&play->gateways, &i, NULL));)
        if (is_connecting(gateway))
            return;
    if (play->unanswered > 0 && is_late) {
        give_up(play);
        play->progress_us = play->now_us;
    } else if (play->unanswered == 0 && play->queued > 0 &&
               quiet_us > LOST_US) {
        lose_ids(play);
    } else if (play->queued == 0 && is_late && !play->is_read) {
        /* So much is missing that nothing more is read ahead. */
        against_settle(play);
        play->progress_us = play->now_us;
    }
}

/* All is sent, and all that was said is heard, or the patience for it is over.
 * In a later round much is not said again: nobody joins twice. */
static bool is_over(const struct against_play *play) {
    if (!play->is_read || play->queued > 0 || play->unanswered > 0)
        return false;
    return play->round > 0 || play->pairs.waiting[AGAINST_RECORDED] == 0 ||
           play->now_us - play->progress_us > play->options->patience_ms * 1000;
}

/* --- The loop ----------------------------------------------------------------
 */

static void take_time(struct against_play *play) {
    play->now_us = monotonic_us();
    play->wall_us = (int64_t)wall_us();
}

/* True: more may wait. */
static bool receive(struct against_play *play) {
    struct against_gateway *gateway;
    uint64_t now_ms = play->now_us / 1000;
    bool more = false;
    for (size_t at = 0; (gateway = table_next(&play->gateways, &at, NULL));) {
        if (!gateway->link)
            continue;
        more |= link_client_receive(gateway->link, now_ms, PACKETS_A_TURN);
        link_client_tick(gateway->link, now_ms);
    }
    return more;
}

static void flush(struct against_play *play) {
    struct against_gateway *gateway;
    for (size_t at = 0; (gateway = table_next(&play->gateways, &at, NULL));)
        if (gateway->link)
            link_client_flush(gateway->link, play->now_us / 1000);
}

/* Until a link has work, a step is due, or a little later. */
static void wait_a_turn(struct against_play *play, struct link_poll *poll) {
    struct against_gateway *gateway;
    uint64_t until_us = play->now_us + 100000;
    uint64_t due_us = against_due_us(play);
    if (due_us < until_us)
        until_us = due_us;
    link_poll_clear(poll);
    uint32_t count = 0;
    for (size_t at = 0; (gateway = table_next(&play->gateways, &at, NULL));) {
        if (!gateway->link)
            continue;
        uint64_t link_us = link_client_due_ms(gateway->link) * 1000;
        if (link_us < until_us)
            until_us = link_us;
        if (count++ < AGAINST_GATEWAYS_MAX)
            link_poll_add_client(poll, gateway->link);
    }
    uint64_t now_us = monotonic_us();
    link_poll_wait(poll,
                   until_us > now_us ? (int64_t)(until_us - now_us) / 1000 : 0);
}

static void run(struct against_play *play, struct link_poll *poll) {
    take_time(play);
    play->start_us = play->now_us;
    play->progress_us = play->now_us;
    while (!play->error.size) {
        take_time(play);
        bool busy = receive(play);
        against_unpark(play);
        busy |= against_read(play);
        take_time(play);
        if (against_send(play)) {
            busy = true;
            play->progress_us = play->now_us;
        }
        flush(play);
        if (is_over(play))
            return;
        check_patience(play);
        if (!busy)
            wait_a_turn(play, poll);
    }
}

/* Small enough for every reader of JSON. */
static uint64_t draw_play(void) {
    uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
        number = wall_us();
    return number % ID_MAX + 1;
}

/* What makes the play fail is appended to |error|. */
static void play_round(struct against_totals *totals, uint32_t round,
                       struct link_poll *poll, struct buf *error) {
    struct against_play *play = mem_zalloc(sizeof *play);
    play->options = totals->options;
    play->totals = totals;
    play->round = round;
    play->rewrite.ids = &play->ids;
    play->rewrite.play = totals->play + round;
    /* Places and counts go on where the round before ended. */
    totals->differences.only_ends = round > 0;
    if (against_trace_open(totals->options->set, &play->trace, &play->error) ==
        ERR_OK)
        run(play, poll);
    against_settle(play);
    if (play->last_answer_us > play->first_sent_us)
        totals->busy_us += play->last_answer_us - play->first_sent_us;
    buf_append_slice(error, buf_slice(&play->error));
    finish(play);
}

enum against_exit against_run(const struct against_options *options) {
    struct against_totals *totals = mem_zalloc(sizeof *totals);
    struct buf report = {0}, error = {0};
    enum against_exit status = AGAINST_FAILED;
    totals->options = options;
    totals->play = options->play ? options->play : draw_play();
    link_process_init();
    struct link_poll *poll = link_poll_create();
    for (uint32_t i = 0; i < options->rounds && !error.size; i++)
        play_round(totals, i, poll, &error);
    if (totals->commands > 0 || !error.size) {
        against_report(totals, &report);
        fwrite(report.data, 1, report.size, stdout);
    }
    if (error.size)
        fprintf(stderr, "parlance-replay: %.*s\n", (int)error.size, error.data);
    else
        status = totals->differences.count ? AGAINST_DIFFERENT : AGAINST_SAME;
    if (fflush(stdout) != 0)
        status = AGAINST_FAILED;
    link_poll_destroy(poll);
    against_differences_finish(&totals->differences);
    free(totals);
    buf_finish(&report);
    buf_finish(&error);
    link_process_finish();
    return status;
}
