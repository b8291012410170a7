/* dialect.h - runs the scripts of a dialect: what a client's text becomes, and
 * what the broker's words become for the client.
 *
 *   connect 7              a new connection of user 7 (also the beginning,
 *                          without a room, with nobody online, at time 0)
 *   receive TEXT           a frame; gives what the frontend said
 *   reply WIRE             the broker's reply to the oldest command
 *   throttle TEXT          the gateway refuses the frame: rate limit
 *   overload TEXT          the same: too many requests wait
 *
 * For whoever follows:
 *   event WIRE             a room event (event ...)
 *   typed WIRE             somebody types (typed ...)
 *   presence WIRE          who came or went (presence_changed ...), one by one
 *   unread COUNT           the number of unread dialogs
 *
 * What the gateway knows:
 *   room WIRE              the room of what follows (reply_room room={...})
 *   online ID ID ...       who is online
 *   now MICROSECONDS       the time of day
 *   unread_dialogs COUNT   what sink_unread_dialogs says
 *
 * HTTP, see call_script.h; the reply is to the latest call's command:
 *   call METHOD /path?query BODY
 *   call_reply WIRE
 *
 * What comes out: command, text, part, last (part), follow, unfollow,
 * not_an_object; broadcast for all that is for whoever follows. Every text must
 * be JSON, or it is shown as broken. */
#ifndef TESTS_LIB_DIALECT_H
#define TESTS_LIB_DIALECT_H

#include "gateway/frontend.h"

/* Runs the script |directory|/|name|.txt with times in |zone| ("UTC"). False:
 * see golden_run. */
bool dialect_run(const struct frontend *frontend, const char *directory,
                 const char *name, const char *zone) MUST_CHECK;

/* How many scripts there are; one that nobody runs proves nothing. */
unsigned dialect_scripts_count(const char *directory);

#endif
