// What the join page loads before anybody can join, gzipped: the entry, the page with the check of the devices, one catalogue.
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';

const STATIC = new URL('../../static/', import.meta.url);
const BUDGET = { js: 50_000, css: 10_000 };
const JOIN = ['index.html', 'src/view/meeting/Meeting.svelte', 'src/i18n/de.ts'];
const ROOM = ['src/state/meeting.svelte.ts', 'src/view/room/Room.svelte'];

const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', STATIC), 'utf8'));

function take(files, key) {
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`the build has no ${key}`);
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const sheet of chunk.css ?? []) files.add(sheet);
  for (const inner of chunk.imports ?? []) take(files, inner);
}

/** Gzipped sizes of everything these entries load, without what is there already. */
function measure(entries, loaded = new Set()) {
  const files = new Set(loaded);
  for (const entry of entries) take(files, entry);
  const total = { js: 0, css: 0 };
  for (const file of files) {
    if (loaded.has(file)) continue;
    const size = gzipSync(readFileSync(new URL(file, STATIC)), { level: 9 }).length;
    total[file.endsWith('.css') ? 'css' : 'js'] += size;
    console.log(`${String(size).padStart(7)}  ${file}`);
  }
  return { files, total };
}

const join = measure(JOIN);
console.log(`join page: ${join.total.js} B of JavaScript (at most ${BUDGET.js}), ${join.total.css} B of CSS (at most ${BUDGET.css}), gzipped`);
const room = measure(ROOM, join.files);
console.log(`the room adds ${room.total.js} B of JavaScript and ${room.total.css} B of CSS`);
if (join.total.js > BUDGET.js || join.total.css > BUDGET.css) {
  console.error('over the budget');
  process.exit(1);
}
