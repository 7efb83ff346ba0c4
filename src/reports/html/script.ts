/**
 * What runs in the page. It writes texts and attributes, never HTML, and asks for nothing. The page is whole without
 * it, so whatever is not there (storage, in a sandbox) is done without.
 */
export const SCRIPT = `'use strict';
(() => {
  const root = document.documentElement;
  const one = (id) => document.getElementById(id);
  root.classList.add('js');

  const theme = one('theme');
  const system = matchMedia('(prefers-color-scheme: dark)');
  const kept = { get: () => null, put: () => {} };
  try {
    const store = localStorage;
    kept.get = () => store.getItem('drydock-theme');
    kept.put = (value) => store.setItem('drydock-theme', value);
  } catch {
    // A sandboxed page has no storage: the choice lasts as long as the page.
  }
  let chosen = kept.get();
  const isDark = () => (chosen === null ? system.matches : chosen === 'dark');
  const paint = () => {
    if (chosen === null) root.removeAttribute('data-theme');
    else root.setAttribute('data-theme', chosen);
    theme.textContent = isDark() ? 'Light' : 'Dark';
    theme.setAttribute('aria-label', isDark() ? 'Use light colours' : 'Use dark colours');
  };
  theme.hidden = false;
  theme.addEventListener('click', () => {
    chosen = isDark() ? 'light' : 'dark';
    kept.put(chosen);
    paint();
  });
  system.addEventListener('change', paint);
  paint();

  const list = one('list');
  if (!list) return;
  const sentinel = one('rest');
  const items = Array.from(list.children, (element, order) => ({
    element,
    order,
    data: element.dataset,
    rank: Number(element.dataset.r),
  }));
  const wordsOf = (item) => (item.words ??= item.element.textContent.toLowerCase());
  const textOf = (item, name) => item.element.getElementsByClassName(name)[0]?.textContent ?? '';

  // A browser takes seconds to hide thousands of elements: those that fit are put in as they are scrolled to.
  const STEP = 150;
  let fitting = items;
  let shown = 0;
  const show = (count) => {
    const next = fitting.slice(shown, shown + count).map((item) => item.element);
    list.append(...next);
    shown += next.length;
    sentinel.hidden = shown >= fitting.length;
  };
  const refill = () => {
    list.replaceChildren();
    shown = 0;
    show(STEP);
  };
  const watcher = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      show(STEP);
      // Told again, should it still be in sight.
      watcher.unobserve(sentinel);
      watcher.observe(sentinel);
    },
    { rootMargin: '1500px' },
  );
  sentinel.addEventListener('click', () => show(STEP));
  addEventListener('beforeprint', () => show(Infinity));

  const query = one('q');
  const type = one('type');
  const sort = one('sort');
  const turn = one('turn');
  const reset = one('reset');
  const chips = Array.from(document.querySelectorAll('.chip'));
  const isOn = (button) => button.getAttribute('aria-pressed') === 'true';
  const switchTo = (button, on) => button.setAttribute('aria-pressed', String(on));

  const filter = () => {
    const wanted = new Map();
    for (const chip of chips.filter(isOn)) {
      const { name, value } = chip.dataset;
      wanted.set(name, (wanted.get(name) ?? new Set()).add(value));
    }
    const parts = query.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const ofType = type ? type.value : '';
    fitting = items.filter((item) => {
      if (ofType !== '' && item.data.t !== ofType) return false;
      for (const [name, values] of wanted) if (!values.has(item.data[name])) return false;
      return parts.every((part) => wordsOf(item).includes(part));
    });
    const count = fitting.length;
    refill();
    const isFiltered = wanted.size > 0 || parts.length > 0 || ofType !== '';
    one('count').textContent = isFiltered ? count + ' of ' + items.length + ' findings' : items.length + (items.length === 1 ? ' finding' : ' findings');
    one('none').hidden = count > 0;
    reset.hidden = !isFiltered;
  };

  const names = new Intl.Collator('en', { numeric: true });
  const number = (name) => (item) => -Number(item.data[name]);
  const keys = {
    worst: (item) => item.rank,
    cvss: number('c'),
    epss: number('e'),
    package: (item) => textOf(item, 'pkg'),
    id: (item) => textOf(item, 'id'),
  };
  const order = () => {
    const keyOf = keys[sort.value] ?? keys.worst;
    const sign = isOn(turn) ? -1 : 1;
    for (const item of items) item.key = keyOf(item);
    const compare = (a, b) => (typeof a === 'number' ? a - b : names.compare(a, b));
    items.sort((a, b) => sign * (compare(a.key, b.key) || a.order - b.order));
    filter();
  };

  let waiting = 0;
  const soon = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(filter);
  };
  const clear = () => {
    query.value = '';
    if (type) type.value = '';
    for (const chip of chips) switchTo(chip, false);
    filter();
  };
  query.addEventListener('input', soon);
  type?.addEventListener('change', filter);
  sort.addEventListener('change', order);
  turn.addEventListener('click', () => {
    switchTo(turn, !isOn(turn));
    order();
  });
  reset.addEventListener('click', () => {
    clear();
    query.focus();
  });
  for (const chip of chips) {
    chip.addEventListener('click', () => {
      switchTo(chip, !isOn(chip));
      filter();
    });
  }
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof Element && event.target.matches('input, select, textarea');
    if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      query.focus();
    }
    if (event.key === 'Escape' && event.target === query) clear();
  });
  filter();
  watcher.observe(sentinel);
})();
`;
