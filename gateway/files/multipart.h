/* multipart.h - the body of an upload (RFC 7578, multipart/form-data), read as
 * it comes: one part named "file", with a file name; other parts are passed
 * over, a second file is an offence.
 *
 * Sans-IO and bounded: it keeps the headers of one part, and as many bytes as
 * a delimiter has. The library's own parser (lws_spa) tells nothing about what
 * is wrong, takes a body that ends early for a whole one, and had overruns
 * with long values. Pure. */
#ifndef GATEWAY_FILES_MULTIPART_H
#define GATEWAY_FILES_MULTIPART_H

#include "common/buf.h"
#include "common/limits.h"

/* RFC 2046, section 5.1.1. */
#define MULTIPART_BOUNDARY_BYTES_MAX 70u

/* The headers of one part, a percent-encoded file name among them. */
#define MULTIPART_HEADER_BYTES_MAX 4096u
#define MULTIPART_PARTS_MAX 16u

/* What stands around a file at most: other parts, headers, delimiters. */
#define MULTIPART_EXTRA_BYTES_MAX (64u << 10)

/* Why a body is refused; all but these are MULTIPART_OK. X(name, field, text);
 * the field "" is the body itself. */
#define MULTIPART_TABLE(X)                                                     \
    X(MULTIPART_MALFORMED, "", "the body is no multipart/form-data")           \
    X(MULTIPART_ENDS_EARLY, "", "the body ends before its last boundary")      \
    X(MULTIPART_TOO_MUCH, "", "too much stands beside the file")               \
    X(MULTIPART_NO_FILE, "file", "there is no part named file")                \
    X(MULTIPART_NO_NAME, "file", "the file has no name")                       \
    X(MULTIPART_TWO_FILES, "file", "only one file can be sent at a time")

enum multipart_result {
    MULTIPART_OK,
#define MULTIPART_ENUM(name, field, text) name,
    MULTIPART_TABLE(MULTIPART_ENUM)
#undef MULTIPART_ENUM
};

/* Of the table; static. NULL for MULTIPART_OK. */
const char *multipart_field(enum multipart_result result);
const char *multipart_text(enum multipart_result result);

enum multipart_state {
    MULTIPART_PREAMBLE, /* Before the first delimiter. */
    MULTIPART_AFTER,    /* Behind a delimiter: CR LF, or "--". */
    MULTIPART_HEADERS,
    MULTIPART_BYTES, /* Of a part. */
    MULTIPART_EPILOGUE
};

/* Everything is private. */
struct multipart {
    enum multipart_state state;
    char delimiter[MULTIPART_BOUNDARY_BYTES_MAX + 4]; /* CR LF "--" boundary */
    size_t delimiter_size;
    struct buf held; /* What may be a delimiter's or a header's beginning. */
    struct buf name; /* The file's, as it came. */
    uint32_t parts;
    uint64_t extra; /* Bytes that are not the file's. */
    bool in_file;   /* The part at hand is the file. */
    bool has_file;
};

/* |content_type| is the header's value. False: it is no multipart/form-data,
 * or its boundary is missing or none; |*why| says which of the two (static).
 * Then there is nothing to finish. */
bool multipart_init(struct multipart *multipart, struct slice content_type,
                    const char **why);
void multipart_finish(struct multipart *multipart);

/* Takes the next bytes of the body; what is the file's is appended to |file|.
 * After anything but MULTIPART_OK it must not be called again. */
enum multipart_result multipart_take(struct multipart *multipart,
                                     struct slice bytes, struct buf *file);

/* The body is over: what is wrong with the whole of it. */
enum multipart_result multipart_end(const struct multipart *multipart);

/* The file's name as it came; empty before it did. */
static inline struct slice multipart_name(const struct multipart *multipart) {
    return buf_slice(&multipart->name);
}

#endif
