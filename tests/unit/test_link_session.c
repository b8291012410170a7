/* test_link_session.c - one side of a session, in virtual time. */
#include "common/link/link_session.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>

static const struct link_session_config config = {
    .window_packets = 8,
    .window_bytes = LIMIT_PACKET_BYTES,
    .heartbeat_ms = 1000,
    .silence_ms = 5000,
    .ack_delay_ms = 10,
    .ack_packets = 4,
    .ack_bytes = 1000,
};

static struct link_session up_at(uint64_t now_ms) {
    struct link_session session;
    link_session_init(&session, &config, 7, now_ms);
    link_session_accepted(&session, now_ms);
    return session;
}

static struct link_packet data(uint32_t count, uint64_t seq, uint64_t ack) {
    return (struct link_packet){.kind = LINK_PACKET_DATA,
                                .count = count,
                                .session = 7,
                                .seq = seq,
                                .ack = ack};
}

static enum link_session_verdict receive(struct link_session *session,
                                         struct link_packet packet,
                                         uint64_t now_ms) {
    enum link_session_verdict verdict =
        link_session_receive(session, &packet, 100, now_ms);
    link_session_check(session);
    return verdict;
}

START_TEST(numbers_in_a_row) {
    struct link_session session = up_at(0);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        struct link_packet header = link_session_send(&session, 2, 100, seq);
        ck_assert_uint_eq(header.seq, seq);
        ck_assert_uint_eq(header.session, 7);
        ck_assert_uint_eq(header.count, 2);
    }
    /* A heartbeat repeats the last number. */
    ck_assert_uint_eq(link_session_send(&session, 0, 32, 4).seq, 3);
    ck_assert_uint_eq(link_session_send(&session, 1, 32, 5).seq, 4);
    link_session_finish(&session);
}
END_TEST

START_TEST(verdicts) {
    struct link_session session = up_at(0);
    ck_assert_int_eq(receive(&session, data(1, 1, 0), 1), LINK_SESSION_DELIVER);
    ck_assert_int_eq(receive(&session, data(1, 2, 0), 1), LINK_SESSION_DELIVER);
    ck_assert_int_eq(receive(&session, data(1, 2, 0), 1),
                     LINK_SESSION_DUPLICATE);
    ck_assert_int_eq(receive(&session, data(1, 1, 0), 1),
                     LINK_SESSION_DUPLICATE);
    ck_assert_int_eq(receive(&session, data(0, 2, 0), 1),
                     LINK_SESSION_HEARTBEAT);
    ck_assert_int_eq(receive(&session, data(1, 4, 0), 1), LINK_SESSION_GAP);
    ck_assert_int_eq(receive(&session, data(1, 3, 0), 1), LINK_SESSION_DELIVER);
    /* Even the loss of the very last packet shows at the next heartbeat. */
    ck_assert_int_eq(receive(&session, data(0, 4, 0), 1), LINK_SESSION_GAP);
    link_session_finish(&session);
}
END_TEST

START_TEST(rubbish) {
    struct link_session session = up_at(0);
    ck_assert_int_eq(receive(&session, data(1, 1, 1), 1), LINK_SESSION_RUBBISH);
    struct link_packet other = data(1, 1, 0);
    other.session = 8;
    ck_assert_int_eq(receive(&session, other, 1), LINK_SESSION_RUBBISH);
    ck_assert_int_eq(receive(&session, data(1, UINT64_MAX, 0), 1),
                     LINK_SESSION_GAP);
    /* What was rubbish did not count as heard, as a life sign or otherwise. */
    ck_assert_int_eq(receive(&session, data(1, 1, 0), 1), LINK_SESSION_DELIVER);
    link_session_finish(&session);
}
END_TEST

