/* markdown.c - see markdown.h. cmark parses; the tree is written by hand, for
 * cmark's own writer keeps remote images and knows nothing of rel. */
#include "common/markdown/markdown.h"

#include <cmark.h>

#include "common/utf8.h"

/* One text on its way. */
struct writer {
    struct buf *out;
    size_t size_max;  /* Of |out|; beyond it the writing stops. */
    cmark_node *bare; /* The paragraph that has no <p>, or NULL. */
    cmark_node *link; /* The open <a>, or NULL: one within another is none. */
};

static void put(struct writer *writer, const char *text) {
    buf_append(writer->out, text, strlen(text));
}

static void put_line(struct writer *writer, const char *text) {
    put(writer, text);
    put(writer, "\n");
}

/* What a character stands as in text and in an attribute; NULL: as itself. */
static const char *entity_of(char c) {
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

static void put_escaped(struct buf *out, struct slice text) {
    size_t start = 0;
    for (size_t i = 0; i < text.size; i++) {
        const char *entity = entity_of(text.data[i]);
        if (!entity)
            continue;
        buf_append(out, text.data + start, i - start);
        buf_append(out, entity, strlen(entity));
        start = i + 1;
    }
    buf_append(out, text.data + start, text.size - start);
}

static struct slice literal_of(cmark_node *node) {
    return slice_of(cmark_node_get_literal(node));
}

static bool begins(const char *text, const char *with) {
    for (; *with; text++, with++) {
        char c = *text;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c | 0x20);
        if (c != *with)
            return false;
    }
    return *text != '\0';
}

/* Entities and backslashes are resolved by now: what stands in |url| is what a
 * browser would see. Browsers drop control characters, so that one of them
 * could make another scheme of it. */
static bool is_allowed(const char *url) {
    if (!begins(url, "http://") && !begins(url, "https://") &&
        !begins(url, "mailto:"))
        return false;
    for (const char *at = url; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return false;
    return true;
}

/* Bytes that have a place in an address stay, all others are percent-encoded;
 * a percent sign is taken for one that encodes already. */
static void put_url(struct buf *out, const char *url) {
    static const char hex[] = "0123456789ABCDEF";
    for (; *url; url++) {
        unsigned char c = (unsigned char)*url;
        bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                      (c >= 'a' && c <= 'z');
        if (letter || strchr("-_.~!*(),;:@+$/?#=%", c)) {
            buf_append(out, url, 1);
        } else if (c == '&') {
            buf_append(out, "&amp;", 5);
        } else {
            char encoded[3] = {'%', hex[c >> 4], hex[c & 15]};
            buf_append(out, encoded, 3);
        }
    }
}

static void put_link(struct writer *writer, cmark_node *node, bool entering) {
    if (!entering) {
        if (writer->link != node)
            return;
        writer->link = NULL;
        put(writer, "</a>");
        return;
    }
    const char *url = cmark_node_get_url(node);
    if (writer->link || !url || !is_allowed(url))
        return;
    writer->link = node;
    put(writer, "<a href=\"");
    put_url(writer->out, url);
    put(writer, "\" rel=\"noopener noreferrer nofollow\">");
}

/* The first word behind the fence, if it can be the name of a language. */
static void put_code_block(struct writer *writer, cmark_node *node) {
    const char *info = cmark_node_get_fence_info(node);
    size_t size = info ? strcspn(info, " \t") : 0;
    bool fit = size > 0 && size <= 32;
    for (size_t i = 0; fit && i < size; i++) {
        char c = info[i];
        fit = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
              (c >= 'a' && c <= 'z') || strchr("-_+#.", c);
    }
    put(writer, "<pre><code");
    if (fit) {
        put(writer, " class=\"language-");
        buf_append(writer->out, info, size);
        put(writer, "\"");
    }
    put(writer, ">");
    put_escaped(writer->out, literal_of(node));
    put_line(writer, "</code></pre>");
}

static void put_list(struct writer *writer, cmark_node *node, bool entering) {
    bool ordered = cmark_node_get_list_type(node) == CMARK_ORDERED_LIST;
    int start = cmark_node_get_list_start(node);
    if (!entering)
        put_line(writer, ordered ? "</ol>" : "</ul>");
    else if (!ordered)
        put_line(writer, "<ul>");
    else if (start == 1 || start < 0)
        put_line(writer, "<ol>");
    else {
        char digits[10]; /* CommonMark takes nine at most. */
        size_t at = sizeof digits;
        unsigned value = (unsigned)start;
        do {
            digits[--at] = (char)('0' + value % 10);
            value /= 10;
        } while (value);
        put(writer, "<ol start=\"");
        buf_append(writer->out, digits + at, sizeof digits - at);
        put_line(writer, "\">");
    }
}

/* The paragraphs of a tight list have no tags, and of a text that is nothing
 * but one paragraph neither. */
static void put_paragraph(struct writer *writer, cmark_node *node,
                          bool entering) {
    cmark_node *list = cmark_node_parent(cmark_node_parent(node));
    bool tight = list && cmark_node_get_type(list) == CMARK_NODE_LIST &&
                 cmark_node_get_list_tight(list);
    if (node == writer->bare)
        return;
    if (tight) {
        if (!entering && cmark_node_next(node))
            put(writer, "\n");
    } else if (entering) {
        put(writer, "<p>");
    } else {
        put_line(writer, "</p>");
    }
}

static void put_heading(struct writer *writer, cmark_node *node,
                        bool entering) {
    char tag[] = "<h1>", end[] = "</h1>";
    char level = (char)('0' + cmark_node_get_heading_level(node));
    tag[2] = end[3] = level;
    if (entering)
        put(writer, tag);
    else
        put_line(writer, end);
}

static void put_node(struct writer *writer, cmark_node *node, bool entering) {
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_BLOCK_QUOTE:
        put_line(writer, entering ? "<blockquote>" : "</blockquote>");
        break;
    case CMARK_NODE_LIST:
        put_list(writer, node, entering);
        break;
    case CMARK_NODE_ITEM:
        put(writer, entering ? "<li>" : "</li>\n");
        break;
    case CMARK_NODE_CODE_BLOCK:
        put_code_block(writer, node);
        break;
    case CMARK_NODE_PARAGRAPH:
        put_paragraph(writer, node, entering);
        break;
    case CMARK_NODE_HEADING:
        put_heading(writer, node, entering);
        break;
    case CMARK_NODE_THEMATIC_BREAK:
        put_line(writer, "<hr />");
        break;
    case CMARK_NODE_TEXT:
        put_escaped(writer->out, literal_of(node));
        break;
    case CMARK_NODE_SOFTBREAK:
        put(writer, "\n");
        break;
    case CMARK_NODE_LINEBREAK:
        put_line(writer, "<br />");
        break;
    case CMARK_NODE_CODE:
        put(writer, "<code>");
        put_escaped(writer->out, literal_of(node));
        put(writer, "</code>");
        break;
    case CMARK_NODE_EMPH:
        put(writer, entering ? "<em>" : "</em>");
        break;
    case CMARK_NODE_STRONG:
        put(writer, entering ? "<strong>" : "</strong>");
        break;
    case CMARK_NODE_LINK:
        put_link(writer, node, entering);
        break;
    case CMARK_NODE_IMAGE: /* Its children are the text in its place. */
    case CMARK_NODE_HTML_BLOCK:
    case CMARK_NODE_HTML_INLINE:
    case CMARK_NODE_CUSTOM_BLOCK:
    case CMARK_NODE_CUSTOM_INLINE:
    case CMARK_NODE_DOCUMENT:
    case CMARK_NODE_NONE:
        break;
    }
}

