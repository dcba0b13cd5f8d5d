// The keys of the review pages, and what buttons do that a form alone cannot.
"use strict";

const main = document.getElementById("main");
const panel = document.getElementById("panel");
const readOnly = document.body.dataset.readOnly === "1";
const documentId = main.dataset.document;

const things = () => [...document.querySelectorAll(documentId ? ".entry, .whole[data-open='1']" : ".row")];

// What is chosen is kept by its name, since a decision writes it anew.
let chosen = null;
const current = () => (chosen ? document.getElementById(chosen) : null);

function showChosen() {
  for (const other of document.querySelectorAll(".current")) other.classList.remove("current");
  current()?.classList.add("current");
  const number = Number(current()?.dataset.number) || 0;
  document.getElementById(`e${number}`)?.closest("mark")?.classList.add("current");
}

async function choose(thing, shownInText = true) {
  atTop = false;
  chosen = thing?.id || null;
  showChosen();
  if (!thing) return;
  (documentId ? thing : thing.querySelector("a")).focus({ preventScroll: true });
  thing.scrollIntoView({ block: "nearest" });
  if (shownInText) await showPlace(thing);
  if (isWide()) thing.scrollIntoView({ block: "nearest" });
}

const isWide = () => matchMedia("(min-width: 62rem)").matches; // the list stands beside the text

async function showPlace({ dataset }) {
  if (dataset.number && dataset.number !== "0") await showEvidence(dataset.number, dataset.piece);
  if (dataset.start) await showSpan(dataset);
}

// What is on the screen stays where it is.
function bring(place) {
  const { top, bottom } = place.getBoundingClientRect();
  if (bottom === top || top < 0 || bottom > innerHeight) place.scrollIntoView({ block: "center" });
}

// Fetches what an element stands for, or waits for it if that is under way; ends with its own answer, or with none.
function fetched(stand) {
  return new Promise((resolve) => {
    const ended = ({ detail }) => {
      if (stand.isConnected && detail.elt !== stand) return; // something else has ended
      document.body.removeEventListener("htmx:afterRequest", ended);
      resolve(!stand.isConnected);
    };
    document.body.addEventListener("htmx:afterRequest", ended);
    htmx.trigger(stand, "wanted");
  });
}

document.body.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.status >= 400 && detail.target.matches(".load, .waiting")) detail.swapOverride = "none"; // to be tried again
});

// A document opens at its top if the place of what is chosen can be seen from there; the list moves by itself.
let atTop = false;
async function chooseAtTop(thing, isShown) {
  chosen = thing?.id || null;
  showChosen();
  thing?.focus({ preventScroll: true });
  atTop = true;
  keepInList();
  if (thing && isShown && isWide()) await showPlace(thing);
}

function keepInList() {
  const list = atTop && current()?.closest(".list");
  if (!list || !isWide()) return;
  const [at, of] = [current().getBoundingClientRect(), list.getBoundingClientRect()];
  const below = at.bottom - Math.min(innerHeight, of.bottom);
  if (below > 0) list.scrollTop += Math.min(below, at.top - of.top);
}
document.body.addEventListener("htmx:afterSwap", keepInList); // the family has come, above it

async function load(piece) {
  const stand = document.querySelector(`#piece-${piece}.waiting`);
  if (stand) await fetched(stand);
}

// A document with pages is shown by these or by its text; what stands on no page, by its text.
const reading = document.querySelector(".reading[data-view]");
const VIEW = "docassay-view";

function setView(view) {
  if (!reading) return;
  reading.dataset.view = view;
  for (const button of reading.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === view));
}

async function toggleView(view = reading?.dataset.view === "pages" ? "text" : "pages") {
  if (!reading) return tell("This document has no pages, so it is shown as text.");
  sessionStorage.setItem(VIEW, view);
  setView(view);
  if (view === "pages" && !(await hasPages())) return tell("The pages cannot be shown; the reason is above the text.");
  const item = current();
  if (item) await choose(item);
}

let looking = null;
async function hasPages() {
  const stand = document.querySelector("#pages.waiting");
  if (stand) await (looking ??= fetched(stand).finally(() => (looking = null)));
  const has = Boolean(document.querySelector("#pages .sheet"));
  if (!has) setView("text");
  return has;
}

