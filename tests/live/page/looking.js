// What tests measure on the page; evaluated there, never served.
(() => {
  const seen = (element) => {
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    return box.width > 2 && box.height > 2 && style.visibility === "visible" && element.checkVisibility() && !element.closest(".unseen");
  };
  const texts = () => [...document.body.querySelectorAll("*")].filter((e) => seen(e) && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
  const height = (element, letter) => {
    const style = getComputedStyle(element), pen = document.createElement("canvas").getContext("2d");
    pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const box = pen.measureText(letter);
    return box.actualBoundingBoxAscent + box.actualBoundingBoxDescent;
  };
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return rgb(getComputedStyle(document.documentElement).backgroundColor);
  };
  const contrast = (element) => {
    const [a, b] = [luminance(rgb(getComputedStyle(element).color)), luminance(ground(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const covered = (element) => {
    const band = document.getElementById("cue");
    return !band.hidden && !band.contains(element);
  };
  return {
    height: (selector, letter) => height(document.querySelector(selector), letter),
    faint: () => texts().filter((e) => !covered(e) && contrast(e) < 4.5).map((e) => `${e.id || e.className || e.tagName}: ${contrast(e).toFixed(2)} "${e.textContent.slice(0, 30)}"`),
    cut: () => texts().filter((e) => !covered(e)).flatMap((e) => {
      const range = document.createRange();
      range.selectNodeContents(e);
      const box = range.getBoundingClientRect();
      const out = box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
      return out ? [`${e.id || e.className || e.tagName} ${JSON.stringify(box)} "${e.textContent.slice(0, 30)}"`] : [];
    }),
    hit: () => {
      const footer = document.querySelector("footer").getBoundingClientRect();
      return texts().filter((e) => document.getElementById("panel").contains(e) && e.getBoundingClientRect().bottom > footer.top + 2).map((e) => e.id || e.textContent.slice(0, 30));
    },
  };
})()
