"use strict";

// Replaces the list only when it changed, so that neither selection nor scroll position flickers.
const PERIOD_MS = 2000;
const address = "/inbox/lines" + location.search;
let shown = null;

async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch(address, { cache: "no-cache" });
    if (!response.ok) throw new Error(response.status);
    const html = await response.text();
    document.body.classList.remove("stale");
    if (html === shown) return;
    const fresh = new DOMParser().parseFromString(html, "text/html").getElementById("lines");
    document.getElementById("lines").replaceWith(fresh);
    document.title = `Inbox (${fresh.dataset.total})`;
    shown = html;
  } catch {
    document.body.classList.add("stale");
  }
}

setInterval(refresh, PERIOD_MS);
document.addEventListener("visibilitychange", refresh);
