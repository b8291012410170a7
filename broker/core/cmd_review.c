/* cmd_review.c - WIRE_REVIEW_PUT: what the application says of an order's
 * review. The first "in_progress" makes the room of its customer and its
 * executor; every other call only remembers the status. */
#include "broker/core/core_state.h"
#include "broker/core/key_run.h"
#include "broker/core/reply.h"

static struct wire_review review_of(const struct key *key) {
    return (struct wire_review){.key = key->text,
                                .status = key->status,
                                .customer = key->customer,
                                .executor = key->executor,
                                .room = key->room};
}

/* A known user stays who they are; 0 in a call says nothing. */
static bool contradicts(user_id known, user_id given) {
    return known.value && given.value && known.value != given.value;
}

static user_id either(user_id known, user_id given) {
    return known.value ? known : given;
}

/* True: refused. */
static bool refuse_bad(struct core *core, const struct key *key,
                       const struct command *command) {
    const struct wire_review *given = &command->wire->as.review_put.review;
    bool starts = slice_equal(given->status, SLICE("in_progress"));
    enum wire_refusal refusal = REFUSED_BAD_FIELD;
    const char *field = NULL;
    if (given->status.size == 0)
        field = "status";
    else if (given->customer.value &&
             given->customer.value == given->executor.value)
        field = "executor_id";
    else if (starts && !either(key->customer, given->customer).value)
        field = "customer_id";
    else if (starts && !either(key->executor, given->executor).value)
        field = "executor_id";
    if (!field && contradicts(key->customer, given->customer)) {
        field = "customer_id";
        refusal = REFUSED_CONFLICT;
    } else if (!field && contradicts(key->executor, given->executor)) {
        field = "executor_id";
        refusal = REFUSED_CONFLICT;
    }
    if (field)
        reply_refuse_field(core, command, refusal, field);
    return field != NULL;
}

/* The customer and the executor, in the order of their ids. */
static void create_room(struct core *core, struct key *key) {
    struct wire_member members[2] = {
        {.user = key->customer, .role = ROLE_CUSTOMER},
        {.user = key->executor, .role = ROLE_EXECUTOR}};
    if (members[0].user.value > members[1].user.value) {
        struct wire_member first = members[1];
        members[1] = members[0];
        members[0] = first;
    }
    struct wire_room info = {.kind = ROOM_ORDER, .key = key->text};
    key_create_room(core, key, &info, members, 2, NULL);
}

enum run cmd_review_put(struct core *core, struct key *key,
                        const struct command *command) {
    const struct wire_review *given = &command->wire->as.review_put.review;
    if (refuse_bad(core, key, command))
        return RUN_DONE;
    bool makes_room =
        slice_equal(given->status, SLICE("in_progress")) && !key->room.value;
    user_id customer = either(key->customer, given->customer);
    user_id executor = either(key->executor, given->executor);
    bool is_known = key->has_review && !makes_room &&
                    slice_equal(key->status, given->status) &&
                    key->customer.value == customer.value &&
                    key->executor.value == executor.value;
    struct pending_item item = {.kind = PENDING_TELL, .actor = &key->actor};
    struct wire reply = {.kind = WIRE_REPLY_REVIEW};
    if (is_known) {
        reply.as.reply_review.review = review_of(key);
        pending_reply(core, &item, command, &reply);
        return RUN_DONE;
    }
    if (!pending_has_room(core, 2)) {
        reply_refuse(core, command, REFUSED_TRY_AGAIN);
        return RUN_DONE;
    }
    uint8_t refusal = makes_room ? key_may_create_room(core, key) : 0;
    if (refusal) {
        reply_refuse(core, command, (enum wire_refusal)refusal);
        return RUN_DONE;
    }
    key->has_review = true;
    key->customer = customer;
    key->executor = executor;
    key_set_status(key, given->status);
    if (makes_room)
        create_room(core, key);
    struct wire record = {.kind = RECORD_REVIEW_PUT};
    record.as.record_review_put.review = review_of(key);
    reply.as.reply_review.review = review_of(key);
    pending_append(core, &item, command, &record, NULL, &reply);
    return RUN_DONE;
}
