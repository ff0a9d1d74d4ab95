/** A form is sent once: the button that was pressed says so until the answer is there. */
document.addEventListener("submit", ({ target, submitter }) => {
  if (!(target instanceof HTMLFormElement)) return;
  // After the browser has read which button it was.
  setTimeout(() => {
    for (const button of target.querySelectorAll("button")) button.disabled = true;
    submitter?.setAttribute("aria-busy", "true");
  });
});

/** A page that comes back from the browser's memory takes clicks again. */
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[disabled]")) {
    button.removeAttribute("disabled");
    button.removeAttribute("aria-busy");
  }
});
