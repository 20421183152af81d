"use strict";
// Follows a submission that is being judged: asks a small JSON whether anything changed, takes the changed parts from
// the page itself, and stops when nothing will change any more.
(() => {
  const status = document.getElementById("status");
  if (!status || status.dataset.settled === "yes") return;
  const FASTEST = 1000;
  const SLOWEST = 8000;
  let etag = "";
  let known = status.dataset.state;
  let wait = FASTEST;

  const show = () => {
    const words = document.querySelector(".live-only");
    if (words) words.hidden = false;
  };

  const refresh = async () => {
    const answer = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["status", "outcome"]) {
      const fresh = page.getElementById(id);
      if (fresh) document.getElementById(id).innerHTML = fresh.innerHTML;
    }
    document.dispatchEvent(new Event("podium:changed"));
  };

  const ask = async () => {
    let settled = false;
    try {
      const headers = { Accept: "application/json", ...(etag && { "If-None-Match": etag }) };
      const answer = await fetch(status.dataset.live, { credentials: "same-origin", cache: "no-store", headers });
      if (answer.status === 200) {
        const now = await answer.json();
        const state = `${now.state} ${now.attempt} ${now.ahead ?? ""}`;
        etag = answer.headers.get("ETag") ?? "";
        settled = now.settled;
        wait = FASTEST;
        if (state !== known) await refresh();
        known = state;
      } else if (answer.status === 304) {
        wait = Math.min(SLOWEST, wait * 1.25);
      } else {
        wait = SLOWEST;
        if (answer.status === 401 || answer.status === 404) return;
      }
      show();
    } catch {
      wait = SLOWEST;
    }
    if (!settled) setTimeout(ask, wait);
  };

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) wait = FASTEST;
  });
  show();
  setTimeout(ask, 300);
})();
