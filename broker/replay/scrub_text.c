/* scrub_text.c - see scrub_text.h. Letters are consonants: no word that is
 * written with them is one that somebody wrote. */
#include "broker/replay/scrub_text.h"

#include "broker/core/naming.h"
#include "common/hash.h"
#include "common/utf8.h"

/* Longer ones do not meet by chance. */
#define SHORT_BYTES 24u

/* A key has to have one partition of 64, and may be a number of three digits:
 * so many tries, and so many more with other letters. */
#define TRIES 4096u
#define TRIES_ANY 16384u

static const char consonants[] = "bcdfghjklmnpqrstvwxz";
static const char digits[] = "0123456789";
static const char any[] =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

void scrub_texts_init(struct scrub_texts *texts, struct slice key) {
    *texts = (struct scrub_texts){
        .seeds = {hash_bytes(UINT64_C(0x7374616e642d696e), key),
                  hash_bytes(UINT64_C(0x7363727562626564), key)}};
    text_table_init(&texts->given, texts->seeds[0]);
    text_table_init(&texts->taken, texts->seeds[1]);
}

void scrub_texts_finish(struct scrub_texts *texts) {
    text_table_finish(&texts->given);
    text_table_finish(&texts->taken);
    arena_finish(&texts->arena);
}

static bool is_number(struct slice text) {
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
    return true;
}

/* How a text is written anew. */
struct writing {
    const char *kept;    /* Characters that stay. */
    const char *letters; /* What the others become. */
    bool is_number;      /* A first digit that is not 0 stays so. */
};

static struct writing writing_of(enum scrub_kind kind, struct slice text,
                                 bool is_last_resort) {
    struct writing writing = {" \n", consonants, false};
    if (kind == SCRUB_MAIL)
        writing.kept = "@.";
    else if (kind == SCRUB_URL)
        writing.kept = "/:.?&=#";
    else if (kind == SCRUB_KEY) {
        writing.is_number = is_number(text) && !is_last_resort;
        writing.kept = "";
        writing.letters = writing.is_number ? digits : any;
    }
    return writing;
}

/* A character of |size| bytes, at |at|. */
static void put_point(const struct writing *writing, uint64_t random,
                      size_t size, char *at) {
    uint32_t point;
    switch (size) {
    case 1:
        *at = writing->letters[random % strlen(writing->letters)];
        return;
    case 2: /* Small Cyrillic letters. */
        point = 0x430 + (uint32_t)(random % 32);
        at[0] = (char)(0xc0 | point >> 6);
        break;
    case 3: /* Han. */
        point = 0x4e00 + (uint32_t)(random % 0x5000);
        at[0] = (char)(0xe0 | point >> 12);
        break;
    default: /* Han, the second part. */
        point = 0x20000 + (uint32_t)(random % 0xa000);
        at[0] = (char)(0xf0 | point >> 18);
        break;
    }
    for (size_t i = 1; i < size; i++)
        at[i] = (char)(0x80 | (point >> (6 * (size - 1 - i)) & 0x3f));
}

static void write_points(const struct writing *writing, uint64_t seed,
                         struct slice text, char *out) {
    size_t size;
    for (size_t i = 0; i < text.size; i += size) {
        struct slice rest = {text.data + i, text.size - i};
        uint64_t random = hash_u64(seed, i);
        utf8_next(rest, &size);
        if (size == 1 && *rest.data && strchr(writing->kept, *rest.data))
            out[i] = *rest.data;
        else
            put_point(writing, random, size, out + i);
        if (i == 0 && writing->is_number && out[0] == '0' && *text.data != '0')
            out[0] = digits[1 + random / 10 % 9];
    }
}

static uint64_t seed_of(const struct scrub_texts *texts, struct slice text,
                        uint64_t attempt) {
    uint64_t inner[2] = {hash_bytes(texts->seeds[0], text), attempt};
    return hash_bytes(texts->seeds[1],
                      (struct slice){(const char *)inner, sizeof inner});
}

static void write_one(const struct scrub_texts *texts, enum scrub_kind kind,
                      struct slice text, uint64_t attempt, char *out) {
    struct writing writing = writing_of(kind, text, attempt >= TRIES);
    uint64_t seed = seed_of(texts, text, attempt);
    if (utf8_is_valid(text)) {
        write_points(&writing, seed, text, out);
        return;
    }
    for (size_t i = 0; i < text.size; i++)
        out[i] = (char)hash_u64(seed, i);
}

/* What tells kinds apart in the tables: [kind, room kind, text]. */
static struct slice tagged(struct arena *arena, enum scrub_kind kind,
                           uint8_t room_kind, struct slice text) {
    char *bytes = arena_alloc(arena, text.size + 2);
    bytes[0] = (char)kind;
    bytes[1] = (char)room_kind;
    memcpy(bytes + 2, text.data, text.size);
    return (struct slice){bytes, text.size + 2};
}

static bool is_fit(const struct scrub_texts *texts, enum scrub_kind kind,
                   uint8_t room_kind, struct slice text, struct slice tag) {
    struct slice out = {tag.data + 2, tag.size - 2};
    if (kind == SCRUB_KEY && wire_key_partition(room_kind, out) !=
                                 wire_key_partition(room_kind, text))
        return false;
    return !slice_equal(out, text) && !text_table_find(&texts->taken, tag);
}

/* The first fit one; a text so short that there is none keeps its length only,
 * a key itself. */
static struct slice choose(struct scrub_texts *texts, enum scrub_kind kind,
                           uint8_t room_kind, struct slice text) {
    struct slice tag = tagged(&texts->arena, kind, room_kind, text);
    char *out = (char *)tag.data + 2;
    uint64_t tries = kind == SCRUB_KEY ? TRIES + TRIES_ANY : 256;
    for (uint64_t attempt = 0; attempt < tries; attempt++) {
        write_one(texts, kind, text, attempt, out);
        if (is_fit(texts, kind, room_kind, text, tag)) {
            text_table_put(&texts->taken, tag, out);
            return (struct slice){out, text.size};
        }
    }
    if (kind == SCRUB_KEY)
        memcpy(out, text.data, text.size);
    return (struct slice){out, text.size};
}

static bool is_kept(enum scrub_kind kind, uint8_t room_kind,
                    struct slice text) {
    user_id smaller, larger;
    return text.size == 0 || (kind == SCRUB_KEY && room_kind == ROOM_DIRECT &&
                              naming_direct_key(text, &smaller, &larger));
}

struct slice scrub_text(struct scrub_texts *texts, enum scrub_kind kind,
                        uint8_t room_kind, struct slice text,
                        struct arena *arena) {
    if (is_kept(kind, room_kind, text))
        return text;
    if (kind != SCRUB_KEY && text.size > SHORT_BYTES) {
        char *out = arena_alloc(arena, text.size);
        write_one(texts, kind, text, 0, out);
        return (struct slice){out, text.size};
    }
    struct slice tag = tagged(&texts->arena, kind, room_kind, text);
    const char *known = text_table_find(&texts->given, tag);
    if (!known) {
        known = choose(texts, kind, room_kind, text).data;
        text_table_put(&texts->given, tag, (void *)known);
    }
    return (struct slice){known, text.size};
}
