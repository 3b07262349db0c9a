/** Moving and resizing boxes on a slide of 1600 x 900 units. Pure. */
import { SLIDE_HEIGHT, SLIDE_WIDTH, type Geometry } from '../schema';

/** Which edge or corner is held: -1 start/top, 1 end/bottom, 0 neither. */
export interface Handle {
  readonly x: -1 | 0 | 1;
  readonly y: -1 | 0 | 1;
}

export const HANDLES: readonly Handle[] = [
  { x: -1, y: -1 },
  { x: 1, y: -1 },
  { x: 1, y: 1 },
  { x: -1, y: 1 },
];

export const SMALL_STEP = 8;
export const LARGE_STEP = 40;
const SMALLEST = 24;
/** What always stays on the slide, so that a box can be caught again. */
const GRIP = 40;

/** Return the numbers as they are stored: whole units, turned within (-180, 180], reachable. */
export function settled([x, y, w, h, rot]: Geometry): Geometry {
  const width = Math.round(Math.max(SMALLEST, w));
  const height = Math.round(Math.max(SMALLEST, h));
  const turned = ((((Math.round(rot) + 180) % 360) + 360) % 360) - 180;
  return [
    Math.round(clamp(x, GRIP - width, SLIDE_WIDTH - GRIP)),
    Math.round(clamp(y, GRIP - height, SLIDE_HEIGHT - GRIP)),
    width,
    height,
    turned === -180 ? 180 : turned,
  ];
}

export function moved([x, y, w, h, rot]: Geometry, dx: number, dy: number): Geometry {
  return [x + dx, y + dy, w, h, rot];
}

/** Pull at a handle by (dx, dy) on the slide; the opposite corner stays where it is, also when the box is turned. */
export function resized([x, y, w, h, rot]: Geometry, handle: Handle, dx: number, dy: number): Geometry {
  const angle = (rot * Math.PI) / 180;
  const [localX, localY] = turn(dx, dy, -angle);
  const width = Math.max(SMALLEST, w + handle.x * localX);
  const height = Math.max(SMALLEST, h + handle.y * localY);
  const [shiftX, shiftY] = turn((handle.x * (width - w)) / 2, (handle.y * (height - h)) / 2, angle);
  return [x + w / 2 + shiftX - width / 2, y + h / 2 + shiftY - height / 2, width, height, rot];
}

function turn(x: number, y: number, angle: number): [number, number] {
  return [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** The change an arrow key asks for; null for other keys. */
export function arrowStep(key: string, large: boolean): [dx: number, dy: number] | null {
  const step = large ? LARGE_STEP : SMALL_STEP;
  switch (key) {
    case 'ArrowLeft':
      return [-step, 0];
    case 'ArrowRight':
      return [step, 0];
    case 'ArrowUp':
      return [0, -step];
    case 'ArrowDown':
      return [0, step];
    default:
      return null;
  }
}

/** Five finite numbers, or null: anything else in a document is not drawn. */
export function geometryOf(value: unknown): Geometry | null {
  if (!Array.isArray(value) || value.length < 4) return null;
  const numbers = [0, 1, 2, 3, 4].map((index) => (value as unknown[])[index] ?? 0);
  if (!numbers.every((number): number is number => typeof number === 'number' && Number.isFinite(number))) return null;
  const [x = 0, y = 0, w = 0, h = 0, rot = 0] = numbers;
  return [x, y, Math.max(1, w), Math.max(1, h), rot];
}
