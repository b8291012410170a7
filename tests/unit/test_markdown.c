/* test_markdown.c - what Markdown becomes, and what hostile Markdown does not
 * become. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/markdown/markdown.h"
#include "tests/lib/html_check.h"

#define REL " rel=\"noopener noreferrer nofollow\">"
#define COUNT(array) (sizeof(array) / sizeof *(array))

struct row {
    const char *markdown;
    const char *html;
};

static const struct row ordinary[] = {
    {"", ""},
    {"first test", "first test"},
    {"  first\ntest  ", "first\ntest"},
    {"one\n\ntwo", "<p>one</p>\n<p>two</p>"},
    {"*a* **b** `c`", "<em>a</em> <strong>b</strong> <code>c</code>"},
    {"line  \nline", "line<br />\nline"},
    {"line\\\nline", "line<br />\nline"},
    {"# One\n## Two\n###### Six", "<h1>One</h1>\n<h2>Two</h2>\n<h6>Six</h6>"},
    {"- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"},
    {"- a\n\n- b", "<ul>\n<li><p>a</p>\n</li>\n<li><p>b</p>\n</li>\n</ul>"},
    {"- a\n  - b", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>"},
    {"1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"},
    {"7) a", "<ol start=\"7\">\n<li>a</li>\n</ol>"},
    {"999999999. a", "<ol start=\"999999999\">\n<li>a</li>\n</ol>"},
    {"0. a", "<ol start=\"0\">\n<li>a</li>\n</ol>"},
    {"> a", "<blockquote>\n<p>a</p>\n</blockquote>"},
    {"a\n***\nb", "<p>a</p>\n<hr />\n<p>b</p>"},
    {"    x < y", "<pre><code>x &lt; y\n</code></pre>"},
    {"```\n<b>\n```", "<pre><code>&lt;b&gt;\n</code></pre>"},
    {"```c++ x\n1\n```", "<pre><code class=\"language-c++\">1\n</code></pre>"},
    {"5 < 6 & \"7\" > '8'", "5 &lt; 6 &amp; &quot;7&quot; &gt; '8'"},
    {"&lt;b&gt; &copy; &#x41;", "&lt;b&gt; \xc2\xa9 A"},
    {"[a](http://b.c/d?e=f&g#h)",
     "<a href=\"http://b.c/d?e=f&amp;g#h\"" REL "a</a>"},
    {"[a](HTTPS://b)", "<a href=\"HTTPS://b\"" REL "a</a>"},
    {"[a](mailto:b@c.d)", "<a href=\"mailto:b@c.d\"" REL "a</a>"},
    {"<http://b>", "<a href=\"http://b\"" REL "http://b</a>"},
    {"<b@c.d>", "<a href=\"mailto:b@c.d\"" REL "b@c.d</a>"},
    {"[a *b*][r]\n\n[r]: http://c 'title'",
     "<a href=\"http://c\"" REL "a <em>b</em></a>"},
    {"[a](<http://b c>)", "<a href=\"http://b%20c\"" REL "a</a>"},
    {"[a](http://\xd1\x8f.d/%41)",
     "<a href=\"http://%D1%8F.d/%41\"" REL "a</a>"},
    {"http://no.autolink", "http://no.autolink"},
    {"\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82",
     "\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"},
};

static const struct row hostile[] = {
    /* Raw HTML. */
    {"<script>alert(1)</script>", ""},
    {"a <script>alert(1)</script> b", "a alert(1) b"},
    {"a <SCRIPT\na>alert(1)</SCRIPT\n\t >", "a alert(1)"},
    {"<scr<script>ipt>alert(1)", "&lt;script&gt;alert(1)"},
    {"<img src=x onerror=alert(1)>", ""},
    {"a <img src=x onerror=alert(1)>", "a "},
    {"a <b onclick='x'>b</b>", "a b"},
    {"<div>\n*a*\n</div>\n\nb", "<p>b</p>"},
    {"<!-- a -->", ""},
    {"a <!-- b --> c", "a  c"},
    {"<!-- a", ""},
    {"a <!-- b", "a &lt;!-- b"},
    {"<?php a ?>", ""},
    {"<![CDATA[a]]>", ""},
    {"<!DOCTYPE html>", ""},
    {"<iframe src=\"http://a\"></iframe>", ""},
    {"<a href=\"javascript:a\">b</a>", "b"},
    {"a <svg/onload=alert(1)>", "a &lt;svg/onload=alert(1)&gt;"},
    {"<style>*{}</style>", ""},
    {"a <b", "a &lt;b"},
    {"a <b c=\"d", "a &lt;b c=&quot;d"},
    {"\"><script>", "&quot;&gt;"},
    {"`<script>`", "<code>&lt;script&gt;</code>"},
    {"&lt;script&gt;", "&lt;script&gt;"},
    {"&#60;script&#62;", "&lt;script&gt;"},
    {"\\<script>", "&lt;script&gt;"},
    {"```\"><script>\n```", "<pre><code></code></pre>"},
    {"``` x\" onclick=\"a\nb\n```", "<pre><code>b\n</code></pre>"},
    /* Other schemes. */
    {"[a](javascript:alert(1))", "a"},
    {"[a](JaVaScRiPt:alert(1))", "a"},
    {"[a](&#106;avascript:alert(1))", "a"},
    {"[a](&#x6A;avascript&colon;alert(1))", "a"},
    {"[a](\\javascript:alert(1))", "a"},
    {"[a](javascript\\:alert(1))", "a"},
    {"[a](<\tjavascript:alert(1)>)", "a"},
    {"[a](<java\tscript:alert(1)>)", "a"},
    {"[a](\x01javascript:alert(1))", "a"},
    {"[a](&#1;javascript:alert(1))", "a"},
    {"[a](java&NewLine;script:alert(1))", "a"},
    {"[a](java&Tab;script:alert(1))", "a"},
    {"[a](&#0;javascript:alert(1))", "a"},
    {"[a](%6Aavascript:alert(1))", "a"},
    {"[a](\xc2\xa0javascript:alert(1))", "a"},
    {"[a](vbscript:a)", "a"},
    {"[a](data:text/html;base64,PHNjcmlwdD4=)", "a"},
    {"[a](file:///etc/passwd)", "a"},
    {"[a](ftp://b)", "a"},
    {"[a](blob:http://b)", "a"},
    {"[a](view-source:http://b)", "a"},
    {"[a](//b)", "a"},
    {"[a](/b)", "a"},
    {"[a](#b)", "a"},
    {"[a](b)", "a"},
    {"[a]()", "a"},
    {"[a](http:b)", "a"},
    {"[a](http:/b)", "a"},
    {"[a](http://)", "a"},
    {"[a](mailto:)", "a"},
    {"[a](http:\\\\b)", "a"},
    {"[a]( http://b )", "<a href=\"http://b\"" REL "a</a>"},
    {"[a](<http://b&#1;c>)", "a"},
    {"[a](<http://b&#10;c>)", "a"},
    {"[a](<http://b\x7f>)", "a"},
    {"<javascript:alert(1)>", "javascript:alert(1)"},
    {"<data:a>", "data:a"},
    {"[a][r]\n\n[r]: javascript:b", "a"},
    /* Out of the attribute. */
    {"[a](<http://b\" onclick=\"c>)",
     "<a href=\"http://b%22%20onclick=%22c\"" REL "a</a>"},
    {"[a](http://b'onclick='c)",
     "<a href=\"http://b%27onclick=%27c\"" REL "a</a>"},
    {"[a](http://b&quot;c)", "<a href=\"http://b%22c\"" REL "a</a>"},
    {"[a](http://b&lt;script&gt;)",
     "<a href=\"http://b%3Cscript%3E\"" REL "a</a>"},
    {"[a](http://b \"c\\\" onclick=\\\"d\")",
     "<a href=\"http://b\"" REL "a</a>"},
    {"[<script>](http://b)", "<a href=\"http://b\"" REL "</a>"},
    {"[a](http://b`{}^|[)",
     "<a href=\"http://b%60%7B%7D%5E%7C%5B\"" REL "a</a>"},
    /* Images, and links in them. */
    {"![alt](http://b/c.png)", "alt"},
    {"![](http://b/c.png)", ""},
    {"![*alt*](data:image/png;base64,AAAA)", "<em>alt</em>"},
    {"[![alt](http://b)](http://c)", "<a href=\"http://c\"" REL "alt</a>"},
    {"![a [b](http://c) d](http://e)", "a <a href=\"http://c\"" REL "b</a> d"},
    {"[a [b](http://c)](http://d)",
     "[a <a href=\"http://c\"" REL "b</a>](http://d)"},
    {"![<script>](b)", ""},
    /* Bytes that are no text. */
    {"\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd"},
    {"<\xff>", "&lt;\xef\xbf\xbd&gt;"},
};

