// The dialect `dialogs`: {"event", ...} and {"type": "ws_send", "event",
// "data"}, rooms of two as numbered dialogs, bodies as HTML.  A translator
// between its frames and a pane; see pane.js.

const messageOf = (message) => ({
  id: message.id,
  author: { id: message.user.id, name: message.user.first_name ||
    message.user.email },
  html: message.body,
  read: message.date_read !== null,
  date: new Date(message.date_created),
});

export const dialogs = {
  name: "dialogs",
  path: "ws/",

  load({ room, line }) {
    line.send({
      event: "dialogs.messages.load",
      dialog_id: room.id,
      limit: 50,
      offset: 0,
    });
    line.send({ event: "notifications.dialogs.count" });
  },

  take({ room, pane }, { event, data, exception }) {
    if (exception) {
      pane.tell(String(data));
    } else if (event === "dialogs.messages.load") {
      pane.show(data.map(messageOf));
    } else if (event === "notifications.dialogs.count") {
      pane.tell(`unread dialogs: ${data}`);
    } else if (data.dialog !== room.id) {
      return;
    } else if (event === "dialogs.messages.seen") {
      pane.readUpTo(data.id, null);
    } else if (event === "dialogs.messages.delete") {
      pane.drop(data.id);
    } else {
      pane.put(messageOf(data)); // create, update
    }
  },

  say: ({ room, line }, body) => line.send({
    event: "dialogs.messages.create",
    dialog_id: room.id,
    body,
  }),
  read: ({ room, line }, id) => line.send({
    event: "dialogs.messages.seen",
    dialog_id: room.id,
    message_id: id,
  }),
};
