// The figure as it is shown, as an SVG of rectangles, lines and text, and as a PNG of that: files that need no page.
const saving = (() => {
  "use strict";
  const SVG = "http://www.w3.org/2000/svg";
  const LARGEST = 16000; // pixels a side that a canvas can have

  const made = (tag, values, text) => {
    const one = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(values)) one.setAttribute(name, typeof value === "number" ? Math.round(value * 100) / 100 : value);
    if (text !== undefined) one.textContent = text;
    return one;
  };

  const picture = (sheet, scale, title) => {
    const origin = sheet.getBoundingClientRect();
    const [width, height] = [sheet.offsetWidth, sheet.offsetHeight];
    const place = (r) => ({ x: (r.left - origin.left) / scale, y: (r.top - origin.top) / scale, width: r.width / scale, height: r.height / scale });
    const family = `${getComputedStyle(document.documentElement).getPropertyValue("--embedded")}system-ui, Arial, sans-serif`;
    const root = made("svg", { xmlns: SVG, viewBox: `0 0 ${width} ${height}`, width, height, "font-family": family });
    const fonts = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule instanceof CSSFontFaceRule);
    if (fonts.length) root.append(made("style", {}, fonts.map((rule) => rule.cssText).join("")));
    root.append(made("title", {}, title), made("rect", { width, height, fill: getComputedStyle(document.body).backgroundColor }));

    const rectangle = (one) => {
      const css = getComputedStyle(one);
      const at = place(one.getBoundingClientRect());
      const looks = { fill: css.backgroundColor, stroke: css.borderTopColor, "stroke-width": 1, rx: parseFloat(css.borderTopLeftRadius) };
      if (css.borderTopStyle === "dashed") looks["stroke-dasharray"] = "4 3";
      if (one.classList.contains("repeat")) root.append(made("rect", { ...at, x: at.x + 3, y: at.y + 3, ...looks }));
      root.append(made("rect", { ...at, ...looks }));
      if (css.borderLeftStyle === "double")
        for (const x of [at.x + 3, at.x + at.width - 3]) root.append(made("path", { d: `M${x} ${at.y}v${at.height}`, stroke: css.borderLeftColor }));
    };
    for (const frame of sheet.querySelectorAll(".frame")) rectangle(frame);
    for (const line of sheet.querySelectorAll("#lines path")) {
      const css = getComputedStyle(line);
      root.append(made("path", { d: line.getAttribute("d"), fill: css.fill, stroke: css.stroke, "stroke-width": css.strokeWidth }));
    }
    for (const box of sheet.querySelectorAll(".box")) rectangle(box);
    for (const flake of sheet.querySelectorAll(".frost")) {
      const at = place(flake.getBoundingClientRect());
      const [ground, arms] = [getComputedStyle(flake), getComputedStyle(flake.firstChild)];
      const group = made("g", { transform: `translate(${at.x + 8} ${at.y + 8})` });
      group.append(made("circle", { r: 7.5, fill: ground.backgroundColor, stroke: ground.borderTopColor }));
      for (const arm of flake.children) {
        const [d, transform] = ["d", "transform"].map((name) => arm.getAttribute(name));
        group.append(made("path", { d, transform, fill: "none", stroke: arms.stroke, "stroke-width": 1.2 }));
      }
      root.append(group);
    }

    const words = document.createTreeWalker(sheet.querySelector("#figure"), NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (words.nextNode()) {
      const around = words.currentNode.parentElement;
      if (around.closest(".toggle, .hidden")) continue; // what unfolds and what is only heard
      range.selectNodeContents(words.currentNode);
      const at = place(range.getBoundingClientRect());
      const css = getComputedStyle(around);
      const size = parseFloat(css.fontSize);
      const spare = around.closest(".box")?.querySelector(".toggle")?.offsetWidth ?? 0; // the room of what is left out
      const ground = around.closest(".size, .label"); // words that stand on a line hide it
      if (ground) root.append(made("rect", { ...at, fill: getComputedStyle(ground).backgroundColor }));
      const looks = { "font-size": size, "font-weight": css.fontWeight, fill: css.color, "text-anchor": "middle", textLength: at.width };
      root.append(made("text", { x: at.x + at.width / 2 + spare / 2, y: at.y + at.height / 2 + size * 0.35, ...looks }, words.currentNode.data));
    }
    return root;
  };

  const keep = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  const file = (title, ending) => `${title.replace(/[^\p{L}\p{N}.-]+/gu, "-").replace(/^-+|-+$/g, "") || "figure"}.${ending}`;

  const svg = (sheet, scale, title) => {
    const text = new XMLSerializer().serializeToString(picture(sheet, scale, title));
    keep(new Blob([text], { type: "image/svg+xml" }), file(title, "svg"));
  };

  const png = async (sheet, scale, title) => {
    const shown = picture(sheet, scale, title);
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(shown))}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    const larger = Math.min(3, LARGEST / Math.max(image.width, image.height));
    [canvas.width, canvas.height] = [image.width * larger, image.height * larger];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => keep(blob, file(title, "png")), "image/png");
  };

  return { svg, png };
})();
