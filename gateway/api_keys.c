/* Keys are kept as they are: whoever can read this process's memory has more
 * than an API key. */
#include "gateway/api_keys.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/buf.h"

struct api_keys {
    size_t count;
    struct slice keys[API_KEYS_MAX];
    char *text; /* Owns them. */
};

static struct slice trim(struct slice line) {
    while (line.size && strchr(" \t\r", line.data[line.size - 1]))
        line.size--;
    while (line.size && strchr(" \t", line.data[0])) {
        line.data++;
        line.size--;
    }
    return line;
}

enum err api_keys_parse(struct slice text, struct api_keys **out,
                        size_t *line_number) {
    struct api_keys *keys = mem_zalloc(sizeof(*keys));
    enum err err = ERR_OK;
    keys->text = mem_alloc(text.size + 1);
    if (text.size)
        memcpy(keys->text, text.data, text.size);
    struct slice rest = {keys->text, text.size};
    *line_number = 0;
    while (rest.size && err == ERR_OK) {
        const char *end = memchr(rest.data, '\n', rest.size);
        size_t size = end ? (size_t)(end - rest.data) : rest.size;
        struct slice key = trim((struct slice){rest.data, size});
        size_t step = size + (end ? 1 : 0);
        rest.data += step;
        rest.size -= step;
        ++*line_number;
        if (key.size == 0 || key.data[0] == '#')
            continue;
        if (key.size < API_KEY_BYTES_MIN || key.size > API_KEY_BYTES_MAX ||
            memchr(key.data, '\0', key.size))
            err = ERR_MALFORMED;
        else if (keys->count == API_KEYS_MAX)
            err = ERR_LIMIT;
        else
            keys->keys[keys->count++] = key;
    }
    if (err == ERR_OK && keys->count == 0) {
        *line_number = 0;
        err = ERR_MALFORMED;
    }
    if (err != ERR_OK) {
        api_keys_destroy(keys);
        return err;
    }
    *out = keys;
    return ERR_OK;
}

enum err api_keys_load(const char *path, struct api_keys **out, size_t *line) {
    struct buf text = {0};
    enum err err = ERR_IO;
    *line = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return ERR_IO;
    for (;;) {
        char *into = buf_reserve(&text, 4096);
        ssize_t size = read(fd, into, 4096);
        if (size < 0)
            goto done;
        if (size == 0)
            break;
        text.size += (size_t)size;
        if (text.size > API_KEYS_FILE_BYTES_MAX) {
            err = ERR_LIMIT;
            goto done;
        }
    }
    err = api_keys_parse(buf_slice(&text), out, line);
done:
    buf_finish(&text);
    close(fd);
    return err;
}

void api_keys_destroy(struct api_keys *keys) {
    if (!keys)
        return;
    free(keys->text);
    free(keys);
}

bool api_keys_match(const struct api_keys *keys, struct slice key) {
    unsigned found = 0;
    for (size_t i = 0; i < keys->count; i++) {
        struct slice own = keys->keys[i];
        unsigned differs = own.size != key.size;
        for (size_t at = 0; at < key.size; at++)
            differs |= (unsigned char)key.data[at] ^
                       (unsigned char)own.data[at % own.size];
        found |= (unsigned)(differs == 0);
    }
    return found != 0;
}