async function toPage(id) {
  setView("pages");
  if (await hasPages()) document.getElementById(id)?.scrollIntoView();
}

// What the reader has chosen to see: what stands on no page, or was searched for, is shown as text for once.
const chosenView = () => sessionStorage.getItem(VIEW) || "pages";

// Whether it was shown on its page.
async function showOnPage(selector) {
  setView(chosenView());
  if (reading?.dataset.view !== "pages" || !(await hasPages())) return false;
  const shapes = document.querySelectorAll(selector);
  for (const shape of shapes) shape.classList.add("current");
  if (shapes.length) bring(shapes[0]);
  return shapes.length > 0;
}

async function showEvidence(number, piece) {
  document.getSelection().removeAllRanges(); // what was searched for is not chosen any more
  if (await showOnPage(`.sheet a[href="#n${number}"] rect`)) return;
  setView("text");
  await load(piece);
  const place = document.getElementById(`e${number}`);
  if (!place) return;
  const fold = place.closest("details");
  if (fold) fold.open = true;
  place.closest("mark").classList.add("current");
  bring(place.closest("mark"));
}

// Once there is nothing more, nothing is chosen any more: no key decides what is not framed.
function leaveList() {
  chosen = null;
  showChosen();
  document.getElementById("next").focus();
}

// Whether enough of what is chosen, or of its place in the document, is on the screen.
function isSeen(item) {
  const list = item.closest(".list")?.getBoundingClientRect();
  const places = [item, ...document.querySelectorAll("mark.current, rect.current")];
  return places.some((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    const [from, to] = one === item && list ? [Math.max(0, list.top), Math.min(innerHeight, list.bottom)] : [0, innerHeight];
    const shown = Math.min(bottom, to) - Math.max(top, from);
    return bottom > top && shown >= Math.min((bottom - top) / 2, 80);
  });
}

// A key decides what is framed and on the screen, and nothing else.
function onChosen(work) {
  if (!documentId || readOnly) return;
  const thing = current();
  if (!thing) return tell("No item is selected, so nothing was decided: select one with j or k.");
  if (isSeen(thing)) return work(thing);
  thing.scrollIntoView({ block: "center" });
  tell("The selected item was off the screen, so nothing was decided: look at it and press the key again.");
}

async function step(by) {
  const all = things();
  const at = all.indexOf(current());
  const isLeft = at < 0 && by > 0 && document.activeElement.id === "next";
  const next = isLeft ? null : all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
  const list = current()?.closest("#entries, #spans, #queue");
  const last = !next || (list && !list.contains(next));
  const more = by > 0 && last && (list || document).querySelector(".load");
  if (more) return (await fetched(more)) && step(by);
  if (next) return choose(next);
  if (by > 0 && documentId) leaveList();
}

// Once a page is being left, its keys are for the next one, which takes them over.
const KEYS = "docassay-keys";
const KEPT_MS = 30_000;
let leaving = false;

function leave(link) {
  if (!link) return;
  leaving = true;
  link.click();
}

// A page that comes back as it was left shows what was decided since, and takes keys again.
addEventListener("pageshow", (event) => event.persisted && location.reload());

const follow = (id) => leave(document.getElementById(id));

function tell(said) {
  document.getElementById("note").replaceChildren(said);
  noteEndsLater();
}

// Nothing that was to be recorded is lost without a word: what the server did not do, or could not be asked, is said.
document.body.addEventListener("htmx:sendError", () => tell("The server is not responding: nothing was recorded. Is docassay review still running?"));
document.body.addEventListener("htmx:responseError", ({ detail }) => {
  const type = detail.xhr.getResponseHeader("Content-Type") || "";
  if (type.startsWith("text/plain")) tell(detail.xhr.responseText); // the guard's; other answers bring their note along
});

// A decision is answered with what it changed of what is here; what is not here yet comes as it is then.
document.body.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "post" || !documentId) return;
  for (const list of ["entries", "spans"]) detail.parameters[list] = document.querySelectorAll(`#${list} .entry`).length;
});

