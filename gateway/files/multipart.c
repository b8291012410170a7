/* multipart.c - see multipart.h. */
#include "gateway/files/multipart.h"

#include <strings.h>

#include "gateway/files/disposition.h"

const char *multipart_field(enum multipart_result result) {
    static const char *const fields[] = {[MULTIPART_OK] = NULL,
#define MULTIPART_FIELD(name, field, text) [name] = field,
                                         MULTIPART_TABLE(MULTIPART_FIELD)
#undef MULTIPART_FIELD
    };
    return fields[result];
}

const char *multipart_text(enum multipart_result result) {
    static const char *const texts[] = {[MULTIPART_OK] = NULL,
#define MULTIPART_TEXT(name, field, text) [name] = text,
                                        MULTIPART_TABLE(MULTIPART_TEXT)
#undef MULTIPART_TEXT
    };
    return texts[result];
}

/* --- The boundary --------------------------------------------------------- */

static bool is_boundary(struct slice text) {
    static const char marks[] = "'()+_,-./:=? ";
    if (text.size == 0 || text.size > MULTIPART_BOUNDARY_BYTES_MAX ||
        text.data[text.size - 1] == ' ')
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr(marks, c)))
            return false;
    }
    return true;
}

static bool is_form_data(struct slice content_type) {
    static const char type[] = "multipart/form-data";
    size_t size = sizeof(type) - 1;
    if (content_type.size < size ||
        strncasecmp(content_type.data, type, size) != 0)
        return false;
    char next = content_type.size > size ? content_type.data[size] : ';';
    return next == ';' || next == ' ' || next == '\t';
}

bool multipart_init(struct multipart *multipart, struct slice content_type,
                    const char **why) {
    struct buf boundary = {0};
    bool whole;
    *multipart = (struct multipart){.state = MULTIPART_PREAMBLE};
    if (!is_form_data(content_type)) {
        *why = "the Content-Type is not multipart/form-data";
        return false;
    }
    bool good = parameter_find(content_type, "boundary", &boundary, &whole) &&
                is_boundary(buf_slice(&boundary));
    if (good) {
        memcpy(multipart->delimiter, "\r\n--", 4);
        memcpy(multipart->delimiter + 4, boundary.data, boundary.size);
        multipart->delimiter_size = 4 + boundary.size;
        /* The first delimiter may stand at the very beginning. */
        buf_append(&multipart->held, "\r\n", 2);
    } else {
        *why = "the Content-Type has no boundary, or a malformed one";
    }
    buf_finish(&boundary);
    return good;
}

void multipart_finish(struct multipart *multipart) {
    buf_finish(&multipart->held);
    buf_finish(&multipart->name);
}

/* --- Parts ---------------------------------------------------------------- */

static enum multipart_result begin_part(struct multipart *multipart,
                                        struct slice headers) {
    struct disposition disposition;
    enum multipart_result result = MULTIPART_OK;
    if (!disposition_read(headers, &disposition)) {
        disposition_finish(&disposition);
        return MULTIPART_MALFORMED;
    }
    struct slice field = buf_slice(&disposition.name);
    multipart->in_file = slice_equal(field, SLICE("file"));
    if (multipart->in_file && multipart->has_file) {
        result = MULTIPART_TWO_FILES;
    } else if (multipart->in_file) {
        multipart->has_file = true;
        if (disposition.filename.size == 0)
            result = MULTIPART_NO_NAME;
        buf_append_slice(&multipart->name, buf_slice(&disposition.filename));
    } else if (disposition.has_filename && disposition.filename.size) {
        /* A file under another name is a mistake, not a remark. */
        result = multipart->has_file ? MULTIPART_TWO_FILES : MULTIPART_NO_FILE;
    }
    disposition_finish(&disposition);
    return result;
}

/* Each of these takes from the front of multipart->held. |*more|: it changed
 * the state, so there may be more to take. */

