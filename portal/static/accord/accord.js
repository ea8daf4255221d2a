// Small comforts on top of pages that work without them.
(() => {
  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();

  for (const menu of document.querySelectorAll("details.menu")) {
    document.addEventListener("click", (event) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
    menu.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }

  const status = document.getElementById("status");
  const say = (text) => {
    if (status) status.textContent = text;
  };

  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      await navigator.clipboard.writeText(source.dataset.copyText || source.innerText.trim());
      say("Copied.");
      button.lastChild.textContent = " Copied";
    });
  }

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  for (const element of document.querySelectorAll("[data-needs-passkeys]")) {
    element.hidden = !window.PublicKeyCredential;
  }
  // The passkey scripts report a cancelled or refused ceremony as this event.
  document.addEventListener("allauth.error", (event) => {
    const box = document.getElementById("passkey-problem");
    if (!box) return;
    event.preventDefault();
    box.hidden = false;
    box.focus();
  });

  const announce = () => say(document.title);
  document.body.addEventListener("htmx:historyRestore", announce);
  document.body.addEventListener("htmx:responseError", () => {
    say("That did not work. Reload the page and try again.");
  });
})();