// Ends with whether the server did it.
async function send(path, values) {
  let done = false;
  const ended = ({ detail }) => {
    if (detail.requestConfig?.path === path) done = Boolean(detail.successful);
  };
  document.body.addEventListener("htmx:afterRequest", ended);
  try {
    await htmx.ajax("POST", path, { source: main, swap: "none", values });
  } catch {
    done = false; // no answer came, which is told above
  } finally {
    document.body.removeEventListener("htmx:afterRequest", ended);
  }
  return done;
}

const KEYS_KNOWN = [..."jkcdseunbpq/?f1234o"];

// The next place of what was searched for, after the last one the first.
let atHit = -1;
async function nextHit() {
  const hits = [...document.querySelectorAll("#hits a")];
  if (!hits.length) return document.getElementById("find")?.focus();
  atHit = (atHit + 1) % hits.length;
  await showSpan(hits[atHit].dataset);
  tell(`Match ${atHit + 1} of ${hits.length}`);
}

// What is marked in the text is remembered as long as the browser is open.
const MARKED = ["checks", "facts", "personal", "hits"];
const legendOf = (name) => document.querySelector(`.legend .show-${name}`);
for (const name of MARKED) {
  const box = legendOf(name);
  if (!box) continue;
  box.checked = sessionStorage.getItem(`docassay-show-${name}`) !== "0";
  box.addEventListener("change", () => sessionStorage.setItem(`docassay-show-${name}`, box.checked ? "1" : "0"));
}

const keysBox = document.getElementById("keys-on");
if (keysBox) {
  keysBox.checked = !areOff();
  keysBox.addEventListener("change", () => localStorage.setItem(KEYS_OFF, keysBox.checked ? "0" : "1"));
}

// One decision after the other; what is pressed twice while it is under way is decided once.
const underWay = new Set();
let lastDecision = Promise.resolve();

const SAID = "docassay-said";

// Which decision counts of each item here.
const decisionsSeen = () => new Map(things().map((one) => [one.id, one.dataset.seen]));

// What is said of a decision after which the page is loaded anew.
document.body.addEventListener("decided", ({ detail }) => sessionStorage.setItem(SAID, JSON.stringify([chosen, detail.value])));

async function undo() {
  const before = decisionsSeen();
  if (!(await send("/undo", { doc_id: documentId || "" }))) return;
  if (documentId) return choose(things().find((one) => before.has(one.id) && before.get(one.id) !== one.dataset.seen) || current());
  sessionStorage.setItem(SAID, JSON.stringify([chosen, document.getElementById("note").textContent]));
  leaving = true; // the queue counts what is left in its rows: it comes anew
  location.reload();
}

// A fault of one ends neither those that wait nor those to come.
function afterOthers(work) {
  lastDecision = lastDecision.catch(console.error).then(work);
  return lastDecision;
}

function decide(item, outcome, group = false) {
  if (readOnly || !documentId) return;
  const asked = `${item} ${outcome} ${group}`;
  if (underWay.has(asked)) return;
  underWay.add(asked);
  return afterOthers(() => decideNow(item, outcome, group).finally(() => underWay.delete(asked)));
}

async function decideNow(item, outcome, group) {
  const values = { item, outcome, decision_id: crypto.randomUUID().replaceAll("-", "") };
  if (group) values.group = "1";
  const shown = document.querySelector(`.entry[data-item="${item}"]`);
  if (shown) values.seen = shown.dataset.seen;
  if (await send(`/documents/${documentId}/decide`, values)) await toNextOpen(item, group);
}

// What is not here yet may be open: it is fetched before the reader is sent back to what was skipped, or on.
async function toNextOpen(item, group = false) {
  const isPersonal = item.startsWith("e");
  const open = (one) => (isPersonal ? !(group && one.classList.contains("settled")) : one.dataset.open === "1");
  const all = things();
  const at = all.findIndex((one) => one.dataset.item === item);
  const next = all.slice(at + 1).find(open);
  const more = !next && document.querySelector(isPersonal ? "#spans .load" : "#entries .load");
  if (more) return (await fetched(more)) && toNextOpen(item, group);
  const skipped = !isPersonal && all.find(open);
  if (next || skipped) return choose(next || skipped);
  leaveList();
}

async function openPanel(item, group = "") {
  await htmx.ajax("GET", `/documents/${documentId}/items/${item}${group ? "?group=1" : ""}`, { target: "#panel", swap: "innerHTML" });
  if (!panel.open) panel.show();
  panel.querySelector("input[type=radio], button")?.focus();
}

