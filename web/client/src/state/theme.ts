/** Light pages follow the device into the dark; the room is dark anyway, and a slide keeps its own colours. */
const DARK = '(prefers-color-scheme: dark)';

export function followDevice(root: HTMLElement = document.documentElement, dark: MediaQueryList = matchMedia(DARK)): void {
  const follow = (): void => {
    if (dark.matches) root.dataset['theme'] = 'dark';
    else delete root.dataset['theme'];
  };
  dark.addEventListener('change', follow);
  follow();
}
