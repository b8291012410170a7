/* err.c - texts of errors, and the one place where a bug stops a program. */
#include "common/err.h"

#include <stdio.h>
#include <stdlib.h>

const char *err_text(enum err err) {
    static const char *const texts[] = {
#define ERR_TEXT(name, text) text,
        ERR_TABLE(ERR_TEXT)
#undef ERR_TEXT
    };
    if ((unsigned)err >= sizeof texts / sizeof *texts)
        return "unknown error";
    return texts[err];
}

_Noreturn void err_abort(const char *kind, const char *condition,
                         const char *file, int line) {
    fprintf(stderr, "%s:%d: %s failed: %s\n", file, line, kind, condition);
    abort();
}
