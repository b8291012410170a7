/* wire_schema.c - one line for each field of each struct of wire.h, in the
 * order in which they travel. Add fields at the end only. */
#include "common/wire/wire_schema.h"

#include <stddef.h>

#define U8(s, f, max)                                                          \
    { #f, FIELD_U8, offsetof(struct s, f), 0, max, NULL, WIRE_ID_NONE }
#define U32(s, f, max)                                                         \
    { #f, FIELD_U32, offsetof(struct s, f), 0, max, NULL, WIRE_ID_NONE }
#define U64(s, f)                                                              \
    { #f, FIELD_U64, offsetof(struct s, f), 0, 0, NULL, WIRE_ID_NONE }
#define I64(s, f)                                                              \
    { #f, FIELD_I64, offsetof(struct s, f), 0, 0, NULL, WIRE_ID_NONE }
#define BOOL(s, f)                                                             \
    { #f, FIELD_BOOL, offsetof(struct s, f), 0, 0, NULL, WIRE_ID_NONE }
/* The field's type says what it names. */
#define ID_OF(s, f)                                                            \
    _Generic(((struct s *)NULL)->f, user_id                                    \
             : WIRE_ID_USER, room_id                                           \
             : WIRE_ID_ROOM, message_id                                        \
             : WIRE_ID_MESSAGE, file_id                                        \
             : WIRE_ID_FILE)
#define ID(s, f)                                                               \
    { #f, FIELD_ID, offsetof(struct s, f), 0, 0, NULL, ID_OF(s, f) }
#define ID0(s, f)                                                              \
    { #f, FIELD_ID0, offsetof(struct s, f), 0, 0, NULL, ID_OF(s, f) }
#define BYTES(s, f, max)                                                       \
    { #f, FIELD_BYTES, offsetof(struct s, f), 0, max, NULL, WIRE_ID_NONE }
#define STRUCT(s, f, t)                                                        \
    { #f, FIELD_STRUCT, offsetof(struct s, f), 0, 0, &shape_##t, WIRE_ID_NONE }
#define MAYBE(s, f, t)                                                         \
    { #f, FIELD_MAYBE, offsetof(struct s, f), 0, 0, &shape_##t, WIRE_ID_NONE }
#define LIST(s, f, max, t)                                                     \
    {                                                                          \
#f, FIELD_LIST, offsetof(struct s, f), offsetof(struct s, f##_count),  \
            max, &shape_##t, WIRE_ID_NONE                                      \
    }
#define SLICES(s, f, max)                                                      \
    {                                                                          \
#f, FIELD_SLICES, offsetof(struct s, f),                               \
            offsetof(struct s, f##_count), max, NULL, WIRE_ID_NONE             \
    }

/* |required| is what version 1 had: lower it never, raise it never. */
#define SHAPE(s, required)                                                     \
    static const struct wire_shape shape_##s = {                               \
        #s, sizeof(struct s), sizeof fields_##s / sizeof *fields_##s,          \
        required, fields_##s}

static const struct wire_field fields_wire_profile[] = {
    ID(wire_profile, user),
    BYTES(wire_profile, username, LIMIT_PROFILE_FIELD_BYTES),
    BYTES(wire_profile, email, LIMIT_PROFILE_FIELD_BYTES),
    BYTES(wire_profile, first_name, LIMIT_PROFILE_FIELD_BYTES),
    BYTES(wire_profile, last_name, LIMIT_PROFILE_FIELD_BYTES),
    BYTES(wire_profile, github_url, LIMIT_PROFILE_FIELD_BYTES),
    BYTES(wire_profile, avatar, LIMIT_PROFILE_FIELD_BYTES),
    BYTES(wire_profile, thumbnail_avatar, LIMIT_PROFILE_FIELD_BYTES),
    BOOL(wire_profile, email_notifications),
    BOOL(wire_profile, email_confirmed),
    BOOL(wire_profile, from_directory),
};
SHAPE(wire_profile, 11);

static const struct wire_field fields_wire_room[] = {
    ID(wire_room, room),
    U8(wire_room, kind, ROOM_KIND_LAST),
    BYTES(wire_room, key, LIMIT_ROOM_KEY_BYTES),
    BYTES(wire_room, title, LIMIT_ROOM_TITLE_BYTES),
    BOOL(wire_room, open),
    I64(wire_room, created_us),
};
SHAPE(wire_room, 6);

static const struct wire_field fields_wire_room_state[] = {
    U64(wire_room_state, place),
    U64(wire_room_state, ordinal),
    U64(wire_room_state, live_total),
    I64(wire_room_state, activity_us),
    ID0(wire_room_state, reader1),
    U64(wire_room_state, mark1),
    ID0(wire_room_state, reader2),
    U64(wire_room_state, mark2),
    U32(wire_room_state, members_count, UINT32_MAX),
};
SHAPE(wire_room_state, 8);

static const struct wire_field fields_wire_member[] = {
    ID(wire_member, user),  U8(wire_member, role, ROLE_LAST),
    U64(wire_member, mark), I64(wire_member, read_us),
    U64(wire_member, seen), U64(wire_member, own_total),
};
SHAPE(wire_member, 6);

static const struct wire_field fields_wire_file[] = {
    ID(wire_file, file),
    ID(wire_file, owner),
    I64(wire_file, created_us),
    BYTES(wire_file, secret, LIMIT_FILE_SECRET_BYTES),
    BYTES(wire_file, name, LIMIT_FILE_NAME_BYTES),
    BYTES(wire_file, mime, LIMIT_MIME_BYTES),
    U64(wire_file, size),
};
SHAPE(wire_file, 7);

static const struct wire_field fields_wire_quote[] = {
    ID(wire_quote, message),
    ID(wire_quote, author),
    BYTES(wire_quote, text, LIMIT_TEXT_BYTES),
    I64(wire_quote, created_us),
    BOOL(wire_quote, edited),
    BOOL(wire_quote, deleted),
    BOOL(wire_quote, read),
    LIST(wire_quote, files, LIMIT_MESSAGE_FILES, wire_file),
    U64(wire_quote, place),
};
SHAPE(wire_quote, 8);

static const struct wire_field fields_wire_message[] = {
    ID(wire_message, message),
    ID(wire_message, room),
    U64(wire_message, ordinal),
    U64(wire_message, place),
    ID(wire_message, author),
    BYTES(wire_message, text, LIMIT_TEXT_BYTES),
    ID0(wire_message, reply_to),
    I64(wire_message, created_us),
    BOOL(wire_message, edited),
    BOOL(wire_message, deleted),
    BOOL(wire_message, read),
    U64(wire_message, lesson),
    LIST(wire_message, files, LIMIT_MESSAGE_FILES, wire_file),
    MAYBE(wire_message, quote, wire_quote),
    I64(wire_message, read_us),
};
SHAPE(wire_message, 12);

static const struct wire_field fields_wire_view[] = {
    STRUCT(wire_view, room, wire_room),
    U32(wire_view, members_count, UINT32_MAX),
    U64(wire_view, unread),
    ID0(wire_view, customer),
    ID0(wire_view, executor),
    MAYBE(wire_view, last, wire_message),
    I64(wire_view, activity_us),
    ID0(wire_view, other),
};
SHAPE(wire_view, 7);

static const struct wire_field fields_wire_feed_room[] = {
    ID(wire_feed_room, room),
    U64(wire_feed_room, after_place),
    U64(wire_feed_room, place),
    U64(wire_feed_room, unread),
    U32(wire_feed_room, members_count, UINT32_MAX),
};
SHAPE(wire_feed_room, 5);

static const struct wire_field fields_wire_count[] = {
    ID(wire_count, user),
    U64(wire_count, unread),
};
SHAPE(wire_count, 2);

static const struct wire_field fields_wire_presence[] = {
    ID(wire_presence, user),
    BOOL(wire_presence, online),
    I64(wire_presence, last_seen_us),
};
SHAPE(wire_presence, 3);

static const struct wire_field fields_wire_review[] = {
    BYTES(wire_review, key, LIMIT_ROOM_KEY_BYTES),
    BYTES(wire_review, status, LIMIT_ROOM_KEY_BYTES),
    ID0(wire_review, customer),
    ID0(wire_review, executor),
    ID0(wire_review, room),
};
SHAPE(wire_review, 5);

static const struct wire_field fields_wire_query[] = {
    U8(wire_query, by, QUERY_BY_LAST),
    U64(wire_query, after),
    U64(wire_query, before),
    U64(wire_query, skip),
    U32(wire_query, limit, LIMIT_PAGE_MESSAGES),
    BOOL(wire_query, newest),
    BOOL(wire_query, deleted),
};
SHAPE(wire_query, 7);

static const struct wire_field fields_wire_head[] = {
    U8(wire_head, partition, PARTITION_COUNT - 1),
    U64(wire_head, seq),
};
SHAPE(wire_head, 2);

static const struct wire_field fields_wire_batch[] = {
    U8(wire_batch, partition, PARTITION_COUNT - 1),
    U64(wire_batch, epoch),
    U64(wire_batch, first_seq),
    SLICES(wire_batch, records, LIMIT_BATCH_RECORDS),
};
SHAPE(wire_batch, 4);

static const struct wire_field fields_wire_event[] = {
    U8(wire_event, kind, EVENT_KIND_LAST),
    ID(wire_event, room),
    U64(wire_event, place),
    I64(wire_event, at_us),
    ID0(wire_event, actor),
    MAYBE(wire_event, message, wire_message),
    MAYBE(wire_event, author, wire_profile),
    ID0(wire_event, member),
    U8(wire_event, role, ROLE_LAST),
    U64(wire_event, mark),
    U32(wire_event, origin_gateway, UINT32_MAX),
    U64(wire_event, origin_correlation),
    U32(wire_event, members_count, UINT32_MAX),
    LIST(wire_event, counts, 2, wire_count),
};
SHAPE(wire_event, 12);

static const struct wire_field fields_wire_connect[] = {
    U64(wire_connect, connection),
    STRUCT(wire_connect, claims, wire_profile),
    U32(wire_connect, grace_ms, UINT32_MAX),
    U8(wire_connect, kind, CONNECT_KIND_LAST),
};
SHAPE(wire_connect, 2);

static const struct wire_field fields_wire_disconnect[] = {
    U64(wire_disconnect, connection),
    ID(wire_disconnect, user),
};
SHAPE(wire_disconnect, 2);

static const struct wire_field fields_wire_user_put[] = {
    STRUCT(wire_user_put, profile, wire_profile),
};
SHAPE(wire_user_put, 1);

static const struct wire_field fields_wire_user_get[] = {
    ID(wire_user_get, user),
};
SHAPE(wire_user_get, 1);

static const struct wire_field fields_wire_room_create[] = {
    U8(wire_room_create, kind, ROOM_KIND_LAST),
    BYTES(wire_room_create, key, LIMIT_ROOM_KEY_BYTES),
    BYTES(wire_room_create, title, LIMIT_ROOM_TITLE_BYTES),
    BOOL(wire_room_create, open),
    LIST(wire_room_create, members, LIMIT_ROOM_MEMBERS, wire_member),
};
SHAPE(wire_room_create, 5);

static const struct wire_field fields_wire_room_get[] = {
    ID(wire_room_get, room),
};
SHAPE(wire_room_get, 1);

static const struct wire_field fields_wire_room_patch[] = {
    ID(wire_room_patch, room),
    BOOL(wire_room_patch, has_title),
    BYTES(wire_room_patch, title, LIMIT_ROOM_TITLE_BYTES),
    BOOL(wire_room_patch, has_open),
    BOOL(wire_room_patch, open),
};
SHAPE(wire_room_patch, 5);

static const struct wire_field fields_wire_room_delete[] = {
    ID(wire_room_delete, room),
};
SHAPE(wire_room_delete, 1);

static const struct wire_field fields_wire_member_put[] = {
    ID(wire_member_put, room),
    ID(wire_member_put, user),
    U8(wire_member_put, role, ROLE_LAST),
};
SHAPE(wire_member_put, 3);

static const struct wire_field fields_wire_member_remove[] = {
    ID(wire_member_remove, room),
    ID(wire_member_remove, user),
};
SHAPE(wire_member_remove, 2);

static const struct wire_field fields_wire_review_put[] = {
    STRUCT(wire_review_put, review, wire_review),
};
SHAPE(wire_review_put, 1);

static const struct wire_field fields_wire_join[] = {
    ID(wire_join, room),
    ID(wire_join, user),
};
SHAPE(wire_join, 2);

static const struct wire_field fields_wire_leave[] = {
    ID(wire_leave, room),
    ID(wire_leave, user),
};
SHAPE(wire_leave, 2);

static const struct wire_field fields_wire_subscribe[] = {
    ID(wire_subscribe, room),
    ID(wire_subscribe, user),
    BOOL(wire_subscribe, members),
};
SHAPE(wire_subscribe, 2);

static const struct wire_field fields_wire_unsubscribe[] = {
    ID(wire_unsubscribe, room),
};
SHAPE(wire_unsubscribe, 1);

static const struct wire_field fields_wire_resume[] = {
    ID(wire_resume, room),
    U64(wire_resume, after_place),
};
SHAPE(wire_resume, 2);

static const struct wire_field fields_wire_send[] = {
    ID0(wire_send, room),
    STRUCT(wire_send, author, wire_profile),
    BYTES(wire_send, text, LIMIT_TEXT_BYTES),
    ID0(wire_send, reply_to),
    BYTES(wire_send, client_key, LIMIT_CLIENT_KEY_BYTES),
    BYTES(wire_send, request_key, LIMIT_REQUEST_KEY_BYTES),
    BYTES(wire_send, origin_key, LIMIT_REQUEST_KEY_BYTES),
    BOOL(wire_send, retry),
    BOOL(wire_send, resent),
    U64(wire_send, lesson),
    U8(wire_send, kind, ROOM_KIND_LAST),
    BYTES(wire_send, key, LIMIT_ROOM_KEY_BYTES),
    BOOL(wire_send, dialog),
    LIST(wire_send, files, LIMIT_MESSAGE_FILES, wire_file),
    BOOL(wire_send, mail),
};
SHAPE(wire_send, 10);

static const struct wire_field fields_wire_edit[] = {
    ID(wire_edit, message),
    ID(wire_edit, user),
    BYTES(wire_edit, text, LIMIT_TEXT_BYTES),
    ID0(wire_edit, room),
    U8(wire_edit, kind, ROOM_KIND_LAST),
    BYTES(wire_edit, key, LIMIT_ROOM_KEY_BYTES),
    BOOL(wire_edit, dialog),
};
SHAPE(wire_edit, 3);

static const struct wire_field fields_wire_delete[] = {
    ID(wire_delete, message),
    ID(wire_delete, user),
    ID0(wire_delete, room),
    U8(wire_delete, kind, ROOM_KIND_LAST),
    BYTES(wire_delete, key, LIMIT_ROOM_KEY_BYTES),
    BOOL(wire_delete, dialog),
};
SHAPE(wire_delete, 2);

static const struct wire_field fields_wire_mark[] = {
    ID(wire_mark, message),
    ID(wire_mark, user),
    ID0(wire_mark, room),
    U8(wire_mark, kind, ROOM_KIND_LAST),
    BYTES(wire_mark, key, LIMIT_ROOM_KEY_BYTES),
    BOOL(wire_mark, dialog),
};
SHAPE(wire_mark, 2);

static const struct wire_field fields_wire_history[] = {
    ID0(wire_history, room),
    ID0(wire_history, user),
    STRUCT(wire_history, query, wire_query),
    U8(wire_history, kind, ROOM_KIND_LAST),
    BYTES(wire_history, key, LIMIT_ROOM_KEY_BYTES),
    BOOL(wire_history, dialog),
};
SHAPE(wire_history, 3);

static const struct wire_field fields_wire_list[] = {
    ID(wire_list, user),
    U64(wire_list, skip),
    U32(wire_list, limit, LIMIT_LIST_ROOMS),
    U8(wire_list, kind, ROOM_KIND_LAST),
    BOOL(wire_list, dialogs),
};
SHAPE(wire_list, 3);

static const struct wire_field fields_wire_room_view[] = {
    ID0(wire_room_view, room),
    U8(wire_room_view, kind, ROOM_KIND_LAST),
    BYTES(wire_room_view, key, LIMIT_ROOM_KEY_BYTES),
    ID(wire_room_view, user),
};
SHAPE(wire_room_view, 4);

static const struct wire_field fields_wire_unread[] = {
    ID(wire_unread, user),
    BOOL(wire_unread, dialogs),
};
SHAPE(wire_unread, 2);

static const struct wire_field fields_wire_feed[] = {
    ID(wire_feed, user),
    I64(wire_feed, since_us),
};
SHAPE(wire_feed, 2);

static const struct wire_field fields_wire_events[] = {
    ID(wire_events, room),
    ID(wire_events, user),
    U64(wire_events, after_place),
    U32(wire_events, limit, LIMIT_PAGE_MESSAGES),
};
SHAPE(wire_events, 4);

static const struct wire_field fields_wire_typing[] = {
    ID0(wire_typing, room),
    U8(wire_typing, kind, ROOM_KIND_LAST),
    BYTES(wire_typing, key, LIMIT_ROOM_KEY_BYTES),
    ID(wire_typing, user),
};
SHAPE(wire_typing, 4);

static const struct wire_field fields_wire_presence_set[] = {
    ID(wire_presence_set, user),
    BOOL(wire_presence_set, online),
};
SHAPE(wire_presence_set, 2);

static const struct wire_field fields_wire_presence_get[] = {
    ID(wire_presence_get, user),
};
SHAPE(wire_presence_get, 1);

static const struct wire_field fields_wire_user_kick[] = {
    ID(wire_user_kick, user),
};
SHAPE(wire_user_kick, 1);

static const struct wire_field fields_wire_file_put[] = {
    ID(wire_file_put, user),
    ID0(wire_file_put, file),
    U64(wire_file_put, offset),
    BYTES(wire_file_put, bytes, LIMIT_FILE_CHUNK_BYTES),
    BOOL(wire_file_put, last),
    BYTES(wire_file_put, secret, LIMIT_FILE_SECRET_BYTES),
    BYTES(wire_file_put, name, LIMIT_FILE_NAME_BYTES),
    BYTES(wire_file_put, mime, LIMIT_MIME_BYTES),
};
SHAPE(wire_file_put, 8);

static const struct wire_field fields_wire_file_name[] = {
    ID0(wire_file_name, file),
    BYTES(wire_file_name, secret, LIMIT_FILE_SECRET_BYTES),
};
SHAPE(wire_file_name, 2);

static const struct wire_field fields_wire_files[] = {
    ID0(wire_files, user),
    LIST(wire_files, names, LIMIT_MESSAGE_FILES, wire_file_name),
};
SHAPE(wire_files, 2);

static const struct wire_field fields_wire_file_bytes[] = {
    ID(wire_file_bytes, file),
    U64(wire_file_bytes, offset),
};
SHAPE(wire_file_bytes, 2);

static const struct wire_field fields_wire_reply_ok[] = {
    U8(wire_reply_ok, unused, 0),
};
SHAPE(wire_reply_ok, 1);

static const struct wire_field fields_wire_reply_error[] = {
    U8(wire_reply_error, refusal, REFUSED_LAST),
    BYTES(wire_reply_error, field, 256),
    BYTES(wire_reply_error, detail, 1024),
};
SHAPE(wire_reply_error, 3);

static const struct wire_field fields_wire_reply_place[] = {
    U64(wire_reply_place, place),
};
SHAPE(wire_reply_place, 1);

static const struct wire_field fields_wire_reply_subscribed[] = {
    U64(wire_reply_subscribed, place),
    STRUCT(wire_reply_subscribed, room, wire_room),
    LIST(wire_reply_subscribed, members, LIMIT_ROOM_MEMBERS, wire_member),
};
SHAPE(wire_reply_subscribed, 3);

static const struct wire_field fields_wire_reply_presence[] = {
    STRUCT(wire_reply_presence, presence, wire_presence),
};
SHAPE(wire_reply_presence, 1);

static const struct wire_field fields_wire_reply_file[] = {
    STRUCT(wire_reply_file, file, wire_file),
};
SHAPE(wire_reply_file, 1);

static const struct wire_field fields_wire_reply_profile[] = {
    STRUCT(wire_reply_profile, profile, wire_profile),
};
SHAPE(wire_reply_profile, 1);

static const struct wire_field fields_wire_reply_room[] = {
    STRUCT(wire_reply_room, room, wire_room),
    LIST(wire_reply_room, members, LIMIT_ROOM_MEMBERS, wire_member),
    BOOL(wire_reply_room, created),
};
SHAPE(wire_reply_room, 3);

static const struct wire_field fields_wire_reply_view[] = {
    STRUCT(wire_reply_view, view, wire_view),
    LIST(wire_reply_view, profiles, LIMIT_PAGE_MESSAGES, wire_profile),
};
SHAPE(wire_reply_view, 2);

static const struct wire_field fields_wire_reply_list[] = {
    LIST(wire_reply_list, views, LIMIT_LIST_ROOMS, wire_view),
    LIST(wire_reply_list, profiles, LIMIT_PAGE_MESSAGES, wire_profile),
    U64(wire_reply_list, total),
};
SHAPE(wire_reply_list, 3);

static const struct wire_field fields_wire_reply_page[] = {
    LIST(wire_reply_page, messages, LIMIT_PAGE_MESSAGES, wire_message),
    LIST(wire_reply_page, profiles, LIMIT_PAGE_MESSAGES, wire_profile),
    BOOL(wire_reply_page, has_more),
    U64(wire_reply_page, next_ordinal),
    U64(wire_reply_page, live_total),
};
SHAPE(wire_reply_page, 5);

static const struct wire_field fields_wire_reply_message[] = {
    STRUCT(wire_reply_message, message, wire_message),
    STRUCT(wire_reply_message, author, wire_profile),
    BOOL(wire_reply_message, created),
};
SHAPE(wire_reply_message, 3);

static const struct wire_field fields_wire_reply_mark[] = {
    STRUCT(wire_reply_mark, message, wire_message),
    STRUCT(wire_reply_mark, author, wire_profile),
    U64(wire_reply_mark, mark),
    I64(wire_reply_mark, read_us),
    BOOL(wire_reply_mark, moved),
};
SHAPE(wire_reply_mark, 5);

static const struct wire_field fields_wire_reply_review[] = {
    STRUCT(wire_reply_review, review, wire_review),
};
SHAPE(wire_reply_review, 1);

static const struct wire_field fields_wire_profile_changed[] = {
    STRUCT(wire_profile_changed, profile, wire_profile),
};
SHAPE(wire_profile_changed, 1);

static const struct wire_field fields_wire_typed[] = {
    ID(wire_typed, room),
    ID(wire_typed, user),
    I64(wire_typed, until_us),
};
SHAPE(wire_typed, 3);

static const struct wire_field fields_wire_presence_changed[] = {
    LIST(wire_presence_changed, users, LIMIT_PRESENCE_USERS, wire_presence),
};
SHAPE(wire_presence_changed, 1);

static const struct wire_field fields_wire_membership[] = {
    ID(wire_membership, room),
    U64(wire_membership, after_place),
    LIST(wire_membership, members, LIMIT_ROOM_MEMBERS, wire_member),
};
SHAPE(wire_membership, 3);

static const struct wire_field fields_wire_kick[] = {
    ID(wire_kick, user),
};
SHAPE(wire_kick, 1);

static const struct wire_field fields_wire_claim[] = {
    U64(wire_claim, instance),
};
SHAPE(wire_claim, 1);

static const struct wire_field fields_wire_keep[] = {
    U64(wire_keep, epoch),
};
SHAPE(wire_keep, 1);

static const struct wire_field fields_wire_release[] = {
    U64(wire_release, epoch),
};
SHAPE(wire_release, 1);

static const struct wire_field fields_wire_claimed[] = {
    U64(wire_claimed, epoch),
};
SHAPE(wire_claimed, 1);

static const struct wire_field fields_wire_attach[] = {
    U64(wire_attach, epoch),
};
SHAPE(wire_attach, 1);

static const struct wire_field fields_wire_heads[] = {
    LIST(wire_heads, heads, PARTITION_COUNT, wire_head),
};
SHAPE(wire_heads, 1);

static const struct wire_field fields_wire_append[] = {
    LIST(wire_append, batches, PARTITION_COUNT, wire_batch),
};
SHAPE(wire_append, 1);

static const struct wire_field fields_wire_appended[] = {
    LIST(wire_appended, heads, PARTITION_COUNT, wire_head),
};
SHAPE(wire_appended, 1);

static const struct wire_field fields_wire_refused[] = {
    U8(wire_refused, partition, PARTITION_COUNT - 1),
    U64(wire_refused, seq),
    U8(wire_refused, refusal, REFUSED_LAST),
    BYTES(wire_refused, detail, 1024),
};
SHAPE(wire_refused, 4);

static const struct wire_field fields_wire_read_room[] = {
    ID(wire_read_room, room),
};
SHAPE(wire_read_room, 1);

static const struct wire_field fields_wire_read_key[] = {
    U8(wire_read_key, kind, ROOM_KIND_LAST),
    BYTES(wire_read_key, key, LIMIT_ROOM_KEY_BYTES),
};
SHAPE(wire_read_key, 2);

static const struct wire_field fields_wire_read_user[] = {
    ID(wire_read_user, user),
};
SHAPE(wire_read_user, 1);

static const struct wire_field fields_wire_read_message[] = {
    ID(wire_read_message, message),
};
SHAPE(wire_read_message, 1);

static const struct wire_field fields_wire_read_sent[] = {
    ID(wire_read_sent, room),
    ID(wire_read_sent, sender),
    U8(wire_read_sent, by, SENT_BY_LAST),
    BYTES(wire_read_sent, key, LIMIT_CLIENT_KEY_BYTES),
};
SHAPE(wire_read_sent, 4);

static const struct wire_field fields_wire_read_history[] = {
    ID(wire_read_history, room),
    STRUCT(wire_read_history, query, wire_query),
};
SHAPE(wire_read_history, 2);

static const struct wire_field fields_wire_read_list[] = {
    ID(wire_read_list, user),
    U64(wire_read_list, skip),
    U32(wire_read_list, limit, LIMIT_LIST_ROOMS),
    U8(wire_read_list, kind, ROOM_KIND_LAST),
    BOOL(wire_read_list, dialogs),
};
SHAPE(wire_read_list, 3);

static const struct wire_field fields_wire_read_unread[] = {
    ID(wire_read_unread, user),
    BOOL(wire_read_unread, dialogs),
};
SHAPE(wire_read_unread, 2);

static const struct wire_field fields_wire_read_feed[] = {
    ID(wire_read_feed, user),
    I64(wire_read_feed, since_us),
};
SHAPE(wire_read_feed, 2);

static const struct wire_field fields_wire_read_files[] = {
    ID0(wire_read_files, user),
    LIST(wire_read_files, names, LIMIT_MESSAGE_FILES, wire_file_name),
    I64(wire_read_files, now_us),
};
SHAPE(wire_read_files, 3);

static const struct wire_field fields_wire_read_bytes[] = {
    ID(wire_read_bytes, file),
    U64(wire_read_bytes, offset),
};
SHAPE(wire_read_bytes, 2);

static const struct wire_field fields_wire_read_view[] = {
    ID(wire_read_view, room),
    ID(wire_read_view, user),
};
SHAPE(wire_read_view, 2);

static const struct wire_field fields_wire_read_events[] = {
    ID(wire_read_events, room),
    U64(wire_read_events, after_place),
    U32(wire_read_events, limit, LIMIT_PAGE_MESSAGES),
};
SHAPE(wire_read_events, 3);

static const struct wire_field fields_wire_read_count[] = {
    ID(wire_read_count, room),         U64(wire_read_count, after_place),
    U64(wire_read_count, up_to_place), ID0(wire_read_count, not_by),
    ID0(wire_read_count, by),
};
SHAPE(wire_read_count, 5);

static const struct wire_field fields_wire_row_room[] = {
    BOOL(wire_row_room, found),
    MAYBE(wire_row_room, room, wire_room),
    STRUCT(wire_row_room, state, wire_room_state),
    LIST(wire_row_room, members, LIMIT_ROOM_MEMBERS, wire_member),
};
SHAPE(wire_row_room, 4);

static const struct wire_field fields_wire_row_key[] = {
    ID0(wire_row_key, room),
    MAYBE(wire_row_key, review, wire_review),
};
SHAPE(wire_row_key, 2);

static const struct wire_field fields_wire_row_user[] = {
    BOOL(wire_row_user, found),
    MAYBE(wire_row_user, profile, wire_profile),
    I64(wire_row_user, last_seen_us),
};
SHAPE(wire_row_user, 2);

static const struct wire_field fields_wire_row_message[] = {
    BOOL(wire_row_message, found),
    MAYBE(wire_row_message, message, wire_message),
    MAYBE(wire_row_message, author, wire_profile),
};
SHAPE(wire_row_message, 3);

static const struct wire_field fields_wire_row_events[] = {
    LIST(wire_row_events, events, LIMIT_PAGE_MESSAGES, wire_event),
    U64(wire_row_events, last_place),
    BOOL(wire_row_events, has_more),
};
SHAPE(wire_row_events, 3);

static const struct wire_field fields_wire_row_count[] = {
    U64(wire_row_count, count),
};
SHAPE(wire_row_count, 1);

static const struct wire_field fields_wire_row_feed[] = {
    LIST(wire_row_feed, rooms, LIMIT_FEED_ROOMS, wire_feed_room),
    BOOL(wire_row_feed, has_more),
};
SHAPE(wire_row_feed, 2);

static const struct wire_field fields_wire_row_files[] = {
    LIST(wire_row_files, files, LIMIT_MESSAGE_FILES, wire_file),
};
SHAPE(wire_row_files, 1);

static const struct wire_field fields_wire_row_bytes[] = {
    BYTES(wire_row_bytes, bytes, LIMIT_FILE_CHUNK_BYTES),
};
SHAPE(wire_row_bytes, 1);

static const struct wire_field fields_record_user_put[] = {
    STRUCT(record_user_put, profile, wire_profile),
};
SHAPE(record_user_put, 1);

static const struct wire_field fields_record_room_put[] = {
    STRUCT(record_room_put, room, wire_room),
    STRUCT(record_room_put, state, wire_room_state),
    LIST(record_room_put, members, LIMIT_ROOM_MEMBERS, wire_member),
    I64(record_room_put, at_us),
    BOOL(record_room_put, created),
};
SHAPE(record_room_put, 5);

static const struct wire_field fields_record_room_deleted[] = {
    ID(record_room_deleted, room),
    U8(record_room_deleted, kind, ROOM_KIND_LAST),
    BYTES(record_room_deleted, key, LIMIT_ROOM_KEY_BYTES),
};
SHAPE(record_room_deleted, 3);

static const struct wire_field fields_record_member_put[] = {
    ID(record_member_put, room),
    STRUCT(record_member_put, state, wire_room_state),
    STRUCT(record_member_put, member, wire_member),
    I64(record_member_put, at_us),
    ID0(record_member_put, actor),
};
SHAPE(record_member_put, 5);

static const struct wire_field fields_record_member_removed[] = {
    ID(record_member_removed, room),
    STRUCT(record_member_removed, state, wire_room_state),
    ID(record_member_removed, user),
    I64(record_member_removed, at_us),
    ID0(record_member_removed, actor),
};
SHAPE(record_member_removed, 5);

static const struct wire_field fields_record_message_created[] = {
    STRUCT(record_message_created, message, wire_message),
    STRUCT(record_message_created, state, wire_room_state),
    STRUCT(record_message_created, author, wire_member),
    BYTES(record_message_created, client_key, LIMIT_CLIENT_KEY_BYTES),
    BYTES(record_message_created, request_key, LIMIT_REQUEST_KEY_BYTES),
    BYTES(record_message_created, origin_key, LIMIT_REQUEST_KEY_BYTES),
    ID0(record_message_created, mail_to),
};
SHAPE(record_message_created, 6);

static const struct wire_field fields_record_message_edited[] = {
    STRUCT(record_message_edited, message, wire_message),
    STRUCT(record_message_edited, state, wire_room_state),
    I64(record_message_edited, at_us),
    ID0(record_message_edited, actor),
};
SHAPE(record_message_edited, 4);

static const struct wire_field fields_record_message_deleted[] = {
    STRUCT(record_message_deleted, message, wire_message),
    STRUCT(record_message_deleted, state, wire_room_state),
    LIST(record_message_deleted, members, LIMIT_ROOM_MEMBERS, wire_member),
    I64(record_message_deleted, at_us),
    ID0(record_message_deleted, actor),
};
SHAPE(record_message_deleted, 5);

static const struct wire_field fields_record_mark_moved[] = {
    ID(record_mark_moved, room),
    STRUCT(record_mark_moved, state, wire_room_state),
    STRUCT(record_mark_moved, member, wire_member),
    ID(record_mark_moved, message),
};
SHAPE(record_mark_moved, 4);

static const struct wire_field fields_record_review_put[] = {
    STRUCT(record_review_put, review, wire_review),
};
SHAPE(record_review_put, 1);

static const struct wire_field fields_record_user_seen[] = {
    ID(record_user_seen, user),
    I64(record_user_seen, last_seen_us),
};
SHAPE(record_user_seen, 2);

static const struct wire_field fields_record_file_chunk[] = {
    ID(record_file_chunk, file),
    U64(record_file_chunk, offset),
    BYTES(record_file_chunk, bytes, LIMIT_FILE_CHUNK_BYTES),
    I64(record_file_chunk, at_us),
};
SHAPE(record_file_chunk, 4);

static const struct wire_field fields_record_file_put[] = {
    STRUCT(record_file_put, file, wire_file),
};
SHAPE(record_file_put, 1);

static const struct wire_field fields_state_actor[] = {
    U8(state_actor, type, STATE_ACTOR_TYPE_LAST),
    U64(state_actor, id),
    U8(state_actor, kind, ROOM_KIND_LAST),
    BYTES(state_actor, key, LIMIT_ROOM_KEY_BYTES),
};
SHAPE(state_actor, 4);

static const struct wire_field fields_state_core[] = {
    I64(state_core, now_us),
    U64(state_core, last_read),
    U64(state_core, activations_total),
    U64(state_core, passivations_total),
    U64(state_core, refusals_total),
    U64(state_core, messages_total),
    U64(state_core, duplicates_total),
    U64(state_core, presence_changes_total),
    U64(state_core, seen_lost_total),
    U64(state_core, typing_passed_total),
    U64(state_core, typing_throttled_total),
};
SHAPE(state_core, 11);

static const struct wire_field fields_state_partition[] = {
    U64(state_partition, next_seq),
    U64(state_partition, committed),
};
SHAPE(state_partition, 2);

static const struct wire_field fields_state_sent_key[] = {
    U64(state_sent_key, digest),
    U64(state_sent_key, seq),
};
SHAPE(state_sent_key, 2);

static const struct wire_field fields_state_sent_keys[] = {
    LIST(state_sent_keys, keys, LIMIT_STATE_ITEMS, state_sent_key),
};
SHAPE(state_sent_keys, 1);

static const struct wire_field fields_state_command[] = {
    BYTES(state_command, bytes, LIMIT_WIRE_BYTES),
    U32(state_command, gateway, UINT32_MAX),
    U8(state_command, hops, 15),
    U64(state_command, floor),
};
SHAPE(state_command, 4);

static const struct wire_field fields_state_read[] = {
    U64(state_read, read),
    U8(state_read, purpose, 15),
    U8(state_read, lookup, 15),
    U32(state_read, gateway, UINT32_MAX),
    U64(state_read, correlation),
    U64(state_read, floor),
    ID0(state_read, room),
    U32(state_read, answer, WIRE_KIND_MAX),
    MAYBE(state_read, command, state_command),
};
SHAPE(state_read, 9);

static const struct wire_field fields_state_gateway[] = {
    U32(state_gateway, number, UINT32_MAX),
    BOOL(state_gateway, is_up),
};
SHAPE(state_gateway, 2);

static const struct wire_field fields_state_load[] = {
    U8(state_load, state, 15),
    U64(state_load, read),
    U64(state_load, floor),
};
SHAPE(state_load, 3);

static const struct wire_field fields_state_recent[] = {
    ID(state_recent, author),
    BOOL(state_recent, is_deleted),
};
SHAPE(state_recent, 2);

static const struct wire_field fields_state_typed[] = {
    ID(state_typed, user),
    I64(state_typed, at_us),
};
SHAPE(state_typed, 2);

static const struct wire_field fields_state_room[] = {
    STRUCT(state_room, info, wire_room),
    STRUCT(state_room, load, state_load),
    U64(state_room, released_place),
    STRUCT(state_room, state, wire_room_state),
    LIST(state_room, members, LIMIT_ROOM_MEMBERS, wire_member),
    U64(state_room, created_seq),
    U64(state_room, changed_seq),
    U64(state_room, marked_seq),
    U64(state_room, roster_seq),
    I64(state_room, last_us),
    BOOL(state_room, is_deleted),
    U64(state_room, recent_first),
    LIST(state_room, recent, 64, state_recent),
    LIST(state_room, typing, LIMIT_ROOM_MEMBERS, state_typed),
};
SHAPE(state_room, 14);

static const struct wire_field fields_state_hearer[] = {
    U32(state_hearer, gateway, UINT32_MAX),
    BOOL(state_hearer, is_live),
    U64(state_hearer, position),
    U64(state_hearer, read),
    U64(state_hearer, correlation),
};
SHAPE(state_hearer, 5);

static const struct wire_field fields_state_interest[] = {
    ID(state_interest, room),
    LIST(state_interest, hearers, LIMIT_STATE_ITEMS, state_hearer),
};
SHAPE(state_interest, 2);

static const struct wire_field fields_state_user[] = {
    ID(state_user, user),          STRUCT(state_user, load, state_load),
    BOOL(state_user, has_row),     MAYBE(state_user, profile, wire_profile),
    BOOL(state_user, is_online),   BOOL(state_user, is_hidden),
    BOOL(state_user, is_leaving),  I64(state_user, leaves_us),
    I64(state_user, last_seen_us),
};
SHAPE(state_user, 9);

static const struct wire_field fields_state_connection[] = {
    U32(state_connection, gateway, UINT32_MAX),
    U64(state_connection, number),
    U32(state_connection, grace_ms, UINT32_MAX),
};
SHAPE(state_connection, 3);

static const struct wire_field fields_state_connections[] = {
    ID(state_connections, user),
    LIST(state_connections, connections, LIMIT_STATE_ITEMS, state_connection),
};
SHAPE(state_connections, 2);

static const struct wire_field fields_state_key[] = {
    U8(state_key, kind, ROOM_KIND_LAST),
    BYTES(state_key, key, LIMIT_ROOM_KEY_BYTES),
    STRUCT(state_key, load, state_load),
    ID0(state_key, room),
    BOOL(state_key, has_review),
    BYTES(state_key, status, LIMIT_ROOM_KEY_BYTES),
    ID0(state_key, customer),
    ID0(state_key, executor),
};
SHAPE(state_key, 8);

static const struct wire_field fields_state_lookup[] = {
    U8(state_lookup, index, 15),
    U8(state_lookup, state, 15),
    U8(state_lookup, refusal, REFUSED_LAST),
    U64(state_lookup, floor),
    U64(state_lookup, read),
    U64(state_lookup, after_place),
    U64(state_lookup, up_to_place),
    U64(state_lookup, count),
    BYTES(state_lookup, row, LIMIT_WIRE_BYTES),
};
SHAPE(state_lookup, 9);

static const struct wire_field fields_state_waiting[] = {
    STRUCT(state_waiting, actor, state_actor),
    STRUCT(state_waiting, command, state_command),
    BOOL(state_waiting, is_keyed),
    LIST(state_waiting, lookups, 15, state_lookup),
};
SHAPE(state_waiting, 4);

static const struct wire_field fields_state_id[] = {
    U64(state_id, id),
};
SHAPE(state_id, 1);

static const struct wire_field fields_state_links[] = {
    U32(state_links, gateway, UINT32_MAX),
    LIST(state_links, rooms, LIMIT_STATE_ITEMS, state_id),
    LIST(state_links, users, LIMIT_STATE_ITEMS, state_id),
};
SHAPE(state_links, 3);

static const struct wire_field fields_state_online[] = {
    LIST(state_online, users, LIMIT_STATE_ITEMS, state_id),
};
SHAPE(state_online, 1);

static const struct wire_field fields_state_upload[] = {
    ID(state_upload, user),
    U32(state_upload, index, UINT32_MAX),
    U32(state_upload, gateway, UINT32_MAX),
    ID(state_upload, file),
    U64(state_upload, size),
    U64(state_upload, last_offset),
    U64(state_upload, last_digest),
    I64(state_upload, created_us),
    I64(state_upload, used_us),
    BOOL(state_upload, is_whole),
};
SHAPE(state_upload, 10);

static const struct wire_field fields_state_pending[] = {
    U8(state_pending, kind, 15),
    BOOL(state_pending, has_record),
    U64(state_pending, seq),
    STRUCT(state_pending, actor, state_actor),
    STRUCT(state_pending, also, state_actor),
    U32(state_pending, gateway, UINT32_MAX),
    U64(state_pending, correlation),
    U64(state_pending, place),
    U64(state_pending, detail),
    U32(state_pending, grace_ms, UINT32_MAX),
    U8(state_pending, connect, CONNECT_KIND_LAST),
    U32(state_pending, record_size, UINT32_MAX),
    BYTES(state_pending, notice, LIMIT_WIRE_BYTES),
    BYTES(state_pending, event, LIMIT_WIRE_BYTES),
    BYTES(state_pending, reply, LIMIT_WIRE_BYTES),
};
SHAPE(state_pending, 15);

static const struct wire_field fields_state_unused[] = {
    STRUCT(state_unused, actor, state_actor),
    I64(state_unused, since_us),
};
SHAPE(state_unused, 2);

static const struct wire_field fields_state_idle[] = {
    LIST(state_idle, actors, LIMIT_STATE_ITEMS, state_unused),
};
SHAPE(state_idle, 1);

const struct wire_shape *wire_shape_of(uint64_t kind) {
    static const struct wire_shape *const shapes[WIRE_KIND_MAX + 1] = {
#define WIRE_SHAPE(kind, number, member, type) [number] = &shape_##type,
        WIRE_TABLE(WIRE_SHAPE)
#undef WIRE_SHAPE
    };
    return kind <= WIRE_KIND_MAX ? shapes[kind] : NULL;
}
