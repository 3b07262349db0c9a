/**
 * The layers in which my pictures leave (simulcast). Laws: the RIDs are fixed when the connection is made, lowest first;
 * the server says which of them somebody watches, and only these are encoded. Chromium sends three layers only of pictures
 * from 960 x 540 on, of smaller ones the lowest two: then the middle one takes the place of the large one. A camera's layers have three
 * rates each, of which the server may leave some out; VP9 and AV1 are sent as several streams only if each one says its mode.
 */
export type LayeredPurpose = 'camera' | 'screen';

interface Layer {
  rid: string;
  /** Shorter side of the picture; null: as large as it is. */
  side: number | null;
  maxBitrate: number;
  maxFramerate: number;
  mode: string;
}

const SMALL: Layer = { rid: 'q', side: 90, maxBitrate: 50_000, maxFramerate: 12, mode: 'L1T3' };
const MIDDLE: Layer = { rid: 'h', side: 180, maxBitrate: 120_000, maxFramerate: 24, mode: 'L1T3' };
const LARGE: Layer = { rid: 'f', side: 360, maxBitrate: 300_000, maxFramerate: 24, mode: 'L1T3' };
const SCREEN: readonly Layer[] = [
  { rid: 'l', side: null, maxBitrate: 250_000, maxFramerate: 5, mode: 'L1T1' },
  { rid: 'f', side: null, maxBitrate: 700_000, maxFramerate: 15, mode: 'L1T1' },
];
const THREE_LAYERS = 960 * 540;

export interface PictureSize {
  width: number;
  height: number;
}

type Encoding = RTCRtpEncodingParameters & { scalabilityMode?: string };

function encoding({ rid, side, maxBitrate, maxFramerate, mode }: Layer, size: PictureSize, active: boolean): Encoding {
  const scaleResolutionDownBy = side === null ? 1 : Math.max(1, Math.min(size.width, size.height) / side);
  return { rid, active, maxBitrate, maxFramerate, scaleResolutionDownBy, scalabilityMode: mode };
}

/** How to encode a picture of this size when these layers are wanted (null: all). */
export function encodings(purpose: LayeredPurpose, size: PictureSize, wanted: readonly string[] | null): Encoding[] {
  const wants = (rid: string): boolean => wanted === null || wanted.includes(rid);
  if (purpose === 'screen') return SCREEN.map((layer) => encoding(layer, size, wants(layer.rid)));
  if (size.width * size.height >= THREE_LAYERS) return [SMALL, MIDDLE, LARGE].map((layer) => encoding(layer, size, wants(layer.rid)));
  return [
    encoding(SMALL, size, wants('q')),
    encoding({ ...LARGE, rid: 'h' }, size, wants('h') || wants('f')),
    encoding(LARGE, size, false),
  ];
}

/** What the camera is asked for. */
export const CAMERA_SIZE: PictureSize = { width: 960, height: 540 };
