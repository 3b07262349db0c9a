/** The server's time, once a second while somebody looks. */
export class Clock {
  now = $state(0);

  /** Call in an effect; returns what ends it. */
  run(ahead: number): () => void {
    const tick = (): void => {
      this.now = Date.now() + ahead;
    };
    tick();
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }
}
