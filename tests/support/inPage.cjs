/* global document, getComputedStyle, mermaid, NodeFilter */

// What runs in the browser: plain functions that Playwright sends into the page. inPage.d.cts has their types, so that
// the rest of the program does not get a browser's globals.

function pageWidth() {
  return document.documentElement.scrollWidth;
}

function openFolded() {
  for (const details of document.querySelectorAll("details")) {
    details.open = true;
  }
}

/** How many blocks of code can be seen in parts that are not open. */
function foldedCodeSeen() {
  return [...document.querySelectorAll("details:not([open]) pre")].filter(
    (one) =>
      one.getBoundingClientRect().height > 0 &&
      one.checkVisibility({ contentVisibilityAuto: true }),
  ).length;
}

/** The blocks of code and the tables that are wider than their place, by their first words. */
function cutOff() {
  return [...document.querySelectorAll("pre, .table")]
    .filter((one) => one.scrollWidth > one.clientWidth)
    .map((one) => one.textContent.replace(/\s+/g, " ").slice(0, 60));
}

/**
 * The words that can be seen and are on two lines. Blocks of code are as they were written; a word of forty letters is more
 * than a phone's line.
 */
function brokenWords() {
  const broken = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    for (const { 0: word, index } of node.textContent.matchAll(/[\p{L}\p{N}]+/gu)) {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      const lines = new Set([...range.getClientRects()].map(({ top }) => top));
      if (lines.size > 1 && word.length < 40 && node.parentElement.closest("pre") === null) {
        broken.push(word);
      }
    }
  }
  return broken;
}

/**
 * Every text that can be seen and whose contrast, by WCAG 2.1's formula, is below 4.5:1. The ground is the nearest one
 * behind it that is not transparent; of a drawing's text its box's.
 */
function measureContrast() {
  const channels = (colour) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour) => {
    const [red, green, blue] = channels(colour).map((value) => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (element) => {
    const box = element.closest("svg g")?.querySelector("rect.box");
    if (box) {
      return getComputedStyle(box).fill;
    }
    for (let one = element; one !== null; one = one.parentElement) {
      const { backgroundColor } = getComputedStyle(one);
      if ((channels(backgroundColor)[3] ?? 1) > 0) {
        return backgroundColor;
      }
    }
    return "rgb(255, 255, 255)";
  };
  const faint = [];
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent.trim();
    if (text !== "" && element.checkVisibility()) {
      texts += 1;
      const style = getComputedStyle(element);
      const colours = [element.closest("svg") ? style.fill : style.color, groundOf(element)];
      const [dark, bright] = colours.map(luminance).sort((a, b) => a - b);
      const ratio = (bright + 0.05) / (dark + 0.05);
      if (ratio < 4.5) {
        faint.push({ text: text.slice(0, 40), ratio });
      }
    }
  }
  return { faint, texts, ground: getComputedStyle(document.body).backgroundColor };
}

/** Draws a Mermaid text as a site does that shows Markdown, and tells what can be seen of it. */
async function drawMermaid({ text, theme }) {
  mermaid.initialize({ startOnLoad: false, securityLevel: "strict", theme });
  const { svg, diagramType } = await mermaid.render("drawn", text);
  document.body.innerHTML = svg;
  const { width, height } = document.querySelector("svg").getBoundingClientRect();
  const walker = document.createTreeWalker(document.querySelector("svg"), NodeFilter.SHOW_TEXT);
  const seen = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    if (box.width > 0 && box.height > 0 && node.parentElement.checkVisibility()) {
      seen.push(node.textContent.trim());
    }
  }
  return { diagramType, width, height, seen: seen.join(" ").replace(/\s+/g, " ") };
}

module.exports = {
  pageWidth,
  openFolded,
  foldedCodeSeen,
  cutOff,
  brokenWords,
  measureContrast,
  drawMermaid,
};
