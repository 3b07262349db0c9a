/**
 * The layers in which my pictures leave (simulcast). Laws: the RIDs are fixed when the connection is made, lowest first;
 * the server says which of them somebody watches, and only these are encoded. Chromium sends three layers only of pictures
 * from 960 x 540 on, of smaller ones the lowest two: then the middle one takes the place of the large one.
 */
export type LayeredPurpose = 'camera' | 'screen';

interface Layer {
  rid: string;
  /** Shorter side of the picture; null: as large as it is. */
  side: number | null;
  maxBitrate: number;
  maxFramerate: number;
}

const SMALL: Layer = { rid: 'q', side: 90, maxBitrate: 50_000, maxFramerate: 12 };
const MIDDLE: Layer = { rid: 'h', side: 180, maxBitrate: 120_000, maxFramerate: 24 };
const LARGE: Layer = { rid: 'f', side: 360, maxBitrate: 300_000, maxFramerate: 24 };
const SCREEN: readonly Layer[] = [
  { rid: 'l', side: null, maxBitrate: 250_000, maxFramerate: 5 },
  { rid: 'f', side: null, maxBitrate: 700_000, maxFramerate: 15 },
];
const THREE_LAYERS = 960 * 540;

export interface PictureSize {
  width: number;
  height: number;
}

function encoding({ rid, side, maxBitrate, maxFramerate }: Layer, size: PictureSize, active: boolean): RTCRtpEncodingParameters {
  const scaleResolutionDownBy = side === null ? 1 : Math.max(1, Math.min(size.width, size.height) / side);
  return { rid, active, maxBitrate, maxFramerate, scaleResolutionDownBy };
}

/** How to encode a picture of this size when these layers are wanted (null: all). */
export function encodings(purpose: LayeredPurpose, size: PictureSize, wanted: readonly string[] | null): RTCRtpEncodingParameters[] {
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
