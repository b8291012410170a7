// The dialect `messenger`: {"action", "request_id", "pk", ...}, rooms to join
// and to subscribe to.  A translator between its frames and a pane; see
// pane.js.

const messageOf = (message) => ({
  id: message.id,
  author: { id: message.user.id, name: message.user.username },
  text: message.text,
  read: message.read,
  date: new Date(message.date),
});

export const messenger = {
  name: "messenger",
  path: "messenger/chat/",

  load({ room, line }) {
    line.send(frame("join_room", room.id));
    line.send(frame("subscribe_to_messages_in_room", room.id));
    line.send(frame("retrieve", room.id));
  },

  take({ room, pane }, { action, data, errors, pk }) {
    if (errors?.length) {
      pane.tell(JSON.stringify(errors[0]));
    } else if (action === "retrieve") {
      pane.show(data.messages.slice(-50).map(messageOf));
    } else if (["create", "update", "delete"].includes(action)) {
      if (data.chat !== room.id) return;
      if (action === "delete") pane.drop(pk);
      else pane.put(messageOf(data));
    }
  },

  say: ({ room, line }, message) => line.send({
    ...frame("create_message", room.id),
    message,
  }),
  edit: ({ line }, id, message) => line.send({
    ...frame("edit_message", id),
    message,
  }),
  remove: ({ line }, id) => line.send(frame("delete_message", id)),
  read: ({ line }, id) => line.send(frame("message_read", id)),
};

function frame(action, pk) {
  return { action, pk, request_id: Date.now() };
}