/* Says what it gave instead, so that one run tells of all rows. */
static bool becomes(struct slice markdown, struct slice html) {
    struct buf got = {0};
    ck_assert_int_eq(markdown_html(markdown, &got), ERR_OK);
    const char *wrong = html_check(buf_slice(&got));
    bool well = slice_equal(buf_slice(&got), html) && !wrong;
    if (!well)
        fprintf(stderr, "\"%.*s\" gave \"%.*s\", not \"%.*s\": %s\n",
                (int)markdown.size, markdown.data, (int)got.size, got.data,
                (int)html.size, html.data, wrong ? wrong : "another");
    buf_finish(&got);
    return well;
}

static void all_become(const struct row *rows, size_t count) {
    size_t wrong = 0;
    for (size_t i = 0; i < count; i++)
        wrong += !becomes(slice_of(rows[i].markdown), slice_of(rows[i].html));
    ck_assert_uint_eq(wrong, 0);
}

START_TEST(markdown_is_read) {
    all_become(ordinary, COUNT(ordinary));
}
END_TEST

START_TEST(nothing_dangerous_survives) {
    all_become(hostile, COUNT(hostile));
}
END_TEST

START_TEST(a_nul_is_no_end) {
    ck_assert(becomes(SLICE("a\0b"), SLICE("a\xef\xbf\xbd"
                                           "b")));
    ck_assert(becomes(SLICE("[a](http://b\0c)"),
                      SLICE("<a href=\"http://b%EF%BF%BDc\"" REL "a</a>")));
}
END_TEST

