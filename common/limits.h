/* limits.h - every bound that two processes must agree on, with its reason.
 * Bounds that an operator may choose are options of the program instead. */
#ifndef COMMON_LIMITS_H
#define COMMON_LIMITS_H

/* DIALECTS.md, "Texts": at most 8,192 code points, 4 bytes each in UTF-8. */
#define LIMIT_TEXT_POINTS 8192u
#define LIMIT_TEXT_BYTES (LIMIT_TEXT_POINTS * 4u)

/* DIALECTS.md, "Durability": a client key is 1 to 128 bytes. */
#define LIMIT_CLIENT_KEY_BYTES 128u

/* A request id's canonical form or its digest; see messenger.c. */
#define LIMIT_REQUEST_KEY_BYTES 64u

/* Profile fields: a URL is the longest thing anyone puts there. */
#define LIMIT_PROFILE_FIELD_BYTES 512u

/* A room's key and title as the application gives them. */
#define LIMIT_ROOM_KEY_BYTES 256u
#define LIMIT_ROOM_TITLE_BYTES 1024u

/* Members of one room: they are all in memory while the room is. */
#define LIMIT_ROOM_MEMBERS 20000u

/* Messages of one history answer, and its bytes (whichever comes first). */
#define LIMIT_PAGE_MESSAGES 512u
#define LIMIT_PAGE_BYTES (1u << 20)

/* Rooms in one page of a room list. */
#define LIMIT_LIST_ROOMS 100u

/* Rooms of one user that a gateway follows without being asked for each: those
 * with the latest activity. */
#define LIMIT_FEED_ROOMS 4096u

/* Files of one message (DIALECTS.md, `chats`). */
#define LIMIT_MESSAGE_FILES 10u

/* A file's name (the usual bound of file systems) and its type. */
#define LIMIT_FILE_NAME_BYTES 255u
#define LIMIT_MIME_BYTES 127u

/* The random part of a file's address: 128 bits. */
#define LIMIT_FILE_SECRET_BYTES 16u

/* DIALECTS.md, `POST /api/files/`: at most 10 MiB. */
#define LIMIT_FILE_BYTES (10u << 20)

/* A file that no message names is collected when it is so old, and shown to
 * nobody for the last hour before: who names it then, names it in time. */
#define LIMIT_FILE_KEPT_S (24 * 3600)
#define LIMIT_FILE_SHOWN_S (23 * 3600)

/* A file travels and rests in pieces of this size (the last one is smaller):
 * small enough not to hold up what comes behind. */
#define LIMIT_FILE_CHUNK_BYTES (64u << 10)

/* Users in one notice of who is online. */
#define LIMIT_PRESENCE_USERS 4096u

/* Records in one append batch of one partition. */
#define LIMIT_BATCH_RECORDS 4096u

/* One message between processes: the largest is a room of 20,000 members. */
#define LIMIT_WIRE_BYTES (4u << 20)

/* One packet (many messages) between processes. A packet is closed when it
 * passes 64 KiB, so only one large message makes a larger one. */
#define LIMIT_PACKET_BYTES (LIMIT_WIRE_BYTES + (128u << 10))

#endif
