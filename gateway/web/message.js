// One message as the conversation shows it.

import { el, icon, oneLine, time } from "./dom.js";

// |row|: {message | waiting, date, author, first, last, named}, see
// thread.js.  |context|: {me, online, quotedId, quoted, onQuote, onMenu,
// onRetry, onDiscard}.
export function messageNode(row, context) {
  const own = row.author.id === context.me.id;
  const { message, waiting } = row;
  const text = message ? message.text : waiting.text;
  return el(
    "li",
    {
      class: "message",
      "data-id": message?.id,
      "data-own": own,
      "data-first": row.first,
      "data-last": row.last,
      "data-waiting": waiting !== undefined,
      "data-failed": Boolean(waiting?.error),
    },
    row.named && row.first && !own
      ? el("p", { class: "author", "data-tone": row.author.id % 6 },
        row.author.username)
      : null,
    el(
      "div",
      { class: "bubble-row" },
      el(
        "div",
        { class: "bubble" },
        own ? null : el("span", { class: "visually-hidden" },
          `${row.author.username}: `),
        quote(context),
        text === ""
          ? el("p", { class: "text empty" }, "empty message")
          : el("p", { class: "text" }, text),
        meta(row, own, context.online),
      ),
      message ? menuButton(context) : null,
    ),
    waiting?.error ? failure(waiting, context) : null,
  );
}

function quote({ quotedId, quoted, onQuote }) {
  if (!quotedId) return null;
  const parts = quoted
    ? [el("strong", {}, quoted.user.username), oneLine(quoted.text)]
    : ["An earlier message"];
  const properties = { class: "quote", type: "button", onclick: onQuote };
  return el("button", properties, ...parts);
}

function meta({ message, waiting, date }, own, online) {
  const sent = time(date);
  const parts = [];
  if (message?.edited || message?.is_edited) {
    parts.push(el("span", {}, "edited"));
  }
  parts.push(el("time", { datetime: date.toISOString() }, sent));
  if (waiting && !waiting.error) {
    parts.push(icon("pending", online ? "Sending" : "Waiting to be sent"));
  } else if (own && message) {
    parts.push(message.read ? icon("read", "Read") : icon("sent", "Sent"));
  }
  const read = Boolean(message?.read);
  return el("span", { class: "meta", "data-read": read }, ...parts);
}

function menuButton({ onMenu }) {
  return el(
    "button",
    {
      class: "icon-button more",
      type: "button",
      "aria-label": "What to do with this message",
      "aria-haspopup": "menu",
      onclick: (event) => onMenu(event.currentTarget),
    },
    icon("more"),
  );
}

function failure(waiting, { onRetry, onDiscard }) {
  return el(
    "p",
    { class: "failure", role: "alert" },
    `Not sent. ${waiting.error} `,
    link("Try again", onRetry),
    " ",
    link("Discard", onDiscard),
  );
}

const link = (label, onclick) =>
  el("button", { class: "link", type: "button", onclick }, label);
