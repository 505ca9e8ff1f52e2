// How a Discord client shows a message.
import { el, link, photo, clock } from './dom.js';

// roles are the names of the roles that were seen mentioned, by id.
const roles = new Map();

// nameRoles says what roles are called.
export function nameRoles(names) {
  for (const [id, name] of Object.entries(names || {})) roles.set(id, name);
}

// markdown gives nodes for Discord's Markdown, as far as bots use it: emphasis,
// spoilers, masked links, code, time stamps, and the backslash.
export function markdown(text) {
  const nodes = [];
  let plain = '';
  let before = '\n';
  const flush = () => { if (plain) nodes.push(document.createTextNode(plain)); plain = ''; };
  const rules = [
    [/^\\([^A-Za-z0-9\s])/, (m) => { plain += m[1]; }],
    [/^```(?:\w*\n)?([\s\S]+?)```/, (m) => el('pre', {}, m[1])],
    [/^`([^`]+)`/, (m) => el('code', {}, m[1])],
    [/^\[((?:\\.|[^\[\]\\]|\[[^\[\]]*\])+)\]\((https?:\/\/[^\s()]+)\)/, (m) => link(m[2], ...markdown(m[1]))],
    [/^<t:(\d+)(?::\w)?>/, (m) => el('time', {}, new Date(m[1] * 1000).toLocaleString())],
    [/^\|\|((?:\\.|[\s\S])+?)\|\|/, (m) => spoiler(m[1])],
    [/^\*\*((?:\\.|[^\\])+?)\*\*/, (m) => el('strong', {}, ...markdown(m[1]))],
    [/^__((?:\\.|[^\\])+?)__/, (m) => el('u', {}, ...markdown(m[1]))],
    [/^~~((?:\\.|[^\\])+?)~~/, (m) => el('s', {}, ...markdown(m[1]))],
    [/^\*((?:\\.|[^\\*])+?)\*/, (m) => el('em', {}, ...markdown(m[1]))],
    [/^_((?:\\.|[^\\_])+?)_/, (m) => el('em', {}, ...markdown(m[1]))],
    [/^<@&(\d+)>/, (m) => el('span', { class: 'mention' }, '@' + (roles.get(m[1]) || 'unknown-role'))],
    [/^<(https?:\/\/[^\s<>]+)>/, (m) => link(m[1], m[1])],
    [/^https?:\/\/[^\s<>]+/, (m) => link(m[0], m[0])],
  ];
  scan: while (text) {
    const small = (nodes.length === 0 && !plain || plain.endsWith('\n') || before === '\n') && /^-# ([^\n]*)\n?/.exec(text);
    if (small) {
      flush();
      text = text.slice(small[0].length);
      nodes.push(el('small', { class: 'subtext', dir: 'auto' }, ...markdown(small[1])));
      before = '\n';
      continue;
    }
    before = text[0];
    for (const [pattern, make] of rules) {
      const m = pattern.exec(text);
      if (!m) continue;
      text = text.slice(m[0].length);
      const node = make(m);
      if (node) { flush(); nodes.push(node); }
      continue scan;
    }
    plain += text[0];
    text = text.slice(1);
  }
  flush();
  return nodes;
}

function spoiler(text) {
  const s = el('span', { class: 'spoiler', role: 'button', tabindex: '0', 'aria-label': 'Spoiler: press to read' }, ...markdown(text));
  const open = () => { s.classList.add('open'); s.removeAttribute('role'); s.removeAttribute('aria-label'); };
  s.addEventListener('click', open);
  s.addEventListener('keydown', (e) => { if (e.key === 'Enter') open(); });
  return s;
}

function embed(e) {
  const title = e.title && el('h3', { dir: 'auto' }, ...(e.url ? [link(e.url, ...markdown(e.title))] : markdown(e.title)));
  const box = el('article', { class: 'embed' }, title || null);
  if (e.color) box.style.borderInlineStartColor = '#' + e.color.toString(16).padStart(6, '0');
  if (e.description) box.append(el('div', { class: 'text', dir: 'auto' }, ...markdown(e.description)));
  for (const f of e.fields || []) box.append(el('div', { class: 'field' }, el('b', {}, f.name), el('div', { class: 'text', dir: 'auto' }, ...markdown(f.value))));
  if (e.image) box.append(photo(e.image.url, e.footer && e.footer.text));
  if (e.footer) box.append(el('footer', { dir: 'auto' }, e.footer.text));
  return box;
}

function components(rows, press) {
  return (rows || []).map((row) => el('div', { class: 'components' }, ...(row.components || []).map((c) => {
    if (c.url) return link(c.url, c.label);
    if (c.type === 3) return select(c, press);
    return el('button', { type: 'button', class: c.style === 1 ? 'primary' : '', disabled: c.disabled, 'data-id': c.custom_id, dir: 'auto', onclick: () => press(c.custom_id) }, c.label);
  })));
}

// select is a menu of values, of which one or several are sent.
function select(c, press) {
  const options = c.options || [];
  const send = (values) => press([c.custom_id, ...values].join('\n'));
  const most = c.max_values === undefined ? 1 : c.max_values;
  const words = (o) => el('span', {}, el('b', { dir: 'auto' }, o.label), o.description ? el('small', { dir: 'auto' }, o.description) : null);
  const title = el('summary', { dir: 'auto' }, c.placeholder || 'Make a selection');
  const box = el('details', { class: 'select', 'data-id': c.custom_id }, title);
  if (c.disabled) { title.addEventListener('click', (e) => e.preventDefault()); box.classList.add('disabled'); }
  const chosen = options.filter((o) => o.default).map((o) => o.label);
  if (chosen.length) title.textContent = chosen.join(', ');
  const list = el('div', { class: 'options' });
  if (most === 1) {
    list.append(...options.map((o) => el('button', {
      type: 'button', 'aria-pressed': String(!!o.default), onclick: () => { box.open = false; title.textContent = o.label; send([o.value]); },
    }, words(o))));
  } else {
    const boxes = options.map((o) => el('input', { type: 'checkbox', value: o.value, checked: o.default }));
    list.append(...options.map((o, i) => el('label', {}, boxes[i], words(o))),
      el('button', { type: 'button', class: 'primary', onclick: () => { box.open = false; send(boxes.filter((b) => b.checked).map((b) => b.value)); } }, 'Select'));
  }
  box.append(list);
  return box;
}

// message renders a message. act has press(data), dismiss(), open(chat), and
// apps(event), which opens the menu of the message's commands.
export function message(m, event, act) {
  const bot = m.author && m.author.bot;
  const name = (m.author && (m.author.global_name || m.author.username)) || '';
  const whisper = event.kind === 'ephemeral' || (m.flags & 64) !== 0;
  const body = el('div', {},
    el('div', { class: 'who' }, name, bot ? el('span', { class: 'app' }, 'APP') : null, el('time', {}, clock(new Date(m.timestamp || event.at))),
      act.apps && !whisper ? el('button', { type: 'button', class: 'apps', 'aria-label': 'Apps: commands for this message', onclick: act.apps }, '⋯') : null));
  if (m.flags & 128) body.append(el('em', {}, name + ' is thinking…'));
  if (m.content) body.append(el('div', { class: 'text', dir: 'auto' }, ...markdown(m.content)));
  for (const e of m.embeds || []) body.append(embed(e));
  body.append(...components(m.components, act.press));
  if (m.flags & 1) body.append(el('small', { class: 'published' }, 'Published to the servers that follow'));
  if (m.thread) body.append(el('button', { type: 'button', class: 'thread', dir: 'auto', onclick: () => act.open(m.thread.id) }, `${m.thread.name} ›`));
  if (whisper) body.append(el('div', { class: 'only' }, 'Only you can see this · ', el('button', { type: 'button', onclick: act.dismiss }, 'Dismiss message')));
  const pinged = m.mention_everyone || (m.mention_roles || []).length > 0;
  return el('li', { class: 'message' + (whisper ? ' whisper' : '') + (pinged ? ' pinged' : ''), oncontextmenu: act.apps && !whisper ? act.apps : null },
    el('div', { class: 'avatar' + (bot ? '' : ' person'), 'aria-hidden': 'true' }, name.slice(0, 1).toUpperCase()), body);
}
