// The dialect `chats`: {"type", "content"} both ways, rooms by type and key,
// history over HTTP.  A translator between its frames and a pane; see pane.js.

const messageOf = (message) => ({
  id: message.id,
  author: { id: message.author.id, name: message.author.username },
  text: message.text,
  read: message.is_read,
  edited: message.is_edited,
  date: new Date(message.created_at),
});

export const chats = {
  name: "chats",
  path: "ws/chats/",

  async load({ room, token, pane }) {
    const kind = `${room.chat_type}s`;
    const key = encodeURIComponent(room.chat_id);
    const path = `chats/${kind}/${key}/messages/?limit=50`;
    const response = await fetch(path, {
      headers: { Authorization: `Bearer ${token}` },
    });
    if (!response.ok) throw new Error(`GET /${path}: ${response.status}`);
    const { results } = await response.json();
    pane.show(results.reverse().map(messageOf));
  },

  take({ room, pane }, { type, content }) {
    if (type === "error") {
      pane.tell(content.detail);
    } else if (type === "set_online" || type === "set_offline") {
      const verb = type === "set_online" ? "is here" : "has left";
      pane.tell(`user ${content.user_id} ${verb}`);
    } else if (content.room_id !== undefined && content.room_id !== room.id) {
      return;
    } else if (type === "new_message" || type === "edit_message") {
      pane.put(messageOf(content.message));
    } else if (content.chat_id !== room.chat_id) {
      return;
    } else if (type === "delete_message") {
      pane.drop(content.message_id);
    } else if (type === "message_read") {
      pane.readUpTo(content.message_id, content.user_id);
    } else if (type === "user_typing") {
      pane.tell(`user ${content.user_id} is typing …`);
    }
  },

  say: ({ room, line }, message) => line.send(frame("new_message", room, {
    message,
  })),
  edit: ({ room, line }, id, message) => line.send(frame("edit_message", room, {
    message_id: id,
    message,
  })),
  remove: ({ room, line }, id) => line.send(frame("delete_message", room, {
    message_id: id,
  })),
  read: ({ room, line }, id) => line.send(frame("message_read", room, {
    message_id: id,
  })),
  typing: ({ room, line }) => line.send(frame("user_typing", room, {})),
};

function frame(type, room, content) {
  const { chat_type, chat_id } = room;
  return { type, content: { chat_type, chat_id, ...content } };
}
