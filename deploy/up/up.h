/* up.h - what the files of `parlance up` share. */
#ifndef DEPLOY_UP_UP_H
#define DEPLOY_UP_UP_H

#include "common/process/program.h"
#include "deploy/up/child.h"
#include "deploy/up/data_dir.h"

#define UP_GATEWAYS_MAX 16u
#define UP_CHILDREN_MAX (2u + UP_GATEWAYS_MAX)
#define UP_TOKEN_BYTES_MAX 4096u

/* Two people for a newcomer's first chat. */
#define UP_PEOPLE 2u

struct up_person {
    unsigned user_id;
    const char *username;
    const char *email;
    const char *first_name;
    const char *last_name;
    char token[UP_TOKEN_BYTES_MAX];
};

struct up {
    const char *data;
    const char *host;
    uint64_t port;
    uint64_t gateways;
    uint64_t shards;
    const char *record; /* Where the broker's recordings go; NULL: nowhere. */
    char bin[PATH_MAX]; /* Where our programs are. */
    struct data_dir dir;
    struct program program;
    struct up_person people[UP_PEOPLE];
    struct child children[UP_CHILDREN_MAX];
    uint16_t operator_ports[UP_CHILDREN_MAX]; /* By child. */
    unsigned children_count;
};

/* The port of the server API: behind those of the gateways. */
static inline uint16_t up_api_port(const struct up *up) {
    return (uint16_t)(up->port + up->gateways);
}

/* The programs with their arguments, not yet started. */
void up_plan(struct up *up);

/* Tokens for the people, and the file from which the page offers them. On
 * failure a line has been printed. */
enum err up_make_people(struct up *up) MUST_CHECK;

/* Whether every program says that it is ready. */
bool up_is_ready(const struct up *up);

/* The people's profiles and their first room, through the server API; done
 * again it changes nothing. */
bool up_make_room(const struct up *up);

/* What a newcomer needs to know, on stdout and in run/summary. */
enum err up_tell(const struct up *up) MUST_CHECK;

#endif
