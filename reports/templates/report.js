"use strict";
// Points answer to mouse, finger and keyboard; the table below shows the trials behind them.
const data = JSON.parse(document.querySelector("#data").textContent);
const { curves, outcomes, readings, trials, said } = data;
const explorer = document.querySelector("#explorer");
const tip = document.querySelector("#tip");
const STEP = 50;
let most = STEP;

const field = name => explorer.querySelector(`[name=${name}]`);
const fields = ["curve", "length", "outcome", "reading", "words"].map(field);

function fill(select, values, label) {
  for (const [value, text] of values) select.add(new Option(text, value));
  select.options[0].text = label;
}

const lengths = [...new Set(trials.n)].sort((a, b) => a - b);
fill(field("curve"), curves.map(([task, how], i) => [i, `${task}, ${how}`]), "all curves");
fill(field("length"), lengths.map(n => [n, n.toLocaleString("en")]), "all lengths");
fill(field("outcome"), outcomes.map((name, i) => [i, name]), "all outcomes");
fill(field("reading"), readings.map((name, i) => [i, name || "none found"]), "all readings");

function chosen() {
  const [curve, length, outcome, reading, words] = fields.map(f => f.value);
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [];
  for (let t = 0; t < trials.c.length; t++) {
    if (curve !== "" && trials.c[t] !== +curve) continue;
    if (length !== "" && trials.n[t] !== +length) continue;
    if (outcome !== "" && trials.o[t] !== +outcome) continue;
    if (reading !== "" && trials.r[t] !== +reading) continue;
    if (wanted.length) {
      const text = `${trials.truth[t]} ${trials.read[t]} ${said[t] ?? ""}`.toLowerCase();
      if (!wanted.every(word => text.includes(word))) continue;
    }
    found.push(t);
  }
  return found;
}

function cell(row, text, kind) {
  const td = row.insertCell();
  td.textContent = text;
  if (kind) td.className = kind;
}

function show() {
  const found = chosen(), body = explorer.querySelector("tbody");
  body.replaceChildren();
  for (const t of found.slice(0, most)) {
    const row = body.insertRow(), [task, how] = curves[trials.c[t]];
    cell(row, task, "text");
    cell(row, how, "text");
    cell(row, trials.n[t].toLocaleString("en"));
    cell(row, trials.i[t]);
    cell(row, outcomes[trials.o[t]], "text");
    cell(row, trials.truth[t], "text value");
    cell(row, trials.read[t], "text value");
    cell(row, readings[trials.r[t]], "text");
    cell(row, said[t] ?? "", "text said");
  }
  const shown = Math.min(most, found.length).toLocaleString("en");
  explorer.querySelector("output").textContent =
    found.length ? `${shown} of ${found.length.toLocaleString("en")} trials shown` : "no such trial";
  explorer.querySelector("#more").hidden = found.length <= most;
}

function restart() { most = STEP; show(); }

fields.forEach(f => f.addEventListener("input", restart));
explorer.querySelector("#more").addEventListener("click", () => { most += 4 * STEP; show(); });
explorer.querySelector("#clear").addEventListener("click", () => {
  fields.forEach(f => f.value = "");
  restart();
});

function tell(mark, words) {
  tip.textContent = words;
  tip.hidden = false;
  const at = mark.getBoundingClientRect(), box = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left + at.width / 2 - box.width / 2),
                        document.documentElement.clientWidth - box.width - 8);
  const above = at.top - box.height - 8;
  tip.style.left = `${left + scrollX}px`;
  tip.style.top = `${(above > 8 ? above : at.bottom + 8) + scrollY}px`;
}

function open(curve, length) {
  fields.forEach(f => f.value = "");
  field("curve").value = curve;
  field("length").value = length;
  restart();
  explorer.scrollIntoView();
  explorer.querySelector("h2").focus();
}

// One stop of the Tab key for each figure; the arrow keys go from point to point.
for (const figure of document.querySelectorAll("figure[data-task]")) {
  const points = data.points[figure.dataset.task] ?? {};
  const marks = [];
  for (const mark of figure.querySelectorAll('[id*="point:"]')) {
    const point = points[mark.id.replace(/^.*?point:[^/]*\//, "")];
    if (!point) continue;
    const [curve, length, words] = point, [task, how] = curves[curve];
    const text = `${how}, ${length.toLocaleString("en")} item${length > 1 ? "s" : ""}: ${words}`;
    mark.setAttribute("role", "button");
    mark.setAttribute("aria-label", `${task}, ${text}. Show its trials.`);
    mark.setAttribute("tabindex", marks.length ? -1 : 0);
    mark.classList.add("point");
    mark.addEventListener("mouseenter", () => tell(mark, text));
    mark.addEventListener("focus", () => tell(mark, text));
    for (const gone of ["mouseleave", "blur"]) mark.addEventListener(gone, () => tip.hidden = true);
    mark.addEventListener("click", () => open(curve, length));
    mark.addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") tip.hidden = true;
      if (event.key !== "Enter" && event.key !== " " && !step) return;
      event.preventDefault();
      if (!step) return open(curve, length);
      const next = marks[(marks.indexOf(mark) + step + marks.length) % marks.length];
      mark.setAttribute("tabindex", -1);
      next.setAttribute("tabindex", 0);
      next.focus();
    });
    marks.push(mark);
  }
  // An image has no parts for a screen reader; a group has.
  if (marks.length) figure.querySelector("svg").setAttribute("role", "group");
}

explorer.hidden = false;
document.querySelector("#pointing").hidden = false;
show();
