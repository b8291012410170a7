// Small helpers of the views: making elements, and saying dates and names.
// Text from people reaches the page only as text nodes.

export const byId = (id) => document.getElementById(id);

// el("li", {class: "x", "data-own": true, onclick: f}, "text", node, null)
// Attributes that are null or undefined and children that are null are left
// out; a true or false is written as such.
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

export function icon(name, label = null) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  if (label) {
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", label);
  } else {
    svg.setAttribute("aria-hidden", "true");
  }
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

const TONES = 6;

// Turns |node| into the round sign of a person or room: an initial on a
// colour that follows from the id.
export function dressAvatar(node, id, name) {
  const letter = [...name.trim()][0] ?? "?";
  node.textContent = letter.toUpperCase();
  node.dataset.tone = String(id % TONES);
  return node;
}

export function avatar(id, name) {
  const node = el("span", { class: "avatar", "aria-hidden": "true" });
  return dressAvatar(node, id, name);
}

const LOCALE = "en-GB";
const formatTime = new Intl.DateTimeFormat(LOCALE, {
  hour: "2-digit",
  minute: "2-digit",
});
const formatWeekday = new Intl.DateTimeFormat(LOCALE, { weekday: "long" });
const formatDate = new Intl.DateTimeFormat(LOCALE, {
  weekday: "long",
  day: "numeric",
  month: "long",
});
const formatYear = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric",
  month: "long",
  year: "numeric",
});
const formatShort = new Intl.DateTimeFormat(LOCALE, {
  day: "numeric",
  month: "short",
});

const DAY_MS = 24 * 3600 * 1000;

function daysAgo(date) {
  const midnight = (when) => new Date(when).setHours(0, 0, 0, 0);
  return Math.round((midnight(Date.now()) - midnight(date)) / DAY_MS);
}

export const time = (date) => formatTime.format(date);

// "Today", "Yesterday", "Tuesday, 3 March", "3 March 2021"
export function day(date) {
  const ago = daysAgo(date);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  const thisYear = date.getFullYear() === new Date().getFullYear();
  return (thisYear ? formatDate : formatYear).format(date);
}

// As short as a room list wants it: "14:05", "Yesterday", "Monday", "3 Mar"
export function when(date) {
  const ago = daysAgo(date);
  if (ago <= 0) return time(date);
  if (ago === 1) return "Yesterday";
  return (ago < 7 ? formatWeekday : formatShort).format(date);
}

// A message on one line, for lists and quotes.
export function oneLine(text) {
  return text.slice(0, 200).replace(/\s+/g, " ").trim() || "(empty message)";
}

// How a room is called, for the user |me|.
export function nameOf(room, me) {
  const other = room.counterpart(me.id);
  return room.title || other?.username || `Room ${room.id}`;
}

// What a room is, in a few words.
export function aboutOf(room, me) {
  const other = room.counterpart(me.id);
  if (other && other.id === room.executor?.id) return "Order \u00b7 executor";
  if (other) return "Order \u00b7 customer";
  const kinds = { project: "Project", direct: "Direct", order: "Order" };
  return kinds[room.kind] ?? "";
}

// Calls |draw| once, soon, however often it is asked to.  A hidden page has
// no animation frames, but its title and lists shall be true all the same.
export function batched(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    const run = () => {
      asked = false;
      draw();
    };
    if (document.hidden) setTimeout(run, 100);
    else requestAnimationFrame(run);
  };
}
