/**
 * What this device keeps of documents, and whether it may. Small on purpose: the shell imports it without the editors.
 *
 * Laws: a copy belongs to one account, document and epoch; it goes at logout; a device marked as shared keeps none.
 */

const PREFIX = 'kreide.document.';
const SHARED = 'kreide.device.shared';

export function copyName(account: string, document: string, epoch: number): string {
  return `${PREFIX}${account}.${document}.${epoch}`;
}

export function isSharedDevice(): boolean {
  try {
    return localStorage.getItem(SHARED) === 'yes';
  } catch {
    return true;
  }
}

export async function setSharedDevice(shared: boolean): Promise<void> {
  if (!shared) localStorage.removeItem(SHARED);
  else {
    localStorage.setItem(SHARED, 'yes');
    await forgetDocuments();
  }
}

/** A store of this device that is slow, broken or kept busy by another tab must keep nobody from their work. */
const PATIENCE = 1_500;

/** What comes of it in time; `instead` where that is nothing. */
export function inTime<T>(work: Promise<T>, instead: T): Promise<T> {
  return Promise.race([work.catch(() => instead), new Promise<T>((resolve) => setTimeout(resolve, PATIENCE, instead))]);
}

/** Delete every copy on this device; to be called at logout, after the documents are closed. */
export async function forgetDocuments(): Promise<void> {
  await deleteWhere(() => true);
}

/** Delete the copies of other epochs of a document: what was erased there must not come back from here. */
export async function forgetOtherEpochs(account: string, document: string, epoch: number): Promise<void> {
  const kept = copyName(account, document, epoch);
  const stem = `${PREFIX}${account}.${document}.`;
  await deleteWhere((name) => name.startsWith(stem) && name !== kept && /^\d+$/.test(name.slice(stem.length)));
}

function deleteWhere(wanted: (name: string) => boolean): Promise<void> {
  return inTime(deleteAll(wanted), undefined);
}

async function deleteAll(wanted: (name: string) => boolean): Promise<void> {
  if (typeof indexedDB === 'undefined') return;
  const all = await indexedDB.databases();
  const names = all.map(({ name }) => name ?? '').filter((name) => name.startsWith(PREFIX) && wanted(name));
  await Promise.all(names.map(deleteDatabase));
}

function deleteDatabase(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => resolve();
    request.onblocked = () => resolve(); // another tab closes it later
  });
}
