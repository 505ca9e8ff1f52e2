// Everything foreign goes into the page as text, never as markup.

// el makes an element; children are elements or texts.
export function el(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) {
    if (k.startsWith('on')) e.addEventListener(k.slice(2), v);
    else if (v === true) e.setAttribute(k, '');
    else if (v !== false && v !== undefined && v !== null) e.setAttribute(k, v);
  }
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}

// link is an element that leads out of the page, if the address is of the web.
export function link(href, ...children) {
  if (!/^https?:\/\//i.test(href)) return el('span', {}, ...children);
  return el('a', { href, target: '_blank', rel: 'noopener noreferrer' }, ...children);
}

// photo shows a picture, or, where there is none to be had, its words.
export function photo(src, words) {
  const box = el('div', { class: 'photo', role: 'img', 'aria-label': words || 'Picture' }, words || 'Picture');
  const img = el('img', { alt: '', onerror: () => img.remove() });
  img.src = src;
  box.append(img);
  return box;
}

// clock is a time of day as clients show it.
export function clock(date) {
  return date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
