// Plots with selectable figures, printing, sortable tables, hints at wide tables, copy buttons and image sliders.
"use strict";

const embedded = (id) => JSON.parse(document.getElementById(id).textContent);
const figuresByPlot = embedded("figures");
const texts = embedded("texts");
const status = document.getElementById("status");
const plots = [...document.querySelectorAll("[data-plot]")];

const darkColours = new Map(Object.entries(embedded("dark")));
const darkScreen = matchMedia("(prefers-color-scheme: dark)");
// What fits between the margins of A4 and of US Letter, in CSS pixels.
const PRINTED = { width: 680, height: 390 };
const NARROW = 600;
let printing = false;

// Each select of a plot is one part of a figure's key, "a|b|c"; later selects offer what exists for the earlier ones.
// Unless the reader has chosen, a figure with a point of this run comes first.
function choose(plot) {
  const figures = figuresByPlot[plot.dataset.plot];
  const own = (key) => Boolean(figures[key].layout.meta?.own);
  const anyOwn = Object.keys(figures).some(own);
  let keys = Object.keys(figures);
  plot.querySelectorAll("select").forEach((select, index) => {
    const part = (key) => key.split("|")[index];
    const options = [...new Set(keys.map(part))];
    const hasOwn = (option) => keys.some((key) => part(key) === option && own(key));
    const labels = JSON.parse(select.dataset.labels || "{}");
    const name = (option) => (labels[option] || option) + (anyOwn && !hasOwn(option) ? " (published only)" : "");
    const chosen = options.includes(select.value) ? select.value : options.find(hasOwn) || options[0];
    select.replaceChildren(...options.map((option) => new Option(name(option), option)));
    select.value = chosen;
    keys = keys.filter((key) => part(key) === chosen);
  });
  plot.dataset.shown = keys[0];
  draw(plot);
}

function draw(plot) {
  const figure = figuresByPlot[plot.dataset.plot][plot.dataset.shown];
  const colours = darkScreen.matches && !printing ? darkColours : new Map();
  // A copy, because plotly changes what it gets.
  const { data, layout } = JSON.parse(JSON.stringify(figure), (key, value) => colours.get(value) ?? value);
  // On a narrow screen names would cover each other; a touch shows them.
  if (!printing && plot.clientWidth < NARROW) data.forEach((trace) => { trace.mode = trace.mode?.replace("+text", ""); });
  if (printing) Object.assign(layout, PRINTED, layout.meta?.low ? { height: layout.height } : {});
  Plotly.react(plot.querySelector(".plot"), data, layout, { responsive: true, displaylogo: false, displayModeBar: false });
}

for (const plot of plots) {
  plot.addEventListener("change", () => choose(plot));
  choose(plot);
}
darkScreen.addEventListener("change", () => plots.forEach(draw));

// On paper nothing can be opened, and plots are light and as wide as the page.
let opened = [];
function setPrinting(starts) {
  if (starts === printing) return;
  printing = starts;
  if (starts) opened = [...document.querySelectorAll("details:not([open])")];
  for (const part of opened) part.open = starts;
  plots.forEach(draw);
}
window.addEventListener("beforeprint", () => setPrinting(true));
window.addEventListener("afterprint", () => setPrinting(false));
matchMedia("print").addEventListener("change", (event) => setPrinting(event.matches));

// Cells without a number have an empty key and come last in both directions.
function keyOrder(direction) {
  const compare = (a, b) => (Number.isNaN(a - b) ? a.localeCompare(b) : a - b);
  return (a, b) => (a === "") - (b === "") || direction * compare(a, b);
}

function sortable() {
  DataTable.type("keyed", { order: { asc: keyOrder(1), desc: keyOrder(-1) } });
  // Rows with equal keys keep their order, so that a difference stays below its row.
  const ordering = { order: [], orderDescReverse: false, columnDefs: [{ targets: "_all", type: "keyed" }] };
  for (const table of document.querySelectorAll("table.sortable")) {
    const sorted = new DataTable(table, { ...ordering, paging: false, info: false, autoWidth: false, layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null } });
    for (const filter of document.querySelectorAll(`[data-filter="${table.id}"]`)) {
      const apply = () => sorted.column(Number(filter.dataset.column)).search(filter.value, { exact: filter.value !== "" }).draw();
      filter.addEventListener("change", apply);
      if (filter.value) apply();
    }
  }
  document.documentElement.dataset.ready = "yes";
}
// Modules run before this event.
document.addEventListener("DOMContentLoaded", sortable);

// A box that scrolls sideways says so until its end is reached. What is hidden may be a cell's padding.
const PADDING = 8;
for (const box of document.querySelectorAll(".scroll")) {
  const hint = Object.assign(document.createElement("p"), { className: "hint", textContent: "More columns: scroll sideways →" });
  hint.setAttribute("aria-hidden", "true");
  box.before(hint);
  const update = () => {
    const hidden = box.scrollWidth - box.clientWidth;
    const more = box.scrollLeft < hidden - PADDING;
    hint.hidden = hidden <= PADDING;
    hint.classList.toggle("end", !more);
    box.dataset.more = more ? "yes" : "no";
  };
  box.addEventListener("scroll", update, { passive: true });
  const observer = new ResizeObserver(update);
  for (const node of [box, ...box.querySelectorAll("table, img")]) observer.observe(node);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages opened from disk may have no clipboard API.
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const [table, format] = button.dataset.copy.split("|");
  // Remembered, because a second click may come while the button still says "Copied".
  const label = (button.dataset.label ||= button.textContent);
  const done = await copy(texts[table][format]);
  button.focus();
  status.textContent = done ? `${table} copied as ${label}.` : "The browser refused to copy.";
  button.textContent = done ? "Copied" : "Refused";
  setTimeout(() => { button.textContent = label; }, 1200);
});

for (const range of document.querySelectorAll("input[data-slider]")) {
  const frame = document.getElementById(range.dataset.slider);
  range.addEventListener("input", () => frame.style.setProperty("--at", `${range.value}%`));
  const follow = (event) => {
    if (event.pointerType === "mouse" && !event.buttons) return;
    const box = frame.getBoundingClientRect();
    range.value = Math.round((100 * (event.clientX - box.left)) / box.width);
    range.dispatchEvent(new Event("input"));
  };
  frame.addEventListener("pointerdown", follow);
  frame.addEventListener("pointermove", follow);
  // Otherwise the browser drags the image itself and ends the movement.
  frame.addEventListener("dragstart", (event) => event.preventDefault());
}
