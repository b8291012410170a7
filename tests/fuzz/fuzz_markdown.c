/* fuzz_markdown.c - any bytes as the Markdown of a message. Whatever comes:
 * HTML of the listed tags and schemes only, valid UTF-8, within its bound, and
 * the same the next time; or ERR_LIMIT for what is too long. */
#include <stdint.h>

#include "common/markdown/markdown.h"
#include "common/utf8.h"
#include "tests/lib/html_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice text = {(const char *)data, size};
    struct buf html = {0}, again = {0};
    enum err err = markdown_html(text, &html);
    if (err == ERR_LIMIT) {
        INVARIANT(html.size == 0 && size > LIMIT_TEXT_POINTS);
        return 0;
    }
    INVARIANT(err == ERR_OK && html.size <= MARKDOWN_HTML_BYTES_MAX);
    const char *wrong = html_check(buf_slice(&html));
    INVARIANT(wrong == NULL);
    for (struct slice rest = buf_slice(&html); rest.size;) {
        size_t bytes;
        uint32_t point = utf8_next(rest, &bytes);
        INVARIANT(point != UTF8_INVALID);
        rest.data += bytes;
        rest.size -= bytes;
    }
    err = markdown_html(text, &again);
    INVARIANT(err == ERR_OK);
    INVARIANT(slice_equal(buf_slice(&html), buf_slice(&again)));
    buf_finish(&html);
    buf_finish(&again);
    return 0;
}
