/** Reads from WebRTC statistics the few numbers that tell a person how good the line is. */

export interface LinkSample {
  /** Round trip in seconds; null while unknown. */
  roundTrip: number | null;
  received: number;
  lost: number;
  /** Video frames decoded in all slots since the connection began. */
  framesDecoded: number;
}

interface Entry {
  type: string;
  nominated?: boolean;
  state?: string;
  currentRoundTripTime?: number;
  packetsReceived?: number;
  packetsLost?: number;
  framesDecoded?: number;
}

export function readSample(report: Pick<RTCStatsReport, 'forEach'>): LinkSample {
  const sample: LinkSample = { roundTrip: null, received: 0, lost: 0, framesDecoded: 0 };
  report.forEach((entry: Entry) => {
    if (entry.type === 'candidate-pair' && entry.nominated === true && entry.state === 'succeeded') {
      sample.roundTrip = entry.currentRoundTripTime ?? sample.roundTrip;
    }
    if (entry.type === 'inbound-rtp') {
      sample.received += entry.packetsReceived ?? 0;
      sample.lost += Math.max(0, entry.packetsLost ?? 0);
      sample.framesDecoded += entry.framesDecoded ?? 0;
    }
  });
  return sample;
}
