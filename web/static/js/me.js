"use strict";
// The private fragment of public pages: who is signed in, and which rows of a board are one's own.
(async () => {
  const who = document.getElementById("who");
  let me;
  try {
    const answer = await fetch("/api/me", { credentials: "same-origin", headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    me = await answer.json();
  } catch {
    return;
  }
  if (!me.name) return;
  const link = document.createElement("a");
  link.className = "me";
  link.href = who.dataset.account;
  const name = document.createElement("bdi");
  name.textContent = me.name;
  link.append(name);
  who.replaceChildren(link);
  for (const slug of me.teams) {
    const row = document.getElementById(`team-${slug}`);
    if (!row) continue;
    row.classList.add("is-mine");
    row.querySelector(".mine").hidden = false;
  }
})();
