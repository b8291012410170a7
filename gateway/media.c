/* media.c - see media.h. */
#include "gateway/media.h"

#include "gateway/json/dates.h"

static const char hex_digits[] = "0123456789abcdef";

#define ROOT "/media/"
#define YEAR_AT (sizeof(ROOT) - 1)
#define MONTH_AT (YEAR_AT + 5)
#define SECRET_AT (MONTH_AT + 3)
#define NAME_AT (SECRET_AT + 2 * LIMIT_FILE_SECRET_BYTES + 1)

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* RFC 3986, section 2.3: what need never be encoded. */
static bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

static void put_encoded(struct buf *out, struct slice text) {
    static const char upper[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        char encoded[3] = {'%', upper[c >> 4], upper[c & 15]};
        if (is_unreserved((char)c))
            buf_append(out, &text.data[i], 1);
        else
            buf_append(out, encoded, sizeof(encoded));
    }
}

static void put_root(struct buf *out, const struct wire_file *file) {
    buf_append(out, ROOT, sizeof(ROOT) - 1);
    dates_put_year_month(out, file->created_us);
    buf_append(out, "/", 1);
    for (size_t i = 0; i < file->secret.size; i++) {
        unsigned char c = (unsigned char)file->secret.data[i];
        char digits[2] = {hex_digits[c >> 4], hex_digits[c & 15]};
        buf_append(out, digits, sizeof(digits));
    }
    buf_append(out, "/", 1);
}

void media_put_path(struct buf *out, const struct wire_file *file) {
    put_root(out, file);
    put_encoded(out, file->name);
}

/* The value of a hex digit (|upper|: in either case), or -1. */
static int hex_value(char c, bool upper) {
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (upper && c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool media_take_path(struct slice path, char secret[LIMIT_FILE_SECRET_BYTES]) {
    static const char shape[] = ROOT "dddd/dd/";
    if (path.size <= NAME_AT || path.data[NAME_AT - 1] != '/')
        return false;
    for (size_t i = 0; i < SECRET_AT; i++) {
        bool digit = i >= YEAR_AT && shape[i] == 'd';
        if (digit ? !is_digit(path.data[i]) : path.data[i] != shape[i])
            return false;
    }
    for (size_t i = 0; i < LIMIT_FILE_SECRET_BYTES; i++) {
        int high = hex_value(path.data[SECRET_AT + 2 * i], false);
        int low = hex_value(path.data[SECRET_AT + 2 * i + 1], false);
        if (high < 0 || low < 0)
            return false;
        secret[i] = (char)(high << 4 | low);
    }
    return memchr(path.data + NAME_AT, '/', path.size - NAME_AT) == NULL;
}

/* Whether |encoded| stands for |text|; a '%' that encodes nothing is itself. */
static bool stands_for(struct slice encoded, struct slice text) {
    size_t at = 0;
    for (size_t i = 0; i < encoded.size; i++) {
        char c = encoded.data[i];
        if (c == '%' && i + 2 < encoded.size) {
            int high = hex_value(encoded.data[i + 1], true);
            int low = hex_value(encoded.data[i + 2], true);
            if (high >= 0 && low >= 0) {
                c = (char)(high << 4 | low);
                i += 2;
            }
        }
        if (at == text.size || text.data[at++] != c)
            return false;
    }
    return at == text.size;
}

bool media_is_path(struct slice path, const struct wire_file *file) {
    struct buf root = {0};
    put_root(&root, file);
    bool same =
        path.size >= root.size && memcmp(path.data, root.data, root.size) == 0;
    size_t skipped = root.size;
    buf_finish(&root);
    if (!same)
        return false;
    struct slice name = {path.data + skipped, path.size - skipped};
    return slice_equal(name, file->name) || stands_for(name, file->name);
}
