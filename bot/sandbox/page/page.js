// The page: two clients side by side, fed by server-sent events.
import { el } from './dom.js';
import * as discord from './discord.js';
import * as telegram from './telegram.js';

const render = { discord: discord.message, telegram: telegram.message };
const clients = {};
let setup;

async function post(path, body) {
  const res = await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  if (!res.ok) throw new Error((await res.text()).trim());
  return res.json();
}

let toastTimer;
function toast(text) {
  const box = document.getElementById('toast');
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { box.hidden = true; }, 4000);
}

// isPrivate tells Discord's chats between people from channels.
const isPrivate = (chat) => chat.kind === 'dm' || chat.kind === 'group dm';

// Client is one platform's window.
class Client {
  constructor(name) {
    this.name = name;
    this.root = document.querySelector('.client.' + name);
    this.find = (q) => this.root.querySelector(q);
    this.list = this.find('.messages');
    this.scroll = this.find('.scroll');
    this.input = this.find('.box input');
    this.menu = this.find('.menu');
    this.reset();
    this.find('.box').addEventListener('submit', (e) => { e.preventDefault(); this.send(); });
    this.find('.newer').addEventListener('click', () => this.toEnd());
    this.scroll.addEventListener('scroll', () => { if (this.atEnd()) this.find('.newer').hidden = true; });
    this.input.addEventListener('input', () => this.suggest());
    this.input.addEventListener('keydown', (e) => this.key(e));
    const cancel = this.find('.replying button');
    if (cancel) cancel.addEventListener('click', () => this.replyTo(null));
  }

  reset() {
    this.chats = new Map();
    this.current = null;
    this.reply = null;
    this.list.replaceChildren();
  }

  addChat(chat) {
    if (this.name === 'discord') discord.nameRoles(chat.roles);
    if (this.chats.has(chat.id)) return;
    this.chats.set(chat.id, { ...chat, items: new Map(), unread: false });
    if (!this.current) this.open(chat.id);
    this.tabs();
  }

  tabs() {
    const label = (c) => (this.name === 'discord' && !isPrivate(c) ? '# ' : '') + (c.kind === 'private' ? 'Private chat' : c.name);
    this.find('.tabs').replaceChildren(el('h2', {}, this.name === 'discord' ? 'Harbour House' : 'Telegram'),
      ...[...this.chats.values()].map((c) => el('button', {
        type: 'button', class: c.unread ? 'unread' : '', 'aria-current': String(c.id === this.current), onclick: () => this.open(c.id),
      }, label(c))));
  }

  open(id) {
    this.current = id;
    const c = this.chats.get(id);
    c.unread = false;
    this.tabs();
    this.replyTo(null);
    const kinds = { channel: 'channel · readers', group: 'group', supergroup: 'group', private: 'bot' };
    this.find('.bar').classList.toggle('private', isPrivate(c));
    this.find('.bar').replaceChildren(...(this.name === 'discord' ? [c.name] : [
      el('div', { class: 'avatar', 'aria-hidden': 'true' }, c.name.slice(0, 1)), el('div', {}, el('b', {}, c.name), el('small', {}, kinds[c.kind] || c.kind))]));
    this.list.replaceChildren(...[...c.items.values()].map((i) => i.node));
    this.find('.box').hidden = !c.writable;
    const muted = this.find('.muted');
    if (muted) muted.hidden = c.writable;
    this.input.placeholder = this.name === 'discord' ? `Message ${isPrivate(c) ? '@' : '#'}${c.name} — type / for commands` : 'Message — type / for commands';
    this.menu.hidden = true;
    this.toEnd();
  }

  atEnd() { return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < 60; }

  toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.find('.newer').hidden = true;
  }

  take(e) {
    if (e.kind === 'chat') { this.addChat(e.place); return; }
    if (e.kind === 'toast') { toast(e.text); return; }
    if (e.kind === 'open') { if (this.chats.has(e.text)) this.open(e.text); return; }
    const chat = this.chats.get(e.chat);
    if (!chat) return;
    if (e.kind === 'delete') { this.remove(chat, e.id); return; }
    const node = render[this.name](e.message, e, {
      me: setup.reader[this.name],
      press: (data) => this.press(e.chat, e.id, data),
      reply: this.name === 'telegram' && chat.writable ? (m) => this.replyTo(m) : null,
      open: (id) => { if (this.chats.has(id)) this.open(id); },
      dismiss: () => this.remove(chat, e.id),
      apps: this.name === 'discord' ? (event) => this.apps(e.chat, e.id, event) : null,
    });
    const there = chat.items.get(e.id);
    const shown = this.current === e.chat;
    const stay = shown && this.atEnd();
    chat.items.set(e.id, { node });
    if (there) {
      there.node.replaceWith(node);
    } else if (shown) {
      node.classList.add('fresh');
      this.list.append(node);
    } else {
      chat.unread = true;
      this.tabs();
    }
    if (stay) this.toEnd();
    else if (shown && !there) this.find('.newer').hidden = false;
  }

  remove(chat, id) {
    const there = chat.items.get(id);
    if (there) there.node.remove();
    chat.items.delete(id);
  }

  replyTo(m) {
    this.reply = m;
    const box = this.find('.replying');
    if (!box) return;
    box.hidden = !m;
    if (m) { box.firstElementChild.textContent = 'Reply to: ' + telegram.begins(m).slice(0, 60); this.input.focus(); }
  }

  press(chat, message, data) {
    post('press', { platform: this.name, chat, message, data }).catch((err) => toast(err.message));
  }

  send() {
    const text = this.input.value.trim();
    if (!text) return;
    post('say', { platform: this.name, chat: this.current, text, reply: this.reply ? String(this.reply.message_id) : '' })
      .then(() => { this.input.value = ''; this.menu.hidden = true; this.replyTo(null); })
      .catch((err) => toast(err.message));
  }

  // apps opens the menu of a message, with the commands that are for it, where
  // the pointer is.
  async apps(chat, message, event) {
    if (event.type === 'contextmenu' && event.target.closest('a')) return; // the browser's own is of use there
    event.preventDefault();
    const button = event.currentTarget.getBoundingClientRect();
    const [x, y] = event.clientX ? [event.clientX, event.clientY] : [button.left, button.bottom];
    const commands = await post('apps', { platform: this.name, chat }).catch(() => []) || [];
    const old = this.find('.offers');
    if (old) old.remove();
    const list = el('div', { class: 'offers', role: 'menu' }, el('small', {}, commands.length ? 'Apps' : 'No apps for this message'),
      ...commands.map((c) => el('button', {
        type: 'button', role: 'menuitem', dir: 'auto',
        onclick: () => { post('use', { platform: this.name, chat, message, command: c.name }).catch((err) => toast(err.message)); },
      }, c.name)));
    this.root.append(list);
    list.style.left = Math.min(x, window.innerWidth - list.offsetWidth - 8) + 'px';
    list.style.top = Math.min(y, window.innerHeight - list.offsetHeight - 8) + 'px';
    const close = (e) => {
      if (e.type === 'keydown' && e.key !== 'Escape') return;
      list.remove();
      for (const kind of ['click', 'keydown']) document.removeEventListener(kind, close);
    };
    for (const kind of ['click', 'keydown']) document.addEventListener(kind, close);
    const first = list.querySelector('button');
    if (first) first.focus();
  }

  // suggest shows the command menu, or an option's completions.
  async suggest() {
    const text = this.input.value;
    if (text.startsWith('@')) { this.offer(text); return; }
    if (!text.startsWith('/')) { this.menu.hidden = true; return; }
    const [word, ...rest] = text.slice(1).split(' ');
    const commands = await post('commands', { platform: this.name, chat: this.current }).catch(() => []) || [];
    const choices = !rest.length ? commands.filter((c) => c.name.startsWith(word)).map((c) => ({
      label: '/' + c.name, help: c.description, value: '/' + c.name + (c.options ? ' ' : ''),
    })) : await this.arguments(commands.find((c) => c.name === word), word, rest.join(' '));
    this.choose(text, choices.map((c) => ({
      ...c, take: () => { this.input.value = c.value; this.input.focus(); this.menu.hidden = true; if (/[ :]$/.test(c.value)) this.suggest(); },
    })));
  }

  // arguments offers what may stand behind a command: a subcommand, one of an
  // option's values, or the next option.
  async arguments(command, path, rest) {
    let options = (command && command.options) || [];
    while (options.some((o) => o.subcommand)) {
      const space = rest.indexOf(' ');
      const word = space < 0 ? rest : rest.slice(0, space);
      const below = space >= 0 && options.find((o) => o.name === word);
      if (!below) {
        return options.filter((o) => o.name.startsWith(word)).map((o) => ({
          label: `/${path} ${o.name}`, help: o.description, value: `/${path} ${o.name}${o.options ? ' ' : ''}`,
        }));
      }
      path += ' ' + word;
      rest = rest.slice(space + 1);
      options = below.options || [];
    }
    // Which option is being typed: the last that is named, else the first.
    const named = options.map((o) => ({ option: o, at: (' ' + rest).lastIndexOf(` ${o.name}:`) })).filter((n) => n.at >= 0).sort((a, b) => b.at - a.at);
    const last = named[0];
    const option = last ? last.option : options[0];
    if (!option) return [];
    const before = last ? rest.slice(0, last.at) : '';
    const typed = last ? rest.slice(last.at + option.name.length + 1) : rest;
    const open = options.filter((o) => o !== option && !named.some((n) => n.option === o));
    const line = (value) => `/${path} ${before}${last || open.length ? option.name + ':' : ''}${value}`;
    let values = (option.choices || []).filter((c) => c.toLowerCase().startsWith(typed.trim().toLowerCase()));
    if (option.autocomplete) {
      values = await post('complete', {
        platform: this.name, chat: this.current, command: (path + ' ' + before).trim(), option: option.name, text: typed.trim(),
      }).catch(() => []) || [];
    }
    const offers = values.filter((v) => v !== typed.trim()).map((v) => ({ label: v, value: line(v) }));
    if (typed.trim()) offers.push(...open.map((o) => ({ label: o.name + ':', help: o.description, value: `${line(typed.trim())} ${o.name}:` })));
    return offers;
  }

  // choose shows choices for what was typed, if it still stands there.
  choose(text, choices) {
    if (this.input.value !== text) return;
    this.menu.hidden = !choices.length;
    this.menu.replaceChildren(...choices.map((c, i) => el('button', {
      type: 'button', role: 'option', 'aria-selected': String(i === 0), onclick: c.take,
    }, el('b', { dir: 'auto' }, c.label), c.help ? el('small', { dir: 'auto' }, c.help) : null)));
  }

  // offer shows what a bot offers whose name is typed.
  async offer(text) {
    const found = await post('inline', { platform: this.name, chat: this.current, text }).catch(() => []) || [];
    this.choose(text, found.map((f) => ({
      label: f.title, help: f.description,
      take: () => post('pick', { platform: this.name, chat: this.current, data: f.id })
        .then(() => { this.input.value = ''; this.menu.hidden = true; })
        .catch((err) => toast(err.message)),
    })));
  }

  key(e) {
    if (e.key === 'Escape') this.menu.hidden = true;
    const first = this.menu.querySelector('button');
    if (e.key === 'Tab' && !this.menu.hidden && first) { e.preventDefault(); first.click(); }
  }
}