function closePanel() {
  if (panel.open) panel.close();
  current()?.focus({ preventScroll: true });
}

// Characters are counted as code points, as the tables count them; a browser counts UTF-16 units.
function offsetOf(node, units) {
  const holder = node.parentElement?.closest("[data-at]");
  if (!holder) return null;
  let count = 0;
  const walk = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    const unseen = text.parentElement.closest(".unseen");
    if (text === node) return Number(holder.dataset.at) + count + (unseen ? 0 : [...text.data.slice(0, units)].length);
    count += unseen ? 1 : [...text.data].length;
  }
  return null;
}

// Personal data and facts are selected in the text while they are looked at.
async function showSpan({ start, end, piece, of }) {
  if (panel.open) return;
  if (of) {
    for (const shape of document.querySelectorAll("rect[data-of].current")) shape.classList.remove("current");
    if (await showOnPage(`.sheet rect[data-of="${of}"]`)) return;
  }
  setView("text");
  await load(piece);
  const from = placeOf(Number(start), piece);
  const to = placeOf(Number(end) - 1, piece);
  if (!from || !to) return;
  const fold = from.node.parentElement.closest("details");
  if (fold) fold.open = true;
  document.getSelection().setBaseAndExtent(from.node, from.at, to.node, to.at + to.units);
  bring(from.node.parentElement);
}

// The place of a fact: in the text, where it is selected.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-start]");
  if (!link) return;
  event.preventDefault();
  showSpan(link.dataset);
});

function placeOf(offset, piece) {
  let holder = null;
  for (const one of document.querySelectorAll(`#piece-${piece} [data-at]`)) {
    if (Number(one.dataset.at) <= offset && (!holder || Number(one.dataset.at) >= Number(holder.dataset.at))) holder = one;
  }
  if (!holder) return null;
  let left = offset - Number(holder.dataset.at);
  const walk = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const unseen = node.parentElement.closest(".unseen");
    const points = unseen ? [node.data] : [...node.data];
    if (left < points.length) return { node, at: points.slice(0, left).join("").length, units: points[left].length };
    left -= points.length;
  }
  return null;
}

document.addEventListener("selectionchange", () => {
  const start = panel.querySelector("[name=corrected_start]");
  const selection = document.getSelection();
  if (!panel.open || !start || selection.isCollapsed || !selection.rangeCount) return;
  const range = selection.getRangeAt(0);
  const from = offsetOf(range.startContainer, range.startOffset);
  const to = offsetOf(range.endContainer, range.endOffset);
  if (from === null || to === null || from >= to) return;
  start.value = from;
  panel.querySelector("[name=corrected_end]").value = to;
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#e']");
  const button = event.target.closest("button");
  const entry = event.target.closest(".entry, .whole");
  if (link && documentId) {
    event.preventDefault();
    choose(link.closest(".entry"));
  } else if (event.target.closest("a[href^='#n']") && documentId) {
    event.preventDefault();
    const number = event.target.closest("a").getAttribute("href").slice(2);
    choose(document.querySelector(`.entry[data-number="${number}"]`), false);
  } else if (event.target.closest("a[href^='#p']") && documentId) {
    event.preventDefault();
    toPage(event.target.closest("a").getAttribute("href").slice(1));
  } else if (button?.dataset.view) {
    toggleView(button.dataset.view);
  } else if (button?.dataset.do) {
    choose(entry, false);
    decide(button.dataset.item, button.dataset.do);
  } else if (button?.matches(".more, .label")) {
    if (entry) choose(entry);
    openPanel(button.dataset.item, button.dataset.group);
  } else if (button?.dataset.close) closePanel();
  else if (entry && !button && !event.target.closest("a, summary, details")) choose(entry);
});

document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.id === "panel-form" && event.detail.successful) {
    const item = event.detail.elt.querySelector("[name=item]").value;
    const group = event.detail.elt.querySelector("[name=group]") !== null;
    closePanel();
    toNextOpen(item, group);
  }
});

let noteEnds;
function noteEndsLater() {
  clearTimeout(noteEnds);
  noteEnds = setTimeout(() => document.getElementById("note").replaceChildren(), 6000);
}