/* |unit| again and again, LIMIT_TEXT_POINTS bytes in all. */
static struct slice fill(struct buf *text, const char *begin,
                         const char *unit) {
    size_t size = strlen(unit);
    buf_clear(text);
    buf_append(text, begin, strlen(begin));
    while (text->size + size <= LIMIT_TEXT_POINTS)
        buf_append(text, unit, size);
    return buf_slice(text);
}

/* What makes CommonMark parsers slow, or their output long. Each is far over
 * anything a person writes, and the time for all of them is the test's own
 * time limit. */
START_TEST(what_is_deep_or_long_stays_in_bounds) {
    static const struct {
        const char *begin;
        const char *unit;
        bool plain; /* Too long as HTML: shown as it is. */
    } rows[] = {
        {"", ">", true},
        {"", "> ", true},
        {"", "- ", true},
        {"", "* a\n", false},
        {"", "1. ", false},
        {"", "[", false},
        {"", "![", false},
        {"", "[a](", false},
        {"", "[a](b", false},
        {"", "*a ", false},
        {"", "**a *a ", false},
        {"", "*a_ ", false},
        {"", "`a``", false},
        {"", "<", false},
        {"", "<a", false},
        {"", "<!--", false},
        {"", "<?", false},
        {"", "&", false},
        {"", "\"", false},
        {"", "\n", false},
        {"", "a\n\n", false},
        {"", "![[]()", false},
        {"", "<http://a>", false},
        {"[a]: http://b/cccccccccccccccccccccccccccccccccccccccccc\n\n", "[a]",
         true},
        {"", "|", false},
        {"", "[a]: b\n", false},
    };
    struct buf text = {0}, html = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slice filled = fill(&text, rows[i].begin, rows[i].unit);
        buf_clear(&html);
        ck_assert_int_eq(markdown_html(filled, &html), ERR_OK);
        ck_assert_uint_le(html.size, MARKDOWN_HTML_BYTES_MAX);
        const char *wrong = html_check(buf_slice(&html));
        ck_assert_msg(!wrong, "%s: %s", rows[i].unit, wrong);
        bool plain = !memmem(html.data, html.size, "<blockquote>", 12) &&
                     !memmem(html.data, html.size, "<ul>", 4) &&
                     !memmem(html.data, html.size, "<a ", 3);
        if (rows[i].plain)
            ck_assert_msg(plain, "%s", rows[i].unit);
    }
    /* One long address, referred to again and again. */
    buf_clear(&text);
    buf_append(&text, "[a]: http://", 12);
    while (text.size < LIMIT_TEXT_BYTES / 2)
        buf_append(&text, "\xf0\x9f\x98\x80", 4);
    buf_append(&text, "\n\n", 2);
    for (unsigned i = 0; i < 1360; i++)
        buf_append(&text, "[a]", 3);
    buf_clear(&html);
    ck_assert_int_eq(markdown_html(buf_slice(&text), &html), ERR_OK);
    ck_assert(memmem(html.data, html.size, "[a][a]", 6) != NULL);
    buf_finish(&text);
    buf_finish(&html);
}
END_TEST

