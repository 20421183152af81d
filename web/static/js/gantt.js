"use strict";
// Points out one job of a Gantt chart: its bars stay, the others fade. The chart is complete without this.
(() => {
  function open(figure) {
    figure.dataset.ready = "";
    const bars = [...figure.querySelectorAll("svg .bar")];
    const said = figure.querySelector("[data-pointed]");
    let held = null;

    function point(job, text = "") {
      for (const bar of bars) bar.classList.toggle("faded", job !== null && bar.dataset.job !== job);
      said.textContent = text;
    }

    const rest = () => point(held);
    for (const bar of bars) {
      bar.addEventListener("pointerenter", () => point(bar.dataset.job, bar.querySelector("title").textContent));
      bar.addEventListener("pointerleave", rest);
    }
    for (const item of figure.querySelectorAll(".jobs li")) {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      button.append(...item.childNodes);
      button.addEventListener("click", () => {
        held = held === item.dataset.job ? null : item.dataset.job;
        for (const other of figure.querySelectorAll(".jobs button")) {
          other.setAttribute("aria-pressed", String(other === button && held !== null));
        }
        rest();
      });
      button.addEventListener("pointerenter", () => point(item.dataset.job));
      button.addEventListener("pointerleave", rest);
      item.append(button);
    }
  }

  const start = () => document.querySelectorAll("figure[data-gantt]:not([data-ready])").forEach(open);
  document.addEventListener("podium:changed", start);
  start();
})();
