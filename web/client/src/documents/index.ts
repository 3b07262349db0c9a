/** Documents in the client: opening one, and the views of it. Loaded when a document is looked at, never on the join page. */
export { default as DeckEditor } from './deck/DeckEditor.svelte';
export { default as SlideChoice } from './deck/SlideChoice.svelte';
export { default as DeckStage } from './deck/DeckStage.svelte';
export { default as DocumentPage } from './DocumentPage.svelte';
export { default as DocumentStage } from './DocumentStage.svelte';
export { DocumentHandle, openDocument, type OpenOptions } from './handle.svelte';
export type { Status, Trouble as DocumentTrouble } from './sync/status';
export { default as TableEditor } from './table/TableEditor.svelte';
