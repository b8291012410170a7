/* keys.h - the keys that tokens are checked with, as the operator gave them.
 *
 * A key set is made of a secret file, a JWKS file, or both, and is immutable:
 * a reload makes a new one and changes the pointer, so a bad file never takes
 * away the keys that work. Any number of threads may read one. */
#ifndef GATEWAY_AUTH_KEYS_H
#define GATEWAY_AUTH_KEYS_H

#include "common/err.h"
#include "common/types.h"
#include "gateway/auth/key.h"

/* Of either file. An identity provider's JWKS is some kilobytes. */
#define KEYS_FILE_BYTES_MAX (1u << 20)

/* Usable keys of one JWKS; a lookup goes through them one by one. */
#define KEYS_COUNT_MAX 256u

struct key_set;

struct keys_config {
    const char *secret_file; /* NULL: none. */
    const char *jwks_file;   /* NULL: none. */
    uint32_t algorithms;     /* Only these; 0: all that the keys can do. */
};

/* The same with the contents at hand. Data of NULL: none. The names are for
 * messages. */
struct keys_source {
    struct slice secret;
    const char *secret_name;
    struct slice jwks;
    const char *jwks_name;
    uint32_t algorithms;
};

/* One line for the operator: which file, which key, which field, why. Never
 * contains a byte of a key. */
struct keys_error {
    char text[512];
};

/* Reads the files of |config| and makes |*out|, which the caller destroys.
 * ERR_IO: a file cannot be read. ERR_MALFORMED: neither file is given, a file
 * is over its bound, empty or malformed, two keys have one kid, or no key can
 * do any of the algorithms. |error| is set on both. */
enum err keys_load(const struct keys_config *config, struct key_set **out,
                   struct keys_error *error) MUST_CHECK;

/* keys_load() without files; ERR_MALFORMED as there. One newline at the end of
 * the secret is cut off. */
enum err keys_parse(const struct keys_source *source, struct key_set **out,
                    struct keys_error *error) MUST_CHECK;

/* Loads again and replaces |*current|, destroying the old set. On failure, as
 * of keys_load(), |*current| stays as it was. */
enum err keys_reload(struct key_set **current, const struct keys_config *config,
                     struct keys_error *error) MUST_CHECK;

/* Accepts NULL. */
void keys_destroy(struct key_set *keys);

/* The key named |kid|, or NULL. Byte for byte; a kid is never a file name. */
const struct key *keys_find(const struct key_set *keys, struct slice kid);

/* The key for tokens without a kid, or NULL: that of the secret file. */
const struct key *keys_secret(const struct key_set *keys);

/* For the log: keys with a kid, and keys of the JWKS file that were passed
 * over because they are for something else or of a kind unknown here. */
size_t keys_count(const struct key_set *keys);
size_t keys_skipped_count(const struct key_set *keys);

/* Every algorithm that some key of the set can do. */
uint32_t keys_algorithms(const struct key_set *keys);

#endif
