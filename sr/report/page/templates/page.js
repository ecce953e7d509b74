// Plots with selectable figures, sortable tables, copy buttons and image sliders.
"use strict";

const figuresByPlot = JSON.parse(document.getElementById("figures").textContent);
const texts = JSON.parse(document.getElementById("texts").textContent);
const status = document.getElementById("status");

// Each select of a plot is one part of a figure's key, "a|b|c"; later selects offer what exists for the earlier ones.
function choose(plot) {
  const figures = figuresByPlot[plot.dataset.plot];
  const keys = Object.keys(figures).map((key) => key.split("|"));
  const selects = [...plot.querySelectorAll("select")];
  const chosen = [];
  selects.forEach((select, index) => {
    const fits = keys.filter((key) => chosen.every((part, place) => key[place] === part));
    const options = [...new Set(fits.map((key) => key[index]))];
    const before = select.value;
    const labels = JSON.parse(select.dataset.labels || "{}");
    select.replaceChildren(...options.map((option) => new Option(labels[option] || option, option)));
    const preferred = [before, select.dataset.first].find((value) => options.includes(value));
    select.value = preferred || options[0];
    chosen.push(select.value);
  });
  const figure = figures[chosen.join("|")];
  Plotly.react(plot.querySelector(".plot"), figure.data, figure.layout, { responsive: true, displaylogo: false, displayModeBar: false });
}

for (const plot of document.querySelectorAll("[data-plot]")) {
  plot.addEventListener("change", () => choose(plot));
  choose(plot);
}

async function sortable() {
  const source = document.getElementById("datatables").textContent;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const DataTable = (await import(address)).default;
  URL.revokeObjectURL(address);
  for (const table of document.querySelectorAll("table.sortable")) {
    const sorted = new DataTable(table, { paging: false, info: false, order: [], autoWidth: false, layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null } });
    for (const filter of document.querySelectorAll(`[data-filter="${table.id}"]`)) {
      const apply = () => sorted.column(Number(filter.dataset.column)).search(filter.value, { exact: filter.value !== "" }).draw();
      filter.addEventListener("change", apply);
      if (filter.value) apply();
    }
  }
  document.documentElement.dataset.ready = "yes";
}
sortable();

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
