/** Tells the server when nobody has touched this device for a while, and when somebody does again. */
import type { Wire } from '../protocol/socket';
import { RequestError } from '../protocol/socket';

const IDLE_MS = 5 * 60_000;
const OFTEN_MS = 1000;
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const;

/** Watches until the returned function is called. */
export function tellIdle(wire: Wire): () => void {
  let idle = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;

  function say(now: boolean): void {
    idle = now;
    wire.request('presence:idle', { idle }).catch((error: unknown) => {
      if (!(error instanceof RequestError)) throw error; // said again with the next connection
    });
  }

  function touched(): void {
    if (!idle && Date.now() - last < OFTEN_MS) return; // a moving pointer says it sixty times a second
    last = Date.now();
    clearTimeout(timer);
    timer = setTimeout(() => say(true), IDLE_MS);
    if (idle) say(false);
  }

  function seen(): void {
    if (!document.hidden) touched();
  }

  const stop = wire.on('session:hello', () => {
    if (idle) say(true);
  });
  for (const sign of SIGNS) window.addEventListener(sign, touched, { passive: true });
  document.addEventListener('visibilitychange', seen);
  touched();
  return () => {
    clearTimeout(timer);
    stop();
    for (const sign of SIGNS) window.removeEventListener(sign, touched);
    document.removeEventListener('visibilitychange', seen);
  };
}
