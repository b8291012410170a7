// Who this tab is.  A token comes from the address (#token=...), from an
// earlier visit of this same tab (sessionStorage, so that two tabs can be two
// users) or from a person's hand.  The server verifies tokens; the page only
// reads the claims to show a name.

const TOKEN_KEY = "parlance.token";

// The claims of a JWT, or null if the text is none.
export function claimsOf(token) {
  const parts = token.split(".");
  if (parts.length !== 3) return null;
  try {
    const base64 = parts[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    return claims && typeof claims === "object" ? claims : null;
  } catch {
    return null;
  }
}

// {id, name, token, expired}, or null if the text is no token of ours.
export function identityOf(text) {
  const token = text.trim().replace(/^bearer\s+/i, "");
  const claims = claimsOf(token);
  const id = Number(claims?.user_id);
  if (!Number.isSafeInteger(id) || id <= 0) return null;
  const name = claims.username || `user ${id}`;
  const expired = typeof claims.exp === "number" &&
    claims.exp * 1000 < Date.now();
  return { id, name: String(name), token, expired };
}

// Takes the token out of the address bar, where it would be seen, copied
// and kept in the browser's history.
export function takeTokenFromAddress() {
  const match = /^#token=([^&]+)/.exec(location.hash);
  if (!match) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return decodeURIComponent(match[1]);
}

export function savedToken() {
  return sessionStorage.getItem(TOKEN_KEY);
}

export function saveToken(token) {
  sessionStorage.setItem(TOKEN_KEY, token);
}

export function forgetToken() {
  sessionStorage.removeItem(TOKEN_KEY);
}

// The users that a demonstration server offers; none on any other.
export async function demoUsers() {
  try {
    const response = await fetch("demo/users.json", { cache: "no-store" });
    if (!response.ok) return [];
    const { users } = await response.json();
    return users.map((user) => identityOf(user.token)).filter(Boolean);
  } catch {
    return [];
  }
}

// Whether the server, asked over plain HTTP, refuses this token.  A browser
// hides the status of a failed WebSocket handshake, so this is the only way
// to tell "sign in again" from "wait until the server is back".
export async function isRefused(token) {
  try {
    const response = await fetch("messenger/chat/", {
      headers: { Authorization: `Bearer ${token}` },
      cache: "no-store",
    });
    return response.status === 401;
  } catch {
    return false;
  }
}
