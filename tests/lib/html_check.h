/* html_check.h - whether HTML is such as common/markdown may write: nothing
 * but its tags, letter by letter and properly nested, its entities, and links
 * with its schemes. Written apart from the writer, so as to judge it. */
#ifndef TESTS_LIB_HTML_CHECK_H
#define TESTS_LIB_HTML_CHECK_H

#include "common/types.h"

/* NULL: it is; else what is wrong, static. */
const char *html_check(struct slice html);

#endif
