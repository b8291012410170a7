/* crowd.c - see crowd.h. */
#include "tests/bench/crowd.h"

#include <stdlib.h>

#include "tests/bench/stats.h"

#define CALM_US (300u * 1000u)

uint64_t crowd_user(const struct crowd *crowd, uint32_t group,
                    uint32_t member) {
    return crowd->user_first + (uint64_t)group * CROWD_MEMBERS + member;
}

uint32_t crowd_member(const struct crowd *crowd, uint32_t group,
                      uint64_t user) {
    uint64_t first = crowd_user(crowd, group, 0);
    bool is_member = user >= first && user < first + CROWD_MEMBERS;
    return is_member ? (uint32_t)(user - first) : CROWD_MEMBERS;
}

void crowd_init(struct crowd *crowd, const struct load *load) {
    crowd->group_count = load->world_count / CROWD_ROOMS;
    crowd->conn_count = crowd->group_count * CROWD_CONNS;
    crowd->user_first = load->world[0].user_first;
    crowd->conns = mem_zalloc(crowd->conn_count * sizeof(crowd->conns[0]));
    for (uint32_t i = 0; i < crowd->conn_count; i++) {
        uint32_t group = i / CROWD_CONNS, place = i % CROWD_CONNS;
        uint32_t member = place > 0 ? place + 1 : load->options.is_many;
        crowd->conns[i] = (struct conn){
            .fd = -1, .room = group, .user = crowd_user(crowd, group, member)};
    }
}

void crowd_finish(struct crowd *crowd, struct load *load) {
    load_hang_up(load, crowd->conns, crowd->conn_count);
    free(crowd->conns);
}

struct conn *crowd_subject(const struct crowd *crowd, uint32_t group) {
    return &crowd->conns[group * CROWD_CONNS];
}

uint32_t crowd_place(const struct crowd *crowd, const struct conn *conn) {
    return (uint32_t)(conn - crowd->conns) % CROWD_CONNS;
}

bool crowd_calm(struct load *load, const uint64_t *heard) {
    uint64_t before = *heard;
    uint64_t since_us = stats_now_us();
    while (stats_now_us() - since_us < CALM_US) {
        if (!load_turn(load, 50))
            return false;
        if (*heard != before) {
            before = *heard;
            since_us = stats_now_us();
        }
    }
    return true;
}
