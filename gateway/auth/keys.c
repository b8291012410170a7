/* keys.c - see keys.h. */
#include "gateway/auth/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "common/buf.h"
#include "gateway/auth/jwk.h"
#include "gateway/auth/strict_json.h"

struct named_key {
    char *kid; /* Owned. */
    size_t kid_size;
    struct key *key; /* Owned. */
};

struct key_set {
    struct key *secret; /* NULL: none. */
    struct named_key *named;
    size_t named_count;
    size_t skipped_count;
    uint32_t algorithms;
};

static enum err fail(struct keys_error *error, enum err err, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));

static enum err fail(struct keys_error *error, enum err err, const char *format,
                     ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return err;
}

/* The secret serves every HMAC algorithm that is allowed. */
static enum err secret_parse(const struct keys_source *source,
                             struct key_set *keys, struct keys_error *error) {
    const char *reason = NULL;
    const char *name = source->secret_name;
    struct slice secret = source->secret;
    uint32_t algorithms = source->algorithms & ALGORITHMS_HMAC;
    if (secret.size > 0 && secret.data[secret.size - 1] == '\n')
        secret.size--;
    if (secret.size == 0)
        return fail(error, ERR_MALFORMED, "%s: is empty", name);
    if (algorithms == 0)
        return ERR_OK;
    if (key_create_secret(secret, algorithms, &keys->secret, &reason) != ERR_OK)
        return fail(error, ERR_MALFORMED, "%s: %s", name, reason);
    keys->algorithms |= algorithms;
    return ERR_OK;
}

/* Takes the key of |jwk| over on success. A key whose algorithm is not allowed
 * is kept too: it owns its kid, so that a token that names it is refused. */
static enum err named_add(struct key_set *keys, const struct jwk *jwk,
                          const char **reason) {
    if (keys_find(keys, jwk->kid)) {
        *reason = "kid is that of an earlier key";
        return ERR_EXISTS;
    }
    if (keys->named_count == KEYS_COUNT_MAX) {
        *reason = "is one usable key too many";
        return ERR_LIMIT;
    }
    struct named_key *named = &keys->named[keys->named_count++];
    named->kid = mem_alloc(jwk->kid.size);
    memcpy(named->kid, jwk->kid.data, jwk->kid.size);
    named->kid_size = jwk->kid.size;
    named->key = jwk->key;
    return ERR_OK;
}

static enum err jwk_add(const struct keys_source *source, size_t index,
                        const json_t *json, struct key_set *keys,
                        struct keys_error *error) {
    struct jwk jwk = {0};
    struct jwk_fault fault = {0};
    enum err err = jwk_parse(json, &jwk, &fault);
    if (err == ERR_NOT_FOUND) {
        keys->skipped_count++;
        return ERR_OK;
    }
    if (err != ERR_OK)
        return fail(error, ERR_MALFORMED, "%s: key %zu: %s%s%s",
                    source->jwks_name, index, fault.field ? fault.field : "",
                    fault.field ? " " : "", fault.reason);
    if (named_add(keys, &jwk, &fault.reason) != ERR_OK) {
        key_destroy(jwk.key);
        return fail(error, ERR_MALFORMED, "%s: key %zu: %s", source->jwks_name,
                    index, fault.reason);
    }
    keys->algorithms |= key_algorithms(jwk.key) & source->algorithms;
    return ERR_OK;
}

static enum err jwks_parse(const struct keys_source *source,
                           struct key_set *keys, struct keys_error *error) {
    const char *reason = NULL;
    const char *name = source->jwks_name;
    enum err err = ERR_OK;
    json_t *json = strict_json_object(source->jwks, &reason);
    if (!json)
        return fail(error, ERR_MALFORMED, "%s: %s", name, reason);
    const json_t *list = json_object_get(json, "keys");
    if (!json_is_array(list)) {
        err = fail(error, ERR_MALFORMED, "%s: keys is not an array", name);
        goto done;
    }
    keys->named = mem_zalloc(KEYS_COUNT_MAX * sizeof *keys->named);
    for (size_t i = 0; i < json_array_size(list) && err == ERR_OK; i++)
        err = jwk_add(source, i, json_array_get(list, i), keys, error);
    if (err == ERR_OK && keys->named_count == 0)
        err = fail(error, ERR_MALFORMED, "%s: has no usable key", name);
done:
    json_decref(json);
    return err;
}

