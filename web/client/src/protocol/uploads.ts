/** Sending a file and where it is read again. Sent by XMLHttpRequest, the only one that tells how far it is. */
import { ApiError, call } from './http';

export interface Uploaded {
  id: string;
  name: string;
  type: string;
  size: number;
  width: number | null;
  height: number | null;
  thumbnail: boolean;
  /** How a document names it. */
  hash: string;
}

/** Bytes: the largest file, what one person may have sent, and has. */
export interface UploadBounds {
  limit: number;
  quota: number;
  used: number;
}

export interface Sending {
  readonly done: Promise<Uploaded>;
  abort: () => void;
}

const part = encodeURIComponent;

export const uploadBounds = (): Promise<UploadBounds> => call<UploadBounds>('GET', 'uploads');
export const takeBack = (id: string): Promise<object> => call<object>('DELETE', `uploads/${part(id)}`);

/** Where a file of a channel is read. */
export function fileUrl(file: { id: string; name: string }): string {
  return `/api/v1/uploads/${part(file.id)}/${part(file.name)}`;
}

/** Its small picture, or the whole one where there is no small one. */
export function smallUrl(file: { id: string; thumbnail: boolean }): string {
  return `/api/v1/uploads/${part(file.id)}${file.thumbnail ? '?size=small' : ''}`;
}

/** A picture on a slide. */
export function pictureUrl(document: string, hash: string): string {
  return `/api/v1/documents/${part(document)}/pictures/${part(hash)}`;
}

/** A connection on which nothing goes out for so long is dead; the answer takes longer: a file is looked at for viruses. */
const STALLED_MS = 30_000;
const ANSWER_MS = 180_000;

/** `told` hears which share of the file has gone out. Rejects with ApiError; "aborted" after `abort()`. */
export function sendFile(file: Blob, name: string, to: { channel: string } | { document: string }, told: (share: number) => void = () => undefined): Sending {
  const request = new XMLHttpRequest();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let dead = false;
  const within = (patience: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      dead = true;
      request.abort();
    }, patience);
  };
  const done = new Promise<Uploaded>((resolve, reject) => {
    request.upload.onprogress = (event) => {
      within(STALLED_MS);
      told(event.total === 0 ? 0 : event.loaded / event.total);
    };
    request.upload.onload = () => within(ANSWER_MS);
    request.onloadend = () => clearTimeout(timer);
    request.onerror = () => reject(new ApiError('network', 0, 'network'));
    request.onabort = () => reject(dead ? new ApiError('network', 0, 'network') : new ApiError('aborted', 0, 'aborted'));
    request.onload = () => {
      const answer = request.response as (Uploaded & { code?: string; detail?: string }) | null;
      if (request.status === 201 && answer !== null) resolve(answer);
      else reject(new ApiError(answer?.code ?? `http_${request.status}`, request.status, answer?.detail ?? request.statusText));
    };
  });
  request.open('POST', `/api/v1/uploads?${new URLSearchParams({ ...to, name })}`);
  request.responseType = 'json';
  request.setRequestHeader('content-type', 'application/octet-stream');
  within(STALLED_MS);
  request.send(file);
  return { done, abort: () => request.abort() };
}
