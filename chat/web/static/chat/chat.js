// The chat page: shows what the API has, polls for more, posts. Texts go in as textContent only, never as markup.

const POLL_MS = 3000;
const TIMEOUT_MS = 10000;
// Two posts can become visible out of order, so each poll reads this far back and drops what is shown (protocol P1).
const OVERLAP_SECONDS = 10;
const KEPT = 300;
const HUES = 8;

const byId = (id) => document.getElementById(id);
const [scroller, list, empty, newer] = ["scroller", "comments", "empty", "newer"].map(byId);
const [connection, problem, form, send] = ["connection", "problem", "composer", "send"].map(byId);
const [nameField, commentField] = [byId("name"), byId("comment")];
const { api, commentLimit } = document.body.dataset;

// --- talking to the API -------------------------------------------------------------------------------------------

class Refused extends Error {
  constructor(code, message, requestId, seconds) {
    super(message);
    Object.assign(this, { code, requestId, seconds });
  }
}

async function call(path, options = {}) {
  const response = await fetch(`${api}/${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS), ...options });
  if (response.ok) return response.json();
  const { error = {} } = await response.json().catch(() => ({}));
  const seconds = Number(response.headers.get("Retry-After")) || 0;
  throw new Refused(error.code, error.message ?? `status ${response.status}`, error.request_id, seconds);
}

function kindly(error) {
  if (!(error instanceof Refused)) return "Your comment could not be sent: the chat cannot be reached.";
  const again = error.seconds ? ` Try again in ${error.seconds} s.` : "";
  const known = {
    outcome_unknown: "It is not certain that your comment was kept. Look for it above before you send it again.",
    too_many_requests: `That was a little fast.${again}`,
    writes_held: `Posting is paused for a moment.${again}`,
    store_unavailable: `The chat cannot keep comments right now.${again}`,
    not_serving: `The chat cannot keep comments right now.${again}`,
  };
  if (error.code in known) return known[error.code];
  const reference = error.requestId ? ` (request ${error.requestId})` : "";
  return `Your comment was not accepted: ${error.message}.${reference}`;
}

// --- what is shown ------------------------------------------------------------------------------------------------

const shown = []; // { time, name, element }, oldest first
const seen = new Map(); // key -> time, for the overlap
let newest = "";
let atEnd = true; // then new comments scroll into view; while one reads older ones, the page stays where it is

const keyOf = ({ time, name }) => JSON.stringify([time, name]);
// The API compares times as text; ties by name ascending in its newest-first order, so descending in ours.
const isAfter = (a, b) => (a.time === b.time ? a.name < b.name : a.time > b.time);

// Null where the time is not the usual ten digits: then the newest page is read instead.
function overlapped(time) {
  const parts = /^(\d{10})(\.\d+)?$/.exec(time);
  return parts && `${String(Number(parts[1]) - OVERLAP_SECONDS).padStart(10, "0")}${parts[2] ?? ""}`;
}

function show(comments) {
  const fresh = comments.filter((comment) => !seen.has(keyOf(comment)));
  for (const comment of fresh) {
    seen.set(keyOf(comment), comment.time);
    if (comment.time > newest) newest = comment.time;
    place(comment);
  }
  forget();
  empty.hidden = shown.length > 0;
  if (fresh.length && atEnd) toEnd();
  else if (fresh.length) newer.hidden = false;
}

function place(comment) {
  const entry = { time: comment.time, name: comment.name, element: drawn(comment) };
  let at = shown.length;
  while (at > 0 && isAfter(shown[at - 1], entry)) at -= 1;
  list.insertBefore(entry.element, shown[at]?.element ?? null);
  shown.splice(at, 0, entry);
}

function forget() {
  for (const { element } of shown.splice(0, Math.max(0, shown.length - KEPT))) element.remove();
  const start = overlapped(newest);
  // Only keys inside the overlap can come again; one without a usual start is never forgotten.
  if (start) for (const [key, time] of seen) if (time <= start && seen.size > KEPT) seen.delete(key);
}

function drawn({ name, time, comment }) {
  const item = document.createElement("li");
  item.className = `entry hue-${hueOf(name)}${name === nameField.value ? " mine" : ""}`;
  const badge = part("span", "badge", [...name.trim()][0]?.toUpperCase() ?? "·");
  badge.setAttribute("aria-hidden", "true");
  const head = part("p", "head");
  head.append(part("span", "who", name), clock(time));
  const said = part("p", comment ? "said" : "said none", comment || "(no text)");
  const words = part("div", "words");
  words.append(head, said);
  item.append(badge, words);
  return item;
}

function part(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  element.dir = "auto";
  return element;
}

function clock(time) {
  const element = part("time", "when", time);
  const date = new Date(Number(time) * 1000);
  if (Number.isNaN(date.getTime())) return element;
  const today = date.toDateString() === new Date().toDateString();
  const style = { hour: "2-digit", minute: "2-digit", ...(today ? {} : { day: "numeric", month: "short" }) };
  element.textContent = date.toLocaleString([], style);
  element.dateTime = date.toISOString();
  element.title = date.toLocaleString();
  return element;
}

function hueOf(name) {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 65521;
  return sum % HUES;
}

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
  newer.hidden = true;
}

// --- polling ------------------------------------------------------------------------------------------------------

let timer = 0;
let polling = null;

function poll() {
  // One at a time: a second answer that overtook the first would move the position past what is not shown yet.
  polling ??= readNewer().finally(() => (polling = null));
  return polling;
}

async function readNewer() {
  clearTimeout(timer);
  const start = overlapped(newest);
  let pause = POLL_MS;
  try {
    show((await call(start ? `latest/${encodeURIComponent(start)}` : "latest")).response);
    tell("live", "Live");
  } catch (error) {
    pause = Math.max(POLL_MS, (error.seconds ?? 0) * 1000);
    if (error instanceof Refused) tell("trouble", "Not up to date, trying again");
    else tell("offline", navigator.onLine ? "Cannot reach the chat, trying again" : "Offline");
  }
  timer = setTimeout(poll, pause);
}

function tell(state, text) {
  if (connection.dataset.state === state && connection.textContent === text) return; // announced once
  connection.dataset.state = state;
  connection.textContent = text;
}

// --- posting ------------------------------------------------------------------------------------------------------

function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

function fault() {
  if (!nameField.value) return [nameField, "Please give a name."];
  if (!commentField.value.trim()) return [commentField, "Please write something first."];
  const bytes = new TextEncoder().encode(commentField.value).length;
  if (bytes > Number(commentLimit)) return [commentField, `That is too long by ${bytes - commentLimit} bytes.`];
  return null;
}

async function post() {
  const found = fault();
  for (const field of [nameField, commentField]) field.setAttribute("aria-invalid", found?.[0] === field);
  complain(found?.[1] ?? "");
  if (found) return found[0].focus();
  send.disabled = true;
  const body = JSON.stringify({ name: nameField.value, comment: commentField.value });
  try {
    await call("add", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    commentField.value = "";
    fit();
    toEnd();
    // A poll under way may have been answered before this comment was kept.
    await polling;
    await poll();
  } catch (error) {
    complain(kindly(error));
  } finally {
    send.disabled = false;
    commentField.focus();
  }
}

function fit() {
  commentField.style.height = "auto";
  commentField.style.height = `${commentField.scrollHeight + 2}px`;
}

// --- wiring -------------------------------------------------------------------------------------------------------

// A browser may forbid storage; the page works without it.
function remembered(action) {
  try {
    return action(localStorage);
  } catch {
    return null;
  }
}

nameField.value = remembered((storage) => storage.getItem("chat.name")) ?? "";
nameField.addEventListener("change", () => remembered((storage) => storage.setItem("chat.name", nameField.value)));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!send.disabled) post();
});
commentField.addEventListener("input", fit);
commentField.addEventListener("keydown", (event) => {
  // While an input method composes a word, Enter belongs to it.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit();
});
newer.addEventListener("click", toEnd);
scroller.addEventListener("scroll", () => {
  atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 60;
  if (atEnd) newer.hidden = true;
});
// The composer grows with its text and with a problem told, at the cost of the list.
new ResizeObserver(() => atEnd && toEnd()).observe(scroller);
window.addEventListener("online", poll);
window.addEventListener("offline", () => tell("offline", "Offline"));

poll();
