/* What the staff admin does beyond unfold: dialogs, excerpts, measures. All of it works without. */
"use strict";

// Refused forms come back as 4xx with the page that says why: show them.
if (window.htmx) {
  htmx.config.responseHandling = [
    { code: "204", swap: false },
    { code: "[234]..", swap: true },
    { code: "5..", swap: true, error: true },
  ];
  htmx.config.includeIndicatorStyles = false;
}

function closest(event, selector) {
  return event.target instanceof Element ? event.target.closest(selector) : null;
}

/* The effect of a decision, in a dialog. The form posts, the answer lands in it. */
document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = document.querySelector("dialog#dialog");
  if (dialog && event.detail.target === dialog && !dialog.open) dialog.showModal();
  if (event.detail.target.id === "work") prepare();
});
document.addEventListener("click", (event) => {
  if (closest(event, "[data-close]")) document.querySelector("dialog#dialog")?.close();
});

/* An excerpt opens on a click; held with the pointer or Space it closes again on letting go. */
const HOLD_MS = 350;
let pressed = null;

function press(event) {
  const summary = closest(event, "[data-evidence] > summary");
  if (!summary || pressed) return;
  if (event.type === "keydown" && event.code !== "Space") return;
  const details = summary.parentElement;
  if (details.open) return;
  pressed = { details, at: Date.now(), timer: setTimeout(() => { details.open = true; }, HOLD_MS) };
}

function release(event) {
  if (!pressed) return;
  if (event.type === "keyup" && event.code !== "Space") return;
  const { details, at, timer } = pressed;
  clearTimeout(timer);
  pressed = null;
  if (Date.now() - at < HOLD_MS) return;
  details.open = false;
  if (event.type === "keyup") {
    event.preventDefault();
    return;
  }
  // The click that follows the release would open it again.
  const swallow = (click) => click.preventDefault();
  details.addEventListener("click", swallow, { capture: true });
  setTimeout(() => details.removeEventListener("click", swallow, { capture: true }), 100);
}

document.addEventListener("pointerdown", press);
document.addEventListener("pointerup", release);
document.addEventListener("pointercancel", release);
document.addEventListener("keydown", press);
document.addEventListener("keyup", release);

/* Only the fields that a choice needs are shown; without script all of them are. */
const TAKES_PRIVILEGE = ["SUSPEND", "REVOKE"];

function showMeasure(measure) {
  const kind = measure.querySelector("select[name$=-kind]").value;
  measure.querySelector("[data-privilege]").hidden = !TAKES_PRIVILEGE.includes(kind);
  measure.querySelector("[data-where]").hidden = !TAKES_PRIVILEGE.includes(kind);
  measure.querySelector("[data-days]").hidden = kind !== "SUSPEND";
}

function showParts(form) {
  const outcome = form.querySelector("input[name=outcome]:checked")?.value;
  const parts = {
    "[data-for-measures]": outcome === "MEASURES",
    "[data-for-partial]": outcome === "PARTIALLY_REVERSED",
    "[data-for-illegal]": form.querySelector("select[name=ground]")?.value === "ILLEGAL_CONTENT",
  };
  for (const [selector, shown] of Object.entries(parts)) {
    const part = form.querySelector(selector);
    if (part) part.hidden = !shown;
  }
}

function prepare() {
  nameKeys();
  for (const form of document.querySelectorAll(".ac-form")) {
    if (form.querySelector("input[name=outcome]")) showParts(form);
  }
  for (const group of document.querySelectorAll("[data-measures]")) {
    const measures = [...group.querySelectorAll("[data-measure]")];
    measures.forEach((measure, index) => {
      showMeasure(measure);
      const filled = measure.querySelector("select[name$=-kind]").value !== "";
      measure.hidden = index > 0 && !filled;
    });
    const add = group.querySelector("[data-add-measure]");
    add.hidden = !measures.some((measure) => measure.hidden);
  }
  // Where a chart does not fit, its last days are the ones that count.
  for (const chart of document.querySelectorAll("[data-latest]")) chart.scrollLeft = chart.scrollWidth;
  document.querySelector("[data-focus]")?.focus();
}

document.addEventListener("change", (event) => {
  const measure = closest(event, "[data-measure]");
  if (measure) showMeasure(measure);
  const form = closest(event, ".ac-form");
  if (form?.querySelector("input[name=outcome]")) showParts(form);
});
document.addEventListener("click", (event) => {
  const add = closest(event, "[data-add-measure]");
  if (!add) return;
  const next = add.parentElement.querySelector("[data-measure][hidden]");
  if (next) {
    next.hidden = false;
    next.querySelector("select").focus();
  }
  add.hidden = !add.parentElement.querySelector("[data-measure][hidden]");
});
document.addEventListener("DOMContentLoaded", prepare);

/* Single keys: what has `data-key` is pressed, or gets the focus when it is written into. */
const TYPED = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";
const isOn = () => document.querySelector("[data-single-keys=on]") !== null;

function keyed(element) {
  return element.matches("button") ? element : element.querySelector("input:not([type=hidden]), textarea");
}

function nameKeys() {
  if (!isOn()) return;
  for (const element of document.querySelectorAll("[data-key]")) {
    keyed(element).setAttribute("aria-keyshortcuts", element.dataset.key);
  }
}

function step(by) {
  const links = [...document.querySelectorAll("[data-queue] li a")];
  const here = links.findIndex((link) => link.hasAttribute("aria-current"));
  const next = here < 0 && by < 0 ? undefined : links[here + by];
  if (next) location.assign(next.href);
  return Boolean(next);
}