START_TEST(window_in_packets) {
    struct link_session session = up_at(0);
    for (uint32_t round = 0; round < 100; round++) {
        for (uint32_t i = 0; i < config.window_packets; i++) {
            ck_assert(link_session_may_send(&session, 50));
            link_session_send(&session, 1, 50, 0);
        }
        ck_assert(!link_session_may_send(&session, 50));
        link_session_send(&session, 0, 32, 0); /* Heartbeats always pass. */
        uint64_t last = session.sent_seq;
        ck_assert_int_eq(receive(&session, data(0, 0, last - 7), 1),
                         LINK_SESSION_HEARTBEAT);
        ck_assert_uint_eq(session.unacked_bytes, 7 * 50);
        ck_assert(link_session_may_send(&session, 50));
        /* An older ack takes nothing back. */
        ck_assert_int_eq(receive(&session, data(0, 0, last - 8), 1),
                         LINK_SESSION_HEARTBEAT);
        ck_assert_uint_eq(session.unacked_bytes, 7 * 50);
        ck_assert_int_eq(receive(&session, data(0, 0, last), 1),
                         LINK_SESSION_HEARTBEAT);
        ck_assert_uint_eq(session.unacked_bytes, 0);
    }
    link_session_finish(&session);
}
END_TEST

START_TEST(window_in_bytes) {
    struct link_session session = up_at(0);
    ck_assert(link_session_may_send(&session, LIMIT_PACKET_BYTES));
    link_session_send(&session, 1, LIMIT_PACKET_BYTES - 100, 0);
    ck_assert(link_session_may_send(&session, 100));
    ck_assert(!link_session_may_send(&session, 101));
    link_session_send(&session, 1, 100, 0);
    ck_assert(!link_session_may_send(&session, 1));
    ck_assert_int_eq(receive(&session, data(0, 0, 1), 1),
                     LINK_SESSION_HEARTBEAT);
    ck_assert(link_session_may_send(&session, LIMIT_PACKET_BYTES - 100));
    link_session_finish(&session);
}
END_TEST

START_TEST(heartbeats) {
    struct link_session session = up_at(100);
    ck_assert_uint_eq(link_session_due_ms(&session), 1100);
    ck_assert(!link_session_owes(&session, 1099));
    ck_assert(link_session_owes(&session, 1100));
    link_session_send(&session, 1, 100, 500); /* Data is a life sign. */
    ck_assert(!link_session_owes(&session, 1100));
    ck_assert(link_session_owes(&session, 1500));
    link_session_finish(&session);
}
END_TEST

START_TEST(acks) {
    struct link_session session = up_at(0);
    (void)receive(&session, data(1, 1, 0), 100);
    ck_assert_uint_eq(link_session_due_ms(&session), 110);
    ck_assert(!link_session_owes(&session, 109));
    ck_assert(link_session_owes(&session, 110));
    (void)receive(&session, data(1, 2, 0), 105); /* The first one counts. */
    ck_assert_uint_eq(link_session_due_ms(&session), 110);
    ck_assert_uint_eq(link_session_send(&session, 1, 50, 106).ack, 2);
    ck_assert(!link_session_owes(&session, 120)); /* It rode on data. */
    for (uint64_t seq = 3; seq <= 5; seq++)
        (void)receive(&session, data(1, seq, 0), 200);
    ck_assert(!link_session_owes(&session, 200));
    (void)receive(&session, data(1, 6, 0), 200);
    ck_assert(link_session_owes(&session, 200)); /* ack_packets. */
    ck_assert_uint_eq(link_session_send(&session, 0, 32, 200).ack, 6);
    struct link_packet large = data(1, 7, 0);
    ck_assert_int_eq(link_session_receive(&session, &large, 1000, 201),
                     LINK_SESSION_DELIVER);
    ck_assert(link_session_owes(&session, 201)); /* ack_bytes. */
    link_session_finish(&session);
}
END_TEST

START_TEST(silence) {
    struct link_session session = up_at(1000);
    (void)receive(&session, data(0, 0, 0), 2000);
    ck_assert(!link_session_silent(&session, 6999));
    ck_assert(link_session_silent(&session, 7000));
    /* What waits unread is no silence: the last look was long ago. */
    ck_assert(!link_session_silent(&session, 2500));
    link_session_send(&session, 0, 32, 6500); /* Our own noise is not theirs. */
    ck_assert_uint_eq(link_session_due_ms(&session), 7000);
    link_session_end(&session);
    ck_assert(!link_session_silent(&session, 100000));
    ck_assert_uint_eq(link_session_due_ms(&session), UINT64_MAX);
    link_session_finish(&session);
}
END_TEST

