/* markdown.h - the Markdown of a message as HTML that is safe to show.
 *
 * The text is CommonMark, as cmark reads it. What goes out is made of the tags
 * below and of escaped text, whatever comes in:
 *
 *   <p> <h1> .. <h6> <blockquote> <ul> <ol start="3"> <li> <hr />
 *   <pre> <code> <code class="language-c"> <em> <strong> <br />
 *   <a href="..." rel="noopener noreferrer nofollow">
 *
 * Raw HTML is dropped. So are images, of which the text stays that stands in
 * for them. A link that does not begin with http://, https:// or mailto:, or
 * has a control character in it, is its text only. Titles of links are
 * dropped. A text of one paragraph has no <p> around it.
 *
 * Pure; any thread. The only user of cmark. */
#ifndef COMMON_MARKDOWN_MARKDOWN_H
#define COMMON_MARKDOWN_MARKDOWN_H

#include "common/buf.h"
#include "common/limits.h"

/* Every HTML is at most so long. Where a text would give more (8,192 times ">"
 * are as many quotes, one in another) it is shown as it is, escaped, each line
 * end as <br />: that is never longer. */
#define MARKDOWN_HTML_BYTES_MAX (LIMIT_TEXT_POINTS * 8u)

/* Append the HTML of |markdown| to |out|. ERR_LIMIT, with nothing appended:
 * |markdown| has more than LIMIT_TEXT_BYTES bytes or LIMIT_TEXT_POINTS code
 * points. Bytes that are not UTF-8 and NUL become U+FFFD. */
enum err markdown_html(struct slice markdown, struct buf *out) MUST_CHECK;

#endif
