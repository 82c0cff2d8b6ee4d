// Draws the Plotly figures of a page: <figure class="plot" data-plotly="..."> with its JSON beside the canvas. plotly.js is
// loaded when the first one appears. Colours written as var(--token) follow the theme.
"use strict";
(() => {
  let loading = null;
  const drawn = new WeakMap();

  const load = (src) => {
    loading ||= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = src;
      script.onload = resolve;
      script.onerror = () => { loading = null; reject(new Error(`cannot load ${src}`)); };
      document.head.append(script);
    });
    return loading;
  };

  // A token's colour as the figure's own theme has it: light-dark() is only resolved in a colour property.
  const reader = (figure) => {
    const probe = document.createElement("i");
    probe.hidden = true;
    figure.append(probe);
    const known = new Map();
    const colour = (name) => {
      if (!known.has(name)) {
        probe.style.color = `var(${name})`;
        known.set(name, getComputedStyle(probe).color);
      }
      return known.get(name);
    };
    return { colour, end: () => probe.remove() };
  };

  const resolved = (value, colour) => {
    if (typeof value === "string") {
      const token = /^var\((--[\w-]+)\)(?:\/([\d.]+))?$/.exec(value);
      if (!token) return value;
      const rgb = colour(token[1]);
      return token[2] ? rgb.replace(/^rgba?\(([^,]+,[^,]+,[^,)]+).*$/, `rgba($1, ${token[2]})`) : rgb;
    }
    if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map((one) => resolved(one, colour));
    if (value && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolved(one, colour)]));
    }
    return value;
  };

  const merged = (base, over) => {
    const out = { ...base };
    for (const [name, value] of Object.entries(over)) {
      const both = value && typeof value === "object" && !Array.isArray(value) && out[name] && typeof out[name] === "object";
      out[name] = both ? merged(out[name], value) : value;
    }
    return out;
  };

  // Times without the date as long as the ticks are closer than a day.
  const times = [
    { dtickrange: [null, 60000], value: "%H:%M:%S" },
    { dtickrange: [60000, 86400000], value: "%H:%M" },
    { dtickrange: [86400000, "M1"], value: "%-d %b" },
    { dtickrange: ["M1", null], value: "%b %Y" },
  ];

  const house = (colour) => {
    const axis = {
      gridcolor: colour("--grid"), linecolor: colour("--border"), zerolinecolor: colour("--border-strong"), zerolinewidth: 1,
      tickfont: { color: colour("--text-faint"), size: 11 }, title: { font: { color: colour("--text-soft"), size: 11 }, standoff: 8 },
      automargin: true, ticks: "", fixedrange: true,
    };
    return {
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("--text-soft") },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      colorway: [1, 2, 3, 4, 5, 6, 7, 8].map((index) => colour(`--series-${index}`)),
      margin: { l: 4, r: 8, t: 6, b: 4, pad: 4 },
      hovermode: "x unified", dragmode: false, bargap: 0.4,
      hoverlabel: { bgcolor: colour("--raised"), bordercolor: colour("--border-strong"), font: { color: colour("--text"), size: 12 } },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", font: { size: 11.5, color: colour("--text-soft") }, itemwidth: 30 },
      xaxis: { ...axis, showgrid: false, showline: true, zeroline: false, nticks: 8, tickformatstops: times },
      yaxis: { ...axis, nticks: 5, rangemode: "tozero" },
    };
  };

  const withAxes = (layout) => {
    for (const name of Object.keys(layout)) {
      const kind = /^([xy])axis\d+$/.exec(name);
      if (kind) layout[name] = merged(layout[`${kind[1]}axis`], layout[name]);
    }
    return layout;
  };

  const draw = async (figure) => {
    const source = figure.querySelector("script[type='application/json']");
    const canvas = figure.querySelector(".plot-canvas");
    if (!source || !canvas) return;
    const key = `${source.textContent}|${getComputedStyle(figure).color}`;
    if (drawn.get(canvas) === key) { figure.classList.add("is-drawn"); return; }
    drawn.set(canvas, key);
    try {
      await load(figure.dataset.plotly);
      const wanted = JSON.parse(source.textContent);
      const { colour, end } = reader(figure);
      const layout = withAxes(merged(house(colour), resolved(wanted.layout || {}, colour)));
      const data = resolved(wanted.data, colour);
      end();
      await Plotly.react(canvas, data, { ...layout, autosize: true }, { displayModeBar: false, responsive: true, ...(wanted.config || {}) });
      figure.classList.add("is-drawn");
    } catch (problem) {
      drawn.delete(canvas);
      figure.querySelector(".plot-note")?.replaceChildren(`The plot could not be drawn: ${problem.message}`);
    }
  };

  const all = () => document.querySelectorAll("figure.plot[data-plotly]").forEach(draw);
  all();
  document.addEventListener("htmx:afterSettle", all);
  document.addEventListener("nova:theme", () => requestAnimationFrame(all));
  // details and tabs give a plot its width only when they open
  document.addEventListener("toggle", (event) => {
    if (event.target.open) event.target.querySelectorAll(".plot-canvas.js-plotly-plot").forEach((one) => Plotly.Plots.resize(one));
  }, true);
})();