enum err keys_parse(const struct keys_source *given, struct key_set **out,
                    struct keys_error *error) {
    struct keys_source source = *given;
    enum err err = ERR_OK;
    PRE((source.algorithms & ~ALGORITHMS_ALL) == 0);
    if (source.algorithms == 0)
        source.algorithms = ALGORITHMS_ALL;
    if (!source.secret.data && !source.jwks.data)
        return fail(error, ERR_MALFORMED,
                    "neither a secret file nor a JWKS file is given");
    struct key_set *keys = mem_zalloc(sizeof *keys);
    if (source.secret.data)
        err = secret_parse(&source, keys, error);
    if (err == ERR_OK && source.jwks.data)
        err = jwks_parse(&source, keys, error);
    if (err == ERR_OK && keys->algorithms == 0)
        err = fail(error, ERR_MALFORMED,
                   "no key can do any of the allowed algorithms");
    if (err == ERR_OK)
        *out = keys;
    else
        keys_destroy(keys);
    return err;
}

/* Appends what the file |path| holds to |out|. */
static enum err file_read(const char *path, struct buf *out,
                          struct keys_error *error) {
    char why[128];
    enum err err = ERR_OK;
    /* Room for all at once, so that growing leaves no copy of a secret behind
     * in freed memory. */
    char *bytes = buf_reserve(out, KEYS_FILE_BYTES_MAX + 1);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && out->size <= KEYS_FILE_BYTES_MAX) {
        got = read(fd, bytes + out->size, KEYS_FILE_BYTES_MAX + 1 - out->size);
        if (got > 0)
            out->size += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    if (got < 0)
        err = fail(error, ERR_IO, "%s: %s", path,
                   strerror_r(errno, why, sizeof why));
    else if (out->size > KEYS_FILE_BYTES_MAX)
        err = fail(error, ERR_MALFORMED, "%s: is larger than %u bytes", path,
                   KEYS_FILE_BYTES_MAX);
    if (fd >= 0)
        close(fd);
    return err;
}

enum err keys_load(const struct keys_config *config, struct key_set **out,
                   struct keys_error *error) {
    struct keys_source source = {.secret_name = config->secret_file,
                                 .jwks_name = config->jwks_file,
                                 .algorithms = config->algorithms};
    struct buf secret = {0};
    struct buf jwks = {0};
    enum err err = ERR_OK;
    if (config->secret_file)
        err = file_read(config->secret_file, &secret, error);
    if (err == ERR_OK && config->jwks_file)
        err = file_read(config->jwks_file, &jwks, error);
    if (err != ERR_OK)
        goto done;
    source.secret = buf_slice(&secret);
    source.jwks = buf_slice(&jwks);
    err = keys_parse(&source, out, error);
done:
    if (secret.data)
        OPENSSL_cleanse(secret.data, secret.size);
    if (jwks.data)
        OPENSSL_cleanse(jwks.data, jwks.size);
    buf_finish(&secret);
    buf_finish(&jwks);
    return err;
}

enum err keys_reload(struct key_set **current, const struct keys_config *config,
                     struct keys_error *error) {
    struct key_set *fresh = NULL;
    enum err err = keys_load(config, &fresh, error);
    if (err != ERR_OK)
        return err;
    keys_destroy(*current);
    *current = fresh;
    return ERR_OK;
}

void keys_destroy(struct key_set *keys) {
    if (!keys)
        return;
    key_destroy(keys->secret);
    for (size_t i = 0; i < keys->named_count; i++) {
        key_destroy(keys->named[i].key);
        free(keys->named[i].kid);
    }
    free(keys->named);
    free(keys);
}

const struct key *keys_find(const struct key_set *keys, struct slice kid) {
    for (size_t i = 0; i < keys->named_count; i++) {
        const struct named_key *named = &keys->named[i];
        if (slice_equal(kid, (struct slice){named->kid, named->kid_size}))
            return named->key;
    }
    return NULL;
}

const struct key *keys_secret(const struct key_set *keys) {
    return keys->secret;
}

size_t keys_count(const struct key_set *keys) {
    return keys->named_count;
}

size_t keys_skipped_count(const struct key_set *keys) {
    return keys->skipped_count;
}

uint32_t keys_algorithms(const struct key_set *keys) {
    return keys->algorithms;
}
