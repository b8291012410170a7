/* message.h - the few frames that the load client writes and reads.
 *
 * Requests are the `messenger` dialect's. What comes back is searched, not
 * parsed: each text of the bench begins with "seq=<12 digits>", which no
 * other part of a frame holds, and a client that parsed JSON would be the
 * slowest thing in the room. */
#ifndef TESTS_BENCH_MESSAGE_H
#define TESTS_BENCH_MESSAGE_H

#include "common/types.h"

/* Bytes of every message's text. */
#define MESSAGE_TEXT_BYTES 150u
#define MESSAGE_FRAME_BYTES_MAX 1024u

/* Each writes one request to |out| and returns it. */
struct slice message_subscribe(char out[MESSAGE_FRAME_BYTES_MAX], uint64_t pk);
struct slice message_list(char out[MESSAGE_FRAME_BYTES_MAX]);
struct slice message_page(char out[MESSAGE_FRAME_BYTES_MAX], uint64_t pk,
                          uint64_t page);
/* |seq| is in the text and is the request_id too. */
struct slice message_create(char out[MESSAGE_FRAME_BYTES_MAX], uint64_t pk,
                            uint64_t seq);
/* What a server without a dialect (Nchan) sends round verbatim: as many bytes
 * as a create event of the dialect. */
struct slice message_event(char out[MESSAGE_FRAME_BYTES_MAX], uint64_t pk,
                           uint64_t seq);

/* The sequence number in |text|; false if it holds none. |at_hint| is where
 * the last one was found: frames of one stream look alike. */
bool message_seq(struct slice text, size_t *at_hint, uint64_t *seq_out);

/* The number behind |key| ("response_status", "page_count_of_messages"); 0 if
 * there is none. */
uint64_t message_number(struct slice text, const char *key);

/* Whether |text| has the key |key|. */
bool message_has(struct slice text, const char *key);

#endif
