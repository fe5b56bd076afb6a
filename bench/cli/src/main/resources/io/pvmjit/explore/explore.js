"use strict";
// Draws what the page's data says of a program. Everything is text or made of elements: nothing of the data becomes markup.
window.addEventListener("error", event => { document.body.dataset.errors = (document.body.dataset.errors || "") + event.message; });

const PIECE = 500; // blocks that the list shows at once
const ROWS = 2000; // instructions of a block: browsers draw no table of a hundred thousand
const CYCLES = 400; // columns of a timeline
const NEAR = 4, NODES = 60; // the graph: steps from the chosen block, and blocks in all
const data = JSON.parse(document.getElementById("data").textContent);
const byPc = new Map(data.blocks.map((block, index) => [block.pc, index]));
const into = data.blocks.map(() => []);
data.blocks.forEach((block, index) => block.edges.forEach(edge => {
  if (byPc.has(edge.to)) {
    into[byPc.get(edge.to)].push(index);
  }
}));
const heat = block => (block.count || 0) * block.cost;
const hottest = data.blocks.reduce((most, block) => Math.max(most, heat(block)), 0);
let chosen = 0, view = "code", limit = PIECE;

function counted(number, thing) {
  return `${number} ${thing}${number === 1 ? "" : "s"}`;
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function drawn(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...children);
  return made;
}

/** How hot a block is, as a colour: by the logarithm, for most of the time is spent in few blocks. */
function colour(block) {
  const warmth = hottest === 0 || heat(block) === 0 ? 0 : Math.log1p(heat(block)) / Math.log1p(hottest);
  return warmth === 0 ? "transparent" : `hsl(${Math.round(60 - 60 * warmth)} 90% 50% / ${(0.15 + 0.45 * warmth).toFixed(2)})`;
}

function link(pc, text) {
  return byPc.has(pc) ? element("a", {textContent: text, onclick: () => choose(byPc.get(pc))}) : document.createTextNode(text);
}

function list() {
  const wanted = document.getElementById("filter").value.trim().toLowerCase();
  let found = data.blocks.map((_, index) => index);
  if (wanted !== "") {
    found = found.filter(index => String(data.blocks[index].pc) === wanted
      || data.blocks[index].instructions.some(each => String(each.pc) === wanted || each.text.includes(wanted)));
  }
  if (document.getElementById("hottest").checked) {
    found.sort((one, other) => heat(data.blocks[other]) - heat(data.blocks[one]));
  }
  document.getElementById("shown").textContent = `${found.length} of ${counted(data.blocks.length, "block")}`;
  document.getElementById("more").hidden = found.length <= limit;
  document.getElementById("blocks").replaceChildren(...found.slice(0, limit).map(index => {
    const block = data.blocks[index];
    const item = element("li", {onclick: () => choose(index)}, element("span", {textContent: block.pc}),
      element("span", {textContent: `${block.cost} gas` + (block.count ? ` × ${block.count}` : "")}));
    item.style.background = colour(block);
    item.setAttribute("aria-current", index === chosen);
    return item;
  }));
}

function row(...cells) {
  return element("tr", {}, ...cells.map(cell => cell instanceof Node ? cell : element("td", {textContent: cell})));
}

function code(block) {
  const machine = !data.machineCode ? "machine code (none: this backend makes none)"
    : data.disassembled ? "x86-64" : "machine code (objdump is not installed)";
  const head = element("tr", {}, ...["pc", "instruction", machine, "times"].map(text => element("th", {textContent: text})));
  const rows = block.instructions.slice(0, ROWS).map(each => row(element("td", {className: "number", textContent: each.pc}),
    each.text, each.code.join("\n"), element("td", {className: "number", textContent: each.count || ""})));
  const more = block.instructions.length - rows.length;
  const ways = element("p", {}, more === 0 ? "" : `${counted(more, "more instruction")}: 'pvm disasm --native' prints all; `,
    "leads to: ");
  block.edges.forEach((edge, index) => ways.append(index === 0 ? "" : "; ", `${edge.way} `, edge.way === "dynamic"
    ? "the jump table" : edge.to < 0 ? "a panic" : link(edge.to, `block ${edge.to}`)));
  return [element("table", {}, head, ...rows), ways];
}

function timeline(block) {
  const key = element("p", {className: "key"}, ...["decode", "wait", "execute", "finish"].flatMap(name =>
    [element("span", {className: name}), name]), ` — ${block.cost} gas: the cycle in which the last one is retired, less 3`);
  if (!block.instructions[0].times) {
    return [key, element("p", {textContent: "This block is too long to be drawn."})];
  }
  const last = Math.min(CYCLES, Math.max(...block.instructions.map(each => each.times[3])));
  const head = element("tr", {}, ...["instruction", "latency", "units"].map(text => element("th", {textContent: text})),
    ...Array.from({length: last + 1}, (_, cycle) => element("th", {textContent: cycle % 5 === 0 ? cycle : ""})));
  const rows = block.instructions.map(each => {
    const [decoded, started, finished, retired] = each.times;
    const cells = Array.from({length: last + 1}, (_, cycle) => element("td", {className: cycle === decoded ? "decode"
      : cycle < decoded || cycle >= retired ? "" : cycle < started ? "wait" : cycle < finished ? "execute" : "finish"}));
    return row(element("td", {className: "name", textContent: `${each.pc}  ${each.text}`}),
      element("td", {className: "name", textContent: each.latency}),
      element("td", {className: "name", textContent: each.units}), ...cells);
  });
  return [key, element("table", {className: "cycles"}, head, ...rows)];
}

