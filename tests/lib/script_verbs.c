/* script_verbs.c - one function for each verb of script.h. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/lib/script.h"
#include "tests/lib/wire_parse.h"

/* The words of a line, NUL-terminated, in the arena. */
#define WORDS_MAX 32u

struct words {
    char *word[WORDS_MAX];
    uint32_t count;
};

static struct words split(struct script *script, struct slice line) {
    struct words words = {0};
    char *text = arena_alloc(&script->arena, line.size + 1);
    memcpy(text, line.data, line.size);
    char *rest = NULL;
    for (char *word = strtok_r(text, " ", &rest);
         word && words.count < WORDS_MAX; word = strtok_r(NULL, " ", &rest))
        words.word[words.count++] = word;
    return words;
}

static uint64_t number(const char *text) {
    return strtoull(text, NULL, 10);
}

static uint32_t partition_of(const char *room) {
    return (uint32_t)(number(room) % PARTITION_COUNT);
}

static uint8_t refusal_from(const char *name) {
    for (uint8_t i = 1; i <= REFUSED_LAST; i++)
        if (strcmp(wire_refusal_name(i), name) == 0)
            return i;
    return 0;
}

static const char *set_name(struct script *script, const char *name,
                            uint64_t value) {
    uint32_t i = 0;
    while (i < script->names_count && strcmp(script->names[i].name, name) != 0)
        i++;
    if (i == SCRIPT_NAMES_MAX || strlen(name) >= sizeof script->names[i].name)
        return "too many names, or too long a one";
    snprintf(script->names[i].name, sizeof script->names[i].name, "%s", name);
    script->names[i].value = value;
    if (i == script->names_count)
        script->names_count++;
    return NULL;
}

static const char *verb_gateway(struct script *script, struct slice line,
                                uint32_t gateway) {
    const char *space = memchr(line.data, ' ', line.size);
    if (!space)
        return "a command is missing";
    struct slice rest = {space, line.size - (size_t)(space - line.data)};
    struct wire wire;
    const char *error = wire_parse(rest, &script->arena, &wire);
    if (error)
        return error;
    fixture_send(&script->fixture, gateway, &wire);
    return NULL;
}

static const char *verb_room(struct script *script, const struct words *words) {
    if (words->count < 4)
        return "room NAME KIND KEY [open] USER[:ROLE]...";
    struct wire wire = {.kind = WIRE_ROOM_CREATE};
    struct wire_room_create *create = &wire.as.room_create;
    create->kind = wire_room_kind_from(slice_of(words->word[2]));
    create->key = slice_of(words->word[3]);
    struct wire_member *members =
        arena_alloc(&script->arena, WORDS_MAX * sizeof *members);
    for (uint32_t i = 4; i < words->count; i++) {
        if (strcmp(words->word[i], "open") == 0) {
            create->open = true;
            continue;
        }
        struct wire_member *member = &members[create->members_count++];
        member->user = (user_id){number(words->word[i])};
        const char *role = strchr(words->word[i], ':');
        if (role)
            member->role = wire_role_from(slice_of(role + 1));
    }
    create->members = members;
    struct fixture *fixture = &script->fixture;
    fixture->trace = NULL;
    fixture_send(fixture, 9, &wire);
    fixture->trace = &script->output;
    return set_name(script, words->word[1], fixture->last_room);
}

static const char *verb_name(struct script *script, const struct words *words) {
    if (words->count != 3)
        return "name NAME message|room|file";
    uint64_t value = script->fixture.last_message;
    if (strcmp(words->word[2], "room") == 0)
        value = script->fixture.last_room;
    else if (strcmp(words->word[2], "file") == 0)
        value = script->fixture.last_file;
    return set_name(script, words->word[1], value);
}

