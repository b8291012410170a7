/* mail_text.c - see mail_text.h. */
#include "persister/mail/mail_text.h"

#include <stdio.h>
#include <time.h>

#include "common/markdown/markdown.h"

#define LOCAL_PART_BYTES_MAX 64u
#define ADDRESS_BYTES_MAX 254u

/* Bytes of text in one encoded word: with "=?UTF-8?B?", "?=" and base64 it
 * must stay within 75 characters (RFC 2047, 2). */
#define WORD_BYTES_MAX 45u

void mail_text_finish(struct mail_text *mail) {
    buf_finish(&mail->to);
    buf_finish(&mail->subject);
    buf_finish(&mail->message_id);
    buf_finish(&mail->date);
    buf_finish(&mail->text);
    buf_finish(&mail->html);
}

/* --- Addresses ------------------------------------------------------------ */

static bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

/* RFC 5322, 3.2.3: atext. */
static bool is_atom_char(char c) {
    return is_alphanumeric(c) ||
           (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool is_domain_char(char c) {
    return is_alphanumeric(c) || c == '-';
}

/* Parts of at least one character with a dot between each two. */
static bool is_dotted(struct slice text, bool (*is_good)(char)) {
    bool part_begun = false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '.' && part_begun)
            part_begun = false;
        else if (is_good(text.data[i]))
            part_begun = true;
        else
            return false;
    }
    return part_begun;
}

static size_t at_sign(struct slice address) {
    const char *at =
        address.size ? memchr(address.data, '@', address.size) : NULL;
    return at ? (size_t)(at - address.data) : address.size;
}

bool mail_address_ok(struct slice address) {
    size_t at = at_sign(address);
    if (at == address.size || at > LOCAL_PART_BYTES_MAX ||
        address.size > ADDRESS_BYTES_MAX)
        return false;
    struct slice local = {address.data, at};
    struct slice domain = {address.data + at + 1, address.size - at - 1};
    return is_dotted(local, is_atom_char) && is_dotted(domain, is_domain_char);
}

/* --- Names and headers ---------------------------------------------------- */

/* The bytes of the code point at the front of |text|, which is not empty; of
 * what is no UTF-8, one byte. */
static size_t point_size(struct slice text) {
    unsigned char first = (unsigned char)text.data[0];
    size_t size = first < 0x80   ? 1
                  : first < 0xc2 ? 0
                  : first < 0xe0 ? 2
                  : first < 0xf0 ? 3
                  : first < 0xf5 ? 4
                                 : 0;
    if (size == 0 || size > text.size)
        return 1;
    for (size_t i = 1; i < size; i++)
        if (((unsigned char)text.data[i] & 0xc0) != 0x80)
            return 1;
    return size;
}

/* Controls, the C1 range, line and paragraph separators, what is no UTF-8. */
static bool is_printable(struct slice point) {
    const unsigned char *byte = (const unsigned char *)point.data;
    if (point.size == 1)
        return byte[0] >= 0x20 && byte[0] < 0x7f;
    if (point.size == 2)
        return byte[0] != 0xc2 || byte[1] >= 0xa0;
    return !(point.size == 3 && byte[0] == 0xe2 && byte[1] == 0x80 &&
             (byte[2] == 0xa8 || byte[2] == 0xa9));
}

/* Appends |name| fit to be shown in one line: each run of what is not printable
 * and of spaces is one space, none at the ends; cut at MAIL_NAME_POINTS_MAX. */
static void put_clean(struct buf *out, struct slice name) {
    uint32_t points = 0;
    bool space = false;
    while (name.size > 0) {
        struct slice point = {name.data, point_size(name)};
        name.data += point.size;
        name.size -= point.size;
        if (!is_printable(point) || point.data[0] == ' ') {
            space = points > 0;
            continue;
        }
        if (points == MAIL_NAME_POINTS_MAX) {
            buf_append_slice(out, SLICE("\xe2\x80\xa6"));
            return;
        }
        if (space)
            buf_append_slice(out, SLICE(" "));
        space = false;
        buf_append_slice(out, point);
        points++;
    }
}

