"use strict";
const body = document.querySelector("tbody");
const rows = [...body.rows];
const heads = [...document.querySelectorAll("thead th")];

function valueOf(row, column) {
  const value = row.cells[column].dataset.sort;
  return value !== "" && !isNaN(value) ? Number(value) : value;
}

function sortBy(column, ascending) {
  rows.sort((a, b) => {
    const x = valueOf(a, column), y = valueOf(b, column);
    if (x === "" || y === "") return (x === "") - (y === "");  // what is not known comes last
    return (x < y ? -1 : x > y ? 1 : 0) * (ascending ? 1 : -1);
  });
  body.append(...rows);
  heads.forEach((head, i) => head.ariaSort = i !== column ? "none" : ascending ? "ascending" : "descending");
}

heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
  const first = head.dataset.first === "ascending";
  sortBy(column, head.ariaSort === "none" ? first : head.ariaSort !== "ascending");
}));

document.querySelector("#filter").addEventListener("input", event => {
  const words = event.target.value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const row of rows) {
    row.hidden = !words.every(word => row.dataset.text.includes(word));
    shown += !row.hidden;
  }
  document.querySelector("#shown").textContent = shown;
});
