/* err.h - how a function says "no", and how a program says "bug".
 *
 * Three kinds of "no": a bug aborts (PRE, POST, INVARIANT: never compiled
 * out, no side effects inside); the environment's failure is an enum err; a
 * user's refused request is an ordinary value (enum wire_refusal). */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

/* X(name, text). */
#define ERR_TABLE(X)                                                           \
    X(ERR_OK, "ok")                                                            \
    X(ERR_MALFORMED, "malformed input")                                        \
    X(ERR_LIMIT, "over a limit")                                               \
    X(ERR_NOT_FOUND, "not found")                                              \
    X(ERR_EXISTS, "exists already")                                            \
    X(ERR_DENIED, "denied")                                                    \
    X(ERR_STALE, "replaced by a newer epoch")                                  \
    X(ERR_GAP, "does not follow on")                                           \
    X(ERR_FULL, "full")                                                        \
    X(ERR_BUSY, "busy, try again")                                             \
    X(ERR_VERSION, "another version")                                          \
    X(ERR_CORRUPT, "corrupt data")                                             \
    X(ERR_IO, "input/output error")                                            \
    X(ERR_MEMORY, "out of memory")

enum err {
#define ERR_ENUM(name, text) name,
    ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
};

/* The table's text; borrowed, static. */
const char *err_text(enum err err);

#define MUST_CHECK __attribute__((warn_unused_result))

/* Prints the condition and its place to stderr, then aborts. */
_Noreturn void err_abort(const char *kind, const char *condition,
                         const char *file, int line);

#define PRE(condition)                                                         \
    ((condition) ? (void)0 : err_abort("PRE", #condition, __FILE__, __LINE__))
#define POST(condition)                                                        \
    ((condition) ? (void)0 : err_abort("POST", #condition, __FILE__, __LINE__))
#define INVARIANT(condition)                                                   \
    ((condition) ? (void)0                                                     \
                 : err_abort("INVARIANT", #condition, __FILE__, __LINE__))

#endif
