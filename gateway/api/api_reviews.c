/* api_reviews.c - PUT /api/order-reviews/{id}: the application tells how an
 * order review stands; the one that is in progress gets its chat. */
#include "common/json_write.h"
#include "gateway/api/api_internal.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

#define STATUS_BYTES_MAX 64u

static const struct api_field fields[] = {
    {"status", API_TEXT, true, 1, STATUS_BYTES_MAX,
     offsetof(struct wire_review, status)},
    {"customer_id", API_ID, true, 0, 0, offsetof(struct wire_review, customer)},
    {"executor_id", API_ID, true, 0, 0, offsetof(struct wire_review, executor)},
};

void api_review_put(struct api_ask *ask) {
    struct wire *command = &ask->next->command;
    struct wire_review review = {.key = ask->name};
    if (!api_take_body(ask, fields, COUNT(fields), &review))
        return;
    if (review.customer.value == review.executor.value) {
        api_say_error(ask->next, 400, "bad_field", SLICE("executor_id"),
                      "Customer and executor must be two users.");
        return;
    }
    command->kind = WIRE_REVIEW_PUT;
    command->as.review_put.review = review;
    ask->next->ask = true;
}

void api_review_say(struct api_answer *answer) {
    const struct wire_review *review = &answer->reply->as.reply_review.review;
    struct buf *body = &answer->next->body;
    json_put(body, "{\"id\":");
    json_put_text(body, review->key);
    json_put(body, ",\"status\":");
    json_put_text(body, review->status);
    json_put(body, ",\"customer_id\":");
    json_put_id_or_null(body, review->customer.value);
    json_put(body, ",\"executor_id\":");
    json_put_id_or_null(body, review->executor.value);
    json_put(body, ",\"room_id\":");
    json_put_id_or_null(body, review->room.value);
    json_put(body, "}");
    answer->next->status = 200;
}