function openKeys(address) {
  if (document.querySelector("dialog#dialog")) htmx.ajax("GET", address, "#dialog");
  else location.assign(address);
}

function pressKey(key) {
  const list = document.querySelector("[data-keys-list]");
  if (key === "?" && list) return openKeys(list.href) ?? true;
  if (!document.querySelector("[data-queue]")) return false;
  if (key === "j" || key === "k") return step(key === "j" ? 1 : -1);
  if (key === "/") return window.dispatchEvent(new CustomEvent("opencommand"));
  const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!target) return false;
  keyed(target).focus();
  if (!keyed(target).matches(TYPED)) keyed(target).click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (!(event.target instanceof Element) || event.target.matches(TYPED)) return;
  if (document.querySelector("dialog[open]") || document.getElementById("modal-content")?.getClientRects().length) return;
  // What the key is for may still be on its way.
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", () => { if (isOn()) pressKey(event.key); }, { once: true });
    return;
  }
  if (!isOn()) {
    // unfold's own single key.
    if (event.key === "/") event.stopPropagation();
    return;
  }
  if (pressKey(event.key)) event.preventDefault();
}, true);
document.addEventListener("click", (event) => {
  const list = closest(event, "[data-keys-list]");
  if (!list || !document.querySelector("dialog#dialog") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openKeys(list.href);
});

/* unfold's dialogs take the focus when they open, keep it, and give it back. */
let opener = null;
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.id === "modal-content") opener = event.detail.elt;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "modal-content") return;
  const dialog = event.detail.target;
  const first = dialog.querySelector("input:not([type=hidden]), select, textarea, button[type=submit]");
  // Who already writes in it keeps the focus: a key must not land in another field.
  setTimeout(() => { if (!dialog.contains(document.activeElement)) (first ?? dialog).focus(); }, 50);
});
// Refused, the form comes back inside its dialog: lead to what is wrong with it.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "dialog-form") return;
  document.querySelector("#dialog-form [aria-invalid=true], #dialog-form [role=alert]")?.focus();
});
document.addEventListener("keydown", (event) => {
  const open = [document.getElementById("modal-content"), document.getElementById("changelist-filter")]
    .find((element) => element && element.getClientRects().length);
  if (!open) return;
  if (event.key === "Escape" && opener) setTimeout(() => { opener.focus(); opener = null; }, 50);
  if (event.key !== "Tab") return;
  const inside = [...open.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea")]
    .filter((element) => element.getClientRects().length && !element.disabled);
  if (!inside.length) return;
  const last = inside[inside.length - 1];
  const leaving = event.shiftKey ? document.activeElement === inside[0] : document.activeElement === last;
  if (leaving || !open.contains(document.activeElement)) {
    event.preventDefault();
    (event.shiftKey ? last : inside[0]).focus();
  }
});

/* A page that follows work shows in place what came of it, and says so. The focus stays on the same
   link; where that is gone, it goes to the heading of what is new. */
const FOLLOWED = "#content-main";
let held = null;
document.addEventListener("accord:said", (event) => {
  document.getElementById("said").textContent = event.detail.text;
  // What was said before, as that it begins, is over.
  document.getElementById("messages").replaceChildren();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  const focused = document.activeElement;
  held = target.matches(FOLLOWED) && target.contains(focused) ? focused : null;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (!event.detail.target.matches(FOLLOWED)) return;
  // unfold would take the rows of the page for those of an inline form.
  event.stopPropagation();
  if (!held) return;
  const shown = document.getElementById(event.detail.target.id);
  const same = [...shown.querySelectorAll("a")].find((link) => link.href === held.href);
  const heading = shown.querySelector(".ac-panel h2") ?? shown.querySelector("h2");
  held = null;
  if (heading) heading.tabIndex = -1;
  (same ?? heading)?.focus();
}, true);

/* unfold reads the system's colours once; follow them when they change, unless one was chosen. */
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
  const chosen = localStorage.getItem("_x_adminTheme");
  if (chosen && chosen !== '"auto"') return;
  document.documentElement.classList.toggle("dark", event.matches);
});

/* Paper is light. */
let wasDark = false;
addEventListener("beforeprint", () => {
  wasDark = document.documentElement.classList.contains("dark");
  document.documentElement.classList.remove("dark");
});
addEventListener("afterprint", () => document.documentElement.classList.toggle("dark", wasDark));

/* A claimed case stays claimed while its page is open; the claim itself lasts 15 minutes. */
const RENEW_MS = 5 * 60 * 1000;
const renewing = setInterval(async () => {
  const form = document.querySelector("form[data-renew]");
  if (!form || document.hidden) return;
  const answer = await fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { "HX-Request": "true" },
  });
  if (answer.ok) return;
  clearInterval(renewing);
  const problem = document.getElementById("problem");
  if (answer.status === 409 && problem) problem.innerHTML = await answer.text();
}, RENEW_MS);

/* Colleagues see who else has a case open; the mark fades when the page stops asking. */
const VIEWING_MS = 20 * 1000;
const viewing = () => document.querySelector("[data-viewing]");
const beat = () => { if (viewing() && !document.hidden) htmx.trigger(viewing(), "beat"); };
document.addEventListener("DOMContentLoaded", beat);
document.addEventListener("visibilitychange", beat);
setInterval(beat, VIEWING_MS);
