/**
 * Parts of the page that are loaded when they are needed. Laws: what is on its way breaks when the network changes (another
 * Wi-Fi, a cable pulled), so a part is asked for again for a few seconds before whoever wanted it hears that it did not come;
 * browsers made before 2026 remember a failure, so the last resort is the page anew.
 */
const PAUSES_MS = [300, 1000, 3000];

/** Styles that did not come, by address; the bundler's loader asks for each only once. */
const broken = new Set<string>();

/** What `load` imports, with its styles; rejects as the last of its tries does. */
export async function part<T>(load: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES_MS) {
    try {
      return await whole(load);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return whole(load);
}

async function whole<T>(load: () => Promise<T>): Promise<T> {
  const loaded = await load();
  await Promise.all([...broken].map(loadStyle));
  return loaded;
}

function loadStyle(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', crossOrigin: '', href: address });
    link.addEventListener('load', () => {
      broken.delete(address);
      resolve();
    });
    link.addEventListener('error', () => {
      link.remove();
      reject(new Error(`no style from ${address}`));
    });
    document.head.append(link);
  });
}

/** Notes from now on which styles do not come. */
export function watchStyles(): void {
  const note = ({ target }: Event): void => {
    if (target instanceof HTMLLinkElement && target.rel === 'stylesheet') broken.add(target.href);
  };
  document.head.addEventListener('error', note, { capture: true });
}

/** The same, asked for once however often it is wanted; after a failure it is asked for again. */
export function kept<T>(load: () => Promise<T>): () => Promise<T> {
  let coming: Promise<T> | null = null;
  const forget = (failure: unknown): never => {
    coming = null;
    throw failure;
  };
  return () => (coming ??= part(load).catch(forget));
}

/** Not before somebody answers: the browser's own page of an error leads nowhere. */
export async function anew(): Promise<void> {
  await fetch('/healthz').then(() => location.reload(), () => undefined);
}