/* False: it would be too long. */
static bool write_tree(struct writer *writer, cmark_node *document) {
    cmark_node *first = cmark_node_first_child(document);
    if (first && cmark_node_get_type(first) == CMARK_NODE_PARAGRAPH &&
        !cmark_node_next(first))
        writer->bare = first;
    cmark_iter *nodes = cmark_iter_new(document);
    cmark_event_type event;
    while ((event = cmark_iter_next(nodes)) != CMARK_EVENT_DONE &&
           writer->out->size <= writer->size_max)
        put_node(writer, cmark_iter_get_node(nodes),
                 event == CMARK_EVENT_ENTER);
    cmark_iter_free(nodes);
    /* Before the line's end is cut off: what is just too long was not written
     * to its end. */
    bool whole = writer->out->size <= writer->size_max;
    while (writer->out->size > 0 &&
           writer->out->data[writer->out->size - 1] == '\n')
        writer->out->size--;
    return whole;
}

/* As cmark does with CMARK_OPT_VALIDATE_UTF8. */
static void put_plain(struct buf *out, struct slice text) {
    while (text.size) {
        size_t size;
        uint32_t point = utf8_next(text, &size);
        bool pair = point == '\r' && text.size > 1 && text.data[1] == '\n';
        if (point == UTF8_INVALID || point == 0)
            buf_append(out, "\xef\xbf\xbd", 3);
        else if (point == '\n' || (point == '\r' && !pair))
            buf_append(out, "<br />\n", 7);
        else if (point != '\r')
            put_escaped(out, (struct slice){text.data, size});
        text.data += size;
        text.size -= size;
    }
}

static size_t count_points(struct slice text) {
    size_t points = 0;
    while (text.size) {
        size_t size;
        (void)utf8_next(text, &size);
        text.data += size;
        text.size -= size;
        points++;
    }
    return points;
}

enum err markdown_html(struct slice markdown, struct buf *out) {
    if (markdown.size > LIMIT_TEXT_BYTES ||
        count_points(markdown) > LIMIT_TEXT_POINTS)
        return ERR_LIMIT;
    if (markdown.size == 0)
        return ERR_OK;
    struct buf html = {0};
    struct writer writer = {.out = &html, .size_max = MARKDOWN_HTML_BYTES_MAX};
    cmark_node *document = cmark_parse_document(markdown.data, markdown.size,
                                                CMARK_OPT_VALIDATE_UTF8);
    if (!write_tree(&writer, document)) {
        buf_clear(&html);
        put_plain(&html, markdown);
    }
    cmark_node_free(document);
    POST(html.size <= MARKDOWN_HTML_BYTES_MAX);
    buf_append_slice(out, buf_slice(&html));
    buf_finish(&html);
    return ERR_OK;
}
