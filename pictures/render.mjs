// Block Kit messages (JSON on standard input: name -> list of messages) to docs/pictures/NAME-THEME-WIDTH.png.
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
const KEPT = [
  "card-joined",
  "card-sanctions-dark-phone",
  "card-no-state-light-phone",
  "card-corrected-light-wide",
  "replies-light-wide",
  "digest-light-wide",
  "digest-dark-phone",
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

function page(messages, theme, width) {
  const shown = messages.map(({ blocks }) =>
    renderToStaticMarkup(createElement(Message, { blocks: blocks.map(parsed), theme, logo: LOGO, name: "attribution-bot" })),
  );
  return `<!doctype html><html data-theme="${theme}" class="${theme}"><meta charset="utf-8"><style>${STYLE}
    body { margin: 0; padding: 12px; box-sizing: border-box; width: ${width}px; background: ${BACKGROUND[theme]};
           font-family: Lato, "Noto Color Emoji", "Noto Sans CJK SC", sans-serif; }
    body > * + * { margin-top: 16px; }
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
