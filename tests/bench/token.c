/* token.c - see token.h. */
#include "tests/bench/token.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <time.h>

#include "common/err.h"

#define TOKEN_TTL_S (24 * 3600)

/* Base64url without padding; returns the characters written. */
static size_t encode(char *out, const void *data, size_t size) {
    int written = EVP_EncodeBlock((uint8_t *)out, data, (int)size);
    size_t kept = (size_t)written;
    while (kept > 0 && out[kept - 1] == '=')
        kept--;
    for (size_t i = 0; i < kept; i++) {
        if (out[i] == '+')
            out[i] = '-';
        else if (out[i] == '/')
            out[i] = '_';
    }
    return kept;
}

void token_sign(struct slice secret, uint64_t user, char out[TOKEN_BYTES_MAX]) {
    static const char head[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    char claims[160];
    int claims_size =
        snprintf(claims, sizeof(claims),
                 "{\"user_id\":%" PRIu64 ",\"username\":\"user-%" PRIu64
                 "\",\"exp\":%lld}",
                 user, user, (long long)time(NULL) + TOKEN_TTL_S);
    INVARIANT(claims_size > 0 && (size_t)claims_size < sizeof(claims));
    size_t at = encode(out, head, sizeof(head) - 1);
    out[at++] = '.';
    at += encode(out + at, claims, (size_t)claims_size);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    HMAC(EVP_sha256(), secret.data, (int)secret.size, (const uint8_t *)out, at,
         digest, &digest_size);
    out[at++] = '.';
    at += encode(out + at, digest, digest_size);
    out[at] = '\0';
}
