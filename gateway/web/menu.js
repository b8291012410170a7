// The small menu of a message, and the question before a deletion.

import { byId, el } from "./dom.js";

const EDGE_PX = 8;

// Opens beside |button| the |items| [{label, danger, act}].
export function openMenu(button, items) {
  const menu = byId("menu");
  const close = (focusBack) => {
    if (menu.hidden) return;
    menu.hidden = true;
    button.removeAttribute("aria-expanded");
    document.removeEventListener("pointerdown", outside, true);
    window.removeEventListener("scroll", away, true);
    if (focusBack) button.focus({ preventScroll: true });
  };
  const outside = (event) => {
    if (!menu.contains(event.target)) close(false);
  };
  const away = () => close(false);
  const entries = items.map((item) =>
    el("button", {
      type: "button",
      role: "menuitem",
      tabindex: "-1",
      class: item.danger ? "danger" : null,
      onclick: () => {
        close(true);
        item.act();
      },
    }, item.label)
  );
  menu.replaceChildren(...entries);
  menu.onkeydown = (event) => moveFocus(event, entries, () => close(true));
  menu.hidden = false;
  button.setAttribute("aria-expanded", "true");
  place(menu, button);
  entries[0].focus({ preventScroll: true });
  document.addEventListener("pointerdown", outside, true);
  window.addEventListener("scroll", away, true);
}

function moveFocus(event, entries, close) {
  const at = entries.indexOf(document.activeElement);
  const count = entries.length;
  const targets = {
    ArrowDown: (at + 1) % count,
    ArrowUp: (at - 1 + count) % count,
    Home: 0,
    End: count - 1,
  };
  if (event.key in targets) {
    event.preventDefault();
    entries[targets[event.key]].focus({ preventScroll: true });
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    event.stopPropagation();
    close();
  }
}

function place(menu, button) {
  const from = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const room = document.documentElement;
  const fitsBelow = from.bottom + height + EDGE_PX < room.clientHeight;
  const top = fitsBelow ? from.bottom + 4 : from.top - height - 4;
  const left = Math.min(
    Math.max(from.left + from.width / 2 - width / 2, EDGE_PX),
    room.clientWidth - width - EDGE_PX,
  );
  menu.style.top = `${Math.max(top, EDGE_PX)}px`;
  menu.style.left = `${left}px`;
}

// Resolves with whether the person wants the deletion.
export function confirmDelete() {
  const dialog = byId("confirm");
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === "yes");
  });
}
