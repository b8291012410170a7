/* sim_tell.c - what people do, in words, for whoever reads a failure. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/sim_crowd.h"

/* Floods are told by their beginning. */
#define LINES_MAX 6u
#define LINE_BYTES 160u

void tell_begin(struct people *people) {
    people->is_acting = true;
    people->told_count = 0;
}

static void tell(struct people *people, const char *line) {
    people->config.told(people->config.payload, line);
}

void tell_end(struct people *people) {
    char line[LINE_BYTES];
    people->is_acting = false;
    if (!people->config.told)
        return;
    if (people->told_count == 0)
        tell(people, "(nothing comes of it)");
    if (people->told_count <= LINES_MAX)
        return;
    snprintf(line, sizeof(line), "and %" PRIu32 " more",
             people->told_count - LINES_MAX);
    tell(people, line);
}

/* Whether the next line is wanted. */
static bool counts(struct people *people) {
    return people->config.told && people->is_acting &&
           people->told_count++ < LINES_MAX;
}

static int put_who(char *line, uint64_t user, uint32_t gateway) {
    char place[32] = "nowhere";
    char name[32] = "the application";
    if (user)
        snprintf(name, sizeof(name), "user %" PRIu64, user);
    if (gateway != TELL_NOWHERE)
        snprintf(place, sizeof(place), "gateway-%" PRIu32, gateway);
    return snprintf(line, LINE_BYTES, "%s at %s", name, place);
}

void tell_says(struct people *people, uint64_t user, uint32_t gateway,
               const struct wire *wire) {
    char line[LINE_BYTES];
    struct buf text = {0};
    if (!counts(people))
        return;
    int size = put_who(line, user, gateway);
    wire_print(wire, &text);
    snprintf(line + size, sizeof(line) - (size_t)size, ": %.*s", (int)text.size,
             text.data);
    if (text.size + (size_t)size + 2 >= sizeof(line))
        memcpy(line + sizeof(line) - 4, "...", 4);
    tell(people, line);
    buf_finish(&text);
}

void tell_does(const struct client *client, const char *what) {
    struct people *people = client->people;
    char line[LINE_BYTES];
    if (!counts(people))
        return;
    int size = put_who(line, client->person + 1,
                       client->connection ? client->gateway : TELL_NOWHERE);
    snprintf(line + size, sizeof(line) - (size_t)size, " %s", what);
    tell(people, line);
}
