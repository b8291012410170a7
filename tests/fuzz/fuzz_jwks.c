/* fuzz_jwks.c - key files from anywhere: whatever is taken can be used. */
#include <stdint.h>

#include "gateway/auth/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct keys_source source = {.jwks = {(const char *)data, size},
                                 .jwks_name = "jwks"};
    struct keys_error error = {0};
    struct key_set *keys = NULL;
    if (keys_parse(&source, &keys, &error) != ERR_OK) {
        INVARIANT(!keys && error.text[0] != '\0');
        return 0;
    }
    INVARIANT(keys_count(keys) > 0 && keys_count(keys) <= KEYS_COUNT_MAX);
    INVARIANT(keys_algorithms(keys) != 0 && !keys_secret(keys));
    INVARIANT(!keys_find(keys, (struct slice){0}));
    keys_destroy(keys);
    return 0;
}
