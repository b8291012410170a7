/* scan.h - look into one JSON object from a client without building a tree.
 *
 * A frontend wants a handful of top-level members, some of them only to echo
 * them exactly as they came (a request_id may be any value, a page any number
 * of digits), and it wants them for every frame of every client. So this reads
 * the whole text once, checks it against RFC 8259 and a bound on nesting, and
 * gives the wanted members as slices of the text. Everything less frequent
 * (HTTP bodies, key files) goes through jansson; a test holds the two against
 * each other. Pure. */
#ifndef GATEWAY_JSON_SCAN_H
#define GATEWAY_JSON_SCAN_H

#include "common/buf.h"
#include "common/err.h"
#include "common/types.h"

/* RELIABILITY.md: frames nested deeper are refused. */
#define JSON_DEPTH_MAX 32u

enum json_type {
    JSON_ABSENT, /* No such member. */
    JSON_NULL_VALUE,
    JSON_BOOLEAN,
    JSON_NUMBER,
    JSON_TEXT,
    JSON_LIST,
    JSON_OBJECT_VALUE
};

/* A wanted member; |raw| is its value as it stands in the text. */
struct json_member {
    const char *name;
    enum json_type type;
    struct slice raw;
};

/* Find |members| (by their names) in |text|, which is valid UTF-8. Of members
 * that come twice the last one counts. ERR_MALFORMED: it is not one JSON
 * object; ERR_LIMIT: it nests deeper than JSON_DEPTH_MAX. */
enum err json_scan(struct slice text, struct json_member *members,
                   size_t count) MUST_CHECK;

/* The next element of a list. |rest| is at first the value of a JSON_LIST as
 * json_scan gave it, and moves on; |out|'s name is left alone. False: there is
 * no more. */
bool json_next(struct slice *rest, struct json_member *out);

/* What json_scan_all() met besides the members asked for: the first name that
 * is none of them, the first that comes twice (raw, with quotes; no data: there
 * is none). */
struct json_names {
    struct slice unknown;
    struct slice twice;
};

/* The same, for a body of which every member must be known. Of the names, only
 * those asked for are looked at for coming twice. */
enum err json_scan_all(struct slice text, struct json_member *members,
                       size_t count, struct json_names *names) MUST_CHECK;

/* The text of a JSON_TEXT value, unescaped, appended to |out|. ERR_MALFORMED:
 * it holds a NUL or half of a surrogate pair. */
enum err json_unescape(struct slice raw, struct buf *out) MUST_CHECK;

/* A whole number, or a text of decimal digits, as clients of Django write ids.
 * ERR_MALFORMED: neither. Values over UINT64_MAX are UINT64_MAX; |negative|
 * tells of a minus sign (then the value is its amount). */
enum err json_whole(const struct json_member *member, uint64_t *out,
                    bool *negative) MUST_CHECK;

#endif
