// The HTML of a message, rebuilt from the few elements that a message may
// have.  The gateway makes it safe already; a page trusts nobody.

const ELEMENTS = new Set(["P", "BR", "EM", "STRONG", "CODE", "PRE", "UL", "OL",
  "LI", "BLOCKQUOTE", "H1", "H2", "H3", "H4", "H5", "H6", "HR", "A"]);
const LINKS = /^(https?:\/\/|mailto:)/i;

function copyOf(node) {
  if (node.nodeType === Node.TEXT_NODE) return [document.createTextNode(
    node.data)];
  if (node.nodeType !== Node.ELEMENT_NODE) return [];
  const inside = [...node.childNodes].flatMap(copyOf);
  if (!ELEMENTS.has(node.tagName)) return inside;
  const copy = document.createElement(node.tagName);
  const href = node.getAttribute("href") ?? "";
  if (node.tagName === "A" && LINKS.test(href)) {
    copy.href = href;
    copy.rel = "noopener noreferrer nofollow";
    copy.target = "_blank";
  }
  copy.append(...inside);
  return [copy];
}

export function safeNodes(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  return [...parsed.body.childNodes].flatMap(copyOf);
}