/* "First Last", or the username, or a word that is always there. */
static void put_name(struct buf *out, const struct wire_profile *profile) {
    size_t before = out->size;
    put_clean(out, profile->first_name);
    size_t first_end = out->size;
    if (profile->last_name.size > 0) {
        if (first_end > before)
            buf_append_slice(out, SLICE(" "));
        size_t last = out->size;
        put_clean(out, profile->last_name);
        if (out->size == last)
            out->size = first_end;
    }
    if (out->size == before)
        put_clean(out, profile->username);
    if (out->size == before) {
        char text[32];
        int size = snprintf(text, sizeof text, "user %llu",
                            (unsigned long long)profile->user.value);
        buf_append(out, text, (size_t)size);
    }
}

static void put_base64(struct buf *out, struct slice bytes) {
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t three = (uint32_t)(unsigned char)bytes.data[i] << 16;
        if (left > 1)
            three |= (uint32_t)(unsigned char)bytes.data[i + 1] << 8;
        if (left > 2)
            three |= (unsigned char)bytes.data[i + 2];
        char four[4] = {digits[three >> 18], digits[three >> 12 & 63],
                        left > 1 ? digits[three >> 6 & 63] : '=',
                        left > 2 ? digits[three & 63] : '='};
        buf_append(out, four, sizeof four);
    }
}

static bool is_plain(struct slice text) {
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < 0x20 || text.data[i] == 0x7f)
            return false;
    /* What looks like an encoded word would be taken for one. */
    return text.size <= 60 && !memmem(text.data, text.size, "=?", 2);
}

/* RFC 2047: as it is where that is plain, else in encoded words, each of whole
 * code points and in a line of its own. */
static void put_header_text(struct buf *out, struct slice text) {
    if (is_plain(text)) {
        buf_append_slice(out, text);
        return;
    }
    for (bool first = true; text.size > 0; first = false) {
        struct slice word = {text.data, 0};
        while (word.size < text.size) {
            struct slice rest = {text.data + word.size, text.size - word.size};
            size_t size = point_size(rest);
            if (word.size + size > WORD_BYTES_MAX)
                break;
            word.size += size;
        }
        if (!first)
            buf_append_slice(out, SLICE("\r\n "));
        buf_append_slice(out, SLICE("=?UTF-8?B?"));
        put_base64(out, word);
        buf_append_slice(out, SLICE("?="));
        text.data += word.size;
        text.size -= word.size;
    }
}

static void put_date(struct buf *out, int64_t at_us) {
    /* Not strftime: names of days and months in a header are English. */
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed",
                                    "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr",
                                       "May", "Jun", "Jul", "Aug",
                                       "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(at_us / 1000000);
    struct tm tm = {0};
    char text[64];
    gmtime_r(&seconds, &tm);
    int size =
        snprintf(text, sizeof text, "%s, %02d %s %d %02d:%02d:%02d +0000",
                 days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
                 1900 + tm.tm_year, tm.tm_hour, tm.tm_min, tm.tm_sec);
    buf_append_slice(out, SLICE("Date: "));
    buf_append(out, text, (size_t)size);
}

static void put_message_id(struct buf *out, message_id message,
                           struct slice from) {
    char text[64];
    size_t at = at_sign(from);
    int size = snprintf(text, sizeof text, "Message-ID: <message.%llu@",
                        (unsigned long long)message.value);
    buf_append(out, text, (size_t)size);
    buf_append_slice(out,
                     (struct slice){from.data + at + 1, from.size - at - 1});
    buf_append_slice(out, SLICE(">"));
}

/* --- Bodies --------------------------------------------------------------- */

