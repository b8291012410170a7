/* link_session.c - see link_session.h. */
#include "common/link/link_session.h"

#include <stdlib.h>

#include "common/buf.h"

#define STATE_BIT(state) (1u << (state))

/* Which states may follow which; the diagram in the header as a table. */
static const unsigned allowed_next[] = {
    [LINK_SESSION_NEW] = STATE_BIT(LINK_SESSION_OPENING) |
                         STATE_BIT(LINK_SESSION_UP) |
                         STATE_BIT(LINK_SESSION_ENDED),
    [LINK_SESSION_OPENING] =
        STATE_BIT(LINK_SESSION_UP) | STATE_BIT(LINK_SESSION_ENDED),
    [LINK_SESSION_UP] = STATE_BIT(LINK_SESSION_ENDED),
    [LINK_SESSION_ENDED] = 0,
};

struct link_session_config link_session_config_default(void) {
    return (struct link_session_config){
        .window_packets = 4096,
        .window_bytes = 64u << 20,
        .heartbeat_ms = 1000,
        .silence_ms = 5000,
        .ack_delay_ms = 10,
        .ack_packets = 64,
        .ack_bytes = 4u << 20,
    };
}

bool link_session_config_valid(const struct link_session_config *config) {
    return config->window_packets >= 2 &&
           config->window_packets <= LINK_WINDOW_PACKETS_MAX &&
           config->window_bytes >= LIMIT_PACKET_BYTES &&
           config->window_bytes <= LINK_WINDOW_BYTES_MAX &&
           config->heartbeat_ms >= 1 &&
           config->silence_ms > config->heartbeat_ms &&
           config->ack_packets >= 1 &&
           config->ack_packets < config->window_packets &&
           config->ack_bytes < config->window_bytes;
}

void link_session_init(struct link_session *session,
                       const struct link_session_config *config,
                       uint64_t number, uint64_t now_ms) {
    PRE(link_session_config_valid(config));
    PRE(number > 0);
    *session = (struct link_session){
        .config = *config,
        .state = LINK_SESSION_NEW,
        .number = number,
        .sent_ms = now_ms,
        .heard_ms = now_ms,
        .sizes = mem_alloc(config->window_packets * sizeof(uint32_t)),
    };
    link_session_check(session);
}

void link_session_finish(struct link_session *session) {
    free(session->sizes);
    *session = (struct link_session){.state = LINK_SESSION_ENDED};
}

static void move_to(struct link_session *session,
                    enum link_session_state next) {
    PRE(allowed_next[session->state] & STATE_BIT(next));
    session->state = next;
    link_session_check(session);
}

void link_session_opened(struct link_session *session, uint64_t now_ms) {
    session->sent_ms = now_ms;
    session->heard_ms = now_ms; /* The time for an answer begins here. */
    move_to(session, LINK_SESSION_OPENING);
}

void link_session_welcomed(struct link_session *session, uint64_t now_ms) {
    PRE(session->state == LINK_SESSION_OPENING);
    session->heard_ms = now_ms;
    move_to(session, LINK_SESSION_UP);
}

void link_session_accepted(struct link_session *session, uint64_t now_ms) {
    PRE(session->state == LINK_SESSION_NEW);
    session->sent_ms = now_ms;
    session->heard_ms = now_ms;
    move_to(session, LINK_SESSION_UP);
}

void link_session_end(struct link_session *session) {
    move_to(session, LINK_SESSION_ENDED);
}

static uint64_t unacked_packets(const struct link_session *session) {
    return session->sent_seq - session->acked_seq;
}

static uint32_t *size_of_packet(const struct link_session *session,
                                uint64_t seq) {
    return &session->sizes[seq % session->config.window_packets];
}

bool link_session_may_send(const struct link_session *session, size_t bytes) {
    return session->state == LINK_SESSION_UP &&
           unacked_packets(session) < session->config.window_packets &&
           session->unacked_bytes + bytes <= session->config.window_bytes;
}

