/* sim_check_pages.c - a page shows what there was when it was asked for: all
 * of its range up to its limit, no more, and it says rightly whether there is
 * more. */
#include <inttypes.h>
#include <stdlib.h>

#include "common/buf.h"
#include "tests/sim/sim_check.h"

/* The room's messages, as a page could have seen them. */
struct view {
    const struct history *history;
    const struct past *past;
    const struct page *page;
    const uint32_t *by_ordinal; /* Index of the seen, + 1; 0: none. */
    uint64_t last_max;          /* The last ordinal that there can have been. */
};

static const struct page_row *rows_of(const struct history *history,
                                      const struct page *page) {
    return page->rows_count ? &history->page_rows[page->rows] : NULL;
}

static const struct seen *seen_at(const struct view *view, uint64_t ordinal) {
    uint32_t index = view->by_ordinal[ordinal];
    return index ? &view->history->seens[index - 1] : NULL;
}

/* Not asked for before the page came. */
static uint64_t last_max(const struct history *history, const struct past *past,
                         const struct page *page) {
    uint64_t last = past->stored_ordinal < past->last_ordinal
                        ? past->stored_ordinal
                        : past->last_ordinal;
    for (uint32_t i = 0; i < history->seens_count; i++) {
        const struct seen *seen = &history->seens[i];
        if (seen->room == past->room && seen->said != UINT32_MAX &&
            history->saids[seen->said].deed.asked > page->got &&
            seen->ordinal <= last)
            last = seen->ordinal - 1;
    }
    return last;
}

static bool surely_live(const struct view *view, const struct seen *seen) {
    return !deed_may_be(&seen->deletion, view->page->got);
}

static bool surely_deleted(const struct view *view, const struct seen *seen) {
    return seen->deletion.tries > 0 && seen->deletion.ok < view->page->asked;
}

static bool is_in_range(const struct view *view, const struct seen *seen) {
    const struct wire_query *query = &view->page->query;
    uint64_t at = query->by == QUERY_BY_MESSAGE ? seen->message : seen->ordinal;
    if (query->by == QUERY_BY_RANK)
        return true;
    return at > query->after && (query->before == 0 || at < query->before);
}

static const struct page_row *row_at(const struct view *view,
                                     uint64_t ordinal) {
    const struct page_row *rows = rows_of(view->history, view->page);
    for (uint32_t i = 0; i < view->page->rows_count; i++)
        if (rows[i].ordinal == ordinal)
            return &rows[i];
    return NULL;
}

static void wrong(struct history *history, const struct page *page,
                  const char *promise, const char *what, uint64_t ordinal) {
    history_broken(history, promise,
                   "a page of room %" PRIu64 " (by %u after %" PRIu64
                   " before %" PRIu64 " skip %" PRIu64 " limit %" PRIu32
                   "%s%s, %" PRIu32 " rows): %s, ordinal %" PRIu64,
                   page->room, page->query.by, page->query.after,
                   page->query.before, page->query.skip, page->query.limit,
                   page->query.newest ? " newest" : "",
                   page->query.deleted ? " deleted" : "", page->rows_count,
                   what, ordinal);
}

static void check_rows(struct history *history, const struct view *view) {
    const struct page *page = view->page;
    const struct page_row *rows = rows_of(history, page);
    uint64_t before = 0;
    if (page->rows_count > page->query.limit)
        wrong(history, page, "2", "more rows than the limit", page->rows_count);
    for (uint32_t i = 0; i < page->rows_count; i++) {
        const struct seen *seen = history_seen(history, rows[i].message);
        history->checked.page_rows++;
        if (rows[i].ordinal <= before)
            wrong(history, page, "3", "out of order", rows[i].ordinal);
        before = rows[i].ordinal;
        if (!is_in_range(view, seen))
            wrong(history, page, "2", "not in the range", rows[i].ordinal);
        if (rows[i].deleted && !page->query.deleted)
            wrong(history, page, "2", "a tombstone that nobody asked for",
                  rows[i].ordinal);
        if (!rows[i].deleted && surely_deleted(view, seen))
            wrong(history, page, "1", "deleted before", rows[i].ordinal);
        if (rows[i].ordinal > view->last_max)
            wrong(history, page, "2", "not sent yet", rows[i].ordinal);
    }
}

/* Between the first and the last row nothing is left out that was surely
 * there. */