/* How much of |held| is surely no delimiter. */
static size_t plain_size(const struct multipart *multipart) {
    const struct buf *held = &multipart->held;
    size_t keep = multipart->delimiter_size - 1;
    return held->size > keep ? held->size - keep : 0;
}

static void take_bytes(struct multipart *multipart, struct buf *file,
                       bool *more) {
    struct buf *held = &multipart->held;
    const char *found =
        held->size ? memmem(held->data, held->size, multipart->delimiter,
                            multipart->delimiter_size)
                   : NULL;
    size_t size = found ? (size_t)(found - held->data) : plain_size(multipart);
    bool is_file = multipart->state == MULTIPART_BYTES && multipart->in_file;
    if (is_file)
        buf_append(file, held->data, size);
    else
        multipart->extra += size;
    if (found) {
        size += multipart->delimiter_size;
        multipart->extra += multipart->delimiter_size;
        multipart->state = MULTIPART_AFTER;
        *more = true;
    }
    if (size)
        buf_consume(held, size);
}

/* RFC 2046 allows white space behind a delimiter. */
static enum multipart_result take_after(struct multipart *multipart,
                                        bool *more) {
    struct buf *held = &multipart->held;
    size_t at = 0;
    while (at < held->size && (held->data[at] == ' ' || held->data[at] == '\t'))
        at++;
    multipart->extra += at;
    if (at)
        buf_consume(held, at);
    if (held->size < 2)
        return MULTIPART_OK;
    bool last = memcmp(held->data, "--", 2) == 0;
    if (!last && memcmp(held->data, "\r\n", 2) != 0)
        return MULTIPART_MALFORMED;
    if (!last && multipart->parts++ == MULTIPART_PARTS_MAX)
        return MULTIPART_TOO_MUCH;
    buf_consume(held, 2);
    multipart->state = last ? MULTIPART_EPILOGUE : MULTIPART_HEADERS;
    *more = true;
    return MULTIPART_OK;
}

static enum multipart_result take_headers(struct multipart *multipart,
                                          bool *more) {
    struct buf *held = &multipart->held;
    const char *end =
        held->size ? memmem(held->data, held->size, "\r\n\r\n", 4) : NULL;
    size_t size = end ? (size_t)(end - held->data) + 4 : held->size;
    if (size > MULTIPART_HEADER_BYTES_MAX)
        return MULTIPART_TOO_MUCH;
    if (!end)
        return MULTIPART_OK;
    struct slice headers = {held->data, size - 2};
    enum multipart_result result = begin_part(multipart, headers);
    multipart->extra += size;
    buf_consume(held, size);
    multipart->state = MULTIPART_BYTES;
    *more = true;
    return result;
}

enum multipart_result multipart_take(struct multipart *multipart,
                                     struct slice bytes, struct buf *file) {
    enum multipart_result result = MULTIPART_OK;
    bool more = true;
    buf_append_slice(&multipart->held, bytes);
    while (more && result == MULTIPART_OK) {
        more = false;
        switch (multipart->state) {
        case MULTIPART_PREAMBLE:
        case MULTIPART_BYTES:
            take_bytes(multipart, file, &more);
            break;
        case MULTIPART_AFTER:
            result = take_after(multipart, &more);
            break;
        case MULTIPART_HEADERS:
            result = take_headers(multipart, &more);
            break;
        case MULTIPART_EPILOGUE:
            multipart->extra += multipart->held.size;
            buf_clear(&multipart->held);
            break;
        }
    }
    if (result == MULTIPART_OK && multipart->extra > MULTIPART_EXTRA_BYTES_MAX)
        result = MULTIPART_TOO_MUCH;
    return result;
}

enum multipart_result multipart_end(const struct multipart *multipart) {
    if (multipart->state != MULTIPART_EPILOGUE)
        return multipart->parts ? MULTIPART_ENDS_EARLY : MULTIPART_MALFORMED;
    return multipart->has_file ? MULTIPART_OK : MULTIPART_NO_FILE;
}
