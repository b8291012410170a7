/* smtp.c - see smtp.h; the only file that knows libcurl. */
#include "persister/mail/smtp.h"

#include <curl/curl.h>
#include <stdlib.h>

#define CONNECT_TIMEOUT_S 10L
#define SEND_TIMEOUT_S 60L

/* How far a mail came: what a refusal is about. */
enum stage { STAGE_CONNECT, STAGE_MAIL };

struct smtp {
    const struct smtp_config *config;
    CURL *curl;
    enum stage stage;
    char text[CURL_ERROR_SIZE];
};

bool smtp_url_ok(const char *url) {
    CURLU *parsed = curl_url();
    char *scheme = NULL, *user = NULL, *path = NULL, *query = NULL;
    bool ok = curl_url_set(parsed, CURLUPART_URL, url,
                           CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
              curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              (strcmp(scheme, "smtp") == 0 || strcmp(scheme, "smtps") == 0) &&
              curl_url_get(parsed, CURLUPART_USER, &user, 0) != CURLUE_OK &&
              curl_url_get(parsed, CURLUPART_QUERY, &query, 0) != CURLUE_OK &&
              curl_url_get(parsed, CURLUPART_PATH, &path, 0) == CURLUE_OK &&
              strcmp(path, "/") == 0;
    curl_free(scheme);
    curl_free(user);
    curl_free(path);
    curl_free(query);
    curl_url_cleanup(parsed);
    return ok;
}

/* The commands go by here: from MAIL on, a refusal is about this mail. */
static int watch(CURL *curl, curl_infotype type, char *data, size_t size,
                 void *payload) {
    struct smtp *smtp = payload;
    (void)curl;
    if (type == CURLINFO_HEADER_OUT && size >= 5 &&
        memcmp(data, "MAIL ", 5) == 0)
        smtp->stage = STAGE_MAIL;
    return 0;
}

static int ask_stop(void *payload, curl_off_t down_total, curl_off_t down,
                    curl_off_t up_total, curl_off_t up) {
    const struct smtp *smtp = payload;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return smtp->config->is_stopping &&
           smtp->config->is_stopping(smtp->config->payload);
}

static void configure(struct smtp *smtp) {
    const struct smtp_config *config = smtp->config;
    CURL *curl = smtp->curl;
    curl_easy_setopt(curl, CURLOPT_URL, config->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, SEND_TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, smtp->text);
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     (long)(config->user ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, watch);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, smtp);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_stop);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, smtp);
    if (config->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, config->ca_file);
    if (config->user) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, config->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, config->password);
    }
}

struct smtp *smtp_create(const struct smtp_config *config) {
    PRE(!config->user || config->password);
    struct smtp *smtp = mem_zalloc(sizeof *smtp);
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    INVARIANT(code == CURLE_OK);
    smtp->config = config;
    smtp->curl = curl_easy_init();
    INVARIANT(smtp->curl != NULL);
    configure(smtp);
    return smtp;
}

void smtp_destroy(struct smtp *smtp) {
    if (!smtp)
        return;
    curl_easy_cleanup(smtp->curl);
    curl_global_cleanup();
    free(smtp);
}

static struct curl_slist *headers_of(const struct smtp *smtp,
                                     const struct mail_text *mail) {
    struct buf line = {0};
    struct curl_slist *list = NULL;
    list = curl_slist_append(list, mail->date.data);
    list = curl_slist_append(list, mail->message_id.data);
    buf_append_slice(&line, SLICE("From: <"));
    buf_append_slice(&line, slice_of(smtp->config->from));
    buf_append(&line, ">", 2);
    list = curl_slist_append(list, line.data);
    buf_clear(&line);
    buf_append_slice(&line, SLICE("To: <"));
    buf_append_slice(&line, buf_slice(&mail->to));
    buf_append(&line, ">", 2);
    list = curl_slist_append(list, line.data);
    list = curl_slist_append(list, mail->subject.data);
    /* RFC 3834: nobody's holiday notice need answer. */
    list = curl_slist_append(list, "Auto-Submitted: auto-generated");
    buf_finish(&line);
    return list;
}

static void add_body(curl_mime *mime, const struct buf *body,
                     const char *type) {
    curl_mimepart *part = curl_mime_addpart(mime);
    curl_mime_data(part, body->data, body->size);
    curl_mime_type(part, type);
    curl_mime_encoder(part, "quoted-printable");
}

/* The plain text first: the last alternative is the one preferred (RFC 2046,
 * 5.1.4). */
static curl_mime *bodies_of(const struct smtp *smtp,
                            const struct mail_text *mail) {
    curl_mime *whole = curl_mime_init(smtp->curl);
    curl_mime *alternatives = curl_mime_init(smtp->curl);
    curl_mimepart *part = curl_mime_addpart(whole);
    struct curl_slist *inside =
        curl_slist_append(NULL, "Content-Disposition: inline");
    add_body(alternatives, &mail->text, "text/plain; charset=utf-8");
    add_body(alternatives, &mail->html, "text/html; charset=utf-8");
    curl_mime_subparts(part, alternatives);
    curl_mime_type(part, "multipart/alternative");
    curl_mime_headers(part, inside, 1);
    return whole;
}

/* A refusal of the login is the operator's to mend, not this mail's fault
 * (RFC 4954, 6). */
static bool is_login_code(long code) {
    return code == 530 || code == 534 || code == 535 || code == 538;
}

static enum smtp_result judge(const struct smtp *smtp, CURLcode code) {
    long answer = 0;
    curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &answer);
    if (code == CURLE_OK)
        return SMTP_SENT;
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return SMTP_STOPPED;
    if (smtp->stage == STAGE_CONNECT || answer == 421 || is_login_code(answer))
        return SMTP_OFFLINE;
    return answer >= 500 && answer < 600 ? SMTP_NEVER : SMTP_AGAIN;
}

enum smtp_result smtp_send(struct smtp *smtp, const struct mail_text *mail,
                           struct buf *detail) {
    struct buf to = {0};
    struct buf from = {0};
    buf_clear(detail);
    buf_append_slice(&to, SLICE("<"));
    buf_append_slice(&to, buf_slice(&mail->to));
    buf_append(&to, ">", 2);
    buf_append_slice(&from, SLICE("<"));
    buf_append_slice(&from, slice_of(smtp->config->from));
    buf_append(&from, ">", 2);
    struct curl_slist *receivers = curl_slist_append(NULL, to.data);
    struct curl_slist *headers = headers_of(smtp, mail);
    curl_mime *mime = bodies_of(smtp, mail);
    smtp->stage = STAGE_CONNECT;
    smtp->text[0] = '\0';
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_FROM, from.data);
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, receivers);
    curl_easy_setopt(smtp->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(smtp->curl, CURLOPT_MIMEPOST, mime);
    CURLcode code = curl_easy_perform(smtp->curl);
    enum smtp_result result = judge(smtp, code);
    if (result != SMTP_SENT)
        buf_append_slice(
            detail,
            slice_of(smtp->text[0] ? smtp->text : curl_easy_strerror(code)));
    curl_easy_setopt(smtp->curl, CURLOPT_MIMEPOST, NULL);
    curl_easy_setopt(smtp->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(smtp->curl, CURLOPT_MAIL_RCPT, NULL);
    curl_mime_free(mime);
    curl_slist_free_all(headers);
    curl_slist_free_all(receivers);
    buf_finish(&to);
    buf_finish(&from);
    return result;
}
