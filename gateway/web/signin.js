// The first view: pick one of the demonstration's users, or give a token.

import { avatar, byId, el } from "./dom.js";
import { identityOf } from "./identity.js";

export class SignInView {
  // onIdentity(identity): somebody has signed in.
  constructor(onIdentity) {
    this.onIdentity = onIdentity;
    byId("signin-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  // |notice|: why one is asked again, or null.
  show(users, notice) {
    byId("signin").hidden = false;
    byId("signin-notice").hidden = !notice;
    byId("signin-notice").textContent = notice ?? "";
    const demo = users.length > 0;
    byId("signin-demo").hidden = !demo;
    byId("signin-plain").hidden = demo;
    byId("signin-other").open = !demo;
    byId("signin-users").replaceChildren(
      ...users.map((user) => this.#person(user)),
    );
    if (!demo) byId("signin-token").focus({ preventScroll: true });
  }

  hide() {
    byId("signin").hidden = true;
    byId("signin-token").value = "";
    byId("signin-error").textContent = "";
  }

  #person(user) {
    const button = el(
      "button",
      {
        class: "person",
        type: "button",
        "data-user": user.id,
        onclick: () => this.onIdentity(user),
      },
      avatar(user.id, user.name),
      el("span", { class: "person-name" }, user.name),
    );
    return el("li", {}, button);
  }

  #submit() {
    const identity = identityOf(byId("signin-token").value);
    const error = byId("signin-error");
    if (!identity) {
      error.textContent = "This is no token that names a user.";
    } else if (identity.expired) {
      error.textContent = "This token has expired.";
    } else {
      error.textContent = "";
      this.onIdentity(identity);
    }
  }
}
