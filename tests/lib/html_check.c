/* html_check.c - see html_check.h. */
#include "tests/lib/html_check.h"

#include "common/buf.h"

static const char *const simple[] = {"p",  "h1", "h2",         "h3",  "h4",
                                     "h5", "h6", "blockquote", "ul",  "ol",
                                     "li", "em", "strong",     "pre", "code"};

#define SIMPLE_COUNT (sizeof simple / sizeof *simple)
#define LINK SIMPLE_COUNT /* What an open <a> stands as on the stack. */
#define LIST 9u
#define CODE 14u

static bool take(struct slice *at, const char *text) {
    size_t size = strlen(text);
    if (at->size < size || memcmp(at->data, text, size) != 0)
        return false;
    at->data += size;
    at->size -= size;
    return true;
}

/* Bytes of |set| up to |stop|, which is taken. */
static bool take_set(struct slice *at, const char *set, const char *stop) {
    while (at->size && *at->data && strchr(set, *at->data)) {
        at->data++;
        at->size--;
    }
    return take(at, stop);
}

#define LETTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

static bool take_scheme(struct slice *at) {
    static const char *const schemes[] = {"http://", "https://", "mailto:"};
    for (size_t i = 0; i < 3; i++) {
        size_t size = strlen(schemes[i]);
        size_t same = 0;
        while (same < size && same < at->size &&
               (at->data[same] == schemes[i][same] ||
                (at->data[same] | 0x20) == schemes[i][same]))
            same++;
        if (same == size) {
            at->data += size;
            at->size -= size;
            return true;
        }
    }
    return false;
}

/* Behind "<a ". */
static const char *take_link(struct slice *at) {
    if (!take(at, "href=\"") || !take_scheme(at))
        return "a link with another scheme";
    while (at->size && *at->data != '"') {
        if (*at->data == '&' ? !take(at, "&amp;")
                             : !take_set(at, LETTERS "-_.~!*(),;:@+$/?#=%", ""))
            return "an address with bytes that it must not have";
        if (at->size && *at->data != '"' && *at->data != '&' &&
            !strchr(LETTERS "-_.~!*(),;:@+$/?#=%", *at->data))
            return "an address with bytes that it must not have";
    }
    if (!take(at, "\" rel=\"noopener noreferrer nofollow\">"))
        return "a link without its rel";
    return NULL;
}

/* Which tag begins here, as its place on the stack. */
static const char *take_open(struct slice *at, unsigned char *tag) {
    if (take(at, "a ")) {
        *tag = LINK;
        return take_link(at);
    }
    if (take(at, "ol start=\"")) {
        *tag = LIST;
        return take_set(at, "0123456789", "\">") ? NULL : "a bad start";
    }
    if (take(at, "code class=\"language-")) {
        *tag = CODE;
        return take_set(at, LETTERS "-_+#.", "\">") ? NULL : "a bad language";
    }
    for (size_t i = 0; i < SIMPLE_COUNT; i++) {
        struct slice rest = *at;
        if (!take(&rest, simple[i]) || !take(&rest, ">"))
            continue;
        *at = rest;
        *tag = (unsigned char)i;
        return NULL;
    }
    return "a tag that is none of ours";
}

static const char *take_tag(struct slice *at, struct buf *stack) {
    unsigned char tag = 0;
    if (take(at, "br />") || take(at, "hr />"))
        return NULL;
    if (!take(at, "/")) {
        const char *wrong = take_open(at, &tag);
        if (!wrong && tag == LINK && stack->size &&
            memchr(stack->data, LINK, stack->size))
            wrong = "a link within a link";
        buf_append(stack, &tag, 1);
        return wrong;
    }
    if (stack->size == 0)
        return "an end without a beginning";
    tag = (unsigned char)stack->data[--stack->size];
    if (!take(at, tag == LINK ? "a" : simple[tag]) || !take(at, ">"))
        return "the end of another tag";
    return NULL;
}

const char *html_check(struct slice html) {
    struct buf stack = {0};
    const char *wrong = NULL;
    while (html.size && !wrong) {
        if (take(&html, "<"))
            wrong = take_tag(&html, &stack);
        else if (*html.data == '&' && !take(&html, "&amp;") &&
                 !take(&html, "&lt;") && !take(&html, "&gt;") &&
                 !take(&html, "&quot;"))
            wrong = "a loose ampersand";
        else if (html.size &&
                 (*html.data == '>' || *html.data == '"' || *html.data == '\0'))
            wrong = "a byte that is not escaped";
        else if (html.size && *html.data != '<' && *html.data != '&') {
            html.data++;
            html.size--;
        }
    }
    if (!wrong && stack.size)
        wrong = "a beginning without an end";
    buf_finish(&stack);
    return wrong;
}
