/** Reads from WebRTC statistics how good the line is, and what goes over it in each direction. */

export interface LinkSample {
  /** Milliseconds of the page's clock. */
  at: number;
  /** Round trip in seconds; null while unknown. */
  roundTrip: number | null;
  /** Seconds; of the voices that arrive, and of what I send as the server sees it. */
  jitter: number;
  jitterUp: number;
  received: number;
  /** Packets of sound among them. */
  heard: number;
  lost: number;
  sent: number;
  lostUp: number;
  /** How packets go: "udp", "tcp", or "relay". */
  path: string | null;
  /** Pictures that arrive, by m-line. */
  arriving: Picture[];
  /** Layers of my pictures that leave. */
  leaving: Picture[];
}

export interface Picture {
  mid: string;
  rid: string;
  active: boolean;
  width: number;
  height: number;
  /** Since the connection began. */
  frames: number;
  bytes: number;
  lost: number;
  packets: number;
}

interface Entry {
  id: string;
  type: string;
  kind?: string;
  mid?: string;
  rid?: string;
  active?: boolean;
  nominated?: boolean;
  state?: string;
  localCandidateId?: string;
  protocol?: string;
  candidateType?: string;
  currentRoundTripTime?: number;
  jitter?: number;
  packetsReceived?: number;
  packetsSent?: number;
  packetsLost?: number;
  framesDecoded?: number;
  framesEncoded?: number;
  frameWidth?: number;
  frameHeight?: number;
  bytesReceived?: number;
  bytesSent?: number;
}

function picture(entry: Entry, frames = 0, bytes = 0, packets = 0): Picture {
  const { mid = '', rid = '', active = true, frameWidth: width = 0, frameHeight: height = 0 } = entry;
  return { mid, rid, active, width, height, frames, bytes, packets, lost: Math.max(0, entry.packetsLost ?? 0) };
}

export function readSample(report: Pick<RTCStatsReport, 'forEach'>, at: number): LinkSample {
  const sample: LinkSample = { at, roundTrip: null, jitter: 0, jitterUp: 0, received: 0, heard: 0, lost: 0, sent: 0, lostUp: 0, path: null, arriving: [], leaving: [] };
  const candidates = new Map<string, Entry>();
  let pair: Entry | null = null;
  report.forEach((entry: Entry) => {
    if (entry.type === 'candidate-pair' && entry.nominated === true && entry.state === 'succeeded') pair = entry;
    else if (entry.type === 'local-candidate') candidates.set(entry.id, entry);
    else if (entry.type === 'inbound-rtp') readInbound(sample, entry);
    else if (entry.type === 'outbound-rtp') readOutbound(sample, entry);
    else if (entry.type === 'remote-inbound-rtp') {
      sample.lostUp += Math.max(0, entry.packetsLost ?? 0);
      if (entry.kind === 'audio') sample.jitterUp = Math.max(sample.jitterUp, entry.jitter ?? 0);
    }
  });
  return pair === null ? sample : { ...sample, ...readPair(pair, candidates) };
}

function readInbound(sample: LinkSample, entry: Entry): void {
  sample.received += entry.packetsReceived ?? 0;
  sample.lost += Math.max(0, entry.packetsLost ?? 0);
  if (entry.kind === 'video') sample.arriving.push(picture(entry, entry.framesDecoded, entry.bytesReceived, entry.packetsReceived));
  else {
    sample.heard += entry.packetsReceived ?? 0;
    sample.jitter = Math.max(sample.jitter, entry.jitter ?? 0);
  }
}

function readOutbound(sample: LinkSample, entry: Entry): void {
  sample.sent += entry.packetsSent ?? 0;
  if (entry.kind === 'video') sample.leaving.push(picture(entry, entry.framesEncoded, entry.bytesSent, entry.packetsSent));
}

function readPair(pair: Entry, candidates: ReadonlyMap<string, Entry>): Pick<LinkSample, 'roundTrip' | 'path'> {
  const local = candidates.get(pair.localCandidateId ?? '');
  const path = local?.candidateType === 'relay' ? 'relay' : (local?.protocol ?? null);
  return { roundTrip: pair.currentRoundTripTime ?? null, path };
}