static void put_escaped(struct buf *out, struct slice text) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '<')
            buf_append_slice(out, SLICE("&lt;"));
        else if (c == '>')
            buf_append_slice(out, SLICE("&gt;"));
        else if (c == '&')
            buf_append_slice(out, SLICE("&amp;"));
        else if (c == '"')
            buf_append_slice(out, SLICE("&quot;"));
        else
            buf_append(out, &c, 1);
    }
}

/* Line ends as mail has them; other controls are left out. */
static void put_plain(struct buf *out, struct slice text) {
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool ends_line =
            c == '\n' ||
            (c == '\r' && (i + 1 == text.size || text.data[i + 1] != '\n'));
        if (ends_line)
            buf_append_slice(out, SLICE("\r\n"));
        else if ((c >= 0x20 && c != 0x7f) || c == '\t')
            buf_append(out, &text.data[i], 1);
    }
}

static void put_files(struct buf *out, const struct wire_message *message,
                      bool html) {
    for (uint32_t i = 0; i < message->files_count; i++) {
        struct buf name = {0};
        put_clean(&name, message->files[i].name);
        buf_append_slice(out, html ? SLICE("<p>Attached: ")
                                   : SLICE("\r\nAttached: "));
        if (html)
            put_escaped(out, buf_slice(&name));
        else
            buf_append_slice(out, buf_slice(&name));
        buf_append_slice(out, html ? SLICE("</p>\r\n") : SLICE("\r\n"));
        buf_finish(&name);
    }
}

static void put_bodies(const struct wire_message *message, struct slice name,
                       struct mail_text *out) {
    buf_append_slice(&out->text, name);
    buf_append_slice(&out->text, SLICE(" wrote:\r\n\r\n"));
    put_plain(&out->text, message->text);
    buf_append_slice(&out->text, SLICE("\r\n"));
    put_files(&out->text, message, false);

    buf_append_slice(&out->html, SLICE("<!DOCTYPE html>\r\n<p>"));
    put_escaped(&out->html, name);
    buf_append_slice(&out->html, SLICE(" wrote:</p>\r\n<div>"));
    size_t before = out->html.size;
    if (markdown_html(message->text, &out->html) != ERR_OK) {
        out->html.size = before; /* Too much of it: the text as it is. */
        put_escaped(&out->html, message->text);
    }
    buf_append_slice(&out->html, SLICE("</div>\r\n"));
    put_files(&out->html, message, true);
}

/* Not counted in the size. */
static void end_text(struct buf *buf) {
    *buf_reserve(buf, 1) = '\0';
}

void mail_text_make(const struct wire_message *message,
                    const struct wire_profile *author,
                    const struct wire_profile *to, struct slice from,
                    struct mail_text *out) {
    struct buf name = {0};
    struct buf subject = {0};
    PRE(mail_address_ok(from) && mail_address_ok(to->email));
    put_name(&name, author);
    buf_append_slice(&subject, SLICE("New message from "));
    buf_append_slice(&subject, buf_slice(&name));
    buf_append_slice(&out->to, to->email);
    buf_append_slice(&out->subject, SLICE("Subject: "));
    put_header_text(&out->subject, buf_slice(&subject));
    put_message_id(&out->message_id, message->message, from);
    put_date(&out->date, message->created_us);
    put_bodies(message, buf_slice(&name), out);
    end_text(&out->to);
    end_text(&out->subject);
    end_text(&out->message_id);
    end_text(&out->date);
    end_text(&out->text);
    end_text(&out->html);
    buf_finish(&name);
    buf_finish(&subject);
}

int64_t mail_backoff_us(uint32_t attempts) {
    const int64_t first_us = 2 * INT64_C(1000000);
    const int64_t most_us = 3600 * INT64_C(1000000);
    int64_t wait_us = first_us;
    for (uint32_t i = 1; i < attempts && wait_us < most_us; i++)
        wait_us *= 2;
    return wait_us < most_us ? wait_us : most_us;
}
