/* jwt_claims.h - who a token says that its bearer is. */
#ifndef GATEWAY_AUTH_JWT_CLAIMS_H
#define GATEWAY_AUTH_JWT_CLAIMS_H

#include <jansson.h>

#include "common/err.h"
#include "common/limits.h"
#include "common/types.h"

/* The name of the user's id where the operator gives no other. */
#define JWT_USER_ID_CLAIM "user_id"

/* An address has at most this many bytes (RFC 5321, 4.5.3.1.3, without its
 * angle brackets). */
#define JWT_EMAIL_BYTES_MAX 254u

/* The end of the year 9999. A later expiry counts as this one, so that one can
 * calculate in milliseconds and microseconds with it. */
#define JWT_EXPIRES_MAX_S INT64_C(253402300799)

/* Zeroed is empty and valid. The texts are not NUL-terminated; an empty one
 * means that the token has none, or none that is fit to be shown. */
struct jwt_claims {
    user_id user;
    int64_t expires_s; /* Seconds since the Unix epoch. */
    struct slice username;
    struct slice email;
    struct slice first_name;
    struct slice last_name;
    char *storage; /* Owns the bytes of the texts; NULL: they are borrowed. */
};

/* Copies the texts out of |payload|, and reads the user's id from its member
 * |user_id_claim|: an integer or a decimal string, in 1..ID_MAX. The expiry
 * is not read. The caller finishes |*out|. ERR_MALFORMED: no such user id;
 * |*out| is zeroed. */
enum err jwt_claims_read(const json_t *payload, const char *user_id_claim,
                         struct jwt_claims *out) MUST_CHECK;

/* Accepts zeroed; |claims| is zeroed and usable again. */
void jwt_claims_finish(struct jwt_claims *claims);

/* Whether a name is fit for a profile: UTF-8, at most LIMIT_PROFILE_FIELD_BYTES
 * of it, and no control character (C0, DEL, C1) or line separator (U+2028,
 * U+2029), with which it could forge lines of logs, mails and pages. */
bool jwt_name_is_fit(struct slice text);

/* The same for an address: something before and after one @, and nothing
 * that would end an address in the header of a mail. */
bool jwt_email_is_fit(struct slice text);

#endif
