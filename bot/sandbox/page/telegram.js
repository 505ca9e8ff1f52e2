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
  if (m.reply_to_message && !m.reply_to_message.forum_topic_created) {
    bubble.append(el('div', { class: 'quote', dir: 'auto' }, (m.reply_to_message.text || 'Picture').slice(0, 80)));
  }
  const text = m.text || m.caption || '';
  bubble.append(el('div', { class: 'text', dir: 'auto' }, ...marked(text, m.text ? m.entities : m.caption_entities)));
  bubble.append(el('span', { class: 'when' }, (m.silent ? '🔕 ' : '') + (m.edit_date ? 'edited ' : '') + clock(new Date(m.date * 1000))));
  if (act.reply) bubble.append(el('button', { type: 'button', class: 'reply', 'aria-label': 'Reply', onclick: () => act.reply(m) }, '↩'));
  const item = el('li', { class: 'message' + (mine ? ' mine' : '') }, bubble);
  const keys = keyboard(m.reply_markup, act.press);
  if (keys) item.append(keys);
  return item;
}
