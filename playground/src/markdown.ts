// As much of Markdown as hovers and pages of problems have: headings, paragraphs, lists, code, emphasis. Links lead nowhere
// here: their words stay, and a paragraph that is only a link is left out.
const element = (tag: string, children: (Node | string)[] = [], className = "") => {
  const made = document.createElement(tag);
  made.append(...children);
  if (className) made.className = className;
  return made;
};

function inline(text: string): (Node | string)[] {
  const parts: (Node | string)[] = [];
  const form = /`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\([^)]*\)|(?<!\w)\*(?=\S)([^*]*\S)\*(?!\w)| {2}\n/g;
  let at = 0;
  for (const match of text.matchAll(form)) {
    parts.push(text.slice(at, match.index));
    if (match[1] !== undefined) parts.push(element("code", [match[1]]));
    else if (match[2] !== undefined) parts.push(element("b", inline(match[2])));
    else if (match[3] !== undefined) parts.push(...inline(match[3]));
    else if (match[4] !== undefined) parts.push(element("em", inline(match[4])));
    else parts.push(element("br"));
    at = match.index + match[0].length;
  }
  parts.push(text.slice(at));
  return parts;
}

export function markdown(text: string): HTMLElement {
  const made = element("div", [], "markdown");
  const form = /^```[^\n]*\n([\s\S]*?)^```\s*$|^(#{1,4}) +(.*)$|((?:^(?:[-*]|\d+\.) .*(?:\n {2,}.*)*\n?)+)|((?:^(?!```|#{1,4} |[-*] ).+\n?)+)/gm;
  for (const [, code, level, heading, list, paragraph] of text.matchAll(form)) {
    if (code !== undefined) made.append(element("pre", [code.replace(/\n$/, "")]));
    else if (level) made.append(element(`h${Math.min(6, level.length + 1)}`, inline(heading)));
    else if (list) {
      const items = list.split(/^(?:[-*]|\d+\.) /m).slice(1);
      made.append(element("ul", items.map(item => element("li", inline(item.trim())))));
    } else if (paragraph && !/^\[[^\]]*\]\([^)]*\)\s*$/.test(paragraph)) made.append(element("p", inline(paragraph.trimEnd())));
  }
  return made;
}
