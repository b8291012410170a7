/* mailer.c - see mailer.h. */
#include "persister/mail/mailer.h"

#include "common/clock.h"
#include "common/link/link_poll.h"
#include "common/process/log.h"
#include "persister/persister_metrics.h"

/* Mails taken from the store at a time. */
#define DUE_MAX 32u

/* How often the outbox is looked at: what a new mail waits at most. */
#define LOOK_MS 500

/* How long to leave a server alone that takes nothing. */
#define OFFLINE_MS_FIRST 1000u
#define OFFLINE_MS_MAX 30000u

struct mailer {
    const struct mailer_config *config;
    struct link_pipe *pipe;
    struct link_poll *poll;
    struct smtp *smtp;
    struct arena arena; /* Of one mail. */
    struct buf detail;
    uint64_t offline_ms; /* 0: the server answers. */
    bool stopping;
    bool failed; /* The store takes nothing out any more. */
};

static bool is_stopping(void *payload) {
    struct mailer *mailer = payload;
    struct slice nothing;
    if (!mailer->stopping)
        mailer->stopping =
            link_pipe_receive(mailer->pipe, &nothing) == LINK_PIPE_STOP;
    return mailer->stopping;
}

static void count(const struct mailer *mailer, enum mail_outcome outcome) {
    metrics_add_by(mailer->config->metrics, PERSISTER_MAILS, outcome, 1);
}

static void fail(struct mailer *mailer, const char *event,
                 const struct store_error *error) {
    log_error(event, LOG_TEXT("reason", error->text),
              LOG_TEXT("what_now", "no mail is sent until a restart"));
    mailer->failed = true;
}

/* False: the store did not answer. */
static bool ask(struct mailer *mailer, const struct wire *request,
                enum wire_kind kind, struct wire *out) {
    struct store_error error = {""};
    enum err err = mailer->config->ops->read(mailer->config->store, request,
                                             &mailer->arena, out, &error);
    if (err == ERR_OK && out->kind == kind)
        return true;
    if (err == ERR_OK)
        memcpy(error.text, "an answer of another kind", 26);
    fail(mailer, "mail_read_failed", &error);
    return false;
}

static void settle(struct mailer *mailer, const struct store_mail *mail,
                   const struct store_mail *again) {
    struct store_error error = {""};
    if (mailer->config->ops->mail_settle(mailer->config->store, mail, again,
                                         &error) != ERR_OK)
        fail(mailer, "mail_settle_failed", &error);
}

static void drop(struct mailer *mailer, const struct store_mail *mail,
                 enum mail_outcome outcome, struct slice detail) {
    count(mailer, outcome);
    if (outcome != MAIL_UNWANTED)
        log_warn("mail_dropped", LOG_UINT("message", mail->message.value),
                 LOG_UINT("user", mail->to.value),
                 LOG_UINT("attempts", mail->attempts),
                 LOG_SLICE("reason", detail));
    settle(mailer, mail, NULL);
}

static void put_off(struct mailer *mailer, const struct store_mail *mail) {
    struct store_mail again = *mail;
    again.attempts++;
    again.due_us = (int64_t)wall_us() + mail_backoff_us(again.attempts);
    count(mailer, MAIL_RETRIED);
    log_info("mail_put_off", LOG_UINT("message", mail->message.value),
             LOG_UINT("attempts", again.attempts),
             LOG_SLICE("reason", buf_slice(&mailer->detail)));
    settle(mailer, mail, &again);
}

/* The server takes nothing: everything waits, ever longer. */
static void go_offline(struct mailer *mailer) {
    uint64_t wait_ms = mailer->offline_ms * 2;
    if (mailer->offline_ms == 0) {
        wait_ms = OFFLINE_MS_FIRST;
        log_warn("mail_server_away",
                 LOG_SLICE("reason", buf_slice(&mailer->detail)));
    }
    mailer->offline_ms = wait_ms < OFFLINE_MS_MAX ? wait_ms : OFFLINE_MS_MAX;
}