static void check_inside(struct history *history, const struct view *view) {
    const struct page *page = view->page;
    const struct page_row *rows = rows_of(history, page);
    if (page->rows_count == 0)
        return;
    uint64_t last = rows[page->rows_count - 1].ordinal;
    for (uint64_t at = rows[0].ordinal; at < last; at++) {
        const struct seen *seen = seen_at(view, at);
        if (!row_at(view, at) && seen &&
            (page->query.deleted || surely_live(view, seen)))
            wrong(history, page, "1", "left out", at);
    }
}

/* How many of the range, outside the rows on one side, were surely there when
 * the page was asked for, or may have been there when it came. */
struct rest {
    uint64_t sure;
    uint64_t possible;
    uint64_t example; /* An ordinal that was surely there. */
};

static struct rest rest_of(const struct view *view, bool above) {
    const struct page *page = view->page;
    const struct page_row *rows = rows_of(view->history, page);
    struct rest rest = {0, 0, 0};
    for (uint64_t at = 1; at <= view->last_max; at++) {
        const struct seen *seen = seen_at(view, at);
        bool outside = page->rows_count == 0 ||
                       (above ? at > rows[page->rows_count - 1].ordinal
                              : at < rows[0].ordinal);
        if (!seen || !outside || !is_in_range(view, seen))
            continue;
        bool sure = page->query.deleted || surely_live(view, seen);
        bool possible = page->query.deleted || !surely_deleted(view, seen);
        if (sure && at <= page->ordinal_min) {
            rest.sure++;
            rest.example = at;
        }
        rest.possible += possible;
    }
    return rest;
}

/* The page begins where it should, holds as much as it should, and says
 * whether there is more. */
static void check_edges(struct history *history, const struct view *view) {
    const struct page *page = view->page;
    bool newest = page->query.newest || page->query.by == QUERY_BY_RANK;
    uint64_t skip = page->query.by == QUERY_BY_RANK ? page->query.skip : 0;
    struct rest above = rest_of(view, true), below = rest_of(view, false);
    struct rest begin = newest ? above : below, end = newest ? below : above;
    if (page->rows_count == 0) {
        /* All there is lies in |begin|, which is skipped. */
        if (begin.sure > skip)
            wrong(history, page, "1", "empty, and there is", begin.example);
        if (page->has_more && begin.possible <= skip)
            wrong(history, page, "2", "empty, and says that there is more", 0);
        return;
    }
    if (begin.sure > skip)
        wrong(history, page, "1", "does not begin with", begin.example);
    if (begin.possible < skip)
        wrong(history, page, "2", "begins too early", begin.possible);
    if (page->rows_count < page->query.limit && end.sure > 0 && !page->has_more)
        wrong(history, page, "1", "ends before", end.example);
    if (end.sure > 0 && !page->has_more)
        wrong(history, page, "4", "says that there is no more", end.example);
    if (end.possible == 0 && page->has_more)
        wrong(history, page, "2", "says that there is more", 0);
}

static void check_total(struct history *history, const struct view *view) {
    const struct page *page = view->page;
    uint64_t sure = 0, possible = 0;
    for (uint64_t at = 1; at <= view->last_max; at++) {
        const struct seen *seen = seen_at(view, at);
        if (!seen)
            continue;
        sure += at <= page->ordinal_min && surely_live(view, seen);
        possible += !surely_deleted(view, seen);
    }
    if (page->live_total < sure || page->live_total > possible)
        wrong(history, page, "6", "counts messages wrongly", page->live_total);
}

static void check_page(struct history *history, const struct past *past,
                       const uint32_t *by_ordinal, const struct page *page) {
    struct view view = {history, past, page, by_ordinal,
                        last_max(history, past, page)};
    history->checked.pages++;
    check_rows(history, &view);
    check_inside(history, &view);
    check_edges(history, &view);
    check_total(history, &view);
}

void check_pages(struct history *history) {
    for (uint32_t i = 0; i < history->pasts_count; i++) {
        const struct past *past = &history->pasts[i];
        if (!past->is_stored)
            continue;
        uint32_t *by_ordinal =
            mem_zalloc((past->last_ordinal + 2) * sizeof(*by_ordinal));
        for (uint32_t j = 0; j < history->seens_count; j++)
            if (history->seens[j].room == past->room)
                by_ordinal[history->seens[j].ordinal] = j + 1;
        for (uint32_t j = 0; j < history->pages_count; j++)
            if (history->pages[j].room == past->room)
                check_page(history, past, by_ordinal, &history->pages[j]);
        free(by_ordinal);
    }
}