START_TEST(client_side_opens) {
    struct link_session session;
    link_session_init(&session, &config, 1, 0);
    ck_assert(!link_session_may_send(&session, 1));
    link_session_opened(&session, 400);
    ck_assert(!link_session_may_send(&session, 1));
    ck_assert(!link_session_owes(&session, 100000)); /* No data before UP. */
    ck_assert(!link_session_silent(&session, 5399));
    ck_assert(link_session_silent(&session, 5400));
    link_session_welcomed(&session, 1000);
    ck_assert(link_session_may_send(&session, 1));
    link_session_end(&session);
    ck_assert(!link_session_may_send(&session, 1));
    link_session_finish(&session);
}
END_TEST

/* Two sides and a channel that loses: everything arrives in order, or a gap is
 * seen; never a message twice or out of order. */
START_TEST(two_sides_lossy) {
    uint64_t random = (uint64_t)_i * 2654435761u + 1;
    struct link_session a = up_at(0), b = up_at(0);
    uint64_t delivered = 0;
    bool gap = false, lost = false;
    for (uint64_t now_ms = 1; now_ms < 2000 && !gap; now_ms++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        bool lose = (random >> 33) % 300 == 0;
        bool send = (random >> 40) % 3 == 0 && link_session_may_send(&a, 100);
        if (!send && !link_session_owes(&a, now_ms))
            continue;
        struct link_packet packet =
            link_session_send(&a, send ? 1 : 0, 100, now_ms);
        if (lose) {
            lost = lost || send;
            continue;
        }
        switch (receive(&b, packet, now_ms)) {
        case LINK_SESSION_DELIVER:
            ck_assert(!lost);
            ck_assert_uint_eq(packet.seq, ++delivered);
            break;
        case LINK_SESSION_GAP:
            gap = true;
            break;
        case LINK_SESSION_HEARTBEAT:
            break;
        case LINK_SESSION_DUPLICATE:
        case LINK_SESSION_RUBBISH:
            ck_abort_msg("seed %d", _i);
        }
        if (link_session_owes(&b, now_ms))
            (void)receive(&a, link_session_send(&b, 0, 32, now_ms), now_ms);
    }
    ck_assert_msg(gap == lost, "seed %d", _i);
    ck_assert(lost || delivered > 0);
    link_session_finish(&a);
    link_session_finish(&b);
}
END_TEST

START_TEST(illegal_edge) {
    struct link_session session = up_at(0);
    link_session_opened(&session, 1); /* UP -> OPENING: aborts. */
}
END_TEST

START_TEST(illegal_revival) {
    struct link_session session = up_at(0);
    link_session_end(&session);
    link_session_accepted(&session, 1); /* ENDED -> UP: aborts. */
}
END_TEST

START_TEST(illegal_overrun) {
    struct link_session session = up_at(0);
    for (uint32_t i = 0; i <= config.window_packets; i++)
        link_session_send(&session, 1, 50, 0); /* The last one aborts. */
}
END_TEST

START_TEST(config_bounds) {
    struct link_session_config bad = config;
    ck_assert(link_session_config_valid(&bad));
    struct link_session_config fine = link_session_config_default();
    ck_assert(link_session_config_valid(&fine));
    bad.window_bytes = LIMIT_PACKET_BYTES - 1;
    ck_assert(!link_session_config_valid(&bad));
    bad = config;
    bad.ack_packets = bad.window_packets;
    ck_assert(!link_session_config_valid(&bad));
    bad = config;
    bad.silence_ms = bad.heartbeat_ms;
    ck_assert(!link_session_config_valid(&bad));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("link_session");
    TCase *tcase = tcase_create("all");
    tcase_add_test(tcase, numbers_in_a_row);
    tcase_add_test(tcase, verdicts);
    tcase_add_test(tcase, rubbish);
    tcase_add_test(tcase, window_in_packets);
    tcase_add_test(tcase, window_in_bytes);
    tcase_add_test(tcase, heartbeats);
    tcase_add_test(tcase, acks);
    tcase_add_test(tcase, silence);
    tcase_add_test(tcase, client_side_opens);
    tcase_add_loop_test(tcase, two_sides_lossy, 0, 50);
    tcase_add_test_raise_signal(tcase, illegal_edge, SIGABRT);
    tcase_add_test_raise_signal(tcase, illegal_revival, SIGABRT);
    tcase_add_test_raise_signal(tcase, illegal_overrun, SIGABRT);
    tcase_add_test(tcase, config_bounds);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
