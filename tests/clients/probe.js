// What became of a letter, as the client lays it out. `root` is the element that holds it.
function probe(root) {
  const page = root.ownerDocument;
  const view = page.defaultView;
  const shown = element => element.getClientRects().length && element.getBoundingClientRect().height > 1;
  const texts = [];
  const walk = page.createTreeWalker(root, 4);
  while (walk.nextNode()) {
    const words = walk.currentNode.data.replace(/[\s\u034f\u200c\u00a0]+/g, " ").trim();
    const holder = walk.currentNode.parentElement;
    if (words && !/^(style|script|title)$/i.test(holder.tagName) && shown(holder)) {
      texts.push({ words, holder, style: view.getComputedStyle(holder) });
    }
  }
  const numbers = colour => {
    const found = colour.match(/[\d.]+/g).map(Number);
    return found.length > 3 ? found : [...found, 1];
  };
  const paper = element => {
    for (let each = element; each; each = each.parentElement) {
      const colour = numbers(view.getComputedStyle(each).backgroundColor);
      if (colour[3] > 0.5) return colour;
    }
    return view.matchMedia("(prefers-color-scheme: dark)").matches ? [24, 24, 27, 1] : [255, 255, 255, 1];
  };
  // WCAG 2.2, relative luminance.
  const light = colour => {
    const [r, g, b] = colour.slice(0, 3).map(part => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = each => {
    const [ink, ground] = [light(numbers(each.style.color)), light(paper(each.holder))];
    return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  };
  const ranked = texts.map(each => [contrast(each), each.words.slice(0, 40)]).sort((a, b) => a[0] - b[0]);
  const sizes = texts.map(each => parseFloat(each.style.fontSize));
  const links = [...root.querySelectorAll("a[href]")].filter(shown);
  // A link in the midst of words that neither a line nor a colour nor a weight sets apart.
  const hidden = links.filter(link => {
    const [own, around] = [view.getComputedStyle(link), view.getComputedStyle(link.parentElement)];
    const lined = [link, ...link.querySelectorAll("*")].some(each =>
      view.getComputedStyle(each).textDecorationLine.includes("underline"));
    const alone = link.textContent.trim() === link.parentElement.textContent.trim();
    return !lined && !alone && own.color === around.color && own.fontWeight === around.fontWeight;
  });
  const jumps = links.filter(link => /^[^?]*#/.test(link.getAttribute("href")));
  const dead = jumps.filter(link => {
    const name = link.getAttribute("href").split("#")[1];
    return ![...root.querySelectorAll("[id],[name]")].some(each => each.id === name || each.getAttribute("name") === name);
  });
  const at = [...root.querySelectorAll("style")].flatMap(style => [...style.sheet.cssRules])
    .filter(rule => rule.media).map(rule => rule.media.mediaText);
  return {
    contrast: ranked.length ? ranked[0] : [0, "no text at all"],
    smallest: Math.min(...sizes),
    wider: Math.max(0, page.documentElement.scrollWidth - page.documentElement.clientWidth),
    links: links.length,
    hidden: hidden.map(link => link.textContent.trim()),
    jumps: jumps.length,
    dead: dead.length,
    media: at,
    font: texts.length ? texts[0].style.fontFamily : "",
  };
}
