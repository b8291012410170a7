/* trace_hash.c - XXH3 of some bytes; the only user of xxhash, compiled twice.
 * XXH3's results are the same on every machine and with all instructions, and
 * fixed since xxhash 0.8.0. */
#include "broker/trace/trace_hash.h"

/* In line: a broker hashes few bytes at a time, and many times. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#ifdef TRACE_HASH_WIDE
uint64_t trace_hash_wide(struct slice bytes) {
#else
uint64_t trace_hash_plain(struct slice bytes) {
#endif
    return XXH3_64bits(bytes.data, bytes.size);
}
