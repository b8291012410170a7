/* wire_json.h - a wire message as a JSON object, and back, led by the schema
 * of common/wire: a field that is added there is here.
 *
 *   {"kind":"send","correlation":7,"partition":1,"room":65,
 *    "author":{"user":5,"username":"bob"},"text":"hi"}
 *
 * Fields that are zero or empty are left out. A field that has the name of one
 * of the first three is called after its message: "send_kind", "event_kind",
 * "refused_partition". A number beyond 2^53 is a string of digits, because most
 * readers of JSON would round it. Bytes that are not UTF-8 are {"hex":"..."}.
 *
 * Every message keeps its very bytes: when its fields do not give them again
 * (an older or newer sender, another packer), "bytes" tells them, and wins.
 * Pure. */
#ifndef BROKER_REPLAY_WIRE_JSON_H
#define BROKER_REPLAY_WIRE_JSON_H

#include "broker/trace/trace.h"
#include "common/wire/wire.h"

/* Numbers up to here are the same in every reader. */
#define WIRE_JSON_NUMBER_MAX ID_MAX

/* Appends the object of |wire|. No memory is taken but |out|'s. */
void wire_json_put_object(struct buf *out, const struct wire *wire);

/* Appends the message |bytes| as members of an object that has been begun:
 * ,"<key>":{...} (null if it does not decode), and ,"bytes":"<hex>" if that
 * does not say all. |arena| and |scratch| are for the work. */
void wire_json_put_message(struct buf *out, const char *key, struct slice bytes,
                           struct arena *arena, struct buf *scratch);

/* A number, or its digits as a string if it is too large for most readers. */
void wire_json_put_number(struct buf *out, uint64_t value);

/* Lower-case hex with quotes. */
void wire_json_put_hex(struct buf *out, struct slice bytes);

/* Text with quotes if it is UTF-8, else {"hex":"..."}. */
void wire_json_put_bytes(struct buf *out, struct slice bytes);

struct json_t; /* jansson's */

/* Appends the bytes of the message that the object |whole| has: its "bytes" or
 * its member |key|. ERR_MALFORMED: |error| says what is wrong and at which
 * field (its offset is left alone). |arena| is for the work. */
enum err wire_json_get_message(const struct json_t *whole, const char *key,
                               struct arena *arena, struct buf *out,
                               struct trace_error *error) MUST_CHECK;

/* The number of a member, from 0 to |max|; a missing one is 0 unless
 * |is_required|. Errors as above. */
enum err wire_json_get_number(const struct json_t *object, const char *name,
                              bool is_required, uint64_t max, uint64_t *out,
                              struct trace_error *error) MUST_CHECK;

/* Every member of |object| is among the |count| |names|. Errors as above. */
enum err wire_json_check_names(const struct json_t *object,
                               const char *const *names, size_t count,
                               struct trace_error *error) MUST_CHECK;

/* Fills |error| and returns ERR_MALFORMED. */
__attribute__((format(printf, 2, 3))) enum err
wire_json_fail(struct trace_error *error, const char *format, ...);

#endif