START_TEST(what_is_too_long_as_html_is_shown_as_it_is) {
    struct buf text = {0}, html = {0};
    buf_append(&text, "a\r\nb\rc\n", 7);
    while (text.size < 8000)
        buf_append(&text, ">", 1);
    buf_append(&text, "\xff", 1);
    ck_assert_int_eq(markdown_html(buf_slice(&text), &html), ERR_OK);
    static const char begin[] = "a<br />\nb<br />\nc<br />\n&gt;&gt;";
    static const char end[] = "&gt;&gt;\xef\xbf\xbd";
    ck_assert_uint_gt(html.size, 8000);
    ck_assert_int_eq(memcmp(html.data, begin, sizeof begin - 1), 0);
    ck_assert_int_eq(
        memcmp(html.data + html.size - sizeof end + 1, end, sizeof end - 1), 0);
    buf_finish(&text);
    buf_finish(&html);
}
END_TEST

/* Around the length at which that begins: whole either way. */
START_TEST(nothing_is_cut_at_the_bound) {
    struct buf text = {0}, html = {0};
    unsigned plain = 0;
    for (unsigned quotes = 2400; quotes < 2450; quotes++)
        for (unsigned letters = 1; letters < 30; letters++) {
            buf_clear(&text);
            buf_clear(&html);
            for (unsigned i = 0; i < quotes; i++)
                buf_append(&text, ">", 1);
            for (unsigned i = 0; i < letters; i++)
                buf_append(&text, "a", 1);
            ck_assert_int_eq(markdown_html(buf_slice(&text), &html), ERR_OK);
            ck_assert_ptr_null(html_check(buf_slice(&html)));
            plain += memcmp(html.data, "&gt;", 4) == 0;
        }
    ck_assert_uint_gt(plain, 0);
    ck_assert_uint_lt(plain, 50 * 29);
    buf_finish(&text);
    buf_finish(&html);
}
END_TEST

START_TEST(a_text_over_the_limit_is_refused) {
    struct buf text = {0}, html = {0};
    buf_append(&html, "before", 6);
    while (text.size < LIMIT_TEXT_BYTES)
        buf_append(&text, "\xf0\x9f\x98\x80", 4);
    ck_assert_int_eq(markdown_html(buf_slice(&text), &html), ERR_OK);
    ck_assert_uint_eq(html.size, 6 + LIMIT_TEXT_BYTES);
    buf_append(&text, "a", 1);
    ck_assert_int_eq(markdown_html(buf_slice(&text), &html), ERR_LIMIT);
    ck_assert_uint_eq(html.size, 6 + LIMIT_TEXT_BYTES);
    buf_clear(&text);
    while (text.size <= LIMIT_TEXT_POINTS)
        buf_append(&text, "a", 1);
    ck_assert_int_eq(markdown_html(buf_slice(&text), &html), ERR_LIMIT);
    text.size--;
    ck_assert_int_eq(markdown_html(buf_slice(&text), &html), ERR_OK);
    buf_finish(&text);
    buf_finish(&html);
}
END_TEST

/* The judge of the above must see what it is there for. */
START_TEST(the_check_finds_what_is_wrong) {
    static const char *const bad[] = {
        "<script>",
        "<SCRIPT>",
        "<p onclick=\"a\">b</p>",
        "<a href=\"javascript:a\"" REL "b</a>",
        "<a href=\" http://a\"" REL "b</a>",
        "<a href=\"http://a\">b</a>",
        "<a href=\"http://a\" onclick=\"b\"" REL "c</a>",
        "<a href=\"http://a b\"" REL "c</a>",
        "<a href=\"http://a&b\"" REL "c</a>",
        "<a href=\"http://a\"" REL "<a href=\"http://a\"" REL "</a></a>",
        "<img src=\"http://a\">",
        "<p>a",
        "a</p>",
        "<em><strong>a</em></strong>",
        "a & b",
        "a \" b",
        "a > b",
        "&#106;",
        "<ol start=\"a\"></ol>",
        "<code class=\"language-a b\"></code>",
        "<!-- a -->",
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_msg(html_check(slice_of(bad[i])) != NULL, "%s", bad[i]);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("markdown");
    TCase *tests = tcase_create("markdown");
    tcase_add_test(tests, markdown_is_read);
    tcase_add_test(tests, nothing_dangerous_survives);
    tcase_add_test(tests, a_nul_is_no_end);
    tcase_add_test(tests, what_is_deep_or_long_stays_in_bounds);
    tcase_add_test(tests, what_is_too_long_as_html_is_shown_as_it_is);
    tcase_add_test(tests, nothing_is_cut_at_the_bound);
    tcase_add_test(tests, a_text_over_the_limit_is_refused);
    tcase_add_test(tests, the_check_finds_what_is_wrong);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
