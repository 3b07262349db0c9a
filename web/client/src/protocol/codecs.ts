/**
 * What this browser sends and takes. Laws: a person offers all codecs that Kreide carries and the browser knows, the server
 * chooses; in an encrypted meeting only Opus and VP8, whose frames the server can tell apart when they are sealed. H.264 is
 * baseline in packetization mode 1, VP9 and AV1 are their profiles 0. Everybody takes stereo; whoever plays music offers it.
 */
const SEALED = new Set(['audio/opus', 'video/vp8', 'video/rtx']);
const CARRIED = new Set([...SEALED, 'audio/red', 'video/h264', 'video/vp9', 'video/av1']);
const H264 = /packetization-mode=1.*profile-level-id=42(e0|00)|profile-level-id=42(e0|00).*packetization-mode=1/i;
const OTHER_PROFILE = /(^|;)\s*profile(-id)?=[1-9]/;
const LINE = /\r\n(?=m=)/;

export interface Format {
  mimeType: string;
  sdpFmtpLine?: string;
}

/** Whether we would send or take this. */
export function isCarried({ mimeType, sdpFmtpLine = '' }: Format, sealed: boolean): boolean {
  const name = mimeType.toLowerCase();
  if (!(sealed ? SEALED : CARRIED).has(name)) return false;
  return name === 'video/h264' ? H264.test(sdpFmtpLine) : !OTHER_PROFILE.test(sdpFmtpLine);
}

/** Keeps the offer to what can be carried. */
export function preferCodecs(transceiver: RTCRtpTransceiver, kind: 'audio' | 'video', sealed: boolean): void {
  const known = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
  const wanted = known.filter((codec) => isCarried(codec, sealed));
  if (wanted.length > 0) transceiver.setCodecPreferences(wanted);
}

/**
 * The offer with what it says of Opus: stereo in all that is received, and in the m-line `music` too, which is announced to send
 * it (RFC 7587). Browsers have no other way to say so.
 */
export function describeSound(sdp: string, music: string | null): string {
  return sdp.split(LINE).map((section) => {
    const opus = /a=rtpmap:(\d+) opus\/48000\/2/i.exec(section)?.[1];
    if (opus === undefined || !section.startsWith('m=audio')) return section;
    const sends = music !== null && section.includes(`\r\na=mid:${music}\r\n`);
    if (!sends && !section.includes('\r\na=recvonly\r\n')) return section;
    const more = [...(section.includes('stereo=1') ? [] : ['stereo=1']), ...(sends ? ['sprop-stereo=1'] : [])];
    return more.length === 0 ? section : section.replace(new RegExp(`(\\r\\na=fmtp:${opus} [^\\r]*)`), `$1;${more.join(';')}`);
  }).join('\r\n');
}
