/* zpl.c - see zpl.h.
 *
 * czmq's reader is for trusted files: a line over 1,024 bytes makes it read
 * out of bounds, its tree is freed by recursion over all siblings and built in
 * quadratic time, and it complains on stdout. So every line is checked here
 * first, and only text that it reads without complaint gets there. */
#include "common/link/zpl.h"

#include <czmq.h>

#include "common/buf.h"

static bool is_name(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '_';
}

static bool is_blank(char byte) {
    return byte == ' ' || byte == '\t';
}

static struct slice without_blanks(struct slice line) {
    while (line.size > 0 && is_blank(line.data[0]))
        line = (struct slice){line.data + 1, line.size - 1};
    while (line.size > 0 && is_blank(line.data[line.size - 1]))
        line.size--;
    return line;
}

/* What is wrong with a value and what stands behind it, or NULL. */
static const char *check_value(struct slice value) {
    if (value.size == 0 || value.data[0] == '#')
        return "there is no value";
    char quote = value.data[0];
    if (quote != '"' && quote != '\'')
        return NULL;
    const char *end = memchr(value.data + 1, quote, value.size - 1);
    if (!end)
        return "a quote is missing";
    struct slice rest = {end + 1, (size_t)(value.data + value.size - end) - 1};
    rest = without_blanks(rest);
    return rest.size == 0 || rest.data[0] == '#' ? NULL
                                                 : "text after the quotes";
}

/* What is wrong with a line that is neither empty nor a comment, or NULL. */
static const char *check_setting(struct slice line) {
    size_t name_size = 0;
    while (name_size < line.size && is_name(line.data[name_size]))
        name_size++;
    if (is_blank(line.data[0]))
        return "sections are not used here, so no line is indented";
    if (name_size == 0)
        return "a name is expected";
    struct slice rest = {line.data + name_size, line.size - name_size};
    rest = without_blanks(rest);
    if (rest.size == 0 || rest.data[0] != '=')
        return "a '=' is expected after the name";
    rest = (struct slice){rest.data + 1, rest.size - 1};
    return check_value(without_blanks(rest));
}

static const char *check_bytes(struct slice line) {
    for (size_t i = 0; i < line.size; i++) {
        unsigned char byte = (unsigned char)line.data[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
            return "control characters are not allowed";
    }
    return NULL;
}

/* Copies the settings of |text|, one a line, to |out|. */
static enum err collect(struct slice text, struct buf *out,
                        struct zpl_error *error) {
    size_t settings = 0;
    for (error->line = 1; text.size > 0; error->line++) {
        const char *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : text.size;
        struct slice line = {text.data, size};
        size_t step = end ? size + 1 : size;
        text = (struct slice){text.data + step, text.size - step};
        if (line.size > 0 && line.data[line.size - 1] == '\r')
            line.size--;
        error->reason = "the line is too long";
        if (line.size > ZPL_LINE_BYTES_MAX)
            return ERR_LIMIT;
        error->reason = check_bytes(line);
        if (error->reason)
            return ERR_MALFORMED;
        struct slice content = without_blanks(line);
        if (content.size == 0 || content.data[0] == '#')
            continue;
        error->reason = check_setting(line);
        if (error->reason)
            return ERR_MALFORMED;
        error->reason = "too many settings";
        if (++settings > ZPL_SETTINGS_MAX)
            return ERR_LIMIT;
        buf_append_slice(out, line);
        buf_append(out, "\n", 1);
    }
    return ERR_OK;
}

enum err zpl_parse(struct slice text, zpl_visit *visit, void *payload,
                   struct zpl_error *error) {
    struct zpl_error found = {0, "the file is too large"};
    struct buf settings = {0};
    zconfig_t *root = NULL;
    enum err err = ERR_LIMIT;
    if (text.size > ZPL_FILE_BYTES_MAX) {
        *error = found;
        goto done;
    }
    err = collect(text, &settings, &found);
    if (err != ERR_OK) {
        *error = found;
        goto done;
    }
    buf_append(&settings, "", 1);
    root = zconfig_str_load(settings.data);
    INVARIANT(root != NULL);
    for (zconfig_t *item = zconfig_child(root); item && err == ERR_OK;
         item = zconfig_next(item))
        err = visit(zconfig_name(item), zconfig_value(item), payload);
done:
    zconfig_destroy(&root);
    buf_finish(&settings);
    return err;
}
