/** A toolbar is one tab stop with arrow keys (APG). Use as `{@attach toolbar}` on the element with role="toolbar". */

const STOPS = 'button:not(:disabled), select:not(:disabled), a[href]';

export function toolbar(bar: HTMLElement): () => void {
  const stops = () => [...bar.querySelectorAll<HTMLElement>(STOPS)].filter((stop) => stop.offsetParent !== null);
  const settle = (chosen?: HTMLElement) => {
    const all = stops();
    const one = chosen ?? all.find((stop) => stop.tabIndex === 0) ?? all[0];
    for (const stop of all) stop.tabIndex = stop === one ? 0 : -1;
  };
  const onKey = (event: KeyboardEvent) => {
    const all = stops();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const step = stepOf(event.key, getComputedStyle(bar).direction === 'rtl');
    if (step === null || at < 0 || event.altKey || event.ctrlKey) return;
    const next = all.at(step === 'first' ? 0 : step === 'last' ? -1 : (at + step) % all.length);
    event.preventDefault();
    settle(next);
    next?.focus();
  };
  const onFocus = (event: FocusEvent) => {
    if (event.target instanceof HTMLElement && event.target.matches(STOPS)) settle(event.target);
  };
  bar.addEventListener('keydown', onKey);
  bar.addEventListener('focusin', onFocus);
  const watcher = new MutationObserver(() => settle());
  watcher.observe(bar, { childList: true, subtree: true, attributes: true, attributeFilter: ['disabled'] });
  settle();
  return () => {
    watcher.disconnect();
    bar.removeEventListener('keydown', onKey);
    bar.removeEventListener('focusin', onFocus);
  };
}

function stepOf(key: string, rtl: boolean): number | 'first' | 'last' | null {
  switch (key) {
    case 'ArrowRight':
      return rtl ? -1 : 1;
    case 'ArrowLeft':
      return rtl ? 1 : -1;
    case 'Home':
      return 'first';
    case 'End':
      return 'last';
    default:
      return null;
  }
}
