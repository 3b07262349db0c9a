/** What was read and not yet known to the server: pages that ask for what is unread wait for it. */

const PATIENCE_MS = 1000;
let reported: Promise<unknown> = Promise.resolve();

/** A report is on its way; it never fails. */
export function reporting(report: Promise<unknown>): void {
  reported = report;
}

/** Once the server knows what was read here lately, or has been silent for a second. */
export function readReported(): Promise<unknown> {
  return Promise.race([reported, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
}
