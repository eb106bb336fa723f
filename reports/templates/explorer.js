"use strict";
// Points answer to mouse, finger and keyboard; the table below shows the trials behind them.
// A column with options holds places in them and can be filtered by; the others hold values.
const { columns, points } = JSON.parse(document.querySelector("#data").textContent);
const explorer = document.querySelector("#explorer");
const tip = document.querySelector("#tip");
const selects = new Map(columns.map((column, i) => [i, explorer.querySelector(`[name=c${i}]`)])
  .filter(([, select]) => select));
const words = explorer.querySelector("[name=words]");
const count = columns[0].values.length;
const STEP = 50;
let most = STEP;

const english = value => typeof value === "number" ? value.toLocaleString("en") : value ?? "";
const shown = (column, t) =>
  english(column.options ? column.options[column.values[t]] : column.values[t]);

for (const [i, select] of selects)
  columns[i].options.forEach((option, value) => select.add(new Option(english(option) || "none", value)));

function chosen() {
  const wanted = [...selects].filter(([, select]) => select.value !== "")
    .map(([i, select]) => [columns[i].values, Number(select.value)]);
  const sought = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const texts = columns.filter(column => column.searched);
  const found = [];
  for (let t = 0; t < count; t++) {
    if (!wanted.every(([values, value]) => values[t] === value)) continue;
    if (sought.length) {
      const text = texts.map(column => column.values[t] ?? "").join(" ").toLowerCase();
      if (!sought.every(word => text.includes(word))) continue;
    }
    found.push(t);
  }
  return found;
}

function show() {
  const found = chosen(), body = explorer.querySelector("tbody");
  body.replaceChildren();
  for (const t of found.slice(0, most)) {
    const row = body.insertRow();
    for (const column of columns) {
      const cell = row.insertCell();
      cell.textContent = shown(column, t);
      cell.className = column.kind;
    }
  }
  explorer.querySelector("output").textContent = found.length
    ? `${english(Math.min(most, found.length))} of ${english(found.length)} trials shown`
    : "no such trial";
  explorer.querySelector("#more").hidden = found.length <= most;
}

function restart() { most = STEP; show(); }

function clear() {
  for (const select of selects.values()) select.value = "";
  words.value = "";
}

for (const field of [...selects.values(), words]) field.addEventListener("input", restart);
explorer.querySelector("#more").addEventListener("click", () => { most += 4 * STEP; show(); });
explorer.querySelector("#clear").addEventListener("click", () => { clear(); restart(); });

function tell(mark, text) {
  tip.textContent = text;
  tip.hidden = false;
  const at = mark.getBoundingClientRect(), box = tip.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left + at.width / 2 - box.width / 2),
                        document.documentElement.clientWidth - box.width - 8);
  const above = at.top - box.height - 8;
  tip.style.left = `${left + scrollX}px`;
  tip.style.top = `${(above > 8 ? above : at.bottom + 8) + scrollY}px`;
}

function open(filter) {
  clear();
  for (const [column, value] of filter) selects.get(column).value = value;
  restart();
  explorer.scrollIntoView();
  explorer.querySelector("h2").focus();
}

// One stop of the Tab key for each figure; the arrow keys go from point to point.
for (const figure of document.querySelectorAll("figure[data-points]")) {
  const here = points[figure.dataset.points] ?? {};
  const marks = [];
  for (const mark of figure.querySelectorAll('[id*="point:"]')) {
    const point = here[mark.id.replace(/^.*?point:[^/]*\//, "")];
    if (!point) continue;
    mark.setAttribute("role", "button");
    mark.setAttribute("aria-label", `${point.words}. Show its trials.`);
    mark.setAttribute("tabindex", marks.length ? -1 : 0);
    mark.classList.add("point");
    mark.addEventListener("mouseenter", () => tell(mark, point.words));
    mark.addEventListener("focus", () => tell(mark, point.words));
    for (const gone of ["mouseleave", "blur"]) mark.addEventListener(gone, () => tip.hidden = true);
    mark.addEventListener("click", () => open(point.filter));
    mark.addEventListener("keydown", event => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") tip.hidden = true;
      if (event.key !== "Enter" && event.key !== " " && !step) return;
      event.preventDefault();
      if (!step) return open(point.filter);
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
for (const hint of document.querySelectorAll(".pointing")) hint.hidden = false;
show();
