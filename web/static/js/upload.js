"use strict";
// Uploads with a progress bar. Without this script the form posts itself, and the answer is a page.
for (const form of document.querySelectorAll("form.upload")) {
  const field = form.querySelector("input[type=file]");
  const button = form.querySelector("button");
  const box = form.querySelector(".progress");
  const bar = box.querySelector("progress");
  const words = box.querySelector("output");
  const problem = form.querySelector("[data-problem]");

  const tell = (sentence) => {
    problem.textContent = sentence;
    problem.hidden = !sentence;
    button.disabled = false;
    box.hidden = true;
  };

  field.addEventListener("change", () => {
    const file = field.files[0];
    tell(file && file.size > Number(form.dataset.most) ? form.dataset.tooLarge : "");
  });

  form.addEventListener("submit", (event) => {
    const file = field.files[0];
    if (!file) return;
    event.preventDefault();
    if (file.size > Number(form.dataset.most)) {
      tell(form.dataset.tooLarge);
      return;
    }
    tell("");
    button.disabled = true;
    box.hidden = false;
    bar.value = 0;
    words.textContent = form.dataset.sending;
    const sending = new XMLHttpRequest();
    sending.open("POST", form.action);
    sending.setRequestHeader("Accept", "application/json");
    sending.responseType = "json";
    sending.upload.addEventListener("progress", (step) => {
      if (!step.lengthComputable) return;
      bar.value = (100 * step.loaded) / step.total;
      const share = new Intl.NumberFormat(document.documentElement.lang, { style: "percent" });
      words.textContent = `${form.dataset.sending} ${share.format(step.loaded / step.total)}`;
    });
    sending.upload.addEventListener("load", () => {
      bar.removeAttribute("value");
      words.textContent = form.dataset.checking;
    });
    sending.addEventListener("load", () => {
      const answer = sending.response;
      if (sending.status === 201) location.assign(answer.url);
      else tell(answer?.error?.message ?? form.dataset.broken);
    });
    sending.addEventListener("error", () => tell(form.dataset.broken));
    sending.addEventListener("abort", () => tell(form.dataset.broken));
    sending.send(new FormData(form));
  });
}