/** The chosen block and those around it, in layers by the way from the earliest. */
function graph() {
  const near = new Map([[chosen, 0]]);
  for (const [index, distance] of near) {
    const neighbours = [...data.blocks[index].edges.filter(edge => byPc.has(edge.to)).map(edge => byPc.get(edge.to)), ...into[index]];
    neighbours.forEach(other => {
      if (!near.has(other) && distance < NEAR && near.size < NODES) {
        near.set(other, distance + 1);
      }
    });
  }
  const nodes = [...near.keys()].sort((one, other) => one - other);
  const layer = new Map();
  nodes.forEach(index => { // jumps back make no layer
    const before = into[index].filter(other => other < index && layer.has(other));
    layer.set(index, before.length === 0 ? 0 : 1 + Math.max(...before.map(other => layer.get(other))));
  });
  const used = [], place = new Map();
  nodes.forEach(index => {
    const y = layer.get(index), x = used[y] || 0;
    used[y] = x + 1;
    place.set(index, {x: 20 + 150 * x, y: 20 + 70 * y});
  });
  const width = 60 + 150 * Math.max(...used.map(count => count || 0)), height = 60 + 70 * used.length;
  const svg = drawn("svg", {width, height, viewBox: `0 0 ${width} ${height}`});
  svg.append(drawn("defs", {}, drawn("marker", {id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7,
    markerHeight: 7, orient: "auto"}, drawn("path", {d: "M0 0 L8 4 L0 8 z", style: "fill: currentColor; stroke: none"}))));
  nodes.forEach(index => data.blocks[index].edges.filter(edge => place.has(byPc.get(edge.to))).forEach(edge => {
    const from = place.get(index), to = place.get(byPc.get(edge.to));
    const path = from === to ? `M${from.x + 120} ${from.y + 8} C${from.x + 160} ${from.y} ${from.x + 160} ${from.y + 36} ${from.x + 120} ${from.y + 28}`
      : to.y > from.y ? `M${from.x + 60} ${from.y + 36} C${from.x + 60} ${from.y + 60} ${to.x + 60} ${to.y - 25} ${to.x + 60} ${to.y}`
      : `M${from.x + 120} ${from.y + 18} C${from.x + 165} ${from.y + 18} ${to.x + 165} ${to.y + 18} ${to.x + 120} ${to.y + 18}`;
    svg.append(drawn("path", {d: path, class: edge.way, "marker-end": "url(#arrow)"}));
  }));
  nodes.forEach(index => {
    const {x, y} = place.get(index), block = data.blocks[index];
    const box = drawn("rect", {x, y, width: 120, height: 36, rx: 4, style: `fill: ${colour(block)}`});
    const group = drawn("g", {class: index === chosen ? "chosen" : "", "data-pc": block.pc}, box,
      drawn("text", {x: x + 6, y: y + 15}, `block ${block.pc}`),
      drawn("text", {x: x + 6, y: y + 30}, `${block.cost} gas` + (block.count ? ` × ${block.count}` : "")));
    group.addEventListener("click", () => choose(index));
    svg.append(group);
  });
  return [element("p", {textContent: `${nodes.length} blocks around; red: jumps and branches taken`}), svg];
}

function table() {
  const shown = data.jumpTable.length < data.jumpTableLength ? `, of which ${data.jumpTable.length} are shown` : "";
  const head = element("tr", {}, ...["address", "target"].map(text => element("th", {textContent: text})));
  return [element("p", {textContent: `${data.jumpTableLength} entries${shown}`}), element("table", {}, head,
    ...data.jumpTable.map(([target, valid], index) => row(2 * (index + 1), valid
      ? element("td", {}, link(Number(target), `block ${target}`)) : `${target}: a panic`)))];
}

function choose(index) {
  chosen = index;
  list();
  show();
}

function show() {
  const block = data.blocks[chosen];
  document.getElementById("title").textContent = `Block ${block.pc}: ${block.cost} gas, `
    + counted(block.instructions.length, "instruction") + (data.run === undefined ? "" : `, run ${counted(block.count, "time")}`);
  const draw = {code, timeline, graph, table};
  document.querySelectorAll(".view").forEach(each => {
    each.classList.toggle("current", each.id === view);
    each.replaceChildren(...(each.id === view ? draw[view](block) : []));
  });
  document.querySelectorAll("#tabs button").forEach(tab => tab.setAttribute("aria-selected", tab.dataset.view === view));
}

document.querySelectorAll("#tabs button").forEach(tab => tab.addEventListener("click", () => { view = tab.dataset.view; show(); }));
document.getElementById("filter").addEventListener("input", () => { limit = PIECE; list(); });
document.getElementById("hottest").addEventListener("change", list);
document.getElementById("more").addEventListener("click", () => { limit += PIECE; list(); });
document.getElementById("summary").textContent = `revision ${data.revision}, ${data.codeLength} octets of code, `
  + counted(data.blocks.length, "block") + (data.run === undefined ? "" : `; run: ${data.run}`);
choose(hottest === 0 ? 0 : data.blocks.findIndex(block => heat(block) === hottest));
