// Block Kit messages and views (JSON on standard input: name -> list of them) to docs/pictures/NAME-THEME-WIDTH.png.
//
//   python -m tests.card_samples | node pictures/render.mjs            the pictures that are kept
//   python -m tests.card_samples | node pictures/render.mjs card late  all whose names begin so
//
// Needs Chromium: CHROMIUM names its program, "chromium" unless set. Nothing is fetched.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";

const require = createRequire(import.meta.url);
const { Message } = require("slack-blocks-to-jsx");
const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "..", "docs", "pictures");
const STYLE = readFileSync(require.resolve("slack-blocks-to-jsx/dist/style.css"), "utf8");
const WIDTHS = { wide: 640, phone: 320 }; // Slack's desktop message column; a small phone
const LOWEST = 180; // headless windows cannot be lower without cutting the page
const TALL = 900; // pixels; taller pages are drawn smaller, to keep the files small
const BACKGROUND = { light: "#ffffff", dark: "#1a1d21" };
const FRAME = {
  light: ":root { --line: #dddddd; --ground: #ffffff; --ink: #1d1c1d; }",
  dark: ":root { --line: #565856; --ground: #1a1d21; --ink: #d1d2d3; }",
};
const ENTER = "<p>↵ Please &#x27;enter&#x27; to submit</p>"; // of the renderer's own; Slack has none
const PEOPLE = [{ id: "U0ADA", name: "ada" }, { id: "U0GRACE", name: "grace" }]; // of the samples
const CHANNELS = [{ id: "C0NEWS", name: "threat-news" }, { id: "C0DESK", name: "cyber-desk" }, { id: "C0OPS", name: "ops" }];
const KEPT = [
  "card-joined",
  "card-sanctions-dark-phone",
  "card-no-state-light-phone",
  "card-corrected-light-wide",
  "card-disputed-light-wide",
  "card-hidden-light-phone",
  "details-light-wide",
  "details-dark-phone",
  "report-light-wide",
  "settings-light-wide",
  "settings-dark-phone",
  "settings-wrong-light-phone",
  "home-new-light-phone",
  "home-busy-light-wide",
  "home-busy-dark-phone",
  "shortcut-light-wide",
  "shortcut-quiet-dark-phone",
  "replies-light-wide",
  "answers-light-wide",
  "nothing-light-phone",
  "help-dark-phone",
  "digest-light-wide",
  "digest-dark-phone",
  "stats-light-phone",
  "own-feed-dark-wide",
  "paused-light-phone",
];
const LOGO =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="6" fill="#2b5f8a"/>' +
      '<path d="M11 27V9h14l-3 5 3 5H14v8z" fill="#fff"/></svg>',
  );

// The renderer takes "verbatim" to mean that nothing is parsed; in Slack it only keeps bare addresses from being linked.
function parsed(block) {
  return JSON.parse(JSON.stringify(block), (key, value) => (key === "verbatim" ? undefined : value));
}

function message(blocks, theme, more = {}) {
  const who = { logo: LOGO, name: "attribution-bot", data: { users: PEOPLE, channels: CHANNELS } };
  const known = blocks.map((block, at) => (block.type === "data_visualization" ? held(at) : parsed(block)));
  const html = renderToStaticMarkup(createElement(Message, { blocks: known, theme, ...who, ...more }));
  return html.replace(/@chart(\d+)@/g, (_, at) => chart(blocks[at]));
}

// The renderer knows no charts: a word stands where one is drawn afterwards.
function held(at) {
  return { type: "section", text: { type: "plain_text", text: `@chart${at}@` } };
}

// A bar chart much as Slack draws it: groups of bars, their figures above, a legend below.
function chart({ title, chart: { series, axis_config } }) {
  const colours = ["#1264a3", "#a7c9e2", "#2eb67d", "#ecb22e", "#e01e5a", "#6b4c9a"];
  const most = Math.max(1, ...series.flatMap((one) => one.data.map((point) => point.value)));
  const groups = axis_config.categories.map((label, at) => {
    const bars = series.map(({ data }, which) => {
      const height = Math.round((90 * data[at].value) / most) + 1;
      return `<span class="bar" style="height: ${height}px; background: ${colours[which]}"><i>${data[at].value}</i></span>`;
    });
    return `<span class="group"><span class="bars">${bars.join("")}</span>${label}</span>`;
  });
  const legend = series.map(({ name }, at) => `<b style="background: ${colours[at]}"></b>${name}`).join(" ");
  return `<span class="chart"><strong>${title}</strong><span class="groups">${groups.join("")}</span>${legend}</span>`;
}

// A modal in its frame: the title above, the blocks without who says them, the buttons below.
function modal(view, theme) {
  const button = (text, kind) => (text ? `<span class="button ${kind}">${text.text}</span>` : "");
  const blocks = view.blocks.flatMap((block) => [chosen(block), ...mistake(view.errors?.[block.block_id])]);
  const buttons = button(view.close, "plain") + button(view.submit, "primary");
  return `<div class="modal"><div class="title">${view.title.text}<span>✕</span></div>
    <div class="inside">${message(blocks, theme, { withoutWrapper: true }).replaceAll(ENTER, "")}</div>
    <div class="foot">${buttons}</div></div>`;
}