// What is no personal data after all is not marked as such.
const unmarked = new Set();
function markPersonal() {
  const entries = [...document.querySelectorAll("#spans .entry")].map((entry) => [entry, Number(entry.dataset.start), Number(entry.dataset.end), entry.matches(".settled:has(.state.dismissed)")]);
  const isPersonal = (at) => entries.some(([, start, end, isWrong]) => !isWrong && start <= at && at < end);
  for (const [entry, start, end, isWrong] of entries) {
    if (!isWrong && !unmarked.has(entry.id)) continue; // never changed
    unmarked.add(entry.id);
    for (const shape of document.querySelectorAll(`rect[data-of="${entry.dataset.of}"]`)) shape.classList.toggle("personal-data", !isWrong);
    for (const part of document.querySelectorAll(`#piece-${entry.dataset.piece} [data-at]`)) {
      const at = Number(part.dataset.at);
      if (start <= at && at < end) part.classList.toggle("personal-data", isPersonal(at));
    }
  }
}

document.body.addEventListener("htmx:afterSettle", markPersonal); // of pieces and pages that have come

document.body.addEventListener("htmx:oobAfterSwap", () => {
  showChosen();
  markPersonal();
  noteEndsLater();
});

function act(key) {
  atTop = false;
  const item = current()?.dataset.item;
  const keys = {
    Enter: () => !documentId && leave(current()?.querySelector("a")),
    j: () => step(1), k: () => step(-1),
    c: () => onChosen(({ dataset }) => decide(dataset.item, "confirmed")),
    d: () => onChosen(({ dataset }) => decide(dataset.item, "dismissed")),
    s: () => onChosen(({ dataset }) => decide(dataset.item, "not_sure")),
    e: () => item && openPanel(item),
    o: () => onChosen((thing) => thing.querySelector("button[aria-keyshortcuts=o]")?.click()),
    u: () => !readOnly && afterOthers(undo), p: () => documentId && toggleView(),
    n: () => follow("next"), b: () => follow("previous"), q: () => follow("to-queue"),
    "/": () => document.getElementById(documentId ? "find" : "search")?.focus(),
    f: () => documentId && nextHit(),
    "?": () => location.assign("/help"),
  };
  if ("1234".includes(key)) return legendOf(MARKED[key - 1])?.click();
  return keys[key]?.();
}

let acting = false;

// One key after the other: what the next one means hangs on what the last one did.
async function actOnWaiting() {
  if (acting) return;
  acting = true;
  try {
    while (waiting.length && !leaving) await act(waiting.shift());
  } finally {
    acting = false;
  }
  if (leaving) sessionStorage.setItem(KEYS, JSON.stringify([Date.now(), waiting]));
}

press = (event) => {
  if (event.key === "Escape" && panel.open) return closePanel();
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  const opens = !documentId && (event.target === document.body || current()?.contains(event.target));
  if (event.key === "Enter" ? !opens : !KEYS_KNOWN.includes(event.key)) return;
  event.preventDefault();
  if (isHeld(event)) return;
  waiting.push(event.key);
  actOnWaiting();
};

async function begin() {
  const [since, kept] = JSON.parse(sessionStorage.getItem(KEYS) || "[0, []]");
  sessionStorage.removeItem(KEYS);
  if (Date.now() - since < KEPT_MS) waiting.unshift(...kept);
  const [before, said] = JSON.parse(sessionStorage.getItem(SAID) || "[null, null]");
  sessionStorage.removeItem(SAID);
  setView(chosenView());
  if (reading?.dataset.view === "pages") hasPages();
  const isSearched = Boolean(document.querySelector("#hits a")) && location.hash === "";
  const open = things().find((one) => one.dataset.open === "1");
  const isShown = location.hash === "" && !isSearched;
  if (documentId) await chooseAtTop(open, isShown); // where nothing is open, none is chosen
  else if (location.hash === "#search") document.getElementById("search")?.focus();
  else if (things().length) await choose(document.getElementById(before) || things()[0]);
  if (isSearched) await nextHit();
  markPersonal();
  if (said) tell(said);
  actOnWaiting();
}

document.addEventListener("DOMContentLoaded", begin); // after htmx has begun