static void go_online(struct mailer *mailer) {
    if (mailer->offline_ms != 0)
        log_info("mail_server_back");
    mailer->offline_ms = 0;
}

static void send_text(struct mailer *mailer, const struct store_mail *mail,
                      const struct mail_text *text) {
    switch (smtp_send(mailer->smtp, text, &mailer->detail)) {
    case SMTP_SENT:
        go_online(mailer);
        count(mailer, MAIL_SENT);
        settle(mailer, mail, NULL);
        return;
    case SMTP_AGAIN:
        go_online(mailer);
        put_off(mailer, mail);
        return;
    case SMTP_NEVER:
        go_online(mailer);
        drop(mailer, mail, MAIL_REFUSED, buf_slice(&mailer->detail));
        return;
    case SMTP_OFFLINE:
        go_offline(mailer);
        return;
    case SMTP_STOPPED:
        return;
    }
}

static void handle(struct mailer *mailer, const struct store_mail *mail) {
    struct wire read = {.kind = WIRE_READ_MESSAGE};
    struct wire message, reader;
    struct mail_text text = {.to = {0}};
    arena_reset(&mailer->arena);
    if ((int64_t)wall_us() - mail->created_us > MAILER_AGE_MAX_US) {
        drop(mailer, mail, MAIL_EXPIRED, SLICE("too old"));
        return;
    }
    read.as.read_message.message = mail->message;
    if (!ask(mailer, &read, WIRE_ROW_MESSAGE, &message))
        return;
    read = (struct wire){.kind = WIRE_READ_USER};
    read.as.read_user.user = mail->to;
    if (!ask(mailer, &read, WIRE_ROW_USER, &reader))
        return;
    const struct wire_row_message *row = &message.as.row_message;
    const struct wire_profile *to = &reader.as.row_user.profile;
    if (!row->found || row->message.deleted || !reader.as.row_user.found ||
        !to->email_notifications || !mail_address_ok(to->email)) {
        drop(mailer, mail, MAIL_UNWANTED, (struct slice){0});
        return;
    }
    mail_text_make(&row->message, &row->author, to,
                   slice_of(mailer->config->smtp.from), &text);
    send_text(mailer, mail, &text);
    mail_text_finish(&text);
}

/* True: there may be more that is due. */
static bool empty_outbox(struct mailer *mailer) {
    struct store_mail due[DUE_MAX];
    struct store_error error = {""};
    int64_t next_due_us;
    uint32_t due_count;
    const struct mailer_config *config = mailer->config;
    if (config->ops->mails_due(config->store, (int64_t)wall_us(), due, DUE_MAX,
                               &due_count, &next_due_us, &error) != ERR_OK) {
        fail(mailer, "outbox_read_failed", &error);
        return false;
    }
    for (uint32_t i = 0; i < due_count; i++) {
        if (is_stopping(mailer))
            return false;
        handle(mailer, &due[i]);
        if (mailer->failed || mailer->offline_ms != 0)
            return false;
    }
    return due_count == DUE_MAX;
}

static void wait(struct mailer *mailer) {
    int64_t wait_ms =
        mailer->offline_ms ? (int64_t)mailer->offline_ms : LOOK_MS;
    link_poll_clear(mailer->poll);
    link_poll_add_pipe(mailer->poll, mailer->pipe);
    link_poll_wait(mailer->poll, mailer->failed ? -1 : wait_ms);
}

void mailer_run(struct link_pipe *pipe, void *payload) {
    struct mailer_config *config = payload;
    struct mailer mailer = {.config = config, .pipe = pipe};
    struct smtp_config smtp = config->smtp;
    smtp.is_stopping = is_stopping;
    smtp.payload = &mailer;
    mailer.smtp = smtp_create(&smtp);
    mailer.poll = link_poll_create();
    while (!is_stopping(&mailer)) {
        bool more = !mailer.failed && empty_outbox(&mailer);
        if (!more && !mailer.stopping)
            wait(&mailer);
    }
    smtp_destroy(mailer.smtp);
    link_poll_destroy(mailer.poll);
    arena_finish(&mailer.arena);
    buf_finish(&mailer.detail);
}