// The renderer shows neither what a menu has chosen nor a menu whose options the app gives.
function chosen(block) {
  const { type, initial_option, ...element } = block.element ?? {};
  if (!initial_option) return block;
  return { ...block, element: { ...element, type: "static_select", options: [initial_option], placeholder: initial_option.text } };
}

// What Slack shows below a field that response_action "errors" names.
function mistake(text) {
  return text ? [{ type: "section", text: { type: "plain_text", text: `⚠️ ${text}` } }] : [];
}

function surface(payload, theme) {
  if (payload.type === "modal") return modal(payload, theme);
  return message(payload.blocks, theme, payload.type === "home" ? { withoutWrapper: true } : {});
}

function page(payloads, theme, width) {
  const shown = payloads.map((payload) => surface(payload, theme));
  return `<!doctype html><html data-theme="${theme}" class="${theme}"><meta charset="utf-8"><style>${STYLE}
    body { margin: 0; padding: 12px; box-sizing: border-box; width: ${width}px; background: ${BACKGROUND[theme]};
           font-family: Lato, "Noto Color Emoji", "Noto Sans CJK SC", sans-serif; }
    body > * + * { margin-top: 16px; }
    ${FRAME[theme]}
    .modal { border: 1px solid var(--line); border-radius: 8px; background: var(--ground); color: var(--ink); }
    .title { display: flex; justify-content: space-between; padding: 14px 20px; font-weight: 900; font-size: 18px;
             border-bottom: 1px solid var(--line); }
    .inside { padding: 12px 20px; font-size: 15px; line-height: 1.46; }
    .inside .pointer-events-none, .inside .pointer-events-none * { white-space: nowrap; overflow: hidden;
             text-overflow: ellipsis; }
    .inside .pointer-events-none { padding-right: 40px; }
    .foot { display: flex; justify-content: flex-end; gap: 8px; padding: 14px 20px; border-top: 1px solid var(--line); }
    .button { border: 1px solid var(--line); border-radius: 4px; padding: 6px 12px; font-weight: 700; font-size: 14px; }
    .chart { display: block; border: 1px solid var(--line); border-radius: 8px; padding: 12px; font-size: 13px; }
    .chart strong { display: block; }
    .chart b { display: inline-block; width: 10px; height: 10px; margin: 8px 4px 0 8px; }
    .groups { display: flex; justify-content: space-around; align-items: flex-end; margin-top: 20px; gap: 8px; }
    .group { text-align: center; }
    .bars { display: flex; justify-content: center; align-items: flex-end; gap: 4px; margin-bottom: 4px; }
    .bar { position: relative; width: 22px; }
    .bar i { position: absolute; top: -18px; left: 0; right: 0; font-style: normal; }
    .button.primary { background: #007a5a; border-color: #007a5a; color: #ffffff; }
    </style><body>${shown.join("")}
    <script>document.title = "height " + Math.ceil(document.body.getBoundingClientRect().height)</script></body></html>`;
}

function chromium(profile, ...options) {
  const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
  const flags = ["--headless", "--no-sandbox", ...quiet, "--disable-component-update", "--disable-sync"];
  const program = process.env.CHROMIUM ?? "chromium";
  const how = { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], env: { ...process.env, TZ: "UTC" } };
  return execFileSync(program, [...flags, "--hide-scrollbars", `--user-data-dir=${profile}`, ...options], how);
}

function picture(work, name, html, width) {
  const file = join(work, "page.html");
  writeFileSync(file, html);
  const dom = chromium(join(work, "profile"), `--window-size=${width},600`, "--dump-dom", `file://${file}`);
  const height = Math.max(LOWEST, Number(/<title>height (\d+)/.exec(dom)[1]));
  const png = join(OUT, `${name}.png`);
  const size = [`--window-size=${width},${height}`, `--force-device-scale-factor=${height > TALL ? 1 : 1.25}`];
  chromium(join(work, "profile"), ...size, `--screenshot=${png}`, `file://${file}`);
  console.log(png);
}

const all = JSON.parse(await text(process.stdin));
const wanted = process.argv.length > 2 ? process.argv.slice(2) : KEPT;
const pictures = Object.keys(all).flatMap((message) =>
  Object.keys(BACKGROUND).flatMap((theme) =>
    Object.keys(WIDTHS).map((size) => ({ message, theme, size, name: `${message}-${theme}-${size}` })),
  ),
);
const work = mkdtempSync(join(tmpdir(), "pictures-"));
mkdirSync(OUT, { recursive: true });
try {
  for (const { message, theme, size, name } of pictures.filter(({ name }) => wanted.some((start) => name.startsWith(start))))
    picture(work, name, page(all[message], theme, WIDTHS[size]), WIDTHS[size]);
} finally {
  rmSync(work, { recursive: true, force: true });
}