let upcoming = [];
function countdown() {
  const soon = upcoming.map((u) => ({ ...u, left: Math.ceil((new Date(u.at) - Date.now()) / 1000) }))
    .sort((a, b) => a.left - b.left)[0];
  document.getElementById('next').textContent = !soon ? '' :
    soon.left > 0 ? `Next: a look for news for ${soon.channel} (${soon.platform === 'discord' ? 'Discord' : 'Telegram'}) in ${soon.left} s` : `Posting to ${soon.channel} now`;
}

function storyDialog() {
  const dialog = document.getElementById('story');
  const area = dialog.querySelector('textarea');
  const wrong = dialog.querySelector('.wrong');
  area.value = setup.sample || '';
  const add = document.getElementById('add');
  add.hidden = !setup.add;
  add.addEventListener('click', () => { wrong.hidden = true; dialog.showModal(); });
  dialog.querySelector('[value=cancel]').addEventListener('click', () => dialog.close());
  dialog.querySelector('form').addEventListener('submit', (e) => {
    e.preventDefault();
    post('stories', { text: area.value }).then(() => {
      dialog.close();
      toast('Added. It is posted in its turn.');
    }).catch((err) => { wrong.textContent = err.message; wrong.hidden = false; });
  });
}

async function begin() {
  setup = await (await fetch('setup')).json();
  document.title = setup.title;
  document.getElementById('title').textContent = setup.title;
  for (const b of document.querySelectorAll('.switch button')) {
    b.addEventListener('click', () => { document.body.dataset.shown = b.dataset.show; clients[b.dataset.show].toEnd(); });
  }
  for (const name of ['discord', 'telegram']) clients[name] = new Client(name);
  storyDialog();
  setInterval(countdown, 250);
  const source = new EventSource('events');
  source.addEventListener('begin', () => {
    for (const [name, client] of Object.entries(clients)) {
      client.reset();
      for (const chat of setup.chats[name] || []) client.addChat(chat);
    }
  });
  source.addEventListener('chat', (e) => { const event = JSON.parse(e.data); clients[event.platform].take(event); });
  source.addEventListener('upcoming', (e) => { upcoming = JSON.parse(e.data) || []; countdown(); });
}

begin();
