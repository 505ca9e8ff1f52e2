// How a Telegram client shows a message.
import { el, link, photo, clock } from './dom.js';

const makers = {
  bold: () => el('b'), italic: () => el('i'), underline: () => el('u'), strikethrough: () => el('s'),
  code: () => el('code'), pre: () => el('pre'), spoiler: () => el('span', { class: 'spoiler', onclick: (e) => e.currentTarget.classList.add('open') }),
  text_link: (e) => link(e.url), blockquote: () => el('blockquote', { dir: 'auto' }),
  expandable_blockquote: () => el('blockquote', {
    class: 'expandable', dir: 'auto', tabindex: '0', role: 'button', 'aria-expanded': 'false',
    onclick: (e) => { if (!e.target.closest('a')) toggle(e.currentTarget); },
    onkeydown: (e) => { if (e.key === 'Enter') toggle(e.currentTarget); },
  }, el('div')),
};

function toggle(quote) {
  quote.setAttribute('aria-expanded', quote.classList.toggle('open'));
}

// marked gives nodes for a text with entities, whose offsets count UTF-16 units,
// as JavaScript's do. Entities nest; the outer one comes first.
export function marked(text, entities = []) {
  const build = (from, to, list) => {
    const nodes = [];
    let at = from;
    for (let i = 0; i < list.length;) {
      const e = list[i];
      const end = Math.min(e.offset + e.length, to);
      if (e.offset > at) nodes.push(document.createTextNode(text.slice(at, e.offset)));
      let j = i + 1;
      while (j < list.length && list[j].offset < end) j++;
      const inner = build(Math.max(at, e.offset), end, list.slice(i + 1, j));
      const make = makers[e.type];
      if (make) {
        const node = make(e);
        (node.firstElementChild && e.type === 'expandable_blockquote' ? node.firstElementChild : node).append(...inner);
        nodes.push(node);
      } else {
        nodes.push(...inner);
      }
      at = end;
      i = j;
    }
    if (at < to) nodes.push(document.createTextNode(text.slice(at, to)));
    return nodes;
  };
  return build(0, text.length, entities);
}

// A rich message: texts and blocks within each other.

const styles = {
  bold: 'b', italic: 'i', underline: 'u', strikethrough: 's', code: 'code', marked: 'mark', superscript: 'sup', subscript: 'sub', spoiler: 'span', reference: 'span',
};

// richText gives the nodes of a text: a string, a list, or one with a style.
function richText(t) {
  if (typeof t === 'string') return [document.createTextNode(t)];
  if (Array.isArray(t)) return t.flatMap(richText);
  const inner = richText(t.text || '');
  if (t.type === 'url') return [link(t.url, ...inner)];
  if (t.type === 'reference_link') {
    return [el('button', { type: 'button', class: 'mark', onclick: (e) => lead(e.currentTarget, t.reference_name) }, ...inner)];
  }
  return styles[t.type] ? [el(styles[t.type], { 'data-name': t.name }, ...inner)] : inner;
}

// lead shows what a mark leads to, where it stands in the same message.
function lead(mark, name) {
  const to = [...mark.closest('.rich').querySelectorAll('[data-name]')].find((n) => n.dataset.name === name);
  if (!to) return;
  for (let d = to.closest('details'); d; d = d.parentElement.closest('details')) d.open = true;
  for (const n of mark.closest('.rich').querySelectorAll('.led')) n.classList.remove('led');
  to.classList.add('led');
  to.scrollIntoView({ block: 'nearest' });
}

const blocks = {
  paragraph: (b) => el('p', {}, ...richText(b.text)),
  footer: (b) => el('footer', {}, ...richText(b.text)),
  heading: (b) => el('h' + b.size, {}, ...richText(b.text)),
  divider: () => el('hr'),
  blockquote: (b) => el('blockquote', {}, ...richBlocks(b.blocks)),
  details: (b) => el('details', { open: b.is_open }, el('summary', {}, ...richText(b.summary)), ...richBlocks(b.blocks)),
  list: (b) => el('ul', {}, ...b.items.map((i) => el('li', {}, el('span', { class: 'label' }, i.label), el('div', {}, ...richBlocks(i.blocks))))),
  photo: (b) => el('figure', {}, photo(b.photo[0].file_id, ''), b.caption && el('figcaption', {}, ...richText(b.caption.text || ''),
    b.caption.credit && el('cite', {}, ...richText(b.caption.credit)))),
};

const richBlocks = (all = []) => all.map((b) => blocks[b.type] && blocks[b.type](b)).filter(Boolean);

// begins is the text of a message, or what a rich one begins with.
export function begins(m) {
  const rich = m.rich_message ? richBlocks(m.rich_message.blocks).map((n) => n.textContent.trim()).find(Boolean) : '';
  return m.text || rich || 'Picture';
}

function keyboard(markup, press) {
  if (!markup || !markup.inline_keyboard) return null;
  return el('div', { class: 'keyboard' }, ...markup.inline_keyboard.map((row) => el('div', {}, ...row.map((b) =>
    el('button', { type: 'button', class: b.url ? 'link' : '', 'data-id': b.callback_data || b.url, dir: 'auto', onclick: () => press(b.callback_data || b.url) }, b.text)))));
}

// message renders a message. act has press(data), reply(message) and me.
export function message(m, event, act) {
  const mine = m.from && String(m.from.id) === act.me;
  const bubble = el('div', { class: 'bubble' });
  const preview = m.link_preview_options;
  if (m.photo_url) bubble.append(photo(m.photo_url, m.caption));
  else if (preview && preview.url && !preview.is_disabled) bubble.append(photo(preview.url, ''));
  const sender = m.sender_chat ? m.sender_chat.title : m.from && m.from.first_name;
  if (!mine && sender) bubble.append(el('div', { class: 'name', dir: 'auto' }, sender));
  if (m.via_bot) bubble.append(el('div', { class: 'name' }, 'via @' + m.via_bot.username));
  if (m.reply_to_message && !m.reply_to_message.forum_topic_created) {
    bubble.append(el('div', { class: 'quote', dir: 'auto' }, begins(m.reply_to_message).slice(0, 80)));
  }
  const text = m.text || m.caption || '';
  if (m.rich_message) bubble.append(el('div', { class: 'rich', dir: m.rich_message.is_rtl ? 'rtl' : 'ltr' }, ...richBlocks(m.rich_message.blocks)));
  else bubble.append(el('div', { class: 'text', dir: 'auto' }, ...marked(text, m.text ? m.entities : m.caption_entities)));
  bubble.append(el('span', { class: 'when' }, (m.silent ? '🔕 ' : '') + (m.edit_date ? 'edited ' : '') + clock(new Date(m.date * 1000))));
  if (event.user) bubble.append(el('div', { class: 'only' }, mine ? 'Seen only by you and the bot' : 'Only visible to you'));
  if (act.reply && !event.user) bubble.append(el('button', { type: 'button', class: 'reply', 'aria-label': 'Reply', onclick: () => act.reply(m) }, '↩'));
  const item = el('li', { class: 'message' + (mine ? ' mine' : '') + (event.user ? ' whisper' : '') }, bubble);
  const keys = keyboard(m.reply_markup, act.press);
  if (keys) item.append(keys);
  return item;
}