static const char *verb_hold(struct script *script, const struct words *words) {
    for (uint32_t i = 1; i < words->count; i++) {
        if (strcmp(words->word[i], "commits") == 0)
            script->fixture.holds_commits = true;
        else if (strcmp(words->word[i], "answers") == 0)
            script->fixture.holds_reads = script->fixture.answers_early = true;
        else if (strcmp(words->word[i], "reads") == 0)
            script->fixture.holds_reads = true;
        else
            return "hold commits|reads|answers";
    }
    return NULL;
}

static const char *verb_show(struct script *script, const struct words *words) {
    for (uint32_t i = 1; i < words->count; i++) {
        if (strcmp(words->word[i], "appends") == 0)
            script->fixture.shows_appends = true;
        else if (strcmp(words->word[i], "reads") == 0)
            script->fixture.shows_reads = true;
        else
            return "show appends|reads";
    }
    return NULL;
}

static const char *verb_commit(struct script *script,
                               const struct words *words) {
    struct fixture *fixture = &script->fixture;
    if (words->count == 1) {
        for (uint32_t i = 0; i < PARTITION_COUNT; i++) {
            fixture_persist(fixture, i, UINT32_MAX);
            fixture_acknowledge(fixture, i);
        }
        return NULL;
    }
    if (words->count != 3)
        return "commit [ROOM COUNT]";
    uint32_t partition = partition_of(words->word[1]);
    fixture_persist(fixture, partition, (uint32_t)number(words->word[2]));
    fixture_acknowledge(fixture, partition);
    return NULL;
}

static const char *verb_refuse(struct script *script,
                               const struct words *words) {
    struct fixture *fixture = &script->fixture;
    uint8_t refusal = words->count == 4 ? refusal_from(words->word[3]) : 0;
    if (!refusal)
        return "refuse ROOM KEEP REASON";
    uint32_t partition = partition_of(words->word[1]);
    uint32_t unstored = fixture_unstored(fixture, partition);
    uint64_t keep = number(words->word[2]);
    if (keep >= unstored)
        return "there is nothing to refuse";
    fixture_refuse(fixture, partition,
                   fixture->next_seq[partition] - unstored + keep, refusal);
    return NULL;
}

static const char *verb_skip(struct script *script, const struct words *words) {
    uint64_t count = words->count == 3 ? number(words->word[2]) : 0;
    if (count == 0)
        return "skip ROOM COUNT";
    uint32_t partition = partition_of(words->word[1]);
    fixture_skip(&script->fixture, partition,
                 script->fixture.next_seq[partition] + count - 1);
    return NULL;
}

static const char *verb_answer(struct script *script,
                               const struct words *words) {
    struct fixture *fixture = &script->fixture;
    uint64_t count =
        words->count > 1 ? number(words->word[1]) : fixture->reads_count;
    for (; count > 0 && fixture->reads_count > 0; count--)
        fixture_answer(fixture, 0);
    return NULL;
}

static const char *verb_fresh(struct script *script,
                              const struct words *words) {
    struct core_config config = CORE_CONFIG_DEFAULT;
    uint64_t partitions = UINT64_MAX;
    for (uint32_t i = 1; i < words->count; i++) {
        char *equals = strchr(words->word[i], '=');
        if (!equals)
            return "fresh KEY=VALUE...";
        *equals = '\0';
        uint64_t value = number(equals + 1);
        if (strcmp(words->word[i], "actors_max") == 0)
            config.actors_max = (uint32_t)value;
        else if (strcmp(words->word[i], "mailbox_max") == 0)
            config.mailbox_max = (uint32_t)value;
        else if (strcmp(words->word[i], "waiting_max") == 0)
            config.waiting_max = (uint32_t)value;
        else if (strcmp(words->word[i], "pending_max") == 0)
            config.pending_max = (uint32_t)value;
        else if (strcmp(words->word[i], "pending_bytes_max") == 0)
            config.pending_bytes_max = value;
        else if (strcmp(words->word[i], "idle_ms") == 0)
            config.idle_us = (int64_t)value * 1000;
        else if (strcmp(words->word[i], "partitions") == 0)
            partitions = value;
        else
            return "an unknown bound";
    }
    script_end(script);
    script_begin(script, &config, partitions);
    return NULL;
}