struct link_packet link_session_send(struct link_session *session,
                                     uint32_t count, size_t bytes,
                                     uint64_t now_ms) {
    PRE(session->state == LINK_SESSION_UP);
    PRE(bytes <= LIMIT_PACKET_BYTES);
    if (count > 0) {
        PRE(link_session_may_send(session, bytes));
        session->sent_seq++;
        *size_of_packet(session, session->sent_seq) = (uint32_t)bytes;
        session->unacked_bytes += bytes;
    }
    session->told_seq = session->received_seq;
    session->untold_bytes = 0;
    session->sent_ms = now_ms;
    return (struct link_packet){
        .kind = LINK_PACKET_DATA,
        .count = count,
        .session = session->number,
        .seq = session->sent_seq,
        .ack = session->received_seq,
    };
}

/* Frees the window up to |ack|; an older ack than the last says nothing. */
static void take_ack(struct link_session *session, uint64_t ack) {
    while (session->acked_seq < ack) { /* At most window_packets rounds. */
        session->acked_seq++;
        session->unacked_bytes -= *size_of_packet(session, session->acked_seq);
    }
}

enum link_session_verdict link_session_receive(struct link_session *session,
                                               const struct link_packet *packet,
                                               size_t bytes, uint64_t now_ms) {
    PRE(session->state == LINK_SESSION_UP);
    PRE(packet->kind == LINK_PACKET_DATA);
    if (packet->session != session->number || packet->ack > session->sent_seq)
        return LINK_SESSION_RUBBISH;
    session->heard_ms = now_ms;
    take_ack(session, packet->ack);
    if (packet->count == 0)
        return packet->seq > session->received_seq ? LINK_SESSION_GAP
                                                   : LINK_SESSION_HEARTBEAT;
    if (packet->seq <= session->received_seq)
        return LINK_SESSION_DUPLICATE;
    if (packet->seq > session->received_seq + 1)
        return LINK_SESSION_GAP;
    if (session->told_seq == session->received_seq)
        session->untold_ms = now_ms;
    session->received_seq++;
    session->untold_bytes += bytes;
    return LINK_SESSION_DELIVER;
}

static bool is_ack_waiting(const struct link_session *session) {
    return session->told_seq < session->received_seq;
}

bool link_session_owes(const struct link_session *session, uint64_t now_ms) {
    if (session->state != LINK_SESSION_UP)
        return false;
    return now_ms >= link_session_owes_at_ms(session);
}

uint64_t link_session_owes_at_ms(const struct link_session *session) {
    if (session->state != LINK_SESSION_UP)
        return UINT64_MAX;
    const struct link_session_config *config = &session->config;
    uint64_t at_ms = session->sent_ms + config->heartbeat_ms;
    if (!is_ack_waiting(session))
        return at_ms;
    uint64_t untold = session->received_seq - session->told_seq;
    if (untold >= config->ack_packets ||
        session->untold_bytes >= config->ack_bytes)
        return 0;
    uint64_t ack_at_ms = session->untold_ms + config->ack_delay_ms;
    return ack_at_ms < at_ms ? ack_at_ms : at_ms;
}

bool link_session_silent(const struct link_session *session,
                         uint64_t drained_ms) {
    return session->state != LINK_SESSION_ENDED &&
           drained_ms >= session->heard_ms + session->config.silence_ms;
}

uint64_t link_session_due_ms(const struct link_session *session) {
    if (session->state == LINK_SESSION_ENDED)
        return UINT64_MAX;
    uint64_t silent_ms = session->heard_ms + session->config.silence_ms;
    uint64_t owes_ms = link_session_owes_at_ms(session);
    return owes_ms < silent_ms ? owes_ms : silent_ms;
}

void link_session_check(const struct link_session *session) {
    INVARIANT(session->sizes != NULL);
    INVARIANT(session->number > 0);
    INVARIANT(session->acked_seq <= session->sent_seq);
    INVARIANT(unacked_packets(session) <= session->config.window_packets);
    INVARIANT(session->unacked_bytes <= session->config.window_bytes);
    INVARIANT(session->told_seq <= session->received_seq);
    INVARIANT(unacked_packets(session) > 0 || session->unacked_bytes == 0);
    bool untouched = session->sent_seq == 0 && session->received_seq == 0;
    INVARIANT(untouched || session->state == LINK_SESSION_UP ||
              session->state == LINK_SESSION_ENDED);
}