static const char *verb_stats(struct script *script) {
    struct core_stats stats = core_stats(script->fixture.core);
    char text[256];
    snprintf(text, sizeof text,
             "rooms=%" PRIu64 " users=%" PRIu64 " keys=%" PRIu64
             " waiting=%" PRIu64 " pending=%" PRIu64 " messages=%" PRIu64
             " duplicates=%" PRIu64 " refusals=%" PRIu64 "\n",
             stats.rooms_resident, stats.users_resident, stats.keys_resident,
             stats.commands_waiting, stats.effects_pending,
             stats.messages_total, stats.duplicates_total,
             stats.refusals_total);
    buf_append(&script->output, text, strlen(text));
    return NULL;
}

static const char *verb_go(struct script *script) {
    script->fixture.holds_commits = false;
    script->fixture.holds_reads = false;
    script->fixture.answers_early = false;
    fixture_commit_all(&script->fixture);
    return NULL;
}

static const char *verb_at(struct script *script, const struct words *words) {
    int64_t now_us =
        words->count == 2 ? (int64_t)number(words->word[1]) * 1000 : -1;
    if (now_us < script->fixture.now_us)
        return "at MS, never back";
    script->fixture.now_us = now_us;
    return NULL;
}

/* Those with a fixed number of plain words. */
static const char *simple_verb(struct script *script,
                               const struct words *words) {
    struct fixture *fixture = &script->fixture;
    const char *verb = words->word[0];
    const char *first = words->count > 1 ? words->word[1] : "";
    if (strcmp(verb, "go") == 0)
        return verb_go(script);
    if (strcmp(verb, "stats") == 0)
        return verb_stats(script);
    if (strcmp(verb, "tick") == 0)
        fixture_tick(fixture);
    else if (strcmp(verb, "up") == 0)
        fixture_up(fixture, (uint32_t)number(first));
    else if (strcmp(verb, "gone") == 0)
        fixture_gone(fixture, (uint32_t)number(first));
    else if (strcmp(verb, "acknowledge") == 0)
        fixture_acknowledge(fixture, partition_of(first));
    else if (strcmp(verb, "persist") == 0 && words->count == 3)
        fixture_persist(fixture, partition_of(first),
                        (uint32_t)number(words->word[2]));
    else if (strcmp(verb, "fail") == 0 && refusal_from(first))
        fixture->reads_fail = refusal_from(first);
    else
        return "an unknown verb";
    return NULL;
}

const char *script_line(struct script *script, struct slice line) {
    struct words words = split(script, line);
    if (words.count == 0)
        return "an empty line";
    const char *verb = words.word[0];
    if (verb[0] == 'g' && verb[1] >= '1' && verb[1] <= '9')
        return verb_gateway(script, line, (uint32_t)number(verb + 1));
    if (strcmp(verb, "room") == 0)
        return verb_room(script, &words);
    if (strcmp(verb, "name") == 0)
        return verb_name(script, &words);
    if (strcmp(verb, "at") == 0)
        return verb_at(script, &words);
    if (strcmp(verb, "hold") == 0)
        return verb_hold(script, &words);
    if (strcmp(verb, "show") == 0)
        return verb_show(script, &words);
    if (strcmp(verb, "commit") == 0)
        return verb_commit(script, &words);
    if (strcmp(verb, "refuse") == 0)
        return verb_refuse(script, &words);
    if (strcmp(verb, "skip") == 0)
        return verb_skip(script, &words);
    if (strcmp(verb, "answer") == 0)
        return verb_answer(script, &words);
    if (strcmp(verb, "fresh") == 0)
        return verb_fresh(script, &words);
    return simple_verb(script, &words);
}
